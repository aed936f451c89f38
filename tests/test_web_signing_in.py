"""Signing in: what proves somebody, what slows a guess, what a session is, and that no other site's form gets through."""

import re
import secrets
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from safety.home import Home
from safety.sessions import Sessions, SessionsUnusable
from safety.settings import Settings
from safety.values import microseconds
from safety.web.credentials import TooWeak, check_choice
from safety.web.door import door
from safety.web.going_on import within
from safety.web.pace import Pace
from safety.web.shield import BODY_BYTES
from tests.web_homes import PASSPHRASE, START, Homes, client, sent, signed_in, token, with_people

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def home(homes: Homes) -> Home:
    return with_people(homes.open(), CHEN={"roles": ["safety_officer"]}, LIN={"roles": ["investigator"]})


@pytest.fixture
def chen(home: Home) -> Home:
    """CHEN has chosen a passphrase, and is signed out again."""
    signed_in(home, "CHEN")
    return home


def offered(home: Home, account: str = "CHEN", hours: int = 24) -> str:
    secret = secrets.token_urlsafe()
    home.sessions.offer(secret, account, until=microseconds(home.doors.clock() + timedelta(hours=hours)))
    return f"/first/{secret}"


def tried(
    browser: TestClient, account: str = "CHEN", passphrase: str = PASSPHRASE, code: str = "", **more: str
) -> Response:
    said = {"account": account, "passphrase": passphrase, "code": code, **more}
    return sent(browser, "/sign-in", said, page="/sign-in")


def inside(browser: TestClient) -> bool:
    return browser.get("/", follow_redirects=False).status_code == 200


# --- the first link ---------------------------------------------------------------------------------------------------


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


def test_nobody_has_a_passphrase_that_nobody_chose(home: Home) -> None:
    for passphrase in ("", "nobody signs in with this", "OPERATOR", "vigilog"):
        assert tried(client(home), "OPERATOR", passphrase).status_code == 401


def test_in_a_demonstration_the_link_itself_signs_in(homes: Homes) -> None:
    demo = with_people(homes.open("demo"), CHEN={"roles": ["safety_officer"]})
    link, browser = offered(demo), client(demo)
    assert "asks for no passphrase" in browser.get(link).text
    assert sent(browser, link, page=link).status_code == 303
    assert inside(browser)


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
        chen.sessions.failed("account CHEN", now=now)
    assert tried(client(chen)).headers["retry-after"] == "10"
    homes.now += timedelta(seconds=10)
    assert tried(client(chen)).status_code == 303


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


# --- sessions ---------------------------------------------------------------------------------------------------------


def test_signing_in_gives_a_new_secret_whatever_the_browser_held(chen: Home) -> None:
    browser = client(chen)
    browser.cookies.set("vigilog", "planted-by-somebody-else", domain="localhost.local")
    browser.get("/sign-in")
    before = browser.cookies["vigilog"]
    assert tried(browser).status_code == 303
    after = browser.cookies["vigilog"]
    assert after != before
    attacker = client(chen)
    attacker.cookies.set("vigilog", before, domain="localhost.local")
    assert not inside(attacker)


def test_signing_in_again_ends_the_session_before(chen: Home) -> None:
    browser = signed_in(chen, "CHEN")
    before = browser.cookies["vigilog"]
    assert "Clear-Site-Data" not in tried(browser).headers
    assert chen.sessions.find(before, now=microseconds(chen.doors.clock())) is None


def test_a_session_ends_thirty_minutes_after_the_last_request(chen: Home, homes: Homes) -> None:
    browser = signed_in(chen, "CHEN")
    for _ in range(3):
        homes.now += timedelta(minutes=29)
        assert inside(browser)
    homes.now += timedelta(minutes=30)
    assert not inside(browser)


def test_a_session_ends_twelve_hours_after_sign_in_however_busy(chen: Home, homes: Homes) -> None:
    browser = signed_in(chen, "CHEN")
    for _ in range(35):
        homes.now += timedelta(minutes=20)
        assert inside(browser)
    homes.now += timedelta(minutes=20)
    assert not inside(browser)


def test_a_session_of_the_future_is_none(chen: Home, homes: Homes) -> None:
    browser = signed_in(chen, "CHEN")
    homes.now -= timedelta(hours=1)
    assert not inside(browser)


def test_signing_out_ends_the_session_on_the_server(chen: Home) -> None:
    browser = signed_in(chen, "CHEN")
    held = browser.cookies["vigilog"]
    answer = sent(browser, "/sign-out")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    thief = client(chen)
    thief.cookies.set("vigilog", held, domain="localhost.local")
    assert not inside(thief)


def test_who_is_not_signed_in_is_sent_there_and_back(chen: Home) -> None:
    browser = client(chen)
    away = browser.get("/trials/T1/cases?subject=S1", follow_redirects=False)
    assert away.headers["location"] == "/sign-in?next=%2Ftrials%2FT1%2Fcases%3Fsubject%3DS1"
    assert tried(browser, next="/trials/T1/cases?subject=S1").headers["location"] == "/trials/T1/cases?subject=S1"


@pytest.mark.parametrize(
    "path",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:x", "", "/a\r\nSet-Cookie: x", "/a\\b"],
)
def test_nobody_is_sent_to_another_site(path: str) -> None:
    assert within(path) == "/"


@pytest.mark.parametrize(
    ("address", "name", "secure"),
    [
        ("http://localhost", "vigilog", False),
        ("http://127.0.0.1:8000", "vigilog", False),
        ("https://localhost", "__Host-vigilog", True),
        ("http://desk.example", "__Host-vigilog", True),
        ("https://desk.example", "__Host-vigilog", True),
    ],
)
def test_the_cookie_is_bound_to_host_and_tls_but_on_this_machine(
    chen: Home, address: str, name: str, *, secure: bool
) -> None:
    browser = TestClient(door(chen), base_url=address)
    cookie = browser.get("/sign-in").headers["set-cookie"]
    assert cookie.startswith(f"{name}=")
    assert ("Secure" in cookie) is secure
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert "Max-Age" not in cookie


def test_a_desk_that_is_reached_over_tls_says_to_use_nothing_else(homes: Homes) -> None:
    home = homes.open()
    assert "strict-transport-security" not in client(home).get("/sign-in").headers
    home.settings = Settings(home=home.settings.home, public_url="https://desk.example")
    assert client(home).get("/sign-in").headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"


@pytest.mark.parametrize(
    ("stated", "name"),
    [
        ("http://127.0.0.1:9000", "vigilog"),
        ("http://[::1]:9000/", "vigilog"),
        ("http://localhost:9000", "vigilog"),
        ("https://desk.example", "__Host-vigilog"),
        ("https://localhost.example", "__Host-vigilog"),
    ],
)
def test_an_address_of_this_machine_that_was_stated_lets_its_own_browser_in(
    homes: Homes, stated: str, name: str
) -> None:
    home = homes.open()
    home.settings = Settings(home=home.settings.home, public_url=stated)
    assert client(home).get("/sign-in").headers["set-cookie"].startswith(f"{name}=")


def test_what_is_kept_of_a_session_signs_nobody_in(chen: Home) -> None:
    browser = signed_in(chen, "CHEN")
    kept = (chen.settings.home / "scratch.db").read_bytes() + (chen.settings.home / "scratch.db-wal").read_bytes()
    assert browser.cookies["vigilog"].encode() not in kept
    assert PASSPHRASE.encode() not in (chen.settings.home / "directory.db").read_bytes()
    found = chen.credentials.find("CHEN")
    assert found is not None
    assert found.passphrase.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


# --- forged and outsized ----------------------------------------------------------------------------------------------


def without(_: TestClient) -> dict[str, str]:
    return {}


def of_another(browser: TestClient) -> dict[str, str]:
    return {"csrf": token(TestClient(browser.app, base_url="http://localhost").get("/sign-in"))}


@pytest.mark.parametrize("said", [without, of_another])
def test_a_form_without_its_own_token_is_refused(chen: Home, said: Callable[[TestClient], dict[str, str]]) -> None:
    browser = signed_in(chen, "CHEN")
    answer = browser.post("/sign-out", data=said(browser), follow_redirects=False)
    assert answer.status_code == 403
    assert inside(browser)


def test_a_cookie_that_was_dropped_for_want_of_tls_is_told_as_that(chen: Home) -> None:
    browser = TestClient(door(chen), base_url="http://desk.example")
    form = {"csrf": token(browser.get("/sign-in")), "account": "CHEN", "passphrase": PASSPHRASE}
    answer = browser.post("/sign-in", data=form)
    assert (answer.status_code, "open it through https" in answer.text) == (403, True)


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ],
)
def test_a_form_of_another_site_is_refused_even_with_the_token(chen: Home, headers: dict[str, str]) -> None:
    browser = signed_in(chen, "CHEN")
    form = {"csrf": token(browser.get("/"))}
    assert browser.post("/sign-out", data=form, headers=headers).status_code == 403
    assert inside(browser)
    own = {"sec-fetch-site": "same-origin", "origin": "http://localhost"}
    assert browser.post("/sign-out", data=form, headers=own, follow_redirects=False).status_code == 303


def test_a_body_larger_than_any_form_is_refused_whether_it_says_so_or_not(chen: Home) -> None:
    browser = signed_in(chen, "CHEN")
    form = f"csrf={token(browser.get('/'))}&x=".encode()
    kind = {"content-type": "application/x-www-form-urlencoded"}
    assert browser.post("/sign-out", content=form + b"y" * BODY_BYTES, headers=kind).status_code == 413

    def pieces() -> Iterator[bytes]:
        yield form
        for _ in range(BODY_BYTES // 100_000 + 1):
            yield b"y" * 100_000

    assert browser.post("/sign-out", content=pieces(), headers=kind).status_code == 413
    assert inside(browser)


def test_who_asks_without_end_is_told_to_wait_and_probes_are_not(home: Home) -> None:
    browser = TestClient(door(home, Pace(burst=3, a_second=0.001)), base_url="http://localhost")
    assert [browser.get("/sign-in").status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    assert browser.get("/healthz").status_code == 200
    assert browser.get("/sign-in").headers["retry-after"] == "1"


def test_lost_sessions_are_told_and_sign_everybody_out(chen: Home, tmp_path: Path) -> None:
    browser = signed_in(chen, "CHEN")
    chen.sessions.close()
    for file in chen.settings.home.glob("scratch.db*"):
        file.unlink()
    (chen.settings.home / "scratch.db").mkdir()
    assert browser.get("/").status_code == 503
    (chen.settings.home / "scratch.db").rmdir()
    del chen.sessions
    assert not inside(browser)
    with pytest.raises(SessionsUnusable):
        Sessions(f"sqlite:///{tmp_path / 'no' / 'folder' / 'scratch.db'}")
