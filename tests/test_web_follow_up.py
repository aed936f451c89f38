"""Following up and correcting an adverse event: prefilled, told before it is saved, and nobody's work lost where two edit."""

import html
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from safety.aggregates.adverse_event import AdverseEvent, AdverseEvents, Corrected, FollowedUp
from safety.aggregates.deciding import Form
from safety.aggregates.obligation import Opened, Submitted
from safety.home import Home
from safety.journal import decode
from safety.journal.states import folded
from tests.builders import (
    append,
    causality_assessed,
    completed,
    definition,
    enrolled,
    followed_up,
    given,
    nullified,
    pack_adopted,
    registered,
    reported,
)
from tests.rule_packs import PACK
from tests.test_web_pages import CHINESE, words
from tests.web_homes import PASSPHRASE, Homes, signed_in, with_people

CASE = "/trials/T1/cases/S1/1"
FOLLOW_UP, CORRECT, NULLIFY = f"{CASE}/follow-up", f"{CASE}/correct", f"{CASE}/nullify"
RECORD = {
    "started_on": "2026-02-20T09:30",
    "grade": "2",
    "severity": "MILD",
    "causality": "POSSIBLE",
    "serious": "N",
    "narrative": "First\nsecond",
}


@pytest.fixture
def home(homes: Homes) -> Home:
    opened = homes.open()
    two = definition(sites=[{"id": "01", "zone": "Asia/Shanghai"}, {"id": "02", "zone": "Asia/Shanghai"}])
    append(opened.journal, registered(two), pack_adopted(PACK), enrolled("S1"), enrolled("THEIRS", site="02"))
    append(opened.journal, given("S1", 1, "2026-01-05", lot="L-1"), given("S1", 2, "2026-02-02"))
    append(opened.journal, reported("S1", 1, **RECORD), reported("THEIRS", 1))
    return with_people(
        opened,
        LIN={"roles": ["investigator"], "trials": ["T1"], "sites": ["01"]},
        WANG={"roles": ["investigator"], "trials": ["T1"], "sites": ["01"]},
        CHEN={"roles": ["safety_officer"]},
        ZHAO={"roles": ["auditor"]},
    )


Said = dict[str, str | list[str]]


def filled_in(page: Response) -> Said:
    """What a browser would send of a form that nobody touched."""
    form = page.text[page.text.index('id="ae"') : page.text.index("</form>", page.text.index('id="ae"'))]
    said: Said = {}
    for tag in re.finditer(r"<input[^>]*>", form):
        name, value = re.search(r'name="(\w+)"', tag[0]), re.search(r'value="([^"]*)"', tag[0])
        if name is None or (('type="radio"' in tag[0] or 'type="checkbox"' in tag[0]) and "checked" not in tag[0]):
            continue
        text = html.unescape(value[1]) if value else ""
        if name[1] == "criteria":
            said["criteria"] = [*said.get("criteria", []), text]
        else:
            said[name[1]] = text
    for name, text in re.findall(r'<textarea[^>]*name="(\w+)"[^>]*>([^<]*)</textarea>', form):
        said[name] = html.unescape(text).replace("\n", "\r\n")
    for name, options in re.findall(r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        said[name] = html.unescape(chosen[1]) if chosen else ""
    return said


def pressed(
    browser: TestClient, page: Response, path: str, do: str | list[str] = "file", **typed: str | list[str]
) -> Response:
    return browser.post(path, data={**filled_in(page), "do": do, **typed}, follow_redirects=False)


def stands(home: Home, number: int = 1) -> AdverseEvent:
    return folded(home.journal.stream("T1/subject/S1")).slice(AdverseEvents).by_number[number]


def last(home: Home, of: type[Form]) -> Form:
    head = home.journal.head()[0]
    came = [decode(row).event for row in home.journal.page(0, head, head)]
    return next(event for event in reversed(came) if isinstance(event, of))


def test_the_form_is_filled_in_with_the_record_and_left_alone_it_changes_nothing(home: Home) -> None:
    browser = signed_in(home, "LIN")
    for path in (FOLLOW_UP, CORRECT):
        page = browser.get(path)
        assert page.status_code == 200
        said = filled_in(page)
        assert (said["on_y"], said["on_m"], said["on_d"], said["grade"]) == ("2026", "02", "20", "2")
        assert said["narrative"] == "First\r\nsecond"
        head = home.journal.head()[0]
        answer = pressed(browser, page, path, why="nothing")
        assert answer.status_code == 422
        assert "You changed nothing, so there is nothing to save." in words(answer)
        assert home.journal.head()[0] == head


def test_a_follow_up_says_only_what_is_new_and_keeps_the_rest(home: Home) -> None:
    browser = signed_in(home, "LIN")
    answer = pressed(
        browser, browser.get(FOLLOW_UP), FOLLOW_UP, outcome="RECOVERED/RESOLVED", off_y="2026", off_m="2", off_d="28"
    )
    assert (answer.status_code, answer.headers["location"]) == (303, CASE)
    event = last(home, FollowedUp)
    assert isinstance(event, FollowedUp)
    assert event.model_fields_set - {"trial", "subject", "number", "aware"} == {"outcome", "ended_on"}
    assert {name: stands(home).particulars.get(name) for name in RECORD} == RECORD


def test_what_it_would_set_off_is_told_before_and_is_what_it_then_sets_off(home: Home) -> None:
    browser = signed_in(home, "LIN")
    head = home.journal.head()[0]
    worse: Said = {"serious": "y", "criteria": ["hospitalisation"]}
    told = words(pressed(browser, browser.get(FOLLOW_UP), FOLLOW_UP, "check", **worse))
    assert home.journal.head()[0] == head
    assert "Changed on record, 2 fields" in told
    assert "seriousness no yes" in told
    assert "Clocks started, 1" in told
    assert "Safety officer (CHEN) the event has become serious." in told
    assert "Alerted at once, 1 person" in told
    assert "File and alert 1 person" in told
    pressed(browser, browser.get(FOLLOW_UP), FOLLOW_UP, **worse)
    came = [decode(row).event for row in home.journal.page(head, home.journal.head()[0], 99)]
    assert len([event for event in came if isinstance(event, Opened)]) == 1


def test_a_late_entry_is_said_to_be_one_and_is_taken(home: Home) -> None:
    browser = signed_in(home, "LIN")
    late = {"outcome": "UNKNOWN", "aware_day": "2026-02-25", "aware_time": "17:00"}
    told = words(pressed(browser, browser.get(FOLLOW_UP), FOLLOW_UP, "check", **late))
    assert "Late entry: it was learned of 4 days before this is filed." in told
    assert pressed(browser, browser.get(FOLLOW_UP), FOLLOW_UP, **late).status_code == 303


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"term": ""}, "takes nothing back"),
        ({"on_y": "", "on_m": "", "on_d": ""}, "takes nothing back"),
        ({"on_m": "13"}, "no date of the calendar"),
        ({"off_y": "2026", "off_m": "1"}, "before it begins"),
        ({"serious": "y", "grade": "9"}, "This cannot be taken as it is"),
        ({"outcome": "UNKNOWN", "aware_day": "2099-01-01"}, "lies in the future"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_saved(home: Home, typed: dict[str, str], says: str) -> None:
    browser = signed_in(home, "LIN")
    head = home.journal.head()[0]
    answer = pressed(browser, browser.get(FOLLOW_UP), FOLLOW_UP, narrative="<b>kept</b>", **typed)
    assert answer.status_code == 422
    assert says in words(answer)
    assert "&lt;b&gt;kept&lt;/b&gt;" in answer.text
    assert home.journal.head()[0] == head


def test_what_the_record_contradicts_by_itself_is_in_nobodys_way(home: Home) -> None:
    append(home.journal, followed_up("S1", 1, hospitalisation="Y", ended_on="2026-01"))
    browser = signed_in(home, "LIN")
    assert pressed(browser, browser.get(FOLLOW_UP), FOLLOW_UP, outcome="UNKNOWN").status_code == 303


def test_what_changed_since_it_was_last_sent_is_shown(home: Home) -> None:
    browser = signed_in(home, "LIN")
    assert "Nothing about this event has been sent yet." in words(browser.get(FOLLOW_UP))
    pressed(browser, browser.get(FOLLOW_UP), FOLLOW_UP, serious="y", criteria=["hospitalisation"])
    submitted(home)
    assert "0 values changed since then" in words(browser.get(FOLLOW_UP))
    append(home.journal, followed_up("S1", 1, outcome="FATAL", narrative="It went on."), by="WANG")
    told = words(browser.get(FOLLOW_UP))
    assert "Last sent: Obligation T-SITE/1: report sent to" in told
    assert "2 values changed since then" in told
    assert "outcome not recorded fatal WANG" in told
    assert "narrative First second It went on." in told


def submitted(home: Home) -> None:
    duty = last(home, Opened)
    assert isinstance(duty, Opened)
    append(
        home.journal,
        Submitted(
            trial="T1", subject="S1", number=1, obligation=duty.obligation, to=("sponsor",), sent_at=duty.starts_at
        ),
    )


# --- two people -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [FOLLOW_UP, CORRECT])
def test_the_second_sees_what_the_first_changed_and_loses_nothing(home: Home, path: str) -> None:
    mine, theirs = signed_in(home, "LIN"), signed_in(home, "WANG")
    my_page, their_page = mine.get(path), theirs.get(path)
    first = pressed(theirs, their_page, path, term="Chills", outcome="UNKNOWN", why="read from the file")
    assert first.status_code == 303
    head = home.journal.head()[0]
    second = pressed(mine, my_page, path, term="Fever", action_taken="DRUG WITHDRAWN", why="heard it wrongly")
    assert second.status_code == 409
    assert home.journal.head()[0] == head, "nothing is saved over the other's work"
    told = words(second)
    assert "This record was changed while you were typing" in told
    assert "term as reported Pyrexia Chills WANG Investigator" in told
    assert "You typed something else: it is kept in the form" in told
    assert "outcome not recorded unknown WANG" in told
    assert "Taken over into your form." in told
    said = filled_in(second)
    assert (said["term"], said["outcome"], said["action_taken"]) == ("Fever", "UNKNOWN", "DRUG WITHDRAWN")
    assert pressed(mine, second, path, why="heard it wrongly").status_code == 303
    now = stands(home).particulars
    assert (now["term"], now["outcome"], now["action_taken"]) == ("Fever", "UNKNOWN", "DRUG WITHDRAWN")
    event = last(home, FollowedUp if path == FOLLOW_UP else Corrected)
    assert event.model_fields_set & {"outcome"} == set(), "what the other said is not said again"


def test_two_who_press_at_the_same_moment_are_one_who_is_first_and_one_who_sees_it(home: Home) -> None:
    people = {who: signed_in(home, who) for who in ("LIN", "WANG")}
    together = threading.Barrier(2)

    def press(who: str, page: Response, turn: int) -> Response:
        together.wait()
        return pressed(people[who], page, FOLLOW_UP, term=f"{who} {turn}", narrative=f"By {who}, {turn}.")

    with ThreadPoolExecutor(2) as threads:
        for turn in range(8):
            pages = {who: browser.get(FOLLOW_UP) for who, browser in people.items()}
            came = list(threads.map(press, people, pages.values(), [turn, turn]))
            assert sorted(one.status_code for one in came) == [303, 409]
            first, second = (who for _, who in sorted(zip([one.status_code for one in came], people, strict=True)))
            page = next(one for one in came if one.status_code == 409)
            assert f"{first} {turn}" in words(page)
            assert filled_in(page)["term"] == f"{second} {turn}"
            assert stands(home).particulars["narrative"] == f"By {first}, {turn}."


def test_sent_twice_it_is_done_once_and_is_not_in_its_own_way(home: Home) -> None:
    browser = signed_in(home, "LIN")
    page = browser.get(FOLLOW_UP)
    answers = [pressed(browser, page, FOLLOW_UP, outcome="UNKNOWN").status_code for _ in range(3)]
    assert answers == [303, 303, 303]
    assert sum(row.topic == "adverse_event.followed_up.v1" for row in home.journal.stream("T1/subject/S1")) == 1


def test_a_form_of_days_ago_about_an_event_that_was_nullified_keeps_what_was_typed(home: Home, homes: Homes) -> None:
    browser = signed_in(home, "LIN")
    pages = {path: browser.get(path) for path in (FOLLOW_UP, CORRECT)}
    append(home.journal, nullified("S1", 1), completed("S1"), by="WANG")
    homes.now += timedelta(minutes=9)
    for path, page in pages.items():
        answer = pressed(browser, page, path, term="Typed for nothing?", why="wrong")
        assert answer.status_code == 409
        told = words(answer)
        assert "AE 1 was nullified: nothing more can be added to it." in told
        assert "nullified no yes WANG" in told
        assert "completed" in told
        assert 'value="Typed for nothing?"' in answer.text
        assert 'value="file"' not in answer.text, "there is nothing to press"
        assert browser.get(path).status_code == 200


def test_a_judgement_between_is_seen_too(home: Home) -> None:
    browser = signed_in(home, "LIN")
    page = browser.get(FOLLOW_UP)
    append(home.journal, causality_assessed("S1", 1, assessor="sponsor", causality="PROBABLE"), by="CHEN")
    answer = pressed(browser, page, FOLLOW_UP, outcome="UNKNOWN")
    assert answer.status_code == 409
    assert "causality (sponsor) not recorded Probably related CHEN" in words(answer)


@pytest.mark.parametrize("what", ["causality", "seriousness", "expectedness"])
def test_a_judgement_of_what_was_changed_meanwhile_is_given_again_with_the_change_in_view(
    home: Home, what: str
) -> None:
    browser = signed_in(home, "CHEN")
    path = f"{CASE}/{what}"
    answers = {"causality": "PROBABLE", "serious": "N", "expected": "Y", "against": "", "takes_back": ""}
    signed = {**answers, "meaning": "assessment", "account": "CHEN", "passphrase": PASSPHRASE}
    page = browser.get(path)
    append(home.journal, followed_up("S1", 1, outcome="FATAL", term="Sepsis"), by="LIN")
    said = dict(re.findall(r'name="(csrf|act|read_at)" value="([^"]*)"', page.text))
    second = browser.post(path, data={**said, **signed}, follow_redirects=False)
    assert second.status_code == 422
    told = words(second)
    assert "This record was changed while you were typing" in told
    assert "outcome not recorded fatal LIN" in told
    assert "Sepsis" not in told, "a judge of this page reads no free text on it"
    again = dict(re.findall(r'name="(csrf|act|read_at)" value="([^"]*)"', second.text))
    assert browser.post(path, data={**again, **signed}, follow_redirects=False).status_code == 303


@pytest.mark.parametrize("said", ["", "x", "-1", "9" * 30])
def test_a_form_that_does_not_say_what_it_was_filled_in_from_is_not_taken(home: Home, said: str) -> None:
    browser = signed_in(home, "LIN")
    answer = pressed(browser, browser.get(FOLLOW_UP), FOLLOW_UP, outcome="UNKNOWN", read_at=said)
    assert answer.status_code == 400
    assert "open it again" in words(answer)


# --- corrections ------------------------------------------------------------------------------------------------------


def test_a_correction_takes_a_reason_and_names_what_it_puts_right(home: Home) -> None:
    browser = signed_in(home, "LIN")
    page = browser.get(CORRECT)
    typed = {"term": "Chills", "on_y": "", "on_m": "", "on_d": "", "severity": ""}
    told = words(pressed(browser, page, CORRECT, "check", **typed))
    assert "Changed on record, 3 fields" in told
    assert "Say why the record was wrong" in words(pressed(browser, page, CORRECT, **typed))
    assert pressed(browser, page, CORRECT, **typed, why="misread").status_code == 303
    event = last(home, Corrected)
    assert isinstance(event, Corrected)
    assert event.variables == ("AETERM", "AESTDTC", "AESEV")
    now = stands(home).particulars
    assert (now["term"], now.get("started_on"), now.get("severity"), now["grade"]) == ("Chills", None, None, "2")
    assert decode(home.journal.stream("T1/subject/S1")[-1]).about().reason == "misread"


def test_a_judgement_that_is_corrected_is_signed(home: Home) -> None:
    browser = signed_in(home, "LIN")
    typed: Said = {"serious": "y", "criteria": ["disability"], "why": "misread"}
    unsigned = pressed(browser, browser.get(CORRECT), CORRECT, **typed)
    assert unsigned.status_code == 422
    assert "This corrects what a party judged, so it is signed." in words(unsigned)
    signed = {"meaning": "assessment", "account": "LIN", "passphrase": PASSPHRASE}
    answer = pressed(browser, unsigned, CORRECT, **typed, **signed)
    assert answer.status_code == 303, words(answer)
    row = next(row for row in home.journal.stream("T1/subject/S1") if row.topic == "adverse_event.corrected.v1")
    assert decode(row).about().signature is not None
    assert (stands(home).particulars["serious"], stands(home).particulars["disability"]) == ("Y", "Y")


def test_the_field_that_a_query_names_has_the_focus(home: Home) -> None:
    page = signed_in(home, "LIN").get(f"{CORRECT}?field=ended_on").text
    assert re.findall(r'id="(\w+)"[^>]*autofocus', page) == ["off_y"]


def test_a_nullification_is_signed_with_its_reason_and_comes_second_to_a_change(home: Home) -> None:
    browser = signed_in(home, "LIN")
    page = browser.get(NULLIFY)
    said = dict(re.findall(r'name="(csrf|act|read_at)" value="([^"]*)"', page.text))
    signed = {
        "meaning": "authorship",
        "account": "LIN",
        "passphrase": PASSPHRASE,
        "reason": "duplicate",
        "explanation": "As AE 2.",
    }
    append(home.journal, followed_up("S1", 1, outcome="UNKNOWN"), by="WANG")
    second = browser.post(NULLIFY, data={**said, **signed}, follow_redirects=False)
    assert second.status_code == 422
    assert "outcome not recorded unknown WANG" in words(second)
    assert not stands(home).nullified
    again = dict(re.findall(r'name="(csrf|act|read_at)" value="([^"]*)"', second.text))
    assert browser.post(NULLIFY, data={**again, **signed}, follow_redirects=False).status_code == 303
    assert stands(home).nullified
    assert "nothing more can be added" in words(browser.get(NULLIFY))


# --- who may ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["follow-up", "correct", "nullify"])
def test_another_sites_event_is_not_there_and_an_auditor_changes_nothing(home: Home, path: str) -> None:
    for who, case in (("LIN", "THEIRS/1"), ("LIN", "S1/9"), ("ZHAO", "S1/1")):
        assert signed_in(home, who).get(f"/trials/T1/cases/{case}/{path}").status_code == 404
    assert signed_in(home, "LIN").get(f"{CASE}/{path}?as_of=6").status_code == 409


def test_a_safety_officer_adds_but_does_not_take_back(home: Home) -> None:
    browser = signed_in(home, "CHEN")
    page = browser.get(FOLLOW_UP)
    assert 'name="causality"' not in page.text
    assert pressed(browser, page, FOLLOW_UP, serious="y", criteria=["disability"]).status_code == 303
    answer = pressed(
        browser,
        browser.get(CORRECT),
        CORRECT,
        serious="n",
        criteria=[],
        why="no",
        meaning="review",
        account="CHEN",
        passphrase=PASSPHRASE,
    )
    assert answer.status_code == 422
    assert "to say; record the sponsor" in words(answer)


@pytest.mark.parametrize(("path", "says"), [(FOLLOW_UP, "随访 AE 1"), (CORRECT, "更正 AE 1"), (NULLIFY, "作废 AE 1")])
def test_they_are_said_in_chinese(home: Home, path: str, says: str) -> None:
    assert says in words(signed_in(home, "LIN").get(path, headers=CHINESE))
