"""The first link of an account: it works once and for a day, and what is chosen there is no weak passphrase."""

import unicodedata
from datetime import timedelta

import pytest

from safety.home import Home
from safety.web.credentials import LONGEST, TooWeak, check_choice
from tests.api_programs import Asks
from tests.sign_ins import chosen, inside, offered, tried, two_people
from tests.web_homes import PASSPHRASE, Homes, client, sent, signed_in, with_people


@pytest.fixture
def home(homes: Homes) -> Home:
    return two_people(homes)


@pytest.fixture
def chen(homes: Homes) -> Home:
    return chosen(homes)


def test_a_first_link_sets_a_passphrase_once(home: Home) -> None:
    link, browser = offered(home), client(home)
    answer = sent(browser, link, {"passphrase": PASSPHRASE, "again": PASSPHRASE}, page=link)
    assert (answer.status_code, inside(browser)) == (303, True)
    assert client(home).get(link).status_code == 404
    other = client(home)
    assert tried(other).status_code == 303
    assert inside(other)


def test_a_first_link_ends_with_its_day_and_when_another_is_made(home: Home, homes: Homes) -> None:
    first, second = offered(home), offered(home)
    assert [client(home).get(link).status_code for link in (first, second)] == [404, 200]
    homes.now += timedelta(hours=24)
    assert client(home).get(second).status_code == 404
    assert client(home).get("/first/made-up").text == client(home).get("/nowhere").text


def test_a_new_passphrase_ends_every_session_of_the_account(chen: Home) -> None:
    before = client(chen)
    tried(before)
    link, browser = offered(chen), client(chen)
    sent(browser, link, {"passphrase": f"{PASSPHRASE} again", "again": f"{PASSPHRASE} again"}, page=link)
    assert (inside(before), inside(browser)) == (False, True)
    assert tried(client(chen)).status_code == 401


@pytest.mark.parametrize(
    ("first", "again", "told"),
    [
        ("fourteen chars", "fourteen chars", "Take 15 characters or more"),
        (PASSPHRASE, PASSPHRASE[:-1], "The two passphrases differ"),
        ("aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa", "others try first"),
        ("1234567890" * 3, "1234567890" * 3, "others try first"),
        ("chen vigilog CHEN", "chen vigilog CHEN", "must not be made of"),
        ("x" * 100 + "y" * 101, "x" * 100 + "y" * 101, "Take 200 characters or fewer"),
    ],
)
def test_a_weak_choice_is_refused_with_the_reason_and_the_link_still_holds(
    home: Home, first: str, again: str, told: str
) -> None:
    link, browser = offered(home), client(home)
    answer = sent(browser, link, {"passphrase": first, "again": again}, page=link)
    assert answer.status_code == 422
    assert told in answer.text
    assert first not in answer.text
    assert browser.get(link).status_code == 200


def test_eight_characters_do_with_a_code_unless_they_are_common() -> None:
    check_choice("CHEN", "k7#mQ2vp", with_code=True)
    for common in ("password1", "iloveyou", "Football"):
        with pytest.raises(TooWeak):
            check_choice("CHEN", common, with_code=True)


def test_in_a_demonstration_the_link_itself_signs_in(homes: Homes) -> None:
    demo = with_people(homes.open("demo"), CHEN={"roles": ["safety_officer"]})
    link, browser = offered(demo), client(demo)
    assert "asks for no passphrase" in browser.get(link).text
    assert sent(browser, link, page=link).status_code == 303
    assert inside(browser)


def test_a_new_passphrase_ends_every_token_of_the_account(chen: Home) -> None:
    program = Asks(chen, "CHEN").client
    assert program.get("/api/v1/me").status_code == 200
    signed_in(chen, "CHEN")
    assert program.get("/api/v1/me").status_code == 401, "whoever had got in may have made it"


def test_a_long_passphrase_is_known_in_either_form_of_its_letters(home: Home) -> None:
    composed, link, browser = "é" * 120 + " of the sea", offered(home), client(home)
    apart = unicodedata.normalize("NFD", composed)
    assert len(apart) > LONGEST
    assert sent(browser, link, {"passphrase": apart, "again": apart}, page=link).status_code == 303
    assert [tried(client(home), passphrase=said).status_code for said in (composed, apart)] == [303, 303]
    for said in (apart + "x", apart + "x" * 5_000):
        assert tried(client(home), passphrase=said).status_code == 401
