"""Open pages in a real Chromium: brought up to date by themselves, never over what somebody types, on the server's time."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, expect

from safety.home import Home
from tests.builders import append, obligation_opened, reported
from tests.screens import sideways
from tests.served_desk import Person, Served, sign_out
from tests.web_homes import SUBJECT, Homes, with_a_trial, with_people

pytestmark = pytest.mark.uncovered

CASE = f"/trials/T1/cases/{SUBJECT}/1"
FOLLOWED = "#live[data-state=followed]"
PEOPLE = {
    "CHEN": {"roles": ["safety_officer"], "trials": ["T1"]},
    "LIN": {"roles": ["investigator"], "trials": ["T1"]},
}
COUNT = iter(range(10, 10_000))


@pytest.fixture(scope="module")
def home(homes_of_today: Homes) -> Home:
    """The home as this process writes into it; clocks run out in 40 minutes, in 30 hours and in 14 days."""
    home = with_people(with_a_trial(homes_of_today.open("demo")), **PEOPLE)
    now = homes_of_today.now
    for name, left in (
        ("FIRST", timedelta(minutes=40)),
        ("SECOND", timedelta(hours=30)),
        ("THIRD", timedelta(days=14)),
    ):
        runs = {"starts_at": now - timedelta(days=1), "due_at": now + left, "due_on": None}
        append(home.journal, obligation_opened(SUBJECT, 1, obligation=f"{name}/1", **runs))
    return home


@pytest.fixture
def chen(browser: Browser, desk: Served) -> Iterator[Person]:
    person = Person(browser, desk).sign_in("CHEN")
    yield person
    person.context.close()
    assert person.complaints == []


def file_another(home: Home) -> int:
    """Have somebody else file; give the number."""
    number = next(COUNT)
    append(home.journal, reported(SUBJECT, number, term="Headache", serious="Y"))
    return number


def test_a_page_comes_up_to_date_without_being_loaded(home: Home, chen: Person) -> None:
    page = chen.page
    page.goto("/trials/T1/cases")
    page.wait_for_selector(FOLLOWED, state="attached")
    page.evaluate("window.loadedOnce = true")
    number = file_another(home)
    page.wait_for_selector(f"text=AE {number}")
    expect(page.locator("#stamp .pos")).to_contain_text(str(home.journal.head().position))
    expect(page.locator("#live")).to_contain_text("The page was brought up to date. New in the record: 1.")
    assert page.evaluate("window.loadedOnce") is True
    assert sideways(page) == 0


def test_what_was_opened_stays_open_and_the_focus_stays_where_it_was(home: Home, chen: Person) -> None:
    page = chen.page
    page.goto("/trials/T1/worklist")
    page.wait_for_selector(FOLLOWED, state="attached")
    link = f"#row-{SUBJECT}-1-SECOND\\/1 a.owed"
    page.focus(link)
    now = datetime.now(UTC)
    append(
        home.journal,
        obligation_opened(
            SUBJECT, 2, obligation="SOONER/1", starts_at=now, due_at=now + timedelta(hours=3), due_on=None
        ),
    )
    page.wait_for_selector(f"#row-{SUBJECT}-2-SOONER\\/1")
    assert page.evaluate("document.activeElement.closest('tr').id") == f"row-{SUBJECT}-1-SECOND/1"
    page.goto(CASE)
    page.wait_for_selector(FOLLOWED, state="attached")
    page.locator("#duties details").last.locator("summary").click()
    before = page.locator("#duties details[open]").count()
    append(
        home.journal,
        obligation_opened(
            SUBJECT, 1, obligation="ONE-MORE/1", starts_at=now, due_at=now + timedelta(hours=3), due_on=None
        ),
    )
    page.wait_for_selector("#duty-ONE-MORE\\/1")
    assert page.locator("#duties details[open]").count() >= before


def test_what_somebody_types_is_not_overwritten_and_a_bar_says_what_is_new(home: Home, chen: Person) -> None:
    page = chen.page
    page.goto("/trials/T1/cases")
    page.wait_for_selector(FOLLOWED, state="attached")
    page.fill("#subject", "half a na")
    first, second = file_another(home), file_another(home)
    bar = page.locator("#live")
    expect(bar).to_contain_text("New in the record: 2.")
    assert bar.get_attribute("aria-live") == "polite"
    assert page.input_value("#subject") == "half a na"
    assert page.locator(f"text=AE {second}").count() == 0
    page.keyboard.press("Control+a")
    bar.locator("button").click()
    page.wait_for_selector(f"text=AE {first}")
    page.wait_for_selector(f"text=AE {second}")
    assert page.input_value("#subject") == "half a na"


def test_clocks_run_on_by_the_servers_time_whatever_this_machine_believes(browser: Browser, desk: Served) -> None:
    person = Person(browser, desk)
    page = person.page
    page.clock.install(time=datetime(2031, 1, 1, 3, 0, tzinfo=UTC))
    person.sign_in("CHEN")
    page.goto("/trials/T1/worklist")
    page.wait_for_selector(FOLLOWED, state="attached")
    clock = page.locator(f"#row-{SUBJECT}-1-FIRST\\/1 .clock")
    before = minutes(clock.inner_text())
    assert 20 < before <= 40
    page.clock.fast_forward("10:00")
    assert minutes(clock.inner_text()) in {before - 10, before - 11}
    page.clock.fast_forward("40:00")
    assert re.match(r"Overdue by \d+ min", clock.inner_text())
    assert "clock--late" in (clock.get_attribute("class") or "")
    assert clock.locator("use").get_attribute("href") == "/static/icons.svg#late", "a shape beside the colour"
    person.context.close()


def minutes(text: str) -> int:
    found = re.match(r"(\d+) min left", text)
    assert found is not None, text
    return int(found[1])


def test_in_chinese_clocks_run_on_in_chinese(browser: Browser, desk: Served) -> None:
    person = Person(browser, desk, language="zh")
    person.page.clock.install()
    person.sign_in("CHEN")
    person.page.goto("/trials/T1/worklist")
    person.page.wait_for_selector(FOLLOWED, state="attached")
    person.page.clock.fast_forward("02:00:00")
    assert re.match(r"已逾期 1 小时 \d+ 分钟", person.page.locator(f"#row-{SUBJECT}-1-FIRST\\/1 .clock").inner_text())
    person.context.close()


def test_a_session_that_ends_is_said(desk: Served, browser: Browser) -> None:
    person = Person(browser, desk).sign_in("LIN")
    page = person.page
    page.goto("/trials/T1/cases")
    page.wait_for_selector(FOLLOWED, state="attached")
    other = person.window()
    other.goto("/me")
    sign_out(other)
    other.wait_for_url("**/sign-in*")
    bar = page.locator("#live")
    expect(bar).to_contain_text("Your session has ended", timeout=40_000)
    assert "next=%2Ftrials%2FT1%2Fcases" in (bar.locator("a").get_attribute("href") or "")
    person.context.close()


def test_the_past_is_told_of_nothing(chen: Person) -> None:
    chen.page.goto("/trials/T1/cases?as_of=6")
    assert chen.page.locator("#live").count() == 0
