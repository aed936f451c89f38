"""Passkeys: added and removed on one's own account, and signed in with; what proves a signature is asked for here too."""

from fastapi import Response

from safety.web.asking import Ask
from safety.web.declaring import Pages
from safety.web.going_on import within
from safety.web.pages.me import begun_anew, doubt, shown
from safety.web.pages.signing_in import refused, too_soon
from safety.web.passkeys import TO_SIGN, TO_SIGN_IN, added, offer_to_add, offer_to_prove, proves, whose
from safety.web.signing_in import LONGEST_OF_ACCOUNT, Doubted, TooSoon, begin_session, with_delay
from safety.web.visiting import Guest
from safety.web.words import N_

pages = Pages()

NOT_ADDED = N_("The passkey was not added. Try again, or use another device.")


def options(text: str) -> Response:
    """Give a browser what its own function takes."""
    return Response(text, media_type="application/json")


@pages.takes("/me/passkey/begin", "me.change")
def begin_adding(ask: Ask) -> Response:
    """Ask for a new passkey."""
    return options(offer_to_add(ask, ask.account, ask.name))


@pages.takes("/me/passkey", "me.change")
def add(ask: Ask) -> Response:
    """Take a new passkey, once the present passphrase is typed; every other session of the account ends."""
    if error := doubt(ask):
        return shown(ask, 422, field="present-4", error=error)
    if not added(ask, ask.account, ask.text("passkey")):
        return shown(ask, 422, field="present-4", error=ask.words(NOT_ADDED))
    ask.access.note("passkey_added", ask.account, ask.source)
    return begun_anew(ask, "passkey")


@pages.takes("/me/passkey/remove", "me.change")
def remove(ask: Ask) -> Response:
    """Remove a passkey, once the present passphrase is typed; every other session of the account ends."""
    if error := doubt(ask):
        return shown(ask, 422, field=f"present-5-{ask.text('id')}", error=error)
    ask.home.credentials.remove_passkeys(ask.account, ask.text("id"))
    ask.access.note("passkey_removed", ask.account, ask.source)
    return begun_anew(ask, "removed")


@pages.takes("/me/passkey/sign", "me.change")
def begin_signing(ask: Ask) -> Response:
    """Ask for the proof that goes with a signature."""
    return options(offer_to_prove(ask, TO_SIGN))


@pages.takes("/sign-in/passkey/begin", "session.begin")
def begin_signing_in(guest: Guest) -> Response:
    """Ask for the proof of any account."""
    return options(offer_to_prove(guest, TO_SIGN_IN))


@pages.takes("/sign-in/passkey", "session.begin")
def sign_in(guest: Guest) -> Response:
    """Sign in with a passkey alone; refusals are counted and delayed like those of a passphrase."""
    answer, onward = guest.text("passkey"), within(guest.text("next"))
    account = whose(guest, answer)
    try:
        counts = {
            f"passkey {account}": LONGEST_OF_ACCOUNT
        }  # nobody guesses one: guesses at the passphrase do not shut it
        with_delay(guest, account, lambda: proves(guest, TO_SIGN_IN, answer), counts)
    except TooSoon as wait:
        return too_soon(guest, wait.seconds, onward, "")
    except Doubted:
        return refused(guest, onward, "")
    return begin_session(guest, account, onward, by="passkey")
