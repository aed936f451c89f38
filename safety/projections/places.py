"""Where the tables lie: a SQLite file beside the log, a schema of the log's PostgreSQL database, or memory."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from functools import cache
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import Any, Protocol
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.pool import NullPool, StaticPool

from safety.projections.rows import METADATA

PRAGMAS = ("busy_timeout=30000", "synchronous=NORMAL", "cache_size=-32000", "mmap_size=268435456", "temp_store=MEMORY")
BUILDING = ("journal_mode=MEMORY", "synchronous=OFF", "locking_mode=EXCLUSIVE", "cache_size=-40000")
"""For a file nobody else knows of yet: if the machine stops, it is built again."""


DAMAGED = frozenset({sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR})
"""What SQLite says of a file that is no database, is broken, or has no such table."""


@cache
def fingerprint() -> str:
    """Name the code that decides what the rows look like: other code, other tables, built anew from the log."""
    safety = Path(__file__).parent.parent
    folders = (safety / "projections", safety / "aggregates", safety / "regulation")
    files = [safety / "values.py", *(file for folder in folders for file in sorted(folder.glob("*.py")))]
    return sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:16]


class Place(Protocol):
    """Where the tables lie."""

    @property
    def engine(self) -> Engine:
        """Connections to the tables."""
        ...

    def exists(self) -> bool:
        """Say whether the tables are there; once they are, they stay."""
        ...

    def turn(self) -> AbstractContextManager[Connection]:
        """Begin a transaction in which nobody else writes; leaving it commits, an exception undoes it."""
        ...

    def building(self) -> AbstractContextManager[Connection]:
        """Give room for new tables; when it is left they stand in place of the present ones, at an exception they vanish."""
        ...

    def beside(self) -> AbstractContextManager[Connection]:
        """Give room for tables that vanish when it is left."""
        ...


def sqlite_engine(path: Path, pragmas: tuple[str, ...], mode: str = "rw", **options: Any) -> Engine:  # noqa: ANN401, create_engine's own
    """Open a SQLite file; a transaction begins as its connection's option `begin` says."""
    url = URL.create("sqlite", database=f"file:{quote(str(path))}", query={"mode": mode, "uri": "true"})
    return _begins(create_engine(url, **options), pragmas)


def _begins(engine: Engine, pragmas: tuple[str, ...]) -> Engine:
    @event.listens_for(engine, "connect")
    def _(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))

    return engine


class InFile:
    """A SQLite file named after the code that fills it."""

    def __init__(self, folder: Path) -> None:
        """Look for the file in a folder."""
        self.path = folder / f"views-{fingerprint()}.db"
        self.engine = sqlite_engine(self.path, PRAGMAS)

    def exists(self) -> bool:
        """Say whether the file is there, whole; one that is damaged is taken away: the log gives it again."""
        if not self.path.exists():
            return False
        try:
            with closing(sqlite3.connect(f"file:{quote(str(self.path))}?mode=rw", uri=True)) as connection:
                connection.execute("SELECT position FROM source").close()
        except sqlite3.DatabaseError as fault:
            if fault.sqlite_errorcode not in DAMAGED:
                raise
            self._forget(self.path)
            return False
        return True

    @contextmanager
    def turn(self) -> Iterator[Connection]:
        """Begin with the database's one write lock."""
        with self.engine.connect().execution_options(begin="BEGIN IMMEDIATE") as connection, connection.begin():
            yield connection

    @contextmanager
    def beside(self) -> Iterator[Connection]:
        """Give a file in a temporary folder beside."""
        with self._new() as (connection, _):
            yield connection

    @contextmanager
    def building(self) -> Iterator[Connection]:
        """Give a new file; when it is complete it comes into its place, or its pages into the file that others have open."""
        with self._new() as (connection, path):
            yield connection
            connection.commit()
            self._put_in_place(connection, path)

    @contextmanager
    def _new(self) -> Iterator[tuple[Connection, Path]]:
        """Open a new file, locked as long as somebody builds in it."""
        self._clear_what_a_kill_left()
        with TemporaryDirectory(dir=self.path.parent, prefix="views-building-") as folder:
            path = Path(folder, "views.db")
            with sqlite_engine(path, BUILDING, "rwc", poolclass=NullPool).connect() as connection:
                yield connection, path

    def _put_in_place(self, connection: Connection, path: Path) -> None:
        new: Any = connection.connection.dbapi_connection
        new.execute("PRAGMA journal_mode=WAL").close()
        try:
            # link, not rename: a file that another process put there meanwhile is in use and must not be replaced.
            os.link(path, self.path)
        except FileExistsError:
            with closing(sqlite3.connect(self.path, timeout=30)) as present:
                new.backup(present)
        for file in self.path.parent.glob(f"views-{'[0-9a-f]' * 16}.db"):
            if file != self.path:
                # The file of other code: nobody would empty its text when the log is redacted.
                self._forget(file)

    @staticmethod
    def _forget(file: Path) -> None:
        for part in ("", "-wal", "-shm"):
            file.with_name(file.name + part).unlink(missing_ok=True)

    def _clear_what_a_kill_left(self) -> None:
        """Remove what was being built when the machine or the program stopped; who still builds holds a lock."""
        for file in self.path.parent.glob("views-building-*/views.db"):
            if file.stat().st_size == 0:
                continue
            try:
                with closing(sqlite3.connect(file, timeout=0)) as left:
                    left.execute("BEGIN EXCLUSIVE").close()
            except sqlite3.OperationalError:
                continue
            except sqlite3.DatabaseError:
                pass
            rmtree(file.parent, ignore_errors=True)


class InMemory:
    """A SQLite database in memory, for one question."""

    def __init__(self) -> None:
        """Begin without tables."""
        self.engine = _begins(create_engine("sqlite://", poolclass=StaticPool), ("temp_store=MEMORY",))
        self._built = False

    def exists(self) -> bool:
        """Say whether it was built."""
        return self._built

    @contextmanager
    def turn(self) -> Iterator[Connection]:
        """Begin; nobody else is here."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def building(self) -> Iterator[Connection]:
        """Give the database itself."""
        with self.engine.begin() as connection:
            METADATA.drop_all(connection)
            yield connection
        self._built = True

    @contextmanager
    def beside(self) -> Iterator[Connection]:
        """Give another database in memory."""
        with InMemory().building() as connection:
            yield connection


class InSchema:
    """A PostgreSQL schema named after the code that fills it."""

    def __init__(self, url: str) -> None:
        """Look for the schema in a database."""
        self.schema = f"views_{fingerprint()}"
        self._lock = int(fingerprint(), 16) - 2**63
        plain = "postgresql+psycopg://" + url.partition("://")[2]
        self.engine = create_engine(plain, pool_pre_ping=True, connect_args={"options": f"-csearch_path={self.schema}"})

    def exists(self) -> bool:
        """Say whether the schema is there: it comes into its place complete."""
        with self.engine.connect() as connection:
            found = connection.scalar(text("SELECT 1 FROM pg_namespace WHERE nspname = :s"), {"s": self.schema})
        return found is not None

    @contextmanager
    def turn(self) -> Iterator[Connection]:
        """Begin with the advisory lock that all writers of these tables take."""
        with self.engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": self._lock})
            yield connection

    @contextmanager
    def beside(self) -> Iterator[Connection]:
        """Give a schema that is never committed."""
        with self.engine.connect() as connection, connection.begin() as transaction:
            self._room(connection)
            yield connection
            transaction.rollback()

    @contextmanager
    def building(self) -> Iterator[Connection]:
        """Give a schema that takes the present one's name in the transaction that makes it."""
        with self.turn() as connection:
            self._room(connection)
            yield connection
            others = "SELECT nspname FROM pg_namespace WHERE nspname ~ '^views_[0-9a-f]{16}$'"
            for (other,) in connection.execute(text(others)).all():
                connection.execute(text(f'DROP SCHEMA "{other}" CASCADE'))
            connection.execute(text(f'ALTER SCHEMA views_building RENAME TO "{self.schema}"'))

    @staticmethod
    def _room(connection: Connection) -> None:
        connection.execute(text("CREATE SCHEMA views_building"))
        connection.execute(text("SET LOCAL search_path TO views_building"))
