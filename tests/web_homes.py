"""Homes for the tests of the web door: one trial with a canary in it, a clock that is told, and real faults."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from safety.aggregates.record import Purpose
from safety.directory import Person
from safety.home import Doors, Home, open_home
from safety.settings import Settings
from safety.web.door import door
from tests.builders import alert_raised, append, dose_corrected, enrolled, given, registered, reported
from tests.conftest import counted_salt

SUBJECT, TERM, NARRATIVE, PERSON, ADDRESS = (
    "CANARYSUBJECT",
    "Canaryterm",
    "canary narrative",
    "Canary Person",
    "canary@example.org",
)
START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


class Homes:
    """Opens homes under one clock, and closes them in the end."""

    def __init__(self, folder: Path) -> None:
        self.now = START
        self._folder = folder
        self._opened: list[Home] = []

    def open(self, purpose: Purpose = "production", database_url: str | None = None) -> Home:
        """Open a new home: its log holds positions 1 and 2."""
        ids = iter(f"ID-{number}" for number in range(1000))
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
    return TestClient(door(home), raise_server_exceptions=False)


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
