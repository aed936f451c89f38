"""A message: composed once, sent over each channel once, failed when the error is a new one; and the alert it carries."""

from uuid import UUID

import pytest
from pydantic import ValidationError

from safety.aggregates import alert
from safety.aggregates.alert import Alert, alert_id
from safety.aggregates.deciding import Form, Refused, UnknownEvent
from safety.aggregates.message import Message, MessageExists, UnknownMessage, evolve, message_id
from safety.values import code
from tests.builders import TRIAL, alert_raised, composed, failed, registered, sent
from tests.given import given


def message_of(*history: Form) -> Message:
    return given(*history)(f"{TRIAL}/message/M-1", Message)


@pytest.mark.parametrize(
    ("history", "command", "form", "events"),
    [
        pytest.param([], "message.compose", composed(), (composed(),), id="composed"),
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
        pytest.param([composed()], "message.compose", composed(), MessageExists, id="composed once"),
        pytest.param([], "message.record_sent", sent(), UnknownMessage, id="a receipt of nothing"),
        pytest.param([], "message.record_failed", failed(), UnknownMessage, id="a failure of nothing"),
    ],
)
def test_refused(history: list[Form], command: str, form: Form, refusal: type[Refused]) -> None:
    with pytest.raises(refusal, match="M-1"):
        given(*history).when(command, form)


def test_a_message_keeps_for_whom_and_the_last_receipt_by_channel() -> None:
    state = message_of(composed(), failed(), failed(error="REFUSED"), sent(), sent(channel="smtp"))
    assert state == Message("ONE", frozenset({"maildir", "smtp"}), {"smtp": "REFUSED"})


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


def test_design_2_11_a_message_is_the_same_for_the_same_alerts_in_any_order() -> None:
    assert message_id("ONE", ("A", "B")) == message_id("ONE", ("B", "A")) != message_id("TWO", ("A", "B"))
    assert message_id("ONE", ("A",)) != message_id("ONE", ("A", "B"))


def test_a_message_carries_something() -> None:
    with pytest.raises(ValidationError, match="alerts"):
        composed(alerts=())
