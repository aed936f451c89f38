"""Why two adverse events may be one occurrence, and what differs between them, in the reader's words."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from safety.projections.duplicates import Reason
from safety.web.asking import Asked
from safety.web.case_record import shows_text
from safety.web.record_fields import FIELDS
from safety.web.words import N_

BECAUSE = {
    "same_coded_term": N_("the same preferred term"),
    "same_term": N_("the same term as reported"),
    "shared_words": N_("words of the reported terms in common"),
    "same_body_system": N_("the same system organ class"),
    "same_day": N_("began on the same day"),
    "days_apart": N_("began %(n)d days apart"),
    "overlapping": N_("one began while the other went on"),
    "dates_may_meet": N_("the dates are not known well enough to tell them apart"),
    "same_criterion": N_("a criterion of seriousness in common"),
}
"""Each reason that speaks for a duplicate."""
COMPARED = (
    ("term", "term"),
    ("preferred_term", "preferred_term"),
    ("onset", "started_on"),
    ("end", "ended_on"),
    ("severity", "severity"),
    ("grade", "grade"),
    ("serious", "serious"),
    ("serious_for_sponsor", "serious_for_sponsor"),
    ("outcome", "outcome"),
    ("action_taken", "action_taken"),
    ("after_dose", "after_dose"),
    ("causality", "causality"),
    ("expected", "expected"),
    ("aware_on", "aware_on"),
    ("source_id", "source_id"),
)
"""What is set side by side: the name in the listing, and the field's own."""
DATES = frozenset({"onset", "end", "aware_on"})


class Beside(NamedTuple):
    """One field of two adverse events, in words."""

    field: str
    one: str
    other: str
    differs: bool


def because(ask: Asked, reasons: tuple[Reason, ...]) -> str:
    """Say in one line why two may be one."""
    told = []
    for reason in reasons:
        text = BECAUSE[reason.why]
        told.append(ask.words(text) if reason.number is None else ask.words(text, n=reason.number))
    return ask.words(", ").join(told)


def beside(ask: Asked, one: Mapping[str, Any], other: Mapping[str, Any]) -> list[Beside]:
    """Set two adverse events beside each other, field by field; a term as reported only to whom it is shown in clear."""
    rows, clear = [], shows_text(ask, (one["term"], other["term"]))
    for name, field in COMPARED:
        if (one[name] is None and other[name] is None) or (name == "term" and not clear):
            continue
        text = FIELDS[field]
        rows.append(Beside(ask.words(text), said(ask, name, one), said(ask, name, other), one[name] != other[name]))
    criteria = ask.words("criteria of seriousness")
    mine, theirs = (ask.words(", ").join(row["because"]) or ask.words("none") for row in (one, other))
    rows.append(Beside(criteria, mine, theirs, mine != theirs))
    return rows


def said(ask: Asked, name: str, row: Mapping[str, Any]) -> str:
    """Write one value in words."""
    value = row[name]
    if name in DATES:
        return ask.show.date(value)
    return ask.show.coded(None if value is None else str(value))
