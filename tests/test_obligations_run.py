"""Clocks that run: superseded, sent, followed up, struck through; nothing else moves one, and none is ever postponed."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests import builders as b
from tests.builders import T0
from tests.desks import Office
from tests.duties import DAY, FATAL, SHANGHAI_MIDNIGHT, Adjustable, adopt, assess, owed, report, states, submit


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
    assert states(office) == {"T-SITE/1": "open", "T-15/1": "superseded", "T-7UP/1": "open"}
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


def test_a_correction_has_no_day_0_of_its_own_and_takes_no_clock_back(office: Office, clock: Adjustable) -> None:
    report(office, serious="N")
    clock.now += 5 * DAY
    office.do("adverse_event.correct", b.corrected("S1", 1, "AESER", serious="Y"))
    assert owed(office)["T-15/1"].opened.day0 == date(2026, 3, 1), "it was serious from the first"
    clock.now += DAY
    office.do("adverse_event.correct", b.corrected("S1", 1, "AESER", serious="N"))
    assert states(office) == {"T-SITE/1": "open", "T-15/1": "open"}


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
    assert set(states(office).values()) == {"open"}


@pytest.mark.parametrize("both", [False, True])
def test_a_downgrade_strikes_through_only_what_rests_on_it(office: Office, *, both: bool) -> None:
    adopt(office, sponsor_investigator=both, zone="Europe/Berlin")
    report(office)
    form = b.expectedness_assessed(expected="Y", takes_back="medical_review")
    office.do("adverse_event.assess_expectedness", form, by="CHEN")
    assert states(office) == {"T-SITE/1": "open", "T-15/1": "cancelled"}


def test_a_downgrade_after_sending_is_new_information(office: Office, clock: Adjustable) -> None:
    report(office)
    clock.now += DAY
    submit(office, "T-15/1")
    clock.now += DAY
    form = b.expectedness_assessed(expected="Y", takes_back="new_information")
    office.do("adverse_event.assess_expectedness", form, by="CHEN")
    assert states(office) == {"T-SITE/1": "open", "T-15/1": "submitted", "T-FU/1": "open"}


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
    assert states(office) == {"T-SITE/1": "open", "T-7/1": "open"}


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
    assert set(owed(office)) == {"T-SITE/1", "T-SITE/1.2", "T-15/1", "T-15/1.2"}, "never postponed"


def test_nothing_is_opened_twice(office: Office) -> None:
    report(office, **FATAL)
    known = owed(office)
    office.do("adverse_event.follow_up", b.followed_up(results_in_death="Y"))
    office.do("adverse_event.code", b.coded())
    assess(office, by="LIN", serious="Y", results_in_death="Y")
    assert owed(office) == known
