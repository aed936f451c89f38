"""In a real Chromium: pages that hold every payload at once run none of them, ask nothing of elsewhere and open no dialog."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect

from safety.home import Home
from tests.hostile_addresses import EVERY_PAGE, TAKEN
from tests.hostile_record import ALL, STAYS, hostile_home, hostile_report
from tests.payloads import RUN, payloads
from tests.served_desk import Person, Served, until
from tests.web_homes import Homes

pytestmark = pytest.mark.uncovered

LONG = os.environ.get("VIGILOG_LONG") == "1"
STRIDE, APART, BESIDE = (1, 17, 1) if LONG else (97, 797, 3)
"""The short form types every 24th payload, and sends every 797th pair of a payload and an address, and opens every third page: tests
without a browser read them all."""
CANARY = """
window.canaried = 0; window.stopped = [];
window.canary = () => { window.canaried += 1 };
document.addEventListener("securitypolicyviolation", e => window.stopped.push(e.violatedDirective + " " + e.blockedURI));
"""

TOLD = """[...window.stopped, ...(window.canaried ? ["canary"] : [])]"""
A_MOMENT = 30
"""Milliseconds: the browser tells what its policy stopped in a task of its own."""
INSERT = """text => new Promise(stopped => {
  document.addEventListener("securitypolicyviolation", stopped);
  document.body.insertAdjacentHTML("beforeend", text);
})"""
FILL = """text => {
  for (const name of ["subject", "term", "narrative"]) document.querySelector(`#ae [name=${name}]`).value = text;
  HTMLFormElement.prototype.submit.call(document.querySelector("#ae"));
}"""


NO_PAGE = re.compile(r"^/api/|/export|/reports/.*/(text|file)$")
SHOWN = [path for path in EVERY_PAGE if not NO_PAGE.search(path)]
ADDRESSED = [path for path in TAKEN if not NO_PAGE.search(path)]
"""What a browser shows; the others are handed to it as files."""


@dataclass
class Watched:
    """A page, and everything on it that went further than text."""

    page: Page
    address: str
    seen: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.add_init_script(CANARY)
        self.page.on("dialog", self._opened)
        self.page.on("request", lambda request: self._asked(request.url))

    def _opened(self, dialog: Dialog) -> None:
        self.seen.append(f"dialog {dialog.type}")
        dialog.dismiss()

    def _asked(self, url: str) -> None:
        if not url.startswith((self.address, "file:///")):
            self.seen.append(f"request {url[:80]}")

    def ran(self) -> list[str]:
        """What ran, or what only the policy of the page stopped from running, on the page that is open."""
        self.page.wait_for_load_state("load")
        self.page.wait_for_timeout(A_MOMENT)
        told = self.page.evaluate(TOLD)
        found, self.seen = [*self.seen, *told], []
        return found


@pytest.fixture(scope="module")
def home(homes_of_today: Homes) -> Home:
    return hostile_home(homes_of_today)


@pytest.fixture
def watched(desk: Served, browser: Browser) -> Iterator[Watched]:
    """Somebody is signed in who reads everything."""
    person = Person(browser, desk)
    found = Watched(person.page, desk.address)
    person.sign_in("EACH")
    yield found
    person.context.close()


def test_what_would_run_is_seen(watched: Watched) -> None:
    for live in (f"<img src=x onerror={RUN}>", "<img src=https://evil.example/x.png>"):
        watched.page.goto("/me")
        assert watched.ran() == []
        watched.page.evaluate(INSERT, live)
        assert watched.ran() != []
    watched.page.evaluate("canary()")
    assert "canary" in watched.ran()


def test_no_page_that_holds_them_runs_one(watched: Watched) -> None:
    for path in SHOWN[::BESIDE]:
        answer = watched.page.goto(path)
        assert answer is not None
        assert (answer.status, watched.ran()) == (200, []), path


def test_no_address_runs_what_it_holds(watched: Watched) -> None:
    for number, payload in enumerate(payloads()):
        for place, address in enumerate(ADDRESSED):
            if (number * len(ADDRESSED) + place) % APART == 0:
                watched.page.goto(address.replace("@", quote(payload.text[:500], safe="")))
                assert watched.ran() == [], (payload, address)


def test_a_form_that_comes_back_with_what_was_typed_runs_none_of_it(watched: Watched) -> None:
    for payload in payloads()[:: max(1, STRIDE // 4)]:
        watched.page.goto("/trials/T1/file")
        with watched.page.expect_navigation():
            watched.page.evaluate(FILL, payload.text[:500])
        watched.page.wait_for_selector("#ae")
        assert watched.ran() == [], payload


KEEPING = ("/trials/T1/file", f"/trials/T1/cases/{ALL}/{STAYS}/follow-up", f"/trials/T1/cases/{ALL}/{STAYS}/correct")
TYPE = """texts => {
  const form = document.querySelector("form[data-draft]"), one = "input[type=text], input:not([type], [name=read_at]), textarea";
  const said = [...form.querySelectorAll(one)].filter(field => field.name).map((field, place) => [field, texts[place % texts.length]]);
  for (const [field, text] of said) field.value = text;
  form.dispatchEvent(new Event("input", {bubbles: true}));
  return said.map(([field]) => [field.name, field.value]);
}"""
STANDS = """typed => typed.map(([name]) => [name, document.querySelector(`form[data-draft] [name="${name}"]`).value])"""
KEPT = "Object.keys(localStorage).some(key => key.startsWith('vigilog-draft:'))"
FULL = "JSON.stringify(Object.values(localStorage)).length > 1000"
PER_FORM = 40
"""Payloads that a draft holds at once, one a field and the last ones of all in the narrative."""


@pytest.mark.parametrize("path", KEEPING, ids=["filing", "follow-up", "correction"])
def test_no_draft_that_this_device_kept_runs_when_it_is_offered_again(watched: Watched, path: str) -> None:
    page, texts = watched.page, [payload.text[:500] for payload in payloads()]
    for place in range(0, len(texts), len(texts) if not LONG else PER_FORM):
        page.goto(path)
        typed = page.evaluate(TYPE, ["\n".join(texts)[:15_000], *texts[place:], *texts[:place]])
        assert len(typed) > 2
        until(page, KEPT)
        until(page, FULL)
        page.goto(path)
        expect(page.locator(".draft")).to_be_visible()
        assert watched.ran() == [], "offered"
        page.locator(".draft .btn--go").click()
        page.wait_for_load_state("networkidle")
        assert page.evaluate(STANDS, typed) == typed
        assert watched.ran() == [], "put back"


SPOILED = """([kept, text]) => {
  for (const key of Object.keys(localStorage).filter(key => key.startsWith("vigilog-draft:"))) localStorage.setItem(key, kept.replaceAll("@", text));
}"""


@pytest.mark.parametrize(
    "kept",
    ['{"at": "@", "fields": {"term": ["@"]}, "was": {}}', '{"at": NOW, "fields": {"@": ["@"], "term": ["@"]}, "was": {"@": "@"}, "tried": "@"}', "@"],
    ids=["its moment", "its names", "the whole"],
)  # fmt: skip
def test_no_draft_runs_that_somebody_else_wrote_onto_this_device(watched: Watched, kept: str) -> None:
    page = watched.page
    for text in (f"<img src=x onerror={RUN}>", f"</script><svg onload={RUN}>", "javascript:canary()"):
        page.goto("/trials/T1/file")
        page.evaluate(TYPE, ["Dizziness"])
        until(page, KEPT)
        page.goto("/me")
        page.evaluate(SPOILED, [kept.replace("NOW", str(page.evaluate("Date.now()"))), text])
        page.goto("/trials/T1/file")
        for offered in page.locator(".draft .btn--go").all():
            offered.click()
            page.wait_for_load_state("networkidle")
        assert watched.ran() == []


def test_the_file_of_a_report_runs_nothing_though_no_policy_guards_it(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(hostile_report(tmp_path).html, encoding="utf-8")
    context = browser.new_context()
    watched = Watched(context.new_page(), "file:///")
    watched.page.goto(file.as_uri())
    assert watched.page.locator("table").count() > 1
    assert watched.ran() == []
    context.close()
