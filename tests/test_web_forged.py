"""Forged and outsized requests are refused: a form of another site, one without its own token, a body or a haste without end."""

from collections.abc import Callable, Iterator

import pytest
from starlette.testclient import TestClient

from safety.home import Home
from safety.web.door import door
from safety.web.pace import Pace
from safety.web.shield import BODY_BYTES
from tests.sign_ins import chosen, inside, two_people
from tests.web_homes import PASSPHRASE, Homes, signed_in, token


@pytest.fixture
def home(homes: Homes) -> Home:
    return two_people(homes)


@pytest.fixture
def chen(homes: Homes) -> Home:
    return chosen(homes)


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
