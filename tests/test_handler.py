"""The handler of messages: every channel that was due, each once, in spite of crashes, other processes and clocks that jump."""

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from notifications import handler as handling
from notifications.channels import NotDelivered, Written
from notifications.composition import dispatcher_of, record_of
from notifications.dispatcher import Dispatcher, InProcess
from notifications.handler import Delivered, Handler
from notifications.record import LEASE_SECONDS, Bell, Failing, Letter, Standing
from safety.directory import Person
from tests.command_line import TRIAL
from tests.delivery_office import Crash, Office, open_office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    yield from open_office(tmp_path)


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


def test_everybody_is_told_in_their_own_language(office: Office) -> None:
    office.meet(Person("LIU", "刘洋", "liu@hospital.org", ("safety_officer",), language="zh"))
    office.file()
    office.sweep()
    mails = {str(one.mail["To"]): one.mail for one in office.smtp.taken}
    assert "- a serious adverse event was reported: S01 AE 1\n" in mails["chen@hospital.org"].get_content()
    assert "- 报告了严重不良事件：S01 AE 1\n" in mails["liu@hospital.org"].get_content()
    assert mails["liu@hospital.org"]["Subject"] == "[Vigilog] T1：报告了严重不良事件"
    told = [json.loads(one.body) for one in office.smtp.taken]
    same = [{name: said for name, said in one.items() if name not in {"to", "message"}} for one in told]
    assert same[0] == same[1], "machines are told in one language"


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
