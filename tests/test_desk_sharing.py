"""What a desk knows of the log stays true: beside other desks, after a failed commit, on a restored log, among many threads."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep

import pytest

from safety.aggregates.deciding import Refused
from safety.aggregates.ending import AlreadyEnded
from safety.aggregates.filing import NumberTaken, UnknownAdverseEvent
from safety.journal import Turn, Unavailable, states
from safety.journal.sharing import Turns
from safety.journal.states import folded
from safety.values import Clock
from tests.builders import completed, enrolled, followed_up, reported, seriousness_assessed
from tests.desks import Office, heard, number_of, standing, ticking


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    opened = Office(tmp_path / "log.db").begin()
    yield opened
    opened.close()


@pytest.fixture
def other(office: Office) -> Iterator[Office]:
    """Another desk on the same log, as another process would have it."""
    opened = Office(office.file)
    yield opened
    opened.close()


def until_waiting(turns: Turns, count: int) -> None:
    """Wait until so many wait for a turn that somebody holds."""
    for _ in range(10_000):
        if len(turns._queue) == count:
            return
        sleep(0.001)
    raise AssertionError("they never came to wait")


# Two desks


def test_a_desk_decides_on_what_another_has_written(office: Office, other: Office) -> None:
    desks = [office, other, other, office, office, other]
    assert [number_of(desk.do("adverse_event.report", heard())) for desk in desks] == [1, 2, 3, 4, 5, 6]
    other.do("subject.complete", completed())
    with pytest.raises(AlreadyEnded):
        office.do("subject.complete", completed())


def test_a_desk_that_was_away_sees_streams_that_moved_and_those_that_did_not(office: Office, other: Office) -> None:
    office.do("subject.enrol", enrolled("S2"))
    for subject in ("S1", "S2"):
        office.do("adverse_event.report", heard(code=subject))
    other.do("adverse_event.report", heard(code="S1"))
    assert number_of(office.do("adverse_event.report", heard(code="S2"))) == 2
    assert number_of(office.do("adverse_event.report", heard(code="S1"))) == 3


def test_a_command_repeated_at_another_desk_is_the_same_command(office: Office, other: Office) -> None:
    form = heard(serious="Y")
    first = office.do("adverse_event.report", form, command_id="C-1")
    again = other.do("adverse_event.report", form, command_id="C-1")
    assert (again.positions, again.events, again.repeated) == (first.positions, first.events, True)


# A turn that fails


def share_a_turn_that_fails(office: Office, *filings: Callable[[], object]) -> list[BaseException | None]:
    """Hold the turn until filings and a fault wait for the next one together; give what the filings hear."""
    turns, entered, release = office.journal.turns, threading.Event(), threading.Event()

    def hold(_: Turn) -> None:
        entered.set()
        assert release.wait(60)

    def fail(_: Turn) -> None:
        raise Unavailable("the disk is full")

    with ThreadPoolExecutor(len(filings) + 2) as pool:
        held = pool.submit(turns.run, hold)
        assert entered.wait(60)
        waiting = []
        for count, filing in enumerate(filings, 1):
            waiting.append(pool.submit(filing))
            until_waiting(turns, count)
        fault = pool.submit(turns.run, fail)
        until_waiting(turns, len(filings) + 1)
        release.set()
        held.result()
        assert isinstance(fault.exception(), Unavailable)
        return [one.exception() for one in waiting]


def test_what_was_undone_with_its_turn_is_not_known(office: Office) -> None:
    office.do("adverse_event.report", heard())
    before = list(office.journal.rows())
    faults = share_a_turn_that_fails(
        office,
        lambda: office.do("adverse_event.report", heard(serious="Y"), command_id="C-1"),
        lambda: office.do("adverse_event.follow_up", followed_up(number=2), command_id="C-2"),
    )
    assert [type(fault) for fault in faults] == [Unavailable, Unavailable]
    assert list(office.journal.rows()) == before
    with pytest.raises(UnknownAdverseEvent):
        office.do("adverse_event.follow_up", followed_up(number=2), command_id="C-2")
    again = office.do("adverse_event.report", heard(serious="Y"), command_id="C-1")
    assert (number_of(again), again.repeated) == (2, False)


@pytest.mark.parametrize("clock", [ticking(), standing()], ids=["the clock goes on", "the clock stands still"])
def test_what_another_puts_where_the_undone_stood_is_seen(tmp_path: Path, clock: Clock) -> None:
    office, other = Office(tmp_path / "log.db", clock).begin(), Office(tmp_path / "log.db", clock)
    office.do("subject.enrol", enrolled("S2"))
    (fault,) = share_a_turn_that_fails(office, lambda: office.do("adverse_event.report", heard()))
    assert isinstance(fault, Unavailable)
    other.do("subject.complete", completed())
    with pytest.raises(UnknownAdverseEvent):
        office.do("adverse_event.follow_up", followed_up())
    with pytest.raises(AlreadyEnded):
        office.do("subject.complete", completed())
    office.close()
    other.close()


def test_who_shares_a_turn_with_a_refusal_is_not_touched_by_it(office: Office) -> None:
    turns, entered, release = office.journal.turns, threading.Event(), threading.Event()

    def hold(_: Turn) -> None:
        entered.set()
        assert release.wait(60)

    with ThreadPoolExecutor(4) as pool:
        held = pool.submit(turns.run, hold)
        assert entered.wait(60)
        one = pool.submit(office.do, "adverse_event.report", reported(number=1))
        until_waiting(turns, 1)
        refused = pool.submit(office.do, "adverse_event.report", reported(number=1, serious="Y"))
        until_waiting(turns, 2)
        another = pool.submit(office.do, "adverse_event.report", heard())
        until_waiting(turns, 3)
        release.set()
        held.result()
        assert isinstance(refused.exception(), NumberTaken)
        assert (number_of(one.result()), number_of(another.result())) == (1, 2)
    assert office.topics()[-2:] == ["adverse_event.reported", "adverse_event.reported"]
    assert number_of(office.do("adverse_event.report", heard())) == 3


# A log that is not the one it was


def copied(office: Office, to: Path) -> Path:
    with sqlite3.connect(office.file) as source, sqlite3.connect(to) as target:
        source.backup(target)
    source.close()
    target.close()
    return to


def test_a_desk_whose_log_was_swapped_for_an_older_copy_reads_it_anew(office: Office, tmp_path: Path) -> None:
    office.do("adverse_event.report", heard())
    older = copied(office, tmp_path / "older.db")
    for _ in range(3):
        office.do("adverse_event.report", heard())
    restored = Office(older)
    office.desk.journal = restored.journal
    assert number_of(office.do("adverse_event.report", heard())) == 2
    restored.close()


def test_a_restored_log_that_has_grown_past_what_the_desk_knew_is_read_anew(office: Office, tmp_path: Path) -> None:
    office.do("adverse_event.report", heard())
    older = copied(office, tmp_path / "older.db")
    for _ in range(2):
        office.do("adverse_event.report", heard())
    restored = Office(older, ticking(office.clock()))
    restored.do("subject.complete", completed())
    restored.do("adverse_event.report", heard())
    restored.do("adverse_event.report", heard())
    office.desk.journal = restored.journal
    with pytest.raises(UnknownAdverseEvent):
        office.do("adverse_event.follow_up", followed_up(number=4))
    with pytest.raises(AlreadyEnded):
        office.do("subject.complete", completed())
    assert number_of(office.do("adverse_event.report", heard())) == 4
    restored.close()


# Many


def test_sixty_four_filings_at_once_all_land(office: Office) -> None:
    before, start = office.position, threading.Barrier(64)

    def file(number: int) -> tuple[int, range]:
        start.wait(60)
        serious = "Y" if number % 2 else "N"
        done = office.do("adverse_event.report", heard(serious=serious), command_id=f"C-{number}")
        return number_of(done), done.positions

    with ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(file, range(64)))
    assert sorted(number for number, _ in answers) == office.numbers() == list(range(1, 65))
    positions = sorted(position for _, positions in answers for position in positions)
    assert positions == list(range(before + 1, office.position + 1))
    assert office.position == before + 64 + 32
    assert [row.position for row in office.journal.rows()] == list(range(1, office.position + 1))
    assert [row.version for row in office.journal.stream("T1/subject/S1")] == list(range(1, 66))


def test_of_many_who_give_one_number_one_is_first(office: Office) -> None:
    start = threading.Barrier(16)

    def file(count: int) -> bool:
        start.wait(60)
        try:
            office.do("adverse_event.report", reported(number=5), command_id=f"C-{count}")
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(file, range(16))) == 1
    assert office.numbers() == [5]


def test_a_desk_that_keeps_little_reads_again(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states, "MOST_KEPT", 2)
    for subject in ("S2", "S3", "S4"):
        office.do("subject.enrol", enrolled(subject))
    for _ in range(2):
        for subject in ("S1", "S2", "S3", "S4"):
            office.do("adverse_event.report", heard(code=subject))
            office.do("adverse_event.assess_seriousness", seriousness_assessed(subject, serious="Y"))
    assert len(office.desk._known._kept) <= 2
    for subject in ("S1", "S2", "S3", "S4"):
        assert office.numbers(subject) == [1, 2]
        state = folded(office.journal.stream(f"T1/subject/{subject}"))
        assert office.desk._known._kept.get(f"T1/subject/{subject}", state) == state


def test_what_is_asked_for_all_the_time_is_read_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states, "MOST_KEPT", 4)
    office.do("adverse_event.report", heard())
    trial = office.desk._known._kept["T1/trial"]
    for number in range(2, 9):
        office.do("subject.enrol", enrolled(f"S{number}"))
        with pytest.raises(Refused):
            office.do("subject.enrol", enrolled(f"S{number}"))
    assert office.desk._known._kept["T1/trial"] is trial
    assert len(office.desk._known._kept) == 4
