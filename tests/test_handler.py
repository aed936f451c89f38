"""The handler of messages: every channel that was due, each once, in spite of crashes, bounces, hanging servers and broken templates."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jinja2 import DictLoader, Environment, StrictUndefined

from notifications import handler as handling
from notifications.channels import Channel, ChannelName, NotDelivered, Written
from notifications.composition import dispatcher_of, record_of
from notifications.dispatcher import Dispatcher, InProcess
from notifications.handler import Delivered, Handler
from notifications.record import LEASE_SECONDS, Bell, Failing, Letter, Standing
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


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    opened = Office(tmp_path)
    yield opened
    opened.home.close()


class Crash(BaseException):
    """The process is gone."""


# --- every channel that was due ---------------------------------------------------------------------------------------


def test_a_crash_between_the_receipt_of_one_channel_and_the_try_of_the_next_leaves_the_next_due(office: Office) -> None:
    """The known hole: the maildir's receipt paid the message, and the mail was never tried."""
    office.file()
    office.smtp.fault = Crash()
    with pytest.raises(Crash):
        office.sweep()
    record = record_of(office.home)
    bell = next(Bell(one.trial, one.message) for one in record.standing().pending)
    record.sent(bell, "maildir", None, 1)
    assert [one.message for one in record.standing().pending] == [bell.message]
    office.smtp.fault = None
    office.later(seconds=LEASE_SECONDS + 1)
    assert [(one.channel, one.error) for one in office.sweep()] == [("smtp", None)]
    assert record.standing().pending == []
    (mail,) = office.smtp.taken
    assert mail.mail["X-Vigilog-Attempt"] == "2"
    assert office.events()[-1] == ("sent", {**bell._asdict(), "channel": "smtp", "smtp_code": 250, "attempt": 2})


def test_a_message_says_which_channels_are_due(office: Office) -> None:
    office.meet(Person("LIU", "Liu", None, ("safety_officer",)))
    office.file()
    office.sweep()
    composed = {said["to"]: said["channels"] for name, said in office.events() if name == "composed"}
    assert composed == {"CHEN": ("maildir", "smtp"), "LIU": ("maildir",)}


def test_people_who_are_told_of_the_same_are_composed_for_in_one_append(office: Office) -> None:
    office.meet(Person("LIU", "Liu", None, ("safety_officer",)))
    office.file()
    office.sweep()
    times = {row.recorded_at for row in office.home.journal.read() if row.topic == "message.composed.v1"}
    assert len(times) == 1


def test_a_message_from_before_channels_were_kept_is_done_when_one_took_it_and_none_failed(office: Office) -> None:
    letter = Letter(Bell(TRIAL, "M-1"), "CHEN", "safety_officer", ("A-1",), None, 0)
    assert (letter.done, letter.waits_for("smtp")) == (False, True)
    letter.sent.add("maildir")
    assert letter.done
    letter.failing["smtp"] = Failing(0, "SMTP-451")
    assert not letter.done


# --- one at a time ----------------------------------------------------------------------------------------------------


def test_two_processes_that_look_at_once_send_one_mail(office: Office) -> None:
    office.file()
    office.sweep()
    office.smtp.taken.clear()
    office.file()
    handlers = [Handler(record_of(office.home), [office.maildir, office.smtp], office.head) for _ in range(2)]
    dispatchers = [dispatcher_of(office.home, one, InProcess(one)) for one in handlers]

    async def both() -> None:
        await asyncio.gather(*(one.sweep() for one in dispatchers))

    asyncio.run(both())
    assert len(office.smtp.taken) == 1
    assert [name for name, _ in office.events()].count("composed") == 2


def test_a_message_that_takes_longer_than_its_lease_is_still_held(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        handling, "LEASE_SECONDS", 0.03
    )  # how often it is renewed; the lease itself runs on the desk's clock
    office.file()
    other = Handler(record_of(office.home), [office.maildir, office.smtp], office.head)
    came: list[Delivered] = []

    async def slow(written: Written) -> int | None:
        bell = next(Bell(one.trial, one.message) for one in record_of(office.home).standing().pending)
        for _ in range(3):
            office.later(seconds=LEASE_SECONDS - 1)
            await asyncio.sleep(0.2)
            came.extend(await other.handle(bell))
        return 250

    monkeypatch.setattr(office.smtp, "send", slow)
    assert {one.channel for one in office.sweep()} == {"maildir", "smtp"}
    assert came == []
    assert office.maildir.tries == 1


def test_a_message_that_is_composed_elsewhere_meanwhile_is_not_told_twice(office: Office) -> None:
    """Another process composes after this one has looked and before it composes: the log takes one of the two."""
    office.file()
    record = record_of(office.home)
    looked = record.standing

    def overtaken() -> Standing:
        found = looked()
        record.standing = looked  # type: ignore[method-assign]  # overtaken once
        office.sweep()
        office.file()
        return found

    record.standing = overtaken  # type: ignore[method-assign]  # a fault at the edge
    handler = Handler(record, [office.maildir, office.smtp], office.head)
    asyncio.run(Dispatcher(record, handler.ways, InProcess(handler)).sweep())
    carried = [alert for name, said in office.events() if name == "composed" for alert in said["alerts"]]
    assert len(carried) == len(set(carried)) == 2


# --- errors by their class --------------------------------------------------------------------------------------------


def test_trust_2_2_what_passes_is_tried_again_after_delays_that_double_whoever_looks(office: Office) -> None:
    office.file()
    office.smtp.fault = NotDelivered("SMTP-451")
    office.sweep()
    office.later(milliseconds=1)  # the log's times rise with each event, also while the clock stands
    tried = []
    for second in range(1, 700):
        office.later(seconds=1)
        if office.sweep():
            tried.append(second)
    assert tried == [5, 15, 35, 75, 155, 315, 615]
    assert [name for name, _ in office.events()] == ["composed", "failed", "sent"]
    assert office.rules() == ["SAE-REPORTED"]
    office.smtp.fault = None
    office.later(seconds=300)
    office.sweep()
    assert [one.mail["X-Vigilog-Attempt"] for one in office.smtp.taken] == ["9"]


def test_a_lost_scratch_database_costs_at_most_a_try(office: Office) -> None:
    office.file()
    office.smtp.fault = NotDelivered("SMTP-451")
    office.sweep()
    office.later(minutes=10)
    office.sweep()
    with closing(sqlite3.connect(office.home.settings.home / "scratch.db")) as scratch, scratch:
        scratch.execute("DELETE FROM lease")
    assert len(office.sweep()) == 1
    assert office.sweep() == []


@pytest.mark.parametrize("error", ["SMTP-550", "SMTP-554"])
def test_trust_2_2_what_bounced_is_owed_to_the_operator_and_tried_daily(office: Office, error: str) -> None:
    office.meet(Person("BOSS", "Boss", "boss@trial.org", ("operator",)))
    office.file()
    office.smtp.fault = NotDelivered(error)
    office.sweep()
    office.smtp.fault = None
    assert office.rules() == ["SAE-REPORTED", "UNDELIVERABLE"]
    told = office.sweep()
    assert {(one.account, one.channel) for one in told} == {("BOSS", "maildir"), ("BOSS", "smtp")}
    text = office.smtp.taken[0].mail.get_content()
    assert "a message could not be delivered: put the address right" in text
    office.later(hours=23)
    assert office.sweep() == []
    office.later(hours=1, seconds=1)
    assert [(one.account, one.error) for one in office.sweep()] == [("CHEN", None)]
    assert record_of(office.home).standing().pending == []


def test_operators_who_cannot_be_reached_owe_nothing_more(office: Office) -> None:
    office.meet(Person("BOSS", "Boss", "boss@trial.org", ("operator",)))
    office.file()
    office.smtp.fault = NotDelivered("SMTP-550")
    for _ in range(4):
        office.sweep()
        office.later(days=1, seconds=1)
    assert office.rules() == ["SAE-REPORTED", "UNDELIVERABLE"]


def test_an_address_that_is_gone_is_a_fault_of_its_own(office: Office) -> None:
    office.file()
    office.smtp.fault = NotDelivered("SMTP-451")
    office.sweep()
    office.meet(Person("CHEN", "Chen Wei", None, ("safety_officer",)))
    office.later(seconds=6)
    assert [one.error for one in office.sweep() if one.account == "CHEN"] == ["NO-ADDRESS"]
    assert office.rules() == ["SAE-REPORTED", "UNDELIVERABLE"]


def test_a_channel_that_hangs_is_cut_off_and_the_others_receipts_are_kept(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(_: Written) -> int | None:
        await asyncio.sleep(3_600)
        return None

    monkeypatch.setattr(handling, "CHANNEL_SECONDS", 0.05)
    monkeypatch.setattr(office.smtp, "send", hang)
    office.file()
    assert sorted((one.channel, one.error) for one in office.sweep()) == [("maildir", None), ("smtp", "TIMEOUTERROR")]


def test_a_channel_that_fails_in_a_way_nobody_thought_of_is_a_failure_of_that_class(office: Office) -> None:
    office.file()
    office.smtp.fault = ZeroDivisionError("CANARY")
    assert sorted((one.channel, one.error) for one in office.sweep()) == [
        ("maildir", None),
        ("smtp", "ZERODIVISIONERROR"),
    ]
    assert "CANARY" not in str(office.events())


# --- the program's own faults -----------------------------------------------------------------------------------------

BROKEN = {
    "undefined name": "{{ nothing.of.this.name }}",
    "no template": None,
    "syntax": "{% if %}",
    "type": "{{ alerts + 1 }}",
}


@pytest.mark.parametrize("template", BROKEN.values(), ids=BROKEN)
def test_a_template_that_fails_sends_plain_text_and_is_owed_to_the_operator(
    office: Office, template: str | None
) -> None:
    loader = DictLoader({} if template is None else {"alert.txt.j2": template, "alert.json.j2": "{}"})
    office.head = office.head._replace(templates=Environment(loader=loader, undefined=StrictUndefined, autoescape=True))
    office.file()
    office.sweep()
    (sent,) = office.smtp.taken
    text = sent.mail.get_content()
    assert "Trial T1 owes CHEN:\n- SAE-REPORTED S01 AE 1, alert " in text
    assert "  https://desk.trial.org/trials/T1/cases/S01/1\nThe desk: https://desk.trial.org\n" in text
    assert '"rule": "SAE-REPORTED"' in sent.body
    assert "CANARY" not in text + sent.body
    assert office.rules() == ["SAE-REPORTED", "TEMPLATE-FAILED"]
    for _ in range(3):
        office.sweep()
    assert office.rules() == ["SAE-REPORTED", "TEMPLATE-FAILED"]


def test_a_message_at_which_the_program_fails_again_and_again_is_owed_to_the_operator(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    office.file()
    with monkeypatch.context() as broken:
        broken.setattr(Handler, "_write", fail)
        for _ in range(handling.PATIENCE):
            with pytest.raises(ZeroDivisionError):
                office.sweep()
            office.later(seconds=LEASE_SECONDS + 1)
    assert office.rules() == ["SAE-REPORTED", "DELIVERY-FAILED"]
    office.sweep()
    assert record_of(office.home).standing().pending == []
    assert len(office.smtp.taken) == 1


# --- clocks that jump -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("jump", [timedelta(days=-30), timedelta(days=30)], ids=["set back", "set forward"])
def test_a_clock_that_is_set_holds_up_neither_retries_nor_what_a_crash_left(office: Office, jump: timedelta) -> None:
    office.file()
    office.smtp.fault = Crash()
    with pytest.raises(Crash):
        office.sweep()
    office.clock.at += jump
    office.smtp.fault = NotDelivered("SMTP-451")
    assert any(one.channel == "smtp" for one in office.sweep())
    office.clock.at += jump
    office.later(seconds=6)
    office.smtp.fault = None
    assert [(one.channel, one.error) for one in office.sweep()] == [("smtp", None)]
