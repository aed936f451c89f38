"""Correcting what is recorded of a subject: each field with what is on record, the reason, and what it would set off."""

from typing import Any

from fastapi import Response

from safety.aggregates.deciding import Form
from safety.aggregates.subject import Subject, SubjectCorrected
from safety.journal.states import folded
from safety.web.acting import Fault, Misfilled, acted, built, chosen, reason_in
from safety.web.as_read import read_at
from safety.web.asking import Ask, Asked
from safety.web.changing import NOTHING_NEW
from safety.web.consequences import Consequences, Told, consequences
from safety.web.declaring import Pages
from safety.web.pages.correcting import WITHOUT_REASON
from safety.web.pages.enrolling import sites
from safety.web.showing import SEXES
from safety.web.subject_form import A_DAY, Plate, Row, date_in, parts_of, shown, since, subject_in

pages = Pages()

CORRECT = "/trials/{trial}/subjects/{subject}/correct"
COMMAND = "subject.correct"
PLAIN = ("age", "birth_year", "weight_kg", "country")
CHOSEN = ("site", "arm", "actual_arm", "sex")
Particulars = dict[str, Any]


@pages.shows(CORRECT, COMMAND)
def ask_correction(ask: Ask, subject: str) -> Response:
    """Show what is recorded of a subject, to be put right."""
    person = subject_in(ask, subject)
    return correcting(ask, person, on_record(ask, person, ask.at.position))


@pages.takes(CORRECT, COMMAND)
def take_correction(ask: Ask, subject: str) -> Response:
    """Record what it should say, with the reason, or say what that would set off where it was asked."""
    person, position = subject_in(ask, subject), read_at(ask)
    base = on_record(ask, person, position)
    if ask.text("do") == "check":
        return correcting(ask, person, on_record(ask, person, ask.at.position), base=base)

    def form() -> Form:
        found = put_right(ask, person, base)
        if reason_in(ask) is None:
            raise Misfilled("why", ask.words(WITHOUT_REASON))
        return found

    fault = acted(ask, COMMAND, form, reason=ask.text("why"), read_at=position)
    if fault is None:
        return gone_back(ask, person["subject"])
    ask.look_at(ask.trial)
    moved = since(ask, person["subject"], position)
    person = subject_in(ask, subject)
    return correcting(ask, person, on_record(ask, person, ask.at.position), fault, moved, base=base)


def gone_back(ask: Asked, subject: str) -> Response:
    """Go back to the subject, or, where it is now of a site of others, to those that are left."""
    ask.look_at(ask.trial)
    mine = ask.sites is None or ask.text("site") in ask.sites
    return ask.go(ask.in_trial(f"/subjects/{subject}", recorded="subject") if mine else ask.in_trial("/subjects"))


def put_right(ask: Asked, person: Row, base: Particulars) -> Form:
    """Fill in the correction: the fields that were changed are named, an emptied one among them; raises Misfilled."""
    now = typed(ask, base)
    changed = [name for name, said in now.items() if said != str(base.get(name) or "")]
    if not changed:
        raise Misfilled("act", ask.words(NOTHING_NEW))
    names = {name: described.alias or name for name, described in SubjectCorrected.model_fields.items()}
    of = {"trial": ask.trial, "subject": person["subject"], "variables": [names[name] for name in changed]}
    return built(ask, SubjectCorrected, **of, **{name: now[name] for name in changed})


def typed(ask: Asked, base: Particulars) -> dict[str, str]:
    """Give what the form says of each field; a time of day that it does not ask for is left as it is. Raises Misfilled."""
    date, known = date_in(ask) or "", str(base.get("enrolled_on") or "")
    picked = {name: chosen(ask, name, [value for value, _ in choices]) for name, choices in offered(ask, base).items()}
    day = known if date and known[:A_DAY] == date else date
    return {**{name: ask.text(name) for name in PLAIN}, **picked, "enrolled_on": day}


def offered(ask: Asked, base: Particulars) -> dict[str, list[tuple[str, str]]]:
    """Give the choices of each field that is chosen: those that one may give, and what is on record."""
    arms = [] if ask.governs is None else [arm.name for arm in ask.governs.arms]
    choices = {
        "site": [(one, one) for one in sites(ask)],
        "arm": [(one, one) for one in arms],
        "actual_arm": [(one, one) for one in arms],
        "sex": [(value, ask.words(text)) for value, text in SEXES.items()],
    }
    for name, known in choices.items():
        held = str(base.get(name) or "")
        if held not in {"", *(value for value, _ in known)}:
            known.append((held, held))
        if name != "site" or not held:
            known.insert(0, ("", ask.words("not recorded")))
    return choices


def on_record(ask: Asked, person: Row, position: int) -> Particulars:
    """Give what was known of a subject at a position."""
    rows = ask.home.journal.stream(f"{ask.trial}/subject/{person['subject']}")
    return dict(folded(row for row in rows if row.position <= position).slice(Subject).particulars)


def fields_of(known: Particulars) -> dict[str, str]:
    """Write what is known of a subject as its form holds it."""
    return {name: str(known.get(name) or "") for name in (*PLAIN, *CHOSEN)} | parts_of(known.get("enrolled_on"))


def typed_on(ask: Asked, base: Particulars, now: Particulars) -> dict[str, str]:
    """Bring what was typed onto the record as it stands: fields left alone follow it."""
    was, stands = fields_of(base), fields_of(now)
    return {name: stands[name] if ask.text(name) == held else ask.text(name) for name, held in was.items()}


def set_off(ask: Asked, person: Row, base: Particulars) -> Consequences | None:
    """Say what the correction would come to as far as it is filled in; nothing while nothing is changed."""
    try:
        return consequences(ask, COMMAND, put_right(ask, person, base)) if ask.form else None
    except Misfilled:
        return None


def correcting(
    ask: Asked,
    person: Row,
    now: Particulars,
    fault: Fault | None = None,
    moved: list[Row] | None = None,
    *,
    base: Particulars | None = None,
) -> Response:
    """Show the form, each field with what is on record; what was typed on `base` stays, brought onto the record as it stands."""
    said = fields_of(now) if base is None else typed_on(ask, base, now)
    beside = {
        "subject": person,
        "base": fields_of(now) | {"enrolled_on": now.get("enrolled_on")},
        "choices": offered(ask, now),
        "given": set_off(ask, person, base if base is not None else now),
        "told": Told(ask),
    }
    action = ask.in_trial(f"/subjects/{person['subject']}/correct")
    title, button = ask.words("Correct subject %(code)s", code=person["subject"]), ask.words("Record the correction")
    plate = Plate("bedside/correct.html.j2", action, title, button, beside, adds=False)
    return shown(ask, plate, {**said, "why": ask.text("why")}, fault, moved, merged=base is not None)
