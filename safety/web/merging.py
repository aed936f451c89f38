"""What was typed beside the record it was typed from and the record as it stands now: taken over, kept, or in each other's way."""

import unicodedata
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from safety.web.filing_form import DATES, PARTS, PLAIN, SIX, Typed

A_DAY = 10

FIELDS = ("term", "started_on", "ended_on", "grade", "severity", "serious", *SIX, "narrative", "causality", "after_dose",
          "action_taken", "outcome")  # fmt: skip
"""The fields of the form of an adverse event, by their names in the record, in the order in which they are asked for."""


class Merged(NamedTuple):
    """Of a form against two states of its record: what it changes, what somebody else changed too, what was taken over."""

    changed: tuple[str, ...]
    collided: tuple[str, ...]
    taken_over: tuple[str, ...]


def as_typed(record: Mapping[str, Any]) -> Typed:
    """Fill in the form with what is on record; a time of day is not asked for again."""
    said = {name: str(record.get(name) or "") for name in (*PLAIN, "after_dose")}
    for name, prefix in DATES.items():
        parts = (record.get(name) or "")[:A_DAY].split("-")
        said |= {f"{prefix}_{part}": text for part, text in zip(PARTS, [*parts, "", ""], strict=False)}
    said["serious"] = {"Y": "y", "N": "n"}.get(str(record.get("serious")), "")
    said |= dict.fromkeys(("ongoing", "aware_day", "aware_time", "subject"), "")
    return Typed(said, tuple(name for name in SIX if record.get(name) == "Y"))


def told(given: Typed, name: str) -> str:
    """Give what a form says of one field, so that equal answers are equal texts."""
    if name in SIX:
        return "Y" if name in given.ticked else ""
    if name in DATES:
        year, month, day = (unicodedata.normalize("NFKC", given.said[f"{DATES[name]}_{part}"]) for part in PARTS)
        return "-".join([year, *(part.zfill(2) for part in (month, day) if part)])
    return given.said[name].replace("\r\n", "\n")


def put(given: Typed, name: str, of: Typed) -> None:
    """Let a form say of one field what another says."""
    if name in SIX:
        kept = {*given.ticked, name} if name in of.ticked else {*given.ticked} - {name}
        given.ticked = tuple(one for one in SIX if one in kept)
    elif name in DATES:
        parts = [f"{DATES[name]}_{part}" for part in PARTS]
        given.said.update({part: of.said[part] for part in parts})
    else:
        given.said[name] = of.said[name]


def merged(given: Typed, base: Typed, now: Typed, asked: Collection[str]) -> Merged:
    """Bring a form that was filled in from `base` onto the record as it stands: fields left alone follow the record.

    `asked` are the fields that the form has; any other stays as it is on record. A field that was typed in stays as typed;
    where somebody else changed it too, and to something else, it is in `collided`.
    """
    changed, collided, taken_over = [], [], []
    for name in FIELDS:
        was, stands = told(base, name), told(now, name)
        mine = told(given, name) if name in asked else was
        if mine == was:
            put(given, name, now)
            if stands != was and name in asked:
                taken_over.append(name)
        elif mine != stands:
            changed.append(name)
            if stands != was:
                collided.append(name)
    return Merged(tuple(changed), tuple(collided), tuple(taken_over))
