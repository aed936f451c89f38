"""The doses of every subject, given or withheld, as spans of time."""

from collections.abc import Iterable
from typing import Any

from safety.aggregates.dose import Corrected, Given, Numbered, RowReappeared, RowVanished, Withheld
from safety.projections.dates import Bounds, bounded
from safety.projections.rows import Change, Key, Projection, corrected, stated, versioned

PARTICULARS = ("treatment", "amount", "unit", "route", "visit", "lot", "total_cells", "started_on", "ended_on")
BOUNDS: Bounds = {"started_on": ("start_low", "start_high"), "ended_on": ("end_low", "end_high")}
COLUMNS: dict[str, type] = {
    **dict.fromkeys(PARTICULARS, str),
    **{bound: int for pair in BOUNDS.values() for bound in pair},
    "withheld": bool,
    "vanished": bool,
}
EXPOSURE = versioned("exposure", {"trial": str, "subject": str, "number": int}, COLUMNS)
PROJECTION = Projection("exposure", (EXPOSURE,))
SAID = frozenset(PARTICULARS)


def key(event: Numbered) -> Key:
    """Say which dose an event is about."""
    return (event.trial, event.subject, event.number)


def bounds(values: dict[str, Any]) -> dict[str, Any]:
    """Put the bounds of its dates beside what is said of a dose."""
    return bounded(values, BOUNDS)


@PROJECTION.on(Given)
def given(event: Given, *_: object) -> Iterable[Change]:
    """A dose was given; what was withheld before under the number was given after all."""
    yield Change(EXPOSURE, key(event), bounds(stated(event, SAID)), "opens")


@PROJECTION.on(Corrected)
def put_right(event: Corrected, *_: object) -> Iterable[Change]:
    """The named variables hold what stands in the correction, or nothing."""
    yield Change(EXPOSURE, key(event), bounds(corrected(event, SAID)))


@PROJECTION.on(Withheld)
def withheld(event: Withheld, *_: object) -> Iterable[Change]:
    """A planned dose was not given."""
    yield Change(EXPOSURE, key(event), {"withheld": 1}, "adds")


@PROJECTION.on(RowVanished, RowReappeared)
def row(event: RowVanished | RowReappeared, *_: object) -> Iterable[Change]:
    """The row of the dose left the data, or came back."""
    yield Change(EXPOSURE, key(event), {"vanished": int(isinstance(event, RowVanished))})
