"""One subject's course: enrolment, doses, adverse events, assessments and ends, in the order in which they happened."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from safety.projections.adverse_event import ADVERSE_EVENT
from safety.projections.assessment import ASSESSMENT
from safety.projections.at import At
from safety.projections.exposure import EXPOSURE
from safety.projections.rows import Versioned
from safety.projections.subject import SUBJECT
from safety.values import span

UNKNOWN = 2**62
"""Where what has no date stands: after everything that has one."""


def subject_timeline(connection: Connection, trial: str, subject: str, at: At) -> list[dict[str, Any]]:
    """List what happened to a subject: `on` as given, `what`, its `number`, `words`, and the position that says so.

    Enrolment without a date comes first, anything else without one last; of one moment doses come before adverse events.
    """
    entries = [
        *_subject(_rows(connection, SUBJECT, trial, subject, at)),
        *_doses(_rows(connection, EXPOSURE, trial, subject, at)),
        *_adverse_events(connection, trial, subject, at),
    ]
    shown = [entry for entry in entries if at.happened_by is None or not _later(entry["on"], at.happened_by)]
    order = sorted(enumerate(shown), key=lambda item: (_place(item[1]), item[0]))
    return [entry for _, entry in order]


def _place(entry: dict[str, Any]) -> int:
    if entry["on"] is None:
        return -1 if entry["what"] == "enrolled" else UNKNOWN
    return span(entry["on"])[0]


def _later(on: str | None, than: int) -> bool:
    return on is not None and span(on)[0] > than


def _rows(connection: Connection, of: Versioned, trial: str, subject: str, at: At) -> list[RowMapping]:
    table = of.table
    ask = select(table).where(table.c.trial == trial, table.c.subject == subject, at.stands(table))
    return list(connection.execute(ask.order_by(*(table.c[key] for key in of.keys))).mappings())


def _entry(row: RowMapping, on: str | None, what: str, words: str, **more: object) -> dict[str, Any]:
    return {
        "on": on,
        "what": what,
        "number": row.get("number"),
        "words": words,
        "position": row["from_position"],
        **more,
    }


def _subject(rows: list[RowMapping]) -> Iterator[dict[str, Any]]:
    for row in rows:
        arm = "no arm" if row["arm"] is None else f"arm {row['arm']}"
        yield _entry(row, row["enrolled_on"], "enrolled", f"Enrolled, {arm}")
        for mode in filter(None, (row["withdrawn"] or "").split(",")):
            yield _entry(row, None, "withdrawn", f"Withdrawn from {mode.replace('_', ' ')}")
        if row["completed"]:
            yield _entry(row, None, "completed", "Completed the trial")
        if row["died"]:
            yield _entry(row, row["died_on"], "died", "Died")
        if row["vanished"]:
            yield _entry(row, None, "vanished", "The subject's row is no longer in the data")


def _doses(rows: list[RowMapping]) -> Iterator[dict[str, Any]]:
    for row in rows:
        amount = " ".join(str(row[part]) for part in ("amount", "unit") if row[part] is not None)
        said = ", ".join(part for part in (row["treatment"], amount, row["route"], row["visit"]) if part)
        state = "withheld" if row["withheld"] else "given"
        words = f"Dose {row['number']} {state}" + (f": {said}" if said else "")
        yield _entry(row, row["started_on"], "dose", words + _vanished(row), ended_on=row["ended_on"], state=state)


def _vanished(row: RowMapping) -> str:
    return "; its row is no longer in the data" if row["vanished"] else ""


def _adverse_events(connection: Connection, trial: str, subject: str, at: At) -> Iterator[dict[str, Any]]:
    judged: dict[int, list[RowMapping]] = {}
    for row in _rows(connection, ASSESSMENT, trial, subject, at):
        if row["causality"] is not None:
            judged.setdefault(row["number"], []).append(row)
    for row in _rows(connection, ADVERSE_EVENT, trial, subject, at):
        yield _entry(
            row,
            row["started_on"],
            "adverse_event",
            _adverse_event(row),
            ended_on=row["ended_on"],
            grade=row["grade"],
            severity=row["severity"],
            serious=row["serious"],
        )
        for assessment in judged.get(row["number"], []):
            words = f"AE {row['number']}: {assessment['causality']} in the view of the {assessment['assessor']}"
            yield _entry(assessment, row["started_on"], "assessment", words, assessor=assessment["assessor"])


def _adverse_event(row: RowMapping) -> str:
    named = row["preferred_term"] or row["term"] or "term not stated"
    grade = None if row["grade"] is None else f"grade {row['grade']}"
    serious = "serious" if row["serious"] == "Y" else None
    said = ", ".join(part for part in (named, row["severity"], grade, serious, row["outcome"]) if part)
    ends = "; nullified" if row["nullified"] else ""
    into = "" if row["merged_into"] is None else f"; merged into {row['merged_into']}"
    return f"AE {row['number']}: {said}{ends}{into}{_vanished(row)}"
