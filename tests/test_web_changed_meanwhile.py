"""Two who work on one adverse event: the second sees what the first changed, and nobody's work is lost."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from httpx2 import Response

from safety.aggregates.adverse_event import Corrected, FollowedUp
from safety.home import Home
from tests.builders import (
    append,
    causality_assessed,
    completed,
    followed_up,
    nullified,
)
from tests.follow_ups import CASE, CORRECT, FOLLOW_UP, filled_in, last, pressed, stands, with_an_event
from tests.web_homes import PASSPHRASE, Homes, signed_in, words


@pytest.fixture
def home(homes: Homes) -> Home:
    return with_an_event(homes)


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
