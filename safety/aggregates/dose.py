"""The doses of a subject: given, corrected, withheld; for cells with lot, count and viability."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from pydantic import Field

from safety.aggregates.deciding import Act, Form, Refused, States, SubjectForm, UnknownEvent, command, event, folds
from safety.aggregates.subject import FILING, Subject, check_variables, enrolled, put_right, stated
from safety.values import DecimalText, Number, PartialDate, PartialDateText, Source, Text, YesNo

TOTAL_CELLS_TOLERANCE = Decimal("0.05")
"""A counted total may differ this much from cells/kg x weight: weights and counts are rounded at the bedside."""
MOST_CELLS, MOST_DECIMALS = 10**20, 12
"""What a DecimalText can hold."""


class Numbered(SubjectForm):
    """An event about one dose, by its number within the subject."""

    number: Number = Field(alias="EXSEQ")


class Particulars(Numbered):
    """One dose; for cells also the lot, the count per kg and in all, viability, and whether it was interrupted."""

    treatment: str | None = Field(None, alias="EXTRT", max_length=200)
    amount: DecimalText | None = Field(None, alias="EXDOSE")
    unit: str | None = Field(None, alias="EXDOSU", max_length=64)
    route: str | None = Field(None, alias="EXROUTE", max_length=64)
    started_on: PartialDateText | None = Field(None, alias="EXSTDTC")
    ended_on: PartialDateText | None = Field(None, alias="EXENDTC")
    visit: str | None = Field(None, alias="VISIT", max_length=200)
    lot: str | None = Field(None, alias="EXLOT", max_length=64)
    cells_per_kg: DecimalText | None = None
    total_cells: DecimalText | None = None
    viability_percent: DecimalText | None = None
    interrupted: YesNo | None = None
    interruption: Text | None = None
    source: Source | None = None


@event("dose.given.v1")
class Given(Particulars):
    """A dose was given."""


@event("dose.corrected.v1")
class Corrected(Particulars):
    """What was recorded of a dose was wrong: the named variables now hold what stands here, or nothing."""

    variables: tuple[str, ...] = Field(min_length=1)


@event("dose.withheld.v1")
class Withheld(Numbered):
    """A planned dose was not given."""

    withheld_on: PartialDateText | None = None
    reason: Text | None = None


@event("dose.row_vanished.v1")
class RowVanished(Numbered):
    """A later import no longer holds the row of this dose: a query, never an erasure."""


@event("dose.row_reappeared.v1")
class RowReappeared(Numbered):
    """A vanished row is in the data again."""


@dataclass(frozen=True, slots=True)
class Doses:
    """The doses of one subject by number, each as particulars by field name, and what the imported data last said."""

    by_number: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    imported: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    withheld: frozenset[int] = frozenset()
    vanished: frozenset[int] = frozenset()


@folds("dose", Doses)
def evolve(state: Doses, happened: Form) -> Doses:
    """Fold one event into the doses of a subject."""
    match happened:
        case Given():
            said = stated(happened)
            imported = {**state.imported, happened.number: said} if happened.source else state.imported
            return replace(state, by_number={**state.by_number, happened.number: said}, imported=imported)
        case Corrected():
            known = state.by_number[happened.number]
            imported = state.imported
            if happened.source:
                imported = {**imported, happened.number: put_right(imported.get(happened.number, known), happened)}
            by_number = {**state.by_number, happened.number: put_right(known, happened)}
            return replace(state, by_number=by_number, imported=imported)
        case Withheld():
            return replace(state, withheld=state.withheld | {happened.number})
        case RowVanished():
            return replace(state, vanished=state.vanished | {happened.number})
        case RowReappeared():
            return replace(state, vanished=state.vanished - {happened.number})
        case _:
            raise UnknownEvent(happened)


class DoseRecorded(Refused):
    """EXSEQ: dose {dose} of subject {subject} is recorded already; correct it, or give the next number."""


class DoseWithheld(Refused):
    """EXSEQ: dose {dose} of subject {subject} is on record as withheld; give the next number to the dose that was given."""


class UnknownDose(Refused):
    """Dose {dose} of subject {subject} is not recorded; record the dose first."""


class DoseBeforeEnrolment(Refused):
    """EXSTDTC: dose {dose} of subject {subject} lies before the enrolment (RFICDTC); check both dates."""


class DoseAfterDeath(Refused):
    """EXSTDTC: dose {dose} of subject {subject} lies after the death of the subject (DTHDTC); check both dates."""


class TotalCellsDiffer(Refused):
    """total_cells of dose {dose} of subject {subject} is not cells_per_kg x WEIGHT (within 5 %); check all three."""


class TooManyCells(Refused):
    """cells_per_kg x WEIGHT of dose {dose} of subject {subject} has more than 20 digits; check both and their units."""


def total_cells(subject: Subject, said: Mapping[str, Any]) -> Decimal | None:
    """Cells in all, computed from cells/kg and body weight in kg where both are known."""
    per_kg, weight = said.get("cells_per_kg"), subject.particulars.get("weight_kg")
    return Decimal(per_kg) * Decimal(weight) if per_kg and weight else None


def decimal_text(total: Decimal) -> str:
    """Write a computed total as a DecimalText."""
    text = f"{total:f}"
    return f"{total:.{MOST_DECIMALS}f}" if len(text.partition(".")[2]) > MOST_DECIMALS else text


def check(subject: Subject, form: Particulars, said: Mapping[str, Any]) -> None:
    """Refuse a dose, as `said` after the form, before enrolment, after death, or whose cell count does not fit the weight."""
    named = {"dose": form.number, "subject": form.subject}
    started_on, since = said.get("started_on"), subject.particulars.get("enrolled_on")
    if started_on and since and PartialDate(started_on).compare(PartialDate(since)) == "before":
        raise DoseBeforeEnrolment(**named)
    if started_on and subject.died_on and PartialDate(started_on).compare(PartialDate(subject.died_on)) == "after":
        raise DoseAfterDeath(**named)
    planned, total = total_cells(subject, said), said.get("total_cells")
    if planned is not None and abs(planned) >= MOST_CELLS:
        raise TooManyCells(**named)
    if planned and total and abs(Decimal(total) - planned) > planned * TOTAL_CELLS_TOLERANCE:
        raise TotalCellsDiffer(**named)


@command("dose.give", Given, *FILING)
def give(states: States, form: Given, act: Act) -> tuple[Form, ...]:
    """Record a dose; the total of cells is computed where it was not counted."""
    subject = enrolled(states, form)
    doses = states(form.stream, Doses)
    if form.number in doses.by_number:
        raise DoseRecorded(dose=form.number, subject=form.subject)
    if form.number in doses.withheld:
        raise DoseWithheld(dose=form.number, subject=form.subject)
    said = stated(form)
    check(subject, form, said)
    planned = total_cells(subject, said)
    if planned is not None and form.total_cells is None:
        form = form.model_copy(update={"total_cells": decimal_text(planned)})
    return (form,)


@command("dose.correct", Corrected, *FILING)
def correct(states: States, form: Corrected, act: Act) -> tuple[Form, ...]:
    """Correct what was recorded of a dose."""
    subject = enrolled(states, form)
    known = states(form.stream, Doses).by_number.get(form.number)
    if known is None:
        raise UnknownDose(dose=form.number, subject=form.subject)
    check_variables(form)
    check(subject, form, put_right(known, form))
    return (form,)


@command("dose.withhold", Withheld, *FILING)
def withhold(states: States, form: Withheld, act: Act) -> tuple[Form, ...]:
    """Record that a planned dose was not given."""
    enrolled(states, form)
    doses = states(form.stream, Doses)
    if form.number in doses.by_number or form.number in doses.withheld:
        raise DoseRecorded(dose=form.number, subject=form.subject)
    return (form,)
