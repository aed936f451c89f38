"""Which alerts are owed to which role for what has just happened: pure, and asked in the same append as the facts."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from safety.aggregates.adverse_event import AdverseEvents, Reported
from safety.aggregates.alert import Raised, alert_id
from safety.aggregates.deciding import Form, StreamState, SubjectForm
from safety.aggregates.message import Failed, Faulted, Message, permanent
from safety.values import Role

SERIOUS_REPORTED = "SAE-REPORTED"
SERIOUS_ESCALATED = "SAE-ESCALATED"
SERIOUS_IMPORTED = "SAE-IMPORTED"

UNDELIVERABLE = "UNDELIVERABLE"
TEMPLATE_FAILED = "TEMPLATE-FAILED"
DELIVERY_FAILED = "DELIVERY-FAILED"

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
        owed += fault_of_delivery(happened)
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


def fault_of_delivery(happened: Happened) -> list[Raised]:
    """Owe the operator a message that bounced, or at which the program failed: somebody must hear of a fault.

    A message to the operators themselves owes nothing more, or one bounce would owe the next for ever.
    """
    match happened.event:
        case Failed(error=error) if permanent(error):
            rule = UNDELIVERABLE
        case Faulted(what=what):
            rule = TEMPLATE_FAILED if what == "template" else DELIVERY_FAILED
        case _:
            return []
    message = happened.after.slice(Message)
    if message.role == "operator":
        return []
    event = happened.event
    alert = alert_id(event.stream, happened.after.version, rule, "operator", 1)
    concerning = (f"MESSAGE/{event.message}",)
    return [Raised(trial=event.trial, alert=alert, rule=rule, role="operator", concerning=concerning)]


def alert_of_import(trial: str, stream: str, version: int, concerning: Sequence[str]) -> list[Raised]:
    """Owe one alert a role for all serious adverse events that one import brought."""
    if not concerning:
        return []
    alert = alert_id(stream, version, SERIOUS_IMPORTED, FIRST_RUNG, 1)
    raised = Raised(trial=trial, alert=alert, rule=SERIOUS_IMPORTED, role=FIRST_RUNG, concerning=tuple(concerning))
    return [raised]
