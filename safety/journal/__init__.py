"""The only door to the event store: append, read, positions; SQLite and PostgreSQL."""

from collections.abc import Callable
from pathlib import Path

from safety.journal.codec import Damaged, Meta, Recorded, Salt, Signature, UnknownTopic, decode, encode
from safety.journal.journal import Journal, Newer
from safety.journal.row import NewEvent, Stored, leaf
from safety.journal.turn import Conflict, Decision, Head, Repeated, Turn, Unavailable, Unconfirmed

__all__ = [
    "Conflict",
    "Damaged",
    "Decision",
    "Head",
    "Journal",
    "Meta",
    "NewEvent",
    "Newer",
    "Recorded",
    "Repeated",
    "Salt",
    "Signature",
    "Stored",
    "Turn",
    "Unavailable",
    "Unconfirmed",
    "UnknownTopic",
    "decode",
    "encode",
    "leaf",
    "open_journal",
]


def open_journal(where: Path | str, clock: Callable[[], int], lock_seconds: float = 30) -> Journal:
    """Open the log in a file (a Path) or at a PostgreSQL URL (a str); `clock` gives microseconds from 1970 UTC."""
    if isinstance(where, Path):
        from safety.journal.sqlite import SQLiteJournal  # noqa: PLC0415, only the store in use is imported

        return SQLiteJournal(where, clock, lock_seconds)
    from safety.journal.postgres import PostgresJournal  # noqa: PLC0415, only the store in use is imported

    return PostgresJournal(where, clock, lock_seconds)
