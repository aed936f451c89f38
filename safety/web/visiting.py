"""Who visits the desk, signed in or not: what the browser holds and says, in which language, and how it is answered."""

import secrets
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from safety.home import Home
from safety.sessions import Session, digest
from safety.values import microseconds
from safety.web.access import AccessLog
from safety.web.rendering import template
from safety.web.shield import BODY_BYTES
from safety.web.showing import Show
from safety.web.words import Words, chosen, language_of, words

LOOPBACK = {"localhost", "127.0.0.1", "[::1]"}
ID_BYTES = 32
BY_ITSELF = "x-vigilog-by-itself"
"""The header by which a page says that nobody pressed anything: it was told of a change and asks anew."""


class SignInFirst(Exception):
    """Nobody is signed in, or the session has ended."""


class Forged(Exception):
    """A form came back without the token that it was given."""


def form_token(session: str) -> str:
    """Give the token of the forms of a browser, by the digest of the secret that it holds."""
    return digest(f"form:{session}")


class Visitor:
    """Who asks, signed in or not, and what a page needs to answer."""

    def __init__(self, request: Request, home: Home, form: FormData, *, in_use: bool = True) -> None:
        """Read what the browser holds: a secret that names its session or guards its forms, and a language.

        A request that a page makes by itself does not prolong the session: nobody need be sitting there.
        """
        self.request, self.home, self.form = request, home, form
        self.access: AccessLog = request.app.state.access
        accepted = request.headers.get("accept-language")
        self.words: Words = words(chosen(language_of(request.cookies), accepted))
        self.show = Show(self.words)
        self.moment = home.doors.clock()
        self.held = request.cookies.get(self.cookie)
        self.secret = self.held or secrets.token_urlsafe(ID_BYTES)
        self.session: Session | None = None
        if self.held is not None:
            by_itself = not in_use or BY_ITSELF in request.headers
            self.session = home.sessions.find(self.held, now=self.now, in_use=not by_itself)

    @property
    def now(self) -> int:
        """The present moment in microseconds from 1970 UTC."""
        return microseconds(self.moment)

    @property
    def plain(self) -> bool:
        """Say whether this is a browser on the desk's own machine without TLS, where Secure cookies would not come back."""
        host = self.request.headers.get("host", "").rpartition(":")[0] or self.request.headers.get("host", "")
        return host in LOOPBACK and self.request.url.scheme == "http" and self.home.settings.is_local

    @property
    def cookie(self) -> str:
        """The name of the one cookie that matters; `__Host-` binds it to this host, to TLS and to the whole of it."""
        return "vigilog" if self.plain else "__Host-vigilog"

    @property
    def browser(self) -> str | None:
        """The secret by which this browser is known after a sign-in; it signs nobody in."""
        return self.request.cookies.get(f"{self.cookie}-known")

    @property
    def source(self) -> str:
        """The address that the request comes from."""
        return self.request.client.host if self.request.client else "unknown"

    @property
    def purpose(self) -> str:
        """What the log is for: production, demo or drill."""
        return self.home.opened.purpose

    @property
    def csrf(self) -> str:
        """The token that a form of this browser carries; it follows from the secret, which no other site can read."""
        return form_token(digest(self.secret))

    def check_form(self) -> None:
        """Refuse a form without its token; raises Forged."""
        said = self.form.get("csrf") or self.request.headers.get("x-csrf-token") or ""
        if self.held is None or not secrets.compare_digest(str(said).encode(), self.csrf.encode()):
            raise Forged

    def text(self, name: str) -> str:
        """Give what a field of the form holds, without the spaces around it; empty when it is not there or is a file."""
        value = self.form.get(name)
        return value.strip() if isinstance(value, str) else ""

    def render(self, name: str, status: int = HTTPStatus.OK, **context: Any) -> Response:  # noqa: ANN401, whatever a template shows
        """Answer with a page; its template is given `ask`, `show`, `_` and what else is said."""
        page = template(name, self.words).render(ask=self, show=self.show, **context)
        answer = HTMLResponse(page, status, {"Content-Language": self.words.html, "Vary": "Cookie, Accept-Language"})
        if self.held is None:
            self.keep(answer, self.secret)
        return answer

    def keep(self, answer: Response, secret: str) -> None:
        """Give the browser a secret to hold until it is closed."""
        answer.set_cookie(self.cookie, secret, path="/", secure=not self.plain, httponly=True, samesite="lax")

    def keep_known(self, answer: Response, secret: str, seconds: int) -> None:
        """Give the browser a secret to be known by, beyond its being closed."""
        name = f"{self.cookie}-known"
        answer.set_cookie(
            name, secret, max_age=seconds, path="/", secure=not self.plain, httponly=True, samesite="strict"
        )

    @property
    def here(self) -> str:
        """The address of this page, to come back to."""
        query = self.request.url.query
        return self.request.url.path + (f"?{query}" if query else "") if self.request.method == "GET" else "/"

    def is_built(self, path: str) -> bool:
        """Say whether the desk has a page at a path, written as its route is: what is not there is not linked to."""
        return path in self.request.app.state.paths

    def go(self, path: str) -> Response:
        """Send the browser to another page of this desk."""
        return RedirectResponse(path, HTTPStatus.SEE_OTHER)


async def filled(request: Request) -> AsyncIterator[FormData]:
    """Read the form that was sent; what is no form reads as an empty one. Files that came with it are closed at the end."""
    kind = request.headers.get("content-type", "")
    if request.method == "GET" or not kind.startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
        yield FormData()
        return
    async with request.form(max_fields=500, max_files=10, max_part_size=BODY_BYTES) as form:
        yield form


async def visiting(request: Request) -> Visitor:
    """Give who visits a page that anybody may ask for."""
    found: Visitor = request.state.visitor
    return found


Guest = Annotated[Visitor, Depends(visiting)]
Filled = Annotated[FormData, Depends(filled)]
