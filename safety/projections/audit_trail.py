"""The audit trail: every event of the log in words, of all streams or of some."""

from collections.abc import Set as AbstractSet
from typing import Any

from sqlalchemy import Connection, literal, select

from safety.projections import given
from safety.projections.at import At, utc
from safety.projections.audit import AUDIT
from safety.projections.subject import SUBJECT
from safety.projections.trial import TRIAL

LAST = (
    select(AUDIT.c.recorded_at).where(AUDIT.c.position <= given.NOW.position).order_by(AUDIT.c.position.desc()).limit(1)
)


def recorded_at(connection: Connection, at: At) -> str | None:
    """Say when the log took the last event that a moment includes, ISO 8601 in UTC; None before the first."""
    return utc(connection.execute(LAST, {"at": at.position}).scalar_one_or_none())


def audit_trail(connection: Connection, at: At, *, after: int = 0, limit: int | None = None) -> list[dict[str, Any]]:
    """List events in order, up to a moment and beyond a position."""
    ask = select(AUDIT).where(AUDIT.c.position > after, AUDIT.c.position <= at.position)
    return [_told(dict(row)) for row in connection.execute(ask.order_by(AUDIT.c.position).limit(limit)).mappings()]


def history(connection: Connection, stream: str, at: At) -> list[dict[str, Any]]:
    """List the events of one stream in order, up to a moment; a code without a slash names a subject of any trial."""
    ask = select(AUDIT).where(AUDIT.c.position <= at.position).order_by(AUDIT.c.position)
    if "/" in stream:
        ask = ask.where(AUDIT.c.stream == stream)
    else:
        of_trials = select(TRIAL.table.c.trial + f"/subject/{stream}").distinct()
        ask = ask.where(AUDIT.c.stream.in_(of_trials))
    return [_told(dict(row)) for row in connection.execute(ask).mappings()]


def trail_of_trial(
    connection: Connection,
    trial: str,
    at: At,
    *,
    sites: AbstractSet[str] | None,
    subject: str | None = None,
    after: int = 0,
    limit: int,
) -> list[dict[str, Any]]:
    """List the events of a trial in order, up to a moment and beyond a position; of some sites, those of their subjects alone.

    What is not of one subject (the trial's own events, alerts, messages) would tell one site of another, and is left out then.
    """
    ask = select(AUDIT).where(AUDIT.c.position > after, AUDIT.c.position <= at.position, AUDIT.c.trial == trial)
    if subject is not None:
        ask = ask.where(AUDIT.c.stream == f"{trial}/subject/{subject}")
    if sites is not None:
        person = SUBJECT.table
        theirs = select(literal(f"{trial}/subject/") + person.c.subject)
        theirs = theirs.where(person.c.trial == trial, at.stands(person), person.c.site.in_(sites))
        ask = ask.where(AUDIT.c.stream.in_(theirs))
    return [_told(dict(row)) for row in connection.execute(ask.order_by(AUDIT.c.position).limit(limit)).mappings()]


def _told(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "recorded_at": utc(row["recorded_at"])}
