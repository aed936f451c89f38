"""One plain sentence for each class of event: codes, dates and coded values only, never a word of free text."""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, TypeVar

from safety.aggregates import adverse_event, dose, message, record, subject, trial
from safety.aggregates.adverse_event import CRITERIA
from safety.aggregates.deciding import Form, variables
from safety.projections import words_of_reports

F = TypeVar("F", bound=Form)
Sentence = Callable[[F], str]
SENTENCES: dict[type[Form], Sentence[Any]] = {}

SHOWN = frozenset({
    "started_on", "ended_on", "severity", "grade", "serious", *CRITERIA, "causality", "outcome",
    "action_taken", "after_dose", "preferred_term_code", "source_id",
    "amount", "unit", "cells_per_kg", "total_cells", "interrupted",
    "site", "sex", "age", "enrolled_on",
})  # fmt: skip
"""The fields whose values are codes, counts or dates; of any other field only its name is told."""
ABOUT = frozenset({"trial", "subject", "number", "aware", "variables", "assessor", "source"})
"""What the sentence says by itself."""


class NoSentence(Exception):
    """A class of event has no sentence for the audit trail."""


def says(*events: type[F]) -> Callable[[Sentence[F]], Sentence[F]]:
    """Register the sentence of event classes."""

    def register(sentence: Sentence[F]) -> Sentence[F]:
        SENTENCES.update(dict.fromkeys(events, sentence))
        return sentence

    return register


def sentence(event: Form) -> str:
    """Say in one sentence what happened.

    Raises:
        NoSentence: the class of the event has none.

    """
    found = SENTENCES.get(type(event))
    if found is None:
        raise NoSentence(type(event).__name__)
    return found(event)


def wire_names(form: type[Form]) -> dict[str, str]:
    """Give the CDISC name of each field that may be told."""
    return {name: variable for name, variable in variables(form).items() if name not in ABOUT}


@cache
def tellable(form: type[Form]) -> tuple[tuple[str, str, bool, bool], ...]:
    """Give of each field that may be told its name, its CDISC name, whether its value is shown, and whether a Y only."""
    return tuple((name, shown, name in SHOWN, name in CRITERIA) for name, shown in wire_names(form).items())


def told(event: Form) -> str:
    """List what an event states: `AESER Y, AESTDTC 2018-03, AETERM`; a field that is not a code by its name alone.

    Of the seriousness criteria only those that are met are told.
    """
    values = event.__dict__
    parts = [
        f"{shown} {value}" if with_value else shown
        for name, shown, with_value, only_yes in tellable(type(event))
        if (value := values[name]) is not None and (not only_yes or value == "Y")
    ]
    return ", ".join(parts) or "no particulars"


def put_right(event: Form) -> str:
    """List what the variables that a correction names hold from then on."""
    named = event.__dict__["variables"]
    wire = wire_names(type(event))
    by_wire = {shown: name for name, shown in wire.items()}
    return ", ".join(_right(event, by_wire.get(variable, ""), variable) for variable in named)


def _right(event: Form, name: str, variable: str) -> str:
    value = event.__dict__.get(name)
    if value is None:
        return f"{variable} emptied"
    return f"{variable} {value}" if name in SHOWN else variable


def numbers(values: Iterable[object]) -> str:
    """Join values with commas."""
    return ", ".join(map(str, values))


@says(record.Opened)
def _(event: record.Opened) -> str:
    return f"The log {event.log} was opened for {event.purpose} by version {event.code_version}."


@says(record.RedactionRequested)
def _(event: record.RedactionRequested) -> str:
    why = event.reason.replace("_", " ")
    return f"{event.requested_by or 'Somebody'} asked for the redaction of position {event.at_position}: {why}."


@says(record.Redacted)
def _(event: record.Redacted) -> str:
    return f"The sealed text of position {event.at_position} was emptied."


@says(trial.Registered)
def _(event: trial.Registered) -> str:
    return f"Trial {event.trial} was registered with file {event.sha256[:16]}."


@says(trial.Amended)
def _(event: trial.Amended) -> str:
    return f"Trial {event.trial} was amended: file {event.sha256[:16]} governs from here on."


@says(trial.ReferenceSafetyInformationIssued)
def _(event: trial.ReferenceSafetyInformationIssued) -> str:
    return (
        f"Reference safety information {event.version} of trial {event.trial} was issued, in force from "
        f"{event.effective_on}, with {len(event.listed)} listed reactions."
    )


@says(trial.DataImported)
def _(event: trial.DataImported) -> str:
    history = " as history" if event.history else ""
    return (
        f"Data of trial {event.trial} were imported{history}: {event.subjects} subjects, {event.exposures} exposures, "
        f"{event.adverse_events} adverse events, {event.corrected} corrected, {event.vanished} vanished."
    )


@says(subject.Enrolled)
def _(event: subject.Enrolled) -> str:
    return f"Subject {event.subject} was enrolled: {told(event)}."


@says(subject.SubjectCorrected)
def _(event: subject.SubjectCorrected) -> str:
    return f"Subject {event.subject} was corrected: {put_right(event)}."


@says(subject.Withdrawn)
def _(event: subject.Withdrawn) -> str:
    because = event.because_of_adverse_event
    why = "" if because is None else f" because of adverse event {because}"
    when = "" if event.withdrawn_on is None else f" on {event.withdrawn_on}"
    return f"Subject {event.subject} withdrew from {event.mode.replace('_', ' ')}{when}{why}."


@says(subject.Completed)
def _(event: subject.Completed) -> str:
    when = "" if event.completed_on is None else f" on {event.completed_on}"
    return f"Subject {event.subject} completed the trial{when}."


@says(subject.Died)
def _(event: subject.Died) -> str:
    return f"Subject {event.subject} died" + ("." if event.died_on is None else f" on {event.died_on}.")


@says(subject.RowVanished)
def _(event: subject.RowVanished) -> str:
    return f"The row of subject {event.subject} is no longer in the data."


@says(subject.RowReappeared)
def _(event: subject.RowReappeared) -> str:
    return f"The row of subject {event.subject} is in the data again."


@says(dose.Given)
def _(event: dose.Given) -> str:
    return f"Dose {event.number} of subject {event.subject} was given: {told(event)}."


@says(dose.Corrected)
def _(event: dose.Corrected) -> str:
    return f"Dose {event.number} of subject {event.subject} was corrected: {put_right(event)}."


@says(dose.Withheld)
def _(event: dose.Withheld) -> str:
    when = "" if event.withheld_on is None else f" on {event.withheld_on}"
    return f"Dose {event.number} of subject {event.subject} was withheld{when}."


@says(dose.RowVanished)
def _(event: dose.RowVanished) -> str:
    return f"The row of dose {event.number} of subject {event.subject} is no longer in the data."


@says(dose.RowReappeared)
def _(event: dose.RowReappeared) -> str:
    return f"The row of dose {event.number} of subject {event.subject} is in the data again."


@says(adverse_event.Reported)
def _(event: adverse_event.Reported) -> str:
    return f"{of(event)} was reported: {told(event)}."


@says(adverse_event.FollowedUp)
def _(event: adverse_event.FollowedUp) -> str:
    return f"{of(event)} was followed up: {told(event)}."


@says(adverse_event.Corrected)
def _(event: adverse_event.Corrected) -> str:
    return f"{of(event)} was corrected: {put_right(event)}."


@says(adverse_event.SeriousnessAssessed)
def _(event: adverse_event.SeriousnessAssessed) -> str:
    return f"The {event.assessor} assessed the seriousness of {of(event, 'adverse event')}: {told(event)}."


@says(adverse_event.CausalityAssessed)
def _(event: adverse_event.CausalityAssessed) -> str:
    beside = [name for name in ("product", "method") if event.__dict__[name] is not None]
    by = f" by stated {' and '.join(beside)}" if beside else ""
    return f"The {event.assessor} assessed the causality of {of(event, 'adverse event')}{by}: AEREL {event.causality}."


@says(adverse_event.ExpectednessAssessed)
def _(event: adverse_event.ExpectednessAssessed) -> str:
    against = event.reference_safety_information
    rsi = "" if against is None else f" against reference safety information {against}"
    return f"{of(event)} was assessed as {'expected' if event.expected == 'Y' else 'unexpected'}{rsi}."


@says(adverse_event.Coded)
def _(event: adverse_event.Coded) -> str:
    return f"{of(event)} was coded: {told(event)}."


@says(adverse_event.Merged)
def _(event: adverse_event.Merged) -> str:
    return f"{of(event)} was merged into {event.into}."


@says(adverse_event.Unmerged)
def _(event: adverse_event.Unmerged) -> str:
    return f"{of(event)} stands for itself again."


@says(adverse_event.Nullified)
def _(event: adverse_event.Nullified) -> str:
    return f"{of(event)} was nullified: {event.reason.replace('_', ' ')}."


@says(adverse_event.RowVanished)
def _(event: adverse_event.RowVanished) -> str:
    return f"The row of {of(event, 'adverse event')} is no longer in the data."


@says(adverse_event.RowReappeared)
def _(event: adverse_event.RowReappeared) -> str:
    return f"The row of {of(event, 'adverse event')} is in the data again."


@says(message.Composed)
def _(event: message.Composed) -> str:
    return f"A message to {event.to} as {event.role.replace('_', ' ')} was composed; alerts it carries: {len(event.alerts)}."


@says(message.Sent)
def _(event: message.Sent) -> str:
    code = "" if event.smtp_code is None else f" with code {event.smtp_code}"
    again = "" if (event.attempt or 1) == 1 else f", attempt {event.attempt}"
    return f"Message {event.message} was taken by {event.channel}{code}{again}."


@says(message.Failed)
def _(event: message.Failed) -> str:
    return f"Message {event.message} was not taken by {event.channel}: {event.error}."


says(*words_of_reports.EVENTS)(words_of_reports.sentence)


def of(event: Any, what: str = "Adverse event") -> str:  # noqa: ANN401, any event about an adverse event
    """Name an adverse event by its number and subject."""
    return f"{what} {event.number} of subject {event.subject}"
