"""The log in one SQLite file: WAL, synchronous FULL, append-only by triggers."""

import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from safety.journal.connections import Connections
from safety.journal.journal import FORMAT, SOON_SECONDS, Newer
from safety.journal.row import COLUMNS, Stored
from safety.journal.sql import SqlJournal, SqlTurn
from safety.journal.turn import Command, Head, Turn, Unavailable, Unconfirmed, unconfirmed

OURS = 0x5649_4749
"""`VIGI`, the application_id that tells our log from another program's database."""

SCHEMA = (
    """CREATE TABLE log (
    position INTEGER PRIMARY KEY, stream TEXT NOT NULL, version INTEGER NOT NULL, topic TEXT NOT NULL, body TEXT NOT NULL,
    meta TEXT NOT NULL, sealed TEXT, recorded_at INTEGER NOT NULL, UNIQUE (stream, version)) STRICT""",
    """CREATE TABLE command (command_id TEXT PRIMARY KEY, digest TEXT NOT NULL,
    first_position INTEGER NOT NULL, last_position INTEGER NOT NULL) STRICT, WITHOUT ROWID""",
    """CREATE TRIGGER log_no_update BEFORE UPDATE ON log WHEN NOT (
    new.sealed IS NULL AND new.position = old.position AND new.stream = old.stream AND new.version = old.version
    AND new.topic = old.topic AND new.body = old.body AND new.meta = old.meta AND new.recorded_at = old.recorded_at)
    BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END""",
    "CREATE TRIGGER log_no_delete BEFORE DELETE ON log BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END",
    # INSERT OR REPLACE fires neither of the two above: it has to be stopped before it replaces.
    """CREATE TRIGGER log_no_replace BEFORE INSERT ON log WHEN
    EXISTS (SELECT 1 FROM log WHERE position >= new.position)
    OR EXISTS (SELECT 1 FROM log WHERE stream = new.stream AND version = new.version)
    BEGIN SELECT RAISE(ABORT, 'the position or the stream version is taken'); END""",
    "CREATE TRIGGER command_no_update BEFORE UPDATE ON command BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END",
    "CREATE TRIGGER command_no_delete BEFORE DELETE ON command BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END",
    """CREATE TRIGGER command_no_replace BEFORE INSERT ON command WHEN
    EXISTS (SELECT 1 FROM command WHERE command_id = new.command_id)
    BEGIN SELECT RAISE(ABORT, 'the command id is taken'); END""",
)
HEAD = "SELECT position, recorded_at FROM log ORDER BY position DESC LIMIT 1"


WHAT_TO_DO = {
    sqlite3.SQLITE_BUSY: "another process is writing, try again",
    sqlite3.SQLITE_FULL: "make room on its disk and try again",
    sqlite3.SQLITE_IOERR: "see whether its disk is full or failing, then try again",
    sqlite3.SQLITE_CANTOPEN: "see whether its disk is full, and whether it may be read and written to",
    sqlite3.SQLITE_READONLY: "make it writable",
}


@contextmanager
def machine_faults() -> Iterator[None]:
    """Say in one sentence what the machine refused."""
    try:
        yield
    except (sqlite3.OperationalError, sqlite3.IntegrityError) as fault:
        # The low byte is the error, the rest its details.
        advice = WHAT_TO_DO.get(getattr(fault, "sqlite_errorcode", 0) & 0xFF, "try again")
        raise Unavailable(f"the log cannot be used: {fault}; nothing was stored: {advice}") from fault
    except sqlite3.DatabaseError as fault:
        if type(fault) is not sqlite3.DatabaseError:
            raise
        raise Unavailable(f"the log file is damaged or no log: {fault}; restore it from a backup") from fault


class SQLiteTurn(SqlTurn):
    """A BEGIN IMMEDIATE transaction: no other process can write until it ends."""

    def __init__(self, connection: sqlite3.Connection, clock: Callable[[], int]) -> None:
        """Find the head."""
        self._connection = connection
        super().__init__(Head(*connection.execute(HEAD).fetchone() or (0, 0)), clock)

    def _ask(self, question: str, *values: str | int) -> sqlite3.Cursor:
        return self._connection.execute(question, values)

    def _versions(self, streams: Sequence[str]) -> Mapping[str, int]:
        ask = "SELECT version FROM log WHERE stream = ? ORDER BY version DESC LIMIT 1"
        found = ((stream, self._connection.execute(ask, (stream,)).fetchone()) for stream in streams)
        return {stream: row[0] for stream, row in found if row is not None}

    def _write(self, rows: Sequence[Stored], commands: Collection[Command], redacts: Sequence[int]) -> None:
        self._connection.executemany("INSERT INTO command VALUES (?, ?, ?, ?)", commands)
        self._connection.executemany("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        for position in redacts:
            self._connection.execute("UPDATE log SET sealed = NULL WHERE position = ?", (position,))


class SQLiteJournal(SqlJournal):
    """The log in a file of its own."""

    LOOK_SECONDS = 0.002
    """How often a waiting reader looks whether another process has written (20 us a look, one in thirty parts of a core)."""

    def __init__(self, path: Path, clock: Callable[[], int], lock_seconds: float = 30) -> None:
        """Open the log in a file, or make it.

        Raises:
            Unavailable: the file cannot be opened or is no log.
            Newer: a newer version of the program made it.

        """
        super().__init__(clock)
        self._path = path
        self._lock_seconds = lock_seconds
        self._connections = Connections(self._connect, lambda connection: not connection.in_transaction, lock_seconds)
        try:
            with machine_faults():
                self._prepare()
        except BaseException:
            self.close()
            raise

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=self._lock_seconds, isolation_level=None, check_same_thread=False
        )
        try:
            # Whose it is comes first: another program's database is left as it is.
            self._is_new(connection)
            # What durability rests on is said here: what a build of SQLite does by default differs.
            self._write_ahead(connection)
            connection.execute("PRAGMA synchronous=FULL")
        except BaseException:
            connection.close()
            raise
        return connection

    def _write_ahead(self, connection: sqlite3.Connection) -> None:
        """Set WAL mode; SQLite does not wait its turn for that, and two that begin a log at once would refuse each other."""
        until = monotonic() + self._lock_seconds
        while True:
            try:
                connection.execute("PRAGMA journal_mode=WAL")
            except sqlite3.OperationalError as fault:
                if fault.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or monotonic() > until:
                    raise
                sleep(0.01)
            else:
                return

    def _prepare(self) -> None:
        with self._connections.one() as connection:
            if self._is_new(connection):
                connection.execute("BEGIN IMMEDIATE")
                if self._is_new(connection):
                    for statement in SCHEMA:
                        connection.execute(statement)
                    connection.execute(f"PRAGMA application_id = {OURS}")
                    connection.execute(f"PRAGMA user_version = {FORMAT}")
                connection.execute("COMMIT")

    def _is_new(self, connection: sqlite3.Connection) -> bool:
        # In this order: another process may make the log, its tables and its id at once, between two of these lines.
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        ours, made_by = (
            connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
        )
        if ours != OURS:
            if tables:
                raise Unavailable(f"{self._path} is a database of another kind and no log; choose another place")
            return True
        if made_by > FORMAT:
            raise Newer(
                f"the log has format {made_by}, this version of the program knows {FORMAT}: use the newer version"
            )
        return False

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with machine_faults(), self._connections.one() as connection:
            yield connection

    @contextmanager
    def turn(self) -> Iterator[Turn]:
        """Take the turn among all processes; leaving it commits."""
        with machine_faults(), self._connections.one() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                turn = SQLiteTurn(connection, self._clock)
                yield turn
                turn.land()
                commit(connection)
            finally:
                if connection.in_transaction:
                    connection.rollback()
        self._bell.ring()

    def check_writable(self) -> None:
        """Take the turn and leave it, by a connection of its own that does not wait as long as those that write."""
        with machine_faults(), self._connections.one() as usual, closing(self._briefly()) as connection:
            usual.execute(HEAD)  # a log that is closed or gone is told as such
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")

    def _briefly(self) -> sqlite3.Connection:
        place = f"{self._path.absolute().as_uri()}?mode=rw"
        return sqlite3.connect(place, uri=True, timeout=SOON_SECONDS, isolation_level=None)

    def _ask(self, question: str, *values: str | int) -> list[tuple[Any, ...]]:
        with self._reading() as connection:
            return connection.execute(question, values).fetchall()

    def head(self) -> Head:
        """Give the last position and its time."""
        with self._reading() as connection:
            return Head(*connection.execute(HEAD).fetchone() or (0, 0))

    def page(self, after: int, upto: int, limit: int, prefix: str = "") -> list[Stored]:
        """Read a page of rows, of all streams or of those that begin with a prefix."""
        only = "AND substr(stream, 1, ?) = ?" if prefix else ""
        values = (after, upto, *((len(prefix), prefix) if prefix else ()), limit)
        ask = f"SELECT {COLUMNS} FROM log WHERE position > ? AND position <= ? {only} ORDER BY position LIMIT ?"
        with self._reading() as connection:
            return list(map(Stored._make, connection.execute(ask, values)))

    def commands(self, after: int, upto: int) -> Iterator[Command]:
        """Give the commands that claim positions in a range, in the order of their first position."""
        ask = """SELECT command_id, digest, first_position, last_position FROM command
            WHERE last_position > ? AND first_position <= ? ORDER BY first_position, last_position"""
        with self._reading() as connection:
            yield from map(Command._make, connection.execute(ask, (after, upto)))

    def _listen(self) -> None:
        """Other processes cannot ring here: looking is all there is."""

    def close(self) -> None:
        """Let go of every connection."""
        self._connections.close()


def commit(connection: sqlite3.Connection) -> None:
    """Make a turn durable; raises Unavailable when the disk did not say so."""
    try:
        connection.execute("COMMIT")
    except sqlite3.Error as fault:
        raise Unconfirmed(unconfirmed(str(fault))) from fault
