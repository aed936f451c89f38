"""The web application over one home: probes for programs, pages for people, one policy before all of them."""

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from importlib.metadata import version
from pathlib import Path
from time import monotonic
from typing import Literal

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel

from safety.home import Home
from safety.web.access import AccessLog
from safety.web.api.describing import described
from safety.web.api.problems import problem
from safety.web.api.routes import GROUPS
from safety.web.declaring import check_declared
from safety.web.live import Feed
from safety.web.metrics import CONTENT_TYPE, metrics
from safety.web.outward import Outward
from safety.web.pace import Pace
from safety.web.pages import groups
from safety.web.refusing import FAILED, refusals, told
from safety.web.shield import Shield, headers_for
from safety.web.standing import Lately, not_delivering, readiness, standing

UNREADY = HTTPStatus.SERVICE_UNAVAILABLE

OPENED = {
    "/healthz": "probe.health",
    "/readyz": "probe.health",
    "/readyz/delivery": "probe.health",
    "/metrics": "probe.numbers",
    "/api/openapi.json": "api.describe",
    "/static": "static.read",
}
"""The door's own paths, which ask nobody who they are, each with the action by which the policy opens it to anyone."""


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


class Delivering(BaseModel):
    """Alerts reach people: the worker leaves word, and no alert has waited for long."""

    status: Literal["delivering"] = "delivering"


class NotDelivering(BaseModel):
    """What keeps alerts from reaching anybody."""

    status: Literal["not delivering"] = "not delivering"
    not_delivering: list[str]


def door(
    home: Home,
    pace: Pace | None = None,
    outward: Outward | None = None,
    *,
    clock: Callable[[], float] = monotonic,
) -> FastAPI:
    """Make the application over an open home; who made the home closes it. `outward`: what its pages may ask of the channels.

    `clock` gives the seconds for which an answer to a probe holds.

    Raises:
        Undeclared: a route names no action of the policy.

    """
    headers = headers_for(home.settings.public_url)

    async def told_failure(request: Request, _: Exception) -> Response:
        """Answer for a fault of ours without its text; the server's log has it. This answer is made outside the shield."""
        said = "the desk could not answer; its log says why"
        if request.url.path.startswith("/api/"):
            return problem(HTTPStatus.INTERNAL_SERVER_ERROR, said, headers=headers)
        if "text/html" not in request.headers.get("accept", ""):
            return JSONResponse({"detail": said}, HTTPStatus.INTERNAL_SERVER_ERROR, headers)
        page = told(request, HTTPStatus.INTERNAL_SERVER_ERROR, FAILED)
        page.headers.update(headers)
        return page

    app = FastAPI(
        title="Vigilog",
        summary="The safety desk of a clinical trial.",
        version=version("vigilog"),
        openapi_url="/api/openapi.json",
        docs_url=None,  # these two pages load their scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers={Exception: told_failure, **refusals()},
    )
    app.state.home, app.state.access = home, AccessLog(home)
    app.state.feed, app.state.outward = Feed(home), outward
    app.state.registered_at = {}
    app.state.pace = pace = pace or Pace()
    app.add_middleware(Shield, public_url=home.settings.public_url, pace=pace)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"))
    add_probes(app, home, pace, clock)
    for group in (*groups(), *GROUPS):
        app.router.routes.extend(group.routes)
    app.openapi = partial(described, app)  # type: ignore[method-assign]  # FastAPI's own way to add to it
    check_declared(app, OPENED)
    app.state.paths = frozenset(getattr(route, "path", "") for route in app.routes)
    return app


def add_probes(app: FastAPI, home: Home, pace: Pace, clock: Callable[[], float]) -> None:
    """Add what other programs ask: does it live, is it ready, how much is there."""
    ready, delivers = Lately(partial(readiness, home), clock), Lately(partial(not_delivering, home), clock)

    @app.get("/healthz")
    async def healthz() -> Alive:
        """Say that the process lives; it asks no part, so that a slow database gets no process killed."""
        return Alive()

    @app.get("/readyz", response_model=Ready, responses={UNREADY: {"model": NotReady}})
    def readyz() -> Response:
        """Say whether the log answers, the views go on and the directory answers, as of a second ago at most; else 503 names what does not."""
        reasons, position = ready()
        if reasons:
            return JSONResponse(NotReady(not_ready=reasons).model_dump(), UNREADY)
        return JSONResponse(Ready(position=position).model_dump())

    @app.get("/readyz/delivery", response_model=Delivering, responses={UNREADY: {"model": NotDelivering}})
    def delivery() -> Response:
        """Say whether the worker leaves word and how long the oldest owed alert has waited; else 503 says what is wrong."""
        if reasons := delivers():
            return JSONResponse(NotDelivering(not_delivering=reasons).model_dump(), UNREADY)
        return JSONResponse(Delivering().model_dump())

    @app.get("/metrics", response_class=PlainTextResponse, responses={UNREADY: {"description": "No numbers now."}})
    def numbers() -> Response:
        """Give the desk's numbers as Prometheus text; 503 when log or views do not answer."""
        try:
            text = metrics(standing(home), pace.refused)
        except Exception:
            if reasons := ready()[0]:
                return PlainTextResponse("".join(f"# not ready: {reason}\n" for reason in reasons), UNREADY)
            raise
        return Response(text, media_type=CONTENT_TYPE)
