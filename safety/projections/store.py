"""The databases that hold the tables: one definition, SQLite or PostgreSQL, written to without a detour."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Column, Connection, Table
from sqlalchemy.schema import CreateIndex, CreateTable

from safety.projections.rows import METADATA, OPEN, WORD, Key, Row, Versioned

TRACKING = Table(
    "tracking",
    METADATA,
    Column("name", WORD, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("fault", WORD),
)
"""How far each projection is; a fault says at which position it stopped and why."""
SOURCE = Table(
    "source",
    METADATA,
    Column("log", WORD, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
)
"""One row: which log the tables are of, how far they are, and when that position was recorded."""


class Source(NamedTuple):
    """Which log the tables are of, the position read last, and when that was recorded."""

    log: str
    position: int
    recorded_at: int


NULL = float("nan")
"""SQLite stores it as NULL (sqlite.org/floatingpoint.html), and Python's driver binds it in an eighth of the time of a None."""


FEW = 50
"""More rows than this go to PostgreSQL by COPY."""


@cache
def load_one(of: Versioned, mark: str) -> str:
    """Write the statement that finds the version of a row that is true now."""
    columns = ", ".join(f'"{column}"' for column in of.places)
    return f'SELECT {columns} FROM "{of.name}" WHERE {are(of.keys, mark)} AND to_position = {OPEN}'


@cache
def insert_into(table: str, mark: str) -> str:
    """Write the statement that puts a row into a table."""
    return f'INSERT INTO "{table}" VALUES ({", ".join(mark for _ in METADATA.tables[table].columns)})'


@cache
def end_version(of: Versioned, mark: str) -> str:
    """Write the statement that ends a version."""
    which = f"{are(of.keys, mark)} AND from_position = {mark}"
    return f'UPDATE "{of.name}" SET to_position = {mark} WHERE {which}'


def are(columns: Sequence[str], mark: str) -> str:
    """Write the condition that columns hold values."""
    return " AND ".join(f'"{column}" = {mark}' for column in columns)


def without_null(values: Sequence[Any]) -> Sequence[Any]:
    """Put the replacement character in place of U+0000, which the log keeps and PostgreSQL's text cannot hold."""
    return [value.replace("\0", "\ufffd") if isinstance(value, str) and "\0" in value else value for value in values]


class Tables:
    """The tables through one connection's driver: a row version costs a prepared statement and nothing else."""

    def __init__(self, connection: Connection) -> None:
        """Write inside the connection's transaction."""
        self._cursor = connection.connection.cursor()
        self._sqlite = connection.dialect.name == "sqlite"
        self._mark = "?" if self._sqlite else "%s"
        self.nothing = NULL if self._sqlite else None

    def load(self, of: Versioned, key: Key) -> Row | None:
        """Give the version of a row that is true now."""
        self._cursor.execute(load_one(of, self._mark), self._taken(key))
        found = self._cursor.fetchone()
        if found is None:
            return None
        return [self.nothing if value is None else value for value in found]

    def insert(self, table: str, rows: Sequence[Sequence[Any]]) -> None:
        """Put rows into a table."""
        if len(rows) > FEW and not self._sqlite:
            self._copy(table, rows)
        else:
            self._cursor.executemany(
                insert_into(table, self._mark), rows if self._sqlite else [*map(without_null, rows)]
            )

    def _copy(self, table: str, rows: Sequence[Sequence[Any]]) -> None:
        copying: Any = self._cursor
        with copying.copy(f'COPY "{table}" FROM STDIN') as copy:
            for row in rows:
                copy.write_row(without_null(row))

    def close(self, of: Versioned, versions: Sequence[tuple[Any, ...]]) -> None:
        """End versions."""
        self._cursor.executemany(end_version(of, self._mark), [self._taken(version) for version in versions])

    def _taken(self, values: Sequence[Any]) -> Sequence[Any]:
        return values if self._sqlite else without_null(values)

    def tracked(self) -> dict[str, tuple[int, str | None]]:
        """Give the position and the fault of each projection."""
        self._cursor.execute("SELECT name, position, fault FROM tracking")
        return {name: (position, fault) for name, position, fault in self._cursor.fetchall()}

    def track(self, tracked: dict[str, tuple[int, str | None]]) -> None:
        """Keep the position and the fault of each projection."""
        alike = set(tracked.values())
        if len(alike) == 1:
            self._cursor.execute(f"UPDATE tracking SET position = {self._mark}, fault = {self._mark}", alike.pop())
            return
        rows = [(position, fault, name) for name, (position, fault) in tracked.items()]
        put = f"UPDATE tracking SET position = {self._mark}, fault = {self._mark} WHERE name = {self._mark}"
        self._cursor.executemany(put, rows)

    def source(self) -> Source:
        """Say which log was read, and how far."""
        self._cursor.execute("SELECT log, position, recorded_at FROM source")
        found: Any = self._cursor.fetchone()
        return Source(*found)

    def read_up_to(self, source: Source) -> None:
        """Keep how far the log was read."""
        put = f"UPDATE source SET log = {self._mark}, position = {self._mark}, recorded_at = {self._mark}"
        self._cursor.execute(put, source)

    def begin_tracking(self, names: Sequence[str]) -> None:
        """Start at the beginning of the log."""
        self.insert("source", [("", 0, 0)])
        self.insert("tracking", [(name, 0, None) for name in names])

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what was written inside, and only that, when it raises."""
        self._cursor.execute("SAVEPOINT one_projection")
        try:
            yield
        except BaseException:
            self._cursor.execute("ROLLBACK TO SAVEPOINT one_projection")
            raise
        finally:
            self._cursor.execute("RELEASE SAVEPOINT one_projection")

    def analyse(self) -> None:
        """Tell PostgreSQL what the tables hold, which it would find out minutes later; SQLite's plans do not need it."""
        if not self._sqlite:
            self._cursor.execute(f"ANALYZE {', '.join(METADATA.tables)}")


def create_tables(connection: Connection) -> None:
    """Create every table, without the indexes beside its key: rows come faster without them."""
    for table in METADATA.sorted_tables:
        connection.execute(CreateTable(table))


def create_indexes(connection: Connection) -> None:
    """Create the indexes."""
    for table in METADATA.sorted_tables:
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            connection.execute(CreateIndex(index))
