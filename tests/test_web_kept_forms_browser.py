"""In a real Chromium: a session ends while a form is filled in, with scripts and without, and nothing typed is lost."""

import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import Browser

from safety.home import Home
from safety.sessions import IDLE
from tests.screens import photograph
from tests.served_desk import Person, Served
from tests.web_homes import SUBJECT, Homes, with_a_trial, with_people

pytestmark = pytest.mark.uncovered

TERM, NARRATIVE = "Swelling of the left knee", "It began\nafter the second infusion, <b>slowly</b>."


@pytest.fixture(scope="module")
def home(homes_of_today: Homes) -> Home:
    people = {"LIN": {"roles": ["investigator"], "trials": ["T1"]}}
    return with_people(with_a_trial(homes_of_today.open("demo")), **people)


def end_sessions(home: Home) -> None:
    """Let half an hour pass for everybody who is signed in."""
    with closing(sqlite3.connect(home.settings.home / "scratch.db")) as scratch, scratch:
        scratch.execute("UPDATE session SET seen_at = seen_at - ?", (IDLE + 1,))


def filled_in(lin: Person) -> None:
    page = lin.sign_in("LIN").page
    page.goto(f"/trials/T1/file?subject={SUBJECT}")
    page.fill("#term", TERM)
    page.check("input[name=serious][value=y]", force=True)
    page.fill("#narrative", NARRATIVE)


def signs_in_and_sends(lin: Person, name: str) -> None:
    page = lin.page
    page.wait_for_selector("#si")
    assert "What you typed is kept" in page.inner_text("main")
    page.fill("#acc", "LIN")
    page.fill("#pw", lin.desk.passphrases["LIN"])
    page.click("#si button[type=submit]")
    page.wait_for_selector("form[action='/kept/drop']")
    assert page.text_content("h2") == "File an adverse event"
    told = {
        name: page.text_content(f"dt:text-is('{name}') + dd")
        for name in ("term as reported", "narrative", "seriousness")
    }
    assert told == {"term as reported": TERM, "narrative": NARRATIVE, "seriousness": "yes"}
    photograph(page, f"kept-{name}")
    page.click("form[action='/trials/T1/file'] button")


def test_without_scripts_what_was_typed_comes_through_the_sign_in(home: Home, desk: Served, browser: Browser) -> None:
    """With scripts the browser keeps it: test_web_browser_drafts."""
    lin = Person(browser, desk, java_script_enabled=False)
    filled_in(lin)
    end_sessions(home)
    page = lin.page
    page.locator("button[value=file]").first.press("Enter")
    signs_in_and_sends(lin, "plain")
    if page.locator("#narrative").count():  # a preview was kept: the form stands there again, filled in
        assert page.input_value("#term") == TERM
        assert page.input_value("#narrative").replace("\r\n", "\n") == NARRATIVE
        page.locator("button[value=file]").first.press("Enter")
    page.wait_for_url("**/subjects/**")
    assert TERM in page.inner_text("main")
    lin.context.close()
