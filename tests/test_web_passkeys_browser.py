"""Passkeys in a real Chromium with its own virtual authenticator: added, signed in with, signed with; hidden without scripts."""

import pytest
from playwright.sync_api import Browser, CDPSession, Page

from safety.aggregates.adverse_event import CausalityAssessed
from safety.home import Home
from safety.journal import decode
from tests.screens import photograph
from tests.served_desk import Person, Served, sign_out
from tests.web_homes import SUBJECT, Homes, with_a_trial, with_people

pytestmark = pytest.mark.uncovered

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def home(homes_of_today: Homes) -> Home:
    """A demonstration with two safety officers: one will have a passkey."""
    officer = {"roles": ["safety_officer"], "trials": ["T1"]}
    return with_people(with_a_trial(homes_of_today.open("demo")), CHEN=officer, LI=officer)


def with_device(page: Page) -> tuple[CDPSession, str]:
    """Put an authenticator into the page's machine, and give the way to it and its name."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    return session, str(made["authenticatorId"])


def test_from_adding_one_to_signing_in_and_signing(desk: Served, browser: Browser, home: Home) -> None:
    chen = Person(browser, desk)
    page = chen.page
    session, device = with_device(page)
    chen.sign_in("CHEN")
    page.goto("/me")
    page.fill("#present-4", desk.passphrases["CHEN"])
    page.click("button[data-kind=create]")
    page.wait_for_selector("form[action='/me/passkey/remove']")
    photograph(page, "passkey-added")
    (held,) = session.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]
    assert (held["rpId"], held["isResidentCredential"]) == ("localhost", True)

    sign_out(page)
    page.wait_for_selector("#si")
    page.click("form[action='/sign-in/passkey'] button")
    page.wait_for_selector("tr[data-row]")

    page.goto(f"/trials/T1/cases/{SUBJECT}/1/causality")
    page.check("input[name=causality][value=PROBABLE]", force=True)
    page.check("input[name=meaning][value=assessment]", force=True)
    page.click("button[data-passkey]")
    page.wait_for_selector(".signed")
    assert "Signed by Dr CHEN" in page.inner_text(".signed")
    assert chen.complaints == []
    last = [decode(row) for row in home.journal.rows() if isinstance(decode(row).event, CausalityAssessed)]
    assert [(one.about().signature or {})["methods"] for one in last] == [["passkey", "user verification"]]
    chen.context.close()


def test_a_person_who_does_not_unlock_it_is_told_and_may_type(desk: Served, browser: Browser) -> None:
    person = Person(browser, desk)
    page = person.page
    session, device = with_device(page)
    person.sign_in("LI")
    page.goto("/me")
    session.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    page.fill("#present-4", desk.passphrases["LI"])
    page.click("button[data-kind=create]")
    page.wait_for_selector("text=The device gave no passkey")
    assert page.locator("form[action='/me/passkey/remove']").count() == 0
    person.context.close()


def test_without_scripts_or_without_a_device_there_is_no_button(desk: Served, browser: Browser) -> None:
    person = Person(browser, desk, java_script_enabled=False)
    person.page.goto("/sign-in")
    assert person.page.locator("button[data-passkey]").is_hidden()
    assert person.page.locator("#si button[type=submit]").is_visible()
    person.context.close()
