"""The subjects that one follows: doses given and next planned, adverse events, and what is still missing of each."""

from zoneinfo import ZoneInfo

from fastapi import Response

from safety.projections.subjects import subject_list
from safety.values import moment
from safety.web.addresses import A_PAGE, page_number
from safety.web.asking import Ask, Asked
from safety.web.declaring import Pages
from safety.web.subject_form import subject_in
from safety.web.words import N_

pages = Pages()

FIELDS = {
    "term": N_("the event in words"),
    "started_on": N_("when it began"),
    "ended_on": N_("when it ended"),
    "grade": N_("how severe it is"),
    "serious": N_("whether it is serious"),
    "causality": N_("whether the product may have caused it"),
    "outcome": N_("the outcome"),
    "action_taken": N_("what was done with the product"),
}
"""What may be missing of an adverse event, as a person reads it."""
DONE = {
    "dose": N_("The dose is recorded."),
    "withheld": N_("The dose is recorded as withheld."),
    "withdraw": N_("The withdrawal is recorded."),
    "complete": N_("The completion is recorded."),
    "death": N_("The death is recorded."),
    "subject": N_("The correction of the subject is recorded."),
}
"""What was just recorded about a subject."""


def today(ask: Asked) -> str:
    """Give the day of the moment that is looked at, in the zone of the trial."""
    zone = ZoneInfo(ask.governs.zone if ask.governs else "UTC")
    return moment(ask.stamped).astimezone(zone).date().isoformat()


@pages.shows("/trials/{trial}/subjects", "subject.list")
def list_subjects(ask: Ask, page: str = "1") -> Response:
    """Show a page of the subjects that one may see."""
    number = page_number(page)
    with ask.reading() as connection:
        offset = (number - 1) * A_PAGE
        found = subject_list(connection, ask.trial, ask.at, sites=ask.sites, limit=A_PAGE, offset=offset)
    return ask.render("subjects/list.html.j2", found=found, page=number, today=today(ask))


@pages.shows("/trials/{trial}/subjects/{subject}", "subject.read")
def one_subject(ask: Ask, subject: str, filed: str = "", recorded: str = "") -> Response:
    """Show one subject of one's sites; `filed` is the number of the adverse event just filed, `recorded` what else just was."""
    found = subject_in(ask, subject)
    just = next((one for one in found["events"] if str(one["number"]) == filed), None)
    return ask.render(
        "subjects/one.html.j2", found=found, just=just, fields=FIELDS, today=today(ask),
        recorded=recorded, done=DONE,
    )  # fmt: skip
