"""What the API answers about duties: obligations with their clocks, alerts with their receipts, the worklist and the case."""

from typing import Any

from pydantic import Field

from safety.web.api.answers import Line, ListedCase, Paged, Part, Stamped, Sur


class Obligation(Part):
    """What is owed to whom, by when and why, and how its clock stands."""

    subject: str
    number: int
    obligation: str
    rule: str
    pack: str
    pack_version: str
    pack_sha256: str
    owed_by: str
    to: list[str]
    limit: int | None
    unit: str
    party: str
    starts_at: str
    zone: str
    day0: str
    due_on: str | None
    due_at: str | None = Field(description="The first instant that is too late; null where it is due at once.")
    state: str
    timeliness: str
    opened_at: str
    closed_at: str | None
    sent_at: str | None
    sent_to: list[str]
    reference: str | None
    acknowledged_by: list[str]
    acknowledged_at: str | None
    rejected_at: str | None
    superseded_by: str | None
    cancelled_because: str | None
    signed_by: str | None
    citation: str
    confidence: str
    basis: str
    because: list[str]
    facts: list[int]


class Obligations(Paged):
    """A page of the obligations; `counts` and `reviews_owed` are of all that one may see."""

    counts: dict[str, int]
    reviews_owed: int
    rows: list[Obligation]


class Alert(Part):
    """An alert and what became of it; it concerns `subject/number` of the adverse events that one may see."""

    id: str
    rule: str
    role: str
    rung: int
    concerning: list[str]
    state: str
    raised_at: str
    due_at: str | None
    messages: list[str]
    urgency: str | None
    root: str | None
    repeat: int
    reminds: str | None
    next_at: str | None
    acknowledged_by: str | None
    acknowledged_at: str | None
    settled: bool


class Alerts(Paged):
    """A page of alerts, and how many there are of those one may see."""

    count: int
    rows: list[Alert]


class Duty(Obligation):
    """A clock that runs, with the case that it is of."""

    urgency: str
    case: Line | None
    sur: Sur | None


class Worklist(Paged):
    """The clocks that run, the most urgent first, and the alerts that nobody has acknowledged."""

    governed: bool = Field(description="Whether rule packs govern the trial, without which no clock runs.")
    counts: dict[str, int]
    ended: int = Field(description="How many clocks run no more.")
    duties: list[Duty]
    alerts: list[Alert]


class Delivery(Part):
    """A message that carried an alert, with the last receipt of each channel."""

    to: str
    role: str | None
    state: str
    receipts: dict[str, Any]


class AlertWithDeliveries(Alert):
    """An alert with the messages that carried it."""

    deliveries: list[Delivery]


class CaseDose(Part):
    """A dose beside a case."""

    number: int
    treatment: str | None
    amount: str | None
    unit: str | None
    lot: str | None
    started_on: str | None
    withheld: bool


class Signature(Part):
    """An electronic signature as it is shown wherever its record is (21 CFR 11.50(b))."""

    name: str
    account: str
    role: str
    meaning: str
    position: int
    sha256: str


class Recorded(Part):
    """An entry of the log about a case, in words."""

    position: int
    at: str | None
    topic: str
    text: str
    detail: str
    signature: Signature | None


class WholeCase(ListedCase):
    """An adverse event with all that hangs on it."""

    doses: list[CaseDose]
    duties: list[Obligation]
    alerts: list[AlertWithDeliveries]
    record: list[Recorded]


class Case(Stamped):
    """One adverse event."""

    case: WholeCase
