"""An office whose officer is told over two channels that take or fail as they are told to, under a clock that is moved."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from notifications.channels import Channel, ChannelName, Written
from notifications.composition import dispatcher_of, record_of
from notifications.dispatcher import InProcess
from notifications.handler import Delivered, Handler
from notifications.rendering import Letterhead
from safety.aggregates.account import AccountExists, Added
from safety.aggregates.adverse_event import Reported
from safety.cli.door import system_doors
from safety.directory import Person
from safety.home import Doors, Home, open_home
from safety.settings import Settings
from tests.command_line import TRIAL, with_trial, write

SAE = {"STUDYID": TRIAL, "USUBJID": "S01", "AETERM": "CANARY", "AESER": "Y"}
START = (datetime.now(UTC) + timedelta(days=1)).replace(hour=9, minute=30, second=0, microsecond=0)
"""Later than what the command line has written into the log under the machine's own clock."""


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at


class Taking:
    """A channel that takes, or fails as it is told to."""

    def __init__(self, name: ChannelName) -> None:
        self.name: ChannelName = name
        self.taken: list[Written] = []
        self.fault: BaseException | None = None
        self.tries = 0

    async def send(self, written: Written) -> int | None:
        self.tries += 1
        if self.fault is not None:
            raise self.fault
        self.taken.append(written)
        return 250 if self.name == "smtp" else None


class Office:
    """A home with an officer who reads e-mail, its delivery over two channels, and a clock to move."""

    def __init__(self, folder: Path) -> None:
        cli = with_trial(folder)
        cli("import", write(folder / "data", ae=()), "--trial", TRIAL)
        self.clock = Clock()
        doors = system_doors()
        self.home: Home = open_home(Settings(home=cli.home), Doors(self.clock, doors.salt, doors.new_id))
        self.meet(Person("CHEN", "Chen Wei", "chen@hospital.org", ("safety_officer",)))
        self.maildir, self.smtp = Taking("maildir"), Taking("smtp")
        self.head = Letterhead("desk@trial.org", "https://desk.trial.org")

    def meet(self, person: Person) -> None:
        """Let somebody act in the log, and write them down in the directory; who acts already is written down anew."""
        self.home.directory.put(person)
        added = Added.model_validate({"account": person.account, "roles": person.roles})
        with suppress(AccountExists):
            self.home.desk.do("account.add", added, by="OPERATOR", command_id=self.home.doors.new_id())

    def file(self) -> None:
        form = Reported.model_validate(SAE)
        self.home.desk.do("adverse_event.report", form, by="OPERATOR", command_id=self.home.doors.new_id())

    def sweep(self, *, at_once: bool = False) -> list[Delivered]:
        """One sweep of a process of its own."""
        channels: list[Channel] = [self.maildir, self.smtp]
        handler = Handler(record_of(self.home), channels, self.head)
        return asyncio.run(dispatcher_of(self.home, handler, InProcess(handler, at_once=at_once)).sweep())

    def later(self, **span: float) -> None:
        self.clock.at += timedelta(**span)

    def events(self, prefix: str = "message.") -> list[tuple[str, dict[str, Any]]]:
        """What the log says of messages or alerts, in order."""
        rows = (row for row in self.home.journal.read() if row.topic.startswith(prefix))
        return [(row.topic.split(".")[1], row.event.model_dump(exclude_none=True)) for row in rows]

    def rules(self) -> list[str]:
        return [said["rule"] for name, said in self.events("alert.") if name == "raised"]


def open_office(folder: Path) -> Iterator[Office]:
    """An office for the length of a test."""
    opened = Office(folder)
    yield opened
    opened.home.close()


class Crash(BaseException):
    """The process is gone."""
