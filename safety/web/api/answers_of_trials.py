"""What the API answers about trials as a whole: incidence, periodic reports; about who asks; and about the access log."""

from typing import Any

from pydantic import Field

from safety.web.api.answers import Part, Stamped
from safety.web.api.answers_of_duties import Signature


class Trial(Part):
    """A trial; its counts are null for who may not know of all of its sites."""

    trial: str
    title: str
    phase: str
    sponsor: str
    zone: str
    arms: list[str]
    sites: list[str]
    sha256: str
    subjects: int | None
    adverse_events: int | None
    alerts_owed: int | None
    """Alerts that no channel has taken yet."""
    alerts_unanswered: int | None
    clocks_overdue: int | None
    """Overdue or due now."""
    reports_overdue: int | None
    """Periodic reports; null also for who may not see them."""


class Trials(Part):
    """The trials that one has part in."""

    position: int
    trials: list[Trial]


class Numbers(Part):
    """Subjects and events, the proportion and its exact 95 % interval; null for an arm of nobody."""

    subjects: int
    events: int
    proportion: float | None
    ci95: list[float] | None


class Group(Part):
    """An arm with its measures by name."""

    arm: str
    subjects: int
    measures: dict[str, Numbers]


class Term(Part):
    """A class or a term of an arm; null is what is not coded."""

    arm: str
    soc: str | None
    pt: str | None
    measure: Numbers


class Graded(Part):
    """A grade of an arm."""

    arm: str
    scale: str
    grade: str
    measure: Numbers


class Comparison(Part):
    """Two arms by Fisher's exact test."""

    measure: str
    arms: list[str]
    p: float | None


class Incidence(Stamped):
    """The incidence table of a trial, with the rules by which it was counted."""

    population: dict[str, str]
    rules: dict[str, str]
    window: dict[str, str]
    groups: list[Group]
    terms: list[Term] | None = None
    grades: list[Graded] | None = None
    comparisons: list[Comparison] | None = None


class Report(Part):
    """A periodic report and what became of it; `owed` says what it covers, until when and by which text."""

    kind: str
    period: str
    owed: dict[str, Any]
    opened_at: str | None
    issued_at: str | None
    position: int | None
    since_position: int | None
    reference_safety_information: str | None
    html_sha256: str | None
    text_sha256: str | None
    submitted: dict[str, str | None]
    acknowledged: dict[str, str | None]


class Reports(Stamped):
    """The periodic reports of a trial."""

    reports: list[Report]


class Me(Part):
    """Who asks: what the account may, and to what the token narrows it (null without a token)."""

    account: str
    name: str
    roles: list[str]
    trials: list[str]
    sites: list[str]
    scopes: list[str] | None


class AccessEntry(Part):
    """An entry of the access log."""

    position: int
    at: str | None
    kind: str
    account: str
    source: str
    action: str | None
    thing: str | None


class AccessLog(Part):
    """The last entries of the access log, the newest first."""

    entries: list[AccessEntry]


class PeriodDue(Part):
    """A period with its limit and how its report stands; `punctuality` is null until it is locked."""

    kind: str
    period: str
    title: str
    begins_on: str
    ends_on: str
    locked_at: str
    due_on: str | None
    due_at: str | None
    rule: str
    to: list[str]
    limit: str
    citation: str
    confidence: str
    basis: str
    note: str
    source: str
    state: str
    punctuality: str | None


class ReportsDue(Stamped):
    """Every period up to the next of each kind."""

    reports: list[PeriodDue]


class BecameOfReport(Part):
    """A recipient was sent a report, or confirmed it."""

    position: int
    topic: str
    to: str
    at: str | None
    by: str
    signature: Signature | None


class OneReport(Stamped):
    """One report; `report` is null until it is opened."""

    due: PeriodDue
    report: Report | None
    became: list[BecameOfReport]


class IssuedReport(Stamped):
    """A report as the log keeps it."""

    kind: str
    period: str
    rendered_from: int = Field(description="The last position of the log that it tells of.")
    since_position: int
    reference_safety_information: str | None
    layout: int
    html_sha256: str
    text_sha256: str
    html: str
    text: str


class Day(Part):
    """So many adverse events began so many whole days after the first dose; null where a date is not known to the day."""

    days: int | None
    events: int


class OverTime(Part):
    """One arm's adverse events by day."""

    arm: str
    days: list[Day]


class IncidenceOverTime(Stamped):
    """The adverse events of the incidence table over time."""

    window: str
    arms: list[OverTime]


class DefinedBy(Part):
    """An entry of the log by which the definition came to be."""

    position: int
    at: str | None
    by: str
    reason: str | None
    sha256: str


class Listed(Part):
    """A serious reaction that the reference safety information lists."""

    preferred_term: str
    worst_listed: str


class Reference(Part):
    """A version of the reference safety information."""

    version: str
    effective_on: str
    approved_on: str | None
    in_force_from: str
    listed: list[Listed]
    sha256: str


class DefinitionOfTrial(Stamped):
    """A trial as its file defines it, how that came to be, and its reference safety information, the latest first."""

    definition: dict[str, Any]
    file: str
    history: list[DefinedBy]
    reference_safety_information: list[Reference]
