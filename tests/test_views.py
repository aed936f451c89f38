"""The views beside the log: kept up, built anew, checked; and what happens when a handler, a file or a log is not as it was."""

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

import pytest
from sqlalchemy import Table, select, text

from safety.aggregates.adverse_event import Nullified, Reported
from safety.aggregates.deciding import TOPICS, Form
from safety.aggregates.message import Sent
from safety.journal import Journal, open_journal
from safety.projections import At, Views, places
from safety.projections.adverse_event import ADVERSE_EVENT
from safety.projections.adverse_event import PROJECTION as ADVERSE_EVENTS
from safety.projections.alert import PROJECTION as ALERTS
from safety.projections.audit import AUDIT
from safety.projections.folding import PROJECTIONS
from safety.projections.inbox import inbox, owed
from safety.projections.rows import Change, Handler, Projection, Recorded
from safety.projections.subject import PROJECTION as SUBJECTS
from safety.projections.subject import SUBJECT
from safety.projections.words import SENTENCES
from tests import builders as b
from tests.conftest import ManualClock, Store
from tests.histories import History

BEGIN = (b.opened(), b.registered(), b.enrolled())


@pytest.fixture
def views(store: Store) -> Iterator[Views]:
    opened = b.views_beside(store)
    yield opened
    opened.close()


def count(views: Views, table: Table) -> int:
    with views.connect() as connection:
        return len(connection.execute(select(table)).all())


def change(views: Views, statement: str) -> None:
    """Alter the tables behind the program's back."""
    with views.place.turn() as connection:
        connection.execute(text(statement))


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


def test_every_event_has_a_sentence_and_is_folded_or_changes_no_row_on_purpose() -> None:
    no_row = {
        "log.opened.v1",
        "log.redaction_requested.v1",
        "log.redacted.v1",
        "account.added.v1",
        "trial.reference_safety_information_issued.v1",
        "trial.data_imported.v1",
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


def test_an_event_about_a_thing_without_a_row_is_a_fault_and_not_passed_over(journal: Journal, views: Views) -> None:
    b.append(journal, *BEGIN, b.nullified())
    views.catch_up(journal)
    assert views.faults() == ["table adverse_event stopped at position 4: RowMissing"]


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


def test_the_tables_of_another_log_are_built_anew(store: Store, clock: ManualClock, tmp_path: Path) -> None:
    one, other = open_journal(tmp_path / "one.db", clock), open_journal(tmp_path / "other.db", clock)
    b.append(one, *BEGIN, b.reported())
    b.append(other, b.opened("LOG-2"), b.registered(), b.enrolled("S9"), b.enrolled("S8"), b.enrolled("S7"))
    views = b.views_beside(store)
    views.catch_up(one)
    views.close()
    again = b.views_beside(store)
    assert again.catch_up(other) == 5
    assert count(again, SUBJECT.table) == 3
    assert again.check(other) == []
    again.close()
    one.close()
    other.close()


@pytest.mark.parametrize("later", [0, 1, 5])
def test_beside_a_restored_older_log_the_tables_are_built_anew(
    store: Store, clock: ManualClock, tmp_path: Path, later: int
) -> None:
    """Whether the restored log is shorter, as long or longer by now: its times are not those the tables saw."""
    path, copy = tmp_path / "one.db", tmp_path / "copy.db"
    journal = open_journal(path, clock)
    b.append(journal, *BEGIN)
    journal.close()
    shutil.copy(path, copy)
    journal = open_journal(path, clock)
    b.append(journal, b.reported())
    views = b.views_beside(store)
    assert views.catch_up(journal) == 4
    journal.close()
    clock.set(clock.now + 1_000_000)
    restored = open_journal(copy, clock)
    if later:
        b.append(restored, *(b.enrolled(f"S{number + 2}") for number in range(later)))
    assert views.catch_up(restored) == 3 + later
    assert count(views, ADVERSE_EVENT.table) == 0
    assert views.check(restored) == []
    views.close()
    restored.close()


def test_a_log_with_the_same_times_but_another_id_is_another_log(store: Store, tmp_path: Path) -> None:
    one, other = open_journal(tmp_path / "one.db", lambda: 5), open_journal(tmp_path / "other.db", lambda: 5)
    b.append(one, *BEGIN)
    b.append(other, b.opened("LOG-2"), b.registered(), b.enrolled("S2"))
    views = b.views_beside(store)
    views.catch_up(one)
    b.append(other, b.enrolled("S3"))
    views.catch_up(other)
    with views.connect() as connection:
        assert set(connection.scalars(select(SUBJECT.table.c.subject))) == {"S2", "S3"}
    views.close()
    one.close()
    other.close()


def test_redacted_text_is_gone_from_every_version(journal: Journal, store: Store, views: Views) -> None:
    secret = "Mr Wang's cough"
    b.append(journal, *BEGIN, b.reported(term=secret), b.followed_up(severity="SEVERE"))
    views.catch_up(journal)
    table = ADVERSE_EVENT.table
    with views.connect() as connection:
        assert set(connection.scalars(select(table.c.term))) == {secret}
    b.append(journal, b.redaction_requested(4))
    b.append(journal, b.redacted(4), redacts=(4,))
    assert views.catch_up(journal) == 7
    with views.connect() as connection:
        assert set(connection.scalars(select(table.c.term))) == {"[redacted]"}
        assert len(connection.scalars(select(table.c.term)).all()) == 2
    assert views.check(journal) == []
    views.close()
    if isinstance(store, Path):
        assert not [file for file in store.parent.glob("views*") if secret.encode() in file.read_bytes()]


def test_the_tables_are_named_after_the_code_that_fills_them(
    journal: Journal, store: Store, views: Views, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other code makes tables of its own and takes those of the old code away: nobody would redact them."""
    b.append(journal, *BEGIN)
    views.catch_up(journal)
    views.close()
    monkeypatch.setattr(places, "fingerprint", lambda: "0123456789abcdef")
    newer = b.views_beside(store)
    newer.catch_up(journal)
    assert newer.check(journal) == []
    if isinstance(store, Path):
        assert [file.name for file in store.parent.glob("views-*.db")] == ["views-0123456789abcdef.db"]
    else:
        with newer.connect() as connection:
            schemas = connection.scalars(text("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'views%'")).all()
        assert schemas == ["views_0123456789abcdef"]
    newer.close()


def test_a_damaged_file_is_built_anew(tmp_path: Path, clock: ManualClock) -> None:
    journal, views = open_journal(tmp_path / "log.db", clock), Views(tmp_path)
    b.append(journal, *BEGIN)
    views.catch_up(journal)
    views.close()
    (file,) = tmp_path.glob("views-*.db")
    file.write_bytes(b"not a database, but long enough to be looked at " * 100)
    again = Views(tmp_path)
    assert again.catch_up(journal) == 3
    assert again.check(journal) == []
    file.write_bytes(b"not a database, but long enough to be looked at " * 100)
    assert Views(tmp_path).rebuild(journal) == 3
    again.close()
    journal.close()


def test_a_folder_with_any_name_will_do(tmp_path: Path, clock: ManualClock) -> None:
    folder = tmp_path / "a home? with #1 100% 家"
    folder.mkdir()
    journal, views = open_journal(folder / "log.db", clock), Views(folder)
    b.append(journal, *BEGIN)
    assert views.catch_up(journal) == 3
    assert len(list(folder.glob("views-*.db"))) == 1
    views.close()
    journal.close()


def test_a_build_that_was_killed_leaves_nothing_for_ever(tmp_path: Path, clock: ManualClock) -> None:
    left = tmp_path / "views-building-killed"
    left.mkdir()
    (left / "views.db").write_bytes(b"text that may be redacted later")
    journal, views = open_journal(tmp_path / "log.db", clock), Views(tmp_path)
    views.catch_up(journal)
    assert not left.exists()
    views.close()
    journal.close()


def test_an_alert_is_owed_until_any_channel_took_its_message(journal: Journal, views: Views) -> None:
    raised = b.alert_raised(due_at=b.T0), b.alert_raised("A-2", concerning=("S1/2",))
    b.append(journal, *BEGIN, *raised, b.composed(alerts=("A-1", "A-2")), b.failed(), b.sent(), b.sent())
    views.catch_up(journal)
    with views.connect() as connection:
        by_position = {p: inbox(connection, b.TRIAL, At(p))["alerts"] for p in (3, 4, 6, 7, 8, 9)}
        assert owed(connection) == []
    states = {position: [alert["state"] for alert in alerts] for position, alerts in by_position.items()}
    assert states == {3: [], 4: ["owed"], 6: ["owed"] * 2, 7: ["owed"] * 2, 8: ["sent"] * 2, 9: ["sent"] * 2}
    assert by_position[4][0]["messages"] == []
    assert by_position[8][0] == {
        "id": "A-1",
        "rule": "SAE-REPORTED",
        "role": "safety_officer",
        "rung": 1,
        "concerning": ["S1/1"],
        "state": "sent",
        "raised_at": by_position[4][0]["raised_at"],
        "due_at": "2026-03-01T09:00:00Z",
        "messages": ["M-1"],
    }
    json.dumps(by_position)
