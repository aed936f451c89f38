"""Rows for the tests of the log: real events, encoded as the desk does, and a hand that alters the database behind it."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from safety.aggregates.adverse_event import Reported
from safety.aggregates.deciding import Act, Form
from safety.aggregates.record import Opened, Redacted
from safety.journal import Decision, Journal, NewEvent, Salt, encode
from tests.conftest import Store

ACT = Act("OPERATOR", "operator", datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC))


def row(happened: Form, version: int, command_id: str, salt: Salt) -> NewEvent:
    """Encode an event as the desk does."""
    return encode(happened, version, ACT, command_id=command_id, correlation=command_id, reason=None, salt=salt)


def report(number: int, subject: str = "S1", **said: str) -> Reported:
    """An adverse event with free text, so that something of it is sealed."""
    stated: dict[str, Any] = {"term": "Headache", "serious": "N", **said}
    return Reported(trial="T1", subject=subject, number=number, **stated)


def opening(salt: Salt) -> Decision:
    """Position 1 of every log."""
    opened = Opened(log="L1", purpose="drill", code_version="0")
    return Decision([row(opened, 1, "open", salt)], "open", "digest of open")


def reporting(
    salt: Salt, version: int, command_id: str, subject: str = "S1", reads: Mapping[str, int] | None = None
) -> Decision:
    """One adverse event as the given version of its subject's stream."""
    writes = [row(report(version, subject), version, command_id, salt)]
    return Decision(writes, command_id, f"digest of {command_id}", reads or {})


def redacting(salt: Salt, position: int, version: int, command_id: str) -> Decision:
    """Empty the sealed text of a position."""
    writes = [row(Redacted(at_position=position), version, command_id, salt)]
    return Decision(writes, command_id, f"digest of {command_id}", redacts=(position,))


def plain(stream: str, version: int, body: str = "{}") -> NewEvent:
    """A row whose content is beside the point."""
    return NewEvent(stream, version, "plain.v1", body, "{}", None)


def deciding(command_id: str, *writes: NewEvent, **reads: int) -> Decision:
    """A decision whose content is beside the point."""
    return Decision(writes, command_id, f"digest of {command_id}", reads)


def streams(journal: Journal) -> list[tuple[int, str, int]]:
    """Position, stream and version of everything in a log."""
    return [(stored.position, stored.stream, stored.version) for stored in journal.rows()]


@contextmanager
def by_hand(store: Store) -> Iterator[Any]:
    """A connection to the database under a log; each statement is a transaction."""
    connection: sqlite3.Connection | psycopg.Connection
    if isinstance(store, Path):
        connection = sqlite3.connect(store, isolation_level=None)
    else:
        connection = psycopg.connect(store, autocommit=True)
    try:
        yield connection
    finally:
        connection.close()


def alter(store: Store, *statements: str) -> None:
    """Do to a log what its triggers refuse."""
    with by_hand(store) as connection:
        if isinstance(store, Path):
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                connection.execute(f"DROP TRIGGER {name}")
        else:
            connection.execute("ALTER TABLE log DISABLE TRIGGER ALL; ALTER TABLE command DISABLE TRIGGER ALL")
        for statement in statements:
            connection.execute(statement)
