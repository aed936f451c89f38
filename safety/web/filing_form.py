"""The form of a new adverse event as it was typed: read field by field, kept as typed, and what is wrong said at its field."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from safety.aggregates.adverse_event import CRITERIA, Reported
from safety.aggregates.deciding import Form, variables
from safety.aggregates.filing import CLOCK_TOLERANCE
from safety.values import Awareness, span
from safety.web.asking import Asked
from safety.web.words import N_

F = TypeVar("F", bound=Form)

SIX = CRITERIA[:6]
"""The criteria of ICH E2A II.B; what else makes an event serious in some places is asked for on the case page."""
PLAIN = ("term", "narrative", "grade", "severity", "causality", "action_taken", "outcome")
DATES = {"started_on": "on", "ended_on": "off"}
PARTS = ("y", "m", "d")
AUTOMATIC = ""
"""The choice of the dosing record itself: what came before the onset is worked out wherever it is shown."""

NO_DATE = N_("This is no date of the calendar. Write a year, a month 1 to 12 and a day, or leave the last parts out.")
NO_MONTH = N_(
    "A day needs its month, and a month its year. Fill in the part that is missing, or leave the later one out."
)
BACKWARDS = N_("The event ends (%(end)s) before it begins (%(onset)s). Change one.")
ONGOING = N_("You say that it still goes on, and when it ended. Change one.")
NOT_SERIOUS = N_("You answer no, and a criterion is ticked. Change one.")
NO_SUBJECT = N_("Choose a subject of your site; without one there is nothing to file to.")
NO_MOMENT = N_("Write the date as 2018-09-21 and the time as 16:40.")
IN_FUTURE = N_("This lies in the future. Check the date and the time.")
UNREADABLE = N_("This cannot be taken as it is. Change it.")
TOO_LONG = N_("This is %(long)d characters long; %(most)d are taken. Shorten it.")


class NoDate(Exception):
    """What was typed is no date; the text, which is marked for translation, says what to do."""


@dataclass
class Typed:
    """What was typed, by the name of the field, with the criteria that were ticked; and what is wrong, by field."""

    said: dict[str, str] = field(default_factory=dict)
    ticked: tuple[str, ...] = ()
    errors: dict[str, str] = field(default_factory=dict)


def typed(ask: Asked, subject: str = "") -> Typed:
    """Take what the form holds, or begin an empty one about a subject."""
    names = ("subject", "after_dose", "serious", "ongoing", "aware_day", "aware_time", *PLAIN)
    parts = tuple(f"{date}_{part}" for date in DATES.values() for part in PARTS)
    said = {name: ask.text(name) for name in (*names, *parts)}
    said["subject"] = said["subject"] or subject
    ticked = {str(value) for value in ask.form.getlist("criteria")}
    return Typed(said, tuple(name for name in SIX if name in ticked))


def composed(*parts: str) -> str | None:
    """Put year, month and day together as far as they are known; None where nothing is typed; raises NoDate."""
    year, month, day = (unicodedata.normalize("NFKC", part) for part in parts)
    if not (year or month or day):
        return None
    if (day and not month) or not year:
        raise NoDate(NO_MONTH)
    text = "-".join([year, *(part.zfill(2) for part in (month, day) if part)])
    try:
        span(text)
    except ValueError:
        raise NoDate(NO_DATE) from None
    return text


def partial(given: Typed, prefix: str, ask: Asked) -> str | None:
    """Read a date as far as it is known; None where nothing or nothing sensible is typed."""
    try:
        return composed(*(given.said[f"{prefix}_{part}"] for part in PARTS))
    except NoDate as fault:
        given.errors[prefix] = ask.words(str(fault))
        return None


def dates(given: Typed, ask: Asked) -> dict[str, str | None]:
    """Read onset and end, and say where they contradict each other or what is ticked."""
    found = {name: partial(given, prefix, ask) for name, prefix in DATES.items()}
    onset, end = found["started_on"], found["ended_on"]
    if end and given.said["ongoing"]:
        given.errors["off"] = ask.words(ONGOING)
    elif onset and end and span(end)[1] < span(onset)[0]:
        given.errors["off"] = ask.words(BACKWARDS, end=ask.show.date(end), onset=ask.show.date(onset))
    return found


def awareness(given: Typed, ask: Asked, zone: str) -> Awareness | None:
    """Read when the site learned of it; None for now. A day without a time counts from its start: no clock ends too late."""
    day, clock = (unicodedata.normalize("NFKC", given.said[name]) for name in ("aware_day", "aware_time"))
    if not (day or clock):
        return None
    day = day or ask.moment.astimezone(ZoneInfo(zone)).date().isoformat()
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", day) or not re.fullmatch(r"(\d{1,2}:\d{2})?", clock):
        given.errors["aware"] = ask.words(NO_MOMENT)
        return None
    try:
        at = datetime.combine(datetime.fromisoformat(day), time.fromisoformat((clock or "00:00").zfill(5)))
        moment = at.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        given.errors["aware"] = ask.words(NO_MOMENT)
        return None
    if moment > ask.moment + CLOCK_TOLERANCE:
        given.errors["aware"] = ask.words(IN_FUTURE)
        return None
    return Awareness(at=moment, zone=zone, party="sponsor" if ask.role == "safety_officer" else "site")


def seriousness(given: Typed, ask: Asked) -> dict[str, str]:
    """Read the answer and the criteria; a criterion without an answer stands as it is, and counts as serious."""
    answer = {"y": "Y", "n": "N"}.get(given.said["serious"])
    if answer == "N" and given.ticked:
        given.errors["serious"] = ask.words(NOT_SERIOUS)
    return {**({"serious": answer} if answer else {}), **dict.fromkeys(given.ticked, "Y")}


def particulars(given: Typed, ask: Asked) -> dict[str, Any]:
    """Read every field that says something; what is wrong is put into `errors`."""
    said: dict[str, Any] = {name: given.said[name] for name in PLAIN if given.said[name]}
    said |= {name: value for name, value in dates(given, ask).items() if value} | seriousness(given, ask)
    if given.said["after_dose"] != AUTOMATIC:
        said["after_dose"] = given.said["after_dose"]
    return said


def taken(form: type[F], said: Mapping[str, Any], given: Typed, ask: Asked) -> F | None:
    """Fill in a form with what was read; None where it does not fit, and then `errors` says at which field."""
    try:
        return form.model_validate(said)
    except ValidationError as fault:
        names = {variable: name for name, variable in variables(form).items()}
        for error in fault.errors(include_input=False):
            named = str(error["loc"][0])
            name = names.get(named, named)
            most = error.get("ctx", {}).get("max_length")
            told = ask.words(TOO_LONG, long=len(given.said.get(name, "")), most=most) if most else ask.words(UNREADABLE)
            given.errors[DATES.get(name, name)] = told
        return None


def filled(given: Typed, ask: Asked, subject: Mapping[str, Any] | None, zone: str) -> Reported | None:
    """Give the report of what was typed, or None where something is wrong; the faults are put into `errors`.

    `subject` is the row of a subject that the account may file for; None where it named none.
    """
    said, aware = particulars(given, ask), awareness(given, ask, zone)
    if subject is None:
        given.errors["subject"] = ask.words(NO_SUBJECT)
        return None
    named = {"trial": ask.trial, "subject": subject["subject"], "aware": aware}
    form = taken(Reported, {**named, **said}, given, ask)
    return None if given.errors else form
