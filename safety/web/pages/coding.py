"""Coding an adverse event by hand: the reported term beside the terms of a dictionary, with its version, and why where it changes."""

from collections.abc import Sequence
from typing import Any

from fastapi import Response

from safety.aggregates.adverse_event import Coded
from safety.aggregates.deciding import Form
from safety.projections.subjects import terms_on_record
from safety.web.acting import CASE, Fault, Misfilled, acted, back_to, built, named, reason_in
from safety.web.as_read import Row, event_at, read_at, since
from safety.web.asking import Ask, Asked
from safety.web.case_record import shows_text
from safety.web.changing import NOTHING_NEW
from safety.web.declaring import Pages
from safety.web.pages.case import case_of
from safety.web.record_fields import RECORD_FIELDS
from safety.web.words import N_

pages = Pages()

CODE = CASE + "/coding"
COMMAND = "adverse_event.code"
FIELDS = {
    "preferred_term": (N_("Preferred term"), N_("By it the tables count the event.")),
    "preferred_term_code": (N_("Code of the preferred term"), N_("As the dictionary numbers it.")),
    "low_level_term": (N_("Lowest level term"), ""),
    "body_system": (N_("Body system or organ class"), N_("Under it the tables show the event.")),
    "system_organ_class": (N_("Primary system organ class"), N_("The one that the dictionary gives first.")),
    "dictionary": (N_("Dictionary"), N_("Such as MedDRA; this desk holds none, you look the term up in yours.")),
    "dictionary_version": (N_("Version of the dictionary"), N_("Such as 28.1.")),
}
"""What is asked for, with what it is good for."""
SUGGESTED = ("preferred_term", "body_system", "system_organ_class", "dictionary_version")
"""Fields that the tables hold: what others of the trial were coded as is offered."""
NO_TERM = N_("Write the preferred term: without one the event is not coded.")
WITHOUT_REASON = N_("Say why it is coded anew; the reason stands beside the change for ever.")


@pages.shows(CODE, COMMAND)
def ask_coding(ask: Ask, subject: str, number: str) -> Response:
    """Show the reported term and how it is coded."""
    return shown(ask, case_of(ask, subject, number))


@pages.takes(CODE, COMMAND)
def take_coding(ask: Ask, subject: str, number: str) -> Response:
    """Record how the reported term is coded, or show the form again with what is wrong and what came in between."""
    case, position = case_of(ask, subject, number), read_at(ask)

    def form() -> Form:
        return coding(ask, case, event_at(ask, case, position).particulars)

    fault = acted(ask, COMMAND, form, reason=ask.text("why") or None, read_at=position)
    if fault is None:
        return back_to(ask, case)
    ask.look_at(ask.trial)
    return shown(ask, case_of(ask, subject, number), fault, since(ask, case, position))


def coding(ask: Asked, case: Row, held: Any) -> Form:  # noqa: ANN401, the particulars of an event, by field
    """Fill in what is coded otherwise than it was read; what is left empty stays as it is. Raises Misfilled."""
    if not (ask.text("preferred_term") or held.get("preferred_term")):
        raise Misfilled("preferred_term", ask.words(NO_TERM))
    said = {name: ask.text(name) for name in FIELDS}
    changed = {name: text for name, text in said.items() if text and text != str(held.get(name) or "")}
    if not changed:
        raise Misfilled("act", ask.words(NOTHING_NEW))
    if any(held.get(name) for name in changed) and reason_in(ask) is None:
        raise Misfilled("why", ask.words(WITHOUT_REASON))
    return built(ask, Coded, **named(ask, case), **changed)


def shown(ask: Asked, case: Row, fault: Fault | None = None, moved: Sequence[Row] = ()) -> Response:
    """Show the form, filled in with what is on record; what was typed stays."""
    held = event_at(ask, case, ask.at.position).particulars
    said = {name: ask.text(name) if ask.form else str(held.get(name) or "") for name in FIELDS}
    with ask.reading() as connection:
        offered = {name: terms_on_record(connection, ask.trial, ask.at, ask.sites, of=name) for name in SUGGESTED}
    page = {
        "case": case,
        "fault": fault,
        "moved": moved,
        "said": said,
        "offered": offered,
        "fields": [(name, ask.words(text), hint and ask.words(hint)) for name, (text, hint) in FIELDS.items()],
        "names": RECORD_FIELDS,
        "clear": shows_text(ask, [case["term"]]),
    }
    return ask.render("case/coding.html.j2", 409 if moved else 422 if fault else 200, **page)
