"""Checks of OWASP ASVS that no other file makes: proxies, hosts, methods, sameness of answers, outsized texts, sessions, secrets."""

import logging
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from argon2 import PasswordHasher
from playwright.sync_api import Browser
from starlette.testclient import TestClient

from safety.home import Home
from safety.values import microseconds
from safety.web import credentials
from safety.web.access import AccessLog
from safety.web.credentials import check_choice, common
from safety.web.door import door
from safety.web.shield import BODY_BYTES
from tests.served_desk import Person, served
from tests.web_homes import PASSPHRASE, SUBJECT, TERM, Homes, client, sent, signed_in, token, with_a_trial, with_people

pytestmark = pytest.mark.uncovered

PEOPLE = {"CHEN": {"roles": ["safety_officer"]}, "LIN": {"roles": ["investigator"]}}


@pytest.fixture
def home(homes: Homes) -> Home:
    return with_people(with_a_trial(homes.open()), **PEOPLE)


class Counting(PasswordHasher):
    """Counts how often a digest is worked out: what an answer's time consists of."""

    def __init__(self) -> None:
        super().__init__(time_cost=2, memory_cost=19_456, parallelism=1)
        self.worked = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]  # noqa: A002, the library's name
        self.worked += 1
        return bool(super().verify(hash, password))


@pytest.mark.parametrize("account", ["CHEN", "NOBODY", "no account!", "LIN", ""])
def test_who_is_known_and_who_is_not_cost_the_same_work(
    home: Home, monkeypatch: pytest.MonkeyPatch, account: str
) -> None:
    signed_in(home, "CHEN")  # LIN has chosen no passphrase yet
    hasher = Counting()
    credentials.nobodys()
    monkeypatch.setattr(credentials, "HASHER", hasher)
    answer = sent(client(home), "/sign-in", {"account": account, "passphrase": "a wrong guess"}, page="/sign-in")
    assert (answer.status_code, hasher.worked) == (401, 1)


def test_a_code_that_is_sent_twice_at_once_is_taken_once(home: Home) -> None:
    signed_in(home, "CHEN")
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: home.credentials.take_step("CHEN", 7), range(32)))
    assert taken.count(True) == 1


def test_what_somebody_tried_long_ago_fills_no_disk(home: Home, homes: Homes) -> None:
    for number in range(20):
        assert home.sessions.tries({f"account A{number}": (0, 0)}, now=microseconds(homes.now))
    homes.now += timedelta(hours=1)
    assert home.sessions.tries({"account CHEN": (0, 0)}, now=microseconds(homes.now))
    assert home.sessions.failures("account A7") == (0, 0)
    assert home.sessions.failures("account CHEN")[0] == 1


# --- passphrases ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "chosen",
    [
        "a heron, a boat, a bell and the tide; then seventy years of rain on one roof",
        "发热头痛咳嗽恶心皮疹乏力腹泻心悸",
        "lowercase letters only",
        "1 9 4 2 8 5 7 6 0 3 1",
        "x7" * 7 + "Q",
        "é" * 3 + "ñandú pingüino",
    ],
)
def test_a_passphrase_may_be_made_of_anything(chosen: str) -> None:
    check_choice("CHEN", chosen, with_code=False)


def test_what_is_tried_first_is_three_thousand_of_eight_characters_or_more() -> None:
    assert len(common()) >= 3_000
    assert min(map(len, common())) >= 8


def test_secrets_have_more_than_128_bits_and_are_never_the_same(home: Home) -> None:
    held = {client(home).get("/sign-in").cookies["vigilog"] for _ in range(50)}
    assert len(held) == 50
    assert {len(secret) for secret in held} == {43}, "32 random bytes in base 64"


def test_its_field_is_masked_and_takes_what_is_pasted(home: Home) -> None:
    page = client(home).get("/sign-in").text
    field = re.search(r'<input[^>]*name="passphrase"[^>]*>', page)
    assert field is not None
    assert 'type="password"' in field[0]
    assert 'autocomplete="current-password"' in field[0]
    assert "maxlength" not in field[0]


# --- sessions ---------------------------------------------------------------------------------------------------------


def test_one_sees_where_one_is_signed_in_and_ends_the_others_with_the_passphrase(home: Home, homes: Homes) -> None:
    first = signed_in(home, "CHEN")
    homes.now += timedelta(minutes=5)
    second = client(home)
    sent(second, "/sign-in", {"account": "CHEN", "passphrase": PASSPHRASE}, page="/sign-in")
    page = second.get("/me").text
    assert page.count("since ") == 2
    assert sent(second, "/me/sessions", {"present": "a wrong guess"}).status_code == 422
    assert first.get("/", follow_redirects=False).status_code == 200
    assert sent(second, "/me/sessions", {"present": PASSPHRASE}).status_code == 303
    assert [one.get("/", follow_redirects=False).status_code for one in (first, second)] == [303, 200]
    assert "End all others" not in second.get("/me").text


@pytest.mark.parametrize(
    "path", ["/", "/me", "/trials/T1/cases", f"/trials/T1/cases/{SUBJECT}/1", "/trials/T1/worklist"]
)
def test_every_page_lets_one_sign_out(home: Home, path: str) -> None:
    assert 'action="/sign-out"' in signed_in(home, "CHEN").get(path).text


def test_the_chosen_language_is_bound_to_the_host_over_tls_too(home: Home) -> None:
    browser = TestClient(door(home), base_url="https://desk.example")
    browser.post("/language", data={"csrf": token(browser.get("/sign-in")), "language": "zh"})
    assert "__Host-vigilog-language" in browser.cookies
    assert browser.get("/sign-in").headers["content-language"] == "zh-Hans"


# --- requests ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PROPFIND", "OPTIONS"])
@pytest.mark.parametrize("path", ["/", "/sign-in", "/me", "/metrics"])
def test_a_method_that_no_route_names_does_nothing(home: Home, method: str, path: str) -> None:
    head = home.journal.head().position
    answer = signed_in(home, "CHEN").request(method, path)
    assert answer.status_code in {403, 405}
    assert home.journal.head().position == head


def test_a_page_of_another_site_may_read_nothing(home: Home) -> None:
    for path in ("/", "/sign-in", "/metrics", "/api/openapi.json", "/static/vigilog.css"):
        answer = client(home).get(path, headers={"origin": "https://evil.example"})
        assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_every_text_says_its_kind_and_its_letters(home: Home) -> None:
    browser = signed_in(home, "CHEN")
    kinds = {
        path: browser.get(path).headers["content-type"] for path in ("/", "/nowhere", "/metrics", "/static/vigilog.css")
    }
    assert all(re.fullmatch(r"text/\S+;.*charset=utf-8", kind) for kind in kinds.values()), kinds
    assert browser.get("/readyz").headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost@evil.example", "evil.example:80", "localhost.evil.example"]
)
def test_the_host_that_a_request_names_stands_nowhere_and_leads_nowhere(home: Home, host: str) -> None:
    for path in ("/sign-in", "/", "/trials/T1/cases", "/nowhere"):
        answer = client(home).get(path, headers={"host": host, "x-forwarded-host": host}, follow_redirects=False)
        assert "evil" not in answer.text
        assert answer.headers.get("location", "/").startswith("/")
        assert "evil" not in answer.headers.get("set-cookie", "")


def asked(
    address: str, path: str, headers: dict[str, str], data: bytes | None = None
) -> tuple[int, dict[str, str], str]:
    """Ask a server of its own as a program does: status, headers and body."""
    request = Request(address + path, data, headers)
    try:
        with urlopen(request, timeout=30) as answer:
            return answer.status, dict(answer.headers), answer.read().decode()
    except HTTPError as refused:
        return refused.code, dict(refused.headers), refused.read().decode()


@pytest.mark.parametrize(
    ("trusted", "source"), [("", "127.0.0.1"), ("10.0.0.1", "127.0.0.1"), ("127.0.0.1", "203.0.113.9")]
)
def test_a_proxy_is_believed_only_where_the_settings_name_it(homes: Homes, trusted: str, source: str) -> None:
    home = with_people(homes.open("demo"), CHEN={"roles": ["safety_officer"]})
    told = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    with served(home, VIGILOG_TRUSTED_PROXIES=trusted) as desk:
        address = desk.address.replace("localhost", "127.0.0.1")
        _, headers, page = asked(address, "sign-in", told)
        cookie = headers["set-cookie"].partition(";")[0]
        assert cookie.startswith("__Host-" if source != "127.0.0.1" else "vigilog=")
        form = f"csrf={re.findall('csrf. value=.([0-9a-f]+)', page)[0]}&account=CHEN&passphrase=wrong".encode()
        kind = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
        assert asked(address, "sign-in", told | kind, form)[0] == 401
    assert {entry.source for entry in AccessLog(home).entries(10) if entry.kind == "refused"} == {source}


# --- outsized ---------------------------------------------------------------------------------------------------------


def test_a_narrative_of_ten_megabytes_is_refused_in_one_sentence_in_the_readers_language(home: Home) -> None:
    browser = signed_in(home, "LIN")
    head = home.journal.head().position
    said = {
        "csrf": token(browser.get("/trials/T1/file")),
        "subject": SUBJECT,
        "narrative": "x" * 10_000_000,
        "do": "file",
    }
    answer = browser.post("/trials/T1/file", data=said)
    assert answer.status_code == 413
    assert "nothing was stored, and what you typed is not kept" in answer.text
    assert "xxx" not in answer.text
    chinese = browser.post("/trials/T1/file", data=said, headers={"accept-language": "zh"})
    assert "您输入的内容也未保留" in chinese.text
    assert home.journal.head().position == head


def test_a_narrative_too_long_for_the_record_comes_back_with_all_of_it(home: Home) -> None:
    browser = signed_in(home, "LIN")
    said = {
        "csrf": token(browser.get("/trials/T1/file")),
        "subject": SUBJECT,
        "narrative": "y" * 1_000_000,
        "do": "file",
    }
    assert len(said["narrative"]) < BODY_BYTES
    answer = browser.post("/trials/T1/file", data=said)
    assert answer.status_code == 422
    assert "y" * 1_000_000 in answer.text


SEND = """async () => {
  const form = new URLSearchParams(new FormData(document.querySelector("#ae")));
  form.set("narrative", "z".repeat(10_000_000));
  const answer = await fetch("/trials/T1/file", { method: "POST", body: form });
  return [answer.status, await answer.text()];
}"""


def test_in_a_browser_that_is_still_sending_the_refusal_is_seen(homes: Homes, browser: Browser) -> None:
    with served(with_people(with_a_trial(homes.open("demo")), **PEOPLE)) as desk:
        lin = Person(browser, desk).sign_in("LIN")
        lin.page.goto(f"/trials/T1/file?subject={SUBJECT}")
        status, told = lin.page.evaluate(SEND)
        assert status == 413
        assert "larger than the 2 MB" in told
        lin.context.close()


# --- secrets ----------------------------------------------------------------------------------------------------------


def test_no_secret_reaches_a_log_or_an_answer(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        browser = signed_in(home, "CHEN")
        answer = sent(browser, "/sign-in", {"account": "CHEN", "passphrase": PASSPHRASE, "code": "123456"}, page="/me")
        pages = [browser.get(path).text for path in ("/", "/me", "/metrics", "/nowhere")]
    ours = " ".join(one.getMessage() for one in caplog.records if not one.name.startswith(("httpx", "httpcore")))
    noted = str([tuple(row) for row in home.access.rows()])
    found = home.credentials.find("CHEN")
    assert found is not None
    for secret in (PASSPHRASE, browser.cookies["vigilog"], found.passphrase):
        assert all(secret not in text for text in (ours, noted, answer.text, *pages))
    assert TERM not in ours
