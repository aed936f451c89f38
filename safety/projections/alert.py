"""What is owed to whom, and the messages that pay it: folded and tracked apart, so that they go on whatever else stops."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Index, literal_column

from safety.aggregates.alert import Acknowledged, Raised, Released, Settled
from safety.aggregates.message import Composed, Failed, Sent
from safety.projections.rows import Change, Projection, Recorded, Rows, only_open, versioned
from safety.values import microseconds

ALERT = versioned(
    "alert",
    {"alert": str},
    {
        "trial": str,
        "rule": str,
        "role": str,
        "rung": int,
        "concerning": str,
        "state": str,
        "raised_at": int,
        "due_at": int,
        "messages": str,
        "urgency": str,
        "root": str,
        "repeat": int,
        "reminds": str,
        "held": bool,
        "next_at": int,
        "remind_at": int,
        "reached": int,
        "reminded": int,
        "chain": str,
        "acknowledged_by": str,
        "acknowledged_at": int,
        "settled": bool,
    },
)
"""A row an alert. What is said of a chain stands in the row of its root: `held` for a digest, `next_at` and `remind_at` as in
the event, the rung that was `reached`, how often it was `reminded`, and which alerts belong to it (`chain`)."""
MESSAGE = versioned(
    "message",
    {"message": str},
    {
        "trial": str,
        "account": str,
        "role": str,
        "alerts": str,
        "channels": str,
        "state": str,
        "receipts": str,
        "sent_at": int,
    },
)
Index("alert_trial", ALERT.table.c.trial, ALERT.table.c.raised_at)
TO_DELIVER = (
    (ALERT.table.c.state == "owed")
    & (ALERT.table.c.held == literal_column("0"))
    & (ALERT.table.c.settled == literal_column("0"))
)
"""What is done, or no longer due, is not told to anybody who has not been written to yet."""
only_open(ALERT, "alert_owed", "raised_at", "alert", where=TO_DELIVER)
only_open(ALERT, "alert_next", "next_at", "alert", where=ALERT.table.c.next_at.is_not(None))
only_open(ALERT, "alert_remind", "remind_at", "alert", where=ALERT.table.c.remind_at.is_not(None))
only_open(MESSAGE, "message_of", "trial", "account")
only_open(MESSAGE, "message_unsent", "from_position", where=MESSAGE.table.c.state != "sent")
PROJECTION = Projection("alert", (ALERT, MESSAGE))


def text(value: object) -> str:
    """Write JSON without spaces."""
    return json.dumps(value, separators=(",", ":"))


def instant(moment: datetime | None) -> int | None:
    """Write a moment as the log writes time."""
    return None if moment is None else microseconds(moment)


@PROJECTION.on(Raised)
def raised(event: Raised, recorded: Recorded, rows: Rows) -> Iterable[Change]:
    """The role is owed an alert, from the moment the log took it; the chain it belongs to has gone that far."""
    values = {
        "trial": event.trial,
        "rule": event.rule,
        "role": event.role,
        "rung": event.rung,
        "concerning": text(event.concerning),
        "state": "owed",
        "raised_at": recorded.recorded_at,
        "due_at": instant(event.due_at),
        "messages": "[]",
        "urgency": event.urgency,
        "root": event.root,
        "repeat": event.repeat,
        "reminds": event.reminds,
        "held": int(event.urgency == "digest" and event.root is None),
        "next_at": instant(event.next_at) if event.root is None else None,
        "remind_at": instant(event.remind_at) if event.reminds is None else None,
        "reached": 1 if event.root is None else None,
    }
    yield Change(ALERT, (event.alert,), values, "opens")
    if event.root is not None:
        went = {"next_at": instant(event.next_at), "reached": event.rung}
        yield Change(ALERT, (event.root,), {**went, "chain": member(rows, event.root, event.alert)})
    elif event.reminds is not None:
        went = {"remind_at": instant(event.remind_at), "reminded": event.reminder}
        yield Change(ALERT, (event.reminds,), {**went, "chain": member(rows, event.reminds, event.alert)})


def chain(rows: Rows, alert: str) -> list[str]:
    """Give the rungs and reminders of an alert."""
    found: list[str] = json.loads((rows(ALERT, (alert,)) or {}).get("chain") or "[]")
    return found


def member(rows: Rows, alert: str, new: str) -> str:
    """Write down one more rung or reminder of an alert."""
    return text([*chain(rows, alert), new])


@PROJECTION.on(Released)
def released(event: Released, *_: object) -> Iterable[Change]:
    """What was held for a digest is owed now."""
    yield Change(ALERT, (event.alert,), {"held": 0, "next_at": instant(event.next_at)})


@PROJECTION.on(Acknowledged)
def acknowledged(event: Acknowledged, recorded: Recorded, rows: Rows) -> Iterable[Change]:
    """The chain is paid, as far as it went; a reminder is a chain of its own."""
    values = {"state": "acknowledged", "next_at": None, "held": 0}
    by = {"acknowledged_by": event.acknowledged_by, "acknowledged_at": recorded.recorded_at}
    yield Change(ALERT, (event.alert,), {**values, **by})
    for alert in chain(rows, event.alert):
        if (rows(ALERT, (alert,)) or {}).get("root") == event.alert:
            yield Change(ALERT, (alert,), {**values, **by})


@PROJECTION.on(Settled)
def settled(event: Settled, _: Recorded, rows: Rows) -> Iterable[Change]:
    """Nothing further is owed, neither of the alert nor of what reminds of it."""
    for alert in (event.alert, *chain(rows, event.alert)):
        yield Change(ALERT, (alert,), {"next_at": None, "remind_at": None, "settled": 1})


@PROJECTION.on(Composed)
def composed(event: Composed, _: Recorded, rows: Rows) -> Iterable[Change]:
    """A message carries alerts to one person."""
    values = {
        "trial": event.trial,
        "account": event.to,
        "role": event.role,
        "alerts": text(event.alerts),
        "channels": None if event.channels is None else text(event.channels),
        "state": "composed",
        "receipts": "{}",
    }
    yield Change(MESSAGE, (event.message,), values, "opens")
    for alert in dict.fromkeys(event.alerts):
        known = (rows(ALERT, (alert,)) or {}).get("messages") or "[]"
        yield Change(ALERT, (alert,), {"messages": text([*json.loads(known), event.message])})


@PROJECTION.on(Sent)
def sent(event: Sent, recorded: Recorded, rows: Rows) -> Iterable[Change]:
    """Any channel that took the message pays its alerts; the first receipt says when."""
    row = rows(MESSAGE, (event.message,)) or {}
    codes = {"smtp_code": event.smtp_code, "http_code": event.http_code, "attempt": event.attempt}
    receipt = {"state": "sent", "at": recorded.recorded_at, **codes}
    sent_at = row.get("sent_at") or recorded.recorded_at
    yield Change(MESSAGE, (event.message,), {**received(row, event.channel, receipt), "sent_at": sent_at})
    for alert in json.loads(row.get("alerts") or "[]"):
        owed = rows(ALERT, (alert,))
        if owed is None or owed["state"] == "owed":
            yield Change(ALERT, (alert,), {"state": "sent"})


@PROJECTION.on(Failed)
def failed(event: Failed, recorded: Recorded, rows: Rows) -> Iterable[Change]:
    """A channel did not take the message."""
    row = rows(MESSAGE, (event.message,)) or {}
    receipt = {"state": "failed", "at": recorded.recorded_at, "error": event.error}
    yield Change(MESSAGE, (event.message,), received(row, event.channel, receipt))


def received(row: Mapping[str, Any], channel: str, receipt: Mapping[str, Any]) -> dict[str, str]:
    """Put a channel's last receipt beside those of the others.

    As long as one of them failed the message is failed; it is sent when every channel that was due has taken it.
    """
    said = {name: value for name, value in receipt.items() if value is not None}
    receipts = {**json.loads(row.get("receipts") or "{}"), channel: said}
    if any(last["state"] == "failed" for last in receipts.values()):
        state = "failed"
    else:
        state = "sent" if receipts.keys() >= set(json.loads(row.get("channels") or "[]")) else "composed"
    return {"state": state, "receipts": text(receipts)}
