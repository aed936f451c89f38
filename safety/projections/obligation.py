"""The obligations of every adverse event: what is owed to whom by when, as each event about them leaves it."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Index

from safety.aggregates.clock_alert import RUNNING, Clock, id_of, named, opening_id
from safety.aggregates.obligation import (
    Acknowledged,
    Antedated,
    Cancelled,
    OfObligation,
    Opened,
    Rejected,
    Submitted,
    Superseded,
    Taken,
)
from safety.projections.rows import Change, Key, Projection, Recorded, Rows, Said, only_open, versioned
from safety.values import microseconds

SAID = (
    "rule",
    "pack",
    "pack_version",
    "pack_sha256",
    "owed_by",
    "unit",
    "party",
    "zone",
    "citation",
    "confidence",
    "basis",
)
COLUMNS: dict[str, type] = {
    **dict.fromkeys(SAID, str),
    "ordinal": int,
    "recipients": str,
    "limit_number": int,
    "starts_at": int,
    "day0": str,
    "due_on": str,
    "due_at": int,
    "because": str,
    "facts": str,
    "state": str,
    "runs": int,
    "opened_at": int,
    "closed_at": int,
    "superseded_by": str,
    "superseded_by_number": int,
    "merged_from": int,
    "cancelled_because": str,
    "signed_by": str,
    "sent_at": int,
    "sent_to": str,
    "acknowledged_by": str,
    "acknowledged_at": int,
    "rejected_at": int,
    "reference": str,
    "filed_as": int,
    "taken_by": str,
    "taken_at": int,
    "told": int,
    "alert": str,
}
OBLIGATION = versioned("obligation", {"trial": str, "subject": str, "number": int, "obligation": str}, COLUMNS)
Index("obligation_due", OBLIGATION.table.c.trial, OBLIGATION.table.c.due_at)
only_open(OBLIGATION, "obligation_runs", "due_at", where=OBLIGATION.table.c.runs == 1)
PROJECTION = Projection("obligation", (OBLIGATION,))


def key(event: OfObligation) -> Key:
    """Say which obligation an event is about."""
    return (event.trial, event.subject, event.number, event.obligation)


def names(values: Iterable[object]) -> str:
    """Write a list as JSON without spaces."""
    return json.dumps(list(values), separators=(",", ":"), ensure_ascii=False)


def known(rows: Rows, event: OfObligation, column: str) -> list[str]:
    """Read a list of an obligation's row; empty where there is none."""
    row = rows(OBLIGATION, key(event)) or {}
    found: list[str] = json.loads(row.get(column) or "[]")
    return found


def clock(event: Opened | Antedated) -> Said:
    """Say from when to when it runs, and why."""
    return {
        "starts_at": microseconds(event.starts_at),
        "zone": event.zone,
        "day0": event.day0.isoformat(),
        "due_on": None if event.due_on is None else event.due_on.isoformat(),
        "due_at": None if event.due_at is None else microseconds(event.due_at),
        "because": names(event.because),
        "facts": names(event.facts),
    }


@PROJECTION.on(Opened)
def opened(event: Opened, recorded: Recorded, _: Rows) -> Iterable[Change]:
    """A report is owed, from the moment the log took it."""
    values: Said = {name: event.__dict__[name] for name in SAID}
    values |= clock(event) | {
        "ordinal": event.ordinal,
        "recipients": names(event.to),
        "limit_number": event.limit,
        "merged_from": event.merged_from,
        "state": "open",
        "runs": 1,
        "opened_at": recorded.recorded_at,
        "sent_to": "[]",
        "acknowledged_by": "[]",
        "told": 1,
        "alert": opening_id(named(event)),
    }
    yield Change(OBLIGATION, key(event), values, "opens")


def told_again(event: OfObligation, row: Mapping[str, Any], of: str) -> Said:
    """Say which alert its clock has from here on."""
    told = row["told"] + 1
    of_clock = Clock(event.trial, event.subject, event.number, event.obligation, row["party"], None)
    return {"told": told, "alert": id_of(of_clock, RUNNING[of], told)}


@PROJECTION.on(Antedated)
def antedated(event: Antedated, _: Recorded, rows: Rows) -> Iterable[Change]:
    """Its report was due earlier than first thought."""
    row = rows(OBLIGATION, key(event)) or {}
    again = told_again(event, row, "antedated") if row["runs"] else {}
    yield Change(OBLIGATION, key(event), clock(event) | again)


@PROJECTION.on(Taken)
def taken(event: Taken, recorded: Recorded, _: Rows) -> Iterable[Change]:
    """Somebody has it in hand."""
    yield Change(OBLIGATION, key(event), {"taken_by": event.taken_by, "taken_at": recorded.recorded_at})


@PROJECTION.on(Superseded)
def superseded(event: Superseded, recorded: Recorded, _: Rows) -> Iterable[Change]:
    """Another takes its place."""
    ends = {"state": "superseded", "runs": 0, "closed_at": recorded.recorded_at}
    by = {"superseded_by": event.by, "superseded_by_number": event.by_number}
    yield Change(OBLIGATION, key(event), {**ends, **by})


@PROJECTION.on(Cancelled)
def cancelled(event: Cancelled, recorded: Recorded, _: Rows) -> Iterable[Change]:
    """It is struck through, and stays."""
    ends = {"state": "cancelled", "runs": 0, "closed_at": recorded.recorded_at}
    yield Change(OBLIGATION, key(event), {**ends, "cancelled_because": event.reason, "signed_by": event.signed_by})


@PROJECTION.on(Submitted)
def submitted(event: Submitted, _: Recorded, rows: Rows) -> Iterable[Change]:
    """Its report is with some of the recipients, or with all: then its clock has ended, when the last one was sent."""
    row = rows(OBLIGATION, key(event)) or {}
    to = list(dict.fromkeys([*known(rows, event, "sent_to"), *event.to]))
    sent_at = max(microseconds(event.sent_at), row.get("sent_at") or 0)
    values: Said = {"sent_to": names(to), "sent_at": sent_at}
    values |= {name: event.__dict__[name] for name in ("reference", "filed_as") if event.__dict__[name] is not None}
    if set(to).issuperset(known(rows, event, "recipients")):
        values |= {"state": "submitted", "runs": 0, "closed_at": sent_at}
    yield Change(OBLIGATION, key(event), values)


@PROJECTION.on(Acknowledged)
def acknowledged(event: Acknowledged, _: Recorded, rows: Rows) -> Iterable[Change]:
    """A recipient has confirmed; once all have, the obligation is acknowledged."""
    by = list(dict.fromkeys([*known(rows, event, "acknowledged_by"), event.recipient]))
    values: Said = {"acknowledged_by": names(by), "acknowledged_at": microseconds(event.acknowledged_at)}
    if set(by).issuperset(known(rows, event, "recipients")):
        values["state"] = "acknowledged"
    yield Change(OBLIGATION, key(event), values)


@PROJECTION.on(Rejected)
def rejected(event: Rejected, _: Recorded, rows: Rows) -> Iterable[Change]:
    """A recipient did not take it: it is as if nothing had been sent to it, and the clock goes on."""
    values: Said = {"state": "rejected", "runs": 1, "closed_at": None, "rejected_at": microseconds(event.rejected_at)}
    for column in ("sent_to", "acknowledged_by"):
        values[column] = names(name for name in known(rows, event, column) if name != event.recipient)
    values |= told_again(event, rows(OBLIGATION, key(event)) or {}, "rejected")
    yield Change(OBLIGATION, key(event), values)
