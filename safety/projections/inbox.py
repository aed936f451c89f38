"""The alerts of a trial and what became of them; and what is owed now, for who delivers it."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from safety.projections.alert import ALERT, MESSAGE, TO_DELIVER
from safety.projections.at import At, utc
from safety.projections.rows import OPEN

STANDS, WRITTEN = ALERT.table.c.to_position == OPEN, MESSAGE.table.c.to_position == OPEN

# Written once: putting a statement together takes longer than SQLite takes to answer it, and these are asked at every commit.
OWED = select(ALERT.table).where(TO_DELIVER, STANDS).order_by(ALERT.table.c.raised_at, ALERT.table.c.alert)
UNSENT = select(MESSAGE.table).where(MESSAGE.table.c.state != "sent", WRITTEN).order_by(MESSAGE.table.c.from_position)
COMPOSED = (
    select(MESSAGE.table.c.trial, MESSAGE.table.c.account, func.count())
    .where(WRITTEN)
    .group_by(MESSAGE.table.c.trial, MESSAGE.table.c.account)
)


def inbox(connection: Connection, trial: str, at: At) -> dict[str, Any]:
    """Give every alert of a trial by the contract of the command line: what it concerns, its state, when raised, its messages."""
    table = ALERT.table
    ask = select(table).where(table.c.trial == trial, at.stands(table)).order_by(table.c.raised_at, table.c.alert)
    return {"position": at.position, "alerts": [as_told(row) for row in connection.execute(ask)]}


def owed(connection: Connection, limit: int | None = None) -> list[dict[str, Any]]:
    """List what is owed now in all trials, oldest first: no channel took a message with it; times as the log has them.

    What is held for a digest is not owed yet, what is settled not any more. A worklist shows a page of it (`limit`); who delivers takes all.
    """
    return _alerts(connection, OWED if limit is None else OWED.limit(limit))


def unsent(connection: Connection) -> list[dict[str, Any]]:
    """List the messages that are composed and were taken by no channel, or whose last receipt of a channel says failed.

    `sent` names the channels that took it; what any of them took is no longer owed.
    """
    return [
        {
            "message": row.message,
            "trial": row.trial,
            "account": row.account,
            "alerts": tuple(json.loads(row.alerts)),
            "sent": frozenset(name for name, last in json.loads(row.receipts).items() if last["state"] == "sent"),
        }
        for row in connection.execute(UNSENT)
    ]


def composed(connection: Connection) -> dict[tuple[str, str], int]:
    """Count the messages that each person has had, by trial and account."""
    return {(trial, account): count for trial, account, count in connection.execute(COMPOSED)}


def carried(connection: Connection) -> list[dict[str, Any]]:
    """List the alerts that unsent messages carry, as `owed` does, also those that another message has paid."""
    table = ALERT.table
    names = {alert for message in unsent(connection) for alert in message["alerts"]}
    ask = select(table).where(table.c.alert.in_(names), STANDS).order_by(table.c.raised_at, table.c.alert)
    return _alerts(connection, ask)


def carried_by(connection: Connection, trial: str, message: str, at: At) -> list[str]:
    """Name the alerts that a message carries; none where there is no such message."""
    table = MESSAGE.table
    ask = select(table.c.alerts).where(table.c.trial == trial, table.c.message == message, at.stands(table))
    return [alert for row in connection.execute(ask) for alert in json.loads(row.alerts)]


def concerned(connection: Connection, trial: str, alerts: Sequence[str], at: At) -> set[str]:
    """Name the subjects that alerts concern, whether it is the subject itself or one of its adverse events."""
    table = ALERT.table
    ask = select(table.c.concerning).where(table.c.trial == trial, table.c.alert.in_(alerts), at.stands(table))
    return {one.rpartition("/")[0] or one for row in connection.execute(ask) for one in json.loads(row.concerning)}


def where_from(connection: Connection, alert: str) -> str | None:
    """Give the trial that an alert is of; None where there is no such alert."""
    table = ALERT.table
    ask = select(table.c.trial).where(table.c.alert == alert, table.c.to_position == OPEN)
    return connection.execute(ask).scalar_one_or_none()


def _alerts(connection: Connection, ask: Select[Any]) -> list[dict[str, Any]]:
    return [
        {
            "alert": row.alert,
            "trial": row.trial,
            "rule": row.rule,
            "role": row.role,
            "concerning": tuple(json.loads(row.concerning)),
            "raised_at": row.raised_at,
            "rung": row.rung,
            "repeat": row.repeat or 0,
            "urgency": row.urgency,
            "due_at": row.due_at,
            "root": row.root or row.alert,
            "reminds": row.reminds,
            "state": row.state,
        }
        for row in connection.execute(ask)
    ]


def as_told(row: Row[Any]) -> dict[str, Any]:
    """Tell one alert as every view and the command line do."""
    return {
        "id": row.alert,
        "rule": row.rule,
        "role": row.role,
        "rung": row.rung,
        "concerning": json.loads(row.concerning),
        "state": row.state,
        "raised_at": utc(row.raised_at),
        "due_at": utc(row.due_at),
        "messages": json.loads(row.messages),
        "urgency": row.urgency,
        "root": row.root,
        "repeat": row.repeat or 0,
        "reminds": row.reminds,
        "next_at": utc(row.next_at),
        "acknowledged_by": row.acknowledged_by,
        "acknowledged_at": utc(row.acknowledged_at),
        "settled": bool(row.settled),
    }
