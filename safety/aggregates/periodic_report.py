"""A periodic safety report: opened when its lock point has passed, issued once, submitted and acknowledged by a named person."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from safety.aggregates.alert import Alert, Settled, alert_id
from safety.aggregates.deciding import Act, Form, Refused, States, TrialForm, UnknownEvent, command, event, folds
from safety.aggregates.trial import Sha256, definition
from safety.regulation.periodic import Kind, Period, schedule
from safety.values import Code, FieldClass, Instant, Number, Position, Role
from safety.written import Count

REPORT_ISSUED = "PERIODIC-REPORT-ISSUED"
"""The rule of the alert that announces a report to who has to submit it."""
ANNOUNCED_TO: Role = "safety_officer"

ReportText = Annotated[
    str, FieldClass.TEXT, Field(min_length=1, max_length=20_000_000), StringConstraints(strip_whitespace=False)
]
"""A rendered report, byte by byte as it was hashed; sealed, because terms stand in it."""


class ReportForm(TrialForm):
    """An event of a report's stream: `period` is the last day it covers."""

    kind: Kind
    period: Code

    @property
    def stream(self) -> str:
        """`<trial>/report/<KIND>/<period>`."""
        return stream_of(self.trial, self.kind, self.period)


def stream_of(trial: str, kind: str, period: str) -> str:
    """Name the stream of a report: like every part of a stream, the kind stands in capitals."""
    return f"{trial}/report/{kind.upper()}/{period}"


def announcement_id(stream: str) -> str:
    """Give the id of the alert that announces a report: it is issued by the second event of its stream."""
    return alert_id(stream, 2, REPORT_ISSUED, ANNOUNCED_TO, 1)


@event("periodic_report.opened.v1")
class Opened(ReportForm):
    """A period ended and its report is owed: what it covers, until when, to whom and by which text, as it stood that day."""

    owed: Period


@event("periodic_report.issued.v1")
class Issued(ReportForm):
    """The report was rendered from the log up to `position` and is kept whole.

    The period's line listings hold what the log did not hold at `since_position` yet. `layout` is the version of the
    templates: other templates make other bytes of the same numbers.
    """

    position: Position
    since_position: Count
    reference_safety_information: Code | None = None
    layout: Number
    html_sha256: Sha256
    text_sha256: Sha256
    html: ReportText
    text: ReportText


@event("periodic_report.submitted.v1")
class Submitted(ReportForm):
    """The report was sent to a recipient, at a moment that a person states."""

    to: Code
    submitted_at: Instant


@event("periodic_report.acknowledged.v1")
class Acknowledged(ReportForm):
    """A recipient confirmed that the report arrived."""

    to: Code
    acknowledged_at: Instant


@dataclass(frozen=True, slots=True)
class PeriodicReport:
    """What a report has come to: its period once it is opened, and by recipient when it went and whether it arrived.

    Once it is issued, `position` and `since_position` say what it was rendered from.
    """

    owed: Period | None = None
    issued: bool = False
    position: int = 0
    since_position: int = 0
    submitted: Mapping[str, datetime] = field(default_factory=dict)
    acknowledged: frozenset[str] = frozenset()


@folds("periodic_report", PeriodicReport)
def evolve(state: PeriodicReport, happened: Form) -> PeriodicReport:
    """Fold one event into the report."""
    match happened:
        case Opened():
            return replace(state, owed=happened.owed)
        case Issued():
            since = happened.since_position
            return replace(state, issued=True, position=happened.position, since_position=since)
        case Submitted():
            return replace(state, submitted={**state.submitted, happened.to: happened.submitted_at})
        case Acknowledged():
            return replace(state, acknowledged=state.acknowledged | {happened.to})
        case _:
            raise UnknownEvent(happened)


class NotScheduled(Refused):
    """Trial {trial} owes no {kind} report that ends on {period} with these dates; see `vigilog report due --trial {trial}`."""


class NotLockedYet(Refused):
    """The {kind} report of trial {trial} that ends on {period} is locked at {locked_at}; wait until then."""


class ReportOpened(Refused):
    """The {kind} report of trial {trial} that ends on {period} is opened already."""


class ReportNotOpened(Refused):
    """There is no {kind} report of trial {trial} that ends on {period}; see `vigilog report list --trial {trial}`."""


class ReportIssued(Refused):
    """The {kind} report of trial {trial} that ends on {period} is issued already; it is issued once."""


class OtherBytes(Refused):
    """The sha256 given for the {kind} report of trial {trial} that ends on {period} is not the one of its text."""


class ReportNotIssued(Refused):
    """The {kind} report of trial {trial} that ends on {period} is not issued yet."""


class ReportSubmitted(Refused):
    """The {kind} report of trial {trial} that ends on {period} was submitted to {to} already."""


class ReportNotSubmitted(Refused):
    """The {kind} report of trial {trial} that ends on {period} was not submitted to {to}; record that first."""


class SentBeforeItsLock(Refused):
    """The {kind} report of trial {trial} that ends on {period} cannot have gone to {to} before its data were locked; state when it did."""


class ReportAcknowledged(Refused):
    """{to} acknowledged the {kind} report of trial {trial} that ends on {period} already."""


class NotYetHappened(Refused):
    """The moment given for the {kind} report of trial {trial} that ends on {period} lies ahead; state when it did happen."""


class ArrivedBeforeSent(Refused):
    """The {kind} report of trial {trial} that ends on {period} cannot have arrived at {to} before it was sent."""


def went_to_all(owed: Period, sent_to: Collection[str]) -> bool:
    """Say whether a report went to as many as it is owed to: a person names them by names of their own, such as CDE."""
    return len(sent_to) >= len(owed.to)


def named(form: ReportForm) -> dict[str, Any]:
    """Name a report in a refusal."""
    return {"trial": form.trial, "kind": form.kind, "period": form.period}


@command("periodic_report.open", Opened, "operator")
def open_report(states: States, form: Opened, act: Act) -> tuple[Form, ...]:
    """Open a report whose lock point has passed; its dates must be those that the trial's file gives."""
    governs = definition(states, form.trial)
    if states(form.stream, PeriodicReport).owed is not None:
        raise ReportOpened(**named(form))
    owed = form.owed
    said = (owed.kind, owed.period) == (form.kind, form.period)
    if not said or owed not in schedule(governs.periodic, governs.zone, owed.ends_on):
        raise NotScheduled(**named(form))
    if act.at < owed.locked_at:
        raise NotLockedYet(**named(form), locked_at=owed.locked_at.isoformat())
    return (form,)


@command("periodic_report.issue", Issued, "operator")
def issue(states: States, form: Issued, act: Act) -> tuple[Form, ...]:
    """Issue an opened report, once."""
    report = states(form.stream, PeriodicReport)
    if report.owed is None:
        raise ReportNotOpened(**named(form))
    if report.issued:
        raise ReportIssued(**named(form))
    for text, digest in ((form.html, form.html_sha256), (form.text, form.text_sha256)):
        if sha256(text.encode()).hexdigest() != digest:
            raise OtherBytes(**named(form))
    return (form,)


@command("periodic_report.submit", Submitted, "safety_officer")
def submit(states: States, form: Submitted, act: Act) -> tuple[Form, ...]:
    """Record that an issued report was sent to a recipient; one that is sent late is recorded all the same.

    Nobody is reminded of its limit any more once it went to as many as it is owed to.
    """
    report = states(form.stream, PeriodicReport)
    if not report.issued:
        raise ReportNotIssued(**named(form))
    if form.to in report.submitted:
        raise ReportSubmitted(**named(form), to=form.to)
    if form.submitted_at > act.at:
        raise NotYetHappened(**named(form))
    if report.owed is not None and form.submitted_at < report.owed.locked_at:
        raise SentBeforeItsLock(**named(form), to=form.to)
    alert = announcement_id(form.stream)
    announced = states(f"{form.trial}/alert/{alert}", Alert)
    reminds = announced.raised is not None and not announced.settled
    done = report.owed is not None and went_to_all(report.owed, {*report.submitted, form.to})
    return (form, Settled(trial=form.trial, alert=alert)) if reminds and done else (form,)


@command("periodic_report.acknowledge", Acknowledged, "safety_officer")
def acknowledge(states: States, form: Acknowledged, act: Act) -> tuple[Form, ...]:
    """Record that a recipient confirmed the report."""
    report = states(form.stream, PeriodicReport)
    if form.to not in report.submitted:
        raise ReportNotSubmitted(**named(form), to=form.to)
    if form.to in report.acknowledged:
        raise ReportAcknowledged(**named(form), to=form.to)
    if form.acknowledged_at > act.at:
        raise NotYetHappened(**named(form))
    if form.acknowledged_at < report.submitted[form.to]:
        raise ArrivedBeforeSent(**named(form), to=form.to)
    return (form,)
