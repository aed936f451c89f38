"""Following up an adverse event: new information on top of the record as it stands, and what the last report did not say yet."""

from typing import Any

from fastapi import Response

from safety.aggregates.adverse_event import AdverseEvent, FollowedUp
from safety.web.acting import CASE, named
from safety.web.as_read import last_sent
from safety.web.asking import Ask, Asked
from safety.web.changing import Draft, Way, opened, sent
from safety.web.declaring import Pages
from safety.web.filing_form import DATES, SIX, awareness, taken
from safety.web.merging import FIELDS, told
from safety.web.words import N_

pages = Pages()

FOLLOW_UP = CASE + "/follow-up"
TAKES_BACK = N_(
    "A follow-up adds to the record and takes nothing back. Correct the record if it was wrong; assess anew what is judged otherwise now."
)


@pages.shows(FOLLOW_UP, "adverse_event.follow_up")
def ask_follow_up(ask: Ask, subject: str, number: str) -> Response:
    """Show the record as it stands, to be added to."""
    return opened(ask, WAY, subject, number)


@pages.takes(FOLLOW_UP, "adverse_event.follow_up")
def take_follow_up(ask: Ask, subject: str, number: str) -> Response:
    """Save what is new, or, unless the button to file was pressed, say what it would set off."""
    return sent(ask, WAY, subject, number)


def asks(ask: Asked, record: AdverseEvent) -> tuple[str, ...]:
    """Give the fields of the page: severity as the trial states it, causality until the investigator has said it."""
    graded = ask.governs is not None and ask.governs.severity.ctcae_version is not None
    left_out = {"severity" if graded else "grade"}
    if ask.role != "investigator" or record.particulars.get("causality") is not None:
        left_out.add("causality")
    return tuple(name for name in FIELDS if name not in left_out)


def fill(ask: Asked, draft: Draft, said: dict[str, Any]) -> FollowedUp | None:
    """Make the follow-up of what is new."""
    given, zone = draft.given, ask.governs.site_zone(draft.case["site"]) if ask.governs else "UTC"
    for name in draft.merged.changed:
        if told(given, name) in {"", "n"} and draft.now.particulars.get(name) not in {None, "N"}:
            given.errors["serious" if name in SIX else DATES.get(name, name)] = ask.words(TAKES_BACK)
    new = {name: said[name] for name in draft.merged.changed if name in said}
    return taken(FollowedUp, {**named(ask, draft.case), **new, "aware": awareness(given, ask, zone)}, given, ask)


WAY = Way(
    "adverse_event.follow_up",
    "follow_up/form.html.j2",
    asks,
    fill,
    beside=lambda ask, case: {"sent": last_sent(ask, case)},
)
