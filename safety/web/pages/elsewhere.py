"""Signing in through an identity provider: there and back, to an account that is here already; it never makes one."""

import json
import secrets
from http import HTTPStatus

from fastapi import Response
from fastapi.responses import RedirectResponse

from safety.home import Home
from safety.sessions import MINUTE
from safety.web.access import NOBODY
from safety.web.asking import NotThere
from safety.web.declaring import Pages
from safety.web.going_on import within
from safety.web.identity import Asked, NotIdentified, Person, Provider
from safety.web.pages.signing_in import form
from safety.web.passkeys import reached
from safety.web.signing_in import begin_session
from safety.web.visiting import ID_BYTES, Guest, Visitor
from safety.web.words import N_

pages = Pages()

PURPOSE = "sign in elsewhere"
HOLDS = 10 * MINUTE
NOT_COMPLETED = N_(
    "The sign-in through %(name)s led to no account of this desk. Try again, sign in here, or ask an operator."
)


@pages.shows("/sign-in/elsewhere", "session.begin")
def go_there(guest: Guest, next: str = "/") -> Response:  # noqa: A002, the name of the field in the address
    """Send the browser to the provider, because somebody on our own page asked for it."""
    if guest.home.settings.oidc_issuer is None:
        raise NotThere
    if guest.held is None or guest.request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return form(guest, next=within(next), account="", error="")
    state, nonce, verifier = (secrets.token_urlsafe(ID_BYTES) for _ in range(3))
    asked = Asked(state, nonce, verifier, within(next))
    try:
        place = provider(guest).question(asked)
    except NotIdentified:
        return not_completed(guest, asked.onward)
    said, until = json.dumps(asked), guest.now + HOLDS
    guest.home.sessions.challenge(guest.held, PURPOSE, said, now=guest.now, until=until)
    return RedirectResponse(place, HTTPStatus.SEE_OTHER)


@pages.shows("/sign-in/elsewhere/back", "session.begin")
def come_back(guest: Guest, state: str = "", code: str = "", iss: str | None = None) -> Response:
    """Take the provider's answer, if this browser was sent for it; each is taken once."""
    if guest.home.settings.oidc_issuer is None:
        raise NotThere
    kept = guest.home.sessions.challenged(guest.secret, PURPOSE, now=guest.now)
    asked = None if kept is None else Asked(*json.loads(kept))
    if asked is None or not code or not secrets.compare_digest(state.encode(), asked.state.encode()):
        return not_completed(guest, "/")
    try:
        person = provider(guest).person(asked, code, iss, guest.now // 1_000_000)
    except NotIdentified:
        return not_completed(guest, asked.onward)
    account = account_of(guest.home, person)
    if account is None:
        return not_completed(guest, asked.onward)
    return begin_session(guest, account, asked.onward, by="identity provider")


def provider(guest: Visitor) -> Provider:
    """Ask the provider what it is; raises NotIdentified."""
    try:
        return Provider(guest.home.settings, f"{reached(guest).origin}/sign-in/elsewhere/back")
    except OSError:  # the file of the secret
        raise NotIdentified("the secret cannot be read") from None


def account_of(home: Home, person: Person) -> str | None:
    """Find the account of a person: the one bound to the provider's subject, else that with the verified address, which is bound then.

    An address may pass to another person at the provider; the subject never does.
    """
    known = home.credentials.known_as(person.issuer, person.subject)
    if known is not None:
        return known
    wanted = (person.email or "").casefold()
    alike = [one.account for one in home.directory.people() if one.email and one.email.casefold() == wanted]
    if len(alike) != 1 or not home.credentials.bind(person.issuer, person.subject, alike[0]):
        return None
    return alike[0]


def not_completed(guest: Visitor, onward: str) -> Response:
    """Say that it came to nothing; what exactly did not fit is nobody's to know."""
    guest.access.note("refused", NOBODY, guest.source, thing="identity provider")
    told = guest.words(NOT_COMPLETED, name=guest.home.settings.oidc_name)
    return form(guest, 401, next=onward, account="", error="", told=told)
