"""The cases of a trial, a page at a time."""

from fastapi import Response

from safety.projections.case_list import case_list
from safety.values import code
from safety.web.asking import Ask, Unclear
from safety.web.case_record import shows_text
from safety.web.declaring import Pages
from safety.web.views import shown

pages = Pages()

A_PAGE = 50


@pages.shows("/trials/{trial}/cases", "case.list")
def list_cases(ask: Ask, subject: str = "", page: str = "1", serious: str = "", related: str = "") -> Response:
    """Show a page of the adverse events that one may see, by subject and number."""
    number = max(1, int(page[:9])) if page.isdecimal() and page.isascii() else 1
    try:
        whose = code(subject) if subject.strip() else None
    except ValueError:
        raise Unclear(ask.words("A subject is named by its code, such as S04.")) from None
    with ask.reading() as connection:
        found = case_list(
            connection,
            ask.trial,
            ask.at,
            sites=ask.sites,
            serious=bool(serious),
            related=bool(related),
            subject=whose,
            limit=A_PAGE,
            offset=(number - 1) * A_PAGE,
        )
    said = {"subject": whose or "", "serious": serious, "related": related}
    views, clear = shown(ask, "cases", said), shows_text(ask, (row["term"] for row in found["rows"]))
    return ask.render("cases/list.html.j2", found=found, page=number, said=said, clear=clear, views=views)
