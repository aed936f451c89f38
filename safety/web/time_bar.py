"""The bar by which a page is looked at as of another moment: which pages have it, and what it needs to lead there."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

from safety.projections.trials import registered_at

if TYPE_CHECKING:  # it is named to the templates, which `asking` renders
    from safety.web.asking import Asked

CASE = "/trials/{trial}/cases/{subject}/{number}"
SHOWN_AS_OF = frozenset({
    "/",
    "/trials/{trial}/worklist",
    "/trials/{trial}/subjects",
    "/trials/{trial}/subjects/{subject}",
    "/trials/{trial}/cases",
    CASE,
    CASE + "/narrative",
    "/trials/{trial}/duplicates",
    "/trials/{trial}/queries",
    "/trials/{trial}/incidence",
    "/trials/{trial}/listing",
    "/trials/{trial}/history",
    "/trials/{trial}/definition",
    "/trials/{trial}/packs",
    "/trials/{trial}/packs/what-if",
    "/trials/{trial}/packs/{sha256}",
    "/trials/{trial}/reports",
    "/trials/{trial}/reports/{kind}/{period}",
})  # fmt: skip
"""Pages that show the record as it was at a moment, all of them by the same queries as now."""
SAME_AT_EVERY_MOMENT = frozenset({"/log/{position}"})
"""Pages of what never changes once it is there."""
PARTS = 4
"""Into how many parts the slider is divided by the dates under it."""
NOT_KEPT = frozenset({"as_of", "page", "filed", "recorded", "only"})
"""What an address says that holds at no other moment: the moment, a page of rows, what has just been done, what is new."""


class TimeBar(NamedTuple):
    """Where the forms of the bar go, what else of the address they keep, and the positions that the slider runs over."""

    address: str
    kept: list[tuple[str, str]]
    first: int
    head: int
    asked: str
    dates: list[str]
    """The days on which the positions that divide the slider were recorded; none for who sees one site alone."""
    always: bool
    """It stands there without being asked for: on the page of history, and for who is there to look back."""


def time_bar(ask: Asked) -> TimeBar | None:
    """Give the bar of a page; None where the page cannot be shown as of another moment."""
    path = route_of(ask)
    if path not in SHOWN_AS_OF:
        return None
    first = first_position(ask)
    return TimeBar(
        ask.request.url.path,
        kept(ask),
        first,
        ask.head,
        ask.request.query_params.get("as_of", "").strip(),
        dates(ask, first) if ask.sites is None else [],
        ask.past or ask.role == "auditor" or path.endswith("/history"),
    )


def route_of(ask: Asked) -> str:
    """Give the path of the page's route as it was declared."""
    return str(getattr(ask.request.scope.get("route"), "path", ""))


def is_partly_now(ask: Asked) -> bool:
    """Say whether a page shows beside the record what is kept for no moment but the present: people, duty, channels."""
    return route_of(ask) not in SHOWN_AS_OF | SAME_AT_EVERY_MOMENT


def kept(ask: Asked) -> list[tuple[str, str]]:
    """Give what of the address holds at every moment: filters, and what is compared."""
    return [(name, value) for name, value in ask.request.query_params.multi_items() if name not in NOT_KEPT]


def now_address(ask: Asked) -> str:
    """Give the address of the same page as it is now."""
    said = kept(ask)
    return f"{ask.request.url.path}?{urlencode(said)}" if said else ask.request.url.path


def first_position(ask: Asked) -> int:
    """Give the position from which on there is something to show; looked up once a trial."""
    if not ask.trial:
        return 1
    known: dict[str, int] = ask.request.app.state.registered_at
    if ask.trial not in known:
        with ask.reading() as connection:
            known[ask.trial] = registered_at(connection, ask.trial)
    return known[ask.trial]


def dates(ask: Asked, first: int) -> list[str]:
    """Write the days on which the positions at the ends of the slider's parts were recorded."""
    positions = [first + (ask.head - first) * part // PARTS for part in range(PARTS + 1)]
    told = [ask.home.journal.recorded_at(position) for position in positions]
    return [ask.show.day(at) for at in told if at is not None]
