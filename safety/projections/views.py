"""The views of one log: kept up with it, built anew from it, checked against it, and opened for reading."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection, select

from safety.aggregates.record import Opened, Redacted
from safety.projections.building import Progress, build, told
from safety.projections.folding import NAMES, foldings
from safety.projections.places import InFile, InMemory, InSchema, Place
from safety.projections.rows import Log, Recorded
from safety.projections.store import SOURCE, TRACKING, Tables

PAGE = 2_000


class NotYours(Exception):
    """What is in the tables is not of this log as it is now: they have to be built anew."""


class Views:
    """The tables of one log.

    They hold nothing that the log cannot give again; reading begins with `catch_up`, commands never write them.
    """

    def __init__(self, place: Place) -> None:
        """Keep the tables in a place; `open_views` finds the usual one."""
        self._place = place
        self._there = False
        self._same_log = False
        self._seen: tuple[int, int] | None = None
        """Head of the log when everything was caught up last."""

    def catch_up(self, log: Log) -> int:
        """Fold what is new in the log and give the position reached; cheap when nothing is new.

        Tables that are of another log, ahead of this one, older than a restored one, or older than a redaction are built
        anew. A handler that fails stops its own tables (`faults`); each catch-up tries them again.
        """
        head = tuple(log.head())
        if head == self._seen:
            return head[0]
        if not self._exists():
            self.rebuild(log)
            head = tuple(log.head())
        try:
            while self._page(log):
                pass
        except NotYours:
            self.rebuild(log)
        return head[0]

    def rebuild(self, log: Log, progress: Progress | None = None) -> None:
        """Build every table anew from the log, in a new place that takes the old one's when it is complete."""
        with self._place.building() as connection:
            build(connection, log.read(), progress=progress)
        self._there, self._same_log, self._seen = True, True, None

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """Open the tables for reading: one moment of them, whatever is written meanwhile."""
        engine = self._place.engine
        if engine.dialect.name == "postgresql":
            engine = engine.execution_options(isolation_level="REPEATABLE READ")
        with engine.connect() as connection, connection.begin():
            yield connection

    def faults(self) -> list[str]:
        """List the tables that have stopped, each with the position and the class of the error."""
        if not self._exists():
            return []
        with self.connect() as connection:
            stopped = select(TRACKING.c.name, TRACKING.c.fault).where(TRACKING.c.fault.is_not(None))
            return [f"table {name} {fault}" for name, fault in connection.execute(stopped.order_by(TRACKING.c.name))]

    def close(self) -> None:
        """Let go of every connection."""
        self._place.engine.dispose()

    def _exists(self) -> bool:
        self._there = self._there or self._place.exists()
        return self._there

    def _page(self, log: Log) -> bool:
        """Fold one page in one transaction; say whether there is more."""
        with self._place.turn() as connection:
            tables = Tables(connection)
            head = self._still_fits(tables, log)
            tracked = tables.tracked()
            page = Page(tables, tracked, log, head)
            page.retry_stopped()
            more = page.fold()
            tables.track(tracked)
            self._seen = None if more or page.stopped else head
        return more

    def _still_fits(self, tables: Tables, log: Log) -> tuple[int, int]:
        """Give the log's head, or raise NotYours. The head is read inside the turn: others may have folded more than we saw."""
        of, position, recorded_at = tables.source()
        head = tuple(log.head())
        if position > head[0] or (position and log.recorded_at(position) != recorded_at):
            raise NotYours
        if not self._same_log and position:
            if of != log_id(log):
                raise NotYours
            self._same_log = True
        return head
