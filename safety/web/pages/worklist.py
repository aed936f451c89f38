"""The worklist: what runs out next and whether anybody has it, in words."""

from collections.abc import Iterator, Sequence
from typing import Any

from fastapi import Response

from safety.projections.worklist import Narrow, worklist
from safety.reports.due import overdue
from safety.values import moment
from safety.web.asking import Ask, Asked
from safety.web.case_record import shows_text
from safety.web.clocks import OWED_BY, Clock, about, clock_of, waited
from safety.web.declaring import Pages
from safety.web.pages.case import mark_whose, mark_yours
from safety.web.views import shown

pages = Pages()

A_PAGE = 50
FEW_ALERTS = 8
"""Alerts that stand on the list at once: those that waited longest; the rest is one link away."""
FEW_CASES = 3
URGENCIES = ("late", "soon", "later")
ALL = Narrow()
TOO_LONG = 9
"""Characters of a page's number that no list has so many pages for."""


@pages.shows("/trials/{trial}/worklist", "worklist.read")
def show_worklist(ask: Ask, page: str = "1") -> Response:
    """Show the clocks that run, the most urgent first, and the alerts that nobody has acknowledged."""
    return listing(
        ask, int(page) if page.isdecimal() and page.isascii() and len(page) < TOO_LONG and int(page) > 0 else 1
    )


def listing(ask: Asked, number: int = 1, *, refused: Sequence[str] = (), taken: int = 0) -> Response:
    """Show a page of the list; `refused` says of each alert that was to be acknowledged and was not why, `taken` how many were."""
    said = kept(ask)
    found = listed(ask, narrow=narrowed(ask), limit=A_PAGE, offset=(number - 1) * A_PAGE)
    if number > 1 and not found["duties"]:
        return ask.go(ask.in_trial("/worklist", **said))
    mark_whose(ask, found["duties"])
    mark_yours(ask, found["alerts"])
    groups = [
        (name, [duty for duty in found["duties"] if duty["urgency"] == name]) for name in ("late", "soon", "later")
    ]
    return ask.render(
        "worklist/page.html.j2",
        409 if refused else 200,
        refused=refused,
        taken=taken,
        found=found,
        groups=groups,
        page=number,
        why=why_empty(ask, found),
        reports_late=reports_late(ask),
        said=said,
        views=shown(ask, "worklist", said),
        sites=sites_of(ask),
        owners=[(name, ask.words(text)) for name, text in OWED_BY.items()],
        looked=ask.home.left_off.looked(ask.account, ask.trial),
        clear=shows_text(ask, terms_shown(found["duties"])),
        shown=len(found["alerts"]) if ask.request.query_params.get("alerts") == "all" else FEW_ALERTS,
    )


def terms_shown(duties: list[dict[str, Any]]) -> Iterator[str | None]:
    """Give the reported terms that stand on the list: those of events that are not coded."""
    return (duty["case"]["term"] for duty in duties if duty["case"] and not duty["case"]["preferred_term"])


def kept(ask: Asked) -> dict[str, str]:
    """Give what the address narrows the list by, as far as it is known: a view is an address."""
    said = ask.request.query_params
    choices = {
        "due": URGENCIES,
        "owner": tuple(OWED_BY),
        "site": sites_of(ask),
        "only": ("new",),
        "hand": ("mine", "nobody"),
    }
    known = {name: "1" if said.get(name) else "" for name in ("serious", "unexpected", "related")}
    return known | {name: value if (value := said.get(name, "")) in among else "" for name, among in choices.items()}


def narrowed(ask: Asked) -> Narrow:
    """Read what the list is narrowed by."""
    said = kept(ask)
    looked = ask.home.left_off.looked(ask.account, ask.trial) if said["only"] else None
    letters = {name: bool(said[name]) for name in ("serious", "unexpected", "related")}
    hand = {"mine": ask.account, "nobody": ""}.get(said["hand"])
    after = looked.position if looked else None
    return Narrow(said["due"], said["owner"], said["site"], taken_by=hand, after=after, **letters)


def sites_of(ask: Asked) -> list[str]:
    """Name the sites that may be seen, where there is more than one to choose from."""
    named = [site.id for site in ask.governs.sites] if ask.governs else []
    seen = [name for name in named if ask.sites is None or name in ask.sites]
    return seen if len(seen) > 1 else []


def why_empty(ask: Asked, found: dict[str, Any]) -> str:
    """Say why no clock runs: because all is done, because nothing was ever owed, or because nothing could be."""
    count, last = found["ended"]
    if not found["governed"]:
        return ask.words("No rule pack governs this trial, so no clock can start. A safety officer adopts the packs.")
    if not count:
        return ask.words("Packs govern this trial, and no event on record has made a report due so far.")
    return ask.words(
        "All %(n)d reports that were owed for adverse events are sent, or no longer due; the last clock stopped %(when)s.",
        n=count,
        when=ask.show.moment(last),
    )


def reports_late(ask: Asked) -> int:
    """Count the periodic reports that are overdue, for whom they are to see: no list is empty because all is done while some are."""
    if not ask.may("periodic_report.read"):
        return 0
    with ask.reading() as connection:
        return overdue(connection, ask.trial, ask.at, ask.home.journal, moment(ask.stamped))


def listed(ask: Asked, *, narrow: Narrow = ALL, limit: int, offset: int = 0) -> dict[str, Any]:
    """Ask for the worklist at the moment of the page, and put each clock in words."""
    looked = ask.home.left_off.looked(ask.account, ask.trial)
    with ask.reading() as connection:
        found = worklist(
            connection,
            ask.trial,
            ask.at,
            moment(ask.stamped),
            sites=ask.sites,
            narrow=narrow,
            since=looked.position if looked else None,
            limit=limit,
            offset=offset,
        )
    for duty in found["duties"]:
        owner = OWED_BY[duty["owed_by"]]
        duty["clock"], duty["owner"] = clock_of(ask, duty), ask.words(owner)
    until = None if looked is None else ask.home.journal.recorded_at(looked.position)
    for alert in found["alerts"]:
        alert["clock"], alert["about"], alert["name"] = (
            waiting(ask, alert),
            about(ask, alert["rule"]),
            name_of(ask, alert),
        )
        alert["new"] = until is not None and alert["raised"] > until
    return found


def waiting(ask: Asked, alert: dict[str, Any]) -> Clock:
    """Say how long an alert has waited for somebody, and when the next person hears of it."""
    if alert["held"]:
        return Clock("idle", ask.words("Waits for the digest"), waited(ask, alert["raised"]))
    follows = ask.words("nobody further is told")
    if alert["next"]:
        follows = ask.words("next told %(when)s", when=ask.show.moment(alert["next"]))
    return Clock(
        "soon", ask.words("Unanswered for %(time)s", time=waited(ask, alert["raised"])), follows, at=alert["raised"]
    )


def name_of(ask: Asked, alert: dict[str, Any]) -> str:
    """Name an alert: what it is about, and the first cases that it concerns."""
    cases = [f"{subject} · AE {number}" for subject, number in alert["cases"]]
    more = [ask.words("and %(n)d more", n=len(cases) - FEW_CASES)] if len(cases) > FEW_CASES else []
    return ask.words(", ").join([about(ask, alert["rule"]), *cases[:FEW_CASES], *more])
