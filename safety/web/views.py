"""What somebody shows of a page, kept under a name of their own: a view is an address, and holds the page's own filters alone."""

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from safety.left_off import SavedView
from safety.web.asking import Asked

FILTERS: Mapping[str, tuple[str, ...]] = {
    "worklist": ("serious", "unexpected", "related", "due", "owner", "hand", "site", "only"),
    "cases": ("subject", "serious", "related"),
}
"""The pages whose filters can be kept, and the filters of each."""


class Shown(NamedTuple):
    """The views of a page: those that are kept, what is shown now, and the kept one that it is."""

    page: str
    kept: list[SavedView]
    query: str
    current: str | None


def shown(ask: Asked, page: str, said: Mapping[str, str]) -> Shown:
    """Give the views of a page for who asks."""
    kept = ask.home.left_off.views(ask.account, ask.trial, page)
    query = urlencode({name: said[name] for name in FILTERS[page] if said.get(name)})
    return Shown(page, kept, query, next((view.name for view in kept if view.query == query), None))


def filters_of(page: str, query: str) -> str:
    """Give of a query what the page's own filters say; nothing else is kept, whatever a form holds."""
    said = dict(parse_qsl(query))
    return urlencode({name: said[name] for name in FILTERS[page] if said.get(name)})
