"""What tests of signing in do: offer a first link, try what proves somebody, and see whether that let them in."""

import secrets
from datetime import timedelta

from httpx2 import Response
from starlette.testclient import TestClient

from safety.home import Home
from safety.values import microseconds
from tests.web_homes import PASSPHRASE, Homes, sent, signed_in, with_people


def two_people(homes: Homes) -> Home:
    """A home with a safety officer and an investigator, who have chosen nothing yet."""
    return with_people(homes.open(), CHEN={"roles": ["safety_officer"]}, LIN={"roles": ["investigator"]})


def chosen(homes: Homes) -> Home:
    """The same, in which CHEN has chosen a passphrase, and is signed out again."""
    home = two_people(homes)
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
