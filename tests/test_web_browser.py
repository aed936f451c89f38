"""The desk in a real Chromium: signing in by keyboard, in English on a phone."""

import pytest
from playwright.sync_api import Browser, FloatRect, Locator, expect

from safety.home import Home
from tests.screens import LANGUAGES, OTHER_LOOK, photograph, sideways
from tests.served_desk import Person, Served
from tests.web_homes import SUBJECT, Homes, with_a_trial, with_people

pytestmark = pytest.mark.uncovered

CASE = f"/trials/T1/cases/{SUBJECT}/1"
PAGES = {
    "sign-in": "/sign-in",
    "me": "/me",
    "cases": "/trials/T1/cases",
    "past": "/trials/T1/cases?as_of=6",
    "incidence": "/trials/T1/incidence",
    "listing": "/trials/T1/listing",
    "history": "/trials/T1/history",
    "worklist": "/trials/T1/worklist",
    "worklist-narrowed": "/trials/T1/worklist?serious=1&due=late",
    "case": CASE,
    "assess-causality": f"{CASE}/causality",
    "duplicates": "/trials/T1/duplicates",
    "merge": f"{CASE}/merge?with=2",
    "narrative": f"{CASE}/narrative",
    "entry": "/log/6",
    "history-of-a-field": f"/trials/T1/history?subject={SUBJECT}&number=1&field=term",
}
PAGES |= {name: f"{CASE}/{name}" for name in ("follow-up", "correct", "nullify")}
PAGES |= {name: f"/trials/T1/subjects/{SUBJECT}/{name}" for name in ("dose", "withhold", "withdraw", "death")}
PAGES |= {"correct-dose": f"/trials/T1/subjects/{SUBJECT}/doses/1/correct", "enrol": "/trials/T1/enrol"}


@pytest.fixture(scope="module")
def home(homes_of_today: Homes) -> Home:
    people = {"CHEN": {"roles": ["safety_officer"], "trials": ["T1"]}}
    return with_people(with_a_trial(homes_of_today.open("demo")), **people)


@pytest.mark.parametrize(("width", "language"), OTHER_LOOK)
def test_the_way_from_sign_in_to_the_cases(browser: Browser, desk: Served, width: str, language: str) -> None:
    chen = Person(browser, desk, width, language)
    page, mark = chen.page, f"{width}-{language}"
    page.goto("/sign-in")
    photograph(page, f"sign-in-{mark}")
    page.goto(desk.links["CHEN"])
    page.focus("form.body button")
    page.keyboard.press("Enter")
    page.wait_for_selector("tr[data-row]")
    photograph(page, f"trials-{mark}")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector(".work")
    page.goto("/trials/T1/cases")
    assert page.evaluate("document.documentElement.lang") == {"en": "en", "zh": "zh-Hans"}[language]
    page.goto("/trials/T1/cases?as_of=6")
    page.keyboard.press(".")
    page.wait_for_selector("body:not(.is-past)")
    for name, path in PAGES.items():
        page.goto(path)
        photograph(page, f"{name}-{mark}")
        assert (wider := sideways(page)) == 0, f"{path} scrolls sideways by {wider} px"
    chen.context.close()
    assert chen.complaints == []


def test_with_scripts_off_it_works_the_same(browser: Browser, desk: Served) -> None:
    chen = Person(browser, desk, java_script_enabled=False).sign_in("CHEN")
    page = chen.page
    page.click("th a")
    assert "worklist" in page.url
    page.goto("/trials/T1/cases")
    page.fill("#subject", "nobody")
    page.click("form.filters button")
    assert page.locator(".empty").count() == 1
    page.click("button[name=language][value=zh]")
    assert page.locator("html").get_attribute("lang") == "zh-Hans"
    chen.context.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_ways_on_from_a_case_stand_in_rows_and_fold_on_a_phone(
    browser: Browser, desk: Served, language: str
) -> None:
    chen = Person(browser, desk, "wide", language, java_script_enabled=False).sign_in("CHEN")
    page = chen.page
    page.goto(CASE)
    ways, judging = page.locator(".ways > .btn"), page.locator(".ways-more a")
    assert (ways.count(), judging.count()) == (3, 5)
    assert len({place["y"] for place in boxes(ways)}) == 1
    assert len({place["y"] for place in boxes(judging)}) == 1, "unfolded where there is room"
    page.set_viewport_size({"width": 390, "height": 844})
    assert len({(place["y"], round(place["width"])) for place in boxes(ways)}) == 1
    assert page.locator(".ways-more a:visible").count() == 0, "the clocks are not pushed down"
    page.locator(".ways-more > summary").press("Enter")
    assert len({round(place["width"]) for place in boxes(judging)}) == 1
    assert sideways(page) == 0
    photograph(page, f"case-ways-{language}")
    page.keyboard.press("Tab")
    assert (page.locator(":focus").get_attribute("href") or "").endswith(f"{CASE}/causality")
    chen.context.close()


def boxes(of: Locator) -> list[FloatRect]:
    """Where elements stand, each of which has to be seen."""
    found = [one.bounding_box() for one in of.all()]
    seen = [box for box in found if box is not None]
    assert len(seen) == len(found), "hidden"
    return seen


def test_enter_signs_whatever_was_fetched_before_and_the_case_says_what_was_recorded(
    browser: Browser, desk: Served
) -> None:
    chen = Person(browser, desk, color_scheme="dark").sign_in("CHEN")
    page = chen.page
    page.goto(f"{CASE}/causality")
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.check("input[name=causality][value=POSSIBLE]", force=True)
    page.wait_for_load_state("networkidle")
    for passphrase in ("a wrong guess", desk.passphrases["CHEN"]):
        page.fill("#sign-account", "CHEN")
        page.fill("#sign-passphrase", passphrase)
        page.keyboard.press("Enter")
        if passphrase == "a wrong guess":
            expect(page.locator(".errors")).to_be_focused()
            assert page.is_checked("input[name=causality][value=POSSIBLE]")
    page.wait_for_url(f"**{CASE}?recorded=y")
    expect(page.locator(".notice--done")).to_be_focused()
    expect(page.locator(".notice--done")).to_contain_text("You recorded: ")
    assert page.locator("noscript").count() == 0
    page.locator(".menu > summary").press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    assert page.locator(".menu[open]").count() == 0
    expect(page.locator(".menu > summary")).to_be_focused()
    chen.context.close()
    assert chen.complaints == []
