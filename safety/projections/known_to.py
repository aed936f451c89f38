"""What a party knew by a moment: the same tables, folded in memory from only those events it was aware of."""

from collections.abc import Iterator
from datetime import datetime

from safety.aggregates.deciding import Form
from safety.projections.building import build
from safety.projections.rows import Log, Recorded
from safety.projections.views import Views
from safety.values import Awareness, Party, microseconds


def fold_known(
    log: Log, trial: str, party: Party, by: datetime, upto: int, *, sponsor_investigator: bool = False
) -> Views:
    """Fold what a party knew of a trial by a moment, of the log up to a position; ask the views it gives as any others.

    A fact with an awareness was known to that party from its moment on, to the other party from when the log took it; a
    sponsor-investigator is both parties (21 CFR 312.3). A fact without one was known to both from when the log took it.
    The trial's definition is not a party's knowledge but the rule of counting: it stands as of the position.
    """
    views = Views.in_memory()
    with views.place.building() as connection:
        build(connection, known(log, trial, party, by, upto, sponsor_investigator=sponsor_investigator), partial=True)
    return views


def known(
    log: Log, trial: str, party: Party, by: datetime, upto: int, *, sponsor_investigator: bool
) -> Iterator[Recorded]:
    """Choose the events that a party knew of by a moment, in the order of the log."""
    limit = microseconds(by)
    for recorded in log.read(0, upto, f"{trial}/"):
        aware: Awareness | None = recorded.event.__dict__.get("aware")
        own = aware is not None and (sponsor_investigator or aware.party == party)
        since = microseconds(aware.at) if aware is not None and own else recorded.recorded_at
        if since <= limit or governs(recorded.event):
            yield recorded


def governs(event: Form) -> bool:
    """Say whether an event is of the trial itself."""
    return event.TOPIC.startswith(("trial.", "rule_pack."))
