"""Delivery by e-mail through a real SMTP server: what it takes is recorded by its code, what it refuses is tried again."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.command_line import TRIAL, CommandLine, Ran, with_trial, write
from tests.mail_server import MailServer

SAE = {"STUDYID": TRIAL, "USUBJID": "S01", "AETERM": "CANARY", "AESER": "Y", "narrative": "CANARY too"}


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer().running() as running:
        yield running


@pytest.fixture
def cli(tmp_path: Path, server: MailServer) -> CommandLine:
    """The small trial, its subjects, and one officer who reads e-mail."""
    found = with_trial(tmp_path, VIGILOG_SMTP_URL=server.url, VIGILOG_MAIL_FROM="Vigilog <desk@trial.org>")
    found("import", write(tmp_path / "data", ae=()), "--trial", TRIAL)
    found("account", "add", "CHEN", "--role", "safety_officer", "--name", "陈伟", "--email", "chen@hospital.org")
    return found


def file(cli: CommandLine) -> Ran:
    return cli("do", "adverse_event.report", stdin=json.dumps(SAE))


def the_alert(cli: CommandLine) -> Any:  # noqa: ANN401, whatever the answer holds
    """The alert of the serious adverse event, beside what the faults of delivery owe."""
    (alert,) = [one for one in cli.json("alerts", "--trial", TRIAL)["alerts"] if one["rule"] == "SAE-REPORTED"]
    return alert


def receipts(cli: CommandLine) -> list[tuple[str, str]]:
    """What the log says of the one message: topic and words, in order."""
    alert = the_alert(cli)
    events = [
        event for message in alert["messages"] for event in cli.json("history", f"{TRIAL}/message/{message}")["events"]
    ]
    return [(event["topic"], event["words"]) for event in events]


def topics(cli: CommandLine) -> list[str]:
    return [topic for topic, _ in receipts(cli)]


def test_what_the_server_took_is_recorded_by_its_code(cli: CommandLine, server: MailServer) -> None:
    assert file(cli).err == ""
    (taken,) = server.mails
    assert (taken["To"], taken["From"]) == ("chen@hospital.org", "Vigilog <desk@trial.org>")
    alert = the_alert(cli)
    assert taken["Message-ID"] == f"<{alert['messages'][0].lower()}@trial.org>"
    assert taken.get_content().splitlines()[0] == "陈伟,"
    assert b"CANARY" not in server.raw[0]
    assert server.raw[0].isascii()
    assert topics(cli) == ["message.composed.v1", "message.sent.v1", "message.sent.v1"]
    assert any("250" in words for _, words in receipts(cli))
    assert cli("deliver").out == "Messages delivered: 0.\n"
    assert len(server.mails) == 1


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ({"rcpt": "550 no such CANARY here"}, "SMTP-550"),
        ({"rcpt": "451 try CANARY later"}, "SMTP-451"),
        ({"data": "451 try CANARY later"}, "SMTP-451"),
        ({"data": "554 CANARY refused"}, "SMTP-554"),
    ],
    ids=["550 to RCPT", "451 to RCPT", "451 to DATA", "554 to DATA"],
)
def test_what_the_server_refuses_is_kept_as_its_code_and_tried_again(
    cli: CommandLine, server: MailServer, answers: dict[str, str], error: str
) -> None:
    vars(server).update(answers)
    assert file(cli).err == f"smtp did not take the message to CHEN: {error}; it is tried again.\n"
    assert (topics(cli)[:2], server.mails) == (["message.composed.v1", "message.failed.v1"], [])
    assert "CANARY" not in str(receipts(cli))
    again = cli("deliver")
    assert (again.out, again.err.count(error)) == ("Messages delivered: 0.\n", 1)
    assert topics(cli).count("message.failed.v1") == 1
    vars(server).update(rcpt="250 taken", data="250 taken")
    assert cli("deliver").out == "Messages delivered: 1.\n"
    (taken,) = server.mails
    alert = the_alert(cli)
    assert taken["Message-ID"] == f"<{alert['messages'][0].lower()}@trial.org>"
    assert topics(cli)[-1] == "message.sent.v1"
    assert cli("deliver").out == "Messages delivered: 0.\n"


def test_a_failure_is_recorded_anew_when_its_class_changes(cli: CommandLine, server: MailServer) -> None:
    server.data = "451 later"
    file(cli)
    server.data = "554 never"
    cli("deliver")
    cli("deliver")
    assert topics(cli).count("message.failed.v1") == 2


@pytest.mark.parametrize("bye", ["451 not now", "221 bye"])
def test_how_the_server_says_goodbye_changes_nothing(cli: CommandLine, server: MailServer, bye: str) -> None:
    server.bye = bye
    assert file(cli).err == ""
    cli("deliver")
    assert len(server.mails) == 1


def unused_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("smtp://127.0.0.1:{port}", "CONNECTIONREFUSEDERROR"),
        ("127.0.0.1:25", "SMTP-URL-UNUSABLE"),
        ("mail.hospital.org", "SMTP-URL-UNUSABLE"),
        ("http://127.0.0.1:{port}", "SMTP-URL-UNUSABLE"),
        ("smtp://127.0.0.1:port", "SMTP-URL-UNUSABLE"),
        ("smtp://user:secret@127.0.0.1:{server}", "SMTPNOTSUPPORTEDERROR"),
        ("smtps://127.0.0.1:{server}", "SSLERROR"),
    ],
    ids=[
        "nobody listens",
        "no scheme",
        "a name alone",
        "another scheme",
        "no port",
        "a password without TLS",
        "no TLS",
    ],
)
def test_a_server_that_cannot_be_reached_as_said_leaves_the_message_owed_by_mail(
    cli: CommandLine, server: MailServer, url: str, error: str
) -> None:
    other = CommandLine(cli.home, VIGILOG_SMTP_URL=url.format(port=unused_port(), server=server.port))
    assert file(other).err == f"smtp did not take the message to CHEN: {error}; it is tried again.\n"
    assert server.mails == []
    assert [alert["state"] for alert in cli.json("alerts", "--trial", TRIAL)["alerts"]] == ["sent"]
    assert "secret" not in str(receipts(cli))
    cli("deliver")
    assert len(server.mails) == 1


def test_who_has_no_address_is_told_in_the_maildir_alone(cli: CommandLine, server: MailServer) -> None:
    cli("account", "add", "CHEN", "--role", "safety_officer", "--name", "陈伟")
    assert file(cli).err == ""
    assert server.mails == []
    assert len(list((cli.home / "mail" / "new").iterdir())) == 1
