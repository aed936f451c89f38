"""Duplicates: pairs that may be one occurrence, with what speaks for it; merged by a person, kept, and set apart again."""

from typing import Any

from fastapi import Response

from safety.aggregates.adverse_event import Merged, Unmerged
from safety.aggregates.deciding import Form
from safety.projections.duplicates import duplicates
from safety.web.acting import CASE, Fault, Misfilled, acted, back_to, built, chosen, named
from safety.web.asking import Ask, Asked, NotThere
from safety.web.consequences import Answer, Told, consequences, of_answers
from safety.web.declaring import Pages
from safety.web.likenesses import because, beside
from safety.web.pages.case import case_of
from safety.web.words import N_

pages = Pages()

A_PAGE = 50
WHY = 500
"""Characters of the reason that is kept beside a merge."""
NO_REASON = N_("Say why, in a few words.")
Case = dict[str, Any]


@pages.shows("/trials/{trial}/duplicates", "duplicate.list")
def list_duplicates(ask: Ask, page: str = "1") -> Response:
    """Show a page of the pairs that may be one occurrence, the likeliest first."""
    number = max(1, int(page[:9])) if page.isdecimal() and page.isascii() else 1
    with ask.reading() as connection:
        found = duplicates(connection, ask.trial, ask.at, sites=ask.sites)
    shown = found[(number - 1) * A_PAGE : number * A_PAGE]
    pairs = [pair | {"because": because(ask, pair["reasons"])} for pair in shown]
    more = len(found) > number * A_PAGE
    return ask.render("duplicates/list.html.j2", pairs=pairs, count=len(found), page=number, more=more)


@pages.shows(CASE + "/merge", "adverse_event.merge")
def ask_merging(ask: Ask, subject: str, number: str) -> Response:
    """Set two adverse events of a subject side by side, and ask which stays."""
    return shown(ask, *pair_of(ask, subject, number, ask.request.query_params.get("with", "")))


@pages.takes(CASE + "/merge", "adverse_event.merge")
def take_merging(ask: Ask, subject: str, number: str) -> Response:
    """Point the one that goes to the one that stays; both are kept."""
    one, other = pair_of(ask, subject, number, ask.text("with"))
    if ask.text("do") == "check":
        return shown(ask, one, other)
    fault = acted(ask, "adverse_event.merge", lambda: merging(ask, one, other, why=True), reason=why(ask))
    if fault is not None:
        return shown(ask, one, other, fault)
    return ask.go(ask.in_trial(f"/cases/{one['subject']}/{ask.text('stays')}"))


@pages.shows(CASE + "/unmerge", "adverse_event.unmerge")
def ask_parting(ask: Ask, subject: str, number: str) -> Response:
    """Ask why a merge was wrong."""
    return parting(ask, merged_case(ask, subject, number))


@pages.takes(CASE + "/unmerge", "adverse_event.unmerge")
def take_parting(ask: Ask, subject: str, number: str) -> Response:
    """Let a merged adverse event stand for itself again."""
    case = merged_case(ask, subject, number)

    def form() -> Form:
        check_why(ask)
        return unmerged(ask, case)

    fault = acted(ask, "adverse_event.unmerge", form, reason=why(ask))
    if fault is not None:
        return parting(ask, case, fault)
    return back_to(ask, case)


def pair_of(ask: Asked, subject: str, number: str, other: str) -> tuple[Case, Case]:
    """Find two cases of one subject that may be seen; raises NotThere."""
    one = case_of(ask, subject, number)
    beside_it = case_of(ask, subject, other)
    if one["number"] == beside_it["number"]:
        raise NotThere
    return one, beside_it


def merged_case(ask: Asked, subject: str, number: str) -> Case:
    """Find a case that is merged into another; raises NotThere."""
    case = case_of(ask, subject, number)
    if case["merged_into"] is None:
        raise NotThere
    return case


def merge_of(ask: Asked, one: Case, other: Case, stays: int) -> Form:
    """Fill in the merge after which one of two stays."""
    goes = other if one["number"] == stays else one
    return built(ask, Merged, **named(ask, goes), into=stays)


def merging(ask: Asked, one: Case, other: Case, *, why: bool) -> Form:
    """Fill in the merge that was chosen; raises Misfilled."""
    stays = chosen(ask, "stays", (str(one["number"]), str(other["number"])))
    if why:
        check_why(ask)
    return merge_of(ask, one, other, int(stays))


def unmerged(ask: Asked, case: Case) -> Form:
    """Fill in that a merge was wrong."""
    return built(ask, Unmerged, **named(ask, case))


def why(ask: Asked) -> str:
    """Give the reason that stands beside the act."""
    return ask.text("why")[:WHY]


def check_why(ask: Asked) -> None:
    """Want a reason; raises Misfilled."""
    if not why(ask):
        raise Misfilled("why", ask.words(NO_REASON))


def shown(ask: Asked, one: Case, other: Case, fault: Fault | None = None) -> Response:
    """Show two side by side with what the merge sets off; what was typed stays."""
    both = sorted((one, other), key=lambda case: case["number"])
    answers: tuple[Answer, ...] = ()
    given = None
    try:
        given = consequences(ask, "adverse_event.merge", merging(ask, one, other, why=False))
    except Misfilled:
        stay = [(f"AE {case['number']}", merge_of(ask, one, other, case["number"])) for case in both]
        answers = of_answers(ask, "adverse_event.merge", stay)
    pair = next((pair for pair in one["duplicates"] if other["number"] in {pair["one"], pair["other"]}), None)
    return ask.render(
        "duplicates/merge.html.j2",
        422 if fault else 200,
        case=one,
        other=other,
        both=both,
        rows=beside(ask, *both),
        score=pair["score"] if pair else None,
        because=because(ask, pair["reasons"]) if pair else "",
        answers=answers,
        given=given,
        told=Told(ask),
        fault=fault,
    )


def parting(ask: Asked, case: Case, fault: Fault | None = None) -> Response:
    """Show what setting apart again sets off, and ask why."""
    given = consequences(ask, "adverse_event.unmerge", unmerged(ask, case))
    status = 422 if fault else 200
    return ask.render("duplicates/unmerge.html.j2", status, case=case, given=given, told=Told(ask), fault=fault)
