"""The audit trail: one row an event, who did what when, in words."""

from collections.abc import Mapping
from typing import Any

from pydantic_core import from_json
from sqlalchemy import BigInteger, Column, Index, Table

from safety.projections import words_of_alerts, words_of_duties  # noqa: F401, their sentences register themselves
from safety.projections.rows import METADATA, WORD, Recorded
from safety.projections.words import sentence

NAME = "audit"
AUDIT = Table(
    NAME,
    METADATA,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("trial", WORD, nullable=False),
    Column("stream", WORD, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("topic", WORD, nullable=False),
    Column("by", WORD, nullable=False),
    Column("role", WORD, nullable=False),
    Column("at", WORD, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("reason", WORD),
    Column("words", WORD, nullable=False),
)
Index("audit_stream", AUDIT.c.stream, AUDIT.c.position)


def row(recorded: Recorded) -> tuple[Any, ...]:
    """Give the row of an event, in the table's order; the trial of an event that concerns none is `-`."""
    meta: Mapping[str, Any] = from_json(recorded.meta)
    return (
        recorded.position,
        recorded.stream.partition("/")[0],
        recorded.stream,
        recorded.version,
        recorded.topic,
        meta["by"],
        meta["role"],
        meta["at"],
        recorded.recorded_at,
        recorded.reason if "reason" in meta else None,
        sentence(recorded.event),
    )
