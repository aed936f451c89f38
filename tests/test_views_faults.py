"""A handler that fails stops its own tables, says where, and is tried again; alerts go on whatever else stops."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from safety.aggregates.adverse_event import Nullified, Reported
from safety.aggregates.deciding import Form
from safety.aggregates.message import Sent
from safety.journal import Journal
from safety.projections import Views
from safety.projections.adverse_event import ADVERSE_EVENT
from safety.projections.adverse_event import PROJECTION as ADVERSE_EVENTS
from safety.projections.alert import PROJECTION as ALERTS
from safety.projections.audit import AUDIT
from safety.projections.inbox import owed
from safety.projections.rows import Change, Handler, Projection, Recorded
from safety.projections.subject import PROJECTION as SUBJECTS
from safety.projections.subject import SUBJECT
from tests import builders as b
from tests.view_tables import count

BEGIN = (b.opened(), b.registered(), b.enrolled())


@contextmanager
def handling(projection: Projection, event: type[Form], handler: Handler) -> Iterator[None]:
    """Let another handler take a class of event for a while."""
    sound = projection.handlers.get(event)
    projection.handlers[event] = handler
    try:
        yield
    finally:
        del projection.handlers[event]
        if sound is not None:
            projection.handlers[event] = sound


def test_a_failing_handler_stops_its_own_table_and_is_tried_again(journal: Journal, views: Views) -> None:
    b.append(journal, *BEGIN, b.reported())
    views.catch_up(journal)

    def fails(event: Nullified, *_: object) -> list[Change]:
        raise ZeroDivisionError("free text of a subject")

    b.append(journal, b.reported(number=2), b.nullified(), b.alert_raised(), b.reported(number=3))
    with handling(ADVERSE_EVENTS, Nullified, fails):
        for _ in range(2):
            assert views.catch_up(journal) == 8
            assert views.faults() == ["table adverse_event stopped at position 6: ZeroDivisionError"]
            with views.connect() as connection:
                assert [row["alert"] for row in owed(connection)] == ["A-1"]
            assert count(views, ADVERSE_EVENT.table) == 2
            assert count(views, AUDIT) == 8
        b.append(journal, b.enrolled("S2"))
        views.catch_up(journal)
        assert count(views, SUBJECT.table) == 2
    assert views.catch_up(journal) == 9
    assert views.faults() == []
    assert views.check(journal) == []


def test_a_rebuild_goes_on_where_a_handler_fails(journal: Journal, views: Views) -> None:
    def fails(event: Reported, recorded: Recorded, _: object) -> Iterator[Change]:
        yield Change(ADVERSE_EVENT, (event.trial, event.subject, event.number), {}, "opens")
        raise LookupError

    b.append(journal, *BEGIN, b.reported(), b.alert_raised())
    with handling(ADVERSE_EVENTS, Reported, fails):
        views.catch_up(journal)
    assert views.faults() == ["table adverse_event stopped at position 4: LookupError"]
    assert count(views, ADVERSE_EVENT.table) == 0, "what an event did before it failed is undone"
    with views.connect() as connection:
        assert len(owed(connection)) == 1
    views.catch_up(journal)
    assert views.check(journal) == []


def test_a_value_the_database_does_not_take_stops_its_own_table_at_that_position(
    journal: Journal, views: Views
) -> None:
    too_much = 2**70

    def large(event: Nullified, *_: object) -> Iterator[Change]:
        yield Change(ADVERSE_EVENT, (event.trial, event.subject, event.number), {"after_dose": too_much})

    b.append(journal, *BEGIN)
    views.catch_up(journal)
    b.append(journal, b.reported(), b.reported(number=2), b.nullified(), b.reported(number=3), b.alert_raised())
    with handling(ADVERSE_EVENTS, Nullified, large):
        for again in (views.catch_up, views.rebuild, views.catch_up):
            again(journal)
            assert views.faults()[0].startswith("table adverse_event stopped at position ")
            with views.connect() as connection:
                assert len(owed(connection)) == 1
    assert views.faults()[0].startswith("table adverse_event stopped at position 6: ")
    assert count(views, ADVERSE_EVENT.table) == 2
    views.catch_up(journal)
    assert views.check(journal) == []


@pytest.mark.parametrize(
    ("event", "table"),
    [
        (b.nullified(), "adverse_event"),
        (b.withdrawn("S2"), "subject"),
        (b.sent(), "alert"),
        (b.failed(), "alert"),
        (b.composed(), "alert"),
        (b.amended(b.definition(), "T2"), "trial"),
    ],
)
def test_an_event_about_a_thing_without_a_row_is_a_fault_and_not_passed_over(
    journal: Journal, views: Views, event: Form, table: str
) -> None:
    b.append(journal, *BEGIN, event)
    views.catch_up(journal)
    assert views.faults() == [f"table {table} stopped at position 4: RowMissing"]


def test_an_adverse_event_without_its_number_is_a_fault(journal: Journal, views: Views) -> None:
    b.append(journal, *BEGIN, b.built(Reported, subject="S1", causality="NONE"))
    views.catch_up(journal)
    stopped = "stopped at position 4: NoNumber"
    assert views.faults() == [f"table adverse_event {stopped}", f"table assessment {stopped}"]


def test_a_column_that_a_table_does_not_have_is_a_fault(journal: Journal, views: Views) -> None:
    def misspelt(event: Sent, *_: object) -> Iterator[Change]:
        yield Change(SUBJECT, ("T1", "S1"), {"colour": "red"}, "adds")

    b.append(journal, *BEGIN, b.sent())
    with handling(SUBJECTS, Sent, misspelt), handling(ALERTS, Sent, lambda *_: []):
        views.catch_up(journal)
    assert views.faults() == ["table subject stopped at position 4: ColumnUnknown"]
