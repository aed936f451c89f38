"""The first page of administration says what to do first, and what is wrong before anything else."""

import pytest
from starlette.testclient import TestClient

from safety.home import Home
from tests.web_homes import Homes, administered, signed_in, with_people


@pytest.fixture
def home(homes: Homes) -> Home:
    return administered(homes)


@pytest.fixture
def browser(home: Home) -> TestClient:
    return signed_in(home, "OPER")


def test_an_empty_desk_says_what_to_do_first(homes: Homes) -> None:
    operator = signed_in(with_people(homes.open(), OPER={"roles": ["operator"]}), "OPER")
    assert 'href="/admin">Begin</a>' in operator.get("/").text
    page = operator.get("/admin").text
    assert "Let the safety officer sign for the rule packs" in page
    assert "Every role is filled" not in page, "there is no role to fill"
    officer = signed_in(with_people(homes.open(), CHEN={"roles": ["safety_officer"]}), "CHEN")
    assert "An operator registers trials" in officer.get("/").text


def test_alerts_that_no_channel_takes_out_of_the_machine_are_a_fault(home: Home, browser: TestClient) -> None:
    told = "Neither e-mail nor a webhook is set up"
    assert told in browser.get("/admin").text
    assert "Every role is filled" not in browser.get("/admin").text
    home.settings = home.settings.model_copy(update={"webhook_url": "https://hook.example"})
    assert told not in browser.get("/admin").text


def test_the_overview_says_what_is_wrong_first(home: Home, browser: TestClient) -> None:
    page = browser.get("/admin").text
    assert "would keep an alert from reaching somebody" in page
    assert "No e-mail address is known of anybody who is Operator now" in page
    assert "1 person has no passphrase yet" in page
    officer = signed_in(home, "CHEN").get("/admin").text
    assert "T1" in officer
    assert "/admin/people" not in officer
    assert 'href="/admin"' in officer
    assert 'href="/admin"' not in signed_in(with_people(home, LIN={"roles": ["investigator"]}), "LIN").get("/").text
