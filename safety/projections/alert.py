"""What is owed to whom, and the messages that pay it: folded and tracked apart, so that they go on whatever else stops."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Index

from safety.aggregates.alert import Raised
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
    },
)
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
only_open(ALERT, "alert_owed", "raised_at", "alert", where=ALERT.table.c.state == "owed")
only_open(MESSAGE, "message_of", "trial", "account")
only_open(MESSAGE, "message_unsent", "from_position", where=MESSAGE.table.c.state != "sent")
PROJECTION = Projection("alert", (ALERT, MESSAGE))


def text(value: object) -> str:
    """Write JSON without spaces."""
    return json.dumps(value, separators=(",", ":"))


@PROJECTION.on(Raised)
def raised(event: Raised, recorded: Recorded, _: Rows) -> Iterable[Change]:
    """The role is owed an alert, from the moment the log took it."""
    values = {
        "trial": event.trial,
        "rule": event.rule,
        "role": event.role,
        "rung": event.rung,
        "concerning": text(event.concerning),
        "state": "owed",
        "raised_at": recorded.recorded_at,
        "due_at": None if event.due_at is None else microseconds(event.due_at),
        "messages": "[]",
    }
    yield Change(ALERT, (event.alert,), values, "opens")


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
