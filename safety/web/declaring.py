"""Declares routes: each names its action, is opened by the policy alone, and stops the start of the desk where it does not."""

import re
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any, TypeVar

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute

from safety.aggregates.account import Account
from safety.home import Home
from safety.journal.states import folded
from safety.values import code
from safety.web.access import Asking
from safety.web.asking import Asked, NotThere
from safety.web.policy import RULES, granted
from safety.web.visiting import Filled, SignInFirst, Visitor

CODES = re.compile(r"[A-Za-z0-9/._-]{1,300}")
"""A path that holds nothing but codes and the names of routes."""
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


class Undeclared(Exception):
    """A route names no action of the policy; the desk does not start."""


class Admission:
    """Lets through whom the policy lets through; the first thing that happens to a request of its route."""

    def __init__(self, action: str) -> None:
        """Guard one action, which the policy must know."""
        if action not in RULES:
            raise Undeclared(f"the policy has no action {action}; give it a row in safety/web/policy.py")
        self.action = action

    def __call__(self, request: Request, form: Filled) -> None:
        """Settle who asks and whether they may; raises SignInFirst, Forged, TooOften and NotThere."""
        rule, home = RULES[self.action], request.app.state.home
        visitor = Visitor(request, home, form, in_use=self.action != "live.follow")
        request.state.visitor = visitor
        if request.method != "GET":
            visitor.check_form()
        if rule.anyone:
            return
        if visitor.session is None:
            raise SignInFirst
        request.app.state.pace.take("person", visitor.session.account)
        request.state.asked = admitted(visitor, visitor.session.account, self.action, home)


def admitted(visitor: Visitor, account: str, action: str, home: Home, of: str | None = None) -> Asked:
    """Give who asks what they asked for, as far as the policy goes; what it does not allow is not there.

    `of` is the trial, where a body names it and not the address.
    """
    thing = thing_of(visitor.request)
    visitor.request.state.asking = Asking(visitor.access, account, visitor.source, action, thing)
    state = folded(home.journal.stream(f"-/account/{account}")).slice(Account)
    named = of or visitor.request.path_params.get("trial")
    try:
        trial = None if named is None else code(named)
    except ValueError:
        raise NotThere from None
    grant = granted(state, action, trial)
    if grant is None:
        raise NotThere
    reads = visitor.request.method == "GET"
    note = partial(visitor.access.given, account, visitor.source, grant, action, thing, reads=reads)
    visitor.request.state.note_given = note
    found = Asked(visitor, account, state, action, grant)
    found.look_at(trial)
    return found


def thing_of(request: Request) -> str:
    """Name what is asked for as the access log keeps it: its path, or that of its route where somebody typed more than codes."""
    path: str = request.url.path
    return path if CODES.fullmatch(path) else str(request.scope["route"].path)


class NotedRoute(APIRoute):
    """A route whose answer leaves when the access log has noted what it gives; of what was not there nothing was given."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Note between the answer and its leaving; raises Unavailable where that cannot be, and nothing leaves."""
        answers = super().get_route_handler()

        async def noted(request: Request) -> Response:
            answer = await answers(request)
            note: Callable[[], None] | None = getattr(request.state, "note_given", None)
            if note is not None and answer.status_code < HTTPStatus.MULTIPLE_CHOICES:
                await run_in_threadpool(note)
            return answer

        return noted


class Pages(APIRouter):
    """A group of pages; `shows` is asked with GET, `takes` is sent a form."""

    def __init__(self) -> None:
        """Hold no route yet."""
        super().__init__(route_class=NotedRoute)

    def shows(self, path: str, action: str) -> Callable[[Endpoint], Endpoint]:
        """Declare a page."""
        return self._declare(path, action, "GET")

    def takes(self, path: str, action: str) -> Callable[[Endpoint], Endpoint]:
        """Declare where a form goes; an action that only reads takes none."""
        if action in RULES and RULES[action].kind == "reads":
            raise Undeclared(f"{path}: the policy says that {action} only reads; a form needs an action that may write")
        return self._declare(path, action, "POST")

    def _declare(self, path: str, action: str, method: str) -> Callable[[Endpoint], Endpoint]:
        guard = [Depends(Admission(action))]
        return self.api_route(path, methods=[method], dependencies=guard, include_in_schema=path.startswith("/api/"))


def action_of(route: BaseRoute) -> str | None:
    """Give the action that guards a route; None where none does."""
    found = route.dependencies if isinstance(route, APIRoute) else ()
    return next((d.dependency.action for d in found if isinstance(d.dependency, Admission)), None)


def check_declared(app: FastAPI, opened: Mapping[str, str]) -> None:
    """Refuse to start where a route is guarded by no action; raises Undeclared.

    `opened` gives the action of each path that asks nobody who they are; the policy must say that it is for anyone.
    """
    for route in app.routes:
        path = getattr(route, "path", "")
        action = action_of(route) or opened.get(path)
        if action is None or (path in opened and not RULES[action].anyone):
            raise Undeclared(f"the route {path} names no action; declare it with Pages.shows or Pages.takes")
