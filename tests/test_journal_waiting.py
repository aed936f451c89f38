"""Who waits for the log to grow is woken; who waits for its turn shares one, keeps an outcome of its own, and may leave."""

import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest

from safety.journal import Conflict, Head, Journal, Turn, Unavailable, open_journal
from safety.journal.sharing import _Waiting
from tests.conftest import Store
from tests.journal_rows import deciding, plain, streams
from tests.manual_clock import ManualClock

LONG_ENOUGH = 30.0
"""Seconds; what is tested comes long before, or the test fails."""

# --- the bell --------------------------------------------------------------------------------------------------------


@pytest.fixture
def no_looking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away the look that a waiting reader has for itself, so that only the bell can wake it."""
    monkeypatch.setattr("safety.journal.postgres.PostgresJournal.LOOK_SECONDS", LONG_ENOUGH)
    monkeypatch.setattr("safety.journal.sqlite.SQLiteJournal.LOOK_SECONDS", LONG_ENOUGH)


@pytest.mark.usefixtures("no_looking")
def test_another_thread_is_woken(journal: Journal) -> None:
    with ThreadPoolExecutor(16) as pool:
        waiting = pool.submit(journal.wait, 1, LONG_ENOUGH)
        journal.append(deciding("c1", plain("A", 1)))
        journal.append(deciding("c2", plain("A", 2)))
        assert waiting.result(LONG_ENOUGH / 2) == 2


def appended_elsewhere(store: Store) -> subprocess.CompletedProcess[str]:
    """Let another process append one event."""
    where = f"Path({str(store)!r})" if isinstance(store, Path) else repr(store)
    script = f"""
from pathlib import Path
from safety.journal import open_journal
from tests.journal_rows import deciding, plain
journal = open_journal({where}, lambda: 1)
journal.append(deciding("elsewhere", plain("B", 1)))
journal.close()
"""
    return subprocess.run([sys.executable, "-c", script], check=True, text=True, capture_output=True)


def test_another_process_wakes_too(store: Store, journal: Journal) -> None:
    with ThreadPoolExecutor(16) as pool:
        waiting = pool.submit(journal.wait, 0, LONG_ENOUGH)
        appended_elsewhere(store)
        assert waiting.result(LONG_ENOUGH) == 1


@pytest.mark.usefixtures("no_looking")
@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_another_process_rings_on_postgresql(store: Store, journal: Journal) -> None:
    assert journal.wait(0, 0.01) == 0
    with ThreadPoolExecutor(16) as pool:
        waiting = [pool.submit(journal.wait, 0, LONG_ENOUGH) for _ in range(3)]
        appended_elsewhere(store)
        assert [one.result(LONG_ENOUGH / 2) for one in waiting] == [1, 1, 1]


@pytest.mark.usefixtures("no_looking")
def test_what_comes_between_the_look_and_the_sleep_wakes_too(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    head = journal.head
    looks: list[Head] = []

    def overtaken() -> Head:
        looks.append(head())
        if len(looks) == 1:
            journal.append(deciding("c1", plain("A", 1)))
        return looks[-1]

    monkeypatch.setattr(journal, "head", overtaken)
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(journal.wait, 0, LONG_ENOUGH).result(LONG_ENOUGH / 2) == 1


@pytest.mark.usefixtures("no_looking")
@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_what_comes_before_the_listener_listens_wakes_too(
    store: Store, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    head, connect, looked = journal.head, psycopg.connect, threading.Event()

    def looking() -> Head:
        found = head()
        looked.set()
        return found

    def late(*where: Any, **how: Any) -> psycopg.Connection[Any]:  # noqa: ANN401, as psycopg has it
        if threading.current_thread().name == "vigilog-listener":
            assert looked.wait(LONG_ENOUGH)
            appended_elsewhere(store)
        return connect(*where, **how)

    monkeypatch.setattr(journal, "head", looking)
    monkeypatch.setattr(psycopg, "connect", late)
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(journal.wait, 0, LONG_ENOUGH).result(LONG_ENOUGH / 2) == 1


def test_what_is_there_already_is_not_waited_for(journal: Journal) -> None:
    journal.append(deciding("c1", plain("A", 1)))
    assert journal.wait(0, LONG_ENOUGH) == 1


# --- sharing a turn --------------------------------------------------------------------------------------------------


class Gate:
    """Holds a turn open until it is told to let go, so that others have to queue."""

    def __init__(self, journal: Journal, pool: ThreadPoolExecutor) -> None:
        self.entered, self.opened = threading.Event(), threading.Event()
        self.journal, self.pool = journal, pool
        self.first = pool.submit(journal.turns.run, self._hold)
        assert self.entered.wait(LONG_ENOUGH)

    def _hold(self, turn: Turn) -> range:
        self.entered.set()
        assert self.opened.wait(LONG_ENOUGH)
        return turn.append(deciding("first", plain("A", 1)))

    def queue(self, *works: Callable[[Turn], object]) -> list[Future[object]]:
        """Line up work behind the held turn, in order."""
        queued = []
        for work in works:
            length = len(self.journal.turns._queue)
            queued.append(self.pool.submit(self.journal.turns.run, work))
            while len(self.journal.turns._queue) == length:
                threading.Event().wait(0.001)
        return queued


def appending(command_id: str, stream: str, version: int) -> Callable[[Turn], object]:
    return lambda turn: turn.append(deciding(command_id, plain(stream, version)))


def test_who_waits_shares_one_turn_and_each_hears_its_own(journal: Journal) -> None:
    turns: list[Turn] = []

    def refused(turn: Turn) -> None:
        turn.append(deciding("refused", plain("B", 1)))
        raise LookupError("a refusal of its own")

    with ThreadPoolExecutor(16) as pool:
        gate = Gate(journal, pool)
        queued = gate.queue(
            turns.append,
            appending("c1", "A", 2),
            refused,
            appending("c2", "A", 2),
            appending("c3", "A", 3),
            turns.append,
        )
        gate.opened.set()
        assert gate.first.result(LONG_ENOUGH) == range(1, 2)
        assert queued[1].result(LONG_ENOUGH) == range(2, 3)
        with pytest.raises(LookupError, match="of its own"):
            queued[2].result(LONG_ENOUGH)
        with pytest.raises(Conflict):
            queued[3].result(LONG_ENOUGH)
        assert queued[4].result(LONG_ENOUGH) == range(3, 4)
    assert streams(journal) == [(1, "A", 1), (2, "A", 2), (3, "A", 3)]
    assert [row.recorded_at for row in journal.rows()] == sorted({row.recorded_at for row in journal.rows()})
    assert turns[0] is turns[1]


def test_a_turn_that_does_not_land_is_heard_by_everybody_in_it(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ThreadPoolExecutor(16) as pool:
        gate = Gate(journal, pool)
        queued = gate.queue(appending("c1", "A", 2), appending("c2", "B", 1))
        took = journal.turns._take

        def broken() -> object:
            raise Unavailable("the disk is full")

        monkeypatch.setattr(journal.turns, "_take", broken)
        gate.opened.set()
        for one in queued:
            with pytest.raises(Unavailable, match="full"):
                one.result(LONG_ENOUGH)
        monkeypatch.setattr(journal.turns, "_take", took)
    assert streams(journal) == [(1, "A", 1)]
    assert journal.append(deciding("c1", plain("A", 2))) == range(2, 3)


def interrupted_soon(when: Callable[[], bool]) -> threading.Thread:
    """Press Ctrl-C once something is so."""

    def press() -> None:
        while not when():
            threading.Event().wait(0.001)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    return thread


def test_who_is_interrupted_while_waiting_does_not_hold_up_the_others(journal: Journal) -> None:
    with ThreadPoolExecutor(16) as pool:
        gate = Gate(journal, pool)
        pressing = interrupted_soon(lambda: len(journal.turns._queue) == 1)
        with pytest.raises(KeyboardInterrupt):
            journal.append(deciding("interrupted", plain("B", 1)))
        pressing.join()
        behind = gate.queue(appending("c1", "A", 2))
        gate.opened.set()
        assert behind[0].result(LONG_ENOUGH) == range(2, 3)
    assert streams(journal) == [(1, "A", 1), (2, "A", 2)]


class LeavesWhenCalled(_Waiting):
    """Somebody who is interrupted at the very moment in which it is called to lead."""

    def __init__(self, work: Callable[[Turn], Any]) -> None:
        super().__init__(work)
        self.called: Any = self
        self.lock = threading.Lock()
        self.lock.acquire()

    def acquire(self, *, blocking: bool = True) -> bool:
        while blocking:
            if not self.lock.locked():
                raise KeyboardInterrupt
            threading.Event().wait(0.001)
        return self.lock.acquire(blocking=False)

    def release(self) -> None:
        self.lock.release()


def test_who_is_interrupted_when_called_to_lead_hands_on(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    with ThreadPoolExecutor(16) as pool:
        gate = Gate(journal, pool)
        monkeypatch.setattr("safety.journal.sharing._Waiting", LeavesWhenCalled)
        (leaving,) = gate.queue(appending("left", "B", 1))
        monkeypatch.undo()
        (behind,) = gate.queue(appending("c1", "A", 2))
        gate.opened.set()
        assert behind.result(LONG_ENOUGH / 2) == range(2, 3)
        with pytest.raises(KeyboardInterrupt):
            leaving.result(LONG_ENOUGH)
    assert streams(journal) == [(1, "A", 1), (2, "A", 2)]


def test_an_interrupt_while_leading_is_the_leaders_own(journal: Journal) -> None:
    with ThreadPoolExecutor(16) as pool:
        gate = Gate(journal, pool)
        joined = threading.Event()

        def lead(turn: Turn) -> None:
            joined.set()
            threading.Event().wait(LONG_ENOUGH)

        def follow() -> Future[object]:
            while len(journal.turns._queue) < 1:
                threading.Event().wait(0.001)
            behind = gate.queue(appending("c1", "B", 1))[0]
            gate.opened.set()
            return behind

        following = pool.submit(follow)
        pressing = interrupted_soon(joined.is_set)
        with pytest.raises(KeyboardInterrupt):
            journal.turns.run(lead)
        pressing.join()
        with pytest.raises(Unavailable, match="same command again"):
            following.result(LONG_ENOUGH).result(LONG_ENOUGH)
    assert journal.append(deciding("c1", plain("B", 1))) == range(2, 3)


def test_a_lone_caller_starts_no_thread(store: Store, clock: ManualClock) -> None:
    before = threading.active_count()
    journal = open_journal(store, clock)
    journal.append(deciding("c1", plain("A", 1)))
    assert threading.active_count() == before
    journal.close()
