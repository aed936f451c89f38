"""Which alerts are owed to which role for what has just happened: pure, and asked in the same append as the facts."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from safety.aggregates.adverse_event import AdverseEvents, Reported
from safety.aggregates.alert import Raised, alert_id
from safety.aggregates.deciding import Form, StreamState, SubjectForm
from safety.aggregates.periodic_report import Issued, PeriodicReport
from safety.values import Role

SERIOUS_REPORTED = "SAE-REPORTED"
SERIOUS_ESCALATED = "SAE-ESCALATED"
SERIOUS_IMPORTED = "SAE-IMPORTED"
REPORT_ISSUED = "PERIODIC-REPORT-ISSUED"

FIRST_RUNG: Role = "safety_officer"
"""Who hears of a serious adverse event first."""


class Happened(NamedTuple):
    """An event that a decision has just made, and its stream's state before and after it."""

    event: Form
    before: StreamState
    after: StreamState


def became_serious(happened: Happened) -> int | None:
    """Give the number of the adverse event that is serious now and was not, in the reading of duties; None if there is none."""
    if not happened.event.TOPIC.startswith("adverse_event."):
        return None
    number: int = happened.event.__dict__["number"]
    now = happened.after.slice(AdverseEvents).by_number[number]
    if not now.serious:
        return None
    was = happened.before.slice(AdverseEvents).by_number.get(number)
    return None if was is not None and was.serious else number


def alerts(decided: Iterable[Happened]) -> list[Raised]:
    """Owe the safety officer every adverse event that is reported serious or becomes so (21 CFR 312.64(b); CTR Art. 41)."""
    owed = []
    for happened in decided:
        owed += alert_of_report(happened)
        number = became_serious(happened)
        if number is None or not isinstance(happened.event, SubjectForm):
            continue
        event = happened.event
        rule = SERIOUS_REPORTED if isinstance(event, Reported) else SERIOUS_ESCALATED
        owed.append(
            Raised(
                trial=event.trial,
                alert=alert_id(event.stream, happened.after.version, rule, FIRST_RUNG, 1),
                rule=rule,
                role=FIRST_RUNG,
                concerning=(f"{event.subject}/{number}",),
            )
        )
    return owed


def alert_of_report(happened: Happened) -> list[Raised]:
    """Announce a periodic report that was issued to who has to submit it, with the limit it has to be submitted by."""
    report = happened.event
    if not isinstance(report, Issued):
        return []
    limit = happened.after.slice(PeriodicReport).owed
    alert = alert_id(report.stream, happened.after.version, REPORT_ISSUED, FIRST_RUNG, 1)
    concerning = (f"{report.kind} {report.period}",)
    due_at = None if limit is None else limit.due_at
    return [
        Raised(
            trial=report.trial,
            alert=alert,
            rule=REPORT_ISSUED,
            role=FIRST_RUNG,
            concerning=concerning,
            due_at=due_at,
        )
    ]


def alert_of_import(trial: str, stream: str, version: int, concerning: Sequence[str]) -> list[Raised]:
    """Owe one alert a role for all serious adverse events that one import brought."""
    if not concerning:
        return []
    alert = alert_id(stream, version, SERIOUS_IMPORTED, FIRST_RUNG, 1)
    raised = Raised(trial=trial, alert=alert, rule=SERIOUS_IMPORTED, role=FIRST_RUNG, concerning=tuple(concerning))
    return [raised]
