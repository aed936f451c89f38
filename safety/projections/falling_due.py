"""What has fallen due by a moment, for who ticks: the next rungs and digests, the reminders, and when the clock was last doubted."""

import json
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Column, Connection, Row, Select, bindparam, exists, func, select

from safety.aggregates.clock_alert import Clock
from safety.projections.alert import ALERT
from safety.projections.obligation import OBLIGATION
from safety.projections.rows import OPEN
from safety.values import moment


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


class Untold(NamedTuple):
    """A clock without an alert of its own, and when it was opened."""

    clock: Clock
    opened_at: datetime
    due_at: datetime


TABLE = ALERT.table
SAID = tuple(TABLE.c[name] for name in Due._fields)


def _due_by(column: Column[int]) -> Select[tuple[object, ...]]:
    # Composed once: asked every few seconds, and composing costs more than the answer.
    ask = select(*SAID).where(column <= bindparam("now"), column > bindparam("since"), TABLE.c.to_position == OPEN)
    return ask.order_by(column, TABLE.c.alert)


RUNGS, REMINDERS = _due_by(TABLE.c.next_at), _due_by(TABLE.c.remind_at)


def rungs_due(connection: Connection, now: int, since: int = 0) -> list[Due]:
    """List the chains whose next rung, or digest, is due by `now` and not by `since`, longest due first.

    Both in microseconds from 1970 UTC.
    """
    return [_due(row) for row in connection.execute(RUNGS, {"now": now, "since": since})]


def reminders_due(connection: Connection, now: int, since: int = 0) -> list[Due]:
    """List the alerts of whose due time somebody is to be reminded by `now`, and not by `since`, longest due first."""
    return [_due(row) for row in connection.execute(REMINDERS, {"now": now, "since": since})]


def untold_clocks(connection: Connection, now: int, ahead: int) -> list[Untold]:
    """List the clocks that run, end by `now` and `ahead` (microseconds), and have no alert of their own yet, first due first.

    An import tells its clocks as one digest: each of them is still to be told when it nears. What was overdue already when it
    was opened does not near.
    """
    of = OBLIGATION.table
    told = select(TABLE.c.alert).where(TABLE.c.alert == of.c.alert, TABLE.c.to_position == OPEN)
    named = (of.c[name] for name in Clock._fields)
    ask = select(*named, of.c.opened_at).where(
        of.c.runs == 1,
        of.c.to_position == OPEN,
        of.c.due_at <= now + ahead,
        of.c.due_at > of.c.opened_at,
        ~exists(told),
    )
    found = []
    for row in connection.execute(ask.order_by(of.c.due_at, of.c.alert)):
        due = moment(row.due_at)
        clock = Clock(row.trial, row.subject, row.number, row.obligation, row.party, due)
        found.append(Untold(clock, moment(row.opened_at), due))
    return found


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
