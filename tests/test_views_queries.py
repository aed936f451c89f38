"""Open queries: each contradiction of the record, and what is none."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from safety.aggregates.adverse_event import RowVanished
from safety.aggregates.deciding import Form
from safety.aggregates.dose import RowVanished as DoseVanished
from safety.aggregates.subject import RowVanished as SubjectVanished
from safety.aggregates.trial import UnknownTrial
from safety.projections import At, Views
from safety.projections.open_queries import open_queries
from tests import builders as b
from tests.one_log import BOTH, empty_place, one_log


def queried(rule: str, number: int | None, fields: list[str], message: str) -> dict[str, Any]:
    return {"rule": rule, "subject": "S1", "number": number, "source_id": None, "fields": fields, "message": message}


QUERIES: list[tuple[list[Form], dict[str, Any]]] = [
    (
        [b.reported(hospitalisation="Y", involves_cancer="Y")],
        queried("SERIOUS_FLAG", 1, ["AESER", "AESHOSP", "AESCAN"], "AESHOSP, AESCAN is Y while AESER is N."),
    ),
    (
        [b.reported(serious=None, life_threatening="Y")],
        queried("SERIOUS_FLAG", 1, ["AESER", "AESLIFE"], "AESLIFE is Y while AESER is missing."),
    ),
    (
        [b.reported(started_on="2018-03-05", ended_on="2018-03-04")],
        queried("END_BEFORE_START", 1, ["AESTDTC", "AEENDTC"], "AEENDTC 2018-03-04 lies before AESTDTC 2018-03-05."),
    ),
    (
        [b.reported(started_on="2018-02", causality="POSSIBLE")],
        queried(
            "ONSET_BEFORE_FIRST_DOSE_RELATED",
            1,
            ["AESTDTC", "AEREL", "EXSTDTC"],
            "AESTDTC 2018-02 lies before the first dose (EXSTDTC) and the event counts as related.",
        ),
    ),
    (
        [b.reported(outcome="FATAL")],
        queried("FATAL_WITHOUT_DEATH", 1, ["AEOUT", "DTHDTC"], "AEOUT is FATAL while no death is recorded (DTHDTC)."),
    ),
    (
        [b.reported(serious="Y", results_in_death="Y")],
        queried("FATAL_WITHOUT_DEATH", 1, ["AESDTH", "DTHDTC"], "AESDTH is Y while no death is recorded (DTHDTC)."),
    ),
    (
        [b.reported(), b.reported(number=3), b.reported(number=4, causality="NONE")],
        queried("EQUAL_BUT_NUMBER", 3, ["AESEQ"], "Adverse event 3 equals adverse event 1 in all but its number (AESEQ)."),
    ),
    (
        [b.reported(), b.built(RowVanished, subject="S1", number=1)],
        queried("VANISHED", 1, ["AESEQ"], "The row of adverse event 1 is no longer in the data."),
    ),
    (
        [b.built(DoseVanished, subject="S1", number=1)],
        queried("VANISHED", None, ["EXSEQ"], "The row of dose 1 of subject S1 is no longer in the data."),
    ),
    (
        [b.built(SubjectVanished, subject="S1")],
        queried("VANISHED", None, ["USUBJID"], "The row of subject S1 is no longer in the data."),
    ),
]  # fmt: skip


NO_QUERIES: list[list[Form]] = [
    [b.reported(hospitalisation="Y", serious="Y")],
    [b.reported(hospitalisation="Y"), b.nullified()],
    [b.reported(hospitalisation="Y"), b.seriousness_assessed(serious="Y", hospitalisation="Y")],
    [b.reported(started_on="2018-03-05", ended_on="2018-03")],
    [b.reported(started_on="2018-03-05T10:00", ended_on="2018-03-05")],
    [b.reported(started_on="2018-02")],
    [b.reported(started_on="2018", causality="POSSIBLE")],
    [b.reported(outcome="FATAL"), b.died()],
    [b.reported(), b.reported(number=2, severity="MILD")],
    [b.reported(), b.reported(number=2), b.merged()],
    [b.reported(), b.reported(number=2), b.nullified(number=1)],
    [b.reported(), b.reported(number=2), b.causality_assessed(causality="NONE")],
    [b.reported(), b.enrolled("S2"), b.reported("S2")],
]
CASES: list[tuple[list[Form], list[dict[str, Any]]]] = [
    *((events, [query]) for events, query in QUERIES),
    *((events, []) for events in NO_QUERIES),
]


@pytest.fixture(scope="module", params=BOTH)
def views(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Views]:
    store = empty_place(request.param, request, tmp_path_factory)
    with one_log(store, [[b.registered(), b.enrolled(), b.given(), *events] for events, _ in CASES]) as opened:
        yield opened


@pytest.mark.parametrize("number", range(len(CASES)))
def test_a_contradiction_is_a_query_and_nothing_else_is(views: Views, number: int) -> None:
    with views.connect() as connection:
        found = open_queries(connection, f"C{number}", views.now(connection))
    assert json.loads(json.dumps(found)) == CASES[number][1]


def test_queries_as_of_before_the_correction(tmp_path: Path) -> None:
    history = [b.registered(), b.enrolled(), b.reported(hospitalisation="Y"), b.corrected("S1", 1, "AESHOSP")]
    with one_log(tmp_path / "log.db", [history]) as opened, opened.connect() as connection:
        found = [[query["rule"] for query in open_queries(connection, "C0", At(p))] for p in (3, 4, 5)]
        with pytest.raises(UnknownTrial):
            open_queries(connection, "C0", At(1))
    assert found == [[], ["SERIOUS_FLAG"], []]
