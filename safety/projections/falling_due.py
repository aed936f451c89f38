"""What has fallen due by a moment, for who ticks: the next rungs and digests, the reminders, and when the clock was last doubted."""

import json
from typing import NamedTuple

from sqlalchemy import Connection, Row, func, select

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


def rungs_due(connection: Connection, now: int) -> list[Due]:
    """List the chains whose next rung, or digest, is due by `now` (microseconds from 1970 UTC), longest due first."""
    table = ALERT.table
    ask = select(table).where(table.c.next_at <= now, table.c.to_position == OPEN)
    return [_due(row) for row in connection.execute(ask.order_by(table.c.next_at, table.c.alert))]


def reminders_due(connection: Connection, now: int) -> list[Due]:
    """List the alerts of whose due time somebody is to be reminded by `now`, longest due first."""
    table = ALERT.table
    ask = select(table).where(table.c.remind_at <= now, table.c.to_position == OPEN)
    return [_due(row) for row in connection.execute(ask.order_by(table.c.remind_at, table.c.alert))]


def raised_by_rule(connection: Connection, trial: str, rule: str) -> tuple[int, int | None]:
    """Say how many alerts a rule has raised in a trial, rungs not counted, and when the last was recorded."""
    table = ALERT.table
    ask = select(func.count(), func.max(table.c.raised_at)).where(
        table.c.trial == trial, table.c.rule == rule, table.c.root.is_(None), table.c.to_position == OPEN
    )
    count, last = connection.execute(ask).one()
    return count, last


def _due(row: Row[tuple[object, ...]]) -> Due:
    concerning = tuple(json.loads(row.concerning))
    held, reached, reminded = bool(row.held), row.reached or 1, row.reminded or 0
    return Due(row.alert, row.trial, row.rule, row.role, concerning, held, reached, reminded)
