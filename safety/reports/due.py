"""What periodic reports a trial owes at a moment: what is ahead, what is owed, and what came when, on time or late."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from safety.aggregates.periodic_report import went_to_all
from safety.journal import Journal
from safety.projections import At, Connection
from safety.projections.periodic_report import periodic_reports
from safety.projections.trials import definition
from safety.regulation.periodic import RULES, Period, schedule
from safety.reports.issuing import on_record_since
from safety.values import microseconds

Row = Mapping[str, Any]


def due(connection: Connection, trial: str, at: At, journal: Journal, moment: datetime) -> list[dict[str, Any]]:
    """List every period up to the next of each kind, with its limit and how it stands at a moment.

    Raises:
        UnknownTrial: there is no such trial.

    """
    governs = definition(connection, trial, at)
    known = {(row["kind"], row["period"]): row for row in periodic_reports(connection, trial, at)}
    today = moment.astimezone(ZoneInfo(governs.zone)).date()
    periods = {(p.kind, p.period): p for p in schedule(governs.periodic, governs.zone, today)}
    periods |= {name: row["owed"] for name, row in known.items()}
    since = on_record_since(connection, trial, at, journal)
    told = []
    for name, period in sorted(periods.items(), key=lambda item: (item[1].ends_on, item[1].kind)):
        early = microseconds(period.locked_at) <= since
        told.append({**limits(period), **standing(period, known.get(name), moment, before_the_record=early)})
    return told


def overdue(connection: Connection, trial: str, at: At, journal: Journal, moment: datetime) -> int:
    """Count the reports that are past their limit at a moment and were not submitted to everybody; raises UnknownTrial."""
    return sum(row["punctuality"] == "overdue" for row in due(connection, trial, at, journal, moment))


def limits(period: Period) -> dict[str, Any]:
    """Say what a period covers, by when its report is due, to whom, and by which text."""
    told = period.model_dump(mode="json")
    return {**told, "title": RULES[period.kind].title, "limit": RULES[period.kind].limit}


def standing(period: Period, row: Row | None, moment: datetime, *, before_the_record: bool) -> dict[str, Any]:
    """Say how a report stands: its state, and once it is owed, whether it is in time.

    `punctuality`: `open` until the limit, `overdue` from the limit on, `met` or `met late` once it went to everybody it is
    owed to; None of a period that is not locked yet, or that ended before the trial was on record.
    """
    submitted: Mapping[str, str] = {} if row is None else row["submitted"]
    if row is None:
        state = "not on record" if before_the_record else "owed" if period.locked_at <= moment else "ahead"
    elif submitted:
        everywhere = went_to_all(period, submitted) and len(row["acknowledged"]) == len(submitted)
        state = "acknowledged" if everywhere else "submitted"
    else:
        state = "opened" if row["issued_at"] is None else "issued"
    return {"state": state, "punctuality": punctuality(period, state, submitted, moment)}


def punctuality(period: Period, state: str, submitted: Mapping[str, str], moment: datetime) -> str | None:
    """Say whether a report is in time; the limit is the first instant that is too late."""
    if period.due_at is None or state in {"not on record", "ahead"}:
        return None
    if went_to_all(period, submitted):
        return "met" if max(map(datetime.fromisoformat, submitted.values())) < period.due_at else "met late"
    return "overdue" if moment >= period.due_at else "open"
