"""The rungs of a chain as commands decide them: when each is owed, and what refuses to be climbed."""

from datetime import timedelta

import pytest

from safety.aggregates.alert import Acknowledged, Raised, Released, Settled
from safety.aggregates.alerting import NothingOwed, NotYet, Terms, UnknownAlert, next_reminder, next_rung, rung_id
from safety.aggregates.deciding import Form, Refused
from safety.aggregates.ladder import Ladder
from tests.builders import T0, alert_raised, built, definition, registered
from tests.given import given
from tests.test_ladder import DAY, MINUTE, ladder, rungs, told

ROOT = alert_raised("A-1", next_at=T0 + 15 * MINUTE)
HELD = alert_raised("A-1", urgency="digest", next_at=T0 + 60 * MINUTE)
DUE = alert_raised("A-1", due_at=T0 + timedelta(days=2), remind_at=T0 + timedelta(days=1), next_at=T0 + 15 * MINUTE)
LATER = T0 + timedelta(days=30)


def rung(number: int) -> Raised:
    return ROOT.model_copy(update={"alert": rung_id(ROOT, number), "root": "A-1", "rung": number})


def reminder(number: int) -> Raised:
    return built(Raised, alert="A-9", rule="X", role="auditor", concerning=(), reminds="A-1", reminder=number)


def test_the_rungs_of_a_chain_follow_each_other_whenever_they_are_asked_for() -> None:
    history: list[Form] = [registered(), ROOT]
    for number, (role, minutes, repeat) in enumerate(told(ladder(), 6), 2):
        (found,) = given(*history).when("alert.escalate", rung(number), at=LATER)
        assert isinstance(found, Raised)
        following = ladder().step("urgent", number + 1)
        assert (found.role, found.rung, found.repeat or 0, found.root) == (role, number, repeat, "A-1")
        assert following is not None
        assert found.next_at == T0 + following.after
        assert given(*history).when("alert.escalate", rung(number), at=T0 + minutes * MINUTE) == (found,)
        with pytest.raises(NotYet):
            given(*history).when("alert.escalate", rung(number), at=T0 + minutes * MINUTE - MINUTE / 1_000)
        history.append(found)


def test_a_rung_says_what_the_root_says_and_not_what_the_form_says() -> None:
    forged = rung(2).model_copy(update={"role": "auditor", "rule": "X", "concerning": ("S9/9",), "next_at": LATER})
    (found,) = given(ROOT).when("alert.escalate", forged, at=LATER)
    assert found == next_rung(ROOT, 2, T0 + 15 * MINUTE, Ladder())


@pytest.mark.parametrize(
    ("history", "number", "refusal"),
    [
        pytest.param([], 2, UnknownAlert, id="no such alert"),
        pytest.param([rung(2)], 2, UnknownAlert, id="a rung without its root"),
        pytest.param([ROOT], 1, NothingOwed, id="the root again"),
        pytest.param([ROOT], 3, NotYet, id="the one after the next"),
        pytest.param([ROOT, rung(2)], 2, NothingOwed, id="the rung is there"),
        pytest.param(
            [ROOT, built(Acknowledged, alert="A-1", acknowledged_by="CHEN")], 2, NothingOwed, id="acknowledged"
        ),
        pytest.param([ROOT, built(Settled, alert="A-1")], 2, NothingOwed, id="settled"),
        pytest.param([HELD], 2, NothingOwed, id="held for its digest"),
        pytest.param([alert_raised("A-1")], 2, NotYet, id="nobody else is to hear"),
    ],
)
def test_a_rung_that_is_not_owed_is_refused(history: list[Form], number: int, refusal: type[Refused]) -> None:
    with pytest.raises(refusal):
        given(*history).when("alert.escalate", rung(number), at=LATER)


def test_an_amended_ladder_governs_the_next_rung_and_gives_no_rung_twice() -> None:
    (second,) = given(registered(), ROOT).when("alert.escalate", rung(2), at=LATER)
    own = registered(definition(ladder=ladder(urgent=rungs(("investigator", 15), ("auditor", 20)))))
    with pytest.raises(NothingOwed):
        given(own, ROOT, second).when("alert.escalate", rung(2), at=LATER)
    (third,) = given(own, ROOT, second).when("alert.escalate", rung(3), at=LATER)
    assert (third.__dict__["role"], third.__dict__["next_at"]) == ("auditor", T0 + 40 * MINUTE)


def test_a_ladder_amended_to_nothing_climbs_nothing() -> None:
    held = alert_raised("A-1", urgency="digest", next_at=T0)
    out = built(Released, alert="A-1", next_at=T0)
    asked = rung(2).model_copy(update={"alert": rung_id(held, 2)})
    assert given(registered(), held, out).when("alert.escalate", asked, at=LATER) == ()


def test_a_digest_goes_out_at_its_time_once() -> None:
    release = built(Released, alert="A-1")
    with pytest.raises(NotYet):
        given(HELD).when("alert.release", release, at=T0)
    (out,) = given(HELD).when("alert.release", release, at=LATER)
    assert out == release
    for history in ([HELD, out], [ROOT], [HELD, built(Acknowledged, alert="A-1", acknowledged_by="CHEN")]):
        with pytest.raises(NothingOwed):
            given(*history).when("alert.release", release, at=LATER)
    with pytest.raises(UnknownAlert):
        given().when("alert.release", release, at=LATER)
    own = registered(definition(ladder=ladder(digest=rungs(("operator", DAY)))))
    (out,) = given(own, HELD).when("alert.release", release, at=LATER)
    assert out.__dict__["next_at"] == T0 + 60 * MINUTE + timedelta(days=1)


def test_reminders_follow_each_other_until_what_is_due_is_settled() -> None:
    (first,) = given(DUE).when("alert.remind", reminder(1), at=LATER)
    assert first == next_reminder(DUE, 1, T0 + timedelta(days=1), Terms(Ladder(), "UTC"))
    assert (first.__dict__["rule"], first.__dict__["role"]) == ("DUE-REMINDER", "safety_officer")
    assert first.__dict__["remind_at"] == T0 + timedelta(hours=44)
    (second,) = given(DUE, first).when("alert.remind", reminder(2), at=LATER)
    taken_on = built(Acknowledged, alert="A-1", acknowledged_by="CHEN")
    (third,) = given(DUE, first, second, taken_on).when("alert.remind", reminder(3), at=LATER)
    assert third.__dict__["remind_at"] is None
    with pytest.raises(NotYet):
        given(DUE).when("alert.remind", reminder(1), at=T0)
    with pytest.raises(NotYet):
        given(DUE, first, second, third).when("alert.remind", reminder(4), at=LATER)
    with pytest.raises(NothingOwed):
        given(DUE, first).when("alert.remind", reminder(1), at=LATER)
    with pytest.raises(NothingOwed):
        given(DUE, built(Settled, alert="A-1")).when("alert.remind", reminder(1), at=LATER)
    for history in ([], [DUE.model_copy(update={"root": "A-0"})], [DUE.model_copy(update={"reminds": "A-0"})]):
        with pytest.raises(UnknownAlert):
            given(*history).when("alert.remind", reminder(1), at=LATER)


@pytest.mark.parametrize(("before", "urgency"), [(DAY, "digest"), (DAY - 1, "urgent"), (0, "urgent")])
def test_a_reminder_days_ahead_waits_for_the_digest(before: int, urgency: str) -> None:
    due = DUE.model_copy(update={"remind_at": T0 + timedelta(days=2) - before * MINUTE})
    (first,) = given(due).when("alert.remind", reminder(1), at=LATER)
    assert first.__dict__["urgency"] == urgency


def test_what_is_settled_is_settled_with_its_reminders_chains() -> None:
    soon = DUE.model_copy(update={"remind_at": T0 + timedelta(days=2, hours=-4)})
    (first,) = given(soon).when("alert.remind", reminder(1), at=LATER)
    settled = built(Settled, alert="A-1")
    asked = rung(2).model_copy(update={"root": first.__dict__["alert"]})
    assert given(soon, first).when("alert.escalate", asked, at=LATER)
    with pytest.raises(NothingOwed):
        given(soon, first, settled).when("alert.escalate", asked, at=LATER)
    assert given(DUE).when("alert.settle", settled) == (settled,)
    assert given(DUE, settled).when("alert.settle", settled) == ()


def test_an_alert_that_time_brings_about_is_raised_once_with_its_times() -> None:
    form = built(Raised, alert="A-1", rule="ROLE-VACANT", role="operator", concerning=("AUDITOR",), root="A-0", rung=7)
    (found,) = given(registered()).when("alert.raise", form, at=T0)
    expected = {"root": None, "rung": 1, "next_at": T0 + 15 * MINUTE}
    assert found == form.model_copy(update=expected)
    assert given(registered(), found).when("alert.raise", form, at=LATER) == ()
