"""The file of one adverse event: its line, the doses beside it, what it made due, and who was told of it with what receipts."""

import json
import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from safety.aggregates.clock_alert import naming
from safety.projections import given
from safety.projections.alert import ALERT, MESSAGE
from safety.projections.at import At
from safety.projections.case_list import serious_unexpected_related
from safety.projections.duplicates import suggested
from safety.projections.exposure import EXPOSURE
from safety.projections.inbox import as_told as alert_as_told
from safety.projections.line_listing import line_listing
from safety.projections.obligation import OBLIGATION
from safety.projections.obligations import as_told, tells_of_clock
from safety.values import microseconds

GIVEN, DUE, RAISED, SENT = EXPOSURE.table, OBLIGATION.table, ALERT.table, MESSAGE.table
LIKE = re.compile("([/%_])")
"""What has to be escaped in a pattern of LIKE."""
# Written once: putting them together for each case would take longer than answering them.
DOSES = (
    select(*(GIVEN.c[name] for name in ("number", "treatment", "amount", "unit", "lot", "started_on", "withheld")))
    .where(GIVEN.c.trial == given.TRIAL, GIVEN.c.subject == bindparam("subject"), given.NOW.stands(GIVEN))
    .where(GIVEN.c.vanished == 0)
    .order_by(GIVEN.c.number)
)
DUTIES = (
    select(DUE)
    .where(DUE.c.trial == given.TRIAL, DUE.c.subject == bindparam("subject"), DUE.c.number == bindparam("number"))
    .where(given.NOW.stands(DUE))
    .order_by(DUE.c.runs.desc(), DUE.c.due_at.is_not(None), DUE.c.due_at, DUE.c.obligation)
)
ALERTS = (
    select(RAISED)
    .where(RAISED.c.trial == given.TRIAL, given.NOW.stands(RAISED))
    .where(RAISED.c.concerning.contains(bindparam("concerning"), escape="/"))
    .order_by(RAISED.c.raised_at, RAISED.c.alert)
)
MESSAGES = select(SENT).where(SENT.c.message.in_(bindparam("messages", expanding=True)), given.NOW.stands(SENT))


def case_file(
    connection: Connection,
    of: tuple[str, str, int],
    at: At,
    now: datetime,
    *,
    sites: AbstractSet[str] | None = None,
) -> dict[str, Any] | None:
    """Give one adverse event (`of`: trial, subject, number) with all that hangs on it; None where there is none, or none of `sites`.

    A line of `line_listing` with its `sur`; `duplicates`, the pairs that it may be one occurrence with, as `suggested` gives
    them, and `merged_here`, the numbers that point to it; `doses` by number, planned ones that were withheld among them; `duties` as
    `obligations` tells them, those that run first, by due time; `alerts` as `inbox` tells them, each with `deliveries`
    and whether it tells of a clock that `runs`.

    Raises:
        UnknownTrial: there was no such trial at the moment asked about.

    """
    trial, subject, number = of
    listed = line_listing(connection, trial, at, subject=subject, sites=sites)["rows"]
    line: dict[str, Any] | None = next((row for row in listed if row["number"] == number), None)
    if line is None:
        return None
    duties, alerts = (
        _duties(connection, of, at, microseconds(now)),
        _alerts(connection, trial, f"{subject}/{number}", at),
    )
    running = {naming(subject, number, duty["obligation"]) for duty in duties if duty["runs"]}
    standing = [row for row in listed if not row["nullified"] and row["merged_into"] is None]
    return line | {
        "duplicates": [pair for pair in suggested(standing) if number in {pair["one"], pair["other"]}],
        "merged_here": [row["number"] for row in listed if row["merged_into"] == number],
        "sur": serious_unexpected_related(line),
        "doses": _doses(connection, trial, subject, at),
        "duties": duties,
        "alerts": [alert | {"runs": tells_of_clock(alert, running)} for alert in alerts],
    }


def _doses(connection: Connection, trial: str, subject: str, at: At) -> list[dict[str, Any]]:
    rows = connection.execute(DOSES, given.values(trial, at) | {"subject": subject}).mappings()
    return [dict(row) for row in rows]


def _duties(connection: Connection, of: tuple[str, str, int], at: At, now: int) -> list[dict[str, Any]]:
    trial, subject, number = of
    rows = connection.execute(DUTIES, given.values(trial, at) | {"subject": subject, "number": number})
    beside = (
        {"due": row.due_at, "starts": row.starts_at, "runs": bool(row.runs), "position": row.from_position}
        | as_told(row, now)
        for row in rows
    )
    return list(beside)


def _alerts(connection: Connection, trial: str, concerning: str, at: At) -> list[dict[str, Any]]:
    rows = connection.execute(
        ALERTS, given.values(trial, at) | {"concerning": LIKE.sub(r"/\1", json.dumps(concerning))}
    ).all()
    told = [
        alert_as_told(row)
        | {
            "position": row.from_position,
            "raised": row.raised_at,
            "next": row.next_at,
            "held": bool(row.held),
            "answered": row.acknowledged_at,
        }
        for row in rows
    ]
    carried = _deliveries(connection, sorted({name for one in told for name in one["messages"]}), at)
    return [one | {"deliveries": [carried[name] for name in one["messages"] if name in carried]} for one in told]


def _deliveries(connection: Connection, messages: Sequence[str], at: At) -> dict[str, dict[str, Any]]:
    """Give to whom each message went and the last receipt of each channel."""
    return {
        row.message: {"to": row.account, "role": row.role, "state": row.state, "receipts": json.loads(row.receipts)}
        for row in connection.execute(MESSAGES, {"messages": messages, "at": at.position})
    }
