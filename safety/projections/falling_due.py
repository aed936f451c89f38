"""What has fallen due by a moment, for who ticks: the next rungs and digests, the reminders, and when the clock was last doubted."""

import json
from typing import NamedTuple

from sqlalchemy import Column, Connection, Row, Select, bindparam, func, select

from safety.projections.alert import ALERT
from safety.projections.rows import OPEN


class Due(NamedTuple):
    """The root of a chain of which something has fallen due, how far the chain went and how often was reminded of it."""

    alert: str
    trial: str
    rule: str
    role: str
    concerning: tuple[str, ...]
    held: bool
    reached: int
    reminded: int


TABLE = ALERT.table
SAID = tuple(TABLE.c[name] for name in Due._fields)


def _due_by(column: Column[int]) -> Select[tuple[object, ...]]:
    # Composed once: asked every few seconds, and composing costs more than the answer.
    ask = select(*SAID).where(column <= bindparam("now"), TABLE.c.to_position == OPEN)
    return ask.order_by(column, TABLE.c.alert)


RUNGS, REMINDERS = _due_by(TABLE.c.next_at), _due_by(TABLE.c.remind_at)


def rungs_due(connection: Connection, now: int) -> list[Due]:
    """List the chains whose next rung, or digest, is due by `now` (microseconds from 1970 UTC), longest due first."""
    return [_due(row) for row in connection.execute(RUNGS, {"now": now})]


def reminders_due(connection: Connection, now: int) -> list[Due]:
    """List the alerts of whose due time somebody is to be reminded by `now`, longest due first."""
    return [_due(row) for row in connection.execute(REMINDERS, {"now": now})]


def raised_by_rule(connection: Connection, trial: str, rule: str) -> tuple[int, int | None]:
    """Say how many alerts a rule has raised in a trial, rungs not counted, and when the last was recorded."""
    table = ALERT.table
    ask = select(func.count(), func.max(table.c.raised_at)).where(
        table.c.trial == trial, table.c.rule == rule, table.c.root.is_(None), table.c.to_position == OPEN
    )
    count, last = connection.execute(ask).one()
    return count, last


def unpaid(connection: Connection, rule: str) -> list[Due]:
    """List the chains of one rule that go on: nobody acknowledged them, and they are not settled."""
    ask = select(*SAID).where(TABLE.c.next_at.is_not(None), TABLE.c.to_position == OPEN, TABLE.c.rule == rule)
    return [_due(row) for row in connection.execute(ask.order_by(TABLE.c.alert))]


def settled(connection: Connection, alert: str) -> bool | None:
    """Say whether what an alert is about is settled; None where there is no such alert."""
    ask = select(TABLE.c.settled).where(TABLE.c.alert == alert, TABLE.c.to_position == OPEN)
    found = connection.execute(ask).scalar_one_or_none()
    return None if found is None else bool(found)


def _due(row: Row[tuple[object, ...]]) -> Due:
    concerning = tuple(json.loads(row.concerning))
    held, reached, reminded = bool(row.held), row.reached or 1, row.reminded or 0
    return Due(row.alert, row.trial, row.rule, row.role, concerning, held, reached, reminded)
