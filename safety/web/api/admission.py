"""Lets a program in: by a token, which narrows what its account may, or by the session of a browser."""

from typing import Annotated

from fastapi import Query, Request, params
from fastapi.dependencies.utils import get_flat_params
from fastapi.routing import APIRoute
from starlette.datastructures import FormData

from safety.sessions import digest
from safety.tokens import Token
from safety.web.access import NOBODY
from safety.web.api.scopes import covered
from safety.web.asking import Asked, Unclear
from safety.web.declaring import Admission, admitted
from safety.web.pace import Pace, network
from safety.web.visiting import SignInFirst, Visitor

PREFIX = "vigilog_"
"""Every token begins so, that whoever finds one in a file knows what it opens."""
MOST = 200
"""Characters of an Authorization header that can be a token of ours."""
AS_OF = "The moment that the answer is of: a position of the log, a date (its end) or a time in the trial's zone; now if left out."
AsOf = Annotated[str, Query(description=AS_OF, examples=["", "2018-05-31"])]
"""Any text is taken: what does not fit a parameter of a guard would leave the guard out, and with it who asks."""
UNKNOWN = "The address holds a parameter that there is not here; there are: %(names)s."


class BeyondScope(Exception):
    """The token was not made for this action; the text is the action."""


class ProgramAdmission(Admission):
    """What happens first to a request of the API: who asks, whether the token is for this, and whether the policy lets it."""

    def __call__(self, request: Request) -> None:  # type: ignore[override]  # a program sends no form
        """Settle who asks and whether they may; raises SignInFirst, TooOften, BeyondScope, Forged and NotThere."""
        home = request.app.state.home
        visitor = Visitor(request, home, FormData())
        token = token_of(visitor)
        pace: Pace = request.app.state.pace
        if token is not None:
            pace.take("token", token.id)
            pace.take("programs", token.account)
            visitor.session = None
            if not covered(token.scopes, self.action):
                visitor.access.note("denied", token.account, visitor.source, action=self.action, thing=request.url.path)
                raise BeyondScope(self.action)
        elif visitor.session is None:
            raise SignInFirst
        else:
            pace.take("person", visitor.session.account)
            if request.method != "GET":
                visitor.check_form()
        account = token.account if token else visitor.session.account if visitor.session else NOBODY
        request.state.asked = admitted(visitor, account, self.action, home)
        request.state.scopes = token.scopes if token else None
        self.check_names(request)

    def check_names(self, request: Request) -> None:
        """Refuse a parameter that the route does not have: a misspelt filter that is passed over shows too much; raises Unclear."""
        route: APIRoute = request.scope["route"]
        known = {one.alias for one in get_flat_params(route.dependant) if isinstance(one.field_info, params.Query)}
        if not known.issuperset(request.query_params):
            raise Unclear(UNKNOWN % {"names": ", ".join(sorted(known)) or "none"})


class ReadAdmission(ProgramAdmission):
    """Of what only reads: at any moment."""

    def __call__(self, request: Request, as_of: AsOf = "") -> None:  # type: ignore[override]  # noqa: ARG002, it stands here to be described
        """Settle who asks; the moment is read with the rest of the address."""
        super().__call__(request)


def token_of(visitor: Visitor) -> Token | None:
    """Give the token that a request shows, None where it shows none; raises SignInFirst where it opens nothing, and TooOften."""
    shown = visitor.request.headers.get("authorization")
    if shown is None:
        return None
    kind, _, secret = shown[:MOST].partition(" ")
    known = kind.lower() == "bearer" and secret.startswith(PREFIX) and secret.isascii()
    token = visitor.home.tokens.find(digest(secret.strip()), now=visitor.now) if known else None
    if token is None:
        pace: Pace = visitor.request.app.state.pace
        pace.take("stranger", network(visitor.source))
        visitor.access.note("token_refused", NOBODY, visitor.source)
        raise SignInFirst
    return token


def about(ask: Asked, trial: str) -> Asked:
    """Admit who asks once more, to the trial that a body names; raises NotThere."""
    return admitted(ask, ask.account, ask.action, ask.home, trial)
