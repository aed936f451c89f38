"""What the handler of messages does where a channel, a template or the program fails: tried again, and owed to the operator."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment, StrictUndefined

from notifications import handler as handling
from notifications.channels import NotDelivered, Written
from notifications.composition import record_of
from notifications.handler import Handler
from notifications.record import LEASE_SECONDS
from safety.directory import Person
from tests.delivery_office import Office, open_office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    yield from open_office(tmp_path)


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
