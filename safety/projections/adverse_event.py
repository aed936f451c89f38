"""The adverse events of every subject by number, as each event about them leaves them."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, or_

from safety.aggregates.adverse_event import (
    CRITERIA,
    Coded,
    Corrected,
    ExpectednessAssessed,
    FollowedUp,
    Merged,
    Nullified,
    Numbered,
    ReportabilityStated,
    Reported,
    RowReappeared,
    RowVanished,
    SeriousnessAssessed,
    Unmerged,
    serious_for_duties,
)
from safety.projections.dates import Bounds, bounded
from safety.projections.rows import Change, Key, Projection, corrected, stated, versioned
from safety.values import Awareness, microseconds

BOUNDS: Bounds = {"started_on": ("onset_low", "onset_high"), "ended_on": ("end_low", "end_high")}
SAID_IN_WORDS = (
    "source_id",
    "term",
    "preferred_term",
    "body_system",
    "system_organ_class",
    "dictionary_version",
    "started_on",
    "ended_on",
    "severity",
    "grade",
    "serious",
    *CRITERIA,
    "outcome",
    "action_taken",
)
COLUMNS: dict[str, type] = {
    **dict.fromkeys(SAID_IN_WORDS, str),
    **{bound: int for pair in BOUNDS.values() for bound in pair},
    "after_dose": int,
    "serious_for_sponsor": str,
    "infection_transmission": str,
    "expected": str,
    "aware_at": int,
    "aware_on": str,
    "aware_party": str,
    "merged_into": int,
    "nullified": bool,
    "vanished": bool,
}
ADVERSE_EVENT = versioned("adverse_event", {"trial": str, "subject": str, "number": int}, COLUMNS)
PROJECTION = Projection("adverse_event", (ADVERSE_EVENT,))
SAID = frozenset({*SAID_IN_WORDS, "after_dose", "aware"})
SERIOUSNESS = frozenset({"serious", *CRITERIA})
CRITERIA_OF_DUTIES = (*CRITERIA, "infection_transmission")
"""What makes an event serious by itself where duties are at stake; suspected transmission by the product too (EU GVP VI)."""


class NoNumber(Exception):
    """An adverse event came to the log without its number."""


def key(event: Numbered | Reported) -> Key:
    """Say which adverse event an event is about."""
    if event.number is None:
        raise NoNumber
    return (event.trial, event.subject, event.number)


def serious_in_duties() -> ColumnElement[bool]:
    """Whether an adverse event is serious in the reading of duties: by AESER, a criterion or the sponsor's view."""
    said = ("serious", "serious_for_sponsor", *CRITERIA_OF_DUTIES)
    return or_(*(ADVERSE_EVENT.table.c[name] == "Y" for name in said))


def awareness(aware: Awareness | None) -> dict[str, Any]:
    """Give when (microseconds from 1970 UTC), on which local date, and which party became aware."""
    if aware is None:
        return {"aware_at": None, "aware_on": None, "aware_party": None}
    return {"aware_at": microseconds(aware.at), "aware_on": aware.on.isoformat(), "aware_party": aware.party}


def columns(values: dict[str, Any]) -> dict[str, Any]:
    """Turn what is said by field into what is said by column."""
    if "aware" in values:
        values.update(awareness(values.pop("aware")))
    return bounded(values, BOUNDS)


@PROJECTION.on(Reported)
def reported(event: Reported, *_: object) -> Iterable[Change]:
    """The adverse event's row begins."""
    yield Change(ADVERSE_EVENT, key(event), columns(stated(event, SAID)), "opens")


@PROJECTION.on(FollowedUp, Coded)
def added(event: FollowedUp | Coded, *_: object) -> Iterable[Change]:
    """What the new information says replaces what was known; what it leaves open stays."""
    yield Change(ADVERSE_EVENT, key(event), columns(stated(event, SAID)))


@PROJECTION.on(Corrected)
def put_right(event: Corrected, *_: object) -> Iterable[Change]:
    """The named variables hold what stands in the correction, or nothing."""
    yield Change(ADVERSE_EVENT, key(event), columns(corrected(event, SAID)))


@PROJECTION.on(SeriousnessAssessed)
def seriousness(event: SeriousnessAssessed, *_: object) -> Iterable[Change]:
    """The sponsor's view stands beside; the investigator's replaces every criterion, and AESER where it is stated."""
    if event.assessor == "sponsor":
        view = "Y" if serious_for_duties(event.__dict__) else "N"
        yield Change(ADVERSE_EVENT, key(event), {"serious_for_sponsor": view})
    else:
        criteria = dict.fromkeys(CRITERIA)
        yield Change(ADVERSE_EVENT, key(event), {**criteria, **stated(event, SERIOUSNESS)})


@PROJECTION.on(ReportabilityStated)
def reportability(event: ReportabilityStated, *_: object) -> Iterable[Change]:
    """Of what decides whether a report is due, what makes the event itself serious; the rest is told as facts."""
    if event.infection_transmission is not None:
        yield Change(ADVERSE_EVENT, key(event), {"infection_transmission": event.infection_transmission})


@PROJECTION.on(ExpectednessAssessed)
def expectedness(event: ExpectednessAssessed, *_: object) -> Iterable[Change]:
    """Expected or not, as last assessed."""
    yield Change(ADVERSE_EVENT, key(event), {"expected": event.expected})


@PROJECTION.on(Merged, Unmerged)
def merge(event: Merged | Unmerged, *_: object) -> Iterable[Change]:
    """The number points to another, or stands for itself again."""
    yield Change(ADVERSE_EVENT, key(event), {"merged_into": event.into if isinstance(event, Merged) else None})


@PROJECTION.on(Nullified)
def nullified(event: Nullified, *_: object) -> Iterable[Change]:
    """There was no such event."""
    yield Change(ADVERSE_EVENT, key(event), {"nullified": 1})


@PROJECTION.on(RowVanished, RowReappeared)
def row(event: RowVanished | RowReappeared, *_: object) -> Iterable[Change]:
    """The row left the data, or came back."""
    yield Change(ADVERSE_EVENT, key(event), {"vanished": int(isinstance(event, RowVanished))})
