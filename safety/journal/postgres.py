"""The log in PostgreSQL: the same columns and triggers, a head row that is the turn, NOTIFY for who waits."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow

from safety.journal.codec import compact
from safety.journal.connections import Connections
from safety.journal.journal import FORMAT, PAGE, SOON_SECONDS, Newer
from safety.journal.listening import CHANNEL, CONNECT_SECONDS, Listener
from safety.journal.row import COLUMNS, Stored
from safety.journal.sql import SqlJournal, SqlTurn
from safety.journal.turn import Command, Head, Turn, Unavailable, Unconfirmed, unconfirmed

PgConnection = psycopg.Connection[TupleRow]

SCHEMA = """
CREATE TABLE log (position bigint PRIMARY KEY, stream text COLLATE "C" NOT NULL, version bigint NOT NULL,
    topic text COLLATE "C" NOT NULL, body text COLLATE "C" NOT NULL, meta text COLLATE "C" NOT NULL,
    sealed text COLLATE "C", recorded_at bigint NOT NULL, UNIQUE (stream, version));
CREATE TABLE log_head (one integer PRIMARY KEY CHECK (one = 1), position bigint NOT NULL, recorded_at bigint NOT NULL,
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

BEGIN = """BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SELECT position, recorded_at FROM log_head FOR UPDATE"""

# Rows travel as JSON: one parameter however many they are, and far quicker than arrays, whose every quote is escaped.
VERSIONS = """SELECT asked.stream, present.version FROM json_to_recordset(%s) AS asked (stream text) CROSS JOIN LATERAL
    (SELECT version FROM log WHERE stream = asked.stream ORDER BY version DESC LIMIT 1) AS present"""

INSERT_ROWS = """INSERT INTO log SELECT * FROM json_to_recordset(%s) AS row (position bigint, stream text, version bigint,
    topic text, body text, meta text, sealed text, recorded_at bigint)"""

# One statement, so one round trip; PostgreSQL carries every part out, read or not.
WRITE = f"""WITH
    moved AS (UPDATE log_head SET position = %s, recorded_at = %s),
    redacted AS (UPDATE log SET sealed = NULL WHERE position IN (
        SELECT value::bigint FROM json_array_elements_text(%s))),
    decided AS (INSERT INTO command SELECT * FROM json_to_recordset(%s) AS row (command_id text, digest text,
        first_position bigint, last_position bigint)),
    written AS ({INSERT_ROWS})
    SELECT pg_notify('{CHANNEL}', '')"""

ROWS_AT_ONCE = 1_000
"""An import writes many thousands of rows: in pieces, none of which is held twice for long."""


@contextmanager
def machine_faults() -> Iterator[None]:
    """Say in one sentence what the server refused."""
    try:
        yield
    except psycopg.Error as fault:
        raise Unavailable(f"the log cannot be used: {first_line(fault)}; nothing was stored") from fault


def first_line(fault: psycopg.Error) -> str:
    """What the server said, without the lines that quote the statement and its values."""
    return str(fault).partition("\n")[0] or type(fault).__name__


class PostgresTurn(SqlTurn):
    """A transaction that holds the head row: no other process can append until it ends."""

    def __init__(self, connection: PgConnection, clock: Callable[[], int]) -> None:
        """Begin, lock the head row and find the head."""
        self._connection = connection
        cursor = connection.execute(BEGIN)
        cursor.nextset()
        found: Any = cursor.fetchone()
        super().__init__(Head(*found), clock)

    def _ask(self, question: str, *values: str | int) -> psycopg.Cursor[TupleRow]:
        return self._connection.execute(marked(question), values)

    def _versions(self, streams: Sequence[str]) -> Mapping[str, int]:
        asked = compact([{"stream": stream} for stream in streams])
        return dict(self._connection.execute(VERSIONS, (asked,)).fetchall())

    def _write(self, rows: Sequence[Stored], commands: Collection[Command], redacts: Sequence[int]) -> None:
        parts = [rows[start : start + ROWS_AT_ONCE] for start in range(0, len(rows), ROWS_AT_ONCE)] or [[]]
        self._connection.execute(WRITE, (*self.head, compact(redacts), as_json(commands), as_json(parts[0])))
        for part in parts[1:]:
            self._connection.execute(INSERT_ROWS, (as_json(part),))


def as_json(rows: Iterable[Command | Stored]) -> str:
    """Write rows as PostgreSQL's json_to_recordset reads them."""
    return compact([row._asdict() for row in rows])


def marked(question: str) -> str:
    """Put the mark that psycopg takes for a value where a question has its own."""
    return question.replace("?", "%s")


class PostgresJournal(SqlJournal):
    """The log in a database that several processes share."""

    LOOK_SECONDS = 1.0
    """Other processes ring through NOTIFY; this is for the second in which the listening connection was lost."""

    def __init__(self, url: str, clock: Callable[[], int], lock_seconds: float = 30) -> None:
        """Open the log, or make it, in the database of a libpq URL.

        Raises:
            Unavailable: the server cannot be reached.
            Newer: a newer version of the program made the log.

        """
        super().__init__(clock)
        self._lock_seconds = lock_seconds
        self._connections = Connections(lambda: self._connect(url), is_idle, lock_seconds)
        self._listener = Listener(url, self._bell)
        try:
            with machine_faults():
                self._prepare()
        except BaseException:
            self.close()
            raise

    def _connect(self, url: str) -> PgConnection:
        connection = psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_SECONDS)
        milliseconds = int(self._lock_seconds * 1_000)
        # A turn whose process fell silent is ended by the server, or nobody could file until its machine comes back.
        connection.execute(
            f"SET lock_timeout = {milliseconds}; SET idle_in_transaction_session_timeout = {2 * milliseconds};"
            "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
        )
        return connection

    def _prepare(self) -> None:
        with self._connections.one() as connection:
            if self._is_new(connection):
                # The lock comes before the transaction, or the second look would see the tables as they were before it.
                connection.execute("SELECT pg_advisory_lock(%s)", (PREPARE_KEY,))
                try:
                    with connection.transaction():
                        if self._is_new(connection):
                            connection.execute(sql.SQL(SCHEMA).format(format=sql.Literal(FORMAT)))
                finally:
                    connection.execute("SELECT pg_advisory_unlock(%s)", (PREPARE_KEY,))

    def _is_new(self, connection: PgConnection) -> bool:
        found: Any = connection.execute("SELECT to_regclass('log_head')").fetchone()
        if found[0] is None:
            return True
        made_by: Any = connection.execute("SELECT format FROM log_head").fetchone()
        if made_by[0] > FORMAT:
            raise Newer(
                f"the log has format {made_by[0]}, this version of the program knows {FORMAT}: use the newer version"
            )
        return False

    @contextmanager
    def _reading(self) -> Iterator[PgConnection]:
        with machine_faults(), self._connections.one() as connection:
            yield connection

    @contextmanager
    def turn(self) -> Iterator[Turn]:
        """Take the turn among all processes; leaving it commits and rings the bell."""
        with machine_faults(), self._connections.one() as connection:
            try:
                turn = PostgresTurn(connection, self._clock)
                yield turn
                turn.land()
                commit(connection)
            finally:
                if not connection.closed and not is_idle(connection):
                    connection.execute("ROLLBACK")
        self._bell.ring()

    def check_writable(self) -> None:
        """Take the turn and leave it, without waiting as long as those that write."""
        with machine_faults(), self._connections.one() as connection, connection.transaction(force_rollback=True):
            connection.execute(f"SET LOCAL lock_timeout = '{SOON_SECONDS}s'")
            connection.execute("SELECT position FROM log_head FOR UPDATE")

    def _ask(self, question: str, *values: str | int) -> list[TupleRow]:
        with self._reading() as connection:
            return connection.execute(marked(question), values).fetchall()

    def head(self) -> Head:
        """Give the last position and its time."""
        with self._reading() as connection:
            found: Any = connection.execute("SELECT position, recorded_at FROM log_head").fetchone()
        return Head(*found)

    def page(self, after: int, upto: int, limit: int, prefix: str = "") -> list[Stored]:
        """Read a page of rows, of all streams or of those that begin with a prefix."""
        only = "AND starts_with(stream, %s)" if prefix else ""
        values = (after, upto, *((prefix,) if prefix else ()), limit)
        ask = f"SELECT {COLUMNS} FROM log WHERE position > %s AND position <= %s {only} ORDER BY position LIMIT %s"
        with self._reading() as connection:
            return list(map(Stored._make, connection.execute(ask, values)))

    def commands(self, after: int, upto: int) -> Iterator[Command]:
        """Give the commands that claim positions in a range, in the order of their first position."""
        ask = """SELECT command_id, digest, first_position, last_position FROM command
            WHERE last_position > %s AND first_position <= %s ORDER BY first_position, last_position"""
        # A named cursor: the server keeps the rows, a plain one would bring all of them at once.
        with self._reading() as connection, connection.transaction(), connection.cursor("commands") as cursor:
            cursor.itersize = PAGE
            yield from map(Command._make, cursor.execute(ask, (after, upto)))

    def _listen(self) -> None:
        self._listener.begin()

    def close(self) -> None:
        """Let go of every connection."""
        self._listener.end()
        self._connections.close()


def is_idle(connection: PgConnection) -> bool:
    """Say whether a connection is sound and outside a transaction."""
    return connection.info.transaction_status is TransactionStatus.IDLE


def commit(connection: PgConnection) -> None:
    """Make a turn durable; raises Unavailable when the server did not say so."""
    try:
        connection.execute("COMMIT")
    except psycopg.Error as fault:
        raise Unconfirmed(unconfirmed(first_line(fault))) from fault
