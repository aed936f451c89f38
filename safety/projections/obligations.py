"""What is owed, to whom and by when; how each clock stands at a time; and whose duties are still to be reviewed."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, and_, case, func, select

from safety.aggregates.clock_alert import RUNNING, naming
from safety.projections.at import At, to_the_second, utc
from safety.projections.audit import AUDIT
from safety.projections.obligation import OBLIGATION
from safety.projections.review import GOVERNANCE, REVIEW
from safety.projections.rows import OPEN
from safety.values import microseconds

TIMELINESS = ("due_now", "overdue", "running", "missed", "met_late", "met", "sent", "not_needed")
"""How a clock stands, the most urgent first; see `timeliness`."""


class Review(NamedTuple):
    """A subject whose duties are to be looked at again, and the position of the last change that asks for it."""

    trial: str
    subject: str
    since: int


def timeliness(state: str, due_at: int | None, ended_at: int | None, now: int) -> str:
    """Say how a clock stands at a time; all in microseconds from 1970 UTC, `due_at` the first instant that is too late.

    Of a clock that runs: `running`, `overdue`, or `due_now` where no number was given. Of a report that was sent: `met`,
    `met_late`, or `sent` where there was nothing to be late for. Of one that was superseded or struck through: `not_needed`,
    or `missed` where that came only after it was due.
    """
    late = due_at is not None and (now if ended_at is None else ended_at) >= due_at
    if state in {"open", "rejected"}:
        return "due_now" if due_at is None else "overdue" if late else "running"
    if state in {"submitted", "acknowledged"}:
        return "sent" if due_at is None else "met_late" if late else "met"
    return "missed" if late else "not_needed"


def obligations(connection: Connection, trial: str, at: At, now: datetime) -> dict[str, Any]:
    """Give every obligation of a trial as the log held it at a position, each with how its clock stands at a time.

    Due at once comes first, then by due time; `counts` says how many there are of each timeliness.
    """
    table = OBLIGATION.table
    instant = microseconds(now)
    ask = select(table).where(table.c.trial == trial, at.stands(table))
    order = (table.c.due_at.is_not(None), table.c.due_at, table.c.subject, table.c.number, table.c.obligation)
    rows = [as_told(row, instant) for row in connection.execute(ask.order_by(*order))]
    filed = positions_filed(connection, trial, rows)
    rows = [row | {"filed_position": filed.get((row["subject"], row["filed_as"]))} for row in rows]
    counts = Counter(row["timeliness"] for row in rows)
    return {
        "position": at.position,
        "at": utc(instant),
        "counts": {name: counts[name] for name in TIMELINESS},
        "reviews_owed": len(reviews_owed(connection, at, trial=trial)),
        "obligations": rows,
    }


def clocks_that_run(connection: Connection, trial: str, at: At) -> frozenset[tuple[str, ...]]:
    """Name every clock of a trial that runs, as its alert does."""
    table = OBLIGATION.table
    ask = select(table.c.subject, table.c.number, table.c.obligation)
    rows = connection.execute(ask.where(table.c.trial == trial, at.stands(table), table.c.runs == 1))
    return frozenset(naming(row.subject, row.number, row.obligation) for row in rows)


def tells_of_clock(alert: Mapping[str, Any], running: AbstractSet[tuple[str, ...]]) -> bool:
    """Say whether an alert tells of a clock that runs: it is settled with that clock, and by nobody before."""
    return alert["rule"] in RUNNING.values() and tuple(alert["concerning"]) in running


def positions_filed(connection: Connection, trial: str, rows: Iterable[dict[str, Any]]) -> dict[tuple[str, int], int]:
    """Find the positions of the filings that are reports themselves, by subject and version."""
    prefix = f"{trial}/subject/"
    streams = sorted({prefix + row["subject"] for row in rows if row["filed_as"] is not None})
    found: dict[tuple[str, int], int] = {}
    for stream in streams:
        ask = select(AUDIT.c.version, AUDIT.c.position).where(AUDIT.c.stream == stream)
        found |= {(stream.removeprefix(prefix), row.version): row.position for row in connection.execute(ask)}
    return found


def reviews_owed(connection: Connection, at: At, trial: str | None = None, limit: int | None = None) -> list[Review]:
    """List the subjects whose duties something has changed since they were last looked at.

    A pack, an amendment or a reference safety information concerns who had an adverse event before it; a dose, its subject.
    """
    of, trials = REVIEW.table, GOVERNANCE.table
    governed = and_(trials.c.trial == of.c.trial, at.stands(trials), trials.c.adopted.is_not(None))
    of_trial = case((trials.c.changed > of.c.first_event, trials.c.changed), else_=0)
    of_doses = func.coalesce(of.c.changed, 0)
    since = case((of_trial > of_doses, of_trial), else_=of_doses)
    ask = (
        select(of.c.trial, of.c.subject, since.label("since"))
        .join(trials, governed)
        .where(at.stands(of), of.c.first_event.is_not(None), since > func.coalesce(of.c.reviewed, 0))
        .order_by(of.c.trial, of.c.subject)
        .limit(limit)
    )
    if trial is not None:
        ask = ask.where(of.c.trial == trial)
    return [Review(row.trial, row.subject, row.since) for row in connection.execute(ask)]


def governed_trials(connection: Connection) -> frozenset[str]:
    """Name the trials that packs govern now: in these sites have duties of their own."""
    trials = GOVERNANCE.table
    ask = select(trials.c.trial).where(trials.c.to_position == OPEN, trials.c.adopted.is_not(None))
    return frozenset(connection.scalars(ask))


def as_told(row: Row[Any], now: int) -> dict[str, Any]:
    """Tell one obligation as every view and the command line do; `now` in microseconds from 1970 UTC."""
    return {
        "subject": row.subject,
        "number": row.number,
        "obligation": row.obligation,
        "rule": row.rule,
        "pack": row.pack,
        "pack_version": row.pack_version,
        "pack_sha256": row.pack_sha256,
        "owed_by": row.owed_by,
        "to": json.loads(row.recipients),
        "limit": row.limit_number,
        "unit": row.unit,
        "party": row.party,
        "starts_at": utc(row.starts_at),
        "zone": row.zone,
        "day0": row.day0,
        "due_on": row.due_on,
        "due_at": utc(row.due_at),
        "state": row.state,
        "timeliness": timeliness(row.state, row.due_at, row.closed_at, now),
        "opened_at": utc(row.opened_at),
        "closed_at": utc(row.closed_at),
        "taken_by": row.taken_by,
        "taken_at": utc(row.taken_at),
        "sent_at": utc(row.sent_at),
        "sent_to": json.loads(row.sent_to),
        "reference": row.reference,
        "filed_as": row.filed_as,
        "acknowledged_by": json.loads(row.acknowledged_by),
        "acknowledged_at": utc(row.acknowledged_at),
        "rejected_at": utc(row.rejected_at),
        "superseded_by": row.superseded_by,
        "superseded_by_number": row.superseded_by_number,
        "merged_from": row.merged_from,
        "cancelled_because": row.cancelled_because,
        "signed_by": row.signed_by,
        "citation": row.citation,
        "confidence": row.confidence,
        "basis": row.basis,
        "because": json.loads(to_the_second(row.because)),
        "facts": json.loads(row.facts),
    }
