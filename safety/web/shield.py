"""What stands before every route: headers on each answer, no forged or outsized request, and nobody who asks without end."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from http import HTTPStatus
from time import monotonic
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from safety.web.api.problems import problem

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
OVER_TLS = {"Strict-Transport-Security": "max-age=31536000"}

BODY_BYTES = 2_000_000
"""More than any form holds: the longest text is 20,000 characters."""
BURST, A_SECOND = 300.0, 20.0
"""So many requests of one source at once, and so many a second after that; a page with all its files is under ten."""
UNPACED = ("/static/", "/healthz", "/readyz", "/metrics")
"""Files that never change, and probes: a desk that is busy must not look dead."""
SOURCES = 10_000
SAFE = {"GET", "HEAD", "OPTIONS"}


def headers_for(public_url: str) -> dict[str, str]:
    """Give the headers of every answer; only a desk that is reached over TLS says to use nothing else."""
    return {**HEADERS, **(OVER_TLS if public_url.startswith("https:") else {})}


class TooLarge(Exception):
    """The body of a request is larger than any form can be."""


class Pace:
    """Lets each source ask so often: a bucket that holds `burst` and fills again with time."""

    def __init__(
        self, burst: float = BURST, a_second: float = A_SECOND, clock: Callable[[], float] = monotonic
    ) -> None:
        """Hold no source yet; only the last ten thousand are known, so that asking from many fills no memory."""
        self._burst, self._a_second, self._clock = burst, a_second, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allows(self, source: str) -> bool:
        """Take one request of a source, or say that there have been too many."""
        now = self._clock()
        left, at = self._left.pop(source, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._a_second)
        self._left[source] = (max(0.0, left - 1), now)
        if len(self._left) > SOURCES:
            self._left.popitem(last=False)
        return left >= 1


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
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        refusal = self._refusal(scope) if scope["type"] == "http" else None
        if refusal is not None:
            await refusal(scope, receive, guarded)
            return
        await self.app(scope, limited(receive), guarded)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        source = (scope.get("client") or ("unknown",))[0]
        if not scope["path"].startswith(UNPACED) and not self._pace.allows(source):
            told = "too many requests; wait a second and ask again\n"
            return answer(scope["path"], HTTPStatus.TOO_MANY_REQUESTS, told, {"Retry-After": "1"})
        if headers.get("content-length", "0").isdecimal() and int(headers.get("content-length", "0")) > BODY_BYTES:
            return too_large(scope["path"])
        if b"%00" in scope["query_string"] or "\0" in scope["path"]:
            told = "the address holds a character that stands in no text; take it out and ask again\n"
            return answer(scope["path"], HTTPStatus.BAD_REQUEST, told)
        if scope["method"] not in SAFE and forged(headers, self._public_url):
            told = "this form was sent from another site; open it here and send it again\n"
            return answer(scope["path"], HTTPStatus.FORBIDDEN, told)
        return None


def answer(path: str, status: HTTPStatus, told: str, headers: Mapping[str, str] | None = None) -> Response:
    """Refuse in one sentence: to a program as a problem, to a person as text."""
    if path.startswith("/api/"):
        return problem(status, told.strip(), headers=headers)
    return PlainTextResponse(told, status, headers)


def too_large(path: str) -> Response:
    """Refuse a body that no form can have."""
    told = f"the request is larger than {BODY_BYTES} bytes; nothing was stored: shorten the text and send it again\n"
    return answer(path, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, told)


def limited(receive: Receive) -> Receive:
    """Count a body that does not say its length, and stop reading where it becomes too large."""
    taken = 0

    async def counted() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > BODY_BYTES:
            raise TooLarge
        return message

    return counted
