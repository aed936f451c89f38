"""An obligation's life: sent to each recipient, acknowledged, rejected, struck through by name; each refusal is a sentence."""

from datetime import timedelta
from typing import Any, TypeVar

import pytest

from safety.aggregates.deciding import Form, Refused
from safety.aggregates.discharging import (
    AlreadySent,
    NoLongerRuns,
    NotARecipient,
    NotSent,
    NotSigned,
    NotThen,
    NotYourObligation,
    PartlySent,
    SignedByAnother,
    TakenByAnother,
    TakenForAnother,
    UnknownObligation,
)
from safety.aggregates.obligation import (
    Acknowledged,
    Cancelled,
    Obligation,
    Obligations,
    Rejected,
    Reviewed,
    Submitted,
    Superseded,
    Taken,
)
from safety.aggregates.subject import UnknownSubject
from safety.values import Role
from tests.builders import T0, TRIAL, built, enrolled, obligation_opened, pack_adopted, registered, reported
from tests.given import Given, given

E = TypeVar("E", bound=Form)
NAME = "GOLD-15/1"
AUTHORITY, COMMITTEE = "Authority", "Ethics committee"
SUBJECT = (registered(), enrolled(), reported(), obligation_opened(starts_at=T0 - timedelta(days=3)))


def about(form: type[E], **fields: Any) -> E:  # noqa: ANN401, whatever the form takes
    return built(form, **{"subject": "S1", "number": 1, "obligation": NAME, **fields})


def submitted(*to: str, **fields: Any) -> Submitted:  # noqa: ANN401, whatever the form takes
    return about(Submitted, **{"sent_at": T0, "to": to, **fields})


def acknowledged(recipient: str = AUTHORITY, **fields: Any) -> Acknowledged:  # noqa: ANN401, whatever the form takes
    return about(Acknowledged, **{"recipient": recipient, "acknowledged_at": T0, **fields})


def rejected(recipient: str = AUTHORITY, **fields: Any) -> Rejected:  # noqa: ANN401, whatever the form takes
    return about(Rejected, **{"recipient": recipient, "rejected_at": T0, **fields})


def cancelled(**fields: Any) -> Cancelled:  # noqa: ANN401, whatever the form takes
    return about(Cancelled, **{"reason": "not_applicable", "printed_name": "Chen Wei", **fields})


def taken(by: str | None = None, **fields: Any) -> Taken:  # noqa: ANN401, whatever the form takes
    return about(Taken, **{"taken_by": by, **fields})


SUPERSEDED = about(Superseded, by="GOLD-15/1.2")
BOTH = (AUTHORITY, COMMITTEE)


def of(states: Given) -> Obligation:
    return states(f"{TRIAL}/subject/S1", Obligations).of(1)[NAME]


# What becomes of it


@pytest.mark.parametrize(
    ("history", "state", "runs"),
    [
        pytest.param([], "open", True, id="opened"),
        pytest.param([submitted(AUTHORITY)], "open", True, id="with one of two recipients the clock goes on"),
        pytest.param([submitted(AUTHORITY), submitted(COMMITTEE)], "submitted", False, id="with both"),
        pytest.param([submitted(*BOTH), acknowledged()], "submitted", False, id="one acknowledgement of two"),
        pytest.param(
            [submitted(*BOTH), acknowledged(), acknowledged(COMMITTEE)], "acknowledged", False, id="acknowledged"
        ),
        pytest.param([submitted(*BOTH), rejected()], "rejected", True, id="rejected: the clock goes on"),
        pytest.param([submitted(*BOTH), rejected(), submitted(AUTHORITY)], "submitted", False, id="and sent again"),
        pytest.param(
            [submitted(*BOTH), acknowledged(), rejected(), submitted(AUTHORITY), acknowledged(COMMITTEE)],
            "submitted",
            False,
            id="a rejection takes the acknowledgement back",
        ),
        pytest.param([SUPERSEDED], "superseded", False, id="superseded"),
        pytest.param([cancelled()], "cancelled", False, id="struck through"),
    ],
)
def test_what_it_comes_to(history: list[Form], state: str, *, runs: bool) -> None:
    found = of(given(*SUBJECT, *history))
    assert (found.state, found.runs) == (state, runs)


def test_a_struck_through_clock_is_not_erased() -> None:
    assert of(given(*SUBJECT, cancelled())).opened == SUBJECT[-1]


def test_obligations_of_one_adverse_event_are_not_anothers() -> None:
    states = given(*SUBJECT, reported(number=2), obligation_opened(number=2), cancelled())
    assert states(f"{TRIAL}/subject/S1", Obligations).of(2)[NAME].state == "open"


# What is decided


def test_sent_to_all_that_do_not_have_it_where_nobody_is_named() -> None:
    states = given(*SUBJECT)
    assert states.when("obligation.submit", submitted()) == (submitted(*BOTH),)
    assert given(*SUBJECT, submitted(AUTHORITY)).when("obligation.submit", submitted()) == (submitted(COMMITTEE),)


def test_a_cancellation_is_signed_by_who_acts() -> None:
    (event,) = given(*SUBJECT).when("obligation.cancel", cancelled(), role="safety_officer", by="CHEN")
    assert event == cancelled(signed_by="CHEN", signed_as="safety_officer")
    assert cancelled().meaning == "struck through by me as no longer due"


def test_the_same_acknowledgement_says_nothing_new() -> None:
    states = given(*SUBJECT, submitted(AUTHORITY))
    assert states.when("obligation.acknowledge", acknowledged()) == (acknowledged(),)
    again = given(*SUBJECT, submitted(AUTHORITY), acknowledged())
    assert again.when("obligation.acknowledge", acknowledged()) == ()


def test_a_rejection_is_recorded_also_after_an_acknowledgement() -> None:
    states = given(*SUBJECT, submitted(*BOTH), acknowledged())
    assert states.when("obligation.reject", rejected(reason="Page 2 is missing"))


def test_taken_in_hand_by_who_acts_and_the_clock_goes_on() -> None:
    (event,) = given(*SUBJECT).when("obligation.take", taken(), role="safety_officer", by="CHEN")
    assert event == taken("CHEN")
    found = of(given(*SUBJECT, event))
    assert (found.taken_by, found.runs) == ("CHEN", True)
    assert given(*SUBJECT, event).when("obligation.take", taken(), role="safety_officer", by="CHEN") == ()
    over = taken(reason="Chen is on leave")
    (again,) = given(*SUBJECT, event).when("obligation.take", over, role="safety_officer", by="WANG")
    assert of(given(*SUBJECT, event, again)).taken_by == "WANG"


def test_a_review_is_always_recorded_because_it_pays_what_was_owed() -> None:
    review = built(Reviewed, subject="S1")
    assert given(*SUBJECT).when("obligation.review", review) == (review,)
    with pytest.raises(UnknownSubject):
        given(registered()).when("obligation.review", review)


# What is refused


AFTER, BEFORE = {"at": T0 + timedelta(minutes=6)}, {"at": T0 - timedelta(days=4)}


@pytest.mark.parametrize(
    ("history", "command", "form", "refusal", "says"),
    [
        pytest.param(
            [],
            "submit",
            submitted(obligation="GOLD-15/2"),
            UnknownObligation,
            "Adverse event 1 of subject S1 has no obligation GOLD-15/2",
            id="no such obligation",
        ),
        pytest.param([cancelled()], "submit", submitted(), NoLongerRuns, "is cancelled: nothing", id="cancelled"),
        pytest.param([SUPERSEDED], "submit", submitted(), NoLongerRuns, "is superseded", id="superseded"),
        pytest.param([submitted(*BOTH)], "submit", submitted(), NoLongerRuns, "is submitted", id="sent to all"),
        pytest.param([submitted(*BOTH)], "cancel", cancelled(), NoLongerRuns, "left to cancel", id="cancel: sent"),
        pytest.param([], "submit", submitted("EMA"), NotARecipient, "Authority, Ethics committee", id="not owed to"),
        pytest.param([], "acknowledge", acknowledged("EMA"), NotARecipient, "is owed to", id="acknowledge: not owed"),
        pytest.param([], "reject", rejected("EMA"), NotARecipient, "is owed to", id="reject: not owed"),
        pytest.param(
            [submitted(AUTHORITY)], "submit", submitted(AUTHORITY), AlreadySent, "sent to this recipient", id="twice"
        ),
        pytest.param([], "acknowledge", acknowledged(), NotSent, "was not sent", id="acknowledged unsent"),
        pytest.param([], "reject", rejected(), NotSent, "was not sent", id="rejected unsent"),
        pytest.param(
            [], "submit", submitted(sent_at=AFTER["at"]), NotThen, "The sending .* in the future", id="sent tomorrow"
        ),
        pytest.param(
            [], "submit", submitted(sent_at=BEFORE["at"]), NotThen, "before its clock began", id="sent before Day 0"
        ),
        pytest.param(
            [submitted(*BOTH)],
            "acknowledge",
            acknowledged(acknowledged_at=AFTER["at"]),
            NotThen,
            "The acknowledgement",
            id="acknowledged tomorrow",
        ),
        pytest.param(
            [submitted(*BOTH)], "reject", rejected(rejected_at=AFTER["at"]), NotThen, "The rejection", id="later"
        ),
        pytest.param(
            [submitted(AUTHORITY)], "cancel", cancelled(), PartlySent, "answered by a follow-up", id="partly sent"
        ),
        pytest.param(
            [], "cancel", cancelled(printed_name=None), NotSigned, "printed name", id="21 CFR 11.50: unsigned"
        ),
        pytest.param([], "cancel", cancelled(signed_by="WANG"), SignedByAnother, "the account that acts", id="forged"),
        pytest.param([taken("WANG")], "take", taken(), TakenByAnother, "in the hands of WANG", id="taken by another"),
        pytest.param([], "take", taken("WANG"), TakenForAnother, "for themselves", id="taken for another"),
        pytest.param([cancelled()], "take", taken(), NoLongerRuns, "left to take in hand", id="take: cancelled"),
        pytest.param(
            [], "cancel", cancelled(signed_as="operator"), SignedByAnother, "the account that acts", id="as another"
        ),
    ],
)
def test_refused(history: list[Form], command: str, form: Form, refusal: type[Refused], says: str) -> None:
    role: Role = "safety_officer" if command in {"cancel", "take"} else "operator"
    with pytest.raises(refusal, match=says):
        given(*SUBJECT, *history).when(f"obligation.{command}", form, role=role, by="CHEN")


@pytest.mark.parametrize(
    ("role", "party", "both", "may"),
    [
        ("investigator", "sponsor", False, False),
        ("investigator", "sponsor", True, True),
        ("investigator", "site", False, True),
        ("safety_officer", "site", False, False),
        ("safety_officer", "site", True, True),
        ("safety_officer", "sponsor", False, True),
        ("operator", "site", False, True),
        ("operator", "sponsor", False, True),
    ],
)
def test_each_party_discharges_its_own_duties(role: Role, party: str, *, both: bool, may: bool) -> None:
    owed_by = "investigator" if party == "site" else "sponsor"
    opened = obligation_opened(party=party, owed_by=owed_by, starts_at=T0)
    (adopted,) = given(registered()).when(
        "trial.adopt_rule_pack", pack_adopted(sponsor_investigator=both), role="safety_officer", by="CHEN"
    )
    states = given(registered(), adopted, enrolled(), reported(), opened)
    if may:
        assert states.when("obligation.submit", submitted(), role=role)
    else:
        with pytest.raises(NotYourObligation, match=f"is the {owed_by}'s to discharge"):
            states.when("obligation.submit", submitted(), role=role)
