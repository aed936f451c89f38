"""The narrative of a case, drafted from its record, each sentence with where it stands; to be read, printed and copied."""

from fastapi import Response

from safety.projections.changes import changes
from safety.projections.subjects import subject_of
from safety.web.asking import Ask, NotThere
from safety.web.case_record import record_of
from safety.web.declaring import Pages
from safety.web.narrative import Narrative, Sources, plain
from safety.web.pages.case import case_of

pages = Pages()


@pages.shows("/trials/{trial}/cases/{subject}/{number}/narrative", "narrative.read")
def show_narrative(ask: Ask, subject: str, number: str) -> Response:
    """Show the draft at the moment that is looked at."""
    case = case_of(ask, subject, number)
    with ask.reading() as connection:
        person = subject_of(connection, ask.trial, case["subject"], ask.at, sites=ask.sites)
        told = changes(connection, ask.trial, ask.at, subject=case["subject"], sites=ask.sites)
    if person is None:
        raise NotThere
    parts = Narrative(ask, case, person, record_of(ask, case), Sources(told)).parts()
    return ask.render("case/narrative.html.j2", case=case, parts=parts, text=plain(parts))
