"""Following up an adverse event: prefilled, told before it is saved, and by whom it may be done."""

import pytest

from safety.aggregates.adverse_event import FollowedUp
from safety.aggregates.obligation import Opened, Submitted
from safety.home import Home
from safety.journal import decode
from tests.builders import (
    append,
    followed_up,
)
from tests.follow_ups import (
    CASE,
    CORRECT,
    FOLLOW_UP,
    NULLIFY,
    RECORD,
    Said,
    filled_in,
    last,
    pressed,
    stands,
    with_an_event,
)
from tests.test_web_pages import CHINESE
from tests.web_homes import PASSPHRASE, Homes, signed_in, words


@pytest.fixture
def home(homes: Homes) -> Home:
    return with_an_event(homes)


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
    assert (answer.status_code, answer.headers["location"]) == (303, f"{CASE}?recorded=y")
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
