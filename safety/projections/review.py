"""Whose duties have to be looked at again: what a pack, a reference safety information or a dose changed since the last look."""

from collections.abc import Iterable

from safety.aggregates.adverse_event import Reported
from safety.aggregates.dose import Corrected, Given, RowReappeared, RowVanished
from safety.aggregates.obligation import Reviewed
from safety.aggregates.rule_pack import Adopted
from safety.aggregates.trial import Amended, ReferenceSafetyInformationIssued
from safety.projections.rows import Change, Projection, Recorded, Rows, versioned

GOVERNANCE = versioned("governance", {"trial": str}, {"adopted": int, "changed": int})
"""Positions: since when packs govern a trial, and when anything last changed that its duties depend on."""
REVIEW = versioned("review", {"trial": str, "subject": str}, {"first_event": int, "changed": int, "reviewed": int})
"""Positions: of a subject's first adverse event, of the last change to the doses since, and of the last review."""
PROJECTION = Projection("review", (GOVERNANCE, REVIEW))


@PROJECTION.on(Adopted, Amended, ReferenceSafetyInformationIssued)
def governs(
    event: Adopted | Amended | ReferenceSafetyInformationIssued, recorded: Recorded, rows: Rows
) -> Iterable[Change]:
    """What a trial's duties depend on has changed."""
    values = {"changed": recorded.position}
    if isinstance(event, Adopted) and (rows(GOVERNANCE, (event.trial,)) or {}).get("adopted") is None:
        values["adopted"] = recorded.position
    yield Change(GOVERNANCE, (event.trial,), values, "adds")


@PROJECTION.on(Reported)
def reported(event: Reported, recorded: Recorded, rows: Rows) -> Iterable[Change]:
    """The subject has an adverse event, and so may have duties."""
    key = (event.trial, event.subject)
    if (rows(REVIEW, key) or {}).get("first_event") is None:
        yield Change(REVIEW, key, {"first_event": recorded.position}, "adds")


@PROJECTION.on(Given, Corrected, RowVanished, RowReappeared)
def dosed(event: Given | Corrected | RowVanished | RowReappeared, recorded: Recorded, rows: Rows) -> Iterable[Change]:
    """Whether an adverse event came after a dose may be seen differently now."""
    key = (event.trial, event.subject)
    if rows(REVIEW, key) is not None:
        yield Change(REVIEW, key, {"changed": recorded.position})


@PROJECTION.on(Reviewed)
def reviewed(event: Reviewed, recorded: Recorded, _: Rows) -> Iterable[Change]:
    """The duties were looked at under what governed then."""
    yield Change(REVIEW, (event.trial, event.subject), {"reviewed": recorded.position}, "adds")
