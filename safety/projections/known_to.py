"""What a party knew by a moment: the same tables, folded in memory from only those events it was aware of."""

from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Protocol

from pydantic_core import from_json

from safety.aggregates.deciding import Form
from safety.projections.building import build
from safety.projections.rows import Log, Recorded
from safety.projections.views import Views
from safety.values import Awareness, Party, microseconds

Known = Callable[[int, tuple[int, str] | None], bool]
"""Whether something was known: when it was recorded, and when which party became aware of it, where one says so."""


class Row(Protocol):
    """A row as it lies in the log."""

    @property
    def position(self) -> int:
        """Its place in the log."""
        ...

    @property
    def stream(self) -> str:
        """The stream it belongs to."""
        ...

    @property
    def body(self) -> str:
        """What happened, as JSON."""
        ...

    @property
    def recorded_at(self) -> int:
        """When the log took it, in microseconds from 1970 UTC."""
        ...


class RowsOfLog(Protocol):
    """A log whose rows can be had without being read."""

    def rows(self, after: int = 0, upto: int | None = None, prefix: str = "") -> Iterator[Row]:
        """Give rows with `after` < position <= `upto` of the streams that begin with `prefix`, in order."""
        ...


class WholeLog(Log, RowsOfLog, Protocol):
    """A log that gives both."""


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


def otherwise_known(log: RowsOfLog, trial: str, is_known: Known, held: int, *, after: int, upto: int) -> frozenset[str]:
    """Name the subjects of whom a party knew something else by a moment than the log held at it, which is position `held`.

    Up to position `after` what the log took was known by the moment, whatever is said: nobody is aware of anything long
    after telling it. Rows are not read into events: of most only the time counts.
    """
    found: set[str] = set()
    for row in log.rows(after, upto, f"{trial}/subject/"):
        said = from_json(row.body).get("aware") if '"aware":' in row.body else None
        told = None if said is None else (microseconds(datetime.fromisoformat(said["at"])), said["party"])
        if is_known(row.recorded_at, told) != (row.position <= held):
            found.add(row.stream.rpartition("/")[2])
    return frozenset(found)


def knows(party: Party, by: datetime, *, sponsor_investigator: bool) -> Known:
    """Give the rule by which something was known to a party by a moment."""
    limit = microseconds(by)

    def is_known(recorded_at: int, told: tuple[int, str] | None) -> bool:
        own = told is not None and (sponsor_investigator or told[1] == party)
        return (told[0] if told is not None and own else recorded_at) <= limit

    return is_known


def of_event(is_known: Known) -> Callable[[Recorded], bool]:
    """Put the rule to events."""

    def known_of(recorded: Recorded) -> bool:
        aware: Awareness | None = recorded.event.__dict__.get("aware")
        told = None if aware is None else (microseconds(aware.at), aware.party)
        return is_known(recorded.recorded_at, told)

    return known_of


def known(
    log: Log, trial: str, party: Party, by: datetime, upto: int, *, sponsor_investigator: bool
) -> Iterator[Recorded]:
    """Choose the events that a party knew of by a moment, in the order of the log."""
    is_known = of_event(knows(party, by, sponsor_investigator=sponsor_investigator))
    return (one for one in log.read(0, upto, f"{trial}/") if is_known(one) or governs(one.event))


def governs(event: Form) -> bool:
    """Say whether an event is of the trial itself."""
    return event.TOPIC.startswith(("trial.", "rule_pack."))
