"""`vigilog work` as a process of its own: it pays what other processes come to owe, and leaves in order when it is told to."""

import asyncio
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from notifications import working as working_module
from notifications.working import PARTS, Working
from safety.cli.door import system_doors
from safety.home import Home, open_home
from safety.settings import Settings
from tests.command_line import TRIAL, VIGILOG, CommandLine, with_trial, write
from tests.deliveries import SAE, file_unheard, mails, states

PATIENCE_SECONDS = 30.0


@pytest.fixture
def cli(tmp_path: Path) -> CommandLine:
    found = with_trial(tmp_path)
    found("import", write(tmp_path / "data", ae=()), "--trial", TRIAL)
    found("account", "add", "CHEN", "--role", "safety_officer", "--name", "Chen")
    found(
        "account", "add", "BOSS", "--role", "operator", "--name", "Boss"
    )  # a role with nobody in it is an alert of its own
    return found


def wait_for(true: Callable[[], bool]) -> None:
    """Wait until something is so; how long it takes is the machine's business, that it comes is ours."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)


@contextmanager
def working(cli: CommandLine) -> Iterator["subprocess.Popen[str]"]:
    """Run the worker; whatever happens, it does not outlive the test."""
    command = [str(VIGILOG), "work"]
    worker = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=cli.environment())
    try:
        assert worker.stderr is not None
        assert worker.stderr.readline().startswith("Delivering what the home")
        yield worker
    finally:
        worker.kill()
        worker.communicate()


def stopped(worker: "subprocess.Popen[str]", by: signal.Signals) -> tuple[int, str, str]:
    worker.send_signal(by)
    out, err = worker.communicate(timeout=PATIENCE_SECONDS)
    return worker.returncode, out, err


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT], ids=lambda by: by.name)
def test_it_pays_what_was_owed_and_what_others_come_to_owe_and_stops_in_order(
    cli: CommandLine, by: signal.Signals
) -> None:
    file_unheard(cli)
    with working(cli) as worker:
        wait_for(lambda: len(mails(cli.home)) == 1)
        file_unheard(cli)
        wait_for(lambda: len(mails(cli.home)) == 2)
        wait_for(lambda: states(cli) == ["sent", "sent"])
        assert stopped(worker, by) == (0, "", "Stopped; what is owed stays owed.\n")
    file_unheard(cli)
    assert states(cli)[-1] == "owed"
    assert cli("verify").err == ""


def test_a_command_that_delivers_at_once_and_the_worker_send_one_mail_between_them(cli: CommandLine) -> None:
    with working(cli) as worker:
        for _ in range(5):
            cli.do("adverse_event.report", SAE)
        wait_for(lambda: set(states(cli)) == {"sent"})
        assert stopped(worker, signal.SIGTERM)[0] == 0
    told = [str(mail["Message-ID"]) for mail in mails(cli.home)]
    assert len(told) == len(set(told)) == 5


def test_what_the_machine_refuses_is_said_and_paid_later(cli: CommandLine) -> None:
    file_unheard(cli)
    impatient = CommandLine(cli.home, VIGILOG_LOCK_SECONDS="1")
    with closing(sqlite3.connect(cli.home / "log.db", isolation_level=None)) as log:
        log.execute("BEGIN IMMEDIATE")
        with working(impatient) as worker:
            assert worker.stderr is not None
            assert worker.stderr.readline().endswith("; what is owed stays owed.\n")
            log.execute("ROLLBACK")
            wait_for(lambda: set(states(cli)) == {"sent"})
            assert stopped(worker, signal.SIGTERM)[0] == 0


@pytest.mark.parametrize("broken", ["scratch.db", "directory.db"])
def test_a_home_of_which_a_part_cannot_be_used_is_told_at_once(cli: CommandLine, broken: str) -> None:
    (cli.home / broken).unlink(missing_ok=True)
    (cli.home / broken).mkdir()
    ran = cli.process("work")
    assert (ran.status, ran.out, ran.err.count("\n")) == (3, "", 1)
    assert "cannot be used" in ran.err


def test_a_tick_that_fails_keeps_nothing_from_going_out(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(_home: Home, _now: datetime, _drift: timedelta) -> None:
        raise LookupError

    monkeypatch.setattr(working_module, "TICKS", (failing,))
    file_unheard(cli)
    told: list[str] = []
    with closing(open_home(Settings(home=cli.home), system_doors())) as opened:
        one = Working(opened, PARTS, told.append)
        asyncio.run(round_of(one))
        assert opened.scratch.beats() == {}, "so that the watchdog says it"
    assert [mail["To"] for mail in mails(cli.home)] == ["chen@localhost"]
    assert told == ["the program failed: LookupError at test_work.py:" + told[0].rpartition(":")[2]]


async def round_of(one: Working) -> None:
    """One round of a worker, and what it left under way."""
    await one._round()
    await one._here.rest(PATIENCE_SECONDS)


def test_a_worker_alone_needs_a_broker(cli: CommandLine) -> None:
    assert cli.refused("work", "--only", "worker") == (
        2,
        "A worker alone answers a broker's rings: name the broker in VIGILOG_BROKER_URL",
    )


def test_a_home_that_cannot_be_used_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    ran = CommandLine(tmp_path / "home").process("work")
    assert (ran.status, ran.out, ran.err.count("\n")) == (3, "", 1)
