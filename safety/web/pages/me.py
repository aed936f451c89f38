"""One's own account: what one may do, one's passphrase, and one's authenticator."""

import re

from fastapi import Response
from pyotp import TOTP, random_base32

from safety.web.asking import Ask, Asked
from safety.web.credentials import TooWeak, chosen_passphrase, fits, same_twice, step_of
from safety.web.declaring import Pages
from safety.web.signing_in import Doubted, TooSoon, begin_session, inside, with_delay
from safety.web.words import N_

pages = Pages()

SECRET = re.compile(r"[A-Z2-7]{32}")
NOT_YOURS = N_("This is not your present passphrase.")
WAIT = N_("Wait %(n)d s, then try again.")
DONE = {
    "passphrase": N_("Your passphrase is changed. Wherever else you were signed in, you are not any more."),
    "authenticator": N_("The authenticator is set up: from now on its code is asked for beside the passphrase."),
    "sessions": N_("You are signed in here alone."),
    "passkey": N_("The passkey is added: it signs in and signs."),
    "removed": N_("The passkey is removed: it opens nothing any more."),
}
"""What was done, as it is said once on the page that one comes back to."""
NO_FIT = N_("This code does not fit. Check the clock of your phone, and type the code shown now.")


def shown(
    ask: Asked, status: int = 200, *, secret: str = "", field: str = "", error: str = "", done: str = ""
) -> Response:
    """Show the page, with an error at its field or with what was `done`; the secret of an authenticator that is being set up stays the same."""
    credential = ask.home.credentials.find(ask.account)
    fresh = secret if SECRET.fullmatch(secret) else random_base32()
    uri = TOTP(fresh).provisioning_uri(name=ask.account, issuer_name="Vigilog")
    has_code = credential is not None and credential.authenticator is not None
    mine = ask.home.sessions.of(ask.account, now=ask.now)
    beside = {
        "passkeys": ask.home.credentials.passkeys(ask.account),
        "done": ask.words(DONE[done]) if done in DONE else "",
    }
    said = {"secret": fresh, "uri": uri, "has_code": has_code, "field": field, "error": error, "sessions": mine}
    return ask.render("me/page.html.j2", status, **said, **beside)


def doubt(ask: Asked) -> str:
    """Check the present passphrase; give what to say where it is not theirs, else nothing."""
    credential = ask.home.credentials.find(ask.account)
    try:
        present = str(ask.form.get("present") or "")
        with_delay(ask, ask.account, lambda: fits(credential, present), inside(ask, ask.account))
    except TooSoon as wait:
        return ask.words(WAIT, n=wait.seconds)
    except Doubted:
        return ask.words(NOT_YOURS)
    return ""


def begun_anew(ask: Asked, done: str) -> Response:
    """End every session of the account, and begin one here under a new secret; the page says what was `done`."""
    ask.home.sessions.end_all(ask.account)
    return begin_session(ask, ask.account, f"/me?done={done}")


@pages.shows("/me", "me.read")
def show_me(ask: Ask, done: str = "") -> Response:
    """Show what one may do and what one signs in with."""
    return shown(ask, done=done)


@pages.takes("/me/passphrase", "me.change")
def change_passphrase(ask: Ask) -> Response:
    """Set another passphrase: every session of the account ends, and a new one begins here."""
    if error := doubt(ask):
        return shown(ask, 422, field="present", error=error)
    before = ask.home.credentials.find(ask.account)
    authenticator = before.authenticator if before else None
    first, second = (str(ask.form.get(name) or "") for name in ("passphrase", "again"))
    try:
        chosen = chosen_passphrase(ask.account, same_twice(first, second), now=ask.now, authenticator=authenticator)
    except TooWeak as fault:
        return shown(ask, 422, field="passphrase", error=ask.words(str(fault)))
    ask.home.credentials.put(chosen._replace(last_step=before.last_step if before else 0))
    ask.access.note("passphrase_set", ask.account, ask.source)
    return begun_anew(ask, "passphrase")


@pages.takes("/me/sessions", "me.change")
def end_other_sessions(ask: Ask) -> Response:
    """End every session of the account but this one, which goes on under a new secret."""
    if error := doubt(ask):
        return shown(ask, 422, field="present-3", error=error)
    return begun_anew(ask, "sessions")


@pages.takes("/me/authenticator", "me.change")
def set_authenticator(ask: Ask) -> Response:
    """Take an authenticator once it has shown a code that fits; the code is used up."""
    secret = ask.text("secret")
    if error := doubt(ask):
        return shown(ask, 422, secret=secret, field="present-2", error=error)
    step = step_of(secret, ask.text("code"), ask.now) if SECRET.fullmatch(secret) else None
    credential = ask.home.credentials.find(ask.account)
    if step is None or credential is None:
        return shown(ask, 422, secret=secret, field="code", error=ask.words(NO_FIT))
    ask.home.credentials.put(credential._replace(authenticator=secret, last_step=step, changed_at=ask.now))
    ask.access.note("authenticator_set", ask.account, ask.source)
    return begun_anew(ask, "authenticator")
