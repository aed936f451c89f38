"""What a session is: when it ends, what its cookie is bound to, and that what is kept of it lets nobody in."""

from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from safety.home import Home
from safety.sessions import Sessions, SessionsUnusable
from safety.settings import Settings
from safety.values import microseconds
from safety.web.door import door
from safety.web.going_on import within
from tests.sign_ins import chosen, inside, tried
from tests.web_homes import PASSPHRASE, Homes, client, sent, signed_in


@pytest.fixture
def chen(homes: Homes) -> Home:
    return chosen(homes)


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
