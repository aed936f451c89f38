"""Correcting an adverse event: what was recorded wrongly is put right, old beside new, with the reason; and saying there was none."""

from fastapi import Response

from safety.aggregates.adverse_event import AdverseEvent, Corrected, Nullified
from safety.aggregates.deciding import Form, variables
from safety.values import REASON_LENGTH
from safety.web.acting import CASE, LONG_REASON, Fault, acted, back_to, built, chosen, named, unsigned
from safety.web.as_read import Row, read_at, since
from safety.web.asking import Ask, Asked
from safety.web.changing import Draft, Way, opened, sent
from safety.web.declaring import Pages
from safety.web.filing_form import taken
from safety.web.merging import FIELDS
from safety.web.pages.case import case_of
from safety.web.record_fields import RECORD_FIELDS
from safety.web.signing import Meaning, wanted
from safety.web.words import N_

pages = Pages()

CORRECT = CASE + "/correct"
NULLIFY = CASE + "/nullify"
WITHOUT_REASON = N_("Say why the record was wrong; the reason stands beside the correction for ever.")
MEANINGS: tuple[Meaning, ...] = ("authorship", "approval")
REASONS = {
    "duplicate": N_("It is the same occurrence as another one on record"),
    "wrong_subject": N_("It was filed to the wrong subject"),
    "not_an_adverse_event": N_("It was no adverse event"),
    "other": N_("Another reason"),
}


@pages.shows(CORRECT, "adverse_event.correct")
def ask_correction(ask: Ask, subject: str, number: str) -> Response:
    """Show every field as it stands, to be put right."""
    return opened(ask, WAY, subject, number)


@pages.takes(CORRECT, "adverse_event.correct")
def take_correction(ask: Ask, subject: str, number: str) -> Response:
    """Save the correction, or, unless the button to save was pressed, show it old beside new."""
    return sent(ask, WAY, subject, number)


def asks(ask: Asked, _: AdverseEvent) -> tuple[str, ...]:
    """Give the fields of the page; the investigator's causality is the investigator's to correct."""
    return tuple(name for name in FIELDS if name != "causality" or ask.role == "investigator")


def fill(ask: Asked, draft: Draft, said: Row) -> Corrected | None:
    """Make the correction: the fields that were changed are named, an emptied one among them."""
    if ask.text("do") == "file" and not ask.text("why"):
        draft.given.errors["why"] = ask.words(WITHOUT_REASON)
    if len(ask.text("why")) > REASON_LENGTH:
        draft.given.errors["why"] = ask.words(LONG_REASON, n=REASON_LENGTH, long=len(ask.text("why")))
    if not draft.merged.changed:
        return None
    right = {name: said[name] for name in draft.merged.changed if name in said}
    put_right = [variables(Corrected)[name] for name in draft.merged.changed]
    return taken(Corrected, {**named(ask, draft.case), **right, "variables": put_right}, draft.given, ask)


WAY = Way("adverse_event.correct", "correct/form.html.j2", asks, fill, reasoned=True)


@pages.shows(NULLIFY, "adverse_event.nullify")
def ask_nullification(ask: Ask, subject: str, number: str) -> Response:
    """Ask why there was no such event."""
    return nullification(ask, case_of(ask, subject, number), ask.at.position)


@pages.takes(NULLIFY, "adverse_event.nullify")
def take_nullification(ask: Ask, subject: str, number: str) -> Response:
    """Say that there was no such event; signed, and nothing is erased."""
    case, position = case_of(ask, subject, number), read_at(ask)

    def form() -> Form:
        said = {"reason": chosen(ask, "reason", tuple(REASONS)), "explanation": ask.text("explanation")}
        return built(ask, Nullified, **named(ask, case), **said)

    fault = acted(ask, "adverse_event.nullify", form, MEANINGS, read_at=position)
    if fault is None:
        return back_to(ask, case)
    ask.look_at(ask.trial)
    return nullification(ask, case_of(ask, subject, number), position, fault)


def nullification(ask: Asked, case: Row, position: int, fault: Fault | None = None) -> Response:
    """Show the form that nullifies, with what it would come to and what came in between; what was typed stays."""
    said = {
        "case": case,
        "moved": since(ask, case, position) if fault else [],
        "fault": fault,
        "position": ask.at.position,
        "names": RECORD_FIELDS,
        "reasons": [(name, ask.words(text), "", "") for name, text in REASONS.items()],
        "signing": wanted(ask, *MEANINGS, error=unsigned(fault)),
    }
    return ask.render("correct/nullify.html.j2", 422 if fault else 200, **said)
