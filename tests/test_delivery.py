"""An alert is brought to people: to each holder of the role, in codes only, again until it is taken, and never lost."""

import asyncio
import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Literal

import pytest

from notifications.channels import Channel, Maildir, Written
from notifications.composition import dispatcher_of, record_of
from notifications.dispatcher import InProcess
from notifications.handler import Handler
from notifications.rendering import Addressee, Content, Letterhead, OwedAlert, rendered
from notifications.wording import MOST_NAMED
from safety.cli.door import system_doors
from safety.home import Home, open_home
from safety.settings import Settings
from safety.values import microseconds
from tests.builders import T0
from tests.command_line import TRIAL, CommandLine, with_trial, write
from tests.deliveries import SAE, file_unheard, mails, officer, receipts, states
from tests.delivery_office import Crash


@pytest.fixture
def cli(tmp_path: Path) -> CommandLine:
    """The small trial with its subjects, and nobody but the operator."""
    found = with_trial(tmp_path)
    found("import", write(tmp_path / "data", ae=()), "--trial", TRIAL)
    return found


# --- to whom ---------------------------------------------------------------------------------------------------------


def test_an_sae_is_in_the_maildir_as_soon_as_it_is_filed(cli: CommandLine) -> None:
    officer(cli, "CHEN", "Chen Wei", "--email", "chen@hospital.org")
    ran = cli("do", "adverse_event.report", stdin=json.dumps(SAE))
    assert ran.err == ""
    (alert,) = cli.json("alerts", "--trial", TRIAL)["alerts"]
    assert (alert["state"], len(alert["messages"])) == ("sent", 1)
    (written,) = mails(cli.home)
    assert written["To"] == "chen@hospital.org"
    assert written["Subject"] == "[Vigilog] T1: a serious adverse event was reported"
    assert written["Message-ID"] == f"<{alert['messages'][0].lower()}@localhost>"
    text = written.get_content()
    assert text.startswith(
        "Chen Wei,\n\ntrial T1 owes you an alert:\n\n- a serious adverse event was reported: S01 AE 1\n"
    )
    assert f"alert {alert['id']}\n" in text
    assert "  on the desk: /trials/T1/cases/S01/1\n" in text, "who runs no desk does not know where it is"
    assert "localhost:8000" not in text
    assert receipts(cli) == ["message.composed.v1", "message.sent.v1"]


def test_it_leads_to_the_case_at_the_address_that_was_stated(tmp_path: Path) -> None:
    cli = with_trial(tmp_path, VIGILOG_PUBLIC_URL="https://desk.example.org/")
    cli("import", write(tmp_path / "data", ae=()), "--trial", TRIAL)
    cli.do("adverse_event.report", SAE)
    text = mails(cli.home)[0].get_content()
    assert "  https://desk.example.org/trials/T1/cases/S01/1\n" in text
    assert "The desk: https://desk.example.org/\n" in text


def test_each_officer_of_the_trial_gets_a_message_and_nobody_elses_does(cli: CommandLine) -> None:
    officer(cli, "CHEN", "Chen", "--email", "chen@a.org")
    officer(cli, "ZHAO", "Zhao", "--email", "zhao@b.org", "--trial", TRIAL)
    officer(cli, "LIU", "Liu", "--email", "liu@c.org", "--trial", "T2")
    cli("account", "add", "WANG", "--role", "investigator", "--name", "Wang", "--email", "wang@d.org")
    cli.do("adverse_event.report", SAE)
    found = mails(cli.home)
    assert [str(written["To"]) for written in found] == ["chen@a.org", "zhao@b.org"]
    assert len({str(written["Message-ID"]) for written in found}) == 2
    assert states(cli) == ["sent"]


def test_where_nobody_holds_the_role_the_operator_is_told_so(cli: CommandLine) -> None:
    cli.do("adverse_event.report", SAE)
    (written,) = mails(cli.home)
    assert written["To"] == "operator@localhost"
    assert "Nobody holds the role safety officer in this trial, so this comes to you" in written.get_content()
    cli("account", "add", "BOSS", "--role", "operator", "--name", "李娜", "--email", "boss@e.org")
    cli.do("adverse_event.report", SAE)
    assert [str(found["To"]) for found in mails(cli.home)] == ["boss@e.org", "operator@localhost"]
    assert "Nobody holds the role" in mails(cli.home)[0].get_content()


def test_a_new_address_is_used_for_what_is_still_owed(cli: CommandLine) -> None:
    officer(cli, "CHEN", "Chen", "--email", "old@hospital.org")
    file_unheard(cli)
    officer(cli, "CHEN", "Chen", "--email", "new@hospital.org")
    cli("deliver")
    assert [str(written["To"]) for written in mails(cli.home)] == ["new@hospital.org"]


# --- when ------------------------------------------------------------------------------------------------------------


def test_what_another_process_left_owed_is_paid_by_deliver_and_not_by_reading(cli: CommandLine) -> None:
    officer(cli, "CHEN", "Chen")
    file_unheard(cli)
    file_unheard(cli)
    assert states(cli) == ["owed", "owed"]
    assert mails(cli.home) == []
    assert cli("deliver").out == "Messages delivered: 1.\n"
    assert states(cli) == ["sent", "sent"]
    (written,) = mails(cli.home)
    assert written["Subject"] == "[Vigilog] T1: a serious adverse event was reported and 1 more"
    assert cli("deliver").out == "Messages delivered: 0.\n"


def test_a_delivery_that_the_machine_refuses_makes_nothing_undone(cli: CommandLine) -> None:
    (cli.home / "scratch.db").unlink(missing_ok=True)
    (cli.home / "scratch.db").mkdir()
    ran = cli("do", "adverse_event.report", stdin=json.dumps(SAE))
    assert json.loads(ran.out)["positions"] == [cli.head - 1, cli.head]
    assert ran.err.startswith("What was asked is done and stored; its alert stays owed: the scratch database")
    assert states(cli) == ["owed"]
    assert cli.refused("deliver")[0] == 3
    (cli.home / "scratch.db").rmdir()
    cli("deliver")
    assert states(cli) == ["sent"]


def test_a_maildir_that_cannot_be_written_is_a_failure_of_its_class_and_tried_again(cli: CommandLine) -> None:
    (cli.home / "mail").write_text("")
    ran = cli("do", "adverse_event.report", stdin=json.dumps(SAE))
    assert ran.err == "maildir did not take the message to OPERATOR: FILEEXISTSERROR; it is tried again.\n"
    assert (states(cli), receipts(cli)) == (["owed"], ["message.composed.v1", "message.failed.v1"])
    (cli.home / "mail").unlink()
    cli("deliver")
    assert (states(cli), len(mails(cli.home))) == (["sent"], 1)


# --- a crash between sending and the receipt -------------------------------------------------------------------------


class CrashAfter:
    """A maildir whose process dies when the mail lies there and before anybody knows."""

    name: Literal["maildir"] = "maildir"

    def __init__(self, folder: Path) -> None:
        self._maildir = Maildir(folder)

    async def send(self, written: Written) -> int | None:
        await self._maildir.send(written)
        raise Crash


async def sweep_of(opened: Home, channels: Sequence[Channel]) -> None:
    """Sweep once over other channels than the home's own."""
    handler = Handler(record_of(opened), channels, Letterhead("vigilog@localhost", None))
    await dispatcher_of(opened, handler, InProcess(handler)).sweep()


def sweep_and_crash(cli: CommandLine) -> None:
    """Deliver in a process that dies once the first mail lies in the maildir."""
    opened = open_home(Settings(home=cli.home), system_doors())
    with pytest.raises(Crash):
        asyncio.run(sweep_of(opened, [CrashAfter(cli.home / "mail")]))
    opened.close()
    assert (states(cli), receipts(cli)) == (["owed"], ["message.composed.v1"])
    assert cli("deliver").out == "Messages delivered: 0.\n"  # who died still holds the lease
    leases_run_out(cli)


def leases_run_out(cli: CommandLine) -> None:
    """Let the time pass that a process which died holds its messages up."""
    with closing(sqlite3.connect(cli.home / "scratch.db")) as scratch, scratch:
        scratch.execute("UPDATE lease SET until = 0")


def test_a_resend_after_a_crash_is_recognisably_the_same_mail(cli: CommandLine) -> None:
    officer(cli, "CHEN", "Chen")
    file_unheard(cli)
    sweep_and_crash(cli)
    cli("deliver")
    first, again = mails(cli.home)
    assert first["Message-ID"] == again["Message-ID"]
    assert first.get_content() == again.get_content()
    assert sorted(str(one["X-Vigilog-Attempt"]) for one in (first, again)) == ["1", "2"]
    assert (states(cli), receipts(cli)) == (["sent"], ["message.composed.v1", "message.sent.v1"])


def test_an_officer_who_came_when_a_message_was_composed_and_not_sent_hears_of_it_too(cli: CommandLine) -> None:
    officer(cli, "CHEN", "Chen")
    file_unheard(cli)
    sweep_and_crash(cli)
    officer(cli, "ZHAO", "Zhao", "--email", "zhao@b.org")
    cli("deliver")
    assert [str(written["To"]) for written in mails(cli.home)] == ["chen@localhost"] * 2 + ["zhao@b.org"]
    assert cli("deliver").out == "Messages delivered: 0.\n"


# --- what a mail says ------------------------------------------------------------------------------------------------


def test_no_mail_carries_what_a_subject_said_or_suffered(cli: CommandLine, tmp_path: Path) -> None:
    officer(cli, "CHEN", "Chen")
    cli.do("adverse_event.report", SAE)
    cli.do("adverse_event.report", {**SAE, "AESER": "N"})
    cli.do("adverse_event.assess_seriousness", {"STUDYID": TRIAL, "USUBJID": "S01", "AESEQ": 2, "assessor": "investigator", "AESER": "Y"})  # fmt: skip
    ae = ("USUBJID,AESPID,AETERM,AEDECOD,AESER", "S02,E1,CANARY,CANARY,Y")
    cli("import", write(tmp_path / "data", ae=ae), "--trial", TRIAL)
    found = mails(cli.home)
    assert sorted(str(written["Subject"]).partition(": ")[2] for written in found) == [
        "a serious adverse event was reported",
        "an adverse event became serious",
        "an import brought serious adverse events",
    ]
    for file in (cli.home / "mail").rglob("*"):
        if file.is_file():
            raw = file.read_text(encoding="utf-8")
            assert "S01 AE" in raw or "S02 AE 1" in raw
            assert "CANARY" not in raw
            assert "1970" not in raw


def owed(number: int, concerning: tuple[str, ...] = ("S01/1",)) -> OwedAlert:
    return OwedAlert(f"ALERT-{number}", TRIAL, "SAE-REPORTED", "safety_officer", concerning, microseconds(T0) + number)


@pytest.mark.parametrize("count", [1, 2, 100])
@pytest.mark.parametrize("name", ["Chen Wei", "陈伟", "Ангела Й. Ñandú"])
def test_any_number_of_alerts_to_anybody_survives_the_maildir(tmp_path: Path, count: int, name: str) -> None:
    alerts = [owed(number) for number in range(count)]
    to = Addressee("CHEN", name, "chen@hospital.org", vacant=False)
    content = Content("MESSAGE-1", TRIAL, alerts, to, microseconds(T0))
    written, fault = rendered(content, Letterhead("Vigilog <desk@trial.org>", "https://desk.trial.org"), 1)
    assert fault is None
    asyncio.run(Maildir(tmp_path / "mail").send(written))
    (found,) = mails(tmp_path)
    assert found["Message-ID"] == "<message-1@trial.org>"
    assert found["Date"].datetime == T0
    text = found.get_content()
    assert text == written.mail.get_content()
    assert text.startswith(f"{name},\n\ntrial T1 owes you {'an alert' if count == 1 else f'{count} alerts'}:\n")
    assert text.count("alert ALERT-") == count
    assert found.as_bytes().isascii()
    assert max(map(len, found.as_bytes().splitlines())) <= 998


def test_an_alert_of_hundreds_names_some_and_counts_the_rest(tmp_path: Path) -> None:
    many = tuple(f"{'X' * 60}{n:03}/{n}" for n in range(1, 301))
    to = Addressee("CHEN", "Chen", "chen@hospital.org", vacant=False)
    content = Content("MESSAGE-1", TRIAL, [owed(1, many)], to, microseconds(T0))
    asyncio.run(Maildir(tmp_path / "mail").send(rendered(content, Letterhead("desk@trial.org", ""), 1)[0]))
    text = mails(tmp_path)[0].get_content()
    assert text.count(" AE ") == MOST_NAMED
    assert "and 280 more\n" in text
