"""The cases of a trial, a page at a time."""

from typing import Any

from fastapi import Response

from safety.projections.case_list import case_list
from safety.values import code
from safety.web.addresses import A_PAGE, page_number
from safety.web.asking import Ask, Asked, Unclear
from safety.web.case_record import shows_text
from safety.web.declaring import Pages
from safety.web.views import shown

pages = Pages()


@pages.shows("/trials/{trial}/cases", "case.list")
def list_cases(ask: Ask, subject: str = "", page: str = "1", serious: str = "", related: str = "") -> Response:
    """Show a page of the adverse events that one may see, by subject and number."""
    number, whose = page_number(page), coded(ask, subject)
    found = listed(ask, whose, serious, related, limit=A_PAGE, offset=(number - 1) * A_PAGE)
    said = {"subject": whose or "", "serious": serious, "related": related}
    views, clear = shown(ask, "cases", said), shows_text(ask, (row["term"] for row in found["rows"]))
    return ask.render("cases/list.html.j2", found=found, page=number, said=said, clear=clear, views=views)


def coded(ask: Asked, subject: str) -> str | None:
    """Read the subject that the list is narrowed to, if any; raises Unclear."""
    try:
        return code(subject) if subject.strip() else None
    except ValueError:
        raise Unclear(ask.words("A subject is named by its code, such as S04.")) from None


def listed(
    ask: Asked, subject: str | None, serious: str, related: str, *, limit: int, offset: int = 0
) -> dict[str, Any]:
    """Give the cases that fit what the address narrows the list to."""
    with ask.reading() as connection:
        return case_list(
            connection,
            ask.trial,
            ask.at,
            sites=ask.sites,
            serious=bool(serious),
            related=bool(related),
            subject=subject,
            limit=limit,
            offset=offset,
        )
