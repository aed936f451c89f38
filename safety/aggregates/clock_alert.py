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
OBLIGATION_ANTEDATED = "OBLIGATION-ANTEDATED"
OBLIGATION_LATE = "OBLIGATION-LATE"
RUNNING = {"opened": OBLIGATION_OPENED, "rejected": OBLIGATION_REJECTED, "antedated": OBLIGATION_ANTEDATED}
"""The rule of the alert of a clock that runs, by what it was last told of."""


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


def running_alert(known: Obligation, urgency: Urgency = "urgent") -> Raised:
    """Give the alert of a clock that runs: one each time that it begins, goes on after a rejection, or comes forward."""
    raised = alert_of(named(known.opened), urgency)
    return raised.model_copy(update={"rule": RUNNING[known.told_of], "alert": running_id(known)})


def named(opened: Opened) -> Clock:
    """Give a clock as its alert names it."""
    of = opened.__dict__
    return Clock(**{name: of[name] for name in Clock._fields})


def alert_of(clock: Clock, urgency: Urgency = "urgent") -> Raised:
    """Give the alert of a clock that begins, by what names it."""
    return Raised(
        trial=clock.trial,
        alert=opening_id(clock),
        rule=OBLIGATION_OPENED,
        role=role_of(clock.party),
        urgency=urgency,
        concerning=concerning(clock),
        due_at=clock.due_at,
    )


def late_alert(known: Obligation, stream: str, version: int) -> Raised:
    """Give the alert of a report that was in time when it was sent and is not any more; it names the event that says so."""
    clock, role = named(known.opened), role_of(known.opened.party)
    return Raised(
        trial=clock.trial,
        alert=alert_id(stream, version, OBLIGATION_LATE, role, 1),
        rule=OBLIGATION_LATE,
        role=role,
        # Nothing of it can be met any more, so nobody is called at night; and nothing is due, so nobody is reminded.
        urgency="digest",
        concerning=concerning(clock),
    )


def concerning(clock: Clock) -> tuple[str, str]:
    """Say what the alert of a clock is about."""
    return naming(clock.subject, clock.number, clock.obligation)


def naming(subject: str, number: int, obligation: str) -> tuple[str, str]:
    """Name the adverse event, and the obligation: with a colon, for what has a slash and a number is an adverse event."""
    return f"{subject}/{number}", obligation.replace("/", ":")


def opening_id(clock: Clock) -> str:
    """Give the id of the alert of a clock that begins: it follows from the obligation."""
    return id_of(clock, OBLIGATION_OPENED, 1)


def running_id(known: Obligation) -> str:
    """Give the id of the alert of a clock that runs: it follows from the obligation and how often it has been news."""
    return id_of(named(known.opened), RUNNING[known.told_of], known.told)


def id_of(clock: Clock, rule: str, told: int) -> str:
    """Give the id of an alert of a clock by what it says and the how manieth it is."""
    place = f"{clock.trial}/subject/{clock.subject}/{clock.number}/{clock.obligation}"
    return alert_id(place, told, rule, role_of(clock.party), 1)


def clock_of(states: States, raised: Raised) -> Obligation | None:
    """Find the clock that an alert is about; None of an alert about anything else."""
    if raised.rule not in RUNNING.values():
        return None
    return clock_named(states, raised.trial, *raised.concerning)


def clock_named(states: States, trial: str, about: str, name: str) -> Obligation | None:
    """Find a clock by what its alert, or a reminder of it, concerns: an adverse event, and the obligation with a colon."""
    subject, _, number = about.rpartition("/")
    obligations = states(f"{trial}/subject/{subject}", Obligations).of(int(number))
    return obligations.get(name.replace(":", "/"))
