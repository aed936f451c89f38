"""The reported term is coded by hand by an officer: with its version, by reason where it changes, and nobody's code is lost."""

import re

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from safety.aggregates.adverse_event import AdverseEvents
from safety.home import Home
from safety.journal.states import folded
from tests.builders import append, coded, enrolled, registered, reported
from tests.test_web_pages import CHINESE
from tests.web_homes import TERM, Homes, signed_in, token, with_people, words

CASE = "/trials/T1/cases/S1/1"
CODING = f"{CASE}/coding"
CHILLS = {"preferred_term": "Chills", "preferred_term_code": "10008531", "body_system": "General disorders",
          "dictionary": "MedDRA", "dictionary_version": "28.1"}  # fmt: skip
UNCODED = {"preferred_term": None, "body_system": None}


@pytest.fixture
def home(homes: Homes) -> Home:
    home = homes.open()
    append(home.journal, registered(), enrolled("S1"), reported("S1", 1, term=TERM, **UNCODED), reported("S1", 2))
    append(home.journal, coded("S1", 2, preferred_term="Pyrexia"))
    return with_people(
        home, CHEN={"roles": ["safety_officer"]}, LIN={"roles": ["investigator"]}, ZHAO={"roles": ["auditor"]}
    )


@pytest.fixture
def browser(home: Home) -> TestClient:
    return signed_in(home, "CHEN")


def sent(browser: TestClient, page: Response, **typed: str) -> Response:
    """What a form comes to that was opened as this page and filled in."""
    hidden = dict(re.findall(r'name="(act|read_at)" value="([^"]*)"', page.text))
    return browser.post(CODING, data={"csrf": token(page), **hidden, **typed}, follow_redirects=False)


def held(home: Home) -> dict[str, str]:
    known = folded(home.journal.stream("T1/subject/S1")).slice(AdverseEvents).by_number[1].particulars
    return {name: str(known[name]) for name in CHILLS if known.get(name)}


def test_a_term_is_coded_and_the_case_and_its_tables_say_so(home: Home, browser: TestClient) -> None:
    page = browser.get(CODING)
    assert TERM in page.text
    assert '<option value="Pyrexia">' in page.text, "what others were coded as is offered"
    assert f'href="{CODING}"' in browser.get(CASE).text
    assert sent(browser, page, **CHILLS).headers["location"] == f"{CASE}?recorded=y"
    assert held(home) == CHILLS
    assert "AE 1: Chills" in words(browser.get(CASE))
    assert 'value="10008531"' in browser.get(CODING).text


def test_a_code_that_changes_needs_a_reason_and_what_is_left_empty_stays(home: Home, browser: TestClient) -> None:
    sent(browser, browser.get(CODING), **CHILLS)
    recoded = {**CHILLS, "preferred_term": "Rigors", "dictionary": ""}
    without = sent(browser, browser.get(CODING), **recoded)
    assert (without.status_code, "Say why it is coded anew" in words(without)) == (422, True)
    assert 'value="Rigors"' in without.text
    assert held(home) == CHILLS
    assert sent(browser, browser.get(CODING), **recoded, why="looked up again").status_code == 303
    assert held(home) == {**CHILLS, "preferred_term": "Rigors"}
    assert "looked up again" in words(browser.get(CASE))


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({}, "Write the preferred term"),
        ({"preferred_term": "x" * 251}, "it may be too long"),
        ({"preferred_term": "Chills", "dictionary_version": "9" * 33}, "it may be too long"),
    ],
)
def test_what_is_no_code_is_refused_at_its_field(
    home: Home, browser: TestClient, typed: dict[str, str], says: str
) -> None:
    answer = sent(browser, browser.get(CODING), **typed)
    assert (answer.status_code, says in words(answer)) == (422, True)
    assert held(home) == {}


def test_who_was_second_sees_what_the_first_one_coded(home: Home, browser: TestClient) -> None:
    page = browser.get(CODING)
    append(home.journal, coded("S1", 1, preferred_term="Fever"), by="WANG")
    answer = sent(browser, page, **CHILLS)
    assert answer.status_code == 409
    assert "preferred term not recorded Fever WANG" in words(answer)
    assert 'value="Chills"' in answer.text
    assert held(home)["preferred_term"] == "Fever"


def test_it_is_an_officers_to_code_and_it_is_said_in_chinese(home: Home, browser: TestClient) -> None:
    for account in ("LIN", "ZHAO"):
        other = signed_in(home, account)
        assert other.get(CODING).status_code == 404
        assert CODING not in other.get(CASE).text
    assert browser.get("/trials/T1/cases/S1/99/coding").status_code == 404
    assert "为报告术语编码" in words(browser.get(CODING, headers=CHINESE))
