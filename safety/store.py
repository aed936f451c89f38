"""A small database of the program's own beside the log: begun where it is missing, one transaction at a time, its faults told."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.schema import CreateTable


class StoreUnusable(Exception):
    """A store cannot be read or written; the text says which, and why."""


class Store:
    """What every store does; each names its tables, what it is called, and how its faults are."""

    METADATA: ClassVar[sa.MetaData]
    CALLED: ClassVar[str]
    UNUSABLE: ClassVar[type[StoreUnusable]]
    PRAGMAS: ClassVar[tuple[str, ...]] = ()
    """How SQLite is set up where that differs from its own way."""

    def __init__(self, url: str) -> None:
        """Open it at an SQLAlchemy URL, or begin it; raises `UNUSABLE`."""
        # A server may have gone meanwhile; a file is asked for nothing but what is wanted of it.
        self._engine = sa.create_engine(url, pool_pre_ping=not url.startswith("sqlite"))
        if self._engine.dialect.name == "sqlite":
            sa.event.listen(self._engine, "connect", self._prepare)
        with self._reached() as connection:
            for table in self.METADATA.sorted_tables:
                connection.execute(CreateTable(table, if_not_exists=True))

    def _prepare(self, connection: sa.engine.interfaces.DBAPIConnection, _: object) -> None:
        for pragma in self.PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @contextmanager
    def _reached(self) -> Iterator[sa.Connection]:
        """Open one transaction."""
        try:
            with self._engine.begin() as connection:
                yield connection
        except sa.exc.DBAPIError as fault:
            # The driver's words name the file and the fault; the statement beside them would hold a name or a digest.
            raise self.UNUSABLE(f"{self.CALLED} cannot be used: {str(fault.orig).strip()}") from None

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()


MAY_BE_LOST = ("busy_timeout=30000", "journal_mode=WAL", "synchronous=NORMAL")
"""For a store of which nothing needs to survive the machine."""
