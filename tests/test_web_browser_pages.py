"""Every page of the desk in a real Chromium: photographed, and looked at by axe-core.

Wide in English and on a phone in Chinese; VIGILOG_LONG=1 takes both languages at both widths.
"""

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from fastapi.routing import APIRoute
from playwright.sync_api import Browser

import safety.web
from safety.aggregates.obligation import Submitted
from safety.web.declaring import action_of
from safety.web.pages import groups
from tests.accessibility import faults
from tests.builders import append, merged, obligation_opened, reported
from tests.screens import EACH_LOOK, ONE_LOOK, photograph, sideways
from tests.served_desk import Person, Served, demonstration, served, until

pytestmark = pytest.mark.uncovered

TRIAL = "NCT03265613"
PEOPLE = ("CHEN", "LIN", "ZHAO", "OPERATOR")
ROUTES = [
    route
    for group in groups()
    for route in group.routes
    if isinstance(route, APIRoute) and "GET" in (route.methods or ()) and not route.path.startswith("/api/")
]
NO_PAGE = {"live.follow", "listing.export", "incidence.export", "screen.export", "session.end"}
"""Routes that answer with something else than a page."""
ENTRANCES = (
    "/",
    f"/trials/{TRIAL}/worklist",
    f"/trials/{TRIAL}/cases?as_of=40",
    f"/trials/{TRIAL}/history?a=40&b=60",
    f"/trials/{TRIAL}/cases/S04/93/merge?with=91",
    f"/trials/{TRIAL}/cases/S04/92/unmerge",
    "/sign-in",
)

SHIFTED = """() => new Promise((done) => {
    let sum = 0;
    new PerformanceObserver((list) => { for (const one of list.getEntries()) if (!one.hadRecentInput) sum += one.value; }).observe({type: "layout-shift", buffered: true});
    setTimeout(() => done(sum), 50);
})"""
"""How much of what was painted has moved since (Layout Instability, the sum of all shifts)."""
STAMPED = """() => {
    const parts = [...document.querySelectorAll("#stamp > span")].map((one) => one.getBoundingClientRect());
    return [Math.min(...parts.map((one) => one.left)), Math.max(...parts.map((one) => one.right))];
}"""
LEAST_SHIFT = 0.01
LINK = re.compile(r'<a [^>]*href="(/[^"]*)"')
PAINTED = "performance.getEntriesByName('first-contentful-paint').length === 1"
CSS_BYTES, SCRIPT_BYTES = 60_000, 75_000


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with demonstration(tmp_path_factory.mktemp("pages") / "home") as home:
        runs = {"due_on": None, "starts_at": datetime.now(UTC) - timedelta(days=1)}
        for number, left in ((1, timedelta(hours=-3)), (2, timedelta(hours=30)), (3, timedelta(days=14))):
            due = {"obligation": f"CIOMS-15/{number}", "due_at": datetime.now(UTC) + left}
            opened = obligation_opened("S04", 3, **runs, **due)
            append(home.journal, opened.model_copy(update={"trial": TRIAL}))
        submitted = {"trial": TRIAL, "subject": "S04", "number": 3, "obligation": "CIOMS-15/2", "to": ("authority",)}
        append(home.journal, Submitted.model_validate({**submitted, "sent_at": datetime.now(UTC)}))
        twice = [reported("S04", number, trial=TRIAL, term="Headache") for number in (91, 92, 93)]
        append(home.journal, *twice, merged("S04", 92, 91).model_copy(update={"trial": TRIAL}))
        with served(home) as desk:
            yield desk


def route_of(path: str) -> str | None:
    """The route that a path is of."""
    return next(
        (route.path for route in ROUTES if route.path_regex.match(path) and action_of(route) not in NO_PAGE), None
    )


def kind(address: str) -> str | None:
    """What tells pages apart: the route, and whether it shows the past or a comparison."""
    path, _, query = address.partition("#")[0].partition("?")
    route = route_of(path)
    return route and route + ("?past" if "as_of" in query else "?compared" if "a=" in query else "")


@pytest.fixture(scope="module")
def found(browser: Browser, desk: Served) -> dict[str, tuple[str, str]]:
    """One address of every kind of page that links lead to, with the person who reached it."""
    pages: dict[str, tuple[str, str]] = {}
    for account in PEOPLE:
        person = Person(browser, desk).sign_in(account)
        waiting, seen = list(ENTRANCES), set[str]()
        while waiting:
            address = waiting.pop(0)
            of = kind(address)
            if of is None or of in seen:
                continue
            seen.add(of)
            answer = person.context.request.get(address)  # what is linked stands in the page as it comes
            if answer.status != 200 or "text/html" not in answer.headers.get("content-type", ""):
                continue
            pages.setdefault(of, (account, address))
            waiting += [unescape(link) for link in LINK.findall(answer.text())]
        person.context.close()
    return pages


def named(of: str) -> str:
    return (
        re.sub(r"\W+", "-", of.replace("/trials/{trial}", "").replace("{", "").replace("}", "")).strip("-") or "trials"
    )


OF_A_STATE = {
    "/first/{link}",
    "/kept",
    "/sign-in/elsewhere",
    "/sign-in/elsewhere/back",
    "/trials/{trial}/cases/{subject}/{number}/take",
    "/trials/{trial}/packs/adopt",
    "/trials/{trial}/packs/what-if",
    "/trials/{trial}/reports/{kind}/{period}/text",
    "/trials/{trial}/subjects/{subject}/complete",
    "/trials/{trial}/subjects/{subject}/withhold",
}
"""Pages that the demonstration is in no state for: a subject who goes on, a clock that runs, a form that was kept, a
provider that signs in, packs that are chosen; and a report's plain text. The tests of each look at them."""
AS_SENT = {"/trials/{trial}/reports/{kind}/{period}/file", "/trials/{trial}/reports/{kind}/{period}/page"}
"""A report in its sandbox, where nothing can be asked of a page: `test_web_browser_states` looks at it."""


def test_links_lead_to_every_page(found: dict[str, tuple[str, str]]) -> None:
    pages = {route.path for route in ROUTES if action_of(route) not in NO_PAGE}
    unreached = pages - {of.partition("?")[0] for of in found}
    assert unreached - OF_A_STATE == set(), "no link leads there"
    assert OF_A_STATE - unreached == set(), "what is no page any more, or is reached now, is no exception: drop it"


LONG = os.environ.get("VIGILOG_LONG") == "1"
SPARED = set() if LONG else {("wide", "past")}
"""The past is looked at on a phone alone, where its bar has least room."""


@pytest.mark.parametrize(("width", "language"), EACH_LOOK if LONG else ONE_LOOK)
def test_each_page_can_be_read_and_used(
    browser: Browser, desk: Served, found: dict[str, tuple[str, str]], width: str, language: str
) -> None:
    wrong: list[str] = []
    for account in PEOPLE:
        person = Person(browser, desk, width, language).sign_in(account)
        for of, (whose, address) in found.items():
            if whose != account or of in AS_SENT or (width, of.partition("?")[2]) in SPARED:
                continue
            person.page.goto(address)
            photograph(person.page, f"{named(of)}-{width}-{language}")
            wrong += [f"{of}: {fault}" for fault in faults(person.page)]
            wider = sideways(person.page)
            if wider:
                wrong.append(f"{of}: scrolls sideways by {wider} px")
            if (shifted := person.page.evaluate(SHIFTED)) > LEAST_SHIFT:
                wrong.append(f"{of}: what was painted moved by {shifted}")
        wrong += [f"{account}: {text}" for text in person.complaints]
        person.context.close()
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize("wide", [390, 340])
def test_the_whole_stamp_is_seen_on_a_phone(browser: Browser, desk: Served, wide: int) -> None:
    person = Person(browser, desk, "phone").sign_in("CHEN")
    person.page.set_viewport_size({"width": wide, "height": 844})
    for address in ("/", f"/trials/{TRIAL}/cases/S04/3", f"/trials/{TRIAL}/cases/S04/3?as_of=60"):
        person.page.goto(address)
        left, right = person.page.evaluate(STAMPED)
        assert (left >= 0, right <= wide) == (True, True), (address, left, right)
    person.context.close()


def test_a_page_is_painted_before_any_script_has_come(browser: Browser, desk: Served) -> None:
    person = Person(browser, desk).sign_in("CHEN")
    held: list[str] = []
    person.page.route("**/*.js", lambda route: held.append(route.request.url))  # never answered
    person.page.goto(f"/trials/{TRIAL}/worklist", wait_until="commit")
    person.page.locator("h1").wait_for()
    until(person.page, PAINTED)
    assert len(held) >= 3
    person.context.close()


def test_what_a_page_brings_is_light() -> None:
    static = Path(safety.web.__file__).parent / "static"
    assert (static / "vigilog.css").stat().st_size < CSS_BYTES
    assert sum(file.stat().st_size for file in static.rglob("*.js")) < SCRIPT_BYTES
