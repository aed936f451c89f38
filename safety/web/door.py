"""The web application over one home: whether it runs, its numbers, and one page that says so."""

from http import HTTPStatus
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from safety.home import Home
from safety.web.metrics import CONTENT_TYPE, metrics
from safety.web.page import desk_page, not_ready_page
from safety.web.standing import not_ready, standing

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""What every answer carries: nothing from elsewhere, nothing inline, in nobody's frame, kept nowhere."""

UNREADY = HTTPStatus.SERVICE_UNAVAILABLE


class Alive(BaseModel):
    """The process lives."""

    status: Literal["ok"] = "ok"


class Ready(BaseModel):
    """Every part of the desk answers; the position is the log's last."""

    status: Literal["ready"] = "ready"
    position: int


class NotReady(BaseModel):
    """Parts of the desk that do not answer or do not go on."""

    status: Literal["not ready"] = "not ready"
    not_ready: list[str]


class Guarded:
    """Puts the headers on every answer, whoever made it."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before an application."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and the answer back with the headers."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await self.app(scope, receive, guarded)


async def told_failure(_: Request, __: Exception) -> Response:
    """Answer for a fault of ours without its text; the server's log has it. This answer is made outside `Guarded`."""
    answer = {"detail": "the desk could not answer; its log says why"}
    return JSONResponse(answer, HTTPStatus.INTERNAL_SERVER_ERROR, HEADERS)


def door(home: Home) -> FastAPI:
    """Make the application over an open home; who made the home closes it.

    Nobody logs in here, because there is nothing to protect but counts: how many subjects, adverse events and owed alerts
    a trial has. Reading the record itself needs the accounts that come with the screens; until then it is read on the
    command line, by who may read the home.
    """
    app = FastAPI(
        title="Vigilog",
        summary="The safety desk of a clinical trial.",
        version=version("vigilog"),
        openapi_url="/api/openapi.json",
        docs_url=None,  # these two pages load their scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers={Exception: told_failure},
    )
    app.add_middleware(Guarded)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"))
    add_probes(app, home)
    add_page(app, home)
    return app


def add_probes(app: FastAPI, home: Home) -> None:
    """Add what other programs ask: does it live, is it ready, how much is there."""

    @app.get("/healthz")
    async def healthz() -> Alive:
        """Say that the process lives; it asks no part, so that a slow database gets no process killed."""
        return Alive()

    @app.get("/readyz", response_model=Ready, responses={UNREADY: {"model": NotReady}})
    def readyz() -> Response:
        """Say whether the log answers, the views go on and the directory answers; else 503 names what does not."""
        if reasons := not_ready(home):
            return JSONResponse(NotReady(not_ready=reasons).model_dump(), UNREADY)
        return JSONResponse(Ready(position=home.journal.head().position).model_dump())

    @app.get("/metrics", response_class=PlainTextResponse, responses={UNREADY: {"description": "No numbers now."}})
    def numbers() -> Response:
        """Give the desk's numbers as Prometheus text; 503 when log or views do not answer."""
        try:
            text = metrics(standing(home))
        except Exception:
            if reasons := not_ready(home):
                return PlainTextResponse("".join(f"# not ready: {reason}\n" for reason in reasons), UNREADY)
            raise
        return Response(text, media_type=CONTENT_TYPE)


def add_page(app: FastAPI, home: Home) -> None:
    """Add what a person sees."""

    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    def desk() -> HTMLResponse:
        """Show that the desk runs and what it holds; while it is not ready, which part is not, and no numbers."""
        if reasons := not_ready(home):
            return HTMLResponse(not_ready_page(reasons), UNREADY)
        return HTMLResponse(desk_page(standing(home)))
