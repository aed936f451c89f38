"""The clocks of a number that is merged go over to the one that stays, never later; an unmerge gives them back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from safety.aggregates.alert import Raised, Settled
from safety.aggregates.obligation import Opened
from safety.projections.obligations import obligations
from tests import builders as b
from tests.desks import Office
from tests.duties import DAY, FATAL, Adjustable, adopt, owed, report, states, submit


@pytest.fixture
def clock() -> Adjustable:
    return Adjustable()


@pytest.fixture
def office(tmp_path: Path, clock: Adjustable) -> Iterator[Office]:
    opened = Office(tmp_path / "log.db", clock).begin()
    adopt(opened)
    yield opened
    check_the_views(opened)
    opened.close()


def check_the_views(office: Office) -> None:
    views = b.views_beside(office.file)
    views.catch_up(office.journal)
    assert views.faults() == []
    with views.connect() as connection:
        told = obligations(connection, "T1", views.now(connection), office.clock())["obligations"]
    from_view = {(row["number"], row["obligation"]): row["state"] for row in told}
    assert from_view == {(n, name): one.state for n in office.numbers() for name, one in owed(office, n).items()}
    assert views.check(office.journal) == []
    views.close()


def merge(office: Office, number: int = 2, into: int = 1) -> tuple[object, ...]:
    return office.do("adverse_event.merge", b.merged(number=number, into=into), by="CHEN").events


def unmerge(office: Office, number: int = 2) -> tuple[object, ...]:
    return office.do("adverse_event.unmerge", b.unmerged(number=number), by="CHEN").events


def test_a_clock_that_the_other_covers_gives_way_to_it(office: Office, clock: Adjustable) -> None:
    report(office)
    clock.now += 2 * DAY
    report(office)
    events = merge(office)
    assert (states(office, 2)["T-15/1"], states(office, 1)["T-15/1"]) == ("superseded", "open")
    gave_way = owed(office, 2)["T-15/1"].gave_way_to
    assert gave_way is not None
    assert (gave_way.by, gave_way.by_number) == ("T-15/1", 1)
    assert len([event for event in events if isinstance(event, Settled)]) == 1, "nobody is reminded of it any more"


def test_a_clock_that_ends_earlier_goes_over_as_it_is(office: Office, clock: Adjustable) -> None:
    report(office)
    clock.now += 2 * DAY
    report(office)
    earlier, later = owed(office, 1)["T-15/1"].opened, owed(office, 2)["T-15/1"].opened
    events = merge(office, 1, 2)
    assert states(office, 1)["T-15/1"] == "superseded"
    assert states(office, 2) == {"T-SITE/1": "submitted", "T-15/1": "superseded", "T-15/1.2": "open"}
    now = owed(office, 2)["T-15/1.2"].opened
    assert (now.due_at, now.day0, now.facts, now.merged_from) == (earlier.due_at, earlier.day0, earlier.facts, 1)
    assert now.due_at is not None
    assert later.due_at is not None
    assert now.due_at < later.due_at, "a merge postpones nothing"
    assert [event.rule for event in events if isinstance(event, Raised)] == ["SAE-MERGED", "OBLIGATION-OPENED"]


def test_a_clock_that_the_other_does_not_have_goes_over(office: Office) -> None:
    report(office, causality="NONE")
    report(office, **FATAL)
    merge(office)
    assert states(office, 2)["T-7/1"] == "superseded"
    assert states(office, 1) == {"T-SITE/1": "submitted", "T-7/1": "open"}
    submit(office, "T-7/1")
    assert states(office, 1)["T-7/1"] == "submitted"


def test_what_was_sent_for_the_one_that_stays_covers_the_duplicate(office: Office, clock: Adjustable) -> None:
    report(office)
    clock.now += DAY
    submit(office, "T-15/1")
    report(office)
    merge(office)
    assert states(office, 2)["T-15/1"] == "superseded"
    assert "T-15/1.2" not in states(office, 1)


def test_what_was_sent_for_the_duplicate_stays_sent(office: Office, clock: Adjustable) -> None:
    report(office)
    report(office)
    clock.now += DAY
    submit(office, "T-15/1", number=2)
    events = merge(office)
    assert states(office, 2)["T-15/1"] == "submitted"
    (alert,) = (event for event in events if isinstance(event, Raised))
    assert (alert.rule, alert.urgency) == ("SAE-MERGED", "digest"), "a nullification report may be owed: E2B C.1.11.1"


def test_an_unmerge_opens_again_what_gave_way(office: Office, clock: Adjustable) -> None:
    report(office)
    clock.now += 2 * DAY
    report(office)
    was = owed(office, 2)["T-15/1"].opened
    merge(office)
    clock.now += DAY
    events = unmerge(office)
    assert [event.obligation for event in events if isinstance(event, Opened)] == ["T-15/1.2"]
    again = owed(office, 2)["T-15/1.2"].opened
    assert (again.due_at, again.day0, again.merged_from) == (was.due_at, was.day0, None)
    assert states(office, 1)["T-15/1"] == "open"


def test_an_unmerge_takes_back_what_went_over_and_each_has_its_own_again(office: Office, clock: Adjustable) -> None:
    report(office)
    clock.now += 2 * DAY
    report(office)
    merge(office, 1, 2)
    unmerge(office, 1)
    for number in (1, 2):
        running = [one.opened for one in owed(office, number).values() if one.runs and one.opened.rule == "T-15"]
        assert [one.due_at for one in running] == [owed(office, number)["T-15/1"].opened.due_at], number
    merge(office, 1, 2)
    unmerge(office, 1)
    assert sum(one.runs for one in owed(office, 1).values()) == sum(one.runs for one in owed(office, 2).values()) == 1


def test_what_neither_number_owes_a_merge_does_not_open(office: Office) -> None:
    report(office, serious="N")
    report(office, serious="N")
    assert len(merge(office)) == 1
    assert len(unmerge(office)) == 1
