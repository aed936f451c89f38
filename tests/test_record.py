"""The log about itself: opened once, redacted when one person asks and another agrees (ICH E6(R3) 4.2.2(b))."""

import pytest

from safety.aggregates.deciding import Form, Refused, UnknownEvent
from safety.aggregates.record import AlreadyRedacted, Log, RedactionNotRequested, RedactionRequested, SamePerson, evolve
from tests.builders import opened, redacted, redaction_requested, registered
from tests.given import given


def log_of(*history: Form) -> Log:
    return given(*history)("-/log", Log)


def test_who_asks_is_who_acts_whatever_the_form_says() -> None:
    form = redaction_requested(7, by="SOMEBODY-ELSE")
    (event,) = given(opened()).when("log.request_redaction", form, by="ONE")
    assert event == redaction_requested(7, by="ONE")
    assert log_of(opened(), event) == Log(opened=True, requested={7: "ONE"})


def test_another_person_agrees() -> None:
    history = [opened(), redaction_requested(7, by="ONE")]
    assert given(*history).when("log.redact", redacted(7), by="TWO") == (redacted(7),)
    assert log_of(*history, redacted(7)).redacted == {7}


@pytest.mark.parametrize(
    ("history", "command", "form", "refusal"),
    [
        pytest.param([], "log.redact", redacted(7), RedactionNotRequested, id="nobody asked"),
        pytest.param(
            [redaction_requested(8)], "log.redact", redacted(7), RedactionNotRequested, id="for another position"
        ),
        pytest.param([redaction_requested(7, by="TWO")], "log.redact", redacted(7), SamePerson, id="one person only"),
        pytest.param(
            [redaction_requested(7), redacted(7)], "log.redact", redacted(7), AlreadyRedacted, id="redacted already"
        ),
        pytest.param(
            [redaction_requested(7), redacted(7)],
            "log.request_redaction",
            redaction_requested(7),
            AlreadyRedacted,
            id="nothing left to ask for",
        ),
    ],
)
def test_refused(history: list[Form], command: str, form: Form, refusal: type[Refused]) -> None:
    with pytest.raises(refusal, match=r"osition 7\b"):
        given(opened(), *history).when(command, form, by="TWO")


def test_the_log_keeps_who_asked_last() -> None:
    state = log_of(opened(), redaction_requested(7, by="ONE"), redaction_requested(7, by="TWO"))
    assert state.requested == {7: "TWO"}
    nobody = RedactionRequested(at_position=7, reason="legal_duty")
    assert log_of(opened(), nobody).requested == {7: ""}


def test_an_event_of_another_aggregate_is_not_folded() -> None:
    with pytest.raises(UnknownEvent, match="Registered"):
        evolve(Log(), registered())
