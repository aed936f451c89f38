"""How a form about a subject is read and shown: dates as far as they are known, and what came in between where somebody was first."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, NamedTuple

from fastapi import Response

from safety.projections.changes import changes
from safety.projections.subjects import subject_of
from safety.web.acting import Fault, Misfilled
from safety.web.addresses import coded, whole
from safety.web.asking import Asked, NotThere
from safety.web.filing_form import PARTS, NoDate, composed
from safety.web.record_fields import RECORD_FIELDS
from safety.web.words import N_

Row = dict[str, Any]
NO_TIME = N_("Write the time as 16:40; a time needs the whole day.")
TIME = re.compile(r"([01]?\d|2[0-3]):[0-5]\d")
A_DAY, A_TIME = 10, 16


class Plate(NamedTuple):
    """A form on a page of its own: its template, where it goes, and what it says beside its fields."""

    template: str
    action: str
    title: str
    button: str
    beside: Mapping[str, Any]
    adds: bool = True
    """Whether it adds to the record what was not there; else it is filled in with what is."""


def subject_in(ask: Asked, subject: str) -> Row:
    """Find the subject that an address names, of the sites that may be seen; raises NotThere."""
    with ask.reading() as connection:
        found = subject_of(connection, ask.trial, coded(subject), ask.at, sites=ask.sites)
    if found is None:
        raise NotThere
    return found


def date_in(ask: Asked, prefix: str = "on") -> str | None:
    """Read a date as far as it is known, with a time where its form asks for one; raises Misfilled at the date."""
    try:
        day = composed(*(ask.text(f"{prefix}_{part}") for part in PARTS))
    except NoDate as fault:
        raise Misfilled(f"{prefix}_y", ask.words(str(fault))) from None
    clock = unicodedata.normalize("NFKC", ask.text(f"{prefix}_t"))
    if not clock:
        return day
    if len(day or "") < A_DAY or not TIME.fullmatch(clock):
        raise Misfilled(f"{prefix}_t", ask.words(NO_TIME))
    return f"{day}T{clock.zfill(5)}"


def parts_of(date: str | None, prefix: str = "on") -> dict[str, str]:
    """Take a date apart as its fields hold it."""
    text = date or ""
    parts = [*text[:A_DAY].split("-"), "", ""]
    return {
        **{f"{prefix}_{part}": said for part, said in zip(PARTS, parts, strict=False)},
        f"{prefix}_t": text[A_DAY + 1 : A_TIME],
    }


def number_in(ask: Asked, field: str, text: str) -> int:
    """Read a number of a dose; raises Misfilled."""
    said = whole(unicodedata.normalize("NFKC", ask.text(field)))
    if not said:
        raise Misfilled(field, ask.words(text))
    return said


def since(ask: Asked, subject: str, position: int, number: int | None = None) -> list[Row]:
    """List the changes of a subject, and of one of its doses, beyond a position."""
    with ask.reading() as connection:
        found = changes(connection, ask.trial, ask.at, after=position, subject=subject, sites=ask.sites)
    return [
        row for row in found if row["record"] == "subject" or (row["record"], row["number"]) == ("exposure", number)
    ]


def shown(
    ask: Asked,
    plate: Plate,
    said: Mapping[str, str],
    fault: Fault | None = None,
    moved: list[Row] | None = None,
    *,
    merged: bool = False,
) -> Response:
    """Show a form about a subject; what was typed stays, unless `said` is that already, brought onto the record as it stands."""
    typed = {name: ask.text(name) if ask.form and not merged else text for name, text in said.items()}
    return ask.render(
        plate.template, 409 if moved else 422 if fault else 200, said=typed, fault=fault, moved=moved or [],
        title=plate.title, button=plate.button, action=plate.action, names=RECORD_FIELDS, position=ask.at.position,
        adds=plate.adds, **plate.beside,
    )  # fmt: skip


def back_to_subject(ask: Asked, person: Row, recorded: str) -> Response:
    """Go back to the page of a subject, which says what was just recorded."""
    return ask.go(ask.in_trial(f"/subjects/{person['subject']}", recorded=recorded))
