"""What a filing would set off: who is alerted, which clocks start, due when and why; asked of the desk, which writes nothing."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from safety.aggregates.adverse_event import Reported
from safety.aggregates.alert import Raised
from safety.aggregates.deciding import Form
from safety.aggregates.ladder import Step
from safety.aggregates.obligation import Opened
from safety.projections.on_duty import recipients
from safety.web.asking import Asked
from safety.web.words import N_

REPORT = "adverse_event.report"
BECAUSE = {
    "SAE-REPORTED": N_("a serious adverse event is reported"),
    "OBLIGATION-OPENED": N_("a clock runs out within 8 days"),
}
"""Why an alert goes out at once, by its rule."""
PARTIES = {"investigator": N_("the investigator"), "institution": N_("the institution"), "sponsor": N_("the sponsor")}


class Alerted(NamedTuple):
    """Somebody who hears at once: the role it is owed to, whom they stand in for, and why."""

    account: str
    role: str
    reason: str
    instead_of: str | None
    has_address: bool
    because: tuple[str, ...]


class Instead(NamedTuple):
    """What another answer would change: which answer, the clocks that only it would start, and how many would hear at once."""

    answer: str
    clocks: tuple[Opened, ...]
    alerted: int


class SetOff(NamedTuple):
    """What a filing would set off."""

    alerted: tuple[Alerted, ...]
    digests: tuple[Raised, ...]
    clocks: tuple[Opened, ...]
    next_step: Step | None
    instead: tuple[Instead, ...]


def set_off(ask: Asked, form: Reported) -> SetOff:
    """Ask the desk what a report would come to now, and what it would come to with other answers.

    Raises:
        Refused: by a rule of the domain, as the filing itself would be.

    """
    events = would(ask, form)
    raised = [event for event in events if isinstance(event, Raised)]
    urgent = [one for one in raised if one.urgency == "urgent"]
    ladder = ask.governs.ladder if ask.governs else None
    clocks, alerted = opened(events), people(ask, urgent)
    # Asked a moment later, an awareness that is now would be later too: the other answers are about the same moment.
    same = form.model_copy(update={"aware": next(event.aware for event in events if isinstance(event, Reported))})
    return SetOff(
        alerted,
        tuple(one for one in raised if one.urgency == "digest"),
        clocks,
        ladder.step("urgent", 2) if ladder and urgent else None,
        tuple(
            Instead(
                answer,
                tuple(one for one in other if name(one) not in names(clocks)),
                len(people(ask, [one for one in came if is_urgent(one)])),
            )
            for answer, changed in answers(ask, form)
            if names(other := opened(came := would(ask, same.model_copy(update=changed)))) != names(clocks)
        ),
    )


def would(ask: Asked, form: Reported) -> tuple[Form, ...]:
    """Ask the desk."""
    return ask.home.desk.would(REPORT, form, by=ask.account)


def is_urgent(event: Form) -> bool:
    """Say whether an event is an alert that goes out at once."""
    return isinstance(event, Raised) and event.urgency == "urgent"


def opened(events: Iterable[Form]) -> tuple[Opened, ...]:
    """Give the clocks that would start, what runs out first above; one without a number is due at once."""
    found = [event for event in events if isinstance(event, Opened)]
    return tuple(sorted(found, key=lambda one: (due_of(one), one.obligation)))


def due_of(clock: Opened) -> datetime:
    """Give the moment from which it is too late; what is due immediately, or has no stated number, from its start."""
    return clock.due_at or clock.starts_at


def names(clocks: Sequence[Opened]) -> set[tuple[str, datetime | None]]:
    """Tell clocks apart by rule and due time."""
    return {name(one) for one in clocks}


def name(clock: Opened) -> tuple[str, datetime | None]:
    """Name a clock by rule and due time."""
    return clock.obligation, clock.due_at


def people(ask: Asked, urgent: Sequence[Form]) -> tuple[Alerted, ...]:
    """Give everybody who would hear at once, each once with every reason."""
    addresses = {person.account for person in ask.home.directory.people() if person.email}
    found: dict[str, Alerted] = {}
    with ask.reading() as connection:
        for one in urgent:
            if not isinstance(one, Raised):
                continue
            for who in recipients(connection, one.role, ask.trial, ask.moment):
                known = found.get(who.account)
                because = (known.because if known else ()) + (
                    () if known and one.rule in known.because else (one.rule,)
                )
                found[who.account] = Alerted(
                    who.account, one.role, who.reason, who.instead_of, who.account in addresses, because
                )
    return tuple(found.values())


def answers(ask: Asked, form: Reported) -> list[tuple[str, dict[str, str]]]:
    """Give the answers that may change what is due, other than those given."""
    found: list[tuple[str, dict[str, str]]] = []
    if form.serious != "Y" and not any(form.__dict__[name] == "Y" for name in ("hospitalisation", "life_threatening")):
        found.append((N_("You call it serious"), {"serious": "Y"}))
    if "Y" not in (form.results_in_death, form.life_threatening):
        found.append((N_("You tick death or life-threatening"), {"serious": "Y", "life_threatening": "Y"}))
    related = ask.governs.causality.related if ask.governs else ()
    if related and form.causality is not None and form.causality not in related:
        found.append((N_("You answer that it is related"), {"causality": related[0]}))
    return found
