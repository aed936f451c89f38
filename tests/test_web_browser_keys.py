"""The desk by keyboard alone, in a real Chromium: what each page's keys are, where the focus goes, and a whole filing."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from safety.aggregates.adverse_event import AdverseEvents
from safety.home import Home
from safety.journal.states import folded
from tests.served_desk import Person, Served
from tests.test_web_filing import prepared
from tests.web_homes import Homes

pytestmark = pytest.mark.uncovered

FOCUSED = "document.activeElement.id || document.activeElement.textContent.trim()"


@pytest.fixture(scope="module")
def home(homes_of_today: Homes) -> Home:
    return prepared(homes_of_today.open("demo"))


@pytest.fixture
def lin(browser: Browser, desk: Served) -> Iterator[Person]:
    person = Person(browser, desk).sign_in("LIN")
    yield person
    person.context.close()
    assert person.complaints == []


def tab_to(page: Page, field: str) -> None:
    """Go on with the tabulator until a field has the focus; every stop on the way shows that it has it."""
    for _ in range(80):
        page.keyboard.press("Tab")
        assert page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)") >= 2 or page.evaluate(
            "document.activeElement.matches('input[type=radio], input[type=checkbox], body')"
        ), page.evaluate("document.activeElement.outerHTML")
        if page.evaluate("(field) => document.activeElement.matches(field)", field):
            return
    raise AssertionError(f"{field} cannot be reached")


def test_an_event_is_filed_by_keyboard_alone(lin: Person, home: Home) -> None:
    before = len(folded(home.journal.stream("T1/subject/S1")).slice(AdverseEvents).by_number)
    page = lin.page
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/worklist")
    page.keyboard.press("g")
    page.keyboard.press("s")
    page.wait_for_url("**/subjects")
    page.keyboard.press("n")
    page.wait_for_url("**/file")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    tab_to(page, "#subject")
    page.keyboard.type("S1")
    tab_to(page, "#term")
    page.keyboard.type("njga?/ dizziness")
    assert page.input_value("#term") == "njga?/ dizziness", "no key fires while somebody types"
    tab_to(page, "#on_y")
    page.keyboard.type("2026")
    tab_to(page, "#on_m")
    page.keyboard.type("13")
    page.keyboard.press("Enter")
    tab_to(page, "button[value=file]")
    page.keyboard.press("Enter")
    expect(page.locator(".errors")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#on_y")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Control+a")
    page.keyboard.type("2")
    tab_to(page, "button[value=file]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/subjects/S1?filed=*")
    assert len(folded(home.journal.stream("T1/subject/S1")).slice(AdverseEvents).by_number) == before + 1


def test_the_keys_of_a_page_are_listed_and_can_be_switched_off(lin: Person) -> None:
    page = lin.page
    page.goto("/trials/T1/cases")
    page.keyboard.press("?")
    dialog = page.locator("dialog#keys[open]")
    told = " ".join(dialog.inner_text().split())
    for said in ("g w Worklist", "g c Cases", "/ Subject", "n File an event", "? Keys of this page"):
        assert said in told
    page.keyboard.press("Escape")
    expect(page.locator("dialog#keys")).not_to_be_visible()
    page.keyboard.press("/")
    assert page.evaluate(FOCUSED) == "subject"
    page.locator("h1").click()
    page.keyboard.press("?")
    dialog.locator("input").uncheck()
    dialog.locator("button").click()
    page.reload()
    page.keyboard.press("n")
    page.keyboard.press("?")
    assert page.url.endswith("/cases")
    assert dialog.count() == 0
    page.locator("button[data-keys]").click()
    dialog.locator("input").check()
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.wait_for_url("**/file")


def test_a_refused_sign_in_says_so_at_the_field(browser: Browser, desk: Served) -> None:
    person = Person(browser, desk)
    page = person.page
    page.goto("/sign-in")
    page.keyboard.press("Tab")
    page.focus("#acc")
    page.keyboard.type("LIN")
    page.keyboard.press("Tab")
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    page.wait_for_selector("#acc-error")
    assert page.get_attribute("#acc", "aria-invalid") == "true"
    assert page.get_attribute("#acc", "aria-describedby") == "acc-error"
    assert page.evaluate(FOCUSED) == "acc"
    person.context.close()
