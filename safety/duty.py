"""Which alerts are owed to which role for what has just happened: pure, and asked in the same append as the facts."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from safety.aggregates.adverse_event import AdverseEvent, AdverseEvents, Nullified, Reported
from safety.aggregates.alert import Alert, Raised, Settled, alert_id
from safety.aggregates.alerting import owed, terms
from safety.aggregates.deciding import AlertForm, Form, States, StreamState, SubjectForm
from safety.aggregates.ladder import Urgency
from safety.aggregates.message import Failed, Faulted, Message, permanent
from safety.aggregates.obligation import Obligation, Obligations, OfObligation, Opened, Rejected
from safety.aggregates.periodic_report import ANNOUNCED_TO, REPORT_ISSUED, Issued, PeriodicReport, announcement_id
from safety.aggregates.trial import DataImported
from safety.values import Role

SERIOUS_REPORTED = "SAE-REPORTED"
SERIOUS_ESCALATED = "SAE-ESCALATED"
SERIOUS_WORSENED = "SAE-WORSENED"
SERIOUS_DOWNGRADED = "SAE-DOWNGRADED"
SERIOUS_NULLIFIED = "SAE-NULLIFIED"
SERIOUS_IMPORTED = "SAE-IMPORTED"
OBLIGATION_OPENED = "OBLIGATION-OPENED"
OBLIGATION_REJECTED = "OBLIGATION-REJECTED"
SOON = timedelta(days=8)
"""A clock that ends within this time is told at once, another in the next digest; both are reminded of."""

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
        SERIOUS_NULLIFIED,
        FIRST_RUNG,
        "digest",
        lambda ae: ae.was_serious and isinstance(ae.event, Nullified),
        "what was sent needs a nullification report: ICH E2B(R3) C.1.11; no clock starts",
    ),
)
"""The duties of an adverse event; the first rule that fits is the one that is owed."""


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
        found += (owed(fault, terms(states, fault.trial), at) for fault in fault_of_delivery(happened))
        if isinstance(happened.event, OfObligation):
            found += of_obligation(happened.event, happened, came_to[happened.event.stream], states, at)
            continue
        if isinstance(happened.event, Issued):
            found.append(owed(announcement(happened, happened.event), terms(states, happened.event.trial), at))
            continue
        event, ae = happened.event, adverse_event_of(happened)
        rule = None if ae is None else next((rule for rule in RULES if rule.when(ae)), None)
        if rule is None or not isinstance(event, SubjectForm):
            continue
        raised = Raised(
            trial=event.trial,
            alert=alert_id(event.stream, happened.after.version, rule.rule, rule.role, 1),
            rule=rule.rule,
            role=rule.role,
            urgency=rule.urgency,
            concerning=(f"{event.subject}/{event.__dict__['number']}",),
        )
        found.append(owed(raised, terms(states, event.trial), at))
    return found


def running_alert(event: OfObligation, known: Obligation) -> Raised:
    """Give the alert of a clock that runs: one for its opening, and one for each rejection, after which it goes on."""
    role: Role = "investigator" if known.opened.party == "site" else "safety_officer"
    rule = OBLIGATION_REJECTED if known.rejections else OBLIGATION_OPENED
    place = f"{event.stream}/{event.number}/{event.obligation}"
    return Raised(
        trial=event.trial,
        alert=alert_id(place, 1 + known.rejections, rule, role, 1),
        rule=rule,
        role=role,
        # With a colon: what has a slash and a number is an adverse event.
        concerning=(f"{event.subject}/{event.number}", event.obligation.replace("/", ":")),
        due_at=known.opened.due_at,
    )


def of_obligation(
    event: OfObligation,
    happened: Happened,
    came_to: StreamState,
    states: States,
    at: datetime,
    *,
    imported: bool = False,
) -> list[AlertForm]:
    """Owe a clock that begins, or goes on after a rejection, to the role of its party; settle the alert of one that ends.

    What an import opens is told in the next digest, as one message. `came_to`: what the whole decision came to; what it opens
    and ends calls nobody.
    """
    now = happened.after.slice(Obligations).of(event.number)[event.obligation]
    if isinstance(event, Opened | Rejected):
        if not came_to.slice(Obligations).of(event.number)[event.obligation].runs:
            return []
        due_at = now.opened.due_at
        soon = not imported and (due_at is None or due_at - at <= SOON)
        urgency: Urgency = "urgent" if soon else "digest"
        raised = running_alert(event, now).model_copy(update={"urgency": urgency})
        return [owed(raised, terms(states, event.trial), at)]
    was = happened.before.slice(Obligations).of(event.number)[event.obligation]
    alert = running_alert(event, was).alert
    if not was.runs or now.runs or states(f"{event.trial}/alert/{alert}", Alert).raised is None:
        return []
    return [Settled(trial=event.trial, alert=alert)]


def of_import(happened: Happened, states: States, at: datetime) -> list[AlertForm]:
    """Owe what an import's clocks owe."""
    event = happened.event
    if not isinstance(event, OfObligation):
        return []
    return of_obligation(event, happened, happened.after, states, at, imported=True)


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


def alert_of_import(
    record: DataImported, version: int, concerning: Sequence[str], states: States, at: datetime
) -> list[Raised]:
    """Owe one alert a role for all serious adverse events that one import brought."""
    if not concerning:
        return []
    alert = alert_id(record.stream, version, SERIOUS_IMPORTED, FIRST_RUNG, 1)
    raised = Raised(
        trial=record.trial, alert=alert, rule=SERIOUS_IMPORTED, role=FIRST_RUNG, concerning=tuple(concerning)
    )
    return [owed(raised, terms(states, record.trial), at)]
