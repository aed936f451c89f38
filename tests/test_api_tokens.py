"""API tokens: shown once, kept as a digest, narrowed, ending, revoked; what shows none of them opens nothing."""

import re
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from safety.home import Home
from safety.web.access import AccessLog
from safety.web.api.scopes import GROUPS, is_scope
from safety.web.pace import Pace
from safety.web.policy import RULES
from tests.api_programs import YEAR, program, unhurried, with_token
from tests.web_homes import PASSPHRASE, START, Homes, client, sent, signed_in, with_a_trial, with_people

CASES = "/api/v1/trials/T1/cases"


@pytest.fixture
def home(homes: Homes) -> Home:
    return with_people(with_a_trial(homes.open()), CHEN={"roles": ["safety_officer"]}, LIN={"roles": ["investigator"]})


def made(browser: TestClient, **said: str) -> str:
    """Make a token on the page, and give what it shows."""
    form = {"name": "nightly export", "scopes": "read", "lasts": "30", "present": PASSPHRASE, **said}
    page = sent(browser, "/me/tokens", form)
    assert page.status_code == 200, page.text
    found = re.search(r"vigilog_[\w-]{43}", page.text)
    assert found is not None
    return found[0]


def asked(home: Home, secret: str, path: str = CASES) -> int:
    return unhurried(home).get(path, headers={"authorization": f"Bearer {secret}"}).status_code


def kinds(home: Home) -> list[str]:
    return [entry.kind for entry in AccessLog(home).entries(100)]


def test_a_token_is_shown_once_and_opens_what_its_scopes_and_the_policy_open(home: Home) -> None:
    browser = signed_in(home, "CHEN")
    secret = made(browser)
    page = browser.get("/me/tokens").text
    assert secret not in page
    assert "nightly export" in page
    assert asked(home, secret) == 200
    assert unhurried(home).get("/api/v1/me", headers={"authorization": f"Bearer {secret}"}).json() == {
        "account": "CHEN",
        "name": "Dr CHEN",
        "roles": ["safety_officer"],
        "trials": [],
        "sites": [],
        "scopes": ["read"],
    }
    assert kinds(home)[:2] == ["read_sealed", "token_made"], "the list of cases told terms in clear"


def test_only_a_digest_is_kept_of_it(home: Home) -> None:
    secret = made(signed_in(home, "CHEN"))
    asked(home, secret)
    for file in home.settings.home.glob("*.db*"):
        assert secret.encode() not in file.read_bytes(), file.name


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"present": "another passphrase"}, "This is not your present passphrase"),
        ({"name": ""}, "which program will hold it"),
        ({"name": "x" * 81}, "which program will hold it"),
        ({"scopes": ""}, "at least one thing"),
        ({"scopes": "administer"}, "at least one thing"),
        ({"actions": "session.begin"}, "no action that a token"),
        ({"actions": "everything"}, "no action that a token"),
        ({"lasts": "0"}, "how long it holds"),
        ({"lasts": ""}, "how long it holds"),
    ],
)
def test_what_does_not_fit_makes_no_token_and_says_so(home: Home, said: dict[str, str], told: str) -> None:
    form = {"name": "nightly", "scopes": "read", "lasts": "30", "present": PASSPHRASE, **said}
    page = sent(signed_in(home, "LIN"), "/me/tokens", form)
    assert page.status_code == 422
    assert told in page.text
    assert home.tokens.of("LIN") == []


def test_twenty_tokens_are_enough(home: Home) -> None:
    browser = signed_in(home, "LIN")
    for number in range(20):
        with_token(home, "LIN", name=str(number))
    form = {"name": "one more", "scopes": "read", "lasts": "30", "present": PASSPHRASE}
    assert "20 tokens" in sent(browser, "/me/tokens", form).text


def test_a_token_ends_when_it_said_and_not_before(home: Home, homes: Homes) -> None:
    secret = with_token(home, "CHEN", lasts=YEAR)
    homes.now = START + timedelta(days=365) - timedelta(seconds=1)
    assert asked(home, secret) == 200
    homes.now = START + timedelta(days=365)
    assert asked(home, secret) == 401


def test_a_revoked_token_opens_nothing_and_nobody_revokes_anothers(home: Home) -> None:
    browser = signed_in(home, "CHEN")
    secret = made(browser)
    named = home.tokens.of("CHEN")[0].id
    assert sent(signed_in(home, "LIN"), f"/me/tokens/{named}/revoke").status_code == 404
    assert asked(home, secret) == 200
    assert sent(browser, f"/me/tokens/{named}/revoke").status_code == 303
    assert asked(home, secret) == 401
    assert sent(browser, f"/me/tokens/{named}/revoke").status_code == 404
    assert "revoked" in browser.get("/me/tokens").text


@pytest.mark.parametrize(
    "shown",
    ["", "Bearer", "Bearer ", "Bearer vigilog_", "Bearer vigilog_guess", "Basic Q0hFTjp4", "vigilog_guess", "Bearer é"],
)
def test_what_is_no_token_is_refused_and_counted(home: Home, shown: str) -> None:
    answer = unhurried(home).get(CASES, headers={b"authorization": shown.encode("latin-1")})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert kinds(home)[0] == "token_refused"
    assert "guess" not in str([tuple(row) for row in home.access.rows()])


def test_a_token_that_is_refused_is_not_helped_by_a_session(home: Home) -> None:
    browser = signed_in(home, "CHEN")
    assert browser.get(CASES).status_code == 200
    assert browser.get(CASES, headers={"authorization": "Bearer vigilog_guess"}).status_code == 401


def test_beyond_its_scopes_a_token_says_so_whatever_is_there(home: Home) -> None:
    narrow = program(home, "CHEN", ["case.list"])
    assert narrow.get(CASES).status_code == 200
    for path in (CASES + "/CANARYSUBJECT/1", CASES + "/NOBODY/9", "/api/v1/trials/T9/cases/S1/1"):
        answer = narrow.get(path)
        assert (answer.status_code, "case.read" in answer.json()["detail"]) == (403, True)
    assert kinds(home)[0] == "denied"


def test_scopes_never_widen_what_the_account_may(home: Home) -> None:
    assert program(home, "LIN").get("/api/v1/trials/T1/incidence").status_code == 404
    assert program(home, "LIN", ["incidence.read"]).get("/api/v1/trials/T1/incidence").status_code == 404


def test_every_action_that_is_signed_in_for_is_in_a_group_or_named_alone() -> None:
    grouped = frozenset[str]().union(*(actions for _, actions in GROUPS.values()))
    assert grouped <= set(RULES)
    own = GROUPS["keep"][1]
    assert {RULES[name].kind for name in own} == {"keeps"}
    assert {name for name in RULES if is_scope(name)} | own >= grouped
    left = {name for name in RULES if is_scope(name)} - grouped
    assert left == {"channel.test", "drill.raise", "log.request_redaction", "log.redact"}
    assert not any(is_scope(name) for name, rule in RULES.items() if rule.anyone or rule.kind == "keeps")


def test_a_token_is_noted_as_used_to_the_minute(home: Home, homes: Homes) -> None:
    secret = with_token(home, "CHEN")
    assert home.tokens.of("CHEN")[0].used_at is None
    asked(home, secret)
    first = home.tokens.of("CHEN")[0].used_at
    homes.now = START + timedelta(seconds=30)
    asked(home, secret)
    assert home.tokens.of("CHEN")[0].used_at == first
    homes.now = START + timedelta(seconds=90)
    asked(home, secret)
    assert home.tokens.of("CHEN")[0].used_at != first


def test_a_program_in_a_hurry_is_told_to_wait_as_a_problem(home: Home) -> None:
    from safety.web.door import door  # noqa: PLC0415, beside the client that waits for nobody

    hurried = TestClient(door(home, Pace(burst=3, a_second=0.0)), base_url="http://localhost")
    hurried.headers["authorization"] = f"Bearer {with_token(home, 'CHEN')}"
    answers = [hurried.get(CASES) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[3].headers["content-type"] == "application/problem+json"
    assert answers[3].headers["retry-after"] == "1"


def test_without_the_tokens_nobody_is_let_in_and_the_door_says_why(home: Home) -> None:
    secret = with_token(home, "CHEN")
    home.tokens.close()
    del home.tokens
    for file in home.settings.home.glob("directory.db*"):
        file.unlink()
    (home.settings.home / "directory.db").mkdir()
    answer = client(home).get(CASES, headers={"authorization": f"Bearer {secret}"})
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
