"""What a filing would set off: who is alerted, which clocks start, due when and why; asked of the desk, which writes nothing."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from safety.aggregates.alert import Raised
from safety.aggregates.deciding import Form
from safety.aggregates.ladder import Step
from safety.aggregates.obligation import Antedated, Opened, Submitted, Superseded
from safety.projections.concerning import sites_that_hear
from safety.projections.on_duty import recipients
from safety.web.asking import Asked
from safety.web.words import N_

REPORT = "adverse_event.report"
BECAUSE = {
    "SAE-REPORTED": N_("a serious adverse event is reported"),
    "SAE-ESCALATED": N_("the event has become serious"),
    "SAE-WORSENED": N_("a serious event has worsened"),
    "SAE-DOWNGRADED": N_("the event is no longer called serious"),
    "OBLIGATION-OPENED": N_("a clock runs out within 8 days"),
    "OBLIGATION-ANTEDATED": N_("a report that is still owed is due earlier"),
}
"""Why an alert goes out at once, by its rule."""
PARTIES = {"investigator": N_("the investigator"), "institution": N_("the institution"), "sponsor": N_("the sponsor")}


class Alerted(NamedTuple):
    """Somebody who hears at once: the role it is owed to, whom they stand in for, and why."""

    account: str
    role: str
    reason: str
    instead_of: str | None
    because: tuple[str, ...]
    reached: str
    """By which way the alert comes, or that somebody must tell the person; in the reader's words."""


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
    made: frozenset[str]
    """Of the clocks those that the filing itself meets: it is the site's report to the sponsor."""
    superseded: tuple[Superseded, ...]
    antedated: tuple[Antedated, ...]
    """Reports that were sent and would turn out to have been due earlier."""
    next_step: Step | None
    instead: tuple[Instead, ...]


def set_off(ask: Asked, form: Form, record: Mapping[str, Any], command: str = REPORT) -> SetOff:
    """Ask the desk what a filing would come to now, and what it would come to with other answers.

    `record` is what the record would say after it.

    Raises:
        Refused: by a rule of the domain, as the filing itself would be.

    """
    events = would(ask, command, form)
    raised = [event for event in events if isinstance(event, Raised)]
    urgent = [one for one in raised if one.urgency == "urgent"]
    ladder = ask.governs.ladder if ask.governs else None
    return SetOff(
        people(ask, urgent),
        tuple(one for one in raised if one.urgency == "digest"),
        opened(events),
        frozenset(event.obligation for event in events if isinstance(event, Submitted)),
        tuple(event for event in events if isinstance(event, Superseded)),
        tuple(event for event in events if isinstance(event, Antedated)),
        ladder.step("urgent", 2) if ladder and urgent else None,
        # Asked a moment later, an awareness that is now would be later too: the other answers are about the same moment.
        otherwise(ask, command, form.model_copy(update={"aware": events[0].__dict__["aware"]}), record, opened(events)),
    )


def otherwise(
    ask: Asked, command: str, form: Form, record: Mapping[str, Any], clocks: Sequence[Opened]
) -> tuple[Instead, ...]:
    """Ask the desk about the other answers, and give those that would start other clocks."""
    found = []
    for answer, changed in answers(ask, record):
        came = would(ask, command, form.model_copy(update=changed))
        other = opened(came)
        if names(other) != names(clocks):
            only = tuple(one for one in other if name(one) not in names(clocks))
            found.append(Instead(answer, only, len(people(ask, [one for one in came if is_urgent(one)]))))
    return tuple(found)


def would(ask: Asked, command: str, form: Form) -> tuple[Form, ...]:
    """Ask the desk."""
    return ask.home.desk.would(command, form, by=ask.account)


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
            sites = sites_that_hear(connection, ask.trial, one.role, one.concerning, ask.at)
            for who in recipients(connection, one.role, ask.trial, ask.moment, sites):
                known = found.get(who.account)
                because = (known.because if known else ()) + (
                    () if known and one.rule in known.because else (one.rule,)
                )
                way = reached(ask, who.account, has_address=who.account in addresses)
                found[who.account] = Alerted(who.account, one.role, who.reason, who.instead_of, because, way)
    return tuple(found.values())


def reached(ask: Asked, account: str, *, has_address: bool) -> str:
    """Say by which channel an alert comes to somebody, as this process was set up; nothing of who reads this where none does."""
    said = ask.home.settings
    if said.smtp_url and has_address:
        return ask.words("By e-mail.")
    if said.webhook_url:
        return ask.words("Over the webhook.")
    if account == ask.account:
        return ""
    if said.smtp_url:
        return ask.words("No address is on record: tell this person yourself.")
    return ask.words("Into the mail folder of this machine only: tell this person yourself.")


def answers(ask: Asked, record: Mapping[str, Any]) -> list[tuple[str, dict[str, str]]]:
    """Give the answers that may change what is due, other than those given."""
    found: list[tuple[str, dict[str, str]]] = []
    if record.get("serious") != "Y" and not any(
        record.get(name) == "Y" for name in ("hospitalisation", "life_threatening")
    ):
        found.append((N_("You call it serious"), {"serious": "Y"}))
    if "Y" not in (record.get("results_in_death"), record.get("life_threatening")):
        found.append((N_("You tick death or life-threatening"), {"serious": "Y", "life_threatening": "Y"}))
    related = ask.governs.causality.related if ask.governs else ()
    if related and record.get("causality") is not None and record.get("causality") not in related:
        found.append((N_("You answer that it is related"), {"causality": related[0]}))
    return found
