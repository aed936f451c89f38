"""An alert: what is owed to a role because of a fact; an intent in the log, owed until a named human has acknowledged it."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid5

from safety.aggregates.deciding import AlertForm, Form, UnknownEvent, event, folds
from safety.aggregates.ladder import Urgency
from safety.values import AccountId, Code, Instant, Number, Role
from safety.written import Count

ALERTS = UUID("6f8e0c52-53a7-5b0e-9d58-0d7f5f0b9c11")


def alert_id(stream: str, version: int, rule: str, role: Role, rung: int) -> str:
    """Derive the id of an alert from the fact that owes it, so that the same fact never owes it twice."""
    return str(uuid5(ALERTS, f"{stream}@{version}|{rule}|{role}|{rung}")).upper()


@event("alert.raised.v1")
class Raised(AlertForm):
    """The role is owed this alert; `concerning` holds `subject/number` of the adverse events, or what else it is about.

    The first alert of a chain is its root; the others name it (`root`), count on (`rung`, from 2), and say which repeat of
    the last rung they are (`repeat`). A reminder of another alert's `due_at` names that alert (`reminds`) and counts
    (`reminder`, from 1); it begins a chain of its own.

    `next_at`: if nobody has acknowledged by then, the next rung is owed; of a root that is not urgent: its digest goes out.
    `remind_at`: the next reminder of `due_at` is owed then, unless what is due is settled.
    """

    rule: Code
    role: Role
    rung: Number = 1
    concerning: tuple[str, ...]
    due_at: Instant | None = None
    urgency: Urgency = "urgent"
    root: Code | None = None
    repeat: Count | None = None
    reminds: Code | None = None
    reminder: Count | None = None
    next_at: Instant | None = None
    remind_at: Instant | None = None


@event("alert.released.v1")
class Released(AlertForm):
    """The digest's time has come: what was held for it is owed from here on."""

    next_at: Instant | None = None


@event("alert.acknowledged.v1")
class Acknowledged(AlertForm):
    """A named human has taken it on: the whole chain is paid; `through` is the rung that reached them, unless the root did."""

    acknowledged_by: AccountId | None = None
    through: Code | None = None


@event("alert.settled.v1")
class Settled(AlertForm):
    """What was due is done, or no longer due: nobody is reminded of it again, and no further rung is climbed."""


@dataclass(frozen=True, slots=True)
class Alert:
    """What an alert has come to; `held`: it waits for a digest; `next_at`: when the next of its chain is owed."""

    raised: Raised | None = None
    held: bool = False
    next_at: datetime | None = None
    acknowledged_by: str | None = None
    settled: bool = False


@folds("alert", Alert)
def evolve(state: Alert, happened: Form) -> Alert:
    """Fold one event into the alert."""
    match happened:
        case Raised():
            held = happened.urgency == "digest" and happened.root is None
            return replace(state, raised=happened, held=held, next_at=happened.next_at)
        case Released():
            return replace(state, held=False, next_at=happened.next_at)
        case Acknowledged():
            return replace(state, acknowledged_by=happened.acknowledged_by)
        case Settled():
            return replace(state, settled=True)
        case _:
            raise UnknownEvent(happened)
