"""Passkeys in a real Chromium with its own virtual authenticator: added, signed in with, signed with; hidden without scripts."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, CDPSession, Page

from safety.aggregates.adverse_event import CausalityAssessed
from safety.home import Home, open_home
from safety.journal import decode
from tests.screens import CHROMIUM, chromium, photograph
from tests.served import Entrance, served
from tests.web_homes import SUBJECT, Homes, with_a_trial, with_people

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"this machine has no Chromium at {CHROMIUM}")

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def made(tmp_path: Path) -> Home:
    """A demonstration that nobody has open."""
    homes = Homes(tmp_path)
    home = with_people(with_a_trial(homes.open("demo")), CHEN={"roles": ["safety_officer"], "trials": ["T1"]})
    homes.close()
    return home


@pytest.fixture
def chen(made: Home) -> Iterator[Entrance]:
    with served(made.settings.home, "CHEN") as found:
        yield found["CHEN"]


@pytest.fixture
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


def with_device(page: Page) -> tuple[CDPSession, str]:
    """Put an authenticator into the page's machine, and give the way to it and its name."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    return session, str(made["authenticatorId"])


def test_from_adding_one_to_signing_in_and_signing(chen: Entrance, browser: Browser, made: Home) -> None:
    page = browser.new_context(base_url=chen.address).new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda fault: complaints.append(str(fault)))
    session, device = with_device(page)
    page.goto(chen.link)
    page.click("form.body button")
    page.goto("/me")
    page.fill("#present-4", chen.passphrase)
    page.click("button[data-kind=create]")
    page.wait_for_selector("form[action='/me/passkey/remove']")
    photograph(page, "passkey-added")
    (held,) = session.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]
    assert (held["rpId"], held["isResidentCredential"]) == ("localhost", True)

    page.click(".menu summary")
    page.click(".menu form[action='/sign-out'] button")
    page.wait_for_selector("#si")
    page.click("form[action='/sign-in/passkey'] button")
    page.wait_for_selector("tr[data-row]")

    page.goto(f"/trials/T1/cases/{SUBJECT}/1/causality")
    page.check("input[name=causality][value=PROBABLE]", force=True)
    page.check("input[name=meaning][value=assessment]", force=True)
    page.click("button[data-passkey]")
    page.wait_for_selector(".signed")
    assert "Signed by Dr CHEN" in page.inner_text(".signed")
    assert complaints == []
    opened = open_home(made.settings, made.doors, into_demo=True)
    last = [decode(row) for row in opened.journal.rows() if isinstance(decode(row).event, CausalityAssessed)]
    opened.close()
    assert [(one.about().signature or {})["methods"] for one in last] == [["passkey", "user verification"]]


def test_a_person_who_does_not_unlock_it_is_told_and_may_type(chen: Entrance, browser: Browser) -> None:
    page = browser.new_context(base_url=chen.address).new_page()
    session, device = with_device(page)
    page.goto(chen.link)
    page.click("form.body button")
    page.goto("/me")
    session.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    page.fill("#present-4", chen.passphrase)
    page.click("button[data-kind=create]")
    page.wait_for_selector("text=The device gave no passkey")
    assert page.locator("form[action='/me/passkey/remove']").count() == 0


def test_without_scripts_or_without_a_device_there_is_no_button(chen: Entrance, browser: Browser) -> None:
    page = browser.new_context(base_url=chen.address, java_script_enabled=False).new_page()
    page.goto("/sign-in")
    assert page.locator("button[data-passkey]").is_hidden()
    assert page.locator("#si button[type=submit]").is_visible()
