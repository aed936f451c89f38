"""Who cannot be reached is one alert until somebody acknowledges it or a mail arrives; what is settled is told to nobody more."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from safety.aggregates.account import Added
from safety.aggregates.alert import Acknowledged, Raised, Settled
from safety.projections.inbox import owed
from tests import builders as b
from tests.builders import built, compose, composed, failed, sent
from tests.desks import Office, heard

BOUNCE = "SMTP-550"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    opened = Office(tmp_path / "log.db").begin()
    yield opened
    opened.close()


def write(office: Office, name: str, to: str = "CHEN", role: str = "safety_officer") -> None:
    """Compose a message."""
    message = composed(name).model_copy(update={"to": to, "role": role, "channels": ("smtp", "webhook")})
    office.do("message.compose", compose(message), by="OPERATOR")


def bounce(office: Office, name: str, channel: str = "smtp", error: str = BOUNCE) -> list[Raised]:
    events = office.do("message.record_failed", failed(name, channel, error), by="OPERATOR").events
    return [event for event in events if isinstance(event, Raised)]


def test_one_alert_a_person_however_many_messages_bounce(office: Office) -> None:
    for name in ("M-1", "M-2", "M-3"):
        write(office, name)
    (alert,) = bounce(office, "M-1")
    assert (alert.rule, alert.role, alert.concerning) == (
        "UNDELIVERABLE",
        "operator",
        ("MESSAGE/M-1", "ACCOUNT:CHEN"),
    )
    assert bounce(office, "M-2") == []
    assert bounce(office, "M-1", error="NO-ADDRESS") == []
    write(office, "M-4", to="WANG")
    assert len(bounce(office, "M-4")) == 1, "another person"
    office.do("account.add", built(Added, account="BOSS", roles=("operator",)), by="OPERATOR")
    office.do("alert.acknowledge", built(Acknowledged, alert=alert.alert), by="BOSS")
    (again,) = bounce(office, "M-3")
    assert again.alert != alert.alert, "what somebody acknowledged and did not put right is told anew"


def test_a_mail_that_arrives_settles_it_and_the_next_bounce_is_told_anew(office: Office) -> None:
    for name in ("M-1", "M-2", "M-3"):
        write(office, name)
    (alert,) = bounce(office, "M-1")
    events = office.do("message.record_sent", sent("M-2", "smtp", smtp_code=250), by="OPERATOR").events
    assert [event.__dict__["alert"] for event in events if isinstance(event, Settled)] == [alert.alert]
    assert len(bounce(office, "M-3")) == 1


def test_the_maildir_takes_everything_and_says_nothing_of_an_address(office: Office) -> None:
    write(office, "M-1")
    bounce(office, "M-1")
    events = office.do("message.record_sent", sent("M-1", "maildir"), by="OPERATOR").events
    assert len(events) == 1


def test_a_hook_is_one_address_for_everybody(office: Office) -> None:
    write(office, "M-1")
    write(office, "M-2", to="WANG")
    (alert,) = bounce(office, "M-1", "webhook", "HTTP-404")
    assert alert.concerning == ("MESSAGE/M-1",)
    assert bounce(office, "M-2", "webhook", "HTTP-404") == []


def test_what_bounces_from_the_operators_owes_nothing_more(office: Office) -> None:
    write(office, "M-1", to="OPERATOR", role="operator")
    assert bounce(office, "M-1") == []


def test_what_is_settled_is_not_told_to_anybody_more(office: Office) -> None:
    office.do("adverse_event.report", heard(serious="Y"))
    office.do("adverse_event.report", heard(serious="Y"))
    views = b.views_beside(office.file)

    def still() -> list[str]:
        views.catch_up(office.journal)
        with views.connect() as connection:
            return [row["alert"] for row in owed(connection)]

    first, second = still()
    office.do("alert.settle", built(Settled, alert=first), by="CHEN")
    assert still() == [second]
    assert views.check(office.journal) == []
    views.close()
