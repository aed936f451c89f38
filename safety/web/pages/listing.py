"""The line listing of a trial, a page at a time: all of it, or what stands behind one number of the incidence tables."""

from typing import Any

from fastapi import Response

from safety.projections import Connection
from safety.projections.behind import Cell, behind
from safety.projections.case_list import case_list, serious_unexpected_related
from safety.projections.incidence import MEASURES, SCALES, Window
from safety.projections.line_listing import line_listing
from safety.web.asking import Ask, Asked, NotThere, Unclear
from safety.web.declaring import Pages

pages = Pages()

A_PAGE = 50


@pages.shows("/trials/{trial}/listing", "listing.read")
def listing(ask: Ask, arm: str = "", page: str = "1") -> Response:
    """List adverse events; with `arm`, those that one number of the incidence page counts."""
    number = max(1, int(page[:9])) if page.isdecimal() and page.isascii() else 1
    asked = dict(ask.request.query_params)
    with ask.reading() as connection:
        found = of_a_number(connection, ask, arm, number) if arm else of_all(connection, ask, number)
    kept = {name: value for name, value in asked.items() if name not in {"page", "as_of"}}
    return ask.render("listing/page.html.j2", found=found, page=number, kept=kept, arm=arm)


def of_all(connection: Connection, ask: Asked, page: int) -> dict[str, Any]:
    """Give a page of all that one may see."""
    start = (page - 1) * A_PAGE
    return {**case_list(connection, ask.trial, ask.at, sites=ask.sites, limit=A_PAGE, offset=start), "cell": None}


def of_a_number(connection: Connection, ask: Asked, arm: str, page: int, size: int = A_PAGE) -> dict[str, Any]:
    """Give a page of what one number counts; who may not read the number may not read this either."""
    if ask.governs is None or not ask.may("incidence.read"):
        raise NotThere
    primary = ask.governs.counting.primary_window is not None and ask.request.query_params.get("window") == "primary"
    return of_cell(connection, ask, cell_of(ask, arm), "primary" if primary else "all", page, size)


def of_cell(connection: Connection, ask: Asked, cell: Cell, window: Window, page: int, size: int) -> dict[str, Any]:  # noqa: PLR0917, which number, and which page of it
    """Give a page of the adverse events that a cell of the table counts."""
    keys = behind(connection, ask.trial, ask.at, cell, window=window)
    shown = keys[(page - 1) * size : page * size]
    rows = line_listing(connection, ask.trial, ask.at, sites=ask.sites, only=frozenset(shown))["rows"] if shown else []
    return {
        "rows": [row | {"sur": serious_unexpected_related(row)} for row in rows],
        "more": len(keys) > page * size,
        "cases": len(keys),
        "subjects": len({subject for subject, _ in keys}),
        "cell": cell,
        "window": window,
    }


def cell_of(ask: Asked, arm: str) -> Cell:
    """Read which number is asked for; raises Unclear where there is no such one."""
    said = ask.request.query_params
    measure, of, scale = said.get("measure", "teae"), said.get("of", "arm"), said.get("scale", "grade")
    if measure not in MEASURES or scale not in SCALES:
        raise Unclear(ask.words("There is no such number; open it from the incidence page."))
    return Cell(
        arm, measure, of, said.get("soc"), said.get("pt"), scale, said.get("grade", ""), bool(said.get("worst", ""))
    )
