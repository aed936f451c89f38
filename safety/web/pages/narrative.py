"""The narrative of a case, drafted from its record, each sentence with where it stands; to be read, printed and copied."""

from typing import Any

from fastapi import Response

from safety.projections.changes import changes
from safety.projections.subjects import subject_of
from safety.web.asking import Ask, Asked, NotThere
from safety.web.case_record import record_of
from safety.web.declaring import Pages
from safety.web.narrative import Narrative, Part, Sources, plain
from safety.web.pages.case import case_of

pages = Pages()


@pages.shows("/trials/{trial}/cases/{subject}/{number}/narrative", "narrative.read")
def show_narrative(ask: Ask, subject: str, number: str) -> Response:
    """Show the draft at the moment that is looked at."""
    case, parts = drafted(ask, subject, number)
    return ask.render("case/narrative.html.j2", case=case, parts=parts, text=plain(parts))


def drafted(ask: Asked, subject: str, number: str) -> tuple[dict[str, Any], list[Part]]:
    """Draft the narrative of a case of the sites that may be seen; raises NotThere."""
    case = case_of(ask, subject, number)
    with ask.reading() as connection:
        person = subject_of(connection, ask.trial, case["subject"], ask.at, sites=ask.sites)
        told = changes(connection, ask.trial, ask.at, subject=case["subject"], sites=ask.sites)
    if person is None:
        raise NotThere
    return case, Narrative(ask, case, person, record_of(ask, case), Sources(told)).parts()
