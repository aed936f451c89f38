"""Administration in a real Chromium: every page at both widths and in both languages, by keyboard, and with scripts off."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.screens import CHROMIUM, LANGUAGES, WIDTHS, chromium, opened, photograph
from tests.served import served
from tests.web_homes import Homes, with_a_trial, with_people

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"this machine has no Chromium at {CHROMIUM}")

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
def links(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A demonstration that is served: the link with which each signs in."""
    homes = Homes(tmp_path_factory.mktemp("admin"))
    people = {"CHEN": {"roles": ["safety_officer"], "trials": ["T1"]}, "OPER": {"roles": ["operator"]}}
    folder = with_people(with_a_trial(homes.open("demo")), **people).settings.home
    homes.close()
    with served(folder, "CHEN", "OPER") as found:
        yield {account: entrance.link for account, entrance in found.items()}


def sign_in(page: Page, link: str) -> None:
    page.goto(link)
    page.focus("form.body button")
    page.keyboard.press("Enter")
    page.wait_for_selector("tr[data-row]")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("account", EACH)
def test_every_page_fits_and_complains_of_nothing(
    links: dict[str, str], account: str, width: str, language: str
) -> None:
    with chromium() as browser, opened(browser, width, language, links[account].partition("first/")[0]) as page:
        complaints: list[str] = []
        page.on("console", lambda said: complaints.append(said.text))
        page.on("pageerror", lambda fault: complaints.append(str(fault)))
        sign_in(page, links[account])
        for name, path in EACH[account].items():
            answer = page.goto(path)
            assert answer is not None
            assert answer.status == 200, path
            photograph(page, f"{account.lower()}-{name}-{width}-{language}")
            wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wider == 0, f"{path} scrolls sideways by {wider} px"
        assert [text for text in complaints if "[DOM]" not in text] == []


def test_a_person_is_added_by_keyboard_alone(links: dict[str, str]) -> None:
    with chromium() as browser, opened(browser, "wide", "en", links["OPER"].partition("first/")[0]) as page:
        sign_in(page, links["OPER"])
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
        page.wait_for_url("**/admin/people/WU")
        expect(page.locator("dl.facts")).to_contain_text("no way in yet")
        page.focus("form[action$=link] button")
        page.keyboard.press("Enter")
        expect(page.locator("#link")).to_contain_text("/first/")


def test_with_scripts_off_an_absence_is_set_and_a_fault_is_said(links: dict[str, str]) -> None:
    with chromium() as browser:
        context = browser.new_context(base_url=links["OPER"].partition("first/")[0], java_script_enabled=False)
        page = context.new_page()
        page.goto(links["OPER"])
        page.click("form.body button")
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
        context.close()
