"""Every role at every route, page and API, for things of its own and not: what the matrix written by hand says, over real HTTP.

The parts of a cell: who asks, how (a session, a token, a token made for something else, nothing), which route, and where
the thing lies: at the own site, at another site, nowhere, in another trial, in a trial that is not there.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from fastapi.routing import APIRoute
from httpx2 import Response
from starlette.testclient import TestClient

from safety.aggregates.register import COMMANDS as REGISTER
from safety.home import Home
from safety.web.api.forms import SIGNED
from safety.web.declaring import action_of
from safety.web.policy import STANDS_FOR
from tests.api_programs import EVERYTHING, SAID, unhurried, with_token
from tests.authorisation_matrix import ANYONE, allowed
from tests.authorised_places import (
    ACTIONS,
    OF_A_POSITION,
    OF_A_SUBJECT,
    OF_A_TRIAL,
    OF_AN_ALERT,
    OF_NOTHING,
    Place,
    places,
    sent,
)
from tests.test_web import PROMISED
from tests.web_homes import Homes, signed_in, token, with_people

pytestmark = pytest.mark.uncovered

WHO = ("operator", "investigator", "safety_officer", "deputy_safety_officer", "auditor")
COMMANDS = "/api/v1/commands/"
READS = {
    "/me": "me.read",
    "/trials": "trial.list",
    "/access-log": "access_log.read",
    "/trials/{trial}/incidence": "incidence.read",
    "/trials/{trial}/periodic-reports": "periodic_report.read",
    "/trials/{trial}/worklist": "worklist.read",
    "/trials/{trial}/obligations": "worklist.read",
    "/trials/{trial}/alerts": "alert.list",
    "/trials/{trial}/subjects": "subject.list",
    "/trials/{trial}/subjects/{subject}": "subject.read",
    "/trials/{trial}/cases": "case.list",
    "/trials/{trial}/cases/{subject}/{number}": "case.read",
    "/trials/{trial}/cases/{subject}/{number}/narrative": "narrative.read",
    "/trials/{trial}/duplicates": "duplicate.list",
    "/log/{position}": "history.read",
    "/people": "people.read",
    "/trials/{trial}/listing": "listing.read",
    "/trials/{trial}/queries": "query.list",
    "/trials/{trial}/history": "history.read",
    "/trials/{trial}/changes/{subject}": "history.read",
    "/trials/{trial}/comparison": "comparison.read",
    "/trials/{trial}/knowledge": "history.read",
    "/trials/{trial}/definition": "trial.list",
    "/trials/{trial}/incidence/over-time": "incidence.read",
    "/trials/{trial}/incidence/events": "incidence.read",
    "/trials/{trial}/periodic-reports-due": "periodic_report.read",
    "/trials/{trial}/periodic-reports/{kind}/{period}": "periodic_report.read",
    "/trials/{trial}/periodic-reports/{kind}/{period}/text": "periodic_report.read_text",
    "/rule-packs": "packs.read",
    "/rule-packs/{pack}": "packs.read",
    "/trials/{trial}/rule-packs": "packs.read",
    "/trials/{trial}/rule-packs/{sha256}": "packs.read",
    "/trials/{trial}/what-if": "packs.read",
    "/trials/{trial}/rota": "rota.read",
    "/trials/{trial}/views": "saved_view.keep",
    "/administration": "administration.read",
    "/channels": "channel.read",
    "/people/{account}": "people.read",
    "/me/tokens": "me.read",
}
"""What the API's readings are, by path."""
BESIDE_COMMANDS: dict[str, tuple[str, dict[str, Any]]] = {
    "/trials/{trial}/drill": ("drill.raise", {}),
    "/channels/{channel}/test": ("channel.test", {}),
    "/people/{account}/contact": ("people.change", {"name": "Dr New"}),
    "/people/{account}/sign-out": ("people.change", {}),
    "/me/tokens/{token}/revoke": ("me.change", {}),
    "/trials/{trial}/views": ("saved_view.keep", {"page": "cases", "name": "mine"}),
    "/trials/{trial}/views/forget": ("saved_view.keep", {"page": "cases", "name": "mine"}),
    "/trials/{trial}/seen": ("seen.mark", {"position": 1}),
}
"""What else the API does, by path, and what it is sent."""
NAMED = {"trial", "subject", "number", "alert", "position"}
"""What an address can name of which there are real ids; a page that names something else is only asked for what is refused."""
NEEDS_MORE = re.compile(r"/(submit|acknowledgement|rejection|cancel|take|merge|unmerge)$")
"""Pages that are about a duty, or a second adverse event, which their query names."""
THINGS = {"subject", "alert", "position"}


class Route(NamedTuple):
    """A route by its method, its path with names in braces, and the action that guards it."""

    method: str
    path: str
    action: str

    @property
    def is_api(self) -> bool:
        return self.path.startswith("/api/")

    @property
    def command(self) -> str:
        return self.path.removeprefix(COMMANDS) if self.path.startswith(COMMANDS) else ""

    @property
    def names(self) -> set[str]:
        """What of a place it names: a command names in its body what a page names in its address."""
        if not self.command:
            return set(re.findall(r"\{(\w+)\}", self.path))
        of = {"subject": OF_A_SUBJECT, "alert": OF_AN_ALERT, "position": OF_A_POSITION}
        found = {name for name, commands in of.items() if self.command in commands}
        return found | ({"trial"} if found or self.command in OF_A_TRIAL else set())


class Desk:
    """A desk with one account a role, each of trial T1 and site 01, and what it is asked."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.places = places(home)
        with_people(home, **{name.upper(): {"roles": [name], "trials": ["T1"], "sites": ["01"]} for name in WHO})
        self.asked = unhurried(home)
        self.routes = [
            Route(next(iter(route.methods or ())), route.path, str(action_of(route)))
            for route in self.asked.app.routes  # type: ignore[attr-defined]  # it is a FastAPI application
            if isinstance(route, APIRoute) and action_of(route) not in {None, *ANYONE}
        ]

    def ask(self, client: TestClient, route: Route, place: Place, number: int, **headers: str) -> Response:
        """Ask a route about the thing of a place; whatever it answers carries what every answer does."""
        answer = self._asked(client, route, place, number, **headers)
        assert {name: answer.headers.get(name) for name in PROMISED} == PROMISED, (route, place, answer.headers)
        return answer

    def _asked(self, client: TestClient, route: Route, place: Place, number: int, **headers: str) -> Response:
        path = re.sub(r"\{(\w+)\}", lambda name: str(place.ids.get(name[1], "1")), route.path)
        if route.command:
            body: dict[str, Any] = {"form": sent(route.command, place)}
            if route.command in SIGNED:
                meaning = SIGNED[route.command][0]
                body["signature"] = {"meaning": meaning, "account": "NOBODY", "passphrase": "none"}
            headers["Idempotency-Key"] = f"the-act-{number}"
            return client.post(path, json=body, headers=headers)
        if route.method == "GET":
            asked = {"a": "1", "b": "2"} if route.path.endswith("/comparison") and route.is_api else {}
            return client.get(path, params=asked, headers=headers, follow_redirects=False)
        if route.is_api:
            headers["Idempotency-Key"] = f"the-act-{number}"
            return client.post(path, json=BESIDE_COMMANDS[route.path.removeprefix("/api/v1")][1], headers=headers)
        return client.post(path, data={"csrf": headers.get("x-csrf-token", "")}, follow_redirects=False)

    def expected(self, role: str, route: Route, place: Place) -> str:
        """Say what the matrix says of a cell: `refused`, `absent`, or `answered`; `asked` where no more can be said."""
        where = place.where if route.names & THINGS else "own site"
        if where != "other trial" and place.where == "other trial" and "trial" in route.names:
            where = "other trial"
        if not allowed(str(STANDS_FOR.get(role, role)), route.action, where):
            return "refused"
        if "trial" in route.names and not place.there and place.where == "other trial":
            return "absent"
        if route.names & THINGS and not place.there and route.command != "subject.enrol":
            return "absent"
        page = route.method == "GET" and not NEEDS_MORE.search(route.path)
        sure = route.names <= NAMED and (route.is_api or page)
        return "answered" if sure else "asked"


@pytest.fixture
def desk(homes: Homes) -> Desk:
    return Desk(homes.open())


def browser_of(desk: Desk, role: str) -> tuple[TestClient, dict[str, str]]:
    """A browser in which a role is signed in, never told to wait, with the token of its forms."""
    browser = unhurried(desk.home)
    browser.cookies = signed_in(desk.home, role.upper()).cookies
    return browser, {"x-csrf-token": token(browser.get("/me"))}


def is_nowhere(answer: Response, nowhere: str) -> bool:
    return answer.status_code == 404 and answer.text == nowhere


def check(cell: object, expected: str, answer: Response, nowhere: str) -> None:
    """Hold an answer against what the matrix says."""
    if expected in {"refused", "absent"}:
        assert is_nowhere(answer, nowhere), (cell, answer.status_code, answer.text[:300])
    if expected == "answered":
        assert answer.status_code not in {401, 403, 404}, (cell, answer.text[:300])
    assert answer.status_code < 500, (cell, answer.text[:300])


def cells(desk: Desk) -> Iterator[tuple[str, Route, Place]]:
    """Every way to ask, route and place."""
    for route in desk.routes:
        for place in desk.places:
            yield "session", route, place
            yield "nothing", route, place
            if route.is_api:
                yield "token", route, place
                yield "narrow token", route, place
                yield "ended token", route, place


@pytest.mark.parametrize("role", WHO)
def test_in_a_browser_every_route_answers_as_the_matrix_says(desk: Desk, role: str) -> None:
    browser, form = browser_of(desk, role)
    nowhere = {api: browser.get("/api/nowhere" if api else "/nowhere").text for api in (True, False)}
    told: Counter[str] = Counter()
    for number, (how, route, place) in enumerate(cells(desk)):
        expected = desk.expected(role, route, place)
        if how != "session" or (route.action == "live.follow" and expected != "refused"):
            continue  # a stream goes on for ever where it is answered
        answer = desk.ask(browser, route, place, number, **form)
        check((role, route, place), expected, answer, nowhere[route.is_api])
        told[expected] += 1
    print(f"{role} in a browser: {told.total()} cells, {dict(told)}")  # noqa: T201, the figures
    assert all(told[name] for name in ("refused", "absent", "answered"))


@pytest.mark.parametrize("role", WHO)
def test_with_a_token_the_api_answers_as_the_matrix_says(desk: Desk, role: str) -> None:
    shown = {"authorization": f"Bearer {with_token(desk.home, role.upper(), EVERYTHING)}"}
    narrow = {"authorization": f"Bearer {with_token(desk.home, role.upper(), ['log.verify'])}"}
    ended = {"authorization": f"Bearer {with_token(desk.home, role.upper(), EVERYTHING, 'ended', lasts=0)}"}
    nowhere = desk.asked.get("/api/nowhere").text
    assert SAID in nowhere
    told: Counter[str] = Counter()
    refusals: dict[str, set[str]] = {}
    for number, (how, route, place) in enumerate(cells(desk)):
        if how == "token":
            expected = desk.expected(role, route, place)
            check((role, route, place), expected, desk.ask(desk.asked, route, place, number, **shown), nowhere)
            told[expected] += 1
        elif how == "narrow token":
            answer = desk.ask(desk.asked, route, place, number, **narrow)
            assert answer.status_code == 403, (role, route, place, answer.text)
            refusals.setdefault(route.path, set()).add(answer.text)
            told["beyond the token"] += 1
        elif how == "ended token":
            assert desk.ask(desk.asked, route, place, number, **ended).status_code == 401, (role, route, place)
            told["ended token"] += 1
    print(f"{role} with tokens: {told.total()} cells, {dict(told)}")  # noqa: T201, the figures
    assert [path for path, texts in refusals.items() if len(texts) > 1] == []
    assert told["answered"] > 10


def test_who_is_not_signed_in_is_told_the_same_of_everything(desk: Desk) -> None:
    told: dict[Route, set[tuple[int, str]]] = {}
    count = 0
    for number, (how, route, place) in enumerate(cells(desk)):
        if how == "nothing":
            answer = desk.ask(unhurried(desk.home) if route.method == "POST" else desk.asked, route, place, number)
            assert answer.status_code == (401 if route.is_api else 303 if route.method == "GET" else 403), route
            assert answer.headers.get("location", "/sign-in").startswith("/sign-in")
            told.setdefault(route, set()).add((int(answer.status_code), re.sub(r'value="\w+"', "", answer.text)))
            count += 1
    print(f"nobody: {count} cells")  # noqa: T201, the figures
    assert [route for route, answers in told.items() if len(answers) > 1] == []


def test_there_are_over_three_thousand_cells(desk: Desk) -> None:
    by_kind: Counter[str] = Counter()
    for how, route, _ in cells(desk):
        by_kind[f"{how}, {'API' if route.is_api else 'page'}"] += 1 if how == "nothing" else len(WHO)
    print(f"{by_kind.total()} cells of {len(desk.routes)} routes: {dict(by_kind)}")  # noqa: T201, the figures
    assert by_kind.total() > 3_000


def test_the_apis_routes_are_those_of_the_hand_written_list(desk: Desk) -> None:
    held = {route.path: route.action for route in desk.routes if route.is_api}
    reads = {f"/api/v1{path}": action for path, action in READS.items()}
    reads |= {f"/api/v1{path}": action for path, (action, _) in BESIDE_COMMANDS.items()}
    named = (*OF_A_SUBJECT, *OF_AN_ALERT, *OF_A_TRIAL, *OF_A_POSITION, *OF_NOTHING)
    commands = [name for name in named if name.partition("/")[0] in REGISTER]  # what is not there yet is not offered
    assert held == reads | {f"{COMMANDS}{name}": ACTIONS.get(name, name) for name in commands}
