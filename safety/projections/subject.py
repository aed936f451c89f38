"""The subjects: particulars by code, and what ended."""

from collections.abc import Iterable
from typing import Any

from safety.aggregates.subject import (
    Completed,
    Died,
    Enrolled,
    RowReappeared,
    RowVanished,
    SubjectCorrected,
    Withdrawn,
)
from safety.projections.rows import Change, Projection, Recorded, Rows, corrected, stated, versioned

PARTICULARS = {
    "site": str,
    "country": str,
    "age": int,
    "birth_year": int,
    "sex": str,
    "weight_kg": str,
    "arm": str,
    "actual_arm": str,
    "enrolled_on": str,
}
ENDS: dict[str, type] = {"died": bool, "died_on": str, "completed": bool, "withdrawn": str, "vanished": bool}
SUBJECT = versioned("subject", {"trial": str, "subject": str}, {**PARTICULARS, **ENDS})
PROJECTION = Projection("subject", (SUBJECT,))
SAID = frozenset(PARTICULARS)


def particulars(values: dict[str, Any]) -> dict[str, Any]:
    """Write the date of enrolment as plain text."""
    enrolled_on = values.get("enrolled_on")
    return values if enrolled_on is None else {**values, "enrolled_on": str(enrolled_on)}


@PROJECTION.on(Enrolled)
def enrolled(event: Enrolled, *_: object) -> Iterable[Change]:
    """The subject's row begins."""
    yield Change(SUBJECT, (event.trial, event.subject), particulars(stated(event, SAID)), "opens")


@PROJECTION.on(SubjectCorrected)
def put_right(event: SubjectCorrected, *_: object) -> Iterable[Change]:
    """The named variables hold what stands in the correction, or nothing."""
    yield Change(SUBJECT, (event.trial, event.subject), particulars(corrected(event, SAID)))


@PROJECTION.on(Withdrawn)
def withdrawn(event: Withdrawn, _: Recorded, rows: Rows) -> Iterable[Change]:
    """One more mode of withdrawal; the modes stand sorted, with commas between them."""
    key = (event.trial, event.subject)
    known = (rows(SUBJECT, key) or {}).get("withdrawn") or ""
    modes = sorted({event.mode, *filter(None, known.split(","))})
    yield Change(SUBJECT, key, {"withdrawn": ",".join(modes)})


@PROJECTION.on(Completed)
def completed(event: Completed, *_: object) -> Iterable[Change]:
    """The subject completed."""
    yield Change(SUBJECT, (event.trial, event.subject), {"completed": 1})


@PROJECTION.on(Died)
def died(event: Died, *_: object) -> Iterable[Change]:
    """The subject died."""
    died_on = None if event.died_on is None else str(event.died_on)
    yield Change(SUBJECT, (event.trial, event.subject), {"died": 1, "died_on": died_on})


@PROJECTION.on(RowVanished, RowReappeared)
def row(event: RowVanished | RowReappeared, *_: object) -> Iterable[Change]:
    """The subject's row left the data, or came back."""
    yield Change(SUBJECT, (event.trial, event.subject), {"vanished": int(isinstance(event, RowVanished))})
