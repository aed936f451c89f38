"""Which alerts are owed to which role for what has just happened: pure, and asked in the same append as the facts."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from safety.aggregates.adverse_event import AdverseEvent, AdverseEvents, Merged, Nullified, Reported
from safety.aggregates.alert import Alert, Raised, Settled, alert_id
from safety.aggregates.alerting import A_DAY, Terms, owed, terms
from safety.aggregates.clock_alert import late_alert, role_of, running_alert, running_id
from safety.aggregates.deciding import AlertForm, Form, States, StreamState, SubjectForm
from safety.aggregates.ladder import Urgency
from safety.aggregates.obligation import Antedated, Obligations, OfObligation, Opened, Rejected
from safety.aggregates.periodic_report import ANNOUNCED_TO, REPORT_ISSUED, Issued, PeriodicReport, announcement_id
from safety.aggregates.trial import DataImported, Trial
from safety.aggregates.undeliverable import of_delivery
from safety.values import Role

SERIOUS_REPORTED = "SAE-REPORTED"
SERIOUS_ESCALATED = "SAE-ESCALATED"
SERIOUS_WORSENED = "SAE-WORSENED"
SERIOUS_DOWNGRADED = "SAE-DOWNGRADED"
SERIOUS_NULLIFIED = "SAE-NULLIFIED"
SERIOUS_MERGED = "SAE-MERGED"
SERIOUS_IMPORTED = "SAE-IMPORTED"
OBLIGATIONS_IMPORTED = "OBLIGATIONS-IMPORTED"
SOON = timedelta(days=8)
"""A clock that ends within this time is told at once, another in the next digest; both are reminded of."""

FIRST_RUNG: Role = "safety_officer"
"""Who hears of a serious adverse event first."""


class Happened(NamedTuple):
    """An event that a decision has just made, and its stream's state before and after it."""

    event: Form
    before: StreamState
    after: StreamState


class OneEvent(NamedTuple):
    """One adverse event as something happened to it; `was` is None of one that has just been reported."""

    event: Form
    was: AdverseEvent | None
    now: AdverseEvent

    @property
    def was_serious(self) -> bool:
        """Serious in the reading of duties until now, and on record as an event."""
        return self.was is not None and self.was.serious and not self.was.nullified

    @property
    def is_serious(self) -> bool:
        """Serious in the reading of duties from now on, and on record as an event."""
        return self.now.serious and not self.now.nullified


def worst(ae: AdverseEvent | None) -> bool:
    """Say whether an adverse event is fatal or life-threatening, as far as it is stated."""
    said = {} if ae is None else ae.particulars
    return said.get("outcome") == "FATAL" or "Y" in (said.get("results_in_death"), said.get("life_threatening"))


class Rule(NamedTuple):
    """What is owed to whom, how urgently, when what has happened, and why."""

    rule: str
    role: Role
    urgency: Urgency
    when: Callable[[OneEvent], bool]
    why: str


RULES = (
    Rule(
        SERIOUS_REPORTED,
        FIRST_RUNG,
        "urgent",
        lambda ae: ae.is_serious and ae.was is None,
        "the sponsor hears of an SAE immediately: 21 CFR 312.64(b), CTR Art. 41(1) and (2)",
    ),
    Rule(
        SERIOUS_ESCALATED,
        FIRST_RUNG,
        "urgent",
        lambda ae: ae.is_serious and ae.was is not None and not ae.was_serious,
        "becoming serious is being an SAE: the same duty from here on",
    ),
    Rule(
        SERIOUS_WORSENED,
        FIRST_RUNG,
        "urgent",
        lambda ae: ae.is_serious and ae.was_serious and worst(ae.now) and not worst(ae.was),
        "fatal or life-threatening reactions have 7 days, not 15: ICH E2A III.B.1",
    ),
    Rule(
        SERIOUS_DOWNGRADED,
        FIRST_RUNG,
        "digest",
        lambda ae: ae.was_serious and not ae.now.serious,
        "what was sent as serious may need a follow-up that says it is not; no clock starts",
    ),
    Rule(
        SERIOUS_MERGED,
        FIRST_RUNG,
        "digest",
        lambda ae: ae.was_serious and isinstance(ae.event, Merged),
        "what was sent under a duplicate's number needs a nullification report: ICH E2B(R3) C.1.11.1 = 1",
    ),
    Rule(
        SERIOUS_NULLIFIED,
        FIRST_RUNG,
        "digest",
        lambda ae: ae.was_serious and isinstance(ae.event, Nullified),
        "what was sent needs a nullification report: ICH E2B(R3) C.1.11; no clock starts",
    ),
)
"""The duties of an adverse event; the first rule that fits is the one that is owed."""


def rule_of(ae: OneEvent) -> Rule | None:
    """Give the rule by which something is owed of an adverse event; None where nothing is."""
    return next((rule for rule in RULES if rule.when(ae)), None)


def adverse_event_of(happened: Happened) -> OneEvent | None:
    """Give the adverse event that something happened to; None where none did."""
    if not happened.event.TOPIC.startswith("adverse_event."):
        return None
    number: int = happened.event.__dict__["number"]
    was = None if isinstance(happened.event, Reported) else happened.before.slice(AdverseEvents).by_number.get(number)
    return OneEvent(happened.event, was, happened.after.slice(AdverseEvents).by_number[number])


def alerts(decided: Iterable[Happened], states: States, at: datetime) -> list[AlertForm]:
    """Owe what the rules say of each adverse event that something happened to, and each clock that has begun or ended."""
    found: list[AlertForm] = []
    decided = list(decided)
    came_to = {happened.event.stream: happened.after for happened in decided}
    for happened in decided:
        event = happened.event
        found += of_delivery(event, happened.after, states, at)
        if isinstance(event, OfObligation):
            found += of_obligation(event, happened, came_to[event.stream], states, at)
        elif isinstance(event, Issued):
            found.append(owed(announcement(happened, event), terms(states, event.trial), at))
        elif isinstance(event, SubjectForm) and (raised := of_adverse_event(event, happened)) is not None:
            found.append(owed(raised, terms(states, event.trial), at))
    return found


def of_adverse_event(event: SubjectForm, happened: Happened) -> Raised | None:
    """Call for what the rules say of the adverse event that something happened to; None where nothing is owed."""
    ae = adverse_event_of(happened)
    rule = None if ae is None else rule_of(ae)
    if rule is None:
        return None
    return Raised(
        trial=event.trial,
        alert=alert_id(event.stream, happened.after.version, rule.rule, rule.role, 1),
        rule=rule.rule,
        role=rule.role,
        urgency=rule.urgency,
        concerning=(f"{event.subject}/{event.__dict__['number']}",),
    )


def of_obligation(
    event: OfObligation, happened: Happened, came_to: StreamState, states: States, at: datetime
) -> list[AlertForm]:
    """Owe a clock that is news to the role of its party, and settle the alert that it had until then.

    A clock is news where it begins, goes on after a rejection, or comes forward while it runs; a report that was sent, where
    it turns out late. `came_to`: what the whole decision came to; what it opens and ends calls nobody.
    """
    found: list[AlertForm] = settled(event, happened, states)
    raised = news_of(event, happened, came_to, at)
    if raised is not None:
        found.append(owed(raised, terms(states, event.trial), at))
    return found


def news_of(event: OfObligation, happened: Happened, came_to: StreamState, at: datetime) -> Raised | None:
    """Call for a clock that is news, or for a report that turns out late; None where neither is so."""
    was, now = (state.slice(Obligations).of(event.number).get(event.obligation) for state in happened[1:])
    last = came_to.slice(Obligations).of(event.number)[event.obligation]
    if isinstance(event, Antedated) and was is not None and now is not None and now.late and not was.late:
        return late_alert(now, event.stream, happened.after.version)
    is_last = now is not None and now.told == last.told
    if not isinstance(event, Opened | Rejected | Antedated) or not (is_last and last.runs):
        return None
    due_at = last.opened.due_at
    return running_alert(last, "urgent" if due_at is None or due_at - at <= SOON else "digest")


def settled(event: OfObligation, happened: Happened, states: States) -> list[AlertForm]:
    """Settle the alert of a clock that ends, or of which another alert tells; one that was imported and is not near has none."""
    was, now = (state.slice(Obligations).of(event.number).get(event.obligation) for state in happened[1:])
    if was is None or now is None or not was.runs or (now.runs and now.told == was.told):
        return []
    alert = running_id(was)
    if states(f"{event.trial}/alert/{alert}", Alert).raised is None:
        return []
    return [Settled(trial=event.trial, alert=alert)]


def announcement(happened: Happened, report: Issued) -> Raised:
    """Announce an issued periodic report to who has to submit it: in the day's digest, with reminders before its limit."""
    limit = happened.after.slice(PeriodicReport).owed
    return Raised(
        trial=report.trial,
        alert=announcement_id(report.stream),
        rule=REPORT_ISSUED,
        role=ANNOUNCED_TO,
        urgency="digest",
        concerning=(f"{report.kind} {report.period}",),
        due_at=None if limit is None else limit.due_at,
    )


class OpenedAt(NamedTuple):
    """A clock that an import opened, and the site of its subject."""

    opened: Opened
    site: str | None


class Imported(NamedTuple):
    """What one import has come to: its record and version in the trial's stream, adverse events before and after, clocks."""

    record: DataImported
    version: int
    changed: Sequence[tuple[str, AdverseEvent | None, AdverseEvent]]
    opened: Sequence[OpenedAt]


def of_import(imported: Imported, states: States, at: datetime) -> list[Raised]:
    """Owe one alert a rule and role for all that one import brought, to investigators one a site.

    Of history nothing that is new is news; what it says worse of an event that is on record is, in the digest.
    """
    by = terms(states, imported.record.trial)
    found = [
        owed(raised_by_import(imported, rule, FIRST_RUNG, urgency, concerning), by, at)
        for rule, urgency, concerning in of_imported_events(imported)
    ]
    sited = (governs := states(imported.record.stream, Trial).definition) is not None and len(governs.sites) > 1
    told: dict[tuple[Role, str], list[Opened]] = {}
    for opened, site in imported.opened:
        role = role_of(opened.party)
        told.setdefault((role, (site or "-") if sited and role == "investigator" else ""), []).append(opened)
    return found + [of_imported_clocks(imported, *whose, clocks, by, at) for whose, clocks in sorted(told.items())]


def of_imported_clocks(  # noqa: PLR0917, an alert and what it is made of
    imported: Imported, role: Role, site: str, clocks: Sequence[Opened], by: Terms, at: datetime
) -> Raised:
    """Tell a role of its imported clocks, of one site where a trial has several: in the digest, unless one cannot wait for it.

    Each of the clocks gets an alert of its own, with its own reminders, when it nears: see the tick.
    """
    concerning = tuple(dict.fromkeys(f"{opened.subject}/{opened.number}" for opened in clocks))
    urgency: Urgency = "urgent" if any(is_due_within_a_day(opened, at) for opened in clocks) else "digest"
    raised = owed(raised_by_import(imported, OBLIGATIONS_IMPORTED, role, urgency, concerning, site), by, at)
    first = min((opened.due_at for opened in clocks if opened.due_at is not None), default=None)
    return raised.model_copy(update={"due_at": first})


def is_due_within_a_day(opened: Opened, at: datetime) -> bool:
    """Say whether a clock is due at once, or ends before the next digest may have told of it."""
    return opened.unit == "immediately" if opened.due_at is None else at < opened.due_at <= at + A_DAY


def of_imported_events(imported: Imported) -> Iterator[tuple[str, Urgency, tuple[str, ...]]]:
    """Sort what an import says of adverse events by the rules of a person's filing."""
    concerning: dict[tuple[str, Urgency], list[str]] = {}
    history = imported.record.history
    for name, was, now in imported.changed:
        ae = OneEvent(imported.record, was, now)
        rule = rule_of(ae)
        if rule is None or (history and not ae.was_serious):
            continue
        if ae.was_serious:
            concerning.setdefault((rule.rule, "digest" if history else rule.urgency), []).append(name)
        else:
            concerning.setdefault((SERIOUS_IMPORTED, "urgent"), []).append(name)
    for (rule_id, urgency), names in concerning.items():
        yield rule_id, urgency, tuple(names)


def raised_by_import(  # noqa: PLR0917, an alert and what it is made of
    imported: Imported, rule: str, role: Role, urgency: Urgency, concerning: tuple[str, ...], site: str = ""
) -> Raised:
    """Name an alert by the import that owes it, and the site whose alone it is."""
    record = imported.record
    alert = alert_id(record.stream, imported.version, f"{rule}@{site}" if site else rule, role, 1)
    return Raised(trial=record.trial, alert=alert, rule=rule, role=role, urgency=urgency, concerning=concerning)
