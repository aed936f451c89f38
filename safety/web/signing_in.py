"""Proves who somebody is: slower after each refusal, never shut; each code is taken once; each sign-in has a session of its own."""

import secrets
from collections.abc import Callable, Mapping

from fastapi import Response

from safety.sessions import FORGOTTEN, MINUTE, digest
from safety.values import code as account_code
from safety.web.access import NOBODY
from safety.web.credentials import fits, step_of
from safety.web.pace import network
from safety.web.visiting import ID_BYTES, Visitor

FREE, LONGEST_OF_ACCOUNT, LONGEST_OF_SOURCE = 3, 10, 60
"""So many refusals in a row cost nothing; then each doubles the wait, up to so many seconds.

The wait of an account is short, because anybody who knows its name can bring it about. Somebody who goes on guessing takes
every turn there is all the same, so who is on duty has a count that no stranger reaches: that of a browser in which the account
has signed in before, of a session, or of a passkey.
"""
KNOWN_FOR = 90 * 24 * 60 * MINUTE
"""So many microseconds after a sign-in its browser is known."""
Counts = Mapping[str, int]
"""Against what a refusal is counted, with the longest wait of each in seconds; a try is counted against each before it is checked."""
FIRST_LINK_HOLDS = 24 * 60 * MINUTE


class Doubted(Exception):
    """Account, passphrase and code do not go together."""


class TooSoon(Exception):
    """There were refusals; the next try is taken after so many seconds."""

    def __init__(self, seconds: int) -> None:
        """Say how many seconds."""
        super().__init__(seconds)
        self.seconds = seconds


def wait(failures: int, last_at: int, now: int, longest: int) -> int:
    """Give the seconds until the next try is taken; what was refused long ago, or before the clock was set back, counts no more."""
    if failures <= FREE or not -MINUTE <= now - last_at < FORGOTTEN:
        return 0
    seconds: int = min(2 ** min(failures - FREE - 1, 10), longest)
    return max(0, seconds - max(0, now - last_at) // 1_000_000)


def at_the_door(visitor: Visitor, account: str) -> Counts:
    """Give the counts of who signs in: those of the account and of the source, or where the account is at home that of its browser."""
    if visitor.browser is not None and visitor.home.sessions.knows(visitor.browser, account, now=visitor.now):
        return {f"browser {digest(visitor.browser)} {account}": LONGEST_OF_ACCOUNT}
    return {f"account {account}": LONGEST_OF_ACCOUNT, f"source {network(visitor.source)}": LONGEST_OF_SOURCE}


def inside(visitor: Visitor, account: str) -> Counts:
    """Give the count of who is signed in and proves it anew: the session's, or that of the account's programs."""
    whose = f"programs {account}" if visitor.session is None else f"session {visitor.session.digest}"
    return {whose: LONGEST_OF_ACCOUNT}


def known(text: str) -> str:
    """Bring what was typed for an account to its form; what cannot be one stays what nobody is called."""
    try:
        return account_code(text)
    except ValueError:
        return ""


def proved(visitor: Visitor, account: str, passphrase: str, code: str) -> str:
    """Give the account whose passphrase and code these are.

    Raises:
        TooSoon: after refusals; nothing was checked.
        Doubted: they do not go together, whichever it is.

    """
    named = known(account)
    counts = at_the_door(visitor, named)
    with_delay(visitor, named, lambda: goes_together(visitor, named, passphrase, code), counts)
    return named


def with_delay(visitor: Visitor, account: str, check: Callable[[], bool], counts: Counts) -> None:
    """Check a proof, unless refusals before it make it wait; count what is refused. Raises TooSoon and Doubted."""
    home = visitor.home
    take_a_try(visitor, counts)
    if not check():
        visitor.access.note("refused", account if home.credentials.find(account) else NOBODY, visitor.source)
        raise Doubted
    for each in counts:
        home.sessions.forgive(each)


def take_a_try(visitor: Visitor, counts: Counts) -> None:
    """Count a try before it is checked, so that tries at once are as slow as one after the other; raises TooSoon."""
    sessions = visitor.home.sessions
    while True:
        before = {each: sessions.failures(each) for each in counts}
        seconds = max(wait(*before[each], visitor.now, longest) for each, longest in counts.items())
        if seconds > 0:
            raise TooSoon(seconds)
        if sessions.tries(before, now=visitor.now):
            return


def goes_together(visitor: Visitor, account: str, passphrase: str, code: str) -> bool:
    """Check passphrase and code; a code that fits is used up."""
    found = visitor.home.credentials.find(account) if account else None
    if not fits(found, passphrase) or found is None:
        return False
    return found.authenticator is None or code_taken(visitor, account, found.authenticator, code)


def code_taken(visitor: Visitor, account: str, authenticator: str, code: str) -> bool:
    """Check the code of an authenticator and use it up."""
    step = step_of(authenticator, code, visitor.now)
    return step is not None and visitor.home.credentials.take_step(account, step)


def begin_session(visitor: Visitor, account: str, onward: str, by: str | None = None) -> Response:
    """Begin a session under a fresh secret, whatever the browser held before, and go on; `by` what, if not a passphrase."""
    if visitor.held is not None:
        visitor.home.sessions.replace(visitor.held, now=visitor.now)
    secret = secrets.token_urlsafe(ID_BYTES)
    visitor.access.note("signed_in", account, visitor.source, thing=by)
    visitor.home.sessions.begin(secret, account, now=visitor.now)
    answer = visitor.go(onward)
    remember(visitor, answer, account)
    visitor.keep(answer, secret)
    return answer


def remember(visitor: Visitor, answer: Response, account: str) -> None:
    """Know the browser again by a fresh secret, which signs nobody in: refusals elsewhere do not delay the account here."""
    secret, until = secrets.token_urlsafe(ID_BYTES), visitor.now + KNOWN_FOR
    visitor.home.sessions.know(secret, account, now=visitor.now, until=until, before=visitor.browser)
    visitor.keep_known(answer, secret, KNOWN_FOR // 1_000_000)


def end_session(visitor: Visitor) -> Response:
    """End the session and give the browser nothing to keep."""
    if visitor.session is not None:
        visitor.access.note("signed_out", visitor.session.account, visitor.source)
    visitor.home.sessions.end(visitor.secret)
    answer = visitor.go("/sign-in")
    answer.delete_cookie(visitor.cookie, path="/", secure=not visitor.plain, httponly=True, samesite="lax")
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer
