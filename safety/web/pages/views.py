"""Where a view of a page is kept under a name, and forgotten."""

from fastapi import Response

from safety.left_off import SavedView
from safety.web.asking import Ask, Asked, Unclear
from safety.web.declaring import Pages
from safety.web.views import FILTERS, filters_of
from safety.web.words import N_

pages = Pages()

LONGEST_NAME, LONGEST_QUERY, MOST = 40, 500, 20
NO_NAME = N_("Give the view a name of at most %(n)d characters.")
TOO_MANY = N_("You keep %(n)d views of this page already; forget one first.")


def named(ask: Asked) -> SavedView:
    """Read which view a form means; raises Unclear."""
    page, name, query = ask.text("page"), ask.text("name"), ask.text("query")
    if page not in FILTERS or not 0 < len(name) <= LONGEST_NAME or not name.isprintable() or len(query) > LONGEST_QUERY:
        raise Unclear(ask.words(NO_NAME, n=LONGEST_NAME))
    return SavedView(ask.account, ask.trial, page, name, filters_of(page, query))


@pages.takes("/trials/{trial}/views", "saved_view.keep")
def keep_view(ask: Ask) -> Response:
    """Keep what is shown under a name; the same name again takes the place of the one before."""
    view = named(ask)
    if not ask.home.left_off.keep_view(view, most=MOST):
        raise Unclear(ask.words(TOO_MANY, n=MOST))
    return ask.go(f"/trials/{ask.trial}/{view.page}" + (f"?{view.query}" if view.query else ""))


@pages.takes("/trials/{trial}/views/forget", "saved_view.keep")
def forget_view(ask: Ask) -> Response:
    """Forget a view."""
    view = named(ask)
    ask.home.left_off.forget_view(view)
    return ask.go(f"/trials/{ask.trial}/{view.page}")
