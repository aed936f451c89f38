"""In a real Chromium: a session ends while a form is filled in, with scripts and without, and nothing typed is lost."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page

from safety.home import Home
from safety.sessions import IDLE
from tests.screens import CHROMIUM, chromium, photograph
from tests.served import Entrance, served
from tests.web_homes import SUBJECT, Homes, with_a_trial, with_people

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"this machine has no Chromium at {CHROMIUM}")

TERM, NARRATIVE = "Swelling of the left knee", "It began\nafter the second infusion, <b>slowly</b>."


@pytest.fixture
def made(tmp_path: Path) -> Home:
    homes = Homes(tmp_path)
    home = with_people(with_a_trial(homes.open("demo")), LIN={"roles": ["investigator"], "trials": ["T1"]})
    homes.close()
    return home


@pytest.fixture
def lin(made: Home) -> Iterator[Entrance]:
    with served(made.settings.home, "LIN") as found:
        yield found["LIN"]


def end_sessions(home: Home) -> None:
    """Let half an hour pass for everybody who is signed in."""
    with closing(sqlite3.connect(home.settings.home / "scratch.db")) as scratch, scratch:
        scratch.execute("UPDATE session SET seen_at = seen_at - ?", (IDLE + 1,))


def filled_in(page: Page, lin: Entrance) -> None:
    page.goto(lin.link)
    page.click("form.body button")
    page.goto(f"/trials/T1/file?subject={SUBJECT}")
    page.fill("#term", TERM)
    page.check("input[name=serious][value=y]", force=True)
    page.fill("#narrative", NARRATIVE)


def signs_in_and_sends(page: Page, lin: Entrance, name: str) -> None:
    page.wait_for_selector("#si")
    assert "What you typed is kept" in page.inner_text("main")
    page.fill("#acc", "LIN")
    page.fill("#pw", lin.passphrase)
    page.click("#si button[type=submit]")
    page.wait_for_selector("form[action='/kept/drop']")
    assert [page.text_content(f"dt:text-is('{name}') + dd") for name in ("term", "narrative")] == [TERM, NARRATIVE]
    photograph(page, f"kept-{name}")
    page.click("form[action='/trials/T1/file'] button")


def test_without_scripts_what_was_typed_comes_through_the_sign_in(made: Home, lin: Entrance) -> None:
    """With scripts the browser keeps it: test_web_browser_drafts."""
    with chromium() as browser:
        context = browser.new_context(base_url=lin.address, java_script_enabled=False)
        page = context.new_page()
        filled_in(page, lin)
        end_sessions(made)
        page.locator("button[value=file]").first.press("Enter")
        signs_in_and_sends(page, lin, "plain")
        if page.locator("#narrative").count():  # a preview was kept: the form stands there again, filled in
            assert page.input_value("#term") == TERM
            assert page.input_value("#narrative").replace("\r\n", "\n") == NARRATIVE
            page.locator("button[value=file]").first.press("Enter")
        page.wait_for_url("**/subjects/**")
        assert TERM in page.inner_text("main")
        context.close()
