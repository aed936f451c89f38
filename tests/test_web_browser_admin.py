"""Administration in a real Chromium: every page in the looks that no other test takes, by keyboard, and with scripts off."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from safety.home import Home
from tests.screens import OTHER_LOOK, photograph, sideways
from tests.served_desk import Person, Served
from tests.web_homes import Homes, with_a_trial, with_people

pytestmark = pytest.mark.uncovered

OF_TRIALS = {
    "admin": "/admin",
    "admin-trials": "/admin/trials",
    "admin-packs": "/admin/packs",
    "admin-pack": "/admin/packs/CN-NMPA-DRUG",
    "admin-profile": "/admin/packs/CN-ADMSC-DEMO",
    "definition": "/trials/T1/definition",
    "rota": "/trials/T1/rota",
    "trial-packs": "/trials/T1/packs",
    "what-if": "/trials/T1/packs/what-if?pack=CN-ADMSC-DEMO",
    "reports": "/trials/T1/reports",
    "rota-past": "/trials/T1/rota?as_of=5",
}
OF_AN_OFFICER = {**OF_TRIALS, "adopt": "/trials/T1/packs/adopt?pack=CN-ADMSC-DEMO"}
OF_AN_OPERATOR = {
    **OF_TRIALS,
    "people": "/admin/people",
    "person": "/admin/people/CHEN",
    "new-person": "/admin/people/new",
    "new-trial": "/admin/trials/new",
    "amend": "/trials/T1/amend",
    "channels": "/admin/channels",
    "access": "/admin/access",
}
EACH = {"CHEN": OF_AN_OFFICER, "OPER": OF_AN_OPERATOR}


@pytest.fixture(scope="module")
def home(homes_of_today: Homes) -> Home:
    people = {"CHEN": {"roles": ["safety_officer"], "trials": ["T1"]}, "OPER": {"roles": ["operator"]}}
    return with_people(with_a_trial(homes_of_today.open("demo")), **people)


@pytest.fixture
def oper(browser: Browser, desk: Served) -> Iterator[Person]:
    person = Person(browser, desk).sign_in("OPER")
    yield person
    person.context.close()
    assert person.complaints == []


@pytest.mark.parametrize(("width", "language"), OTHER_LOOK)
@pytest.mark.parametrize("account", EACH)
def test_every_page_fits_and_complains_of_nothing(
    browser: Browser, desk: Served, account: str, width: str, language: str
) -> None:
    person = Person(browser, desk, width, language).sign_in(account)
    for name, path in EACH[account].items():
        answer = person.page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        photograph(person.page, f"{account.lower()}-{name}-{width}-{language}")
        assert (wider := sideways(person.page)) == 0, f"{path} scrolls sideways by {wider} px"
    person.context.close()
    assert person.complaints == []


def test_a_person_is_added_by_keyboard_alone(oper: Person) -> None:
    page = oper.page
    page.goto("/admin/people")
    page.keyboard.press("n")
    page.wait_for_url("**/admin/people/new")
    page.focus("#account")
    for typed in ("WU", "Dr Wu", "wu@hospital.example"):
        page.keyboard.type(typed)
        page.keyboard.press("Tab")
    page.focus("input[value=auditor]")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.focus("button[form=new]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/people/WU?done=added")
    expect(page.locator("dl.facts")).to_contain_text("no way in yet")
    page.focus("form[action$=link] button")
    page.keyboard.press("Enter")
    expect(page.locator("#link")).to_contain_text("/first/")


def test_with_scripts_off_an_absence_is_set_and_a_fault_is_said(browser: Browser, desk: Served) -> None:
    oper = Person(browser, desk, java_script_enabled=False).sign_in("OPER")
    page = oper.page
    page.goto("/trials/T1/rota")
    page.select_option("#absent", "OPER")
    page.fill("#from_at", "2030-01-01T08:00")
    page.fill("#until_at", "2030-01-05T08:00")
    page.click("form[action$=absences] button")
    assert "choose who covers" in page.inner_text(".errors")
    assert page.input_value("#until_at") == "2030-01-05T08:00"
    page.goto("/admin/channels")
    page.click("form[action*=maildir] button")
    assert "The mail lies in the folder" in page.inner_text(".told")
    oper.context.close()
