"""Issues the periodic reports that fell due: opens what the schedule owes, renders it at its lock point, and keeps it whole."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from jinja2 import TemplateError

from safety.aggregates.account import OPERATOR
from safety.aggregates.alert import Raised, alert_id
from safety.aggregates.periodic_report import Issued, NotScheduled, Opened, ReportIssued, ReportOpened, stream_of
from safety.desk import Desk, OtherContent
from safety.journal import Journal
from safety.projections import At, Connection, Views
from safety.projections.periodic_figures import trial_files
from safety.projections.periodic_report import periodic_reports
from safety.projections.trials import definition, trials
from safety.regulation.periodic import DAY, INSTANT, Period, schedule
from safety.reports import LAYOUT
from safety.reports.document import Lock
from safety.reports.rendering import Rendered, render
from safety.tick import LONG_AGO
from safety.values import end_of_day, microseconds

REPORT_FAILED = "PERIODIC-REPORT-FAILED"
"""The rule of the alert that a report which is due could not be rendered."""
FAULTS = (TemplateError, LookupError, ValueError, TypeError, ArithmeticError, AttributeError)
"""What a template or a figure raises that is wrong; what the machine raises is another matter and ends the tick."""


class Owed(NamedTuple):
    """A report whose lock point has passed and that is not issued; `opened`: its stream says so already."""

    trial: str
    zone: str
    period: Period
    opened: bool


def locked(journal: Journal, period: Period, zone: str, *, provisional: bool = False) -> Lock:
    """Resolve a period to positions of the log: the last one before its lock point, and the last one before it began."""
    return Lock(
        period,
        journal.position_at(microseconds(period.locked_at - INSTANT)),
        journal.position_at(microseconds(end_of_day(period.begins_on - DAY, zone))),
        provisional,
    )


def issue_all(desk: Desk, views: Views, now: datetime) -> int:
    """Issue what is due until nothing more is, and give how many reports that was."""
    issued_in_all = 0
    while True:
        views.catch_up(desk.journal)
        with views.connect() as connection:
            count = issue_due(desk, connection, now)
        if not count:
            return issued_in_all
        issued_in_all += count


def issue_due(desk: Desk, connection: Connection, now: datetime, since: datetime = LONG_AGO) -> int:
    """Open and issue every report whose lock point has passed, after `since` where it is not open yet, and give how many were issued: a duty of the tick.

    Late, doubled and missed calls change when, never what: a report is issued once, from the same position, whoever calls.
    A period that ended before the trial was on record in this log is not owed by it. A report that cannot be rendered is
    told to the operators once, is tried again at every tick, and keeps no other from being issued.
    """
    at = At(Views.position(connection))
    return sum(issued_now(desk, connection, one) for one in owing(connection, at, desk.journal, now, since))


def owing(connection: Connection, at: At, journal: Journal, now: datetime, since: datetime = LONG_AGO) -> list[Owed]:
    """List what is owed and not issued: what was opened, and what the schedule of each trial says has been locked since."""
    return [
        one for row in trials(connection, at) for one in of_trial(connection, row["trial"], at, journal, (since, now))
    ]


def of_trial(
    connection: Connection, trial: str, at: At, journal: Journal, within: tuple[datetime, datetime]
) -> Sequence[Owed]:
    """List what one trial owes: what was opened, and what was locked within two moments."""
    after, now = within
    governs = definition(connection, trial, at)
    known = {(row["kind"], row["period"]): row for row in periodic_reports(connection, trial, at)}
    begun = [Owed(trial, governs.zone, row["owed"], opened=True) for row in known.values() if row["issued_at"] is None]
    since = max(on_record_since(connection, trial, at, journal), microseconds(after))
    today = now.astimezone(ZoneInfo(governs.zone)).date()
    fresh = [
        Owed(trial, governs.zone, period, opened=False)
        for period in schedule(governs.periodic, governs.zone, today)
        if period.locked_at <= now
        and (period.kind, period.period) not in known
        and since < microseconds(period.locked_at)
    ]
    return [*begun, *fresh]


def on_record_since(connection: Connection, trial: str, at: At, journal: Journal) -> int:
    """Say when the log took the trial's registration: a lock point up to then has nothing to report on."""
    return journal.recorded_at(trial_files(connection, trial, at)[0]["position"]) or 0


def issued_now(desk: Desk, connection: Connection, owed: Owed) -> bool:
    """Open one report if need be, and issue it; say whether it was this call that issued it."""
    try:
        if not owed.opened:
            open_one(desk, owed)
        lock = locked(desk.journal, owed.period, owed.zone)
        if not settled(desk.journal, owed.period) or Views.position(connection) < lock.position:
            return False
        form = issued(owed.trial, lock, render(connection, owed.trial, lock))
        return not desk.do("periodic_report.issue", form, by=OPERATOR, command_id=f"{form.stream}-issued").repeated
    except (ReportIssued, OtherContent, NotScheduled):
        # Another process was first, or the trial's file was amended meanwhile: the next tick sees what stands.
        return False
    except FAULTS as fault:
        tell_failed(desk, owed, type(fault).__name__)
        return False


def tell_failed(desk: Desk, owed: Owed, fault: str) -> None:
    """Owe the operators one alert for a report that cannot be rendered, one for each class of fault."""
    kind, period = owed.period.kind, owed.period.period
    alert = alert_id(f"{stream_of(owed.trial, kind, period)}|{fault}", 1, REPORT_FAILED, "operator", 1)
    concerning = (f"{kind} {period}", fault)
    form = Raised(trial=owed.trial, alert=alert, rule=REPORT_FAILED, role="operator", concerning=concerning)
    desk.do("alert.raise", form, by=OPERATOR, command_id=f"raise-{alert}")


def open_one(desk: Desk, owed: Owed) -> None:
    """Open a report, unless another process has just done so."""
    period = owed.period
    form = Opened.model_validate(
        {"trial": owed.trial, "kind": period.kind, "period": period.period, "owed": period.model_dump()}
    )
    try:
        desk.do("periodic_report.open", form, by=OPERATOR, command_id=f"{form.stream}-opened")
    except ReportOpened:
        return


def settled(journal: Journal, period: Period) -> bool:
    """Say whether nothing can be recorded before the lock point any more: times rise, and the log's head is beyond it."""
    return journal.head().recorded_at >= microseconds(period.locked_at)


def issued(trial: str, lock: Lock, rendered: Rendered) -> Issued:
    """Make the event that keeps a rendered report."""
    reference = rendered.document["reference_safety_information"]["in_force"]
    return Issued(
        trial=trial,
        kind=lock.period.kind,
        period=lock.period.period,
        position=lock.position,
        since_position=lock.since_position,
        reference_safety_information=None if reference is None else reference["version"],
        layout=LAYOUT,
        html_sha256=rendered.html_sha256,
        text_sha256=rendered.text_sha256,
        html=rendered.html,
        text=rendered.text,
    )
