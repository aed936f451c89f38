"""Filing an adverse event: a form that is never refused for being incomplete, and says what it sets off before it does."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import Response

from safety.aggregates.adverse_event import Reported
from safety.aggregates.deciding import Refused
from safety.projections import Connection
from safety.projections.line_listing import Dose, dose_before
from safety.projections.subjects import lacking, subject_codes, subject_of, terms_on_record
from safety.projections.trials import definition
from safety.values import DAY_SECONDS, code, span
from safety.web.answers import CHOICES
from safety.web.asking import Ask, Asked
from safety.web.declaring import Pages
from safety.web.filing_form import Typed, filled, typed
from safety.web.late import late
from safety.web.pages.subjects import FIELDS
from safety.web.reasons import said_in_words
from safety.web.set_off import BECAUSE, PARTIES, REPORT, SetOff, set_off
from safety.web.words import N_

pages = Pages()

MOST_CHOICES = 200
"""Of more subjects the code is typed."""
A_DAY = 10
NOBODY = N_("No subject is on record yet. Enrol one; what you typed stays in this form.")
ASKED = {
    **CHOICES,
    "fields": FIELDS,
    "because": BECAUSE,
    "parties": PARTIES,
    "why": said_in_words,
}
"""What the form of an adverse event and its side panel need, whichever page they stand on."""


@pages.shows("/trials/{trial}/file", REPORT)
def empty_form(ask: Ask, subject: str = "") -> Response:
    """Show the form, about a subject where the address names one."""
    return answered(ask, typed(ask, subject or only_subject(ask)), pressed="")


@pages.takes("/trials/{trial}/file", REPORT)
def file_event(ask: Ask) -> Response:
    """File what was typed, or, unless the button to file was pressed, say what it would set off."""
    return answered(ask, typed(ask), pressed="file" if ask.text("do") == "file" else "check")


def answered(ask: Asked, given: Typed, *, pressed: str) -> Response:
    """Answer the form: filed once, or shown again with what was typed, its faults and what it would set off."""
    with ask.reading() as connection:
        subject = named(connection, ask, given)
        governs = definition(connection, ask.trial, ask.at)
    zone = governs.site_zone(subject["site"] if subject else None)
    form = filled(given, ask, subject, zone)
    if not pressed and subject is None and not given.said["subject"]:
        given.errors.clear()
    effect = None
    try:
        if form is not None and pressed == "file":
            number = number_of(ask, form)
            return ask.go(ask.in_trial(f"/subjects/{form.subject}", filed=number))
        effect = set_off(ask, form, form.__dict__) if form is not None else None
    except Refused as fault:
        given.errors["ae"] = ask.words.refusal(fault)
    offered = to_choose_from(ask)
    if "subject" in given.errors and not offered["codes"]:
        given.errors["subject"] = ask.words(NOBODY)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if pressed == "file" else HTTPStatus.OK
    beside = {"zone": zone, "governs": governs, "judged": "", "late": late(ask, form), **offered}
    return ask.render("filing/form.html.j2", status, **beside, **shown(given, form, subject, effect))


def only_subject(ask: Asked) -> str:
    """Give the subject that there is no choice but; nothing where there are several, or none."""
    with ask.reading() as connection:
        codes = subject_codes(connection, ask.trial, ask.at, ask.sites, most=2)
    return codes[0] if len(codes) == 1 else ""


def to_choose_from(ask: Asked) -> dict[str, list[str]]:
    """Give the subjects that a form offers, one more than it lists where it lists none, and the terms on record."""
    with ask.reading() as connection:
        codes = subject_codes(connection, ask.trial, ask.at, ask.sites, most=MOST_CHOICES + 1)
        return {"codes": codes, "terms": terms_on_record(connection, ask.trial, ask.at, ask.sites)}


def named(connection: Connection, ask: Asked, given: Typed) -> Mapping[str, Any] | None:
    """Give the subject that was named, if it is one of those that one may see; what was typed stays as it was typed."""
    try:
        asked = code(given.said["subject"])
    except ValueError:
        return None
    found = subject_of(connection, ask.trial, asked, ask.at, sites=ask.sites)
    if found is not None:
        given.said["subject"] = asked
    return found


def number_of(ask: Asked, form: Reported) -> int:
    """File a report and give its number; sent again under the same act, it gives what the first one gave."""
    done = ask.do(REPORT, form)
    return next(event.number or 0 for event in done.events if isinstance(event, Reported))


def shown(
    given: Typed, form: Reported | None, subject: Mapping[str, Any] | None, effect: SetOff | None
) -> dict[str, Any]:
    """Give what the page shows beside the form itself."""
    return {
        "given": given,
        "subject": subject,
        "lacks": lacking(dict(form.__dict__)) if form else [],
        "minimum": minimum(given, form),
        "effect": effect,
        "most": MOST_CHOICES,
        **after_dose(form.started_on if form else None, (subject or {}).get("doses", ())),
        **ASKED,
    }


def after_dose(onset: str | None, recorded: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Give the doses that it may have come after, each with the days to the onset, and the one that the dates tell."""
    doses = [row for row in recorded if not row["withheld"] and not row.get("vanished")]
    day = day_of(onset)
    automatic = dose_before(day, [Dose(row["number"], day_of(row["started_on"])) for row in doses], None)
    return {"doses": [(row, days_after(day, row)) for row in doses], "automatic": automatic, "onset": onset}


def minimum(given: Typed, form: Reported | None) -> list[tuple[str, str, bool]]:
    """Tell the four things without which no report is valid (ICH E2A III.B.3, E2D 4.1): which, its field, whether it is there."""
    has_subject = form is not None or ("subject" not in given.errors and bool(given.said["subject"]))
    return [
        (N_("an identifiable subject"), "subject", has_subject),
        (N_("an identifiable reporter: you"), "main", True),
        (N_("a suspect product: that of the trial"), "main", True),
        (N_("an adverse event"), "term", bool(given.said["term"])),
    ]


def day_of(text: str | None) -> int | None:
    """Give the day of a date that is known to the day, counted from 0001-01-01."""
    return None if text is None or len(text) < A_DAY else span(text)[0] // DAY_SECONDS


def days_after(onset: int | None, dose: Mapping[str, Any]) -> int | None:
    """Give the days from a dose to the onset; None where either day is not known."""
    given = day_of(dose["started_on"])
    return None if onset is None or given is None else onset - given
