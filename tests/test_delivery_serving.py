"""`vigilog serve --deliver` and `vigilog demo` as processes: what is filed while the door is open is delivered by the same process."""

import re
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from safety.aggregates.adverse_event import Reported
from safety.cli.door import system_doors
from safety.home import open_home
from safety.settings import Settings
from tests.command_line import TRIAL, VIGILOG, CommandLine, with_trial, write
from tests.deliveries import file_unheard, mails, states
from tests.test_work import stopped, wait_for


@pytest.fixture
def cli(tmp_path: Path) -> CommandLine:
    found = with_trial(tmp_path)
    found("import", write(tmp_path / "data", ae=()), "--trial", TRIAL)
    for account, role in (("CHEN", "safety_officer"), ("BOSS", "operator")):
        found("account", "add", account, "--role", role, "--name", account)
    return found


@contextmanager
def open_door(cli: CommandLine, *arguments: str) -> Iterator["tuple[subprocess.Popen[str], str]"]:
    """Run the program until the door is open; give its process and address."""
    command = [str(VIGILOG), *arguments, "--port", "0"]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=cli.environment()
    )
    try:
        assert process.stderr is not None
        told = process.stderr.readline()
        found = re.fullmatch(r"The desk runs at (http://\S+/) until Ctrl-C or SIGTERM\.\n", told)
        assert found is not None, told
        yield process, found[1]
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT], ids=lambda by: by.name)
def test_a_door_that_delivers_pays_what_comes_to_be_owed_and_stops_in_order(
    cli: CommandLine, by: signal.Signals
) -> None:
    file_unheard(cli)
    with open_door(cli, "serve", "--deliver") as (process, address):
        wait_for(lambda: len(mails(cli.home)) == 1)
        file_unheard(cli)
        wait_for(lambda: states(cli) == ["sent", "sent"])
        with urllib.request.urlopen(f"{address}healthz") as answer:
            assert answer.status == 200
        assert stopped(process, by)[0] == 0
    found = mails(cli.home)
    assert len(found) == 2
    for number, mail in enumerate(sorted(mail.get_content() for mail in found), 1):
        assert f"  {address}trials/{TRIAL}/cases/S01/{number}\n" in mail, "it leads to where the door really was"
    assert not list(cli.home.glob("log.db-*")), "who closes the log last leaves no files beside it"


def test_a_door_alone_delivers_nothing(cli: CommandLine) -> None:
    file_unheard(cli)
    with open_door(cli, "serve") as (process, address):
        urllib.request.urlopen(f"{address}healthz").close()
        assert stopped(process, signal.SIGTERM)[0] == 0
    assert states(cli) == ["owed"]


def test_the_demo_delivers_what_is_filed_in_it_knows_its_address_before_that_and_lets_its_past_rest(
    tmp_path: Path,
) -> None:
    cli = CommandLine(tmp_path / "demo")
    with open_door(cli, "demo") as (process, address):
        story = [mail.get_content() for mail in mails(cli.home)]
        assert [
            text for text in story if f"  {address}trials/" not in text or f"The desk: {address}\n" not in text
        ] == []
        told_before = len(story)
        assert told_before > 0
        home = open_home(Settings(home=cli.home), system_doors(), into_demo=True)
        try:
            form = Reported.model_validate(
                {"STUDYID": "NCT03265613", "USUBJID": "S01", "AETERM": "Fever", "AESER": "Y"}
            )
            home.desk.do("adverse_event.report", form, by="OPERATOR", command_id="filed in the demo")
            filed = home.journal.head().position
            wait_for(lambda: len(mails(cli.home)) > told_before)
            wait_for(lambda: home.journal.head().position > filed + 1)
            assert stopped(process, signal.SIGTERM)[0] == 0
            raised = [row for row in home.journal.read(filed) if row.topic.startswith("alert.raised")]
        finally:
            home.close()
    assert raised == [], "what fell due since the demo's last event would bury what somebody tries"
