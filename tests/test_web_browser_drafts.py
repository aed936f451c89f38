"""What is typed into the form of an adverse event, in a real Chromium: it survives what breaks, and is filed once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from safety.aggregates.adverse_event import AdverseEvents
from safety.home import Home
from safety.journal.states import folded
from tests.served_desk import Person, Served, sign_out, until
from tests.test_web_filing import prepared
from tests.web_homes import Homes

pytestmark = pytest.mark.uncovered

FILE = "/trials/T1/file"
KEPT = "Object.keys(localStorage).filter((key) => key.startsWith('vigilog-draft:')).length"
TYPED = {"#subject": "S1", "#term": "Dizziness", "#on_y": "2026", "#on_m": "2"}


@pytest.fixture(scope="module")
def home(homes_of_today: Homes) -> Home:
    return prepared(homes_of_today.open("demo"))


@pytest.fixture
def lin(browser: Browser, desk: Served) -> Iterator[Person]:
    person = Person(browser, desk).sign_in("LIN")
    yield person
    person.context.close()


def fill(page: Page) -> None:
    """Type an event into the form, with a radio button that comes only once the subject is known."""
    page.goto(FILE)
    page.select_option("#subject", TYPED["#subject"])
    page.wait_for_selector("input[name=after_dose][value='2']")
    for field in ("#term", "#on_y", "#on_m"):
        page.fill(field, TYPED[field])
    page.check("input[name=after_dose][value='2']", force=True)
    page.check("#serious-no", force=True)
    until(page, f"{KEPT} === 1")
    until(
        page,
        "JSON.parse(Object.entries(localStorage)[0][1]).fields.serious?.includes('n')",
    )


def typed(page: Page) -> dict[str, str]:
    return {field: page.input_value(field) for field in TYPED}


def filed(home: Home) -> int:
    """How many events the subject has."""
    return len(folded(home.journal.stream("T1/subject/S1")).slice(AdverseEvents).by_number)


def restore(page: Page) -> None:
    page.locator(".draft button", has_text="Restore what you typed at").click()
    page.wait_for_selector("input[name=after_dose][value='2']:checked", state="attached")
    assert typed(page) == TYPED
    assert page.is_checked("#serious-no")


def press(page: Page) -> None:
    page.locator("button[value=file]:visible").first.click()


def test_it_survives_a_reload_and_a_closed_tab_and_is_erased_when_it_is_filed(lin: Person, home: Home) -> None:
    before = filed(home)
    fill(lin.page)
    expect(lin.page.locator("form#ae")).to_contain_text("what you type is kept on this device alone")
    lin.page.reload()
    restore(lin.page)
    lin.page.close()
    page = lin.window()
    page.goto(FILE)
    restore(page)
    press(page)
    page.wait_for_url("**/subjects/S1?filed=*")
    assert page.evaluate(KEPT) == 0
    assert filed(home) == before + 1
    page.goto(FILE)
    assert page.locator(".draft").count() == 0


def test_without_a_network_nothing_is_lost_and_it_is_filed_by_the_persons_press(lin: Person, home: Home) -> None:
    before, page = filed(home), lin.page
    fill(page)
    lin.context.set_offline(True)
    press(page)
    expect(page.locator(".draft[role=alert]")).to_contain_text("Not recorded yet: no answer came from the desk.")
    assert typed(page) == TYPED
    assert filed(home) == before
    lin.context.set_offline(False)
    assert filed(home) == before, "nothing is sent by itself"
    press(page)
    page.wait_for_url("**/subjects/S1?filed=*")
    assert filed(home) == before + 1


def test_an_answer_that_was_lost_does_not_file_twice(lin: Person, home: Home) -> None:
    before, page = filed(home), lin.page
    fill(page)

    def lose(route: Route) -> None:
        if route.request.method == "POST" and "do=file" in (route.request.post_data or ""):
            route.fetch(max_redirects=0)
            route.abort()
        else:
            route.continue_()

    page.route("**/file", lose)
    press(page)
    expect(page.locator(".draft[role=alert]")).to_contain_text("Not recorded yet")
    assert filed(home) == before + 1, "the desk has taken it"
    page.unroute("**/file")
    page.goto(FILE)
    expect(page.locator(".draft")).to_contain_text("no answer came")
    restore(page)
    press(page)
    page.wait_for_url("**/subjects/S1?filed=*")
    assert filed(home) == before + 1


def test_a_session_that_ended_loses_nothing(lin: Person, desk: Served, home: Home) -> None:
    before, page = filed(home), lin.page
    fill(page)
    lin.context.clear_cookies()
    press(page)
    bar = page.locator(".draft[role=alert]")
    expect(bar).to_contain_text("Not recorded yet")
    assert typed(page) == TYPED
    bar.locator("a").click()
    page.wait_for_url("**/sign-in?next=*")
    page.fill("#acc", "LIN")
    page.fill("#pw", desk.passphrases["LIN"])
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{FILE}")
    restore(page)
    press(page)
    page.wait_for_url("**/subjects/S1?filed=*")
    assert filed(home) == before + 1


def test_a_form_that_is_refused_keeps_what_was_typed_and_leads_to_what_is_wrong(lin: Person, home: Home) -> None:
    before, page = filed(home), lin.page
    fill(page)
    page.fill("#on_m", "13")
    press(page)
    expect(page.locator(".errors")).to_be_focused()
    assert page.input_value("#term") == "Dizziness"
    assert page.locator(".draft").count() == 0
    page.locator(".errors a").first.click()
    expect(page.locator("#on_y")).to_be_focused()
    page.fill("#on_m", "2")
    press(page)
    page.wait_for_url("**/subjects/S1?filed=*")
    assert filed(home) == before + 1
    assert page.evaluate(KEPT) == 0


def test_signing_out_erases_it_and_nobody_else_is_offered_it(lin: Person) -> None:
    page = lin.page
    fill(page)
    other = lin.window()
    other.goto(lin.desk.links["CHEN"])
    other.click("form.body button")
    other.wait_for_selector("tr[data-row]")
    other.goto(FILE)
    assert other.locator(".draft").count() == 0
    lin.sign_in("LIN")
    page.goto(FILE)
    assert page.locator(".draft").count() == 1
    sign_out(page)
    page.wait_for_url("**/sign-in*")
    assert page.evaluate(KEPT) == 0


def test_after_a_day_it_is_gone_and_it_can_be_thrown_away(lin: Person) -> None:
    page = lin.page
    fill(page)
    page.goto("/trials/T1/subjects")
    age = "for (const [key, kept] of Object.entries(localStorage)) localStorage.setItem(key, JSON.stringify({...JSON.parse(kept), at: Date.now() - 86_400_001}))"
    page.evaluate(age)
    page.goto(FILE)
    assert page.evaluate(KEPT) == 0
    assert page.locator(".draft").count() == 0
    fill(page)
    page.reload()
    page.locator(".draft button", has_text="Throw it away").click()
    page.reload()
    assert page.locator(".draft").count() == 0


def test_no_secret_and_no_token_is_kept(lin: Person) -> None:
    page = lin.page
    fill(page)
    kept = page.evaluate("Object.values(localStorage).join()")
    assert page.input_value("form#ae input[name=csrf]") not in kept
    assert page.locator("form#ae input[name=csrf]").count() == 1


def test_without_scripts_it_is_filed_all_the_same(browser: Browser, desk: Served, home: Home) -> None:
    before = filed(home)
    person = Person(browser, desk, java_script_enabled=False)
    page = person.page
    page.goto(desk.links["LIN"])
    page.click("form.body button")
    page.goto(FILE)
    page.select_option("#subject", "S1")
    page.fill("#term", "Dizziness")
    page.locator("button[value=check]:visible").first.click()
    expect(page.locator("#setoff")).to_contain_text("Nobody is alerted at once.")
    assert filed(home) == before
    page.locator("button[value=file]:visible").first.click()
    page.wait_for_url("**/subjects/S1?filed=*")
    assert filed(home) == before + 1
    person.context.close()


def test_in_chinese(browser: Browser, desk: Served, tmp_path: Path) -> None:
    person = Person(browser, desk, "phone", "zh").sign_in("LIN")
    fill(person.page)
    person.page.reload()
    expect(person.page.locator(".draft")).to_contain_text("尚未提交")
    person.context.close()
