"""A trial subject, by code only: enrolled, withdrawn in one of four ways, completed, died."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal

from pydantic import Field

from safety.aggregates.deciding import (
    Act,
    Form,
    Refused,
    States,
    SubjectForm,
    UnknownEvent,
    command,
    event,
    folds,
    variables,
)
from safety.aggregates.trial import definition
from safety.values import DecimalText, Number, PartialDateText, Role, Sex, SiteId, Source
from safety.written import WrittenNumber

WithdrawalMode = Literal["treatment", "follow_up", "data_collection", "further_use"]


class SubjectParticulars(SubjectForm):
    """What is known of a subject; never a name, an identity number or an address (China GCP 2020 Art. 26)."""

    site: SiteId | None = Field(None, alias="SITEID")
    country: str | None = Field(None, alias="COUNTRY", max_length=64)
    age: Annotated[int, Field(ge=0, le=130), WrittenNumber()] | None = Field(None, alias="AGE")
    birth_year: Annotated[int, Field(ge=1880, le=2200), WrittenNumber()] | None = Field(None, alias="BRTHYR")
    sex: Sex | None = Field(None, alias="SEX")
    weight_kg: DecimalText | None = Field(None, alias="WEIGHT")
    arm: str | None = Field(None, alias="ARM", max_length=200)
    actual_arm: str | None = Field(None, alias="ACTARM", max_length=200)
    enrolled_on: PartialDateText | None = Field(None, alias="RFICDTC")
    source: Source | None = None


@event("subject.enrolled.v1")
class Enrolled(SubjectParticulars):
    """The subject entered the trial; the date may be unknown."""


@event("subject.corrected.v1")
class SubjectCorrected(SubjectParticulars):
    """What was recorded of the subject was wrong: the named variables now hold what stands here, or nothing."""

    variables: tuple[str, ...] = Field(min_length=1)


@event("subject.withdrawn.v1")
class Withdrawn(SubjectForm):
    """The subject withdrew, in one of four modes that are not the same thing; what was recorded before stays."""

    mode: WithdrawalMode
    withdrawn_on: PartialDateText | None = None
    because_of_adverse_event: Number | None = Field(None, alias="AESEQ")


@event("subject.completed.v1")
class Completed(SubjectForm):
    """The subject completed the trial as planned."""

    completed_on: PartialDateText | None = None


@event("subject.died.v1")
class Died(SubjectForm):
    """The subject died."""

    died_on: PartialDateText | None = Field(None, alias="DTHDTC")


@event("subject.row_vanished.v1")
class RowVanished(SubjectForm):
    """A later import no longer holds this subject's row: a query, never an erasure."""


@event("subject.row_reappeared.v1")
class RowReappeared(SubjectForm):
    """A vanished row is in the data again."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a subject has come to: particulars by field name, what the imported data last said of them, and what ended."""

    particulars: Mapping[str, Any] = field(default_factory=dict)
    imported: Mapping[str, Any] = field(default_factory=dict)
    withdrawn: frozenset[str] = frozenset()
    completed: bool = False
    died: bool = False
    died_on: PartialDateText | None = None
    vanished: bool = False


def stated(form: Form) -> dict[str, Any]:
    """Give the fields of a form that say something, by name."""
    values = form.__dict__
    return {name: values[name] for name in form.__pydantic_fields_set__ if values[name] is not None}


def put_right(known: Mapping[str, Any], correction: Form) -> dict[str, Any]:
    """Replace the variables that a correction names, and only those; a named variable it leaves out is emptied."""
    named = set(correction.__dict__["variables"])
    right = dict(known)
    for name, variable in variables(type(correction)).items():
        if variable in named:
            right[name] = correction.__dict__[name]
    return {name: value for name, value in right.items() if value is not None}


@folds("subject", Subject)
def evolve(state: Subject, happened: Form) -> Subject:
    """Fold one event into the subject."""
    match happened:
        case Enrolled():
            entered = stated(happened)
            return replace(state, particulars=entered, imported=entered if happened.source else {})
        case SubjectCorrected():
            said = put_right(state.imported or state.particulars, happened) if happened.source else state.imported
            return replace(state, particulars=put_right(state.particulars, happened), imported=said)
        case Withdrawn():
            return replace(state, withdrawn=state.withdrawn | {happened.mode})
        case Completed():
            return replace(state, completed=True)
        case Died():
            return replace(state, died=True, died_on=happened.died_on)
        case RowVanished():
            return replace(state, vanished=True)
        case RowReappeared():
            return replace(state, vanished=False)
        case _:
            raise UnknownEvent(happened)


class SubjectEnrolled(Refused):
    """Subject {subject} is enrolled already; correct the record instead of enrolling again."""


class CodeNotForSite(Refused):
    """Subject {subject} cannot be enrolled at site {site} under this code; check the code against the enrolment list."""


class UnknownSubject(Refused):
    """There is no subject {subject} in trial {trial}; enrol the subject first."""


class UnknownArm(Refused):
    """{variable} of subject {subject} is not an arm of trial {trial}; use one of: {arms}."""


class UnknownSite(Refused):
    """SITEID of subject {subject} is not a site of trial {trial}; correct it, or add the site to the trial file and amend."""


class NotAVariable(Refused):
    """The correction of subject {subject} names something that is not one of its variables: use {known}."""


KEYS = frozenset({"trial", "subject", "number", "aware", "source", "variables"})
"""What a correction cannot change: what it is about, and how it came."""
FILING: tuple[Role, ...] = ("operator", "investigator", "safety_officer")
"""Who may put facts of a subject into the record; an operator does so for somebody who sent them on paper."""


def enrolled(states: States, form: SubjectForm) -> Subject:
    """Give the subject a form is about, or refuse with UnknownTrial or UnknownSubject."""
    definition(states, form.trial)
    subject = states(form.stream, Subject)
    if not subject.particulars:
        raise UnknownSubject(subject=form.subject, trial=form.trial)
    return subject


def check_variables(form: SubjectForm) -> None:
    """Refuse a correction that names what it cannot correct: it would be stored and change nothing."""
    known = {variable for name, variable in variables(type(form)).items() if name not in KEYS}
    if not known.issuperset(form.__dict__["variables"]):
        raise NotAVariable(subject=form.subject, known=", ".join(sorted(known)))


def check_codes(states: States, form: SubjectParticulars) -> None:
    """Refuse an arm or a site that the trial does not have."""
    trial = definition(states, form.trial)
    for variable, arm in (("ARM", form.arm), ("ACTARM", form.actual_arm)):
        if arm is not None and arm not in trial.arm_names():
            arms = ", ".join(sorted(trial.arm_names()))
            raise UnknownArm(variable=variable, subject=form.subject, trial=form.trial, arms=arms)
    if form.site is not None and all(form.site != site.id for site in trial.sites):
        raise UnknownSite(subject=form.subject, trial=form.trial)


def check_prefix(states: States, form: Enrolled) -> None:
    """Refuse a code that is not of the site, before it is looked whether it is taken: of others' codes nobody learns that."""
    prefixes = {site.id: site.subject_prefix for site in definition(states, form.trial).sites if site.subject_prefix}
    owner = next((site for site, prefix in prefixes.items() if form.subject.startswith(prefix)), None)
    if owner != form.site and (owner is not None or form.site in prefixes):
        raise CodeNotForSite(subject=form.subject, site=form.site or "-")


@command("subject.enrol", Enrolled, *FILING)
def enrol(states: States, form: Enrolled, act: Act) -> tuple[Form, ...]:
    """Enrol a subject by code; rows of data come as they were numbered elsewhere."""
    check_codes(states, form)
    if form.source is None:
        check_prefix(states, form)
    if states(form.stream, Subject).particulars:
        raise SubjectEnrolled(subject=form.subject)
    return (form,)


@command("subject.correct", SubjectCorrected, *FILING)
def correct(states: States, form: SubjectCorrected, act: Act) -> tuple[Form, ...]:
    """Correct what was recorded of a subject."""
    enrolled(states, form)
    check_variables(form)
    check_codes(states, form)
    return (form,)
