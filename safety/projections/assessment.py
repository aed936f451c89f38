"""Causality as each party judged it, for each product and method; no assessment overwrites another's."""

from collections.abc import Iterable

from safety.aggregates.adverse_event import CausalityAssessed, Corrected, FollowedUp, Reported
from safety.projections.adverse_event import key
from safety.projections.rows import Change, Projection, versioned

ASSESSMENT = versioned(
    "assessment",
    {"trial": str, "subject": str, "number": int, "assessor": str, "product": str, "method": str},
    {"causality": str},
    sqlite_with_rowid=False,  # it is nearly all key: an index beside the rows would hold everything twice
)
PROJECTION = Projection("assessment", (ASSESSMENT,))
PLAIN = ("investigator", "", "")
"""Where AEREL of a report, follow-up or correction stands."""


@PROJECTION.on(Reported, FollowedUp)
def told(event: Reported | FollowedUp, *_: object) -> Iterable[Change]:
    """AEREL, where the report or follow-up states it."""
    if event.causality is not None:
        yield Change(ASSESSMENT, (*key(event), *PLAIN), {"causality": event.causality}, "adds")


@PROJECTION.on(Corrected)
def put_right(event: Corrected, *_: object) -> Iterable[Change]:
    """AEREL, where the correction names it."""
    if "AEREL" in event.variables:
        yield Change(ASSESSMENT, (*key(event), *PLAIN), {"causality": event.causality}, "adds")


@PROJECTION.on(CausalityAssessed)
def assessed(event: CausalityAssessed, *_: object) -> Iterable[Change]:
    """One party's judgement, for one product by one method."""
    whose = (event.assessor, event.product or "", event.method or "")
    yield Change(ASSESSMENT, (*key(event), *whose), {"causality": event.causality}, "adds")
