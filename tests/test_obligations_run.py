"""Clocks that run: superseded, sent, followed up, struck through; nothing else moves one, and none is ever postponed."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from safety.aggregates.obligation import Cancelled, Rejected
from tests import builders as b
from tests.builders import T0
from tests.desks import Office
from tests.duties import DAY, FATAL, SHANGHAI_MIDNIGHT, Adjustable, adopt, assess, owed, report, states, submit
from tests.golden_obligations import PACK as GOLD


@pytest.fixture
def clock() -> Adjustable:
    return Adjustable()


@pytest.fixture
def office(tmp_path: Path, clock: Adjustable) -> Iterator[Office]:
    opened = Office(tmp_path / "log.db", clock).begin()
    adopt(opened)
    yield opened
    opened.close()


def test_an_upgrade_supersedes_and_never_postpones(office: Office, clock: Adjustable) -> None:
    report(office)
    clock.now += 10 * DAY
    office.do("adverse_event.follow_up", b.followed_up(results_in_death="Y"))
    assert states(office) == {"T-SITE/1": "submitted", "T-15/1": "superseded", "T-7UP/1": "open"}
    was, now = owed(office)["T-15/1"].opened, owed(office)["T-7UP/1"].opened
    assert (now.day0, now.due_at) == (date(2026, 3, 11), was.due_at), "the first clock still ends on day 15"
    assert owed(office)["T-15/1"].opened.due_at == SHANGHAI_MIDNIGHT + 15 * DAY


def test_eight_days_count_from_the_report_actually_sent(office: Office, clock: Adjustable) -> None:
    report(office, **FATAL)
    clock.now += 4 * DAY
    sent_at = clock.now - timedelta(hours=30)
    events = submit(office, "T-7/1", sent_at=sent_at)
    assert [event.TOPIC for event in events] == [
        "obligation.submitted.v1",
        "obligation.opened.v1",
        "alert.settled.v1",
        "alert.raised.v1",
    ]
    follows = owed(office)["T-7F/1"].opened
    assert (follows.starts_at, follows.day0, follows.due_on) == (sent_at, date(2026, 3, 4), date(2026, 3, 12))


def test_new_information_after_sending_starts_its_own_clock_and_before_it_none(
    office: Office, clock: Adjustable
) -> None:
    report(office)
    office.do("adverse_event.follow_up", b.followed_up(severity="SEVERE"))
    assert set(owed(office)) == {"T-SITE/1", "T-15/1"}
    clock.now += DAY
    submit(office, "T-15/1")
    clock.now += DAY
    office.do("adverse_event.follow_up", b.followed_up(severity="MILD"))
    assert owed(office)["T-FU/1"].opened.day0 == date(2026, 3, 3)


@pytest.mark.parametrize("sent", [True, False])
def test_new_information_that_is_filed_late_has_a_clock_and_a_day_0_of_its_own(
    office: Office, clock: Adjustable, *, sent: bool
) -> None:
    adopt(office, sponsor_investigator=True)
    report(office)
    clock.now += DAY
    submit(office, "T-15/1")
    clock.now += 4 * DAY
    office.do("adverse_event.follow_up", b.followed_up(severity="SEVERE"))
    clock.now += DAY
    if sent:
        submit(office, "T-FU/1")
    clock.now += 4 * DAY
    office.do("adverse_event.follow_up", b.followed_up(outcome="UNKNOWN", aware=b.aware(T0 + 3 * DAY)))
    office.do("adverse_event.follow_up", b.followed_up(severity="MILD"))
    day_0 = {name: one.opened.day0.day for name, one in owed(office).items() if name.startswith("T-FU")}
    assert day_0 == {"T-FU/1": 6, "T-FU/2": 4, "T-FU/3": 11}
    running = {"T-FU/1": "submitted" if sent else "open", "T-FU/2": "open", "T-FU/3": "open"}
    assert {name: states(office)[name] for name in running} == running


def test_a_correction_has_no_day_0_of_its_own_and_takes_no_clock_back(office: Office, clock: Adjustable) -> None:
    report(office, serious="N")
    clock.now += 5 * DAY
    office.do("adverse_event.correct", b.corrected("S1", 1, "AESER", serious="Y"))
    assert owed(office)["T-15/1"].opened.day0 == date(2026, 3, 1), "it was serious from the first"
    clock.now += DAY
    office.do("adverse_event.correct", b.corrected("S1", 1, "AESER", serious="N"))
    assert states(office) == {"T-SITE/1": "submitted", "T-15/1": "open"}


def test_a_signed_downgrade_before_sending_strikes_the_clock_through(office: Office, clock: Adjustable) -> None:
    report(office, serious="N")
    assess(office, serious="Y")
    assert states(office) == {"T-15/1": "open"}
    clock.now += DAY
    assess(office, serious="N")
    assert states(office) == {"T-15/1": "open"}, "a value that merely changed cancels nothing"
    assess(office, serious="Y")
    events = assess(office, serious="N", takes_back="medical_review")
    assert states(office) == {"T-15/1": "cancelled"}
    cancelled = next(event for event in events if event.TOPIC == "obligation.cancelled.v1").__dict__
    assert (cancelled["signed_by"], cancelled["signed_as"], cancelled["reason"]) == (
        "CHEN",
        "safety_officer",
        "downgraded",
    )
    assert "alert.settled.v1" in [event.TOPIC for event in events]


def test_who_is_no_safety_officer_strikes_nothing_through(office: Office) -> None:
    report(office)
    assess(office, by="LIN", serious="N", takes_back="entered_in_error")
    assert states(office) == {"T-SITE/1": "submitted", "T-15/1": "open"}


@pytest.mark.parametrize("both", [False, True])
def test_a_downgrade_strikes_through_only_what_rests_on_it(office: Office, *, both: bool) -> None:
    adopt(office, sponsor_investigator=both, zone="Europe/Berlin")
    report(office)
    form = b.expectedness_assessed(expected="Y", takes_back="medical_review")
    office.do("adverse_event.assess_expectedness", form, by="CHEN")
    assert states(office) == {"T-SITE/1": "submitted", "T-15/1": "cancelled"}


def test_a_downgrade_after_sending_is_new_information(office: Office, clock: Adjustable) -> None:
    report(office)
    clock.now += DAY
    submit(office, "T-15/1")
    clock.now += DAY
    form = b.expectedness_assessed(expected="Y", takes_back="new_information")
    office.do("adverse_event.assess_expectedness", form, by="CHEN")
    assert states(office) == {"T-SITE/1": "submitted", "T-15/1": "submitted", "T-FU/1": "open"}


def test_a_nullification_by_the_safety_officer_strikes_through_and_is_told_to_who_had_a_report(
    office: Office, clock: Adjustable
) -> None:
    report(office, **FATAL)
    clock.now += DAY
    submit(office, "T-7/1")
    clock.now += DAY
    office.do("adverse_event.nullify", b.nullified(), by="CHEN")
    assert states(office)["T-7F/1"] == "cancelled"
    assert states(office)["T-FU/1"] == "open"
    assert states(office)["T-7/1"] == "submitted"


def test_a_nullification_by_the_site_leaves_the_clock_to_the_safety_officer(office: Office) -> None:
    report(office, **FATAL)
    office.do("adverse_event.nullify", b.nullified())
    assert states(office) == {"T-SITE/1": "submitted", "T-7/1": "open"}


def test_known_earlier_is_due_earlier(office: Office, clock: Adjustable) -> None:
    adopt(office, sponsor_investigator=True)
    report(office, serious="N")
    clock.now += 6 * DAY
    office.do("adverse_event.follow_up", b.followed_up(serious="Y", aware=b.aware(T0 + 4 * DAY)))
    assert owed(office)["T-15/1"].opened.day0 == date(2026, 3, 5)
    office.do("adverse_event.follow_up", b.followed_up(serious="Y", aware=b.aware(T0 + 2 * DAY)))
    assert states(office)["T-15/1"] == "superseded"
    assert owed(office)["T-15/1.2"].opened.day0 == date(2026, 3, 3)
    office.do("adverse_event.follow_up", b.followed_up(serious="Y", aware=b.aware(T0 + 3 * DAY)))
    assert set(owed(office)) == {"T-SITE/1", "T-15/1", "T-15/1.2"}, "never postponed"


def test_nothing_is_opened_twice(office: Office) -> None:
    report(office, **FATAL)
    known = owed(office)
    office.do("adverse_event.follow_up", b.followed_up(results_in_death="Y"))
    office.do("adverse_event.code", b.coded())
    assess(office, by="LIN", serious="Y", results_in_death="Y")
    assert owed(office) == known


def strike(office: Office, name: str) -> None:
    said = {"subject": "S1", "number": 1, "obligation": name, "reason": "not_applicable", "printed_name": "Chen Wei"}
    office.do("obligation.cancel", b.built(Cancelled, **said), by="CHEN")


def test_what_a_person_struck_through_opens_again_when_it_is_said_anew(office: Office, clock: Adjustable) -> None:
    report(office)
    strike(office, "T-15/1")
    clock.now += DAY
    office.do("adverse_event.follow_up", b.followed_up(severity="SEVERE"))
    form = b.causality_assessed(assessor="sponsor", causality="NONE")
    office.do("adverse_event.assess_causality", form, by="CHEN")
    assert states(office) == {"T-SITE/1": "submitted", "T-15/1": "cancelled"}, "nothing that makes it due was said"
    office.do("adverse_event.assess_causality", b.causality_assessed(causality="PROBABLE"))
    assert states(office) == {"T-SITE/1": "submitted", "T-15/1": "cancelled", "T-15/1.2": "open"}


def test_a_clock_that_nobody_signed_away_is_not_opened_beside_itself(office: Office, clock: Adjustable) -> None:
    adopt(office, sponsor_investigator=True)
    report(office)
    for step in ({"serious": "N", "takes_back": "entered_in_error"}, {"serious": "Y"}):
        clock.now += DAY
        assess(office, by="LIN", **step)
    assert states(office) == {"T-SITE/1": "submitted", "T-15/1": "open"}


def test_what_was_sent_is_followed_up_although_a_late_filing_tells_the_story_otherwise(
    office: Office, clock: Adjustable
) -> None:
    adopt(office, sponsor_investigator=True)
    report(office)
    clock.now += 2 * DAY
    submit(office, "T-15/1")
    clock.now += DAY
    late = b.followed_up(results_in_death="Y", aware=b.aware(T0 - 5 * DAY))
    office.do("adverse_event.follow_up", late)
    assert states(office)["T-7/1"] == "open", "fatal, and known five days before the report"
    clock.now += DAY
    office.do("adverse_event.follow_up", b.followed_up(severity="SEVERE"))
    assert "T-FU" in {name.partition("/")[0] for name in states(office)}


def test_a_report_that_is_with_one_of_two_recipients_is_still_owed(office: Office, clock: Adjustable) -> None:
    adopt(office, GOLD)
    report(office)
    clock.now += DAY
    told = [
        [event.TOPIC for event in submit(office, "GOLD-15/1", to=(to,))] for to in ("Authority", "Ethics committee")
    ]
    assert ["alert.settled.v1" in topics for topics in told] == [False, True]
    form = {"subject": "S1", "number": 1, "obligation": "GOLD-15/1", "recipient": "Authority"}
    rejected = b.built(Rejected, **form, rejected_at=clock.now)
    (_, alert) = office.do("obligation.reject", rejected, by="CHEN").events
    assert (alert.__dict__["rule"], alert.__dict__["due_at"]) == (
        "OBLIGATION-REJECTED",
        owed(office)["GOLD-15/1"].opened.due_at,
    )
