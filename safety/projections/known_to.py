"""What a party knew by a moment: the same tables, folded in memory from only those events it was aware of."""

from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
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


def fold_subjects(
    log: Log, trial: str, subjects: AbstractSet[str], upto: int, chosen: Callable[[Recorded], bool]
) -> Views:
    """Fold of some subjects those events that are chosen, with the trial's definition as of the position; `upto` is a position."""
    streams = [f"{trial}/trial", *(f"{trial}/subject/{subject}" for subject in sorted(subjects))]
    events = (one for name in streams for one in log.read(0, upto, name) if one.stream == name)
    views = Views.in_memory()
    with views.place.building() as connection:
        build(connection, (one for one in events if governs(one.event) or chosen(one)), partial=True)
    return views


def otherwise_known(
    log: Log, trial: str, is_known: Callable[[Recorded], bool], held: int, *, after: int, upto: int
) -> frozenset[str]:
    """Name the subjects of whom a party knew something else by a moment than the log held at it, which is position `held`.

    Up to position `after` what the log took was known by the moment, whatever is said: nobody is aware of anything long
    after telling it.
    """
    told = log.read(after, upto, f"{trial}/subject/")
    return frozenset(one.stream.rpartition("/")[2] for one in told if is_known(one) != (one.position <= held))


def knows(party: Party, by: datetime, *, sponsor_investigator: bool) -> Callable[[Recorded], bool]:
    """Give the rule by which an event was known to a party by a moment."""
    limit = microseconds(by)

    def is_known(recorded: Recorded) -> bool:
        aware: Awareness | None = recorded.event.__dict__.get("aware")
        own = aware is not None and (sponsor_investigator or aware.party == party)
        return (microseconds(aware.at) if aware is not None and own else recorded.recorded_at) <= limit

    return is_known


def known(
    log: Log, trial: str, party: Party, by: datetime, upto: int, *, sponsor_investigator: bool
) -> Iterator[Recorded]:
    """Choose the events that a party knew of by a moment, in the order of the log."""
    is_known = knows(party, by, sponsor_investigator=sponsor_investigator)
    return (one for one in log.read(0, upto, f"{trial}/") if is_known(one) or governs(one.event))


def governs(event: Form) -> bool:
    """Say whether an event is of the trial itself."""
    return event.TOPIC.startswith(("trial.", "rule_pack."))
