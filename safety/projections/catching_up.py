"""Takes the tables from where they are to the head of the log, a page at a time; what fails stops its own tables only."""

from collections.abc import Sequence
from itertools import islice

from safety.aggregates.record import Opened, Redacted
from safety.projections.folding import foldings, takes
from safety.projections.rows import Log, Recorded
from safety.projections.store import Source, Tables

PAGE = 2_000
MANY = 500
"""After a page of so many events the tables may look very different from before."""


FAR = 10_000
"""Who is this far behind, and further than what there is, builds anew: that is quicker than to catch up."""


class BuildAnew(Exception):
    """What is in the tables does not follow from the log as it is now, or hardly any of it is in them."""


def still_fits(source: Source, log: Log, *, same_log: bool) -> tuple[int, int]:
    """Give the head of the log, read inside the tables' turn: others may have folded more than was there before it.

    `same_log`: its id was compared before.

    Raises:
        BuildAnew: the log is another one, an older state of it was restored, or it is far ahead.

    """
    head = log.head()
    at = source.position
    if at and log.recorded_at(at) != source.recorded_at:
        raise BuildAnew
    if head[0] - at > max(FAR, at):
        raise BuildAnew
    if at and not same_log and source.log != log_id(log):
        raise BuildAnew
    return head


def log_id(log: Log) -> str:
    """Give the id that position 1 states; empty of a log that does not begin with it."""
    first = next(log.read(0, 1), None)
    return first.event.log if first is not None and isinstance(first.event, Opened) else ""


def told(position: int, fault: Exception) -> str:
    """Say where and why a projection stopped, by the fault's class: its text might hold what must not be told."""
    return f"stopped at position {position}: {type(fault).__name__}"


Reached = tuple[int, str | None]
"""The last position folded, and the fault that stopped a projection after it."""


def fold(tables: Tables, name: str, events: Sequence[Recorded], after: int) -> Reached:
    """Fold events into one projection as far as it goes."""
    folding = foldings(tables, (name,))[name]
    reached, fault = after, None
    for recorded in events:
        try:
            folding.take(recorded)
        except Exception as raised:  # noqa: BLE001, a handler's fault stops its own tables and is kept where it is seen
            fault = told(recorded.position, raised)
            break
        reached = recorded.position
    try:
        with tables.savepoint():
            folding.write()
    except Exception as raised:  # noqa: BLE001, the same: a handler gave what the database does not take
        if len(events) == 1:
            return after, told(events[0].position, raised)
        return fold_singly(tables, name, events, after)
    return reached, fault


def fold_singly(tables: Tables, name: str, events: Sequence[Recorded], after: int) -> Reached:
    """Fold events one by one, to find the one that cannot be written."""
    reached: Reached = (after, None)
    for recorded in events:
        reached = fold(tables, name, [recorded], reached[0])
        if reached[1] is not None:
            break
    return reached


class Page:
    """The next page of the log, for every projection that is behind."""

    def __init__(self, tables: Tables, source: Source, log: Log, head: tuple[int, int]) -> None:
        """Find out where each projection is."""
        self._tables = tables
        self._source = source
        self._log = log
        self._head = head
        self._tracked = tables.tracked()

    @property
    def stopped(self) -> list[str]:
        """The projections that do not go on."""
        return [name for name, (_, fault) in self._tracked.items() if fault is not None]

    def fold(self) -> bool:
        """Fold the page and say whether there is more; what had stopped is tried again with the event it stopped at."""
        before = dict(self._tracked)
        for name in self.stopped:
            position = self._tracked[name][0]
            self._tracked[name] = fold(self._tables, name, list(self._log.read(position, position + 1)), position)
        behind = {name: at for name, (at, fault) in self._tracked.items() if fault is None and at < self._head[0]}
        if behind:
            self._fold(behind)
        if self._tracked != before:
            self._tables.track(self._tracked)
        return any(fault is None and position < self._head[0] for position, fault in self._tracked.values())

    def _fold(self, behind: dict[str, int]) -> None:
        events = list(islice(self._log.read(min(behind.values()), self._head[0]), PAGE))
        log, seen, _ = self._source
        last = events[-1]
        for recorded in events:
            if recorded.position > seen and isinstance(recorded.event, Redacted):
                raise BuildAnew
            if isinstance(recorded.event, Opened):
                log = recorded.event.log
        for name, after in behind.items():
            ahead = [recorded for recorded in events if recorded.position > after and takes(name, type(recorded.event))]
            at, fault = fold(self._tables, name, ahead, after) if ahead else (after, None)
            self._tracked[name] = (at, fault) if fault is not None else (max(after, last.position), None)
        if len(events) >= MANY:
            self._tables.analyse()
        if last.position > seen:
            self._tables.read_up_to(Source(log, last.position, last.recorded_at))
