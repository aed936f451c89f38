"""Signing in: what proves somebody, and what slows a guess."""

import re
from collections.abc import Callable
from datetime import timedelta

import pyotp
import pytest
from argon2.exceptions import VerifyMismatchError
from starlette.testclient import TestClient

from safety.home import Home
from safety.values import microseconds
from safety.web import credentials
from safety.web.door import door
from tests.sign_ins import chosen, inside, tried, two_people
from tests.web_homes import START, Homes, client, sent, signed_in, with_people

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def chen(homes: Homes) -> Home:
    return chosen(homes)


@pytest.fixture
def home(homes: Homes) -> Home:
    return two_people(homes)


def test_nobody_has_a_passphrase_that_nobody_chose(home: Home) -> None:
    for passphrase in ("", "nobody signs in with this", "OPERATOR", "vigilog"):
        assert tried(client(home), "OPERATOR", passphrase).status_code == 401


def test_on_postgresql_it_is_the_same(homes: Homes, fresh_postgres_url: str) -> None:
    home = with_people(homes.open(database_url=fresh_postgres_url), CHEN={"roles": ["safety_officer"]})
    browser = signed_in(home, "CHEN")
    assert tried(client(home), passphrase="a wrong guess").status_code == 401
    assert sent(browser, "/sign-out").status_code == 303
    assert not inside(browser)
    assert tried(browser).status_code == 303
    found = home.credentials.find("CHEN")
    assert found is not None
    assert [home.credentials.take_step("CHEN", step) for step in (5, 5, 4, 6)] == [True, False, False, True]
    assert home.sessions.failures("account CHEN")[0] == 1, "of another browser"
    tried(client(home))
    assert home.sessions.failures("account CHEN") == (0, 0)


# --- guesses ----------------------------------------------------------------------------------------------------------


def test_wrong_passphrase_and_unknown_account_get_the_same_answer(chen: Home) -> None:
    answers = [tried(client(chen), account, "something else entirely") for account in ("CHEN", "WHO", "no account!")]
    assert [answer.status_code for answer in answers] == [401] * 3
    bodies = {re.sub(r'value="[^"]*"', "", answer.text) for answer in answers}
    assert len(bodies) == 1
    assert "something else" not in bodies.pop()


def test_refusals_make_the_next_try_wait_longer_and_longer_but_never_for_ever(chen: Home, homes: Homes) -> None:
    waits = []
    for _ in range(9):
        while (answer := tried(client(chen), passphrase="a wrong guess")).status_code == 429:
            waits.append(int(answer.headers["retry-after"]))
            homes.now += timedelta(seconds=waits[-1])
        assert answer.status_code == 401
    assert waits == [1, 2, 4, 8, 16]
    homes.now += timedelta(seconds=32)
    assert tried(client(chen)).status_code == 303, "who is on duty gets in"
    assert tried(client(chen), passphrase="a wrong guess").status_code == 401, "and what was refused is forgotten"


def test_while_it_waits_nothing_is_checked(chen: Home) -> None:
    for _ in range(4):
        tried(client(chen), passphrase="a wrong guess")
    answer = tried(client(chen))
    assert answer.status_code == 429
    assert "Wait 1 second, then try again." in answer.text


def test_an_accounts_wait_is_ten_seconds_at_most_whoever_brings_it_about(chen: Home, homes: Homes) -> None:
    now = microseconds(homes.now)
    for _ in range(50):
        assert chen.sessions.tries({"account CHEN": chen.sessions.failures("account CHEN")}, now=now)
    assert tried(client(chen)).headers["retry-after"] == "10"
    homes.now += timedelta(seconds=10)
    assert tried(client(chen)).status_code == 303


def guessed(home: Home) -> None:
    """Somebody somewhere takes every try that there is."""
    while tried(client(home), passphrase="a wrong guess").status_code != 429:
        pass


def test_whoever_goes_on_guessing_shuts_nobody_out_of_where_they_were_before(chen: Home, homes: Homes) -> None:
    usual = signed_in(chen, "CHEN")
    for _ in range(3):
        assert sent(usual, "/sign-out").status_code == 303
        guessed(chen)
        assert tried(client(chen)).status_code == 429, "at a browser that nobody knows"
        assert tried(usual).status_code == 303, "who is on duty gets in at once"
        homes.now += timedelta(seconds=16)
    sent(usual, "/sign-out")
    for _ in range(4):
        assert tried(usual, passphrase="a wrong guess").status_code == 401
    assert tried(usual).status_code == 429, "a guess at this browser waits like any other"
    assert not chen.sessions.knows(usual.cookies["vigilog-known"], "LIN", now=microseconds(homes.now))


def test_a_browser_is_known_no_longer_after_ninety_days_or_once_the_account_is_begun_anew(
    chen: Home, homes: Homes
) -> None:
    usual, other = signed_in(chen, "CHEN"), client(chen)
    tried(other)
    assert [known(chen, browser) for browser in (usual, other, client(chen))] == [True, True, False]
    anew = signed_in(chen, "CHEN")
    assert [known(chen, browser) for browser in (usual, other, anew)] == [False, False, True]
    homes.now += timedelta(days=90)
    assert not known(chen, anew)


def known(home: Home, browser: TestClient) -> bool:
    secret = browser.cookies.get("vigilog-known") or ""
    return home.sessions.knows(secret, "CHEN", now=microseconds(home.doors.clock()))


def test_what_a_browser_is_known_by_is_new_at_each_sign_in_and_signs_nobody_in(chen: Home) -> None:
    browser = client(chen)
    browser.cookies.set("vigilog-known", "planted-by-somebody-else", domain="localhost.local")
    answer = tried(browser)
    held = browser.cookies["vigilog-known"]
    assert held != "planted-by-somebody-else"
    assert not chen.sessions.knows("planted-by-somebody-else", "CHEN", now=microseconds(chen.doors.clock()))
    cookie = next(one for one in answer.headers.get_list("set-cookie") if "-known" in one)
    assert all(said in cookie for said in ("HttpOnly", "SameSite=strict", "Path=/", "Max-Age=7776000"))
    thief = client(chen)
    thief.cookies.set("vigilog-known", held, domain="localhost.local")
    assert not inside(thief)
    safe = TestClient(door(chen), base_url="https://desk.example")
    told = next(one for one in tried(safe).headers.get_list("set-cookie") if "-known" in one)
    assert told.startswith("__Host-vigilog-known=")
    assert "Secure" in told


class Interrupted:
    """A hasher that is met by another guess while it works on the first."""

    def __init__(self, meanwhile: Callable[[], int]) -> None:
        self.meanwhile, self.answers = meanwhile, list[int]()

    def verify(self, *_: str) -> None:
        if not self.answers:
            self.answers.append(0)
            self.answers[0] = self.meanwhile()
        raise VerifyMismatchError


def test_guesses_that_are_sent_at_once_wait_like_those_that_are_sent_one_by_one(
    chen: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        tried(client(chen), passphrase="a wrong guess")
    hasher = Interrupted(lambda: tried(client(chen), passphrase="another guess").status_code)
    monkeypatch.setattr(credentials, "HASHER", hasher)
    assert tried(client(chen), passphrase="a wrong guess").status_code == 401
    assert hasher.answers == [429], "the fourth is under way, and the fifth waits for it"


def test_guesses_at_several_accounts_at_once_are_counted_against_their_source(
    chen: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    for account in ("A1", "A2", "A3"):
        assert tried(client(chen), account).status_code == 401
    hasher = Interrupted(lambda: tried(client(chen), "A5").status_code)
    monkeypatch.setattr(credentials, "HASHER", hasher)
    assert tried(client(chen), passphrase="a wrong guess").status_code == 401
    assert hasher.answers == [429], "the fourth is under way, and the fifth waits for it"
    assert chen.sessions.failures("account A5") == (0, 0), "what was not taken is counted against nobody"
    assert chen.sessions.failures("source testclient")[0] == 4


@pytest.mark.parametrize(
    ("sources", "taken"), [(["2001:db8::1", "2001:db8::2:2"], 429), (["2001:db8::1", "2001:db8:0:1::1"], 401)]
)
def test_the_addresses_of_one_network_are_one_source(chen: Home, sources: list[str], taken: int) -> None:
    first, other = (TestClient(door(chen), base_url="http://localhost", client=(one, 50_000)) for one in sources)
    for account in ("A1", "A2", "A3", "A4"):
        assert tried(first, account).status_code == 401
    assert tried(other, "A5").status_code == taken


# --- codes ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def with_code(chen: Home) -> Home:
    """CHEN has an authenticator."""
    found = chen.credentials.find("CHEN")
    assert found is not None
    chen.credentials.put(found._replace(authenticator=SECRET))
    return chen


def code(seconds: int = 0) -> str:
    return pyotp.TOTP(SECRET).at(START + timedelta(seconds=seconds))


def test_with_an_authenticator_both_are_needed(with_code: Home) -> None:
    assert [tried(client(with_code), code=said).status_code for said in ("", "000000")] == [401, 401]
    assert tried(client(with_code), passphrase="a wrong guess", code=code()).status_code == 401
    assert tried(client(with_code), code=f"{code()[:3]} {code()[3:]}").status_code == 303


def test_a_code_is_taken_once_and_none_of_before_after_it(with_code: Home, homes: Homes) -> None:
    assert tried(client(with_code), code=code()).status_code == 303
    assert tried(client(with_code), code=code()).status_code == 401, "a code that somebody saw is worth nothing"
    homes.now += timedelta(seconds=30)
    assert tried(client(with_code), code=code()).status_code == 401, "nor is it a step later"
    assert tried(client(with_code), code=code(30)).status_code == 303


def test_a_slow_hand_has_one_step_and_no_more(with_code: Home, homes: Homes) -> None:
    homes.now += timedelta(seconds=30)
    assert tried(client(with_code), code=code()).status_code == 303
    homes.now += timedelta(seconds=90)
    assert tried(client(with_code), code=code(60)).status_code == 401
    assert tried(client(with_code), code=code(150)).status_code == 401, "one of the future is none"


def test_a_wrong_passphrase_does_not_use_up_the_code(with_code: Home) -> None:
    tried(client(with_code), passphrase="a wrong guess", code=code())
    assert tried(client(with_code), code=code()).status_code == 303
