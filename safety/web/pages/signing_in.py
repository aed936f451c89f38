"""Signing in and out, the first link that lets somebody choose a passphrase, and the choice of the language."""

from fastapi import Response

from safety.values import code
from safety.web.asking import NotThere
from safety.web.credentials import TooWeak, chosen_passphrase, same_twice
from safety.web.declaring import Pages
from safety.web.going_on import within
from safety.web.signing_in import Doubted, TooSoon, begin_session, end_session, proved
from safety.web.visiting import Guest, Visitor
from safety.web.words import LANGUAGE_COOKIE, LANGUAGES, N_

pages = Pages()

REFUSED = N_("Account, passphrase and code do not go together. Type the code that your authenticator shows now.")
A_YEAR = 31_536_000


@pages.shows("/sign-in", "session.begin")
def ask_who(guest: Guest, next: str = "/") -> Response:  # noqa: A002, the name of the field in the address
    """Ask who it is; who is signed in already is sent on."""
    if guest.session is not None:
        return guest.go(within(next))
    return form(guest, next=within(next), account="", error="")


def form(guest: Visitor, status: int = 200, **said: str) -> Response:
    """Show the form, with the way through an identity provider where there is one; `told` is of no field."""
    settings = guest.home.settings
    elsewhere = settings.oidc_name if settings.oidc_issuer else ""
    return guest.render("sign_in/sign_in.html.j2", status, elsewhere=elsewhere, **{"told": "", **said})


@pages.takes("/sign-in", "session.begin")
def sign_in(guest: Guest) -> Response:
    """Sign in, or say at once what to do; the answer does not say which part was wrong."""
    onward, account = within(guest.text("next")), guest.text("account")
    try:
        proof = proved(guest, account, str(guest.form.get("passphrase") or ""), guest.text("code"))
    except TooSoon as wait:
        return too_soon(guest, wait.seconds, onward, account)
    except Doubted:
        return refused(guest, onward, account)
    return begin_session(guest, proof, onward)


def too_soon(guest: Visitor, seconds: int, onward: str, account: str) -> Response:
    """Ask for patience."""
    told = guest.words.ngettext("Wait %(n)d second, then try again.", "Wait %(n)d seconds, then try again.", seconds)
    page = {"next": onward, "account": account, "error": told % {"n": seconds}}
    answer = form(guest, 429, **page)
    answer.headers["Retry-After"] = str(seconds)
    return answer


def refused(guest: Visitor, onward: str, account: str) -> Response:
    """Say that something does not go together, and not what."""
    page = {"next": onward, "account": account, "error": guest.words(REFUSED)}
    return form(guest, 401, **page)


@pages.takes("/sign-out", "session.end")
def sign_out(guest: Guest) -> Response:
    """End the session; the browser forgets its secret."""
    return end_session(guest)


@pages.takes("/language", "language.choose")
def choose_language(guest: Guest) -> Response:
    """Keep the language that was chosen, and go back."""
    answer = guest.go(within(guest.text("back")))
    if guest.text("language") in LANGUAGES:
        answer.set_cookie(
            LANGUAGE_COOKIE if guest.plain else f"__Host-{LANGUAGE_COOKIE}",
            guest.text("language"),
            max_age=A_YEAR,
            path="/",
            secure=not guest.plain,
            httponly=True,
            samesite="lax",
        )
    return answer


@pages.shows("/first/{link}", "credential.begin")
def ask_passphrase(guest: Guest, link: str) -> Response:
    """Ask for a passphrase where a first link holds; one that is used up is not there."""
    return guest.render("sign_in/first.html.j2", account=offered(guest, link), link=link, error="")


@pages.takes("/first/{link}", "credential.begin")
def set_passphrase(guest: Guest, link: str) -> Response:
    """Set the passphrase, use the link up, and sign in; in a demonstration the link itself signs in, as often as it is used."""
    account = offered(guest, link)
    if guest.purpose == "demo":
        return begin_session(guest, account, "/")
    first, second = (str(guest.form.get(name) or "") for name in ("passphrase", "again"))
    try:
        credential = chosen_passphrase(account, same_twice(first, second), now=guest.now)
    except TooWeak as fault:
        told = guest.words(str(fault))
        return guest.render("sign_in/first.html.j2", 422, account=account, link=link, error=told)
    if guest.home.sessions.redeem(link, now=guest.now) is None:
        raise NotThere
    guest.home.credentials.put(credential)
    guest.home.credentials.remove_passkeys(account)
    guest.home.credentials.unbind(account)
    guest.home.tokens.revoke_all(account, now=guest.now)
    guest.home.sessions.end_all(account)
    guest.access.note("passphrase_set", account, guest.source)
    return begin_session(guest, account, "/")


def offered(guest: Visitor, link: str) -> str:
    """Give the account of a first link; raises NotThere."""
    account = guest.home.sessions.offered(link, now=guest.now)
    if account is None:
        raise NotThere
    return code(account)
