"""Correcting and nullifying an adverse event: with a reason, signed where a party's judgement is put right."""

import re

import pytest

from safety.aggregates.adverse_event import Corrected
from safety.home import Home
from safety.journal import decode
from tests.builders import (
    append,
    followed_up,
)
from tests.follow_ups import CORRECT, NULLIFY, Said, last, pressed, stands, with_an_event
from tests.web_homes import PASSPHRASE, Homes, signed_in, words


@pytest.fixture
def home(homes: Homes) -> Home:
    return with_an_event(homes)


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
