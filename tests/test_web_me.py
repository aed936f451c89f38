"""One's own account: changing the passphrase, setting up an authenticator, and marking what one has seen."""

import re
from datetime import timedelta

import pyotp
import pytest
from starlette.testclient import TestClient

from safety.home import Home
from tests.web_homes import PASSPHRASE, START, Homes, client, sent, signed_in, with_a_trial, with_people

ANOTHER = "seven herons over the river"


@pytest.fixture
def home(homes: Homes) -> Home:
    return with_people(with_a_trial(homes.open()), CHEN={"roles": ["safety_officer"]}, LIN={"roles": ["investigator"]})


@pytest.fixture
def browser(home: Home) -> TestClient:
    return signed_in(home, "CHEN")


def inside(browser: TestClient) -> bool:
    return browser.get("/", follow_redirects=False).status_code == 200


def signs_in(home: Home, passphrase: str, code: str = "") -> bool:
    said = {"account": "CHEN", "passphrase": passphrase, "code": code}
    return sent(client(home), "/sign-in", said, page="/sign-in").status_code == 303


def secret_of(page: str) -> str:
    return page.partition('name="secret" value="')[2].partition('"')[0]


def set_up(browser: TestClient, home: Home, present: str = PASSPHRASE) -> str:
    """Set an authenticator up with the code of this moment, and give its secret."""
    secret = secret_of(browser.get("/me").text)
    code = pyotp.TOTP(secret).at(home.doors.clock())
    answer = sent(browser, "/me/authenticator", {"secret": secret, "code": code, "present": present})
    assert answer.status_code == 303, answer.text
    return secret


def test_the_page_says_who_one_is_and_what_one_may_do(browser: TestClient) -> None:
    page = browser.get("/me").text
    assert "Dr CHEN" in page
    assert "Safety officer" in page


def test_another_passphrase_ends_every_other_session_and_this_one_goes_on_under_a_new_secret(
    home: Home, browser: TestClient
) -> None:
    other = client(home)
    sent(other, "/sign-in", {"account": "CHEN", "passphrase": PASSPHRASE}, page="/sign-in")
    before = browser.cookies["vigilog"]
    answer = sent(browser, "/me/passphrase", {"present": PASSPHRASE, "passphrase": ANOTHER, "again": ANOTHER})
    assert (answer.status_code, inside(browser), inside(other)) == (303, True, False)
    assert browser.cookies["vigilog"] != before
    assert (signs_in(home, PASSPHRASE), signs_in(home, ANOTHER)) == (False, True)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"present": "a wrong guess"}, "This is not your present passphrase."),
        ({"passphrase": "too short", "again": "too short"}, "Take 15 characters or more"),
        ({"again": "something else here"}, "The two passphrases differ"),
    ],
)
def test_what_does_not_fit_changes_nothing(home: Home, browser: TestClient, said: dict[str, str], told: str) -> None:
    answer = sent(browser, "/me/passphrase", {"present": PASSPHRASE, "passphrase": ANOTHER, "again": ANOTHER, **said})
    assert (answer.status_code, told in answer.text) == (422, True)
    assert signs_in(home, PASSPHRASE)


def test_guessing_at_the_present_passphrase_waits_like_guessing_at_the_door(browser: TestClient) -> None:
    said = {"present": "a wrong guess", "passphrase": ANOTHER, "again": ANOTHER}
    for _ in range(4):
        sent(browser, "/me/passphrase", said)
    assert "Wait 1 s, then try again." in sent(browser, "/me/passphrase", said).text


def test_an_authenticator_that_is_set_up_is_asked_for_and_its_first_code_is_used_up(
    home: Home, homes: Homes, browser: TestClient
) -> None:
    secret = set_up(browser, home)
    assert inside(browser)
    assert not signs_in(home, PASSPHRASE)
    assert not signs_in(home, PASSPHRASE, pyotp.TOTP(secret).at(START))
    homes.now += timedelta(seconds=30)
    assert signs_in(home, PASSPHRASE, pyotp.TOTP(secret).at(homes.now))


def test_with_an_authenticator_eight_characters_do_and_the_authenticator_stays(
    home: Home, homes: Homes, browser: TestClient
) -> None:
    secret = set_up(browser, home)
    said = {"present": PASSPHRASE, "passphrase": "k7#mQ2vp", "again": "k7#mQ2vp"}
    answer = sent(browser, "/me/passphrase", said)
    assert answer.status_code == 303
    told = "Your passphrase is changed. Wherever else you were signed in, you are not any more."
    assert told in browser.get(answer.headers["location"]).text
    assert told not in browser.get("/me?done=nothing").text
    assert not signs_in(home, "k7#mQ2vp", pyotp.TOTP(secret).at(START)), "the code that was used stays used"
    homes.now += timedelta(seconds=30)
    assert signs_in(home, "k7#mQ2vp", pyotp.TOTP(secret).at(homes.now))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"code": "000000"}, "This code does not fit."),
        ({"code": ""}, "This code does not fit."),
        ({"secret": "not base 32!"}, "This code does not fit."),
        ({"secret": "A"}, "This code does not fit."),
        ({"present": "a wrong guess"}, "This is not your present passphrase."),
    ],
)
def test_an_authenticator_that_shows_no_fitting_code_is_not_taken(
    home: Home, browser: TestClient, said: dict[str, str], told: str
) -> None:
    secret = secret_of(browser.get("/me").text)
    code = pyotp.TOTP(secret).at(START)
    answer = sent(browser, "/me/authenticator", {"secret": secret, "code": code, "present": PASSPHRASE, **said})
    assert (answer.status_code, told in answer.text) == (422, True)
    at = "present-2" if "present" in said else "code"
    assert f'<a href="#{at}">{told}' in answer.text, "said at the top, which leads to the field"
    assert re.search(rf'id="{at}" name="\w+" [^>]*aria-describedby="{at}-error" aria-invalid="true"', answer.text)
    assert signs_in(home, PASSPHRASE)


def test_a_new_first_link_takes_the_authenticator_away_that_was_lost(home: Home, browser: TestClient) -> None:
    set_up(browser, home)
    signed_in(home, "CHEN")
    assert signs_in(home, PASSPHRASE)


def test_what_one_has_seen_is_kept_for_oneself_and_never_beyond_the_log(home: Home, browser: TestClient) -> None:
    head = home.journal.head().position
    for said, kept in (("5", 5), (str(head + 100), head), ("7", 7)):
        answer = sent(browser, "/trials/T1/seen", {"position": said, "back": "/trials/T1/cases"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/trials/T1/cases")
        assert seen(home) == kept
    for said in ("0", "-3", "x", "", "9" * 30):
        sent(browser, "/trials/T1/seen", {"position": said})
        assert seen(home) == 7
    assert home.left_off.looked("LIN", "T1") is None


def seen(home: Home) -> int:
    looked = home.left_off.looked("CHEN", "T1")
    return looked.position if looked else 0
