"""What is answered when a page cannot be: one answer for all that is not there, sign-in for who is not known, and plain words."""

import re
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from safety.aggregates.deciding import Refused
from safety.aggregates.relied_on import ChangedSince
from safety.desk import OtherContent
from safety.journal import Unavailable
from safety.projections.views import TablesUnusable
from safety.store import StoreUnusable
from safety.web.access import Asking
from safety.web.api.admission import BeyondScope
from safety.web.api.problems import Fault, faults, problem
from safety.web.api.sent import Misfit, NotJson
from safety.web.asking import InThePast, NotThere, Unclear
from safety.web.going_on import within
from safety.web.kept_forms import WHERE, keep, keep_of_before
from safety.web.pace import TooOften
from safety.web.rendering import template
from safety.web.shield import TooLarge
from safety.web.signing import NotSigned
from safety.web.standing import not_ready
from safety.web.visiting import Forged, SignInFirst, Visitor
from safety.web.words import N_, Words, chosen, language_of, words

Handler = Callable[[Request, Any], Coroutine[Any, Any, Response]]

CURRENT = re.compile(r"https?://[^/]+(/[^#]*)")
"""The page from which a script asked, and its path."""

NOT_THERE = N_("There is no such page, or it is not yours to see")
FORGED = N_("The form was not sent from this browser's own page; open it again and send it once more")
NO_TLS = N_("Your browser kept no cookie, because this desk is reached without TLS; open it through https")
IN_THE_PAST = N_("You are looking at the past, where nothing can be changed; return to now first")
OUTSIZED = N_(
    "What you sent is larger than the 2 MB that this desk takes; nothing was stored, and what you typed"
    " is not kept: open the form again and paste less"
)
UNREADY = N_("The desk is not ready; nothing was stored")
FAILED = N_(
    "This page failed through a fault of the desk, and its own log says why; tell the operator, and look at the"
    " record before you send a form again"
)
TOO_OFTEN = N_(
    "This account asks for more than anybody can read; nothing was stored. Wait a few seconds, then go back and try again"
)
OF_WHOM = {
    "source": "from this address",
    "token": "of this token",
    "programs": "of this account's tokens together",
    "person": "of this account",
    "stranger": "from this address with a token that opens nothing",
}
NO_TOKEN = (
    "ask with a token that holds (Authorization: Bearer ...), made on /me/tokens, or from a browser that is signed in"  # noqa: S105, a sentence
)


def said_to(request: Request) -> Words:
    """Give the words of who asks."""
    return words(chosen(language_of(request.cookies), request.headers.get("accept-language")))


def told(request: Request, status: int, sentence: str, **context: Any) -> Response:  # noqa: ANN401, whatever the template shows
    """Answer with one sentence: as a page to a person, as JSON to a program."""
    if request.url.path.startswith("/api/"):
        return problem(status, sentence)
    said = said_to(request)
    context = {"reasons": [], "path": request.url.path, **context}
    page = template("refused.html.j2", said).render(status=status, sentence=said.gettext(sentence), **context)
    return HTMLResponse(page, status, {"Content-Language": said.html, "Vary": "Cookie, Accept-Language"})


async def not_there(request: Request, _: NotThere) -> Response:
    """Give the one answer for what does not exist and for what is not for who asks; the access log notes both alike."""
    asking: Asking | None = getattr(request.state, "asking", None)
    if asking is not None:
        try:
            await run_in_threadpool(asking.refused)
        except Unavailable as fault:
            return await unready(request, fault)
    return told(request, HTTPStatus.NOT_FOUND, NOT_THERE)


async def by_http(request: Request, fault: HTTPException) -> Response:
    """Answer what the framework refuses: unknown paths like everything that is not there."""
    if fault.status_code == HTTPStatus.NOT_FOUND:
        return told(request, HTTPStatus.NOT_FOUND, NOT_THERE)
    answer = told(request, fault.status_code, HTTPStatus(fault.status_code).phrase)
    answer.headers.update(fault.headers or {})
    return answer


async def sign_in_first(request: Request, _: SignInFirst) -> Response:
    """Send a person to the sign-in and back; a form that was being sent is kept meanwhile."""
    if request.url.path.startswith("/api/"):
        return problem(HTTPStatus.UNAUTHORIZED, NO_TOKEN, headers={"WWW-Authenticate": "Bearer"})
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    current = CURRENT.match(request.headers.get("hx-current-url", ""))
    if current:
        back = within(current[1])
    elif request.method != "GET":
        back = WHERE if keep(request.state.visitor) else "/"
    where = "/sign-in" if back == "/" else f"/sign-in?{urlencode({'next': back})}"
    if request.headers.get("hx-request"):
        return Response(status_code=HTTPStatus.UNAUTHORIZED, headers={"HX-Redirect": where})
    return RedirectResponse(where, HTTPStatus.SEE_OTHER)


async def forged(request: Request, _: Forged) -> Response:
    """Refuse a form without its token; one of an earlier session of the same person is kept for them.

    A browser drops a Secure cookie without a word, so the page says it.
    """
    visitor: Visitor | None = getattr(request.state, "visitor", None)  # a program sends no form
    asks_itself = "hx-request" in request.headers
    if visitor is not None and not asks_itself and await run_in_threadpool(keep_of_before, visitor):
        return RedirectResponse(WHERE, HTTPStatus.SEE_OTHER)
    dropped = request.url.scheme == "http" and not request.cookies
    return told(request, HTTPStatus.FORBIDDEN, NO_TLS if dropped else FORGED)


async def in_the_past(request: Request, _: InThePast) -> Response:
    """Refuse to write where the page shows the past."""
    return told(request, HTTPStatus.CONFLICT, IN_THE_PAST)


async def unclear(request: Request, fault: Unclear) -> Response:
    """Say what could not be understood; the sentence is in the reader's language already."""
    return told(request, HTTPStatus.BAD_REQUEST, str(fault))


async def outsized(request: Request, _: TooLarge) -> Response:
    """Refuse a body that turned out too large."""
    return told(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, OUTSIZED)


async def too_often(request: Request, wait: TooOften) -> Response:
    """Say how long to wait before the next request; nothing was done."""
    headers = {"Retry-After": str(wait.seconds)}
    if request.url.path.startswith("/api/"):
        of = OF_WHOM[wait.kind]
        return problem(
            HTTPStatus.TOO_MANY_REQUESTS,
            f"too many requests {of}; wait {wait.seconds} s and ask again",
            headers=headers,
        )
    answer = told(request, HTTPStatus.TOO_MANY_REQUESTS, TOO_OFTEN)
    answer.headers.update(headers)
    return answer


async def beyond_scope(_: Request, fault: BeyondScope) -> Response:
    """Say that the token is not for this; what it says follows from token and route alone, so it tells of no thing."""
    told = f"this token was not made for {fault}; make one on /me/tokens whose scopes hold it"
    headers = {"WWW-Authenticate": 'Bearer error="insufficient_scope"'}
    return problem(HTTPStatus.FORBIDDEN, told, headers=headers)


async def not_json(_: Request, __: NotJson) -> Response:
    """Say that a command takes JSON alone."""
    told = "the body must be JSON, and say so: Content-Type: application/json"
    return problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, told)


async def misfit(_: Request, fault: Misfit) -> Response:
    """Say which fields of a body do not fit; without what they hold."""
    told = "the body does not fit its form; see errors, nothing was stored"
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, told, faults(fault.fault.errors(include_input=False)))


async def changed_since(request: Request, fault: ChangedSince) -> Response:
    """Refuse what was filled in from a record that somebody has changed since."""
    if not request.url.path.startswith("/api/"):
        return await refused(request, fault)
    return problem(HTTPStatus.CONFLICT, str(fault))


async def other_content(request: Request, fault: OtherContent) -> Response:
    """Refuse a key that was used for something else."""
    if not request.url.path.startswith("/api/"):
        return await refused(request, fault)
    told = "this Idempotency-Key was used before for something else; make a new one for each act"
    return problem(HTTPStatus.CONFLICT, told)


async def not_signed(_: Request, fault: NotSigned) -> Response:
    """Say why a signature was not taken; pages say it at its field."""
    errors = [Fault(field="/signature", message=str(fault))]
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(fault), errors)


async def unfit(_: Request, fault: RequestValidationError) -> Response:
    """Say which parameters of an address do not fit; pages take theirs as text, so this is the API's alone."""
    told = "the address holds a parameter that does not fit; see errors"
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, told, faults(fault.errors()))


async def refused(request: Request, fault: Refused) -> Response:
    """Say by which rule of the domain a command was refused, where the page did not say so at its field."""
    in_english = request.url.path.startswith("/api/")
    sentence = str(fault) if in_english else said_to(request).refusal(fault)
    return told(request, HTTPStatus.UNPROCESSABLE_ENTITY, sentence)


async def unready(request: Request, _: Exception) -> Response:
    """Say which parts do not answer; nothing that may be stale is shown as exact."""
    return told(request, HTTPStatus.SERVICE_UNAVAILABLE, UNREADY, reasons=not_ready(request.app.state.home))


def refusals() -> dict[int | type[Exception], Handler]:
    """Give the handler of everything that a page may raise."""
    machine = (Unavailable, TablesUnusable, StoreUnusable)
    return {
        NotThere: not_there,
        HTTPException: by_http,
        SignInFirst: sign_in_first,
        Forged: forged,
        InThePast: in_the_past,
        Unclear: unclear,
        TooLarge: outsized,
        TooOften: too_often,
        BeyondScope: beyond_scope,
        NotJson: not_json,
        Misfit: misfit,
        NotSigned: not_signed,
        OtherContent: other_content,
        ChangedSince: changed_since,
        RequestValidationError: unfit,
        Refused: refused,
        **dict.fromkeys(machine, unready),
    }
