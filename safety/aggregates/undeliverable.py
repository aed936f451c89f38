"""The alerts of delivery itself: who cannot be reached, and at which message the program failed; owed to the operator."""

from collections.abc import Iterator
from datetime import datetime
from itertools import count
from typing import NamedTuple

from safety.aggregates.alert import Alert, Raised, Settled, alert_id
from safety.aggregates.alerting import owed, terms
from safety.aggregates.deciding import AlertForm, Form, MessageForm, States, StreamState
from safety.aggregates.message import Failed, Faulted, Message, Sent, permanent

UNDELIVERABLE = "UNDELIVERABLE"
TEMPLATE_FAILED = "TEMPLATE-FAILED"
DELIVERY_FAILED = "DELIVERY-FAILED"
HOOK = "-"
"""Stands for whom a webhook reaches: it has one address for everybody."""


class Standing(NamedTuple):
    """The alert of who cannot be reached: its id, and whether it stands; one that was paid gives way to the next."""

    alert: str
    stands: bool


def of_delivery(happened: Form, after: StreamState, states: States, at: datetime) -> list[AlertForm]:
    """Owe the operator a message that bounced, or at which the program failed: somebody must hear of a fault.

    A message to the operators themselves owes nothing more, or one bounce would owe the next for ever. A person who cannot be
    reached is one alert, until somebody acknowledges it or that person's mail is taken again, which settles it.
    """
    match happened:
        case Failed(error=error) if permanent(error):
            raised = unreachable(happened, after.slice(Message), states)
        case Sent(channel="smtp" | "webhook"):
            known = standing(happened, after.slice(Message), states)
            return [Settled(trial=happened.trial, alert=known.alert)] if known.stands else []
        case Faulted():
            rule = TEMPLATE_FAILED if happened.what == "template" else DELIVERY_FAILED
            alert = alert_id(happened.stream, after.version, rule, "operator", 1)
            raised = to_operator(happened, alert, rule, f"MESSAGE/{happened.message}")
        case _:
            return []
    if raised is None or after.slice(Message).role == "operator":
        return []
    return [owed(raised, terms(states, raised.trial), at)]


def unreachable(failed: Failed, message: Message, states: States) -> Raised | None:
    """Name who cannot be reached, and the message that showed it; None where the operator was told."""
    known, who = standing(failed, message, states), whom(failed, message)
    if known.stands:
        return None
    account = () if who == HOOK else (f"ACCOUNT:{who}",)
    return to_operator(failed, known.alert, UNDELIVERABLE, f"MESSAGE/{failed.message}", *account)


def whom(event: Failed | Sent, message: Message) -> str:
    """Say whom a channel reaches."""
    return HOOK if event.channel == "webhook" else (message.to or "")


def standing(event: Failed | Sent, message: Message, states: States) -> Standing:
    """Find the alert that stands, or the id of the next: the first that nobody has acknowledged and nothing settled."""
    return next(known for known in episodes(event, whom(event, message), states) if known is not None)


def episodes(event: Failed | Sent, who: str, states: States) -> Iterator[Standing | None]:
    """Go through the alerts of who cannot be reached, from the first; None for one that was paid."""
    place = f"{event.trial}/undeliverable/{event.channel}/{who}"
    for episode in count(1):
        alert = alert_id(place, episode, UNDELIVERABLE, "operator", 1)
        known = states(f"{event.trial}/alert/{alert}", Alert)
        paid = known.acknowledged_by is not None or known.settled
        yield None if paid else Standing(alert, known.raised is not None)


def to_operator(event: MessageForm, alert: str, rule: str, *concerning: str) -> Raised:
    """Fill in an alert about a message."""
    return Raised(trial=event.trial, alert=alert, rule=rule, role="operator", concerning=concerning)
