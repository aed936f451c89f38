"""Incidence against the published figures of CDISC pilot 01 and NCT03265613, and against a recomputation at any position."""

import csv
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from safety.aggregates.adverse_event import Corrected, Nullified, Reported
from safety.aggregates.deciding import Form
from safety.aggregates.dose import Given
from safety.aggregates.subject import Enrolled
from safety.aggregates.trial import Definition
from safety.journal import Journal, open_journal
from safety.projections import At, Views
from safety.projections.incidence import By, incidence
from tests import builders as b
from tests import oracle_incidence as oracle
from tests import pilot

TERMS = {"soc": ["AEBODSYS"], "pt": ["AEBODSYS", "AEDECOD"]}
Counts = dict[tuple[str, ...], tuple[int, int]]


def counts_of_terms(terms: list[dict[str, Any]], by: By) -> Counts:
    """Subjects and events by arm and term, as the oracle gives them."""
    parts = ("arm", "soc", "pt") if by == "pt" else ("arm", "soc")
    measures = [(tuple(term[part] for part in parts), term["measure"]) for term in terms]
    return {key: (measure["subjects"], measure["events"]) for key, measure in measures}


def of_terms(counts: Counts) -> Counts:
    return {key: value for key, value in counts.items() if key[0] != "size"}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Views]:
    """The views of the whole pilot, filed table by table."""
    journal = open_journal(tmp_path_factory.mktemp("pilot") / "log.db", lambda: 1)
    events = [pilot.form(table, row) for table in pilot.TABLES for row in pilot.rows(table)]
    b.append(journal, b.opened(), pilot.registered(), *events)
    views = Views.in_memory()
    views.catch_up(journal)
    yield views
    views.close()
    journal.close()


def ask(views: Views, trial: str = pilot.TRIAL, **asked: Any) -> dict[str, Any]:  # noqa: ANN401, what incidence takes
    with views.connect() as connection:
        return incidence(connection, trial, views.now(connection), **asked)


@pilot.needs_data
def test_cdisc_pilot_01_as_published(published: Views) -> None:
    found = {group["arm"]: group for group in ask(published)["groups"]}
    assert {arm: group["subjects"] for arm, group in found.items()} == pilot.expected()["population"]
    for name, by_arm in pilot.expected()["overview"].items():
        for arm, expected in by_arm.items():
            measure = found[arm]["measures"][name.replace("_teae", "")]
            assert (measure["subjects"], measure["events"]) == (expected["n_subjects"], expected["n_events"])
            assert round(100 * measure["proportion"], 1) == expected["pct"]
            assert [100 * bound for bound in measure["ci95"]] == pytest.approx(
                expected["ci95_clopper_pearson"], abs=1e-3
            )


@pilot.needs_data
def test_cdisc_pilot_01_compared_as_published(published: Views) -> None:
    found = {
        f"{one['measure'].replace('teae', '') or ''}{'_teae' if one['measure'] != 'teae' else 'teae'}|{' vs '.join(one['arms'])}": one[
            "p"
        ]
        for one in ask(published, compare="Placebo")["comparisons"]
    }
    assert found == pytest.approx(pilot.expected()["fisher_exact_two_sided"], abs=1e-6)


@pilot.needs_data
@pytest.mark.parametrize("by", ["soc", "pt"])
def test_cdisc_pilot_01_by_term_as_counted_from_its_rows(published: Views, by: By) -> None:
    terms = ask(published, by=by)["terms"]
    rows = [(table, row) for table in pilot.TABLES for row in pilot.rows(table)]
    assert counts_of_terms(terms, by) == of_terms(oracle.incidence(rows, pilot.ARMS, *TERMS[by]))
    order = [(pilot.ARMS.index(term["arm"]), term["soc"], term["pt"] or "") for term in terms]
    assert order == sorted(order)


@pilot.needs_data
@pytest.mark.parametrize(
    ("change", "measure", "subjects"),
    [
        ({"causality": {"missing": "related"}}, "related", [43, 73, 70]),
        (
            {"causality": {"related": ["REMOTE", "POSSIBLE", "PROBABLE"], "not_related": ["NONE"]}},
            "related",
            [52, 74, 71],
        ),
        ({"counting": {"serious": {"reading": "any_criterion"}}}, "serious", [6, 10, 9]),
        ({"counting": {"population": {"arm": "actual"}}}, "teae", [65, 84, 69]),
    ],
)
def test_other_stated_rules_give_the_other_known_answers(
    tmp_path: Path, change: dict[str, Any], measure: str, subjects: list[int]
) -> None:
    """The diagnoses of the data's README: each is a legitimate rule when a trial states it."""
    governs = Definition.model_validate(merged(pilot.definition().model_dump(), change))
    journal, views = open_journal(tmp_path / "log.db", lambda: 1), Views.in_memory()
    events = [pilot.form(table, row) for table in pilot.TABLES for row in pilot.rows(table)]
    b.append(journal, b.opened(), pilot.registered(governs), *events)
    views.catch_up(journal)
    assert [group["measures"][measure]["subjects"] for group in ask(views)["groups"]] == subjects
    views.close()
    journal.close()


def merged(known: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """Change part of a nested definition."""
    now = dict(known)
    for name, value in change.items():
        now[name] = merged(known[name], value) if isinstance(value, dict) else value
    return now


class Filing:
    """Files the pilot's rows in a random order, with corrections and nullifications, and remembers what stood when."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self.events: list[Form] = [b.opened(), pilot.registered()]
        self.rows: list[tuple[str, oracle.Row]] = []

    def file(self) -> None:
        waiting = {row["USUBJID"]: [("dm", row)] for row in pilot.rows("dm")}
        for table in ("ex", "ae"):
            for row in pilot.rows(table):
                waiting[row["USUBJID"]].insert(
                    self._random.randrange(1, len(waiting[row["USUBJID"]]) + 1), (table, row)
                )
        while waiting:
            subject = self._random.choice(list(waiting))
            table, row = waiting[subject].pop(0)
            self._take(table, row, pilot.form(table, row))
            if not waiting[subject]:
                del waiting[subject]
            if table == "ae" and self._random.random() < 0.2:
                self._change(row)

    def _take(self, table: str, row: oracle.Row, happened: Form) -> None:
        self.events.append(happened)
        self.rows.append((table, row))

    def _change(self, row: oracle.Row) -> None:
        key = {"STUDYID": row["STUDYID"], "USUBJID": row["USUBJID"], "AESEQ": row["AESEQ"]}
        if self._random.random() < 0.3:
            self._take("ae", {**row, "NULLIFIED": "Y"}, Nullified.model_validate({**key, "reason": "other"}))
            return
        said = {
            "AESTDTC": self._random.choice(["", "2012", "2013-05", "2012-01-01", "2014-12-31"]),
            "AEREL": self._random.choice(["", "NONE", "PROBABLE"]),
            "AESER": self._random.choice(["", "Y", "N"]),
            "AEDECOD": self._random.choice(["PYREXIA", "NAUSEA"]),
        }
        stated = {name: value for name, value in said.items() if value}
        self._take("ae", {**row, **said}, Corrected.model_validate({**key, **stated, "variables": tuple(said)}))


@pilot.needs_data
def test_at_20_positions_it_is_what_the_rows_that_stood_before_each_give(journal: Journal, views: Views) -> None:
    filing = Filing(seed=20)
    filing.file()
    # Half of it is there when the tables are built, the rest comes later.
    half = len(filing.events) // 2
    b.append(journal, *filing.events[:half])
    views.catch_up(journal)
    b.append(journal, *filing.events[half:])
    views.catch_up(journal)
    with views.connect() as connection:
        for position in [*sorted(Random(21).sample(range(2, len(filing.events)), 19)), len(filing.events)]:
            rows = filing.rows[: position - 2]
            table = incidence(connection, pilot.TRIAL, At(position), by="pt")
            expected = oracle.incidence(rows, pilot.ARMS)
            for group in table["groups"]:
                arm = group["arm"]
                assert group["subjects"] == expected["size", arm][0]
                for name, measure in group["measures"].items():
                    assert (measure["subjects"], measure["events"]) == expected.get((arm, name), (0, 0))
            by_term = oracle.incidence(rows, pilot.ARMS, *TERMS["pt"])
            assert counts_of_terms(table["terms"], "pt") == of_terms(by_term)


NCT = "NCT03265613"
NCT_DATA = pilot.DATA.parent / "nct03265613"


def nct_events() -> Iterator[Form]:
    with (NCT_DATA / "subjects.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            yield b.built(Enrolled, trial=NCT, subject=row["subject"], arm="AD-MSC")
            for number, week in enumerate(("wk0", "wk4", "wk8"), 1):
                said = {"treatment": "AD-MSC", "started_on": row[f"infusion_{week}"]}
                yield b.built(Given, trial=NCT, subject=row["subject"], number=number, **said)
    with (NCT_DATA / "adverse_events.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            said = {"term": row["term"], "grade": row["ctcae_grade"], "serious": row["serious"]}
            said |= {"causality": row["relationship"], "started_on": row["start_date"], "preferred_term": row["term"]}
            yield b.built(Reported, trial=NCT, subject=row["subject"], number=int(row["seq"]), **said)


@pytest.mark.skipif(not NCT_DATA.exists(), reason="the outside data of NCT03265613 is not beside the project")
def test_nct03265613_as_published(tmp_path: Path) -> None:
    journal, views = open_journal(tmp_path / "log.db", lambda: 1), Views.in_memory()
    b.append(journal, b.opened(), pilot.registered(pilot.definition("nct03265613"), NCT), *nct_events())
    views.catch_up(journal)
    primary = ask(views, NCT, window="primary", by="grade")
    (group,) = primary["groups"]
    measures = group["measures"]
    assert group["subjects"] == 7
    assert measures["teae"]["events"] == 16
    assert (measures["related"]["events"], measures["related"]["subjects"]) == (5, 4)
    assert measures["related"]["ci95"] == [0.184052, 0.901012]
    assert (measures["serious"]["subjects"], measures["related_serious"]["subjects"]) == (0, 0)
    assert measures["related_serious"]["ci95"] == [0.0, 0.409616]
    grades = {grade["grade"]: grade["measure"] for grade in primary["grades"]}
    assert {grade: (measure["subjects"], measure["events"]) for grade, measure in grades.items()} == {
        "1": (6, 15),
        "2": (1, 1),
    }
    assert {grade["scale"] for grade in primary["grades"]} == {"CTCAE 4.03 (UNSURE)"}
    assert "UNSURE" in primary["window"]["rule"]
    assert "reconstructed" in primary["provenance"]
    whole = ask(views, NCT)["groups"][0]["measures"]
    assert (whole["teae"]["events"], whole["serious"]["subjects"], whole["related_serious"]["subjects"]) == (17, 1, 0)
    assert whole["serious"]["ci95"] == [0.00361, 0.578723]
    views.close()
    journal.close()
