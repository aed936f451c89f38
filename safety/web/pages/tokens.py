"""One's API tokens: made for one program, narrowed to what it does, shown once, and revoked."""

import secrets
from http import HTTPStatus
from typing import Any

from fastapi import Response

from safety.sessions import MINUTE, digest
from safety.tokens import Token
from safety.web.api.admission import PREFIX
from safety.web.api.scopes import GROUPS, is_scope, offered
from safety.web.asking import Ask, Asked, NotThere
from safety.web.declaring import Pages
from safety.web.pages.me import doubt
from safety.web.visiting import ID_BYTES
from safety.web.words import N_

pages = Pages()

DAY = 24 * 60 * MINUTE
LASTS = {"30": 30, "90": 90, "365": 365}
"""For how many days a token may be made; none lasts for ever."""
MOST_ALIVE = 20
MOST_SCOPES = 100
NAME_LENGTH = 80

NAMELESS = N_("Say in one line which program will hold it, in at most 80 characters.")
SCOPELESS = N_("Choose at least one thing that the token may do, of those that you may.")
NO_ACTION = N_("One of these is no action that a token can be made for. Write them as adverse_event.report case.read.")
NO_TERM = N_("Choose for how long it holds.")
TOO_MANY = N_("You have 20 tokens that hold. Revoke one that is no longer used.")


@pages.shows("/me/tokens", "me.read")
def show_tokens(ask: Ask) -> Response:
    """Show one's tokens, and the form for another one."""
    return shown(ask)


@pages.takes("/me/tokens", "me.change")
def make_token(ask: Ask) -> Response:
    """Make a token and show it, this once."""
    said, errors = typed(ask)
    if not errors and (error := doubt(ask)):
        errors["present"] = error
    if errors:
        return shown(ask, HTTPStatus.UNPROCESSABLE_ENTITY, said=said, errors=errors)
    secret = PREFIX + secrets.token_urlsafe(ID_BYTES)
    ends = ask.now + LASTS[said["lasts"]] * DAY
    named = secrets.token_hex(4)
    token = Token(digest(secret), named, ask.account, said["name"], tuple(said["scopes"]), ask.now, ends)
    ask.access.note("token_made", ask.account, ask.source, thing=named)
    ask.home.tokens.put(token)
    return shown(ask, made=secret)


@pages.takes("/me/tokens/{token}/revoke", "me.change")
def revoke_token(ask: Ask, token: str) -> Response:
    """End one of one's tokens at once; no passphrase is asked for, whoever shuts a door is let."""
    if not ask.home.tokens.revoke(ask.account, token, now=ask.now):
        raise NotThere
    ask.access.note("token_revoked", ask.account, ask.source, thing=token)
    return ask.go("/me/tokens")


def typed(ask: Asked) -> tuple[dict[str, Any], dict[str, str]]:
    """Read the form; give what it says and what is wrong with it, by field."""
    errors = {}
    name, lasts, actions = ask.text("name"), ask.text("lasts"), ask.text("actions").replace(",", " ").split()
    chosen = [one for one in offered(ask.state) if one in ask.form.getlist("scopes")]
    if not name or len(name) > NAME_LENGTH or not name.isprintable():
        errors["name"] = ask.words(NAMELESS)
    if not all(map(is_scope, actions)) or len(actions) > MOST_SCOPES:
        errors["actions"] = ask.words(NO_ACTION)
    elif not chosen and not actions:
        errors["actions"] = ask.words(SCOPELESS)
    if lasts not in LASTS:
        errors["lasts"] = ask.words(NO_TERM)
    if sum(token.holds(ask.now) for token in ask.home.tokens.of(ask.account)) >= MOST_ALIVE:
        errors["name"] = ask.words(TOO_MANY)
    scopes = list(dict.fromkeys([*chosen, *actions]))
    return {"name": name, "lasts": lasts, "actions": " ".join(actions), "scopes": scopes}, errors


def shown(
    ask: Asked,
    status: int = HTTPStatus.OK,
    *,
    said: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
    made: str = "",
) -> Response:
    """Show the page; what was typed stays where something is wrong, except the passphrase."""
    groups = [(name, ask.words(GROUPS[name][0]), "", "") for name in offered(ask.state)]
    terms = [(days, ask.words("%(n)d days", n=number), "", "") for days, number in LASTS.items()]
    told = said or {"name": "", "lasts": "90", "actions": "", "scopes": ["read"]}
    tokens = ask.home.tokens.of(ask.account)
    return ask.render(
        "tokens/page.html.j2",
        status,
        tokens=tokens,
        groups=groups,
        terms=terms,
        said=told,
        wrong=errors or {},
        made=made,
    )
