"""Builds every table from nothing: whole logs for a rebuild or a check, chosen events for what a party knew."""

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from safety.aggregates.deciding import Form
from safety.aggregates.record import Opened
from safety.projections.catching_up import told
from safety.projections.folding import NAMES, Folding, foldings, takes
from safety.projections.rows import Recorded
from safety.projections.store import Source, Tables, create_indexes, create_tables

PAGE = 2_000

Progress = Callable[[int], None]
"""Told the position reached, now and then."""


def build(
    connection: Connection, events: Iterable[Recorded], *, partial: bool = False, progress: Progress | None = None
) -> int:
    """Create the tables and fold events into them, and give their number; a projection that fails stops, the others go on.

    `partial`: the events are a part of a log, so what concerns a thing that is not in it is passed over.
    """
    create_tables(connection)
    tables = Tables(connection)
    tables.begin_tracking(NAMES)
    run = Run(tables, partial=partial)
    with few_collections():
        for recorded in events:
            run.take(recorded)
            if run.taken % PAGE == 0:
                run.write()
                if progress is not None:
                    progress(recorded.position)
    run.end()
    create_indexes(connection)
    tables.analyse()
    return run.taken


@contextmanager
def few_collections() -> Iterator[None]:
    """Look for cycles of garbage rarely: rows are many and make none, and looking costs a tenth of the time."""
    usual = gc.get_threshold()
    gc.set_threshold(1_000_000, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


class Run:
    """One pass over events: what is folded, what has stopped, and how far the log was read."""

    def __init__(self, tables: Tables, *, partial: bool) -> None:
        """Begin with every projection."""
        self._tables = tables
        self._going = foldings(tables, partial=partial, from_nothing=True)
        self._takers: dict[type[Form], list[tuple[str, Folding]]] = {}
        self._tracked: dict[str, tuple[int, str | None]] = {}
        self._log, self._position, self._recorded_at = "", 0, 0
        self._written = 0
        self.taken = 0

    def take(self, recorded: Recorded) -> None:
        """Fold an event into every projection that has not stopped."""
        for name, folding in self._takers_of(type(recorded.event)):
            try:
                folding.take(recorded)
            except Exception as fault:  # noqa: BLE001, a handler's fault stops its own tables and is kept where it is seen
                self._stop(name, self._position, told(recorded.position, fault))
        if isinstance(recorded.event, Opened):
            self._log = recorded.event.log
        self._position, self._recorded_at = recorded.position, recorded.recorded_at
        self.taken += 1

    def _takers_of(self, event: type[Form]) -> list[tuple[str, Folding]]:
        takers = self._takers.get(event)
        if takers is None:
            takers = [(name, folding) for name, folding in self._going.items() if takes(name, event)]
            self._takers[event] = takers
        return takers

    def _stop(self, name: str, position: int, fault: str) -> None:
        self._tracked[name] = position, fault
        self._write(name)
        self._leave(name)

    def _leave(self, name: str) -> None:
        del self._going[name]
        self._takers.clear()

    def _write(self, name: str) -> None:
        try:
            with self._tables.savepoint():
                self._going[name].write()
        except Exception as fault:  # noqa: BLE001, the same; the next catch-up goes singly and finds the very event
            self._tracked[name] = self._written, told(self._written + 1, fault)

    def write(self) -> None:
        """Write what was folded since the last time."""
        for name in tuple(self._going):
            self._write(name)
            if name in self._tracked:
                self._leave(name)
        self._written = self._position

    def end(self) -> None:
        """Write the rest and how far it went."""
        self.write()
        self._tracked.update(dict.fromkeys(self._going, (self._position, None)))
        self._tables.track(self._tracked)
        self._tables.read_up_to(Source(self._log, self._position, self._recorded_at))
