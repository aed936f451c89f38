"""Pages that only a state leads to, in a real Chromium: an issued report and its page, a form that was kept, a sign-in that came to nothing.

Wide in English and, by night, on a phone in Chinese; VIGILOG_LONG=1 takes both languages at both widths, and on paper.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page

from safety.home import Home
from safety.reports.issuing import issue_all
from safety.sessions import IDLE
from tests import builders as b
from tests.accessibility import faults
from tests.periodic_home import owing
from tests.screens import EACH_LOOK, ONE_LOOK, photograph, sideways
from tests.served_desk import Person, Served, served
from tests.web_homes import SUBJECT, Homes, with_people

pytestmark = pytest.mark.uncovered

LONG_TERM = "Hypersensitivity reaction with generalised urticaria and angioedema of the upper airways"
OUTSIDE = {
    "VIGILOG_OIDC_ISSUER": "http://localhost:9",
    "VIGILOG_OIDC_CLIENT_ID": "desk",
    "VIGILOG_OIDC_NAME": "The hospital",
}


@pytest.fixture(scope="module")
def home(homes_of_today: Homes) -> Home:
    """A trial on record for two years, with deaths, withdrawals and long words, whose yearly reports were issued."""
    today = homes_of_today.now
    homes_of_today.now = today - timedelta(days=730)
    home = homes_of_today.open("demo")
    began = (today - timedelta(days=740)).date().isoformat()
    governs = owing(b.definition(), dsur={"dibd": began}, china_annual={"approved_on": began})
    b.append(home.journal, b.registered(governs))
    for subject in (SUBJECT, "S2", "S3"):
        b.append(home.journal, b.enrolled(subject, sex="M", age=40), b.given(subject))
        said = {"term": LONG_TERM, "serious": "Y", "causality": "PROBABLE", "outcome": "RECOVERED/RESOLVED"}
        b.append(home.journal, b.reported(subject, 1, **said), b.reported(subject, 2, term="Fever"))
    b.append(home.journal, b.died("S2", died_on=began), b.withdrawn("S3"))
    homes_of_today.now = today
    people = {"LIN": "investigator", "CHEN": "safety_officer", "ZHAO": "auditor", "OPS": "operator"}
    with_people(home, **{name: {"roles": [role], "trials": ["T1"]} for name, role in people.items()})
    assert issue_all(home.desk, home.views, homes_of_today.now) >= 2
    return home


@pytest.fixture(scope="module")
def desk(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    secret = tmp_path_factory.mktemp("provider") / "secret"
    secret.write_text("of the desk")
    with served(home, 0, **OUTSIDE, VIGILOG_OIDC_SECRET_FILE=str(secret)) as desk:
        yield desk


def end_sessions(home: Home) -> None:
    """Let half an hour pass for everybody who is signed in."""
    with closing(sqlite3.connect(home.settings.home / "scratch.db")) as scratch, scratch:
        scratch.execute("UPDATE session SET seen_at = seen_at - ?", (IDLE + 1,))


def report(person: Person, home: Home) -> None:
    """One issued report, as the desk tells of it."""
    person.sign_in("CHEN").page.goto("/trials/T1/reports")
    person.page.locator("tbody th a").first.click()
    person.page.wait_for_selector("#submitted_at")


def page_of_a_report(person: Person, home: Home) -> None:
    """The page that was issued, as it stands in the log."""
    report(person, home)
    with person.page.expect_popup() as opened:
        person.page.locator("a[target=_blank]").click()
    person.page = opened.value
    person.page.wait_for_selector("table")


def kept(person: Person, home: Home) -> None:
    """The form that was being sent when the session ended."""
    page = person.sign_in("LIN").page
    page.goto(f"/trials/T1/file?subject={SUBJECT}")
    page.fill("#term", LONG_TERM)
    page.check("input[name=serious][value=y]", force=True)
    page.fill("#narrative", "It began\nafter the second infusion.")
    end_sessions(home)
    page.evaluate("HTMLFormElement.prototype.submit.call(document.querySelector('#ae'))")  # as without scripts
    page.wait_for_selector("#si")
    page.fill("#acc", "LIN")
    page.fill("#pw", person.desk.passphrases["LIN"])
    page.click("#si button[type=submit]")
    page.wait_for_selector("form[action='/kept/drop']")


def elsewhere(person: Person, home: Home) -> None:
    """A sign-in through the hospital that led to nobody."""
    person.page.goto("/sign-in")
    person.page.goto("/sign-in/elsewhere/back?state=x&code=y")
    person.page.wait_for_selector("#told:focus")


STATES: dict[str, Callable[[Person, Home], None]] = {
    "report": report,
    "report-page": page_of_a_report,
    "kept": kept,
    "elsewhere": elsewhere,
}


def read_aloud(person: Person) -> Page:
    """The page as it stands; one that lets nothing run is looked at as it would stand anywhere else."""
    if not person.page.url.endswith("/page"):
        return person.page
    plain = person.context.new_page()
    plain.set_content(person.page.content())
    return plain


LONG = os.environ.get("VIGILOG_LONG") == "1"


@pytest.mark.parametrize(("width", "language"), EACH_LOOK if LONG else ONE_LOOK)
def test_each_can_be_read_and_used(browser: Browser, desk: Served, home: Home, width: str, language: str) -> None:
    """On a phone it is night."""
    wrong: dict[str, object] = {}
    for state, reach in STATES.items():
        person = Person(browser, desk, width, language, color_scheme="dark" if width == "phone" else "light")
        reach(person, home)
        photograph(person.page, f"state-{state}-{width}-{language}")
        wrong[state] = (
            faults(read_aloud(person)),
            sideways(person.page),
            [one for one in person.complaints if "401" not in one],
        )
        if LONG:
            person.page.emulate_media(media="print")
            photograph(person.page, f"state-{state}-{width}-{language}-print")
        person.context.close()
    assert wrong == dict.fromkeys(STATES, ([], 0, []))
