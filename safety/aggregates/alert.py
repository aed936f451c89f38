"""An alert: what is owed to a role because of a fact; it is an intent in the log until a receipt pays it."""

from dataclasses import dataclass, replace
from uuid import UUID, uuid5

from safety.aggregates.deciding import AlertForm, Form, UnknownEvent, event, folds
from safety.values import Code, Instant, Role

ALERTS = UUID("6f8e0c52-53a7-5b0e-9d58-0d7f5f0b9c11")


def alert_id(stream: str, version: int, rule: str, role: Role, rung: int) -> str:
    """Derive the id of an alert from the fact that owes it, so that the same fact never owes it twice."""
    return str(uuid5(ALERTS, f"{stream}@{version}|{rule}|{role}|{rung}")).upper()


@event("alert.raised.v1")
class Raised(AlertForm):
    """The role is owed this alert; `concerning` holds `subject/number` of the adverse events."""

    rule: Code
    role: Role
    rung: int = 1
    concerning: tuple[str, ...]
    due_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    """What an alert has come to."""

    raised: bool = False


@folds("alert", Alert)
def evolve(state: Alert, happened: Form) -> Alert:
    """Fold one event into the alert."""
    match happened:
        case Raised():
            return replace(state, raised=True)
        case _:
            raise UnknownEvent(happened)
