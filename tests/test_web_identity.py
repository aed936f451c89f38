"""Signing in through an identity provider: whom it vouches for gets the account that is there, and nothing false gets any."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response
from joserfc.jwk import OctKey, RSAKey
from starlette.testclient import TestClient

from safety.directory import Person
from safety.home import Home
from safety.settings import Settings
from safety.web.access import AccessLog
from tests.identity_provider import CLIENT, SECRET, IdentityProvider
from tests.web_homes import SUBJECT, Homes, client, sent, signed_in, with_a_trial, with_people


@pytest.fixture
def provider(homes: Homes) -> Iterator[IdentityProvider]:
    made = IdentityProvider()
    made.now = int(homes.now.timestamp())
    with made.running():
        yield made


@pytest.fixture
def home(homes: Homes, provider: IdentityProvider, tmp_path: Path) -> Home:
    """A desk whose settings name the provider; CHEN's address is the one that the provider vouches for."""
    made = with_people(with_a_trial(homes.open()), CHEN={"roles": ["safety_officer"]}, LIN={"roles": ["investigator"]})
    made.directory.put(Person("CHEN", "Dr CHEN", "Chen@Example.org", ("safety_officer",)))
    secret = tmp_path / "secret"
    secret.write_text(f"{SECRET}\n", encoding="utf-8")
    said: dict[str, Any] = {"oidc_issuer": provider.issuer, "oidc_client_id": CLIENT, "oidc_secret_file": secret}
    made.settings = Settings(home=made.settings.home, oidc_name="The hospital", **said)
    return made


def sent_there(browser: TestClient, onward: str = "/me") -> str:
    """Where a browser is sent that has the sign-in page open."""
    browser.get("/sign-in")
    answer = browser.get("/sign-in/elsewhere", params={"next": onward}, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def comes(home: Home, provider: IdentityProvider) -> Response:
    browser = client(home)
    return browser.get(provider.answered(sent_there(browser)), follow_redirects=False)


def test_it_leads_to_the_account_with_the_verified_address_and_on(home: Home, provider: IdentityProvider) -> None:
    browser = client(home)
    assert "Sign in through The hospital" in browser.get("/sign-in").text
    answer = browser.get(provider.answered(sent_there(browser)), follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/me")
    assert "Dr CHEN" in browser.get("/me").text
    entry = next(AccessLog(home).entries(1))
    assert (entry.kind, entry.account, entry.thing) == ("signed_in", "CHEN", "identity provider")


def test_without_a_provider_there_is_no_such_way(homes: Homes) -> None:
    bare = client(homes.open())
    assert "Sign in through" not in bare.get("/sign-in").text
    for path in ("/sign-in/elsewhere", "/sign-in/elsewhere/back?code=x&state=y"):
        assert bare.get(path).text == bare.get("/nowhere").text


FALSE: dict[str, dict[str, Any]] = {
    "another audience": {"aud": "somebody-else"},
    "an audience too many": {"aud": [CLIENT, "somebody-else"]},
    "another party": {"azp": "somebody-else"},
    "another issuer": {"iss": "https://evil.example"},
    "no issuer": {"iss": None},
    "another nonce": {"nonce": "of another browser"},
    "no nonce": {"nonce": None},
    "expired": {"exp": 1_000_000_000},
    "no expiry": {"exp": None},
    "of the future": {"iat": 4_000_000_000},
    "not yet": {"nbf": 4_000_000_000},
    "no subject": {"sub": None},
    "an empty subject": {"sub": ""},
    "an unknown address": {"email": "nobody@example.org"},
    "an address not verified": {"email_verified": False},
    "verified in words": {"email_verified": "true"},
    "no address": {"email": None},
    "an address in a list": {"email": ["chen@example.org"]},
}


@pytest.mark.parametrize("claims", FALSE.values(), ids=FALSE.keys())
def test_what_does_not_fit_signs_nobody_in(home: Home, provider: IdentityProvider, claims: dict[str, Any]) -> None:
    provider.claims = claims
    answer = comes(home, provider)
    assert (answer.status_code, "led to no account" in answer.text) == (401, True)
    provider.claims = {}
    assert comes(home, provider).status_code == 303, "and what fits still does"


def test_a_token_that_nobody_signed_or_somebody_else_or_with_a_shared_secret_is_none(
    home: Home, provider: IdentityProvider
) -> None:
    provider.signs_with = None
    assert comes(home, provider).status_code == 401
    provider.signs_with = RSAKey.generate_key(2048)
    assert comes(home, provider).status_code == 401
    provider.signs_with, provider.algorithm = OctKey.import_key(SECRET * 2), "HS256"
    assert comes(home, provider).status_code == 401


def test_an_answer_is_for_the_browser_that_was_sent_and_counts_once(home: Home, provider: IdentityProvider) -> None:
    browser, other = client(home), client(home)
    back = provider.answered(sent_there(browser))
    sent_there(other)
    assert other.get(back).status_code == 401, "of another browser"
    assert client(home).get(back).status_code == 401, "of none"
    assert browser.get(back, follow_redirects=False).status_code == 303
    assert browser.get(back).status_code == 401, "again"


@pytest.mark.parametrize(
    "changes", [{"state": "x"}, {"state": ""}, {"code": "x"}, {"code": ""}, {"iss": "https://evil.example"}]
)
def test_a_changed_answer_is_none(home: Home, provider: IdentityProvider, changes: dict[str, str]) -> None:
    browser = client(home)
    assert browser.get(provider.answered(sent_there(browser), **changes)).status_code == 401


def test_an_answer_that_comes_too_late_is_none(home: Home, homes: Homes, provider: IdentityProvider) -> None:
    browser = client(home)
    back = provider.answered(sent_there(browser))
    homes.now += timedelta(minutes=10)
    assert browser.get(back).status_code == 401


@pytest.mark.parametrize(
    "described",
    [
        {"issuer": "https://evil.example"},
        {"authorization_endpoint": "http://evil.example/authorize"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": None},
    ],
)
def test_a_provider_that_is_not_what_the_settings_say_is_not_gone_to(
    home: Home, provider: IdentityProvider, described: dict[str, Any]
) -> None:
    provider.described = described
    browser = client(home)
    browser.get("/sign-in")
    assert browser.get("/sign-in/elsewhere", follow_redirects=False).status_code == 401


@pytest.mark.parametrize("described", [{"token_endpoint": "http://evil.example/"}, {"jwks_uri": "file:///etc/passwd"}])
def test_its_other_places_are_over_tls_or_here(
    home: Home, provider: IdentityProvider, described: dict[str, Any]
) -> None:
    provider.described = described
    assert comes(home, provider).status_code == 401


def test_nobody_is_followed_anywhere_and_one_that_is_down_is_told(home: Home, provider: IdentityProvider) -> None:
    provider.redirects = True
    browser = client(home)
    browser.get("/sign-in")
    assert browser.get("/sign-in/elsewhere", follow_redirects=False).status_code == 401
    home.settings = home.settings.model_copy(update={"oidc_issuer": "http://localhost:1"})
    assert browser.get("/sign-in/elsewhere", follow_redirects=False).status_code == 401
    home.settings = home.settings.model_copy(update={"oidc_secret_file": Path("/nowhere/at/all")})
    assert browser.get("/sign-in/elsewhere", follow_redirects=False).status_code == 401


def test_another_page_starts_no_sign_in(home: Home, provider: IdentityProvider) -> None:
    browser = client(home)
    browser.get("/sign-in")
    answer = browser.get("/sign-in/elsewhere", headers={"sec-fetch-site": "cross-site"}, follow_redirects=False)
    assert answer.status_code == 200
    assert client(home).get("/sign-in/elsewhere", follow_redirects=False).status_code == 200, (
        "nor a browser that holds nothing"
    )


def test_the_subject_stands_for_the_account_from_then_on_and_an_address_that_passes_on_does_not(
    home: Home, provider: IdentityProvider
) -> None:
    assert comes(home, provider).status_code == 303
    provider.claims = {"email": "chen.wei@example.org"}
    assert comes(home, provider).status_code == 303, "the same subject under another address"
    provider.claims = {"sub": "subject-2"}
    assert comes(home, provider).status_code == 401, "another subject under the same address"
    signed_in(home, "CHEN")
    assert comes(home, provider).status_code == 303, "until an operator begins the account anew"


def test_an_address_of_two_people_is_nobodys(home: Home, provider: IdentityProvider) -> None:
    home.directory.put(Person("LIN", "Dr LIN", "chen@example.org", ("investigator",)))
    assert comes(home, provider).status_code == 401


def test_a_signature_needs_what_is_proved_here(home: Home, provider: IdentityProvider) -> None:
    browser = client(home)
    browser.get(provider.answered(sent_there(browser)))
    head = home.journal.head().position
    said = {"act": "A-1", "causality": "PROBABLE", "meaning": "assessment", "account": "CHEN", "passphrase": ""}
    path = f"/trials/T1/cases/{SUBJECT}/1/causality"
    assert sent(browser, path, said, page="/me").status_code == 422
    assert home.journal.head().position == head


def test_no_token_and_no_secret_is_kept_or_logged(
    home: Home, provider: IdentityProvider, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        assert comes(home, provider).status_code == 303
    ours = " ".join(one.getMessage() for one in caplog.records if not one.name.startswith(("httpx", "httpcore")))
    kept = b"".join(file.read_bytes() for file in home.settings.home.glob("*.db*"))
    assert SECRET not in ours
    assert SECRET.encode() not in kept
    assert b"eyJ" not in kept
