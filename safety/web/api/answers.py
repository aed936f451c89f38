"""What the API answers about subjects and adverse events: one model an answer, filled from the views the pages use.

Instants are ISO 8601 in UTC, dates are kept as given and may be partial. Free text (`term`) is null for who may not read it.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Answer3 = Literal["y", "n", "q"]


class Part(BaseModel):
    """A part of an answer; what a view tells beside it stays inside."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)


class Stamped(Part):
    """An answer about one trial at one moment."""

    trial: str
    position: int = Field(description="The position of the log that the answer is as of.")
    as_of: str | None = Field(description="The moment that the answer is of.")


class Paged(Stamped):
    """A page of a longer answer."""

    page: int
    more: bool = Field(description="Whether another page follows.")


class Judgement(Part):
    """How one party judges causality."""

    assessor: str
    product: str | None
    method: str | None
    causality: str


class Sur(Part):
    """Whether an adverse event is serious, unexpected and related: yes, no, or a question that counts as yes."""

    serious: Answer3
    unexpected: Answer3
    related: Answer3


class Line(Part):
    """One adverse event as the line listing tells it."""

    subject: str
    site: str | None
    arm: str | None
    number: int
    source_id: str | None
    term: str | None
    preferred_term: str | None
    soc: str | None
    onset: str | None
    end: str | None
    study_day: int | None
    after_dose: int | None
    days_after_dose: int | None
    severity: str | None
    grade: str | None
    serious: str | None
    serious_for_sponsor: str | None
    outcome: str | None
    action_taken: str | None
    expected: str | None
    aware_on: str | None
    aware_party: str | None
    criteria: list[str]
    causality: str | None
    assessments: list[Judgement]
    treatment_emergent: str
    related: str
    nullified: bool
    vanished: bool
    merged_into: int | None
    position: int


class ListedCase(Line):
    """A line with what makes it reportable."""

    sur: Sur


class Cases(Paged):
    """A page of cases, and how many there are in all of those one may see, without the nullified and merged."""

    cases: int
    subjects: int
    rows: list[ListedCase]


class Listing(Paged):
    """A page of the line listing."""

    rows: list[Line]


class Query(Part):
    """A contradiction of the record."""

    rule: str
    subject: str
    number: int | None
    source_id: str | None
    fields: list[str]
    message: str


class Queries(Paged):
    """A page of the open queries, and how many there are."""

    count: int
    rows: list[Query]


class Dose(Part):
    """A dose, given or withheld."""

    number: int
    treatment: str | None
    amount: str | None
    unit: str | None
    route: str | None
    visit: str | None
    lot: str | None
    total_cells: str | None
    started_on: str | None
    ended_on: str | None
    withheld: bool
    vanished: bool


class Planned(Part):
    """The next planned dose; its day where the first dose's is known."""

    number: int
    of: int
    on: str | None


class SubjectsEvent(Part):
    """An adverse event as the subject's page tells it, with what is still missing."""

    number: int
    term: str | None
    preferred_term: str | None
    started_on: str | None
    ended_on: str | None
    severity: str | None
    grade: str | None
    serious: str | None
    causality: str | None
    outcome: str | None
    counts_as_serious: bool
    nullified: bool
    merged_into: int | None
    lacks: list[str]


class Subject(Part):
    """A subject by code, with doses, what is planned next, and adverse events."""

    subject: str
    site: str | None
    country: str | None
    age: int | None
    birth_year: int | None
    sex: str | None
    weight_kg: str | None
    arm: str | None
    actual_arm: str | None
    enrolled_on: str | None
    died: bool
    died_on: str | None
    completed: bool
    withdrawn: str | None
    vanished: bool
    doses: list[Dose]
    planned: Planned | None
    events: list[SubjectsEvent]


class Subjects(Paged):
    """A page of subjects, and how many there are in all of those one may see."""

    subjects: int
    rows: list[Subject]


class OneSubject(Stamped):
    """One subject."""

    subject: Subject
