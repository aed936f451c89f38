"""The log in PostgreSQL: the same columns and triggers, a head row that is the turn, NOTIFY for who waits."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from eventsourcing.postgres import PostgresDatastore
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import TupleRow, tuple_row

from safety.journal.journal import FORMAT, Newer
from safety.journal.recorder import RecorderJournal
from safety.journal.row import COLUMNS, Stored
from safety.journal.turn import Conflict, Head, Turn, Unavailable

CHANNEL = "vigilog_log"

SCHEMA = """
CREATE TABLE log (position bigint PRIMARY KEY, stream text COLLATE "C" NOT NULL, version bigint NOT NULL,
    topic text COLLATE "C" NOT NULL, body text COLLATE "C" NOT NULL, meta text COLLATE "C" NOT NULL,
    sealed text COLLATE "C", recorded_at bigint NOT NULL, UNIQUE (stream, version));
CREATE INDEX log_recorded_at ON log (recorded_at);
CREATE TABLE log_head (only integer PRIMARY KEY CHECK (only = 1), position bigint NOT NULL, recorded_at bigint NOT NULL,
    format integer NOT NULL);
INSERT INTO log_head VALUES (1, 0, 0, {format});
CREATE TABLE command (command_id text COLLATE "C" PRIMARY KEY, digest text NOT NULL,
    first_position bigint NOT NULL, last_position bigint NOT NULL);
CREATE FUNCTION log_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'the log is append-only' USING ERRCODE = 'integrity_constraint_violation'; END $$;
CREATE TRIGGER log_no_update BEFORE UPDATE ON log FOR EACH ROW WHEN (NOT (new.sealed IS NULL
    AND (new.position, new.stream, new.version, new.topic, new.body, new.meta, new.recorded_at)
      = (old.position, old.stream, old.version, old.topic, old.body, old.meta, old.recorded_at)))
    EXECUTE FUNCTION log_refuse();
CREATE TRIGGER log_no_delete BEFORE DELETE ON log FOR EACH ROW EXECUTE FUNCTION log_refuse();
CREATE TRIGGER log_no_truncate BEFORE TRUNCATE ON log FOR EACH STATEMENT EXECUTE FUNCTION log_refuse();
CREATE TRIGGER command_no_change BEFORE UPDATE OR DELETE ON command FOR EACH ROW EXECUTE FUNCTION log_refuse();
CREATE TRIGGER command_no_truncate BEFORE TRUNCATE ON command FOR EACH STATEMENT EXECUTE FUNCTION log_refuse();
"""
PREPARE_KEY = 0x7669_6769
"""Advisory lock: several processes that start together must not create the tables at once."""

INSERT = """INSERT INTO log SELECT * FROM unnest(
    %s::bigint[], %s::text[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[])"""


@contextmanager
def machine_faults() -> Iterator[None]:
    """Say in one sentence what the server refused."""
    try:
        yield
    except psycopg.IntegrityError as fault:
        raise Conflict(str(fault).splitlines()[0]) from fault
    except (psycopg.Error, TimeoutError) as fault:
        message = f"the log cannot be used: {str(fault).splitlines()[0] or type(fault).__name__}; nothing was stored"
        raise Unavailable(message) from fault


class PostgresTurn(Turn):
    """A transaction that holds the head row: no other process can append until it ends."""

    def __init__(self, cursor: psycopg.Cursor[TupleRow], clock: Callable[[], int]) -> None:
        """Lock the head row and find the head."""
        self._cursor = cursor
        found = cursor.execute("SELECT position, recorded_at FROM log_head FOR UPDATE").fetchone()
        super().__init__(Head(*found) if found else Head(0, 0), clock)

    def stream(self, name: str, after: int = 0) -> list[Stored]:
        """Read a stream's rows with a version above `after`."""
        ask = f"SELECT {COLUMNS} FROM log WHERE stream = %s AND version > %s ORDER BY version"
        return [Stored(*row) for row in self._cursor.execute(ask, (name, after)).fetchall()]

    def moved_since(self, position: int) -> set[str]:
        """Name the streams that have events after a position."""
        found = self._cursor.execute("SELECT DISTINCT stream FROM log WHERE position > %s", (position,))
        return {row[0] for row in found.fetchall()}

    def recorded_at(self, position: int) -> int | None:
        """When a position was recorded."""
        found = self._cursor.execute("SELECT recorded_at FROM log WHERE position = %s", (position,)).fetchone()
        return None if found is None else int(found[0])

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Undo, when it raises, what was appended inside."""
        before = self.head
        try:
            with self._cursor.connection.transaction():
                yield
        except BaseException:
            self.head = before
            raise

    def _decided_before(self, command_id: str) -> tuple[str, int, int] | None:
        ask = "SELECT digest, first_position, last_position FROM command WHERE command_id = %s"
        found: Any = self._cursor.execute(ask, (command_id,)).fetchone()
        return None if found is None else (found[0], found[1], found[2])

    def _versions(self, streams: Sequence[str]) -> dict[str, int]:
        ask = "SELECT stream, max(version) FROM log WHERE stream = ANY(%s) GROUP BY stream"
        return dict(self._cursor.execute(ask, (list(streams),)).fetchall())

    def _write(self, rows: Sequence[Stored], command: tuple[str, str, int, int], redacts: Sequence[int]) -> None:
        with machine_faults():
            columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in Stored._fields]
            with self._cursor.connection.pipeline():
                self._cursor.execute("INSERT INTO command VALUES (%s, %s, %s, %s)", command)
                self._cursor.execute(INSERT, columns)
                self._cursor.execute(
                    "UPDATE log_head SET position = %s, recorded_at = %s", (rows[-1].position, rows[-1].recorded_at)
                )
                if redacts:
                    self._cursor.execute("UPDATE log SET sealed = NULL WHERE position = ANY(%s)", (list(redacts),))


class PostgresJournal(RecorderJournal):
    """The log in a database that several processes share."""

    def __init__(self, url: str, clock: Callable[[], int], lock_seconds: int = 30) -> None:
        """Open the log, or make it; the library's `db function` mode, which loses events, is never used.

        Raises:
            Unavailable: the server cannot be reached.
            Newer: a newer version of the program made the log.

        """
        super().__init__(clock)
        self._url = url
        part = conninfo_to_dict(url)
        self.datastore = PostgresDatastore(
            dbname=str(part.get("dbname", "")),
            host=str(part.get("host", "")),
            port=str(part.get("port", "")),
            user=str(part.get("user", "")),
            password=str(part.get("password", "")),
            originator_id_type="text",
            pool_size=2,
            max_overflow=10,
            connect_timeout=lock_seconds,
            idle_in_transaction_session_timeout=0,
        )
        self._lock_seconds = lock_seconds
        with machine_faults():
            self._prepare()

    def _prepare(self) -> None:
        with self._cursor() as cursor, cursor.connection.transaction():
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", (PREPARE_KEY,))
            found = cursor.execute("SELECT to_regclass('log_head')").fetchone()
            if found is None or found[0] is None:
                cursor.execute(sql.SQL(SCHEMA).format(format=sql.Literal(FORMAT)))
                return
            made_by: Any = cursor.execute("SELECT format FROM log_head").fetchone()
            if made_by[0] > FORMAT:
                message = f"the log has format {made_by[0]}, this version of the program knows {FORMAT}: use the newer version"
                raise Newer(message)

    @contextmanager
    def _cursor(self) -> Iterator[psycopg.Cursor[TupleRow]]:
        with self.datastore.get_connection() as connection, connection.cursor(row_factory=tuple_row) as cursor:
            yield cursor

    @contextmanager
    def turn(self) -> Iterator[Turn]:
        """Take the turn among all processes; leaving it commits and rings the bell."""
        with machine_faults(), self._cursor() as cursor, cursor.connection.transaction():
            yield PostgresTurn(cursor, self._clock)
            cursor.execute(f"NOTIFY {CHANNEL}")

    def head(self) -> Head:
        """Give the last position and its time."""
        with machine_faults(), self._cursor() as cursor:
            found = cursor.execute("SELECT position, recorded_at FROM log_head").fetchone()
        return Head(*found) if found else Head(0, 0)

    def page(self, after: int, upto: int, limit: int, prefix: str = "") -> list[Stored]:
        """Read a page of rows, of all streams or of those that begin with a prefix."""
        only = "AND starts_with(stream, %s)" if prefix else ""
        values = (after, upto, *((prefix,) if prefix else ()), limit)
        ask = f"SELECT {COLUMNS} FROM log WHERE position > %s AND position <= %s {only} ORDER BY position LIMIT %s"
        with machine_faults(), self._cursor() as cursor:
            return list(map(Stored._make, cursor.execute(ask, values)))

    def stream(self, name: str) -> list[Stored]:
        """Read one stream's rows in order."""
        with machine_faults(), self._cursor() as cursor:
            ask = f"SELECT {COLUMNS} FROM log WHERE stream = %s ORDER BY version"
            return list(map(Stored._make, cursor.execute(ask, (name,))))

    def position_at(self, recorded_at: int) -> int:
        """Give the last position recorded at or before a time."""
        with machine_faults(), self._cursor() as cursor:
            ask = "SELECT position FROM log WHERE recorded_at <= %s ORDER BY recorded_at DESC, position DESC LIMIT 1"
            found = cursor.execute(ask, (recorded_at,)).fetchone()
        return found[0] if found else 0

    def commands(self) -> Iterator[tuple[str, int, int]]:
        """Give every command id with its first and last position."""
        with machine_faults(), self._cursor() as cursor:
            for row in cursor.execute("SELECT command_id, first_position, last_position FROM command"):
                yield (row[0], row[1], row[2])

    def wait(self, after: int, timeout: float) -> int:
        """Sleep until the head is beyond `after`, woken by NOTIFY from any process."""
        with machine_faults(), psycopg.connect(self._url, autocommit=True) as listening:
            listening.execute(f"LISTEN {CHANNEL}")
            if (head := self.head().position) > after:
                return head
            for _ in listening.notifies(timeout=timeout):
                if (head := self.head().position) > after:
                    return head
        return self.head().position

    def close(self) -> None:
        """Let go of every connection."""
        self.datastore.close()
