"""The views beside the log: kept up, built anew, checked against it."""

import threading
from multiprocessing import get_context

import pytest
from sqlalchemy import text

from safety.aggregates.deciding import TOPICS
from safety.journal import Journal, open_journal
from safety.projections import At, Views
from safety.projections.adverse_event import ADVERSE_EVENT
from safety.projections.audit import AUDIT
from safety.projections.folding import PROJECTIONS
from safety.projections.inbox import owed
from safety.projections.words import SENTENCES
from tests import builders as b
from tests.conftest import Store
from tests.histories import History
from tests.view_tables import count

BEGIN = (b.opened(), b.registered(), b.enrolled())


def change(views: Views, statement: str) -> None:
    """Alter the tables behind the program's back."""
    with views.place.turn() as connection:
        connection.execute(text(statement))


def test_every_event_has_a_sentence_and_is_folded_or_changes_no_row_on_purpose() -> None:
    no_row = {
        "log.opened.v1",
        "log.redaction_requested.v1",
        "log.redacted.v1",
        "trial.data_imported.v1",
        "obligation.grounds_found.v1",
        "message.faulted.v1",
    }
    assert set(SENTENCES) >= set(TOPICS.values())
    folded = {event.TOPIC for projection in PROJECTIONS for event in projection.handlers}
    assert {topic for topic in TOPICS if topic not in folded} == no_row


def test_reading_an_empty_log_finds_nothing(journal: Journal, views: Views) -> None:
    assert views.faults() == []
    assert views.check(journal) == ["there are no tables to check; a rebuild makes them"]
    assert views.catch_up(journal) == 0
    with views.connect() as connection:
        assert views.now(connection) == At(0)
        assert owed(connection) == []


def test_nothing_is_read_from_the_tables_when_nothing_is_new(
    journal: Journal, views: Views, monkeypatch: pytest.MonkeyPatch
) -> None:
    b.append(journal, *BEGIN)
    assert views.catch_up(journal) == 3

    def refuse() -> None:
        raise AssertionError("a turn was taken")

    monkeypatch.setattr(views.place, "turn", refuse)
    assert views.catch_up(journal) == 3


def test_what_another_process_folded_is_not_folded_again(journal: Journal, store: Store, views: Views) -> None:
    b.append(journal, *BEGIN)
    other = b.views_beside(store)
    views.catch_up(journal)
    b.append(journal, b.reported())
    assert other.catch_up(journal) == 4
    assert views.catch_up(journal) == 4
    assert views.check(journal) == []
    other.close()


def _catch_up_while_another_files(store: Store, events: int) -> None:
    """In a process of its own: follow the log until it has all of it."""
    journal, views = open_journal(store, lambda: 0), b.views_beside(store)
    while views.catch_up(journal) < events:
        pass
    views.close()
    journal.close()


def test_two_processes_that_catch_up_at_once_double_nothing(journal: Journal, store: Store, views: Views) -> None:
    events = list(History(5).events(300))
    b.append(journal, *events[:3])
    processes = [
        get_context("spawn").Process(target=_catch_up_while_another_files, args=(store, len(events))) for _ in range(2)
    ]
    for process in processes:
        process.start()
    for happened in events[3:]:
        b.append(journal, happened)
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    assert views.check(journal) == []
    assert count(views, AUDIT) == len(events)


def test_two_threads_that_build_at_once_leave_whole_tables(journal: Journal, store: Store) -> None:
    b.append(journal, *History(6).events(200))
    each = [b.views_beside(store) for _ in range(3)]
    threads = [threading.Thread(target=views.catch_up, args=(journal,)) for views in each]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for views in each:
        assert views.catch_up(journal) == 203
        assert views.check(journal) == []
        views.close()


def test_a_rebuild_reports_progress_and_leaves_what_was_there(
    journal: Journal, views: Views, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("safety.projections.building.PAGE", 10)
    b.append(journal, *History(7).events(40))
    reached: list[int] = []
    assert views.rebuild(journal, reached.append) == 43
    assert reached == [10, 20, 30, 40]
    assert views.rebuild(journal) == 43
    assert views.catch_up(journal) == 43
    assert views.check(journal) == []


def test_catching_up_goes_page_by_page(journal: Journal, views: Views, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("safety.projections.catching_up.PAGE", 10)
    monkeypatch.setattr("safety.projections.catching_up.MANY", 10)
    events = list(History(9).events(95))
    b.append(journal, *events[:60])
    views.catch_up(journal)
    b.append(journal, *events[60:])
    assert views.catch_up(journal) == 98
    assert views.check(journal) == []


def test_who_is_far_behind_builds_anew(journal: Journal, views: Views, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("safety.projections.catching_up.FAR", 20)
    built: list[int] = []
    rebuild = views.rebuild
    monkeypatch.setattr(views, "rebuild", lambda log: built.append(rebuild(log)))
    events = list(History(9).events(95))
    for upto in (5, 25, 60, 98):
        b.append(journal, *events[journal.head().position : upto])
        views.catch_up(journal)
    assert built == [5, 60], "20 more are few, 35 are more than the 25 there are, 38 are fewer than 60"
    assert views.check(journal) == []


def test_tables_in_memory_are_built_anew_as_well(journal: Journal) -> None:
    views = Views.in_memory()
    b.append(journal, *BEGIN)
    assert [views.catch_up(journal), views.rebuild(journal), views.catch_up(journal)] == [3, 3, 3]
    assert views.check(journal) == []
    views.close()


def test_a_long_page_and_few_held_rows_change_nothing(
    journal: Journal, views: Views, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that were let go of are found again in the tables, and their versions end there."""
    monkeypatch.setattr("safety.projections.building.PAGE", 7)
    monkeypatch.setattr("safety.projections.folding.MOST_HELD", 2)
    b.append(journal, *History(8).events(300))
    views.rebuild(journal)
    b.append(journal, *(b.enrolled(f"S{number}") for number in range(100, 120)), b.died("S105"))
    views.catch_up(journal)
    monkeypatch.undo()
    assert views.check(journal) == []


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        (
            "UPDATE adverse_event SET severity = 'MILD' WHERE number = 1",
            "table adverse_event: T1 S1 1 from position 4 differs in severity",
        ),
        (
            "UPDATE adverse_event SET to_position = 9 WHERE number = 1 AND from_position = 4",
            "table adverse_event: T1 S1 1 from position 4 differs in to_position",
        ),
        ("DELETE FROM subject", "table subject: T1 S1 from position 3 is missing"),
        (
            "INSERT INTO assessment VALUES ('T1', 'S1', 1, 'sponsor', '', '', 'NONE', 5, 9223372036854775807)",
            "table assessment: T1 S1 1 sponsor   from position 5 is not what the log says: there is no such row",
        ),
        ("UPDATE audit SET words = 'x' WHERE position = 2", "table audit: 2 differs in words"),
        ("UPDATE tracking SET position = 1 WHERE name = 'audit'", "table tracking: audit differs in position"),
    ],
)
def test_check_names_a_row_that_was_altered(journal: Journal, views: Views, statement: str, told: str) -> None:
    b.append(journal, *BEGIN, b.reported(severity="SEVERE"), b.followed_up(severity="SEVERE"))
    views.catch_up(journal)
    assert views.check(journal) == []
    change(views, statement)
    assert views.check(journal)[0] == told
    views.rebuild(journal)
    assert views.check(journal) == []


def test_check_compares_up_to_where_the_tables_are(journal: Journal, views: Views) -> None:
    b.append(journal, *BEGIN)
    views.catch_up(journal)
    b.append(journal, b.reported())
    assert views.check(journal) == []
    assert count(views, ADVERSE_EVENT.table) == 0
