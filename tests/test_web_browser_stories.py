"""What the desk is for, whole, in a real Chromium: a filing and what it sets off, its way over the desk, and its replay."""

import csv
import re
from io import StringIO

import pytest
from playwright.sync_api import Browser, Page, expect

from safety.aggregates.adverse_event import AdverseEvents
from safety.aggregates.obligation import Obligations
from safety.home import Home
from safety.journal.states import folded
from safety.web.pages.exports import OF_A_CHANGE
from safety.web.showing import CODED, OF_FIELDS
from tests.screens import LANGUAGES, WIDTHS, photograph, sideways
from tests.served_desk import Person, Served, until
from tests.test_web_filing import prepared
from tests.web_homes import Homes

pytestmark = pytest.mark.uncovered

SAID = {
    "en": {
        "alerted": "Alerted at once, 1 person",
        "new": "New",
        "signed": "Signed by Dr CHEN",
        "sent": "Sent to",
        "past": "You are looking at the past",
    },
    "zh": {"alerted": "立即提醒 1 人", "new": "新", "signed": "Dr CHEN", "sent": "已报告", "past": "您正在查看过去"},
}


IN_WORDS = set(CODED).union(*OF_FIELDS.values())
AS_GIVEN = re.compile(r"[A-Za-z][A-Za-z ]+")
"""A value that stands on the screen as the record has it, where it is no coded word: dates are written for the reader."""


@pytest.fixture(scope="module")
def home(homes_of_today: Homes) -> Home:
    return prepared(homes_of_today.open("demo"))


def choose(page: Page, what: str) -> None:
    """Click the card of a choice, as a person does: nothing may lie over it."""
    page.locator(f"label:has(:is({what}))").first.click()


def press(page: Page) -> None:
    page.locator("button[value=file]:visible").first.click()


def investigator(lin: Person, home: Home, mark: str) -> int:
    """From the first link to a serious event that is filed, in the fewest steps; give its number."""
    page = lin.sign_in("LIN").page
    page.goto("/trials/T1/subjects")
    page.locator("[data-key=n]").first.click()
    page.select_option("#subject", "S1")
    page.fill("#term", "Sepsis")
    page.fill("#on_y", "2026")
    page.fill("#on_m", "2")
    choose(page, "[name=grade][value='3'], [name=severity][value=SEVERE]")
    choose(page, "#serious-yes")
    choose(page, "[name=criteria][value=hospitalisation]")
    choose(page, "[name=causality][value=POSSIBLE]")
    alerted = SAID[lin.language]["alerted"]
    expect(page.locator("#setoff")).to_contain_text(alerted)
    photograph(page, f"story-filing-{mark}")
    press(page)
    page.wait_for_url("**/subjects/S1?filed=*")
    photograph(page, f"story-filed-{mark}")
    return int(re.search(r"filed=(\d+)", page.url)[1])  # type: ignore[index]  # waited for above


def signed(page: Page, desk: Served) -> None:
    """Sign what the page asks to be signed, with all that it asks for."""
    choose(page, "[name=meaning]")
    if page.locator("#sign-account").count():
        page.fill("#sign-account", "CHEN")
    page.fill("#sign-passphrase", desk.passphrases["CHEN"])
    page.locator("button[type=submit][form=act]").click()


def safety_officer(chen: Person, home: Home, number: int, mark: str) -> None:
    """From the alert on the worklist over the case to a report that is sent, each judgement signed."""
    page, words = chen.page, SAID[chen.language]
    page.goto("/trials/T1/worklist")
    photograph(page, f"story-worklist-{mark}")
    case = f"/trials/T1/cases/S1/{number}"
    page.locator(f"tr[id^=alert-] a[href^='{case}']").first.click()
    page.wait_for_url(re.compile(rf"{case}([?#].*)?$"))
    for left in range(page.locator("#alerts form button").count(), 0, -1):
        page.locator("#alerts form button").first.click()
        expect(page.locator("#alerts form button")).to_have_count(left - 1)
    page.goto(f"{case}/causality")
    choose(page, "[name=causality]")
    expect(page.locator("#setoff h3")).to_have_count(0)  # it is worked out for this answer, before anything is signed
    expect(page.locator("[name=causality]:checked")).to_be_focused()
    signed(page, chen.desk)
    page.wait_for_url(re.compile(rf"{case}([?#].*)?$"))
    expect(page.locator("main")).to_contain_text(words["signed"])
    duty = page.locator(".duty-acts a[href*='/submit']").first
    owed = str(duty.get_attribute("href")).partition("obligation=")[2].replace("%2F", "/")
    duty.click()
    photograph(page, f"story-submit-{mark}")
    signed(page, chen.desk)
    page.wait_for_url(re.compile(rf"{case}([?#].*)?$"))
    expect(page.locator("main")).to_contain_text(words["sent"])
    photograph(page, f"story-case-{mark}")
    assert sideways(page) == 0
    state = folded(home.journal.stream("T1/subject/S1")).slice(Obligations).of(number)[owed]
    assert state.sent_to, "what the page says is what the log holds"


def look_back(page: Page, before: int, mark: str) -> None:
    """By the time bar of the list of cases to an earlier position; the stamp leads to it, unfolded or not."""
    page.goto("/trials/T1/cases?subject=S1")
    page.locator("#stamp").click()
    expect(page.locator("#slide")).to_be_in_viewport()
    page.locator("#slide").fill(str(before))
    expect(page.locator("#slide-at")).to_contain_text(str(before))
    photograph(page, f"story-time-bar-{mark}")
    page.locator(".timebar .along button").click()
    page.wait_for_url(re.compile(rf"/cases\?subject=S1&as_of={before}$"))


def downloaded(page: Page) -> tuple[list[str], list[dict[str, str]]]:
    """Press the button that exports what is on the screen: what the file says of itself, and its rows by their heads."""
    with page.expect_download() as told:
        page.locator("a[download]").click()
    rows = list(csv.reader(StringIO(told.value.path().read_text(encoding="utf-8-sig"))))
    about = [row[1] for row in rows if row[0].startswith("# ")]
    heads, *rest = rows[len(about) :]
    return about, [dict(zip(heads, row, strict=True)) for row in rest]


ENTRY = OF_A_CHANGE.index("Entry")


def as_on_the_screen(page: Page, table: str, rows: list[dict[str, str]]) -> None:
    """Hold each row of a file against the row of a table that names the same entry of the log: all of it stands there."""
    shown = [" ".join(text.split()) for text in page.locator(f"{table} tbody tr").all_inner_texts()]
    entries = {re.search(r"#(\d+)", text)[1] for text in shown}  # type: ignore[index]  # every row names its entry
    assert {list(row.values())[ENTRY] for row in rows} == entries
    for row in rows:
        kind, _, subject, _, field, old, new, who, role, at, why, entry, signed_by, _, _ = row.values()
        text = next(text for text in shown if f"#{entry}" in text)
        told = [
            subject,
            who,
            role,
            why,
            signed_by.partition(" (")[0],
            *(value for value in (old, new) if AS_GIVEN.fullmatch(value) and value not in IN_WORDS),
        ]
        told += [] if kind else [field.partition(" (")[0], at]
        assert [part for part in told if part not in text] == [], text


def auditor(zhao: Person, before: int, number: int, mark: str) -> None:
    """The same event as it was not yet known, the change between the moments, one field's history, and both as files."""
    page, words = zhao.sign_in("ZHAO").page, SAID[zhao.language]
    look_back(page, before, mark)
    expect(page.locator(".banner--past")).to_contain_text(words["past"])
    assert f"AE {number}" not in page.locator("main").inner_text(), "the list is that of then"
    page.goto(f"/trials/T1/cases/S1/{number}?as_of={before}")
    assert page.locator("h1").inner_text(), "what was not known then is not there"
    assert f"AE {number}" not in page.locator("main").inner_text()
    page.goto(f"/trials/T1/history?as_of={before}")
    expect(page.locator(".knew .gap-cell").first).to_be_visible()
    photograph(page, f"story-history-{mark}")
    page.goto("/trials/T1/history")
    page.fill("#a", str(before))
    page.fill("#b", page.get_attribute("#slide", "max") or "")
    page.locator("#compare form button").click()
    page.wait_for_url("**a=*")
    for text in (f"AE {number}", "LIN", "CHEN"):
        expect(page.locator("#compare table")).to_contain_text(text)
    photograph(page, f"story-compared-{mark}")
    about, rows = downloaded(page)
    assert {"T1", "ZHAO"} <= set(about)
    assert rows
    as_on_the_screen(page, "#compare table", rows)
    page.goto("/trials/T1/history")
    page.fill("#whose", "S1")
    page.fill("#which", str(number))
    page.select_option("#field", "causality")
    page.locator("#record form button").click()
    page.wait_for_url("**field=causality*")
    photograph(page, f"story-field-{mark}")
    about, rows = downloaded(page)
    assert [list(row.values())[7] for row in rows] == ["CHEN", "LIN"], "the newest change first"
    as_on_the_screen(page, "#record table", rows)
    own = ":not([action='/sign-out']):not([action='/language']):not([action$='/seen'])"
    assert page.locator(f"form[method=post]{own}").count() == 0


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", WIDTHS)
def test_from_filing_to_replay(browser: Browser, desk: Served, home: Home, width: str, language: str) -> None:
    mark, before = f"{width}-{language}", home.journal.head().position
    lin, chen, zhao = (Person(browser, desk, width, language) for _ in range(3))
    chen.sign_in("CHEN").page.goto("/trials/T1/worklist")
    watched = chen.page
    number = investigator(lin, home, mark)
    until(watched, f"document.querySelector('tr[id^=alert-] a[href^=\"/trials/T1/cases/S1/{number}\"]') !== null")
    assert number in folded(home.journal.stream("T1/subject/S1")).slice(AdverseEvents).by_number
    safety_officer(chen, home, number, mark)
    auditor(zhao, before, number, mark)
    for person in (lin, chen, zhao):
        person.context.close()
        assert [text for text in person.complaints if "404 (Not Found)" not in text] == []
