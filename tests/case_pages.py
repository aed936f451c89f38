"""The case whose page the tests look at, and what a person does there."""

from datetime import timedelta

from httpx2 import Response
from starlette.testclient import TestClient

from safety.home import Home
from safety.journal import decode
from tests.builders import (
    append,
    obligation_opened,
)
from tests.web_homes import PASSPHRASE, START, SUBJECT, Homes, token, with_a_trial, with_people

CASE = f"/trials/T1/cases/{SUBJECT}/1"
NAME = "GOLD-15/1"
SIGNS = {"account": "CHEN", "passphrase": PASSPHRASE}


def with_a_clock(homes: Homes) -> Home:
    """A serious event with an alert and a clock that runs out in 12 days."""
    home = with_a_trial(homes.open())
    clock = {"starts_at": START - timedelta(days=3), "due_at": START + timedelta(days=12), "due_on": None}
    append(home.journal, obligation_opened(SUBJECT, 1, **clock))
    roles = {"LIN": "investigator", "CHEN": "safety_officer", "ZHAO": "auditor"}
    return with_people(home, **{name: {"roles": [role]} for name, role in roles.items()})


def last_event(home: Home) -> tuple[str, dict[str, object], dict[str, object] | None]:
    """The newest signed or unsigned entry about a subject: its topic, what it says, its signature."""
    recorded = decode(home.journal.stream(f"T1/subject/{SUBJECT}")[-1])
    return recorded.topic, dict(recorded.event.__dict__), recorded.about().signature


def acts(browser: TestClient, path: str, **said: str | list[str]) -> Response:
    """Open a form and send it, as a person does."""
    page = browser.get(f"{CASE}/{path}", params={"obligation": NAME})
    assert page.status_code == 200, page.text
    act = page.text.partition('name="act" value="')[2].partition('"')[0]
    data = {"csrf": token(page), "act": act, "obligation": NAME, **said}
    return browser.post(f"{CASE}/{path}", data=data, follow_redirects=False)
