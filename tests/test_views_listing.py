"""The line listing and the timeline of a subject."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from safety.aggregates.deciding import Form
from safety.aggregates.dose import RowVanished as DoseVanished
from safety.aggregates.subject import RowVanished as SubjectVanished
from safety.journal import Journal
from safety.projections import At, Views
from safety.projections.line_listing import Dose, dose_before, line_listing, study_day
from safety.projections.subject_timeline import subject_timeline
from safety.projections.trials import trials
from safety.values import span
from tests import builders as b
from tests.histories import History

View = Callable[..., Any]
BEGIN = (b.opened(), b.registered())


@pytest.fixture
def ask(journal: Journal, views: Views) -> Callable[..., Any]:
    """File events, then ask a view: `ask(view, trial)(*events)`."""

    def of(view: View, *named: object, **asked: Any) -> Callable[..., Any]:  # noqa: ANN401, what the view takes
        def answer(*events: Form) -> Any:  # noqa: ANN401, what the view answers
            b.append(journal, *events)
            views.catch_up(journal)
            assert views.faults() == []
            with views.connect() as connection:
                found = view(connection, *named, views.now(connection), **asked)
            json.dumps(found)
            return found

        return answer

    return of


def test_a_line_says_what_was_judged_and_how_it_lies_to_the_doses(ask: View) -> None:
    found = ask(line_listing, b.TRIAL)(
        *BEGIN,
        b.enrolled(),
        b.given(number=1, started_on="2018-03-01"),
        b.given(number=2, started_on="2018-03-29T10:00"),
        b.reported(
            started_on="2018-03-31",
            ended_on="2018-04",
            causality="NONE",
            grade="2",
            hospitalisation="Y",
            aware=b.aware(),
        ),
        b.causality_assessed(assessor="sponsor", causality="PROBABLE", product="AD-MSC", method="WHO-UMC"),
        b.seriousness_assessed(assessor="sponsor", serious="Y"),
        b.expectedness_assessed(),
    )
    assert (found["trial"], found["position"], len(found["rows"])) == (b.TRIAL, 9, 1)
    assert found["rows"][0] == {
        "subject": "S1",
        "site": "01",
        "arm": "A",
        "number": 1,
        "source_id": None,
        "term": "Pyrexia",
        "preferred_term": "Pyrexia",
        "soc": "General disorders",
        "onset": "2018-03-31",
        "end": "2018-04",
        "study_day": 31,
        "after_dose": 2,
        "days_after_dose": 2,
        "severity": None,
        "grade": "2",
        "serious": "N",
        "serious_for_sponsor": "Y",
        "outcome": None,
        "action_taken": None,
        "expected": "N",
        "aware_on": "2026-03-01",
        "aware_party": "site",
        "merged_into": None,
        "criteria": ["hospitalisation"],
        "causality": "NONE",
        "assessments": [
            {"assessor": "investigator", "product": None, "method": None, "causality": "NONE"},
            {"assessor": "sponsor", "product": "AD-MSC", "method": "WHO-UMC", "causality": "PROBABLE"},
        ],
        "treatment_emergent": "Y",
        "related": "N",
        "nullified": False,
        "vanished": False,
        "position": 9,
    }


LISTED = (
    *BEGIN,
    b.enrolled("S1"),
    b.enrolled("S2", arm="Screen Failure"),
    b.given(),
    b.given("S2"),
    b.reported("S2", 1, serious="Y"),
    b.reported("S1", 2, causality="PROBABLE"),
    b.reported("S1", 1),
    b.seriousness_assessed("S1", 1, "sponsor", medically_important="Y"),
    b.nullified("S1", 2),
)


@pytest.mark.parametrize(
    ("asked", "listed"),
    [
        ({}, [("S1", 1), ("S1", 2), ("S2", 1)]),
        ({"serious": True}, [("S1", 1), ("S2", 1)]),
        ({"related": True}, [("S1", 2)]),
        ({"subject": "S2"}, [("S2", 1)]),
        ({"limit": 1, "offset": 1}, [("S1", 2)]),
        ({"offset": 2}, [("S2", 1)]),
        ({"subject": "S9"}, []),
    ],
)
def test_the_listing_is_asked_for_a_part(ask: View, asked: dict[str, Any], listed: list[tuple[str, int]]) -> None:
    found = ask(line_listing, b.TRIAL, **asked)(*LISTED)
    assert [(row["subject"], row["number"]) for row in found["rows"]] == listed


def test_the_listing_marks_and_never_hides(ask: View) -> None:
    rows = {(row["subject"], row["number"]): row for row in ask(line_listing, b.TRIAL)(*LISTED)["rows"]}
    assert rows["S1", 2]["nullified"]
    assert rows["S2", 1]["treatment_emergent"] == "N", "a subject of no arm is in no population"
    assert rows["S1", 1]["treatment_emergent"] == "Y"


def test_a_long_listing_reads_the_trial_and_a_short_one_its_subjects(
    ask: View, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = ask(line_listing, b.TRIAL)(*History(30).events(200))
    monkeypatch.setattr("safety.projections.line_listing.FEW", 0)
    assert ask(line_listing, b.TRIAL)(b.enrolled("S99"))["rows"] == short["rows"]


@pytest.mark.parametrize(
    ("day", "first", "expected"), [(10, 10, 1), (9, 10, -1), (12, 10, 3), (None, 10, None), (10, None, None)]
)
def test_the_study_day_has_no_day_0(day: int | None, first: int | None, expected: int | None) -> None:
    assert study_day(day, first) == expected


@pytest.mark.parametrize(
    ("doses", "stated", "expected"),
    [
        ([(1, 5), (2, 9), (3, 20)], None, (2, 1)),
        ([(1, 5), (2, 9), (3, 20)], 1, (1, 5)),
        ([(1, 5), (2, None)], None, (None, None)),
        ([(1, 5), (2, None)], 2, (2, None)),
        ([(1, 5)], 4, (4, None)),
        ([(1, 11)], None, (None, None)),
        ([], None, (None, None)),
    ],
)
def test_which_dose_an_adverse_event_came_after(
    doses: list[tuple[int, int | None]], stated: int | None, expected: tuple[int | None, int | None]
) -> None:
    assert dose_before(10, [Dose(*dose) for dose in doses], stated) == expected


TIMELINE = (
    *BEGIN,
    b.enrolled(enrolled_on="2018-02-20"),
    b.given(started_on="2018-03-01", route="IV", visit="WEEK 0"),
    b.withheld(number=2),
    b.reported(
        started_on="2018-03-01", causality="NONE", serious="Y", grade="3", outcome="FATAL", ended_on="2018-03-04"
    ),
    b.reported(number=2, started_on="2018", preferred_term=None, term=None),
    b.merged(),
    b.built(DoseVanished, subject="S1", number=1),
    b.nullified(number=1),
    b.withdrawn(mode="follow_up"),
    b.completed(),
    b.died(died_on="2018-03-04"),
    b.built(SubjectVanished, subject="S1"),
)


def test_the_timeline_of_a_subject_in_the_order_it_happened(ask: View) -> None:
    found = ask(subject_timeline, b.TRIAL, "S1")(*TIMELINE)
    assert [(entry["on"], entry["what"], entry["words"]) for entry in found] == [
        ("2018", "adverse_event", "AE 2: term not stated; merged into 1"),
        ("2018-02-20", "enrolled", "Enrolled, arm A"),
        ("2018-03-01", "dose", "Dose 1 given: AD-MSC, 35 10^6 CELLS, IV, WEEK 0; its row is no longer in the data"),
        ("2018-03-01", "adverse_event", "AE 1: Pyrexia, grade 3, serious, FATAL; nullified"),
        ("2018-03-01", "assessment", "AE 1: NONE in the view of the investigator"),
        ("2018-03-04", "died", "Died"),
        (None, "withdrawn", "Withdrawn from follow up"),
        (None, "completed", "Completed the trial"),
        (None, "vanished", "The subject's row is no longer in the data"),
        (None, "dose", "Dose 2 withheld"),
    ]
    assert [entry["number"] for entry in found[:4]] == [2, None, 1, 1]
    assert found[3]["position"] == 10


def test_the_timeline_up_to_a_day_and_of_nobody(ask: View, views: Views) -> None:
    ask(trials)(*TIMELINE)
    with views.connect() as connection:
        by = At(views.position(connection), span("2018-03-02")[1])
        known = [entry["what"] for entry in subject_timeline(connection, b.TRIAL, "S1", by)]
        assert "died" not in known
        assert known.count("adverse_event") == 2
        assert subject_timeline(connection, b.TRIAL, "S2", by) == []


def test_a_subject_enrolled_on_an_unknown_day_in_no_arm_comes_first(ask: View) -> None:
    found = ask(subject_timeline, b.TRIAL, "S1")(*BEGIN, b.enrolled(arm=None), b.given(started_on=None))
    assert [entry["words"] for entry in found] == ["Enrolled, no arm", "Dose 1 given: AD-MSC, 35 10^6 CELLS"]
