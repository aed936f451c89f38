"""A message: composed once, sent over each channel once, failed when the error is a new one; and the alert it carries."""

from uuid import UUID

import pytest
from pydantic import ValidationError

from safety.aggregates import alert
from safety.aggregates.alert import Alert, alert_id
from safety.aggregates.deciding import Form, Refused, UnknownEvent
from safety.aggregates.message import Message, MessageExists, UnknownMessage, evolve, message_id, permanent
from safety.values import code
from tests.builders import TRIAL, alert_raised, compose, composed, failed, faulted, registered, sent
from tests.given import given


def message_of(*history: Form) -> Message:
    return given(*history)(f"{TRIAL}/message/M-1", Message)


@pytest.mark.parametrize(
    ("history", "command", "form", "events"),
    [
        pytest.param([], "message.compose", compose(composed()), (composed(),), id="composed"),
        pytest.param(
            [composed("M-2")],
            "message.compose",
            compose(composed(), composed("M-3", to="TWO")),
            (composed(), composed("M-3", to="TWO")),
            id="several at once",
        ),
        pytest.param([composed()], "message.record_fault", faulted(), (faulted(),), id="the program failed"),
        pytest.param([composed(), faulted()], "message.record_fault", faulted(), (), id="the same fault again"),
        pytest.param(
            [composed(), faulted()],
            "message.record_fault",
            faulted(error="TYPEERROR"),
            (faulted(error="TYPEERROR"),),
            id="another fault",
        ),
        pytest.param([composed(), sent()], "message.record_failed", failed(channel="maildir"), (), id="late failure"),
        pytest.param([composed()], "message.record_sent", sent(), (sent(),), id="a first receipt"),
        pytest.param([composed(), sent()], "message.record_sent", sent(), (), id="a second says nothing new"),
        pytest.param(
            [composed(), sent()],
            "message.record_sent",
            sent(channel="smtp", smtp_code=250),
            (sent(channel="smtp", smtp_code=250),),
            id="another channel's does",
        ),
        pytest.param([composed()], "message.record_failed", failed(), (failed(),), id="a first failure"),
        pytest.param([composed(), failed()], "message.record_failed", failed(), (), id="the same again"),
        pytest.param(
            [composed(), failed()],
            "message.record_failed",
            failed(error="REFUSED"),
            (failed(error="REFUSED"),),
            id="the class of the error changes",
        ),
        pytest.param(
            [composed(), failed(), failed(error="REFUSED")],
            "message.record_failed",
            failed(),
            (failed(),),
            id="and back",
        ),
        pytest.param(
            [composed(), failed()],
            "message.record_failed",
            failed(channel="maildir"),
            (failed(channel="maildir"),),
            id="another channel's failure",
        ),
    ],
)
def test_decided(history: list[Form], command: str, form: Form, events: tuple[Form, ...]) -> None:
    assert given(*history).when(command, form) == events


@pytest.mark.parametrize(
    ("history", "command", "form", "refusal"),
    [
        pytest.param([composed()], "message.compose", compose(composed()), MessageExists, id="composed once"),
        pytest.param(
            [composed()], "message.compose", compose(composed("M-2"), composed()), MessageExists, id="all or none"
        ),
        pytest.param([], "message.record_fault", faulted(), UnknownMessage, id="a fault at nothing"),
        pytest.param([], "message.record_sent", sent(), UnknownMessage, id="a receipt of nothing"),
        pytest.param([], "message.record_failed", failed(), UnknownMessage, id="a failure of nothing"),
    ],
)
def test_refused(history: list[Form], command: str, form: Form, refusal: type[Refused]) -> None:
    with pytest.raises(refusal, match="M-1"):
        given(*history).when(command, form)


def test_a_message_keeps_for_whom_and_the_last_receipt_by_channel() -> None:
    state = message_of(composed(), failed(), failed(error="REFUSED"), sent(), sent(channel="smtp"))
    assert state == Message("ONE", "safety_officer", frozenset({"maildir", "smtp"}), {"smtp": "REFUSED"})


def test_an_event_of_another_aggregate_is_not_folded() -> None:
    with pytest.raises(UnknownEvent, match="Registered"):
        evolve(Message(), registered())
    with pytest.raises(UnknownEvent, match="Registered"):
        alert.evolve(Alert(), registered())


def test_an_alert_is_raised() -> None:
    stream = alert_raised().stream
    assert (given()(stream, Alert).raised, given(alert_raised())(stream, Alert).raised) == (None, alert_raised())


def test_design_2_5_an_id_follows_from_what_it_is_of() -> None:
    first = alert_id("T1/subject/S1", 3, "SAE-REPORTED", "safety_officer", 1)
    assert first == alert_id("T1/subject/S1", 3, "SAE-REPORTED", "safety_officer", 1)
    others = {
        alert_id("T1/subject/S2", 3, "SAE-REPORTED", "safety_officer", 1),
        alert_id("T1/subject/S1", 4, "SAE-REPORTED", "safety_officer", 1),
        alert_id("T1/subject/S1", 3, "SAE-ESCALATED", "safety_officer", 1),
        alert_id("T1/subject/S1", 3, "SAE-REPORTED", "investigator", 1),
        alert_id("T1/subject/S1", 3, "SAE-REPORTED", "safety_officer", 2),
    }
    assert len(others | {first}) == 6
    assert all(UUID(one).version == 5 and code(one) == one for one in (*others, first))


def test_design_2_11_the_messages_of_a_person_are_numbered_so_that_two_who_compose_at_once_come_to_the_same_id() -> (
    None
):
    assert message_id("T1", "ONE", 1) == message_id("T1", "ONE", 1)
    assert (
        len({message_id(*of) for of in (("T1", "ONE", 1), ("T1", "ONE", 2), ("T1", "TWO", 1), ("T2", "ONE", 1))}) == 4
    )


def test_messages_that_are_composed_together_are_of_one_trial() -> None:
    with pytest.raises(ValidationError, match="of this trial"):
        compose(composed(trial="T2"))


@pytest.mark.parametrize(
    ("error", "is_permanent"),
    [
        ("SMTP-550", True),
        ("SMTP-554", True),
        ("SMTP-451", False),
        ("SMTP-421", False),
        ("HTTP-404", True),
        ("HTTP-410", True),
        ("HTTP-408", False),
        ("HTTP-425", False),
        ("HTTP-429", False),
        ("HTTP-503", False),
        ("NO-ADDRESS", True),
        ("TIMEOUTERROR", False),
        ("CONNECTIONREFUSEDERROR", False),
        ("SMTP-URL-UNUSABLE", False),
    ],
)
def test_trust_2_2_which_errors_stay_until_somebody_puts_them_right(error: str, *, is_permanent: bool) -> None:
    assert permanent(error) is is_permanent


def test_a_message_carries_something() -> None:
    with pytest.raises(ValidationError, match="alerts"):
        composed(alerts=())
