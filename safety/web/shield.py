"""What stands before every route: headers on each answer, no forged or outsized request, and nobody who asks without end."""

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from safety.web.api.problems import problem
from safety.web.pace import Pace, TooOften, network

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
"""What every answer carries: nothing from elsewhere, nothing inline, in nobody's frame, kept nowhere."""
OF_FILES = {"Cache-Control": "no-cache"}
"""The desk's own files hold nothing of anybody: a browser keeps them, and asks each time whether they are still the same."""
POLICY = "Content-Security-Policy"
OVER_TLS = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}

BODY_BYTES = 2_000_000
"""More than any form holds: the longest text is 20,000 characters."""
DRAINED_BYTES = 64_000_000
FILES = "/static/"
UNPACED = (FILES, "/healthz", "/readyz", "/metrics")
"""Files that never change, and probes: a desk that is busy must not look dead."""
SAFE = {"GET", "HEAD", "OPTIONS"}


def headers_for(public_url: str) -> dict[str, str]:
    """Give the headers of every answer; only a desk that is reached over TLS says to use nothing else."""
    return {**HEADERS, **(OVER_TLS if public_url.startswith("https:") else {})}


class TooLarge(Exception):
    """The body of a request is larger than any form can be."""


def forged(headers: Headers, public_url: str) -> bool:
    """Say whether a browser tells that a request comes from another site.

    Sec-Fetch-Site is the browser's own word; where it is missing (plain http to another machine), the Origin must be
    this host or the public address. A program that sends neither is stopped by the form's token.
    """
    told = headers.get("sec-fetch-site")
    if told is not None:
        return told not in {"same-origin", "none"}
    origin = headers.get("origin")
    if origin is None:
        return False
    return urlsplit(origin).netloc not in {headers.get("host", ""), urlsplit(public_url).netloc}


class Shield:
    """The outermost of our own layers."""

    def __init__(self, app: ASGIApp, public_url: str, pace: Pace) -> None:
        """Stand before an application that is known to the world under an address."""
        self.app, self._public_url, self._pace = app, public_url, pace
        self._headers = headers_for(public_url)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse what may not pass; of what may, give the answer its headers."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                own = headers.get(POLICY)  # a document that people are shown as it was issued has one of its own
                files = OF_FILES if scope["path"].startswith(FILES) else {}
                headers.update(self._headers | ({POLICY: own} if own else {}) | files)
            await send(message)

        refusal = self._refusal(scope) if scope["type"] == "http" else None
        if refusal is not None:
            await refusal(scope, receive, guarded)
            return
        await self.app(scope, limited(receive), guarded)

    def _refusal(self, scope: Scope) -> Response | None:
        said = Headers(scope=scope)
        source = (scope.get("client") or ("unknown",))[0]
        try:
            if not scope["path"].startswith(UNPACED):
                self._pace.take("source", network(source))
        except TooOften as wait:
            told, headers = "too many requests; wait a second and ask again\n", {"Retry-After": str(wait.seconds)}
            return answer(scope["path"], HTTPStatus.TOO_MANY_REQUESTS, told, headers)
        if b"%00" in scope["query_string"] or "\0" in scope["path"]:
            told = "the address holds a character that stands in no text; take it out and ask again\n"
            return answer(scope["path"], HTTPStatus.BAD_REQUEST, told)
        if scope["method"] not in SAFE and forged(said, self._public_url):
            told = "this form was sent from another site; open it here and send it again\n"
            return answer(scope["path"], HTTPStatus.FORBIDDEN, told)
        return None


def answer(path: str, status: HTTPStatus, told: str, headers: Mapping[str, str] | None = None) -> Response:
    """Refuse in one sentence: to a program as a problem, to a person as text."""
    if path.startswith("/api/"):
        return problem(status, told.strip(), headers=headers)
    return PlainTextResponse(told, status, headers)


def limited(receive: Receive) -> Receive:
    """Count a body while it comes in, whatever it says of its length; raises TooLarge.

    What is too large is read on and thrown away up to a limit: a browser that is hung up on while it sends shows no answer.
    """
    taken = 0

    async def counted() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken <= BODY_BYTES:
            return message
        while message.get("more_body") and taken <= DRAINED_BYTES:
            message = await receive()
            taken += len(message.get("body", b""))
        raise TooLarge

    return counted
