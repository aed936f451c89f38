"""The periodic reports of a trial and what became of them, the reference safety information, and withdrawals with their causes."""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, select

from safety.aggregates.periodic_report import Acknowledged, Issued, Opened, ReportForm, Submitted
from safety.aggregates.subject import Withdrawn
from safety.aggregates.trial import ReferenceSafetyInformationIssued
from safety.projections.at import At, utc
from safety.projections.rows import Change, Key, Projection, Recorded, Rows, versioned
from safety.regulation.periodic import Period
from safety.values import microseconds

REPORT = versioned(
    "periodic_report",
    {"trial": str, "kind": str, "period": str},
    {
        "owed": str,
        "opened_at": int,
        "issued_at": int,
        "at_position": int,
        "since_position": int,
        "reference_safety_information": str,
        "html_sha256": str,
        "text_sha256": str,
        "submitted": str,
        "acknowledged": str,
    },
)
REFERENCE = versioned(
    "reference_safety_information",
    {"trial": str, "version": str},
    {"effective_on": str, "listed": int, "sha256": str},
)
WITHDRAWAL = versioned(
    "withdrawal", {"trial": str, "subject": str, "mode": str}, {"withdrawn_on": str, "adverse_event": int}
)
PROJECTION = Projection("periodic_report", (REPORT, REFERENCE, WITHDRAWAL))


def key(event: ReportForm) -> Key:
    """Say which report an event is about."""
    return (event.trial, event.kind, event.period)


@PROJECTION.on(Opened)
def opened(event: Opened, recorded: Recorded, _: Rows) -> Iterable[Change]:
    """A report is owed."""
    values = {"owed": event.owed.model_dump_json(), "opened_at": recorded.recorded_at}
    yield Change(REPORT, key(event), {**values, "submitted": "{}", "acknowledged": "{}"}, "opens")


@PROJECTION.on(Issued)
def issued(event: Issued, recorded: Recorded, _: Rows) -> Iterable[Change]:
    """The report stands; its text stays in the log."""
    kept = ("since_position", "reference_safety_information", "html_sha256", "text_sha256")
    values = {"issued_at": recorded.recorded_at, "at_position": event.position}
    yield Change(REPORT, key(event), {**values, **{name: event.__dict__[name] for name in kept}})


@PROJECTION.on(Submitted)
def submitted(event: Submitted, _: Recorded, rows: Rows) -> Iterable[Change]:
    """One more recipient has been sent the report."""
    yield Change(REPORT, key(event), noted(event, rows, "submitted", event.to, microseconds(event.submitted_at)))


@PROJECTION.on(Acknowledged)
def acknowledged(event: Acknowledged, _: Recorded, rows: Rows) -> Iterable[Change]:
    """One more recipient has confirmed it."""
    yield Change(REPORT, key(event), noted(event, rows, "acknowledged", event.to, microseconds(event.acknowledged_at)))


def noted(event: ReportForm, rows: Rows, column: str, to: str, at: int) -> dict[str, str]:
    """Put a recipient's moment beside those of the others, sorted by recipient."""
    known = json.loads((rows(REPORT, key(event)) or {}).get(column) or "{}")
    return {column: json.dumps({**known, to: at}, sort_keys=True, separators=(",", ":"))}


@PROJECTION.on(ReferenceSafetyInformationIssued)
def reference(event: ReferenceSafetyInformationIssued, *_: object) -> Iterable[Change]:
    """A version of the reference safety information is on record."""
    values = {"effective_on": event.effective_on.isoformat(), "listed": len(event.listed), "sha256": event.sha256}
    yield Change(REFERENCE, (event.trial, event.version), values, "opens")


@PROJECTION.on(Withdrawn)
def withdrawn(event: Withdrawn, *_: object) -> Iterable[Change]:
    """A subject withdrew in one mode, on a date, and perhaps because of an adverse event."""
    on = None if event.withdrawn_on is None else str(event.withdrawn_on)
    values = {"withdrawn_on": on, "adverse_event": event.because_of_adverse_event}
    yield Change(WITHDRAWAL, (event.trial, event.subject, event.mode), values, "adds")


def periodic_reports(connection: Connection, trial: str, at: At) -> list[dict[str, Any]]:
    """List a trial's reports by end of period, then kind; instants are ISO 8601 in UTC, `owed` the Period as it was opened."""
    table = REPORT.table
    ask = select(table).where(table.c.trial == trial, at.stands(table))
    rows = sorted(connection.execute(ask).mappings(), key=lambda row: (row["period"], row["kind"]))
    return [
        {
            "kind": row["kind"],
            "period": row["period"],
            "owed": Period.model_validate_json(row["owed"]),
            "opened_at": utc(row["opened_at"]),
            "issued_at": utc(row["issued_at"]),
            "position": row["at_position"],
            "since_position": row["since_position"],
            "reference_safety_information": row["reference_safety_information"],
            "html_sha256": row["html_sha256"],
            "text_sha256": row["text_sha256"],
            "submitted": {to: utc(moment) for to, moment in json.loads(row["submitted"]).items()},
            "acknowledged": {to: utc(moment) for to, moment in json.loads(row["acknowledged"]).items()},
        }
        for row in rows
    ]
