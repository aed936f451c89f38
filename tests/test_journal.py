"""The contract of the log, the same on SQLite and PostgreSQL: what is appended, what is refused, what is read back."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from safety.journal import (
    Conflict,
    Decision,
    Head,
    Journal,
    Newer,
    Repeated,
    Salt,
    Unavailable,
    decode,
    leaf,
    open_journal,
    postgres,
    sqlite,
)
from safety.values import REDACTED
from tests.conftest import Store
from tests.journal_rows import by_hand, deciding, opening, plain, redacting, report, reporting, row, streams
from tests.manual_clock import ManualClock


class Refusal(Exception):
    """A command's own refusal."""


# --- appending -------------------------------------------------------------------------------------------------------


def test_an_empty_log_has_no_head(journal: Journal) -> None:
    assert journal.head() == Head(0, 0)
    assert list(journal.rows()) == []
    assert journal.recorded_at(1) is None
    assert journal.position_at(2**62) == 0


def test_positions_are_dense_from_1_over_all_streams(journal: Journal) -> None:
    assert journal.append(deciding("c1", plain("A", 1), plain("B", 1), plain("A", 2))) == range(1, 4)
    assert journal.append(deciding("c2", plain("B", 2))) == range(4, 5)
    assert streams(journal) == [(1, "A", 1), (2, "B", 1), (3, "A", 2), (4, "B", 2)]
    assert [stored.version for stored in journal.stream("A")] == [1, 2]
    assert journal.versions(3) == {"A": 2, "B": 1}


def test_a_decision_has_one_time_and_time_only_rises(journal: Journal, clock: ManualClock) -> None:
    clock.set(1_000)
    journal.append(deciding("c1", plain("A", 1), plain("A", 2)))
    clock.set(10)
    journal.append(deciding("c2", plain("A", 3)))
    journal.append(deciding("c3", plain("A", 4)))
    clock.set(5_000)
    journal.append(deciding("c4", plain("A", 5)))
    assert [stored.recorded_at for stored in journal.rows()] == [1_000, 1_000, 1_001, 1_002, 5_000]
    assert journal.head() == Head(5, 5_000)
    assert [journal.recorded_at(position) for position in (2, 3, 6)] == [1_000, 1_001, None]
    assert [journal.position_at(moment) for moment in (999, 1_000, 1_001, 4_999, 5_000)] == [0, 2, 3, 4, 5]


def test_a_command_that_changes_nothing_is_remembered(journal: Journal) -> None:
    journal.append(deciding("c1", plain("A", 1)))
    assert journal.append(deciding("nothing")) == range(2, 2)
    assert journal.head().position == 1
    with pytest.raises(Repeated, match="changed nothing") as before:
        journal.append(deciding("nothing"))
    assert before.value.positions == range(2, 2)
    assert journal.append(deciding("c2", plain("A", 2))) == range(2, 3)


def test_a_log_is_there_when_it_is_opened_again(store: Store, clock: ManualClock) -> None:
    first = open_journal(store, clock)
    first.append(deciding("c1", plain("A", 1)))
    first.close()
    again = open_journal(store, clock)
    assert streams(again) == [(1, "A", 1)]
    again.close()
    with pytest.raises(Unavailable, match="closed"):
        again.head()


def test_all_who_make_the_same_log_at_once_make_one(store: Store, clock: ManualClock) -> None:
    together = threading.Barrier(8)

    def begin(number: int) -> range:
        together.wait()
        opened = open_journal(store, clock)
        try:
            return opened.append(deciding(f"c{number}", plain(f"S{number}", 1)))
        finally:
            opened.close()

    with ThreadPoolExecutor(8) as pool:
        positions = sorted(position for found in pool.map(begin, range(8)) for position in found)
    assert positions == list(range(1, 9))


def test_many_rows_land_in_parts_and_together(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("safety.journal.postgres.ROWS_AT_ONCE", 2)
    for begin, count in ((0, 5), (5, 2), (7, 4)):
        decision = deciding(f"c{begin}", *(plain("A", begin + version) for version in range(1, count + 1)))
        assert journal.append(decision) == range(begin + 1, begin + count + 1)
    assert streams(journal) == [(position, "A", position) for position in range(1, 12)]


# --- guards ----------------------------------------------------------------------------------------------------------


def test_whether_it_can_be_written_to_is_told_without_writing(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in (sqlite, postgres):
        monkeypatch.setattr(place, "SOON_SECONDS", 1)
    journal.check_writable()
    assert journal.head() == Head(0, 0)
    with journal.turn(), pytest.raises(Unavailable):
        journal.check_writable()
    journal.check_writable()


@pytest.fixture
def two(journal: Journal) -> Iterator[Journal]:
    """A log with A at version 2 and B at 1."""
    journal.append(deciding("c1", plain("A", 1), plain("B", 1), plain("A", 2)))
    yield journal
    assert streams(journal) == [(1, "A", 1), (2, "B", 1), (3, "A", 2)]


@pytest.mark.parametrize(
    ("decision", "says"),
    [
        (deciding("x", plain("A", 2)), "A is at version 2, so 2 is not its next"),
        (deciding("x", plain("A", 4)), "A is at version 2, so 4 is not its next"),
        (deciding("x", plain("C", 2)), "C is at version 0, so 2 is not its next"),
        (deciding("x", plain("C", 0)), "C is at version 0, so 0 is not its next"),
        (deciding("x", plain("C", 1), plain("C", 1)), "C is at version 1, so 1 is not its next"),
        (deciding("x", plain("C", 1), A=1), "A was read at version 1 and is at 2"),
        (deciding("x", plain("C", 1), D=1), "D was read at version 1 and is at 0"),
        (deciding("x", plain("A", 3), A=1), "A was read at version 1 and is at 2"),
        (deciding("x", B=0), "B was read at version 0 and is at 1"),
    ],
)
def test_what_moved_since_it_was_read_is_a_conflict_and_nothing_is_stored(
    two: Journal, decision: Decision, says: str
) -> None:
    with pytest.raises(Conflict, match=says):
        two.append(decision)


def test_guards_that_hold_pass(journal: Journal) -> None:
    journal.append(deciding("c1", plain("A", 1)))
    assert journal.append(deciding("c2", plain("A", 2), plain("B", 1), A=1, B=0, C=0)) == range(2, 4)


def test_a_command_id_is_taken_once(two: Journal) -> None:
    with pytest.raises(Repeated, match="at positions 1 to 3") as before:
        two.append(Decision([plain("C", 1)], "c1", "another digest"))
    assert before.value.positions == range(1, 4)
    assert before.value.digest == "digest of c1"


# --- turns -----------------------------------------------------------------------------------------------------------


def test_a_turn_sees_what_it_has_appended(two: Journal) -> None:
    with pytest.raises(Refusal), two.turn() as turn:  # noqa: PT012, what the turn saw is gone when it ends
        before = turn.head
        turn.append(deciding("x", plain("A", 3), plain("C", 1)))
        assert [stored.version for stored in turn.stream("A", after=1)] == [2, 3]
        assert turn.moved_since(before.position) == {"A", "C"}
        assert turn.moved_since(1) == {"A", "B", "C"}
        assert turn.recorded_at(5) == turn.head.recorded_at > before.recorded_at
        assert turn.recorded_at(3) == before.recorded_at
        assert turn.recorded_at(6) is None
        assert turn.decided_before("y") is None
        again = turn.decided_before("x")
        assert again is not None
        assert again.positions == range(4, 6)
        with pytest.raises(Conflict):
            turn.append(deciding("z", plain("C", 1)))
        raise Refusal


def test_a_refused_attempt_leaves_the_others_of_its_turn(journal: Journal) -> None:
    with journal.turn() as turn:
        turn.append(deciding("c1", plain("A", 1)))
        with pytest.raises(Refusal), turn.attempt():  # noqa: PT012, the refusal comes after the append
            turn.append(deciding("c2", plain("A", 2), plain("B", 1)))
            raise Refusal
        assert turn.head.position == 1
        assert turn.decided_before("c2") is None
        with turn.attempt():
            turn.append(deciding("c3", plain("A", 2)))
    assert streams(journal) == [(1, "A", 1), (2, "A", 2)]
    assert [command.command_id for command in journal.commands(0, 9)] == ["c1", "c3"]


def test_a_refused_redaction_keeps_the_text(journal: Journal, salt: Salt) -> None:
    journal.append(opening(salt))
    journal.append(reporting(salt, 1, "c1"))
    with journal.turn() as turn:
        with pytest.raises(Refusal), turn.attempt():  # noqa: PT012, the refusal comes after the append
            turn.append(redacting(salt, position=2, version=2, command_id="c2"))
            raise Refusal
        turn.append(reporting(salt, 2, "c3"))
    assert [stored.sealed is None for stored in journal.rows()] == [True, False, False]


def test_a_command_id_is_taken_once_within_a_turn(journal: Journal) -> None:
    with journal.turn() as turn:
        assert turn.decided_before("c1") is None
        turn.append(deciding("c1", plain("A", 1)))
        with pytest.raises(Repeated):
            turn.append(deciding("c1", plain("A", 2)))
    assert streams(journal) == [(1, "A", 1)]


def test_a_conflict_caught_within_a_turn_leaves_the_turn_whole(journal: Journal) -> None:
    with journal.turn() as turn:
        turn.append(deciding("c1", plain("A", 1)))
        with pytest.raises(Conflict):
            turn.append(deciding("c2", plain("B", 1), plain("A", 1)))
        turn.append(deciding("c3", plain("B", 1)))
    assert streams(journal) == [(1, "A", 1), (2, "B", 1)]


# --- reading ---------------------------------------------------------------------------------------------------------


def test_pages_are_cut_by_position_limit_and_prefix(journal: Journal) -> None:
    names = ["T1/trial", "T1/subject/S1", "T_1/trial", "T%/trial", "T1/subject/S_1", "TX1/trial"]
    journal.append(deciding("c1", *(plain(name, 1) for name in names)))

    def positions(after: int, upto: int, limit: int, prefix: str = "") -> list[int]:
        return [stored.position for stored in journal.page(after, upto, limit, prefix)]

    assert positions(0, 99, 99) == [1, 2, 3, 4, 5, 6]
    assert positions(2, 5, 99) == [3, 4, 5]
    assert positions(2, 5, 2) == [3, 4]
    assert positions(0, 99, 99, "T1/") == [1, 2, 5]
    assert positions(0, 99, 1, "T1/subject/") == [2]
    assert positions(0, 99, 99, "T_1") == [3]
    assert positions(0, 99, 99, "T%") == [4]
    assert positions(0, 99, 99, "T1/subject/S_") == [5]
    assert positions(0, 99, 99, "t1/") == []


def test_rows_of_a_growing_log_end_where_it_ended(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("safety.journal.journal.PAGE", 2)
    journal.append(deciding("c1", *(plain("A", version) for version in range(1, 6))))
    rows = journal.rows(after=1)
    first = next(rows)
    journal.append(deciding("c2", plain("A", 6)))
    assert [stored.position for stored in (first, *rows)] == [2, 3, 4, 5]
    assert [stored.position for stored in journal.rows(upto=3)] == [1, 2, 3]


def test_full_width_codes_are_one_stream(journal: Journal, salt: Salt) -> None:
    typed = row(report(2, subject="ｓ１"), 2, "c2", salt)
    journal.append(reporting(salt, 1, "c1", subject="S1"))
    journal.append(Decision([typed], "c2", "d"))
    assert [decode(stored).event for stored in journal.stream("T1/subject/S1")] == [report(1), report(2)]


# --- redaction -------------------------------------------------------------------------------------------------------


def test_a_redaction_empties_the_text_and_leaves_every_leaf(journal: Journal, salt: Salt) -> None:
    journal.append(opening(salt))
    journal.append(reporting(salt, 1, "c1"))
    before = list(journal.rows())
    journal.append(redacting(salt, position=2, version=2, command_id="c2"))
    after = list(journal.rows())
    assert [leaf(stored) for stored in after[:2]] == [leaf(stored) for stored in before]
    assert before[1].sealed is not None
    assert after[1] == before[1]._replace(sealed=None)
    assert "Headache" not in after[1].body + after[1].meta
    assert decode(before[1]).event == report(1)
    assert decode(after[1]).event == report(1, term=REDACTED)


# --- what cannot be opened -------------------------------------------------------------------------------------------


def test_a_newer_log_is_refused(store: Store, clock: ManualClock) -> None:
    open_journal(store, clock).close()
    with by_hand(store) as connection:
        connection.execute("PRAGMA user_version = 2" if isinstance(store, Path) else "UPDATE log_head SET format = 2")
    with pytest.raises(Newer, match="format 2"):
        open_journal(store, clock)
