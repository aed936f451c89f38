"""What the log says of an account, in the reader's words: who let it act as what, when, and why."""

from typing import NamedTuple

from safety.aggregates.account import AbsenceSet, Added, Changed, Revoked
from safety.aggregates.deciding import Form
from safety.web.asking import Asked
from safety.web.streams import events_of


class Step(NamedTuple):
    """One entry of the account's stream; `at` in microseconds from 1970 UTC."""

    position: int
    at: int
    by: str
    reason: str | None
    says: str


def account_history(ask: Asked, account: str) -> list[Step]:
    """List what became of an account up to the moment, the latest first."""
    found = []
    for one in events_of(ask, f"-/account/{account}"):
        about = one.about()
        found.append(Step(one.position, one.recorded_at, about.by, about.reason, said(ask, one.event)))
    return found[::-1]


def said(ask: Asked, event: Form) -> str:
    """Say one event."""
    match event:
        case Added():
            return ask.words("added: %(may)s", may=may(ask, event))
        case Changed():
            return ask.words("changed: %(may)s", may=may(ask, event))
        case Revoked():
            return ask.words("revoked")
        case AbsenceSet() if event.from_at == event.until_at:
            return ask.words("not away at %(when)s after all", when=ask.show.at(event.from_at))
        case AbsenceSet():
            span = {"begins": ask.show.at(event.from_at), "ends": ask.show.at(event.until_at)}
            return ask.words(
                "away %(begins)s – %(ends)s, covered by %(cover)s",
                cover=event.covered_by or ask.words("nobody"),
                **span,
            )
        case _:
            return event.TOPIC


def may(ask: Asked, event: Added | Changed) -> str:
    """Say what an account may do."""
    roles = ", ".join(ask.show.role(role) for role in event.roles)
    places = [
        ", ".join(event.trials) or ask.words("all trials"),
        *(ask.words("Site %(site)s", site=s) for s in event.sites or ()),
    ]
    return f"{roles}; {', '.join(places)}"
