"""A form that is sent when its session has ended: kept for its account alone for an hour, and sent again after signing in."""

import json
from secrets import compare_digest
from typing import NamedTuple

from safety.sessions import MINUTE
from safety.web.asking import Asked
from safety.web.visiting import Visitor, form_token

HOLDS = 60 * MINUTE
WHERE = "/kept"
NEVER = {"csrf", "passphrase", "again", "present", "code", "passkey", "secret"}
"""What is typed to prove who one is is not kept; it is asked for again."""


class Kept(NamedTuple):
    """Where a form was going, and its fields in order."""

    path: str
    fields: list[tuple[str, str]]


def keep(visitor: Visitor) -> bool:
    """Keep the form of a request, if its browser held a session that ended by itself; say whether it did.

    Its token was checked before: the form is of a page of this browser.
    """
    account = None if visitor.held is None else visitor.home.sessions.was(visitor.held)
    return account is not None and keep_for(visitor, account)


def keep_of_before(visitor: Visitor) -> bool:
    """Keep the form of a page that was opened in an earlier session of who is signed in; its token says that it was."""
    if visitor.session is None:
        return False
    said, account = str(visitor.form.get("csrf") or "").encode(), visitor.session.account
    tokens = (form_token(session).encode() for session in visitor.home.sessions.lately(account))
    return any(compare_digest(said, token) for token in tokens) and keep_for(visitor, account)


def keep_for(visitor: Visitor, account: str) -> bool:
    """Keep what a form says for an account; say whether there was anything to keep."""
    fields = [(name, value) for name, value in visitor.form.multi_items() if isinstance(value, str)]
    said = [(name, value) for name, value in fields if name not in NEVER]
    path = visitor.request.url.path
    if not said or path.startswith(("/me", "/sign", WHERE)):
        return False
    until = visitor.now + HOLDS
    visitor.home.left_off.keep_form(account, path, json.dumps(said), now=visitor.now, until=until)
    return True


def kept(ask: Asked) -> Kept | None:
    """Give the form that is kept for who asks."""
    found = ask.home.left_off.kept_form(ask.account, now=ask.now)
    if found is None:
        return None
    path, said = found
    return Kept(path, [(str(name), str(value)) for name, value in json.loads(said)])
