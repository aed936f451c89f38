"""Builds every table from nothing: whole logs for a rebuild or a check, chosen events for what a party knew."""

from collections.abc import Callable, Iterable

from sqlalchemy import Connection

from safety.aggregates.record import Opened
from safety.projections.folding import NAMES, foldings
from safety.projections.rows import Recorded
from safety.projections.store import Tables, create_indexes, create_tables

PAGE = 5_000

Progress = Callable[[int], None]
"""Told the position reached, now and then."""


def build(
    connection: Connection, events: Iterable[Recorded], *, partial: bool = False, progress: Progress | None = None
) -> None:
    """Create the tables and fold events into them; a projection whose handler fails stops and the others go on.

    `partial`: the events are a part of a log, so what concerns a thing that is not in it is passed over.
    """
    create_tables(connection)
    tables = Tables(connection)
    tables.begin_tracking(NAMES)
    run = Run(tables, partial=partial)
    for recorded in events:
        run.take(recorded)
        if run.taken % PAGE == 0:
            run.write()
            if progress is not None:
                progress(recorded.position)
    run.end()
    create_indexes(connection)


class Run:
    """One pass over events: what is folded, what has stopped, and how far the log was read."""

    def __init__(self, tables: Tables, *, partial: bool) -> None:
        """Begin with every projection."""
        self._tables = tables
        self._going = foldings(tables, partial=partial)
        self._tracked: dict[str, tuple[int, str | None]] = {}
        self._log, self._position, self._recorded_at = "", 0, 0
        self.taken = 0

    def take(self, recorded: Recorded) -> None:
        """Fold an event into every projection that has not stopped."""
        stopped = []
        for name, folding in self._going.items():
            try:
                folding.take(recorded)
            except Exception as fault:  # noqa: BLE001, a handler's fault stops its own tables and is kept where it is seen
                stopped.append(name)
                self._tracked[name] = self._position, told(recorded.position, fault)
        for name in stopped:
            self._going.pop(name).write()
        if isinstance(recorded.event, Opened):
            self._log = recorded.event.log
        self._position, self._recorded_at = recorded.position, recorded.recorded_at
        self.taken += 1

    def write(self) -> None:
        """Write what was folded since the last time."""
        for folding in self._going.values():
            folding.write()

    def end(self) -> None:
        """Write the rest and how far it went."""
        self.write()
        self._tracked.update(dict.fromkeys(self._going, (self._position, None)))
        self._tables.track(self._tracked)
        self._tables.read_up_to(self._log, self._position, self._recorded_at)


def told(position: int, fault: Exception) -> str:
    """Say where and why a projection stopped, by the fault's class: its text might hold what must not be told."""
    return f"stopped at position {position}: {type(fault).__name__}"
