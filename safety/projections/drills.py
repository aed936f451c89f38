"""The drills of a trial: when each was raised, and who ended it when."""

from typing import NamedTuple

from sqlalchemy import Connection, select

from safety.projections.alert import ALERT
from safety.projections.at import At


class Drill(NamedTuple):
    """An exercise of the ladder; moments in microseconds from 1970 UTC, the last two None until somebody acknowledged it."""

    alert: str
    state: str
    raised_at: int
    acknowledged_by: str | None
    acknowledged_at: int | None


def drills(connection: Connection, trial: str, rule: str, at: At, limit: int) -> list[Drill]:
    """List the last drills of a trial, the latest first; `rule` is what the alerts of a drill are raised by."""
    table = ALERT.table
    columns = (table.c[name] for name in Drill._fields)
    ask = select(*columns).where(table.c.trial == trial, table.c.rule == rule, table.c.root.is_(None), at.stands(table))
    return [Drill(*row) for row in connection.execute(ask.order_by(table.c.raised_at.desc()).limit(limit))]
