"""Homes for the tests of the web door: one trial with a canary in it, a clock that is told, and real faults."""

import itertools
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from safety.aggregates.account import Added
from safety.aggregates.record import Purpose
from safety.directory import Person
from safety.home import Doors, Home, open_home
from safety.settings import Settings
from safety.web.door import door
from safety.web.pace import Pace
from tests.builders import alert_raised, append, dose_corrected, enrolled, given, registered, reported
from tests.manual_clock import counted_salt

SUBJECT, TERM, NARRATIVE, PERSON, ADDRESS = (
    "CANARYSUBJECT",
    "Canaryterm",
    "canary narrative",
    "Canary Person",
    "canary@example.org",
)
PASSPHRASE = "three quiet words at dawn"
START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
FAR = 2**57
"""Microseconds from 1970 of a day that no test lives to see, and that pages can still write as a date."""


class Homes:
    """Opens homes under one clock, and closes them in the end."""

    def __init__(self, folder: Path) -> None:
        self.now = START
        self._folder = folder
        self._opened: list[Home] = []

    def open(self, purpose: Purpose = "production", database_url: str | None = None) -> Home:
        """Open a new home: its log holds positions 1 and 2."""
        ids = iter(f"ID-{number}" for number in itertools.count())
        doors = Doors(clock=lambda: self.now, salt=counted_salt(), new_id=lambda: next(ids))
        settings = Settings(home=self._folder / f"home-{len(self._opened)}", database_url=database_url)
        self._opened.append(open_home(settings, doors, purpose=purpose))
        return self._opened[-1]

    def close(self) -> None:
        for home in self._opened:
            home.close()


def with_a_trial(home: Home) -> Home:
    """Put a trial of one subject, two adverse events and one owed alert at positions 3 to 8."""
    events = [
        registered(),
        enrolled(SUBJECT),
        given(SUBJECT),
        reported(SUBJECT, 1, term=TERM, narrative=NARRATIVE, serious="Y"),
        reported(SUBJECT, 2, term=TERM),
        alert_raised(concerning=(f"{SUBJECT}/1",)),
    ]
    append(home.journal, *events)
    home.directory.put(Person("ONE", PERSON, ADDRESS, ("safety_officer",)))
    return home


def client(home: Home) -> TestClient:
    # Every route is walked here, faster than any person: how many requests a source may send is tested on its own.
    # Between two probes passes a second, so that each is answered anew.
    app = door(home, Pace(burst=1e9), clock=itertools.count().__next__)
    return TestClient(app, base_url="http://localhost", raise_server_exceptions=False)


def with_people(home: Home, **people: Mapping[str, object]) -> Home:
    """Add accounts: `LIN={"roles": ["investigator"], "trials": ["T1"]}`; each is in the directory as `Dr LIN`."""
    for account, said in people.items():
        append(home.journal, Added.model_validate({"account": account, **said}))
        roles, trials = said["roles"], said.get("trials", ())
        home.directory.put(Person(account, f"Dr {account}", None, tuple(roles), tuple(trials)))  # type: ignore[arg-type]  # lists of the table above
    return home


def token(page: Response) -> str:
    """The token that the first form of a page carries."""
    found = re.search(r'name="csrf" value="(\w+)"', page.text)
    assert found is not None, page.text
    return found[1]


def words(page: Response) -> str:
    """The text of a page, with its tags and breaks taken for spaces."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


def administered(homes: Homes) -> Home:
    """A desk with one trial, its operator OPER and its safety officer CHEN."""
    people = {"OPER": {"roles": ["operator"]}, "CHEN": {"roles": ["safety_officer"], "trials": ["T1"]}}
    return with_people(with_a_trial(homes.open()), **people)


def signed_in(home: Home, account: str) -> TestClient:
    """A browser in which an account is signed in, through its first link and a passphrase of its own."""
    asked = client(home)
    secret = secrets.token_urlsafe()
    home.sessions.offer(secret, account, until=FAR)
    said = {"csrf": token(asked.get(f"/first/{secret}")), "passphrase": PASSPHRASE, "again": PASSPHRASE}
    answer = asked.post(f"/first/{secret}", data=said)
    assert (answer.status_code, answer.url.path) == (200, "/"), answer.text
    return asked


def sent(
    browser: TestClient, path: str, data: Mapping[str, str | list[str]] | None = None, page: str = "/"
) -> Response:
    """What a form comes to that is sent from a page of this browser, redirects not followed."""
    return browser.post(path, data={"csrf": token(browser.get(page)), **(data or {})}, follow_redirects=False)


def close_the_log(home: Home) -> None:
    home.journal.close()


def stop_a_table(home: Home) -> None:
    append(home.journal, dose_corrected(SUBJECT, 9, "treatment", treatment="AD-MSC"))


def damage_the_views(home: Home) -> None:
    home.views.catch_up(home.journal)
    home.views.close()
    for file in home.settings.home.glob("views-*.db"):
        file.write_bytes(b"no database" * 1000)
    append(home.journal, enrolled("S2"))


def lose_the_directory(home: Home) -> None:
    home.directory.close()
    del home.directory
    (home.settings.home / "directory.db").unlink()
    (home.settings.home / "directory.db").mkdir()


FAULTS = {
    "closed log": (
        close_the_log,
        ["log: does not answer (Unavailable)", "views: does not answer (Unavailable)"],
    ),
    "stopped table": (stop_a_table, ["views: table exposure stopped at position 9: RowMissing"]),
    "damaged views": (damage_the_views, ["views: does not answer (TablesUnusable)"]),
    "lost directory": (lose_the_directory, ["directory: does not answer (Unreachable)"]),
}
faulty = pytest.mark.parametrize(("do", "reasons"), FAULTS.values(), ids=FAULTS.keys())
