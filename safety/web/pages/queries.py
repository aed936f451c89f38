"""The queries that are open: what of the record contradicts itself, where, and what to do about it."""

from collections.abc import Mapping
from typing import Any

from fastapi import Response

from safety.projections.open_queries import count_queries, open_queries
from safety.web.addresses import A_PAGE, page_number
from safety.web.asking import Ask, Asked
from safety.web.declaring import Pages
from safety.web.words import N_

pages = Pages()

SAID = {
    "SERIOUS_FLAG": (
        N_("A criterion of seriousness is ticked, but the event is not called serious"),
        N_("If the criterion holds, correct the event to serious; if it does not, take the criterion back."),
    ),
    "END_BEFORE_START": (
        N_("The event ends before it begins"),
        N_("Compare both dates with the source and correct the wrong one."),
    ),
    "ONSET_BEFORE_FIRST_DOSE_RELATED": (
        N_("The event began before the first dose, but counts as related"),
        N_("Check the onset, the date of the first dose and the causality, and correct what is wrong."),
    ),
    "FATAL_WITHOUT_DEATH": (
        N_("The event was fatal, but no death of the subject is recorded"),
        N_("Record the death of the subject with its date, or correct the outcome."),
    ),
    "EQUAL_BUT_NUMBER": (
        N_("Two events of the subject are equal in all but their number"),
        N_("If it happened once, tell the safety officer, who merges them; if twice, correct what differs."),
    ),
    "VANISHED": (
        N_("The row is no longer in the data that were imported"),
        N_("Find out with data management why it is gone; nothing was erased here."),
    ),
}
"""Of each rule: what is wrong, and what to do."""
ANSWERED = {
    "SERIOUS_FLAG": ("adverse_event.correct", "/correct", "serious"),
    "END_BEFORE_START": ("adverse_event.correct", "/correct", "ended_on"),
    "ONSET_BEFORE_FIRST_DOSE_RELATED": ("adverse_event.correct", "/correct", "started_on"),
    "FATAL_WITHOUT_DEATH": ("subject.record_death", "/death", ""),
    "EQUAL_BUT_NUMBER": ("adverse_event.correct", "/correct", "started_on"),
}
"""Of each rule: the form that answers it, for whom, and the field to look at; a vanished row is the data's to answer."""


@pages.shows("/trials/{trial}/queries", "query.list")
def list_queries(ask: Ask, page: str = "1") -> Response:
    """Show a page of the open queries about the subjects that one may see."""
    number = page_number(page)
    with ask.reading() as connection:
        count = count_queries(connection, ask.trial, ask.at, sites=ask.sites)
        offset = (number - 1) * A_PAGE
        shown = open_queries(connection, ask.trial, ask.at, sites=ask.sites, limit=A_PAGE, offset=offset)
    rows = [one | {"answer": answer(ask, one)} for one in shown]
    more = count > number * A_PAGE
    return ask.render("queries/list.html.j2", found=rows, count=count, page=number, more=more, said=SAID)


def answer(ask: Asked, query: Mapping[str, Any]) -> str:
    """Give the address of the form that answers a query, with the field in focus; nothing where no form of the reader's does."""
    action, path, field = ANSWERED.get(query["rule"], ("", "", ""))
    if not action or not ask.may(action) or not query["number"]:
        return ""
    at = (
        f"/cases/{query['subject']}/{query['number']}"
        if action.startswith("adverse_event.")
        else f"/subjects/{query['subject']}"
    )
    return ask.in_trial(at + path, field=field)
