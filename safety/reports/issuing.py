"""Issues the periodic reports that fell due: opens what the schedule owes, renders it at its lock point, and keeps it whole."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from safety.aggregates.account import OPERATOR
from safety.aggregates.deciding import Refused
from safety.aggregates.periodic_report import Issued, Opened, ReportIssued, ReportOpened, stream_of
from safety.desk import Desk, OtherContent
from safety.journal import Journal
from safety.projections import At, Views
from safety.projections.periodic_figures import trial_files
from safety.projections.periodic_report import periodic_reports
from safety.projections.trials import definition, trials
from safety.regulation.periodic import INSTANT, Kind, Period, period_ending, schedule
from safety.reports import LAYOUT
from safety.reports.document import Lock
from safety.reports.rendering import render
from safety.values import end_of_day, microseconds


class Owed(NamedTuple):
    """A period of a trial whose lock point has passed and whose report is not issued."""

    trial: str
    period: Period
    opened: bool


def locked(journal: Journal, period: Period, zone: str, *, now: datetime) -> Lock:
    """Resolve a period to positions of the log: the last one before its lock point, and the last one before it began."""
    since = end_of_day(period.begins_on, zone) if period.begins_on > period.ends_on else _before(period, zone)
    return Lock(
        period,
        journal.position_at(microseconds(period.locked_at - INSTANT)),
        journal.position_at(microseconds(since)),
        provisional=now < period.locked_at,
    )


def _before(period: Period, zone: str) -> datetime:
    return datetime(period.begins_on.year, period.begins_on.month, period.begins_on.day, tzinfo=ZoneInfo(zone)) - INSTANT
