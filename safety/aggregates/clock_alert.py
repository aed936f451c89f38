"""The alert of a clock: what its party is told when it begins or goes on, under an id that follows from the obligation."""

from datetime import datetime
from typing import NamedTuple

from safety.aggregates.alert import Raised, alert_id
from safety.aggregates.deciding import States
from safety.aggregates.ladder import Urgency
from safety.aggregates.obligation import Obligation, Obligations, Opened
from safety.values import Party, Role

OBLIGATION_OPENED = "OBLIGATION-OPENED"
OBLIGATION_REJECTED = "OBLIGATION-REJECTED"


class Clock(NamedTuple):
    """A clock as its alert names it."""

    trial: str
    subject: str
    number: int
    obligation: str
    party: Party
    due_at: datetime | None


def role_of(party: Party) -> Role:
    """Say which role hears of a clock: the investigator of the site's, the safety officer of the sponsor's."""
    return "investigator" if party == "site" else "safety_officer"


def running_alert(opened: Opened, rejections: int = 0, urgency: Urgency = "urgent") -> Raised:
    """Give the alert of a clock that runs: one for its opening, and one for each rejection, after which it goes on."""
    return alert_of(named(opened), rejections, urgency)


def named(opened: Opened) -> Clock:
    """Give a clock as its alert names it."""
    of = opened.__dict__
    return Clock(**{name: of[name] for name in Clock._fields})


def alert_of(clock: Clock, rejections: int = 0, urgency: Urgency = "urgent") -> Raised:
    """Give the alert of a clock by what names it."""
    rule, role = rule_and_role(clock, rejections)
    return Raised(
        trial=clock.trial,
        alert=running_id(clock, rejections),
        rule=rule,
        role=role,
        urgency=urgency,
        # With a colon: what has a slash and a number is an adverse event.
        concerning=(f"{clock.subject}/{clock.number}", clock.obligation.replace("/", ":")),
        due_at=clock.due_at,
    )


def rule_and_role(clock: Clock, rejections: int) -> tuple[str, Role]:
    """Say by which rule which role hears of a clock."""
    return OBLIGATION_REJECTED if rejections else OBLIGATION_OPENED, role_of(clock.party)


def running_id(clock: Clock, rejections: int = 0) -> str:
    """Give the id of the alert of a clock: it follows from the obligation and how often its report was rejected."""
    place = f"{clock.trial}/subject/{clock.subject}/{clock.number}/{clock.obligation}"
    return alert_id(place, 1 + rejections, *rule_and_role(clock, rejections), 1)


def clock_of(states: States, raised: Raised) -> Obligation | None:
    """Find the clock that an alert is about; None of an alert about anything else."""
    if raised.rule not in {OBLIGATION_OPENED, OBLIGATION_REJECTED}:
        return None
    return clock_named(states, raised.trial, *raised.concerning)


def clock_named(states: States, trial: str, about: str, name: str) -> Obligation | None:
    """Find a clock by what its alert, or a reminder of it, concerns: an adverse event, and the obligation with a colon."""
    subject, _, number = about.rpartition("/")
    obligations = states(f"{trial}/subject/{subject}", Obligations).of(int(number))
    return obligations.get(name.replace(":", "/"))
