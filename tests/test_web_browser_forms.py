"""What is typed into the forms about a case and a subject, in a real Chromium: kept, put back on the record as it stands, dropped."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page, expect

from safety.aggregates.adverse_event import AdverseEvent, AdverseEvents
from safety.home import Home
from safety.journal.states import folded
from tests.builders import append, enrolled, followed_up, obligation_opened, reported
from tests.served_desk import Person, Served, until
from tests.test_web_browser_drafts import KEPT
from tests.test_web_filing import prepared
from tests.web_homes import Homes

pytestmark = pytest.mark.uncovered

TRIAL = "/trials/T1"
CASE, SUBJECT = f"{TRIAL}/cases/S1/1", f"{TRIAL}/subjects/S1"
STORED = "Object.values(localStorage).join()"


class Form(NamedTuple):
    """A form: whose, where, what is typed into which field, and what is ticked; what is typed to sign must never be kept."""

    who: str
    path: str
    typed: Mapping[str, str]
    ticked: tuple[str, ...] = ()


FORMS = {
    "follow-up": Form("LIN", f"{CASE}/follow-up", {"#narrative": "Worse at night"}, ("#serious-yes",)),
    "correction": Form("LIN", f"{CASE}/correct", {"#term": "Vertigo", "#why": "Misheard"}),
    "nullification": Form("LIN", f"{CASE}/nullify", {"#explanation": "Filed twice"}, ("[name=reason][value=other]",)),
    "causality": Form("CHEN", f"{CASE}/causality", {"#why": "No rechallenge"}, ("[name=causality][value=POSSIBLE]",)),
    "expectedness": Form("CHEN", f"{CASE}/expectedness", {"#why": "Not listed"}, ("[name=expected][value=N]",)),
    "report sent": Form("CHEN", f"{CASE}/submit?obligation=CIOMS-15/1", {"#reference": "ACK-77"}),
    "clock struck": Form("CHEN", f"{CASE}/cancel?obligation=CIOMS-15/1", {"#explanation": "Another event"}),
    "merge": Form("CHEN", f"{TRIAL}/cases/S1/2/merge?with=3", {"#why": "One night"}, ("[name=stays][value='2']",)),
    "enrolment": Form("LIN", f"{TRIAL}/enrol", {"#subject": "S9", "#age": "44"}),
    "dose": Form("LIN", f"{SUBJECT}/dose", {"#lot": "L-3", "#interruption": "Ten minutes, pain"}),
    "dose corrected": Form("LIN", f"{SUBJECT}/doses/1/correct", {"#lot": "L-2", "#why": "Misread"}),
    "withdrawal": Form("LIN", f"{SUBJECT}/withdraw", {"#on_y": "2026"}, ("[name=mode][value=follow_up]",)),
    "death": Form("LIN", f"{SUBJECT}/death", {"#on_y": "2026", "#on_m": "3"}),
}


@pytest.fixture(scope="module")
def home(homes_of_today: Homes) -> Home:
    home = prepared(homes_of_today.open("demo"))
    append(home.journal, *(reported("S1", number, term="Dizziness", grade="2") for number in (1, 2, 3, 4, 5)))
    due = {"obligation": "CIOMS-15/1", "due_at": homes_of_today.now + timedelta(days=3), "due_on": None}
    append(home.journal, obligation_opened("S1", 1, starts_at=homes_of_today.now, **due), enrolled("S2"))
    return home


@pytest.fixture
def people(browser: Browser, desk: Served) -> Iterator[dict[str, Person]]:
    people = {who: Person(browser, desk).sign_in(who) for who in ("LIN", "CHEN")}
    yield people
    for person in people.values():
        person.context.close()


def fill(page: Page, form: Form) -> None:
    page.goto(form.path)
    for place in form.ticked:
        page.check(place, force=True)
    for place, text in form.typed.items():
        page.fill(place, text)
    until(page, f"{KEPT} === 1")
    until(page, f"{STORED}.includes({list(form.typed.values())[-1]!r})")


def stands_in(page: Page, form: Form) -> bool:
    """Say whether a page holds all that was typed."""
    texts = all(page.input_value(place) == text for place, text in form.typed.items())
    return texts and all(page.is_checked(place) for place in form.ticked)


def restore(page: Page) -> None:
    page.locator(".draft button", has_text="Restore what you typed at").click()


def press(page: Page) -> None:
    page.locator("button[type=submit][form]:not([value=check]):visible").first.click()


def stands(home: Home, number: int) -> AdverseEvent:
    return folded(home.journal.stream("T1/subject/S1")).slice(AdverseEvents).by_number[number]


def test_what_is_typed_into_each_form_survives_a_closed_tab(people: dict[str, Person]) -> None:
    for name, form in FORMS.items():
        person = people[form.who]
        fill(person.page, form)
        tokens = person.page.eval_on_selector_all(
            "main [type=hidden], main [name=read_at]", "all => all.map((one) => [one.name, one.value])"
        )
        person.page.close()
        person.page = page = person.window()
        page.goto(form.path)
        assert not stands_in(page, form), name
        before = page.eval_on_selector_all(
            "main [type=hidden], main [name=read_at]", "all => all.map((one) => [one.name, one.value])"
        )
        restore(page)
        assert stands_in(page, form), name
        after = page.eval_on_selector_all(
            "main [type=hidden], main [name=read_at]", "all => all.map((one) => [one.name, one.value])"
        )
        assert after == before, f"{name}: what the page came with is the page's own"
        assert dict(before)["act"] != dict(tokens)["act"], name
        page.evaluate("localStorage.clear()")
        assert person.complaints == []


def test_without_a_network_nothing_is_lost_and_nothing_is_done_by_itself(people: dict[str, Person], home: Home) -> None:
    for name in ("follow-up", "correction", "enrolment"):
        form = FORMS[name]
        person, head = people[form.who], home.journal.head()[0]
        page = person.page
        fill(page, form)
        person.context.set_offline(True)
        press(page)
        expect(page.locator(".draft[role=alert]")).to_contain_text("Not recorded yet: no answer came from the desk.")
        assert stands_in(page, form), name
        person.context.set_offline(False)
        assert home.journal.head()[0] == head
        page.reload()
        expect(page.locator(".draft")).to_contain_text("no answer came")
        page.evaluate("localStorage.clear()")


def test_a_record_that_was_changed_meanwhile_is_not_undone_by_a_draft(people: dict[str, Person], home: Home) -> None:
    page = people["LIN"].page
    page.goto(f"{TRIAL}/cases/S1/4/follow-up")
    page.select_option("#outcome", "RECOVERING/RESOLVING")
    until(page, f"{KEPT} === 1")
    append(home.journal, followed_up("S1", 4, grade="4"))
    page.goto(f"{TRIAL}/cases/S1/4/follow-up")
    assert page.input_value("[name=grade]:checked") == "4"
    expect(page.locator(".draft")).not_to_contain_text("has changed since")
    restore(page)
    assert page.input_value("[name=grade]:checked") == "4", "left alone, it follows the record"
    assert page.input_value("#outcome") == "RECOVERING/RESOLVING"
    append(home.journal, followed_up("S1", 4, outcome="RECOVERED/RESOLVED"))
    page.goto(f"{TRIAL}/cases/S1/4/follow-up")
    expect(page.locator(".draft")).to_contain_text("What this form is filled in with has changed since")
    page.locator(".draft button", has_text="Throw it away").click()
    assert page.evaluate(KEPT) == 0


def test_who_was_overtaken_keeps_what_was_typed_and_the_draft_of_it(people: dict[str, Person], home: Home) -> None:
    page = people["LIN"].page
    page.goto(f"{TRIAL}/cases/S1/5/follow-up")
    page.select_option("#outcome", "RECOVERING/RESOLVING")
    append(home.journal, followed_up("S1", 5, grade="3"))
    with page.expect_response(lambda answer: answer.request.method == "POST" and answer.status == 409):
        press(page)
    expect(page.locator("#moved")).to_be_focused()
    assert page.input_value("#outcome") == "RECOVERING/RESOLVING"
    assert page.input_value("[name=grade]:checked") == "3", "taken over"
    assert page.evaluate(KEPT) == 1
    page.goto(f"{TRIAL}/cases/S1/5/follow-up")
    restore(page)
    assert page.input_value("#outcome") == "RECOVERING/RESOLVING"
    press(page)
    page.wait_for_url("**/cases/S1/5?recorded=y")
    assert (stands(home, 5).particulars["outcome"], stands(home, 5).particulars["grade"]) == (
        "RECOVERING/RESOLVING",
        "3",
    )
    assert page.evaluate(KEPT) == 0
    page.goto(f"{TRIAL}/cases/S1/5/follow-up")
    assert page.locator(".draft").count() == 0


def test_nothing_that_signs_is_kept_and_a_refused_signature_loses_nothing(
    people: dict[str, Person], desk: Served, home: Home
) -> None:
    page, form = people["CHEN"].page, FORMS["causality"]
    fill(page, form)
    page.check("[name=meaning]", force=True)
    page.fill("#sign-account", "CHEN")
    page.fill("#sign-passphrase", "not the right one at all")
    press(page)
    expect(page.locator(".errors")).to_be_visible()
    assert stands_in(page, form)
    kept = page.evaluate(STORED)
    assert "No rechallenge" in kept
    for secret in ("not the right one", "meaning", "passphrase", '"account"', "csrf", "read_at"):
        assert secret not in kept, secret
    page.fill("#sign-account", "CHEN")
    page.fill("#sign-passphrase", desk.passphrases["CHEN"])
    page.check("[name=meaning]", force=True)
    press(page)
    page.wait_for_url(f"**{CASE}?recorded=y")
    assert page.evaluate(KEPT) == 0
    assert "POSSIBLE" in str(stands(home, 1))


def test_on_the_same_device_nobody_is_offered_what_another_typed(people: dict[str, Person]) -> None:
    lin = people["LIN"]
    fill(lin.page, FORMS["follow-up"])
    other = lin.window()
    other.goto(lin.desk.links["CHEN"])
    other.click("form.body button")
    other.wait_for_selector("tr[data-row]")
    other.goto(FORMS["follow-up"].path)
    assert other.locator("form[data-draft]").count() == 1
    assert other.locator(".draft").count() == 0
    other.check("#serious-yes", force=True)  # the narrative unfolds
    other.fill("#narrative", "What CHEN says")
    until(other, f"{KEPT} === 2")
    lin.sign_in("LIN")
    lin.page.goto(FORMS["follow-up"].path)
    restore(lin.page)
    assert lin.page.input_value("#narrative") == "Worse at night"


def test_a_narrative_of_ten_megabytes_is_counted_and_not_sent_and_stays(people: dict[str, Person], home: Home) -> None:
    page, head = people["LIN"].page, home.journal.head()[0]
    page.goto(f"{TRIAL}/file")
    page.select_option("#subject", "S1")
    page.check("#serious-yes", force=True)
    line = page.locator("#narrative-most")
    expect(line).to_have_text("At most 20,000 characters.")
    page.fill("#narrative", "x" * 19_000)
    expect(line).to_have_text("19,000 of 20,000 characters.")
    page.wait_for_timeout(1_500)  # what was asked of the shorter text is asked
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method) if request.method == "POST" else None)
    page.fill("#narrative", "y" * 10_000_000)
    expect(line).to_have_text("10,000,000 characters, 9,980,000 too many. It is not sent until it is shorter.")
    expect(page.locator("form#ae > p").last).to_contain_text("too long to be kept on this device")
    page.locator("button[value=file]:visible").first.click()
    expect(page.locator("#narrative")).to_be_focused()
    page.check("#serious-no", force=True)
    page.wait_for_timeout(700)  # longer than a form waits before it asks what it would set off
    assert sent == []
    assert page.evaluate("document.querySelector('#narrative').value.length") == 10_000_000
    assert "S1" in page.evaluate(STORED), "the rest of it is kept"
    page.check("#serious-yes", force=True)
    page.fill("#narrative", "z" * 30_000)
    until(page, f"{STORED}.includes('zzz')")
    page.reload()
    restore(page)
    expect(line).to_contain_text("30,000 characters, 10,000 too many")
    page.fill("#narrative", "Fell at night")
    page.locator("button[value=file]:visible").first.click()
    page.wait_for_url("**/subjects/S1?filed=*")
    assert home.journal.head()[0] > head
    assert page.evaluate(KEPT) == 0
