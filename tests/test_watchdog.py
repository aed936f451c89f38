"""The watchdog: it alarms when delivery is silent or stuck, says when that is over, and daily that all is quiet."""

import json
import mailbox
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from notifications import watchdog
from notifications.channels import NotDelivered
from notifications.watchdog import Fault, Said, channels_of, faults_of, to_say, watch
from safety.cli.door import system_doors
from safety.home import Doors, open_home
from safety.settings import Settings
from safety.values import microseconds
from tests.command_line import CommandLine, with_trial
from tests.delivery_office import Office, open_office
from tests.mail_server import MailServer
from tests.nats_server import free_port

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    yield from open_office(tmp_path)


def looked(office: Office) -> list[str]:
    """The kinds of faults that the watchdog finds."""
    doors = Doors(office.clock, office.home.doors.salt, office.home.doors.new_id)
    return [fault.kind for fault in faults_of(office.home.settings, doors)[0]]


def beat(office: Office, *parts: str) -> None:
    for part in parts:
        office.home.scratch.beat(part, now=int(office.clock.at.timestamp() * 1_000_000))


# --- what is wrong ----------------------------------------------------------------------------------------------------


def test_a_home_in_which_nothing_ever_delivered(office: Office) -> None:
    assert looked(office) == ["NEVER-RAN"]


def test_a_part_that_is_silent(office: Office) -> None:
    beat(office, "dispatcher", "ticks")
    assert looked(office) == []
    office.later(minutes=2)
    beat(office, "ticks")
    assert looked(office) == []
    office.later(seconds=1)
    assert looked(office) == ["SILENT-dispatcher"]


def test_a_clock_that_was_set_back_hides_no_silence(office: Office) -> None:
    beat(office, "ticks")
    office.later(minutes=-3)
    assert looked(office) == ["SILENT-ticks"], "nobody has left word on this clock"
    beat(office, "ticks")
    assert looked(office) == []
    office.later(minutes=-3)
    beat(office, "ticks")
    assert looked(office) == ["CLOCK-BEHIND"], "what is owed since then would seem to wait no time at all"


def test_an_alert_that_nobody_was_told_of(office: Office) -> None:
    office.file()
    office.later(minutes=5)
    beat(office, "ticks")
    assert looked(office) == []
    office.later(seconds=1)
    assert looked(office) == ["OWED"]
    office.sweep()
    assert looked(office) == []


def test_a_message_that_no_channel_takes(office: Office) -> None:
    office.file()
    office.smtp.fault = office.maildir.fault = NotDelivered("OSERROR")
    office.sweep()
    office.later(minutes=5, seconds=1)
    beat(office, "ticks")
    assert looked(office) == ["OWED", "UNTAKEN"]


@pytest.mark.parametrize(("error", "found"), [("SMTP-451", ["FAILING-smtp"]), ("SMTP-550", [])])
def test_a_channel_that_goes_on_failing_for_a_passing_reason(office: Office, error: str, found: list[str]) -> None:
    office.file()
    office.smtp.fault = NotDelivered(error)
    office.sweep()
    office.sweep()  # what bounced is told to the operator
    office.later(hours=1, seconds=1)
    beat(office, "ticks")
    assert looked(office) == found


def test_a_disk_that_is_about_to_be_full(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "ROOM_BYTES", 10**18)
    beat(office, "ticks")
    assert looked(office) == ["DISK"]


def no_home(folder: Path) -> None:
    """There is nothing."""


def no_log(folder: Path) -> None:
    folder.mkdir()


def a_file(folder: Path) -> None:
    folder.mkdir()
    (folder / "log.db").write_text("not a log" * 1000)


@pytest.mark.parametrize(("make", "kind"), [(no_home, "NO-LOG"), (no_log, "NO-LOG"), (a_file, "UNUSABLE")])
def test_a_home_that_is_none_is_a_fault_and_is_not_begun(
    tmp_path: Path, office: Office, make: Callable[[Path], None], kind: str
) -> None:
    folder = tmp_path / "other"
    make(folder)
    found, _ = faults_of(Settings(home=folder), office.home.doors)
    assert [fault.kind for fault in found] == [kind]
    assert not (folder / "directory.db").exists()


# --- what is said, and when -------------------------------------------------------------------------------------------

ONE, TWO = Fault("ONE", "One is wrong."), Fault("TWO", "Two is wrong.")


def test_it_alarms_at_once_hourly_and_when_something_else_is_wrong_and_says_when_it_is_well() -> None:
    alarmed = to_say([ONE], "So it is.", Said(), NOW)
    assert alarmed is not None
    assert (alarmed.subject, alarmed.text) == ("ALARM: ONE", "One is wrong.\n\nSo it is.")
    later = timedelta(minutes=59)
    assert to_say([ONE], "", alarmed.said, NOW + later) is None
    assert to_say([ONE], "", alarmed.said, NOW + timedelta(hours=1)) is not None
    assert to_say([ONE], "", alarmed.said, NOW - timedelta(hours=1)) is not None, "the clock was set back since"
    more = to_say([TWO, ONE], "", alarmed.said, NOW + later)
    assert more is not None
    assert more.subject == "ALARM: ONE, TWO"
    well = to_say([], "", more.said, NOW + later)
    assert well is not None
    assert well.subject == "well again"


def test_it_says_once_a_day_that_all_is_quiet() -> None:
    quiet = to_say([], "So it is.", Said(), NOW)
    assert quiet is not None
    assert quiet.subject == "all quiet"
    assert quiet.text.startswith("So it is.\n")
    assert to_say([], "", quiet.said, NOW + timedelta(hours=14)) is None
    assert to_say([], "", quiet.said, NOW + timedelta(hours=15)) is not None


def test_what_cannot_be_said_is_said_again_and_is_a_fault_itself(office: Office, tmp_path: Path) -> None:
    beat(office, "ticks")
    url = f"smtp://127.0.0.1:{free_port()}"
    said = Settings(home=office.home.settings.home, watchdog_home=tmp_path / "dog", watchdog_smtp_url=url)
    said = said.model_copy(update={"watchdog_mail_to": "boss@trial.org"})
    doors, told = Doors(office.clock, office.home.doors.salt, office.home.doors.new_id), list[str]()
    for _ in range(2):
        assert [fault.kind for fault in watch(said, doors, channels_of(said), told.append)] == ["MUTE-smtp"]
    assert told == ["maildir: all quiet"]


# --- as a program -----------------------------------------------------------------------------------------------------


def test_it_speaks_over_its_own_channels_and_by_its_exit_code(tmp_path: Path) -> None:
    home = with_trial(tmp_path).home
    with MailServer().running() as server:
        own = {"VIGILOG_WATCHDOG_SMTP_URL": server.url, "VIGILOG_WATCHDOG_MAIL_TO": "boss@trial.org"}
        cli = CommandLine(home, VIGILOG_WATCHDOG_HOME=str(tmp_path / "dog"), **own)
        ran = cli.run("watchdog")
        assert (ran.status, ran.err) == (1, "Nothing has left word that it delivers: run `vigilog work`.\n")
        with closing(open_home(Settings(home=home), system_doors())) as opened:
            for part in ("ticks", "dispatcher"):
                opened.scratch.beat(part, now=microseconds(opened.doors.clock()))
        assert cli("watchdog").out == "maildir: well again\nsmtp: well again\n"
        assert cli("watchdog").out == "maildir: all quiet\nsmtp: all quiet\n"
        assert cli("watchdog").out == ""
        subjects = [str(mail["Subject"]) for mail in server.mails]
    assert subjects == [f"[Vigilog watchdog] {said}" for said in ("ALARM: NEVER-RAN", "well again", "all quiet")]
    assert len(mailbox.Maildir(tmp_path / "dog" / "mail", create=False)) == 3
    assert json.loads((tmp_path / "dog" / "said.json").read_text())["smtp"]["kinds"] == []
    assert not (home / "mail").exists()


def test_a_watchdog_that_cannot_keep_what_it_said_is_told(office: Office, tmp_path: Path) -> None:
    (tmp_path / "dog").write_text("")
    cli = CommandLine(office.home.settings.home, VIGILOG_WATCHDOG_HOME=str(tmp_path / "dog"))
    assert cli.refused("watchdog")[0] == 3
