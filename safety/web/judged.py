"""The judgements of an adverse event that stand on record: which entry made each, and whether a form changes one, so that it is signed."""

from collections.abc import Iterable, Iterator

from safety.aggregates.adverse_event import (
    CRITERIA,
    AdverseEvents,
    CausalityAssessed,
    Corrected,
    ExpectednessAssessed,
    FollowedUp,
    Particulars,
    SeriousnessAssessed,
    changed,
)
from safety.aggregates.deciding import Form, variables
from safety.journal.states import folded
from safety.web.asking import Asked
from safety.web.case_record import Entry

Key = tuple[str, str, str]
"""A judgement: its field, and of causality for which product by which method."""

JUDGED = ("serious", *CRITERIA, "causality")
"""What a party judges: where it is changed on record, it is signed (ICH E6(R3) 2.7.2, 3.13)."""


def changes_a_judgement(ask: Asked, form: Form) -> bool:
    """Say whether a correction changes what a party has judged, or a follow-up takes it back or says otherwise."""
    if not isinstance(form, Corrected | FollowedUp):
        return False
    events = folded(ask.home.journal.stream(form.stream)).slice(AdverseEvents)
    known = events.by_number.get(form.number)
    if known is None:
        return False  # the desk refuses it
    was, now = known.particulars, changed(known, form).particulars
    moved = [name for name in JUDGED if was.get(name) != now.get(name)]
    return any(isinstance(form, Corrected) or takes_back(name, was.get(name)) for name in moved)


def takes_back(name: str, before: str | None) -> bool:
    """Say whether another value says otherwise than was said: a criterion that now applies adds to what was said."""
    return before is not None and (name == "causality" or before == "Y")


def judging(entries: Iterable[Entry], assessor: str) -> dict[Key, Entry]:
    """Find the entry that made each judgement of one party that stands: no other's signature stands under it.

    The investigator's stand in the report, its follow-ups and its corrections too.
    """
    found: dict[Key, Entry] = {}
    for one in entries:
        if getattr(one.event, "assessor", assessor) != assessor:
            continue
        if isinstance(
            one.event, SeriousnessAssessed
        ):  # it says all of them anew; the investigator's may leave AESER as it is
            kept = {"causality", "expected", *(("serious",) if assessor == "investigator" else ())}
            found = {key: entry for key, entry in found.items() if key[0] in kept}
        found |= dict.fromkeys(judges(one.event, assessor), one)
    return found


def judges(event: Form, assessor: str) -> Iterator[Key]:
    """Name the judgements of one party that an event makes; one that it takes away is among them."""
    if isinstance(event, ExpectednessAssessed) and assessor == "sponsor":
        yield ("expected", "", "")
    elif isinstance(event, CausalityAssessed):
        yield ("causality", event.product or "", event.method or "")
    elif isinstance(event, SeriousnessAssessed) or (isinstance(event, Particulars) and assessor == "investigator"):
        names, right = variables(type(event)), getattr(event, "variables", ())
        told = (name for name in JUDGED if event.__dict__.get(name) is not None or names.get(name) in right)
        yield from ((name, "", "") for name in told)
