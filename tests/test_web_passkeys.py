"""Passkeys: a device of our own making signs in and signs, and whatever is not an answer to what was asked proves nothing."""

import json
from datetime import timedelta

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from safety.aggregates.adverse_event import CausalityAssessed
from safety.home import Home
from safety.journal import decode
from safety.settings import Settings
from safety.web.access import AccessLog
from tests.soft_passkey import Device
from tests.web_homes import PASSPHRASE, SUBJECT, Homes, client, sent, signed_in, token, with_a_trial, with_people

ORIGIN = "http://localhost"


@pytest.fixture
def home(homes: Homes) -> Home:
    return with_people(with_a_trial(homes.open()), CHEN={"roles": ["safety_officer"]}, LIN={"roles": ["investigator"]})


@pytest.fixture
def device() -> Device:
    return Device(ORIGIN)


@pytest.fixture
def chen(home: Home, device: Device) -> TestClient:
    """CHEN is signed in and has added a passkey."""
    browser = signed_in(home, "CHEN")
    assert added(browser, device).status_code == 303
    return browser


def asked(browser: TestClient, path: str, page: str = "/me") -> dict[str, object]:
    """What the desk asks a device, as a script of the page hears it."""
    answer = browser.post(path, headers={"x-csrf-token": token(browser.get(page))})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def added(browser: TestClient, device: Device, present: str = PASSPHRASE) -> Response:
    made = device.made(asked(browser, "/me/passkey/begin"))
    return sent(browser, "/me/passkey", {"present": present, "passkey": made}, page="/me")


def signs_in(browser: TestClient, answer: str) -> int:
    return sent(browser, "/sign-in/passkey", {"passkey": answer, "next": "/me"}, page="/sign-in").status_code


def proof(browser: TestClient, device: Device) -> str:
    return device.proved(asked(browser, "/sign-in/passkey/begin", "/sign-in"))


def test_it_is_added_with_the_passphrase_and_signs_in_alone(home: Home, chen: TestClient, device: Device) -> None:
    browser = client(home)
    assert signs_in(browser, proof(browser, device)) == 303
    assert "Dr CHEN" in browser.get("/me").text
    kinds = [(entry.kind, entry.account, entry.thing) for entry in AccessLog(home).entries(3)]
    assert ("signed_in", "CHEN", "passkey") in kinds


def test_without_the_passphrase_none_is_added_and_none_removed(home: Home, device: Device) -> None:
    browser = signed_in(home, "CHEN")
    assert added(browser, device, present="a wrong guess").status_code == 422
    assert home.credentials.passkeys("CHEN") == []
    assert added(browser, device).status_code == 303
    (kept,) = home.credentials.passkeys("CHEN")
    assert (
        sent(browser, "/me/passkey/remove", {"present": "a wrong guess", "id": kept.id}, page="/me").status_code == 422
    )
    assert home.credentials.passkeys("CHEN") == [kept]
    assert sent(browser, "/me/passkey/remove", {"present": PASSPHRASE, "id": kept.id}, page="/me").status_code == 303
    other = client(home)
    assert signs_in(other, proof(other, device)) == 401


def test_an_operator_sees_who_has_passkeys_and_revoking_an_account_removes_them(home: Home, chen: TestClient) -> None:
    with_people(home, OPER={"roles": ["operator"]})
    operator = signed_in(home, "OPER")
    for path in ("/admin/people", "/admin/people/CHEN"):
        assert operator.get(path).text.count("1 passkey") == 1
    assert "passkeys" not in operator.get("/admin/people/LIN").text.partition("Revoke the account")[0]
    home.credentials.bind("https://provider.example", "chen", "CHEN")
    assert sent(operator, "/admin/people/CHEN/revoke", {"why": "left"}).status_code == 303
    assert home.credentials.passkeys("CHEN") == []
    assert home.credentials.known_as("https://provider.example", "chen") is None


def test_nobody_removes_anothers(home: Home, chen: TestClient) -> None:
    (kept,) = home.credentials.passkeys("CHEN")
    sent(signed_in(home, "LIN"), "/me/passkey/remove", {"present": PASSPHRASE, "id": kept.id}, page="/me")
    assert home.credentials.passkeys("CHEN") == [kept]


def test_an_answer_counts_once(home: Home, chen: TestClient, device: Device) -> None:
    browser = client(home)
    answer = proof(browser, device)
    assert signs_in(browser, answer) == 303
    again = client(home)
    assert signs_in(again, answer) == 401, "in another browser"
    proof(again, device)
    assert signs_in(again, answer) == 401, "nor where something else was asked"


def test_whoever_guesses_at_the_passphrase_keeps_no_passkey_out(home: Home, chen: TestClient, device: Device) -> None:
    guess = {"account": "CHEN", "passphrase": "a wrong guess"}
    while sent(client(home), "/sign-in", guess, page="/sign-in").status_code != 429:
        pass
    browser = client(home)
    assert signs_in(browser, proof(browser, device)) == 303


def test_an_answer_comes_in_time(home: Home, homes: Homes, chen: TestClient, device: Device) -> None:
    browser = client(home)
    answer = proof(browser, device)
    homes.now += timedelta(minutes=5)
    assert signs_in(browser, answer) == 401


@pytest.mark.parametrize(
    "fault",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://localhost:81"},
        {"rp_id": "evil.example"},
        {"challenge": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
        {"kind": "webauthn.create"},
        {"verified": False},
        {"present": False},
        {"spoiled": True},
        {"cross_key": True},
    ],
    ids=str,
)
def test_what_a_false_device_says_proves_nothing(
    home: Home, chen: TestClient, device: Device, fault: dict[str, object]
) -> None:
    browser = client(home)
    options = asked(browser, "/sign-in/passkey/begin", "/sign-in")
    assert signs_in(browser, device.proved(options, **fault)) == 401  # type: ignore[arg-type]  # one of the keywords
    assert signs_in(browser, proof(browser, device)) == 303


def test_a_device_that_counts_back_is_a_copy(home: Home, chen: TestClient, device: Device) -> None:
    browser = client(home)
    device.uses = 40
    assert signs_in(browser, proof(browser, device)) == 303
    for uses in (39, 10, 0):
        device.uses = uses - 1
        again = client(home)
        assert signs_in(again, proof(again, device)) == 401
    device.uses = 60
    last = client(home)
    assert signs_in(last, proof(last, device)) in {303, 429}


def test_what_is_no_answer_at_all_is_refused_and_counted(home: Home, chen: TestClient, device: Device) -> None:
    browser = client(home)
    asked(browser, "/sign-in/passkey/begin", "/sign-in")
    for answer in ("", "{}", "[]", "null", "x", '{"rawId": 7}', json.dumps({"rawId": device.id, "response": {}})):
        assert signs_in(browser, answer) in {401, 429}
    assert sum(entry.kind == "refused" for entry in AccessLog(home).entries(50)) >= 4


def test_what_was_asked_for_one_purpose_answers_no_other(home: Home, chen: TestClient, device: Device) -> None:
    options = asked(chen, "/me/passkey/sign")
    browser = client(home)
    asked(browser, "/sign-in/passkey/begin", "/sign-in")
    assert signs_in(browser, device.proved(options)) == 401


def test_a_passkey_of_elsewhere_is_not_added(home: Home) -> None:
    browser = signed_in(home, "CHEN")
    for device in (Device("https://evil.example"), Device(ORIGIN, rp_id="evil.example")):
        assert added(browser, device).status_code == 422
    made = Device(ORIGIN).made(asked(browser, "/me/passkey/begin"))
    assert sent(browser, "/me/passkey", {"present": PASSPHRASE, "passkey": made}, page="/me").status_code == 303
    assert sent(browser, "/me/passkey", {"present": PASSPHRASE, "passkey": made}, page="/me").status_code == 422


def test_what_the_desk_asks_tells_of_no_account(home: Home, chen: TestClient) -> None:
    options = asked(client(home), "/sign-in/passkey/begin", "/sign-in")
    assert options.get("allowCredentials", []) == []
    assert options["userVerification"] == "required"
    assert len(str(options["challenge"])) >= 43


def test_a_new_first_link_takes_them_away(home: Home, chen: TestClient, device: Device) -> None:
    signed_in(home, "CHEN")
    browser = client(home)
    assert signs_in(browser, proof(browser, device)) == 401


def test_over_tls_they_are_bound_to_the_public_address(home: Home) -> None:
    signed_in(home, "CHEN")
    home.settings = Settings(home=home.settings.home, public_url="https://desk.example")
    browser = TestClient(client(home).app, base_url="https://desk.example")
    sent(browser, "/sign-in", {"account": "CHEN", "passphrase": PASSPHRASE}, page="/sign-in")
    options = asked(browser, "/me/passkey/begin")
    assert options["rp"] == {"id": "desk.example", "name": "Vigilog"}
    made = Device("https://desk.example").made(options)
    assert sent(browser, "/me/passkey", {"present": PASSPHRASE, "passkey": made}, page="/me").status_code == 303


# --- signatures -------------------------------------------------------------------------------------------------------

JUDGED = f"/trials/T1/cases/{SUBJECT}/1/causality"


def judges(browser: TestClient, answer: str, act: str) -> int:
    said = {"act": act, "causality": "PROBABLE", "meaning": "assessment", "passkey": answer}
    return sent(browser, JUDGED, said, page="/me").status_code


def test_a_signature_is_given_with_it_at_first_and_later(home: Home, chen: TestClient, device: Device) -> None:
    assert 'data-passkey="/me/passkey/sign"' in chen.get(JUDGED).text
    for act in ("A-1", "A-2"):
        assert judges(chen, device.proved(asked(chen, "/me/passkey/sign")), act) == 303
    signed = [decode(row) for row in home.journal.rows() if isinstance(decode(row).event, CausalityAssessed)]
    assert [(one.about().signature or {})["methods"] for one in signed] == [["passkey", "user verification"]] * 2
    assert {one.signer for one in signed} == {"Dr CHEN"}


def test_a_signature_takes_no_old_answer_and_nobody_elses(home: Home, chen: TestClient, device: Device) -> None:
    head = home.journal.head().position
    answer = device.proved(asked(chen, "/me/passkey/sign"))
    lin, other = signed_in(home, "LIN"), Device(ORIGIN)
    added(lin, other)
    assert judges(chen, other.proved(asked(chen, "/me/passkey/sign")), "A-1") == 422
    assert judges(chen, answer, "A-2") == 422
    assert home.journal.head().position == head
