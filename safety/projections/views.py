"""The views of one log: kept up with it, built anew from it, and opened for reading."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from safety.projections.at import At
from safety.projections.building import Progress, build
from safety.projections.catching_up import BuildAnew, Page, still_fits
from safety.projections.checking import differences
from safety.projections.places import InFile, InMemory, InSchema, Place
from safety.projections.rows import Log
from safety.projections.store import SOURCE, TRACKING, Tables


def place(where: Path | str | None) -> Place:
    """Give the place of the tables: a folder, the URL of a PostgreSQL database, or memory."""
    if where is None:
        return InMemory()
    return InFile(where) if isinstance(where, Path) else InSchema(where)


class TablesUnusable(Exception):
    """The database of the tables refused; the log is another matter, and what it holds is safe."""


class Views:
    """The tables of one log.

    They hold nothing that the log cannot give again; who reads catches up first, and commands never write them.
    """

    def __init__(self, where: Path | str | None) -> None:
        """Keep the tables in a folder (a Path: a SQLite file in it), beside the log at a PostgreSQL URL (a str), or in memory."""
        self.place = place(where)
        self._there = False
        self._seen: tuple[int, int] | None = None
        """Head of the log when everything was caught up last."""
        self._reached = 0
        self._log: Log | None = None
        """The log that the tables were found to be of."""

    @classmethod
    def in_memory(cls) -> Self:
        """Keep the tables in memory, for one question."""
        return cls(None)

    def catch_up(self, log: Log) -> int:
        """Fold what is new in the log and give the position reached; cheap when nothing is new.

        Tables that are of another log, ahead of this one, older than a restored one, or older than a redaction are built
        anew. A handler that fails stops its own tables (`faults`); each catch-up tries them again.
        """
        with self._told():
            return self._catch_up(log)

    def _catch_up(self, log: Log) -> int:
        head = log.head()
        if head == self._seen:
            return head[0]
        if not self._exists():
            self.rebuild(log)
        try:
            while self._page(log):
                pass
        except BuildAnew:
            self.rebuild(log)
            return self.catch_up(log)
        return self._reached

    def rebuild(self, log: Log, progress: Progress | None = None) -> int:
        """Build every table anew, in a new place that takes the old one's when it is complete; give the number of events.

        `progress` is told the position reached, every few thousand events.
        """
        with self._told():
            self.place.exists()  # a file that is damaged is taken out of the way
            with self.place.building() as connection:
                taken = build(connection, log.read(), progress=progress)
        self._there, self._seen, self._log = True, None, None
        return taken

    def check(self, log: Log) -> list[str]:
        """Compare every row, past versions too, with a rebuild beside, and tell each difference; nothing is changed.

        It compares up to the position that the tables have reached: who wants all of the log compared catches up first.
        """
        if not self._exists():
            return ["there are no tables to check; a rebuild makes them"]
        with self._told(), self.connect() as present, self.place.beside() as anew:
            build(anew, log.read(upto=self.position(present)))
            return list(differences(present, anew))

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """Open the tables for reading: one moment of them, whatever is written meanwhile."""
        engine = self.place.engine
        if engine.dialect.name == "postgresql":
            engine = engine.execution_options(isolation_level="REPEATABLE READ")
        with self._told(), engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, OSError, self.place.engine.dialect.loaded_dbapi.Error) as fault:
            # SQLAlchemy's own text repeats the statement and its values.
            why = str(getattr(fault, "orig", None) or fault).partition("\n")[0] or type(fault).__name__
            raise TablesUnusable(
                f"the tables of the views cannot be used: {why}; the log holds what it holds: mend that and ask again"
            ) from fault

    @staticmethod
    def position(connection: Connection) -> int:
        """Give the position of the log that the tables have reached."""
        reached: int = connection.execute(select(SOURCE.c.position)).scalar_one()
        return reached

    def now(self, connection: Connection) -> At:
        """Give the moment that the tables have reached."""
        return At(self.position(connection))

    def faults(self) -> list[str]:
        """List the tables that have stopped, each with the position and the class of the error."""
        if not self._exists():
            return []
        with self.connect() as connection:
            stopped = select(TRACKING.c.name, TRACKING.c.fault).where(TRACKING.c.fault.is_not(None))
            return [f"table {name} {fault}" for name, fault in connection.execute(stopped.order_by(TRACKING.c.name))]

    def close(self) -> None:
        """Let go of every connection."""
        self.place.engine.dispose()

    def _exists(self) -> bool:
        self._there = self._there or self.place.exists()
        return self._there

    def _page(self, log: Log) -> bool:
        """Fold one page in one transaction; say whether there is more."""
        with self.place.turn() as connection:
            tables = Tables(connection)
            source = tables.source()
            head = still_fits(source, log, same_log=log is self._log)
            page = Page(tables, source, log, head)
            more = page.fold()
        self._reached, self._log = head[0], log
        self._seen = None if more or page.stopped else head
        return more
