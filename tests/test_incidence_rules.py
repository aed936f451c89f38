"""Every stated option of counting, case by case: each case is a trial of its own, and one log on each database holds them all."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from safety.aggregates.trial import UnknownTrial
from safety.journal import open_journal
from safety.projections import At, Views
from safety.projections.exact import fisher, interval
from safety.projections.incidence import NoPrimaryWindow, NoSuchArm, incidence
from tests import builders as b
from tests.counting_cases import CASES, ONE_DOSED
from tests.one_log import BOTH, empty_place, one_log


@pytest.fixture(scope="module", params=BOTH)
def views(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Views]:
    store = empty_place(request.param, request, tmp_path_factory)
    with one_log(store, [[b.registered(case.governs), *case.events] for case in CASES]) as opened:
        yield opened


def ask(views: Views, trial: str, *, happened_by: int | None = None, **asked: Any) -> dict[str, Any]:  # noqa: ANN401, what incidence takes
    with views.connect() as connection:
        return incidence(connection, trial, At(views.position(connection), happened_by), **asked)


@pytest.mark.parametrize("number", range(len(CASES)), ids=[case.name for case in CASES])
def test_each_answer_is_stated_by_the_trials_rule(views: Views, number: int) -> None:
    case = CASES[number]
    arm, other = ask(views, f"C{number}", **case.asked)["groups"]
    assert (arm["arm"], arm["subjects"], other["arm"]) == ("A", case.size, "B")
    measures = {name: (measure["subjects"], measure["events"]) for name, measure in arm["measures"].items()}
    assert {name: measures[name] for name in case.expected} == case.expected
    assert all(measure["events"] == 0 for measure in other["measures"].values())


def number_of(name: str) -> str:
    return f"C{[case.name for case in CASES].index(name)}"


def test_an_arm_of_nobody_has_no_proportion(views: Views) -> None:
    empty = ask(views, "C0")["groups"][1]
    assert empty["subjects"] == 0
    assert all(
        measure == {"subjects": 0, "events": 0, "proportion": None, "ci95": None}
        for measure in empty["measures"].values()
    )


def test_the_rules_are_printed_with_the_numbers(views: Views) -> None:
    found = ask(views, number_of("its last day"), window="primary")
    assert found["trial"] == number_of("its last day")
    assert found["population"] == {
        "name": "safety",
        "rule": "subjects assigned to a treatment arm, by planned arm (ARM)",
    }
    assert found["rules"]["serious"] == "AESER = Y as stated"
    assert found["window"]["rule"].startswith("onset from the first dose to 12 weeks + 3 days after it")
    assert found["as_of"] == "1970-01-01T00:00:00.000001Z"
    assert ask(views, "C0")["window"] == {"name": "all", "rule": "the whole record"}


def test_what_cannot_be_asked_is_refused_in_one_sentence(views: Views) -> None:
    with pytest.raises(NoPrimaryWindow, match=r"Trial C0 states no primary window"):
        ask(views, "C0", window="primary")
    with pytest.raises(UnknownTrial, match="no trial T9"):
        ask(views, "T9")
    with pytest.raises(NoSuchArm, match=r"Trial C0 has no arm C; use one of: A, B\."):
        ask(views, "C0", compare="C")


def test_comparing_with_an_arm_of_nobody_gives_no_p(views: Views) -> None:
    compared = ask(views, "C0", compare="A")["comparisons"]
    assert {one["p"] for one in compared} == {None}
    assert [one["measure"] for one in compared] == list(ask(views, "C0")["groups"][0]["measures"])


def test_a_subject_counts_once_at_its_worst_grade_and_what_is_not_coded_comes_last(tmp_path: Path) -> None:
    journal, views = open_journal(tmp_path / "log.db", lambda: 1), Views.in_memory()
    b.append(
        journal,
        b.opened(),
        b.registered(),
        *ONE_DOSED,
        b.enrolled("S2"),
        b.given("S2"),
        b.reported(number=1, severity="MILD", grade="2"),
        b.reported(number=2, severity="SEVERE", grade="1"),
        b.reported(number=3, severity="MILD", preferred_term=None, body_system=None),
        b.reported("S2", 1, severity="MILD", preferred_term=None, body_system=None, system_organ_class="Skin"),
        b.reported("S2", 3, body_system="Skin", system_organ_class="General disorders", preferred_term=None),
        b.reported("S2", 2),
    )
    views.catch_up(journal)
    grades = ask(views, b.TRIAL, by="grade")["grades"]
    counts = {
        (grade["scale"], grade["grade"]): (grade["measure"]["subjects"], grade["measure"]["events"]) for grade in grades
    }
    assert counts == {
        ("AESEV", "MILD"): (1, 3),
        ("AESEV", "SEVERE"): (1, 1),
        ("CTCAE 5.0", "1"): (0, 1),
        ("CTCAE 5.0", "2"): (1, 1),
    }
    terms = ask(views, b.TRIAL, by="pt")["terms"]
    found = [(term["soc"], term["pt"], term["measure"]["subjects"], term["measure"]["events"]) for term in terms]
    assert found == [("General disorders", "Pyrexia", 2, 3), ("Skin", None, 1, 2), (None, None, 1, 1)]
    unstated = b.definition(severity={"words": False})
    b.append(journal, b.amended(unstated))
    views.catch_up(journal)
    scales = {grade["scale"] for grade in ask(views, b.TRIAL, by="grade")["grades"]}
    assert scales == {"AESEV", "CTCAE, version not stated"}
    views.close()
    journal.close()


def test_an_amended_rule_governs_from_its_position_on(tmp_path: Path) -> None:
    journal, views = open_journal(tmp_path / "log.db", lambda: 1), Views.in_memory()
    b.append(journal, b.opened(), b.registered(), *ONE_DOSED, b.reported(hospitalisation="Y"))
    b.append(journal, b.amended(b.definition(serious="any_criterion")))
    views.catch_up(journal)
    with views.connect() as connection:
        found = [incidence(connection, b.TRIAL, At(position))["groups"][0]["measures"] for position in (5, 6)]
    assert [measures["serious"]["subjects"] for measures in found] == [0, 1]
    views.close()
    journal.close()


@pytest.mark.parametrize(
    ("events", "of", "expected"),
    [(0, 7, (0.0, 0.409616)), (7, 7, (0.590384, 1.0)), (4, 7, (0.184052, 0.901012)), (0, 0, None)],
)
def test_intervals_are_exact(events: int, of: int, expected: tuple[float, float] | None) -> None:
    """0/7 and 4/7 as published for NCT03265613; 7/7 mirrors 0/7."""
    assert interval(events, of) == expected


def test_fisher_by_the_tea_tasting_lady() -> None:
    """Fisher 1935: 3 of 4 right, two-sided p = 34/70."""
    assert fisher((3, 4), (1, 4)) == pytest.approx(34 / 70)
    assert fisher((0, 0), (1, 4)) is None
