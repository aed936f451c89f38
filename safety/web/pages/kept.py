"""The form that was being sent when the session ended: shown to the account that sent it, sent again or thrown away."""

from fastapi import Response

from safety.web.asking import Ask
from safety.web.declaring import Pages
from safety.web.kept_forms import WHERE, kept, title_of, typed

pages = Pages()


@pages.shows(WHERE, "me.read")
def show_kept(ask: Ask) -> Response:
    """Show what was typed, with the way to send it; what another account typed is not there."""
    found = kept(ask)
    if found is None:
        return ask.go("/")
    return ask.render("sign_in/kept.html.j2", found=found, title=title_of(ask, found.path), typed=typed(ask, found))


@pages.takes(WHERE + "/drop", "me.change")
def drop(ask: Ask) -> Response:
    """Throw away what is kept."""
    ask.home.left_off.drop_form(ask.account)
    return ask.go("/")
