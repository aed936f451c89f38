"""The demo's development safety update reports: issued at their lock points as the tick would, sent in time, ended with the trial."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

from notifications.demo.filing import SAFETY_OFFICER, Step, VirtualClock, at
from notifications.demo.record import TRIAL
from safety.aggregates.account import OPERATOR
from safety.aggregates.alert import Acknowledged
from safety.aggregates.periodic_report import REPORT_ISSUED, Submitted
from safety.aggregates.trial import Amended, Definition
from safety.home import Home
from safety.projections import At
from safety.projections.inbox import inbox
from safety.projections.periodic_report import periodic_reports
from safety.reports.issuing import issue_due
from safety.tick import ladders, lately
from safety.values import code

LOCKED = (date(2018, 11, 1), date(2019, 11, 1))
"""The days after the lock points that fall into the story; its trial is over before the second, whose report is the last."""
SENT_AFTER = timedelta(days=35)
"""The report is written and sent well within its sixty days."""
OVER = date(2019, 12, 16)
"""The day on which the trial's file is amended: what has ended owes no report for another year."""


class Act(NamedTuple):
    """Something of the story that depends on what the log holds by then: when, and what is done."""

    at: datetime
    steps: Callable[[Home], Iterator[Step]]


def acts(trial_file: str) -> list[Act]:
    """Everything about the reports, in the order of its moments."""
    found = []
    for day in LOCKED:
        # The tick finds the lock point; the digest of the next morning tells of the report.
        found += [Act(at(day, 0, 1), issuing), Act(at(day, 8, 1), telling), Act(at(day, 9, 30), acknowledging)]
        found.append(Act(at(day + SENT_AFTER, 10), sending))
    return [*found, Act(at(OVER, 10), lambda _: ending(trial_file))]


def live(home: Home, clock: VirtualClock, act: Act, deliver: Callable[[Home], object]) -> None:
    """Do one act about the periodic reports, and deliver what it made owed."""
    clock.moment, before = max(act.at, clock.moment), home.journal.head().position
    for step in list(act.steps(home)):
        home.desk.do(step.command, step.form, by=step.by, command_id=step.id)
    if home.journal.head().position > before:
        deliver(home)


def issuing(home: Home) -> Iterator[Step]:
    """Issue what is locked: the tick's own duty."""
    home.views.catch_up(home.journal)
    with home.views.connect() as connection:
        issue_due(home.desk, connection, home.doors.clock())
    yield from ()


def telling(home: Home) -> Iterator[Step]:
    """Let out the digests whose time has come: the tick's own duty, as a demo has it."""
    home.views.catch_up(home.journal)
    with home.views.connect() as connection:
        lately(ladders)(home.desk, connection, home.doors.clock())
    yield from ()


def acknowledging(home: Home) -> Iterator[Step]:
    """The safety officer has read that a report was issued."""
    moment = home.doors.clock()
    home.views.catch_up(home.journal)
    with home.views.connect() as connection:
        alerts = inbox(connection, TRIAL, home.views.now(connection))["alerts"]
    for alert in alerts:
        if alert["rule"] == REPORT_ISSUED and alert["state"] == "sent":
            form = Acknowledged(trial=TRIAL, alert=alert["id"])
            yield Step(moment, SAFETY_OFFICER, "alert.acknowledge", form, f"demo-report-seen-{alert['id']}")


def sending(home: Home) -> Iterator[Step]:
    """The safety officer sends what is issued to everybody who is owed it, and says so."""
    moment = home.doors.clock()
    home.views.catch_up(home.journal)
    with home.views.connect() as connection:
        rows = periodic_reports(connection, TRIAL, At(home.journal.head().position))
    for row in rows:
        if row["issued_at"] is None or row["submitted"]:
            continue
        for to in map(code, row["owed"].to):
            said = {"trial": TRIAL, "kind": row["kind"], "period": row["period"], "to": to, "submitted_at": moment}
            ident = f"demo-report-sent-{row['period']}-{to}"
            yield Step(moment, SAFETY_OFFICER, "periodic_report.submit", Submitted.model_validate(said), ident)


def ending(trial_file: str) -> Iterator[Step]:
    """The trial's file says from now on that no further report is owed."""
    parts = trial_file.split("\n\n")
    file = "\n\n".join(part for part in parts if "[periodic.dsur]" not in part)
    reason = "the trial has ended: the development safety update report to 2019-10-31 is its last"
    form = Amended(trial=TRIAL, file=file, definition=Definition.from_toml(file), reason=reason)
    yield Step(at(OVER, 10), OPERATOR, "trial.amend", form, "demo-trial-over")
