"""What the API answers about how the record came to be: changes, comparisons and the audit trail."""

from safety.web.api.answers import Paged, Part, Stamped
from safety.web.api.answers_of_duties import Signature

Value = str | int | float | bool | None


class Change(Part):
    """A field that got another value: who, when, what before, what after, and why."""

    record: str
    subject: str
    number: int | None
    whose: list[str]
    field: str
    old: Value
    new: Value
    position: int
    topic: str
    by: str
    role: str
    recorded_at: str
    reason: str | None


class Changes(Paged):
    """A page of the history of a subject or of one adverse event, the newest change first."""

    count: int
    rows: list[Change]


class Attributed(Part):
    """What one entry of the log did to one record between two moments, and what kind of change that is."""

    kind: str
    record: str
    subject: str
    number: int | None
    position: int
    by: str
    role: str
    recorded_at: str
    reason: str | None
    values: list[Change]


class Moment(Part):
    """One of two moments that are compared."""

    position: int
    at: str | None


class Count(Part):
    """A measure of the whole trial at both moments."""

    measure: str
    first: dict[str, int]
    last: dict[str, int]


class Compared(Stamped):
    """What changed between two moments; `all` counts the changes, of which the first are told."""

    first: Moment
    last: Moment
    counts: list[Count]
    all: int
    rows: list[Attributed]


class Event(Part):
    """An entry of the log in words: codes, dates and coded values only."""

    position: int
    stream: str
    version: int
    topic: str
    by: str
    role: str
    at: str
    recorded_at: str
    reason: str | None
    words: str


class History(Stamped):
    """Entries of the log in order; where `more` follow, ask again with `after` as the last position."""

    more: bool
    events: list[Event]


class Field(Part):
    """One field of an entry: its name in words, its variable, and its value where it may be read in clear."""

    name: str
    wire: str
    value: str
    shown: bool


class Entry(Part):
    """One entry of the log, whole: what it says, who decided it and why, its digest and its leaf."""

    position: int
    stream: str
    version: int
    topic: str
    by: str
    role: str
    at: str
    recorded_at: str | None
    reason: str | None
    sha256: str
    leaf: str
    signature: Signature | None
    fields: list[Field]


class CountOfKnowledge(Part):
    """A measure of the whole trial: as it had happened, and as the sponsor knew it."""

    measure: str
    happened: dict[str, int]
    known: dict[str, int]


class ToldBy(Part):
    """The entry of the log by which the sponsor was told."""

    position: int
    by: str
    role: str
    recorded_at: str


class Gap(Part):
    """An adverse event that the sponsor did not know of (`field` is null), or a value that it held differently."""

    subject: str
    number: int
    field: str | None
    preferred_term: str | None
    onset: str | None
    happened: Value
    known: Value
    told_by: ToldBy | None


class Knowledge(Stamped):
    """What had happened by a moment beside what the sponsor knew by it; `more` rows are not told.

    `undated` adverse events have no onset and came to be known later: they may have begun by the moment. They count in
    nothing else, and stand in `undated_rows`.
    """

    happened: int
    """Adverse events that are known now to have begun by the moment."""
    missing: int
    other: int
    undated: int
    counts: list[CountOfKnowledge]
    rows: list[Gap]
    undated_rows: list[Gap]
    more: int
