"""What the probes say of delivery and of a log that is locked: a worker that was really stopped, and a lock that is really held."""

import signal
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from safety.home import Doors, Home, open_home
from safety.journal import sqlite
from safety.settings import Settings
from safety.values import microseconds
from safety.web.door import door
from safety.web.standing import Lately
from tests.api_programs import Asks, told, two_sites, unhurried
from tests.command_line import TRIAL, CommandLine, with_trial, write
from tests.manual_clock import counted_salt
from tests.test_work import stopped, wait_for, working
from tests.web_homes import START, Homes, client, close_the_log, stop_a_table, with_a_trial

DELIVERY = "/readyz/delivery"


@pytest.fixture
def home(homes: Homes) -> Home:
    return with_a_trial(homes.open())


def beat(home: Home, *parts: str) -> None:
    for part in parts:
        home.scratch.beat(part, now=microseconds(home.doors.clock()))


def reasons(asked: TestClient) -> list[str]:
    answer = asked.get(DELIVERY)
    if answer.status_code == 200:
        assert answer.json() == {"status": "delivering"}
        return []
    assert (answer.status_code, answer.json()["status"]) == (503, "not delivering")
    found: list[str] = answer.json()["not_delivering"]
    return found


def gauge(asked: TestClient, name: str) -> float | None:
    lines = [line for line in asked.get("/metrics").text.splitlines() if line.startswith(f"{name} ")]
    return float(lines[0].split()[1]) if lines else None


def test_a_desk_whose_worker_never_ran_says_so_and_takes_reports_all_the_same(home: Home) -> None:
    asked = client(home)
    assert reasons(asked) == ["worker: nothing has left word that it delivers; run `vigilog work`"]
    assert asked.get("/readyz").status_code == 200
    assert gauge(asked, "vigilog_dispatcher_silent_seconds") is None


def test_a_part_of_the_worker_that_is_silent_is_named(home: Home, homes: Homes) -> None:
    asked = client(home)
    beat(home, "dispatcher", "ticks")
    assert reasons(asked) == []
    homes.now = START + timedelta(seconds=120)
    beat(home, "ticks")
    assert reasons(asked) == []
    assert gauge(asked, "vigilog_dispatcher_silent_seconds") == 120
    homes.now = START + timedelta(seconds=121)
    assert reasons(asked) == ["worker: the part dispatcher has been silent for 121 s"]


def test_an_alert_that_nobody_was_told_of_is_told_by_its_age_alone(home: Home, homes: Homes) -> None:
    asked = client(home)
    homes.now = START + timedelta(minutes=5)
    beat(home, "dispatcher")
    assert reasons(asked) == []
    homes.now = START + timedelta(minutes=5, seconds=1)
    assert reasons(asked) == ["alerts: the oldest owed one has waited 301 s"]


def test_what_cannot_be_asked_does_not_answer(home: Home) -> None:
    beat(home, "dispatcher")
    stop_a_table(home)
    assert [reason.partition(" stopped")[0] for reason in reasons(client(home))] == ["alerts: table exposure"]
    close_the_log(home)
    assert reasons(client(home)) == ["alerts: does not answer (Unavailable)"]
    home.scratch.close()
    del home.scratch
    for file in home.settings.home.glob("scratch.db*"):
        file.unlink()
    (home.settings.home / "scratch.db").mkdir()
    assert reasons(client(home))[0] == "worker: does not answer (ScratchUnusable)"


def test_an_answer_holds_for_a_second_for_all_who_ask_and_no_longer(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "SOON_SECONDS", 0)
    seconds = [1_000.0]
    app = door(home, clock=lambda: seconds[0])
    asked, other = (TestClient(app, base_url="http://localhost") for _ in range(2))
    assert (asked.get("/readyz").status_code, asked.get(DELIVERY).status_code) == (200, 503)
    with closing(sqlite3.connect(home.settings.home / "log.db", isolation_level=None)) as held:
        held.execute("BEGIN IMMEDIATE")
        beat(home, "dispatcher")
        seconds[0] += 0.999
        assert (other.get("/readyz").status_code, other.get(DELIVERY).status_code) == (200, 503), "nobody was asked"
        seconds[0] += 0.001
        assert (other.get("/readyz").status_code, other.get(DELIVERY).status_code) == (503, 200)


def test_what_could_not_be_found_out_is_asked_anew() -> None:
    answers = iter(["", "7", "8"])
    lately = Lately(lambda: int(next(answers)), lambda: 0.0)
    with pytest.raises(ValueError, match="invalid literal"):
        lately()
    assert [lately(), lately()] == [7, 7]


def test_tokens_that_are_refused_are_counted_for_a_minute(home: Home, homes: Homes) -> None:
    asked = unhurried(home)
    for _ in range(2):
        asked.get("/api/v1/me", headers={"authorization": "Bearer vigilog_guess"})
    assert gauge(asked, "vigilog_api_tokens_refused_last_minute") == 2
    homes.now = START + timedelta(minutes=2)
    assert gauge(asked, "vigilog_api_tokens_refused_last_minute") == 0


class Shifted:
    """The real time, and an offset that a test sets: nobody waits two minutes."""

    def __init__(self) -> None:
        self.by = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.by


def test_a_worker_that_runs_and_is_killed_is_missed(tmp_path: Path) -> None:
    cli = with_trial(tmp_path)
    cli("import", write(tmp_path / "data", ae=()), "--trial", TRIAL)
    clock = Shifted()
    doors = Doors(clock, counted_salt(), lambda: "ID")
    with closing(open_home(Settings(home=home_of(cli)), doors)) as home:
        asked = client(home)
        assert reasons(asked) == ["worker: nothing has left word that it delivers; run `vigilog work`"]
        with working(cli) as worker:
            wait_for(lambda: not [reason for reason in reasons(asked) if reason.startswith("worker:")])
            stopped(worker, signal.SIGKILL)
        clock.by = timedelta(minutes=3)
        silent = [reason for reason in reasons(asked) if reason.startswith("worker:")]
        assert silent
        assert all("has been silent for" in reason for reason in silent)
        assert asked.get("/readyz").status_code == 200


def home_of(cli: CommandLine) -> Path:
    return Path(cli.environment()["VIGILOG_HOME"])


def test_a_log_that_somebody_holds_is_told_as_such_and_the_same_key_goes_through_later(tmp_path: Path) -> None:
    doors = Doors(lambda: START, counted_salt(), lambda: "ID")
    with closing(open_home(Settings(home=tmp_path / "home", lock_seconds=1), doors)) as home:
        two_sites(home)
        ask, form = Asks(home, "LIN"), {"STUDYID": "T1", "USUBJID": "A1"}
        at = home.journal.head().position
        with closing(sqlite3.connect(tmp_path / "home" / "log.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            answer = ask("adverse_event.report", form, "one-and-the-same")
            assert told(answer, 503)["detail"] == "The desk is not ready; nothing was stored"
            assert ask.client.get("/readyz").json()["not_ready"] == ["log: does not answer (Unavailable)"]
            other.execute("ROLLBACK")
        assert ask.client.get("/readyz").json() == {"status": "ready", "position": at}
        assert told(ask("adverse_event.report", form, "one-and-the-same"), 201)["positions"][0] == at + 1
