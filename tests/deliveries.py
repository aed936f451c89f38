"""What tests of delivery look at: who is to be told, what is filed, the mails that lie there, and what the log says of them."""

import mailbox
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any

from safety.aggregates.adverse_event import Reported
from safety.cli.door import system_doors
from safety.home import open_home
from safety.settings import Settings
from tests.command_line import TRIAL, CommandLine

CANARIES = {"AETERM": "CANARY of a term", "narrative": "Mrs CANARY, born 1970-01-31, CANARY", "AEDECOD": "CANARY coded"}
SAE = {"STUDYID": TRIAL, "USUBJID": "S01", "AESER": "Y", **CANARIES}


def mails(home: Path) -> list[EmailMessage]:
    """The mails of a home, as any mail reader finds them."""
    if not all((home / "mail" / part).exists() for part in ("tmp", "new", "cur")):
        return []  # not begun, or another process is about to
    box = mailbox.Maildir(home / "mail", create=False)
    return sorted(
        (BytesParser(policy=policy.default).parsebytes(box.get_bytes(key)) for key in box.keys()),  # noqa: SIM118
        key=lambda found: str(found["To"]),
    )


def officer(cli: CommandLine, account: str, name: str, *options: str) -> None:
    cli("account", "add", account, "--role", "safety_officer", "--name", name, *options)


def file_unheard(cli: CommandLine, **fields: Any) -> None:  # noqa: ANN401, a form's fields
    """File a serious adverse event through the desk alone, as a process without delivery does."""
    opened = open_home(Settings(home=cli.home), system_doors())
    opened.desk.do(
        "adverse_event.report",
        Reported.model_validate({**SAE, **fields}),
        by="OPERATOR",
        command_id=opened.doors.new_id(),
    )
    opened.close()


def states(cli: CommandLine) -> list[str]:
    return [alert["state"] for alert in cli.json("alerts", "--trial", TRIAL)["alerts"]]


def receipts(cli: CommandLine) -> list[str]:
    """What the log says of messages, in order."""
    topics = []
    for alert in cli.json("alerts", "--trial", TRIAL)["alerts"]:
        for message in alert["messages"]:
            topics += [event["topic"] for event in cli.json("history", f"{TRIAL}/message/{message}")["events"]]
    return topics
