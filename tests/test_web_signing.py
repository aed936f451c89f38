"""Electronic signatures: proved anew, meant, named, bound to what they sign, and shown with it (21 CFR 11.50, 11.70, 11.200)."""

import json
import sqlite3
from datetime import timedelta

import pyotp
import pytest
from fastapi.responses import HTMLResponse, Response
from httpx2 import Response as Answer
from starlette.testclient import TestClient

from safety.aggregates.adverse_event import CausalityAssessed
from safety.aggregates.record import Redacted, RedactionRequested
from safety.home import Home
from safety.journal import Journal, decode, open_journal
from safety.journal.verification import verify
from safety.web.asking import Ask
from safety.web.declaring import Pages, check_declared
from safety.web.door import OPENED, door
from safety.web.rendering import environment
from safety.web.signing import NotSigned, signature, signature_of, wanted
from tests.web_homes import PASSPHRASE, START, SUBJECT, Homes, client, sent, signed_in, token, with_a_trial, with_people

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PAGE = """{% from "macros.html.j2" import form_head, sign_block, signature %}
{% if signed %}{{ signature(ask, show, signed) }}{% endif %}
<form method="post" action="/trials/T1/judge">{{ form_head(ask, true) }}{{ sign_block(ask, show, signing) }}</form>"""

pages = Pages()


def shown(ask: Ask, error: str = "", position: int = 0, status: int = 200) -> Response:
    said = {
        "ask": ask,
        "show": ask.show,
        "signing": wanted(ask, "assessment", "review", error=error),
        "signed": signature_of(ask, position) if position else None,
    }
    return HTMLResponse(environment(ask.words.language).from_string(PAGE).render(**said), status)


@pages.shows("/trials/{trial}/judge", "adverse_event.assess_causality")
def ask_judgement(ask: Ask) -> Response:
    return shown(ask)


@pages.takes("/trials/{trial}/judge", "adverse_event.assess_causality")
def judge(ask: Ask) -> Response:
    form = CausalityAssessed.model_validate(
        {"trial": ask.trial, "subject": SUBJECT, "number": 1, "assessor": "sponsor", "causality": "PROBABLE"}
    )
    try:
        signed = signature(ask, "assessment", "review")
    except NotSigned as fault:
        return shown(ask, str(fault), status=422)
    done = ask.do("adverse_event.assess_causality", form, signature=signed)
    return shown(ask, position=done.positions[0])


@pytest.fixture
def home(homes: Homes) -> Home:
    return with_people(with_a_trial(homes.open()), CHEN={"roles": ["safety_officer"]}, LIN={"roles": ["investigator"]})


@pytest.fixture
def browser(home: Home) -> TestClient:
    """CHEN is signed in at a desk that has the page above."""
    cookies = signed_in(home, "CHEN").cookies
    app = door(home)
    app.router.routes.extend(pages.routes)
    check_declared(app, OPENED)
    return TestClient(app, base_url="http://localhost", cookies=cookies)


def act_of(page: str) -> str:
    return page.partition('name="act" value="')[2].partition('"')[0]


def signs(browser: TestClient, **said: str) -> Answer:
    page = browser.get("/trials/T1/judge")
    form = {"meaning": "assessment", "account": "CHEN", "passphrase": PASSPHRASE, **said}
    return browser.post("/trials/T1/judge", data={"csrf": token(page), "act": act_of(page.text), **form})


def test_a_signature_has_name_time_and_meaning_and_is_shown_with_its_record(home: Home, browser: TestClient) -> None:
    head = home.journal.head().position
    answer = signs(browser)
    assert answer.status_code == 200
    assert "Signed by Dr CHEN (CHEN, Safety officer), Sun 1 Mar 2026, 17:00:00 UTC+8." in answer.text
    assert "Meaning: Assessment." in answer.text
    (row,) = home.journal.page(head, head + 1, 1)
    recorded = decode(row)
    meta = recorded.about()
    assert recorded.signer == "Dr CHEN"
    assert meta.signature is not None
    assert (meta.signature["meaning"], meta.signature["methods"]) == ("assessment", ["account", "passphrase"])
    assert f'title="{meta.sha256}"' in answer.text
    assert list(verify(home.journal)) == []


def test_the_printed_name_is_sealed_and_goes_with_a_redaction(home: Home, browser: TestClient) -> None:
    signs(browser)
    position = home.journal.head().position
    (row,) = home.journal.page(position - 1, position, 1)
    assert "Dr CHEN" not in row.meta + row.body
    assert json.loads(row.sealed or "")["signature"] == "Dr CHEN"
    request = RedactionRequested.model_validate({"at_position": position, "reason": "identifies_a_person"})
    home.desk.do("log.request_redaction", request, by="CHEN", command_id="R-1")
    home.desk.do("log.redact", Redacted(at_position=position), by="OPERATOR", command_id="R-2")
    (row,) = home.journal.page(position - 1, position, 1)
    assert (row.sealed, decode(row).signer) == (None, "[redacted]")
    assert list(verify(home.journal)) == []


def altered(home: Home, statement: str) -> None:
    """Change the log behind its back, as nobody can through it."""
    with sqlite3.connect(home.settings.home / "log.db") as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(statement)


@pytest.mark.parametrize("change", [("Dr CHEN", "Dr WANG"), ('"signature":"Dr CHEN"', '"nobody":"Dr CHEN"')])
def test_another_name_under_a_signature_is_found(home: Home, browser: TestClient, change: tuple[str, str]) -> None:
    signs(browser)
    position = home.journal.head().position
    (row,) = home.journal.page(position - 1, position, 1)
    assert change[0] in (row.sealed or "")
    home.journal.close()
    altered(home, f"UPDATE {table_of(home)} SET sealed = replace(sealed, '{change[0]}', '{change[1]}')")
    assert position in {finding.position for finding in verify(reopened(home))}


def table_of(home: Home) -> str:
    """The table of the log's rows."""
    with sqlite3.connect(home.settings.home / "log.db") as connection:
        tables = [str(name) for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return next(t for t in tables if "sealed" in {c[1] for c in connection.execute(f"PRAGMA table_info({t})")})


def reopened(home: Home) -> Journal:
    return open_journal(home.settings.home / "log.db", lambda: 0)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"passphrase": "a wrong guess"}, "This does not prove that it is you."),
        ({"account": "LIN"}, "This does not prove that it is you."),
        ({"account": ""}, "This does not prove that it is you."),
        ({"meaning": "approval"}, "Say what your signature means."),
        ({"meaning": ""}, "Say what your signature means."),
    ],
)
def test_what_does_not_prove_who_signs_stores_nothing(
    home: Home, browser: TestClient, said: dict[str, str], told: str
) -> None:
    head = home.journal.head().position
    answer = signs(browser, **said)
    assert (answer.status_code, told in answer.text) == (422, True)
    assert home.journal.head().position == head
    assert "Account</label>" in browser.get("/trials/T1/judge").text, "the next one is still the first of the session"


def test_the_first_of_a_session_takes_all_parts_a_later_one_the_passphrase_and_a_new_session_all_again(
    home: Home, browser: TestClient
) -> None:
    assert 'id="sign-account"' in browser.get("/trials/T1/judge").text
    signs(browser)
    assert 'id="sign-account"' not in browser.get("/trials/T1/judge").text
    assert signs(browser, account="", passphrase="a wrong guess").status_code == 422
    later = signs(browser, account="")
    assert later.status_code == 200
    (row,) = home.journal.page(home.journal.head().position - 1, home.journal.head().position, 1)
    signed = decode(row).about().signature
    assert signed is not None
    assert signed["methods"] == ["passphrase"]
    browser.cookies = signed_in(home, "CHEN").cookies
    assert 'id="sign-account"' in browser.get("/trials/T1/judge").text
    assert signs(browser, account="").status_code == 422


def test_with_an_authenticator_the_first_signature_takes_its_code_once(
    home: Home, homes: Homes, browser: TestClient
) -> None:
    found = home.credentials.find("CHEN")
    assert found is not None
    home.credentials.put(found._replace(authenticator=SECRET))
    code = pyotp.TOTP(SECRET).at(START)
    assert 'id="sign-code"' in browser.get("/trials/T1/judge").text
    assert signs(browser).status_code == 422
    assert signs(browser, code=code).status_code == 200
    browser.cookies = signed_in(home, "LIN").cookies
    homes.now += timedelta(seconds=1)
    assert not home.credentials.take_step("CHEN", int(START.timestamp()) // 30)


def test_guessing_at_a_signature_waits_like_guessing_at_the_door(browser: TestClient) -> None:
    for _ in range(4):
        assert signs(browser, passphrase="a wrong guess").status_code == 422
    assert "Wait 1 s, then sign again." in signs(browser).text


def test_whoever_guesses_at_the_door_keeps_nobody_inside_from_signing(home: Home, browser: TestClient) -> None:
    guess = {"account": "CHEN", "passphrase": "a wrong guess"}
    while sent(client(home), "/sign-in", guess, page="/sign-in").status_code != 429:
        pass
    assert signs(browser).status_code == 200


def test_the_same_act_sent_twice_is_signed_once(home: Home, browser: TestClient) -> None:
    page = browser.get("/trials/T1/judge")
    form = {
        "csrf": token(page),
        "act": act_of(page.text),
        "meaning": "review",
        "account": "CHEN",
        "passphrase": PASSPHRASE,
    }
    first = browser.post("/trials/T1/judge", data=form)
    head = home.journal.head().position
    again = browser.post("/trials/T1/judge", data=form)
    assert (first.status_code, again.status_code, home.journal.head().position) == (200, 200, head)
    assert "Meaning: Review." in again.text
