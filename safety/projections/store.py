"""The databases that hold the tables: one definition, SQLite or PostgreSQL, written to without a detour."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

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


NULL = float("nan")
"""SQLite stores it as NULL (sqlite.org/floatingpoint.html), and Python's driver binds it in an eighth of the time of a None."""


class Tables:
    """The tables through one connection's driver: a row version costs a prepared statement and nothing else."""

    def __init__(self, connection: Connection) -> None:
        """Write inside the connection's transaction."""
        self.connection = connection
        self._cursor = connection.connection.cursor()
        self._sqlite = connection.dialect.name == "sqlite"
        self._mark = "?" if self._sqlite else "%s"
        self._insert: dict[str, str] = {}
        self._load: dict[str, str] = {}

    def load(self, of: Versioned, key: Key) -> Row | None:
        """Give the version of a row that is true now."""
        ask = self._load.get(of.name)
        if ask is None:
            columns = ", ".join(f'"{column}"' for column in of.blank)
            ask = f'SELECT {columns} FROM "{of.name}" WHERE {self._is(of.keys)} AND to_position = {OPEN}'
            self._load[of.name] = ask
        self._cursor.execute(ask, key)
        found = self._cursor.fetchone()
        return None if found is None else dict(zip(of.blank, found, strict=True))

    def insert(self, table: str, rows: Sequence[Collection[Any]]) -> None:
        """Put rows into a table."""
        put = self._insert.get(table)
        if put is None:
            marks = ", ".join([self._mark] * len(rows[0]))
            put = self._insert[table] = f'INSERT INTO "{table}" VALUES ({marks})'
        if self._sqlite:
            self._cursor.executemany(put, [[NULL if value is None else value for value in row] for row in rows])
        else:
            self._cursor.executemany(put, [tuple(row) for row in rows])

    def close(self, of: Versioned, versions: Sequence[tuple[Any, ...]]) -> None:
        """End versions."""
        which = f"{self._is(of.keys)} AND from_position = {self._mark}"
        self._cursor.executemany(f'UPDATE "{of.name}" SET to_position = {self._mark} WHERE {which}', versions)

    def tracked(self) -> dict[str, tuple[int, str | None]]:
        """Give the position and the fault of each projection."""
        self._cursor.execute("SELECT name, position, fault FROM tracking")
        return {name: (position, fault) for name, position, fault in self._cursor.fetchall()}

    def track(self, tracked: dict[str, tuple[int, str | None]]) -> None:
        """Keep the position and the fault of each projection."""
        rows = [(position, fault, name) for name, (position, fault) in tracked.items()]
        put = f"UPDATE tracking SET position = {self._mark}, fault = {self._mark} WHERE name = {self._mark}"
        self._cursor.executemany(put, rows)

    def source(self) -> tuple[str, int, int]:
        """Give the log's id, the position read last and when it was recorded."""
        self._cursor.execute("SELECT log, position, recorded_at FROM source")
        found: Any = self._cursor.fetchone()
        log, position, recorded_at = found
        return log, position, recorded_at

    def read_up_to(self, log: str, position: int, recorded_at: int) -> None:
        """Keep how far the log was read."""
        put = f"UPDATE source SET log = {self._mark}, position = {self._mark}, recorded_at = {self._mark}"
        self._cursor.execute(put, (log, position, recorded_at))

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

    def _is(self, columns: Sequence[str]) -> str:
        return " AND ".join(f'"{column}" = {self._mark}' for column in columns)


def create_tables(connection: Connection) -> None:
    """Create every table, without the indexes beside its key: rows come faster without them."""
    for table in METADATA.sorted_tables:
        connection.execute(CreateTable(table))


def create_indexes(connection: Connection) -> None:
    """Create the indexes."""
    for table in METADATA.sorted_tables:
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            connection.execute(CreateIndex(index))
