"""The doses of a subject at the bedside: given as the trial's file plans, withheld, and corrected, old beside new."""

from datetime import date
from typing import Any

from fastapi import Response

from safety.aggregates.deciding import Form, variables
from safety.aggregates.dose import Corrected, Doses, Given, Withheld
from safety.aggregates.trial import Dosing
from safety.journal.states import folded
from safety.web.acting import Fault, Misfilled, acted, built, reason_in
from safety.web.addresses import whole
from safety.web.as_read import read_at
from safety.web.asking import Ask, Asked, NotThere
from safety.web.changing import NOTHING_NEW
from safety.web.declaring import Pages
from safety.web.pages.correcting import WITHOUT_REASON
from safety.web.pages.subjects import today
from safety.web.subject_form import Plate, Row, back_to_subject, date_in, number_in, parts_of, shown, since, subject_in
from safety.web.words import N_

pages = Pages()

SUBJECT = "/trials/{trial}/subjects/{subject}"
PLAIN = ("treatment", "amount", "unit", "route", "lot")
CELLS = ("cells_per_kg", "total_cells", "viability_percent")
FIELDS = (*PLAIN, *CELLS, "interrupted")
NEAR_DAYS = 3
WHICH = N_("Write the number of the dose, 1 or more.")
Particulars = dict[str, Any]


@pages.shows(SUBJECT + "/dose", "dose.give")
def ask_dose(ask: Ask, subject: str, number: str = "") -> Response:
    """Ask what was given, filled in as it is planned."""
    return giving(ask, subject_in(ask, subject), number)


@pages.takes(SUBJECT + "/dose", "dose.give")
def take_dose(ask: Ask, subject: str) -> Response:
    """Record a dose."""
    person = subject_in(ask, subject)

    def form() -> Form:
        said = {name: ask.text(name) for name in FIELDS}
        named = {"trial": ask.trial, "subject": person["subject"], "number": number_in(ask, "number", WHICH)}
        return built(ask, Given, **named, started_on=date_in(ask), interruption=ask.text("interruption"), **said)

    fault = acted(ask, "dose.give", form, read_at=read_at(ask))
    if fault is None:
        return back_to_subject(ask, person, "dose")
    return giving(ask, *again(ask, person["subject"]), fault=fault)


@pages.shows(SUBJECT + "/withhold", "dose.withhold")
def ask_withholding(ask: Ask, subject: str, number: str = "") -> Response:
    """Ask which planned dose was not given, and why."""
    return withholding(ask, subject_in(ask, subject), number)


@pages.takes(SUBJECT + "/withhold", "dose.withhold")
def take_withholding(ask: Ask, subject: str) -> Response:
    """Record that a planned dose was not given."""
    person = subject_in(ask, subject)

    def form() -> Form:
        named = {"trial": ask.trial, "subject": person["subject"], "number": number_in(ask, "number", WHICH)}
        return built(ask, Withheld, **named, withheld_on=date_in(ask), reason=ask.text("reason"))

    fault = acted(ask, "dose.withhold", form, read_at=read_at(ask))
    if fault is None:
        return back_to_subject(ask, person, "withheld")
    return withholding(ask, *again(ask, person["subject"]), fault=fault)


@pages.shows(SUBJECT + "/doses/{number}/correct", "dose.correct")
def ask_correction(ask: Ask, subject: str, number: str) -> Response:
    """Show a dose as it is on record, to be put right."""
    person = subject_in(ask, subject)
    return correcting(ask, person, *on_record(ask, person, number, ask.at.position))


@pages.takes(SUBJECT + "/doses/{number}/correct", "dose.correct")
def take_correction(ask: Ask, subject: str, number: str) -> Response:
    """Record what the dose should say, with the reason."""
    person, position = subject_in(ask, subject), read_at(ask)
    which, base = on_record(ask, person, number, position)

    def form() -> Form:
        now = typed(ask, base)
        changed = [name for name, said in now.items() if said != str(base.get(name) or "")]
        if not changed:
            raise Misfilled("act", ask.words(NOTHING_NEW))
        reasoned(ask)
        put_right = [variable for name, variable in variables(Corrected).items() if name in changed]
        named = {"trial": ask.trial, "subject": person["subject"], "number": which, "variables": put_right}
        return built(ask, Corrected, **named, **{name: now[name] for name in changed})

    fault = acted(ask, "dose.correct", form, reason=ask.text("why") or None, read_at=position)
    if fault is None:
        return back_to_subject(ask, person, "dose")
    ask.look_at(ask.trial)
    moved = since(ask, person["subject"], position, which)
    _, now = on_record(ask, person, number, ask.at.position)
    return correcting(ask, subject_in(ask, subject), which, now, typed_on(ask, base, now), fault, moved)


def reasoned(ask: Asked) -> None:
    """See to it that a correction says why; raises Misfilled."""
    if reason_in(ask) is None:
        raise Misfilled("why", ask.words(WITHOUT_REASON))


def typed(ask: Asked, base: Particulars) -> dict[str, str]:
    """Give what the form says of each field; a second that the form does not ask for is left as it is."""
    date, known = date_in(ask) or "", str(base.get("started_on") or "")
    kept = known if parts_of(known) == parts_of(date) else date
    return {**{name: ask.text(name) for name in FIELDS}, "started_on": kept}


def typed_on(ask: Asked, base: Particulars, now: Particulars) -> dict[str, str]:
    """Bring what was typed onto the dose as it stands: fields left alone follow the record."""
    texts = {name: ask.text(name) for name in (*FIELDS, *parts_of(None))}
    was, stands = fields_of(base), fields_of(now)
    return {name: stands[name] if said == was[name] else said for name, said in texts.items()}


def fields_of(dose: Particulars) -> dict[str, str]:
    """Write a dose as its form holds it."""
    return {name: str(dose.get(name) or "") for name in FIELDS} | parts_of(dose.get("started_on"))


def on_record(ask: Asked, person: Row, number: str, position: int) -> tuple[int, Particulars]:
    """Find a dose as it stood at a position; raises NotThere."""
    which = whole(number)
    rows = ask.home.journal.stream(f"{ask.trial}/subject/{person['subject']}")
    doses = folded(row for row in rows if row.position <= position).slice(Doses)
    if which is None or which not in doses.by_number:
        raise NotThere
    return which, dict(doses.by_number[which])


def again(ask: Asked, subject: str) -> tuple[Row, str, list[Row]]:
    """Look at a subject anew after a refusal: what it is now, the number that was typed, and what came in between."""
    position, number = read_at(ask), ask.text("number")
    ask.look_at(ask.trial)
    return subject_in(ask, subject), number, since(ask, subject, position, whole(number))


def plan_of(ask: Asked, person: Row) -> Dosing | None:
    """Give the plan that the subject's doses follow so far, or the trial's only one."""
    plans = () if ask.governs is None else ask.governs.dosing
    given = {(dose["treatment"] or "").upper() for dose in person["doses"] if not dose["withheld"]}
    fitting = [plan for plan in plans if plan.treatment.upper() in given] or list(plans)
    return fitting[0] if len(fitting) == 1 else None


def offered(ask: Asked, person: Row, number: str) -> dict[str, str]:
    """Fill in a dose as the trial's file plans it; the day is today where that is the planned one, give or take three."""
    plan, planned = plan_of(ask, person), person["planned"]
    said = dict.fromkeys((*FIELDS, "interruption"), "") | parts_of(None)
    if plan is not None:
        said |= {"treatment": plan.treatment, "amount": plan.amount, "unit": plan.unit, "route": plan.route}
        said["cells_per_kg"] = plan.amount if plan.per_kg and "cell" in plan.unit.lower() else ""
    next_number = max((dose["number"] for dose in person["doses"]), default=0) + 1
    said["number"] = number or str(planned["number"] if planned else next_number)
    if planned is None or planned["on"] is None or near(planned["on"], today(ask)):
        said |= parts_of(today(ask))
    return said


def near(planned: str, day: str) -> bool:
    """Say whether a day is within three days of the planned one."""
    return abs((date.fromisoformat(day) - date.fromisoformat(planned)).days) <= NEAR_DAYS


def giving(
    ask: Asked, person: Row, number: str, moved: list[Row] | None = None, fault: Fault | None = None
) -> Response:
    """Show the form of a dose that was given."""
    title, button = ask.words("Record a dose that was given"), ask.words("Record the dose")
    beside = {"subject": person, "what": "give", "base": None, "cells": in_cells(ask)}
    action = ask.in_trial(f"/subjects/{person['subject']}/dose")
    return shown(
        ask, Plate("bedside/dose.html.j2", action, title, button, beside), offered(ask, person, number), fault, moved
    )


def withholding(
    ask: Asked, person: Row, number: str, moved: list[Row] | None = None, fault: Fault | None = None
) -> Response:
    """Show the form of a dose that was withheld."""
    title, button = ask.words("Record a dose that was withheld"), ask.words("Record as withheld")
    beside = {"subject": person}
    action = ask.in_trial(f"/subjects/{person['subject']}/withhold")
    said = {**offered(ask, person, number), "reason": ""}
    return shown(ask, Plate("bedside/withhold.html.j2", action, title, button, beside), said, fault, moved)


def correcting(  # noqa: PLR0917, what the page shows
    ask: Asked,
    person: Row,
    which: int,
    now: Particulars,
    typed: dict[str, str] | None = None,
    fault: Fault | None = None,
    moved: list[Row] | None = None,
) -> Response:
    """Show the form that corrects a dose, each field with what is on record."""
    title = ask.words("Correct infusion %(n)d", n=which)
    beside = {
        "subject": person,
        "what": "correct",
        "base": fields_of(now) | {"started_on": now.get("started_on")},
        "cells": in_cells(ask),
    }
    action = ask.in_trial(f"/subjects/{person['subject']}/doses/{which}/correct")
    plate = Plate("bedside/dose.html.j2", action, title, ask.words("Record the correction"), beside, adds=False)
    return shown(
        ask, plate, {**(typed or fields_of(now)), "why": ask.text("why")}, fault, moved, merged=typed is not None
    )


def in_cells(ask: Asked) -> bool:
    """Say whether the trial gives cells, which are counted."""
    return ask.governs is not None and any("cell" in plan.unit.lower() for plan in ask.governs.dosing)
