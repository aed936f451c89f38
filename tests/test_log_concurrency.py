"""Eight writers in two processes on shared streams, a reader that follows, and kills between append and answer: nothing is lost.

VIGILOG_LONG=1 lets each writer file a thousand times.
"""

import os
import signal
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from safety.aggregates.adverse_event import Reported
from safety.journal import Conflict, Journal, Repeated, Salt, Turn, Unavailable, decode, open_journal
from safety.journal.verification import verify
from tests.conftest import Store
from tests.journal_rows import opening, reporting, streams
from tests.manual_clock import ManualClock, counted_salt

pytestmark = pytest.mark.uncovered

FILINGS = 1_000 if "VIGILOG_LONG" in os.environ else 100
PROCESSES, THREADS = 2, 4
SHARED = tuple(f"S{number}" for number in range(1, max(3, FILINGS // 50) + 1))
"""Few subjects for many writers, so that they do meet: all of them go through these in the same order."""

LONG_ENOUGH = 0.6 * FILINGS


def place(text: str) -> Store:
    return text if "://" in text else Path(text)


# --- what the writing process does -----------------------------------------------------------------------------------


def within_a_turn(journal: Journal, salt: Salt, command_id: str, subject: str) -> range:
    """Read, decide and append while nobody else can: there is no conflict to have."""

    def decide(turn: Turn) -> range:
        return turn.append(reporting(salt, len(turn.stream(f"T1/subject/{subject}")) + 1, command_id, subject))

    return journal.turns.run(decide)


def ready_made(journal: Journal, salt: Salt, command_id: str, subject: str, conflicts: Counter[str]) -> range:
    """Read two streams outside, decide, append to one; whoever was overtaken on either hears of it and decides again."""
    other = SHARED[SHARED.index(subject) - 1]
    while True:
        versions = {name: len(journal.stream(f"T1/subject/{name}")) for name in (subject, other)}
        reads = {f"T1/subject/{name}": version for name, version in versions.items()}
        try:
            return journal.append(reporting(salt, versions[subject] + 1, command_id, subject, reads))
        except Conflict:
            conflicts[subject] += 1


def write(where: str, process: str, filings: str) -> None:
    """Let four threads file, and print the answer to each filing."""
    journal = open_journal(place(where), ManualClock())
    conflicts: Counter[str] = Counter()

    def file(thread: int) -> list[str]:
        salt, answers = counted_salt(), []
        for number in range(int(filings)):
            command_id, subject = f"{process}-{thread}-{number}", SHARED[number % len(SHARED)]
            if number % 2:
                positions = within_a_turn(journal, salt, command_id, subject)
            else:
                positions = ready_made(journal, salt, command_id, subject, conflicts)
            answers.append(f"{command_id} {positions[0]}")
        return answers

    with ThreadPoolExecutor(THREADS) as pool:
        for answers in pool.map(file, range(THREADS)):
            print(*answers, sep="\n")  # noqa: T201, the answers are what the parent process compares
    print("conflicts", conflicts.total())  # noqa: T201, the same
    journal.close()


def die(where: str, moment: str, command_id: str) -> None:
    """File one event, and be killed before it is durable or before anybody hears that it is."""
    journal = open_journal(place(where), ManualClock())
    with journal.turn() as turn:
        turn.append(reporting(counted_salt(), 1, command_id))
        if moment == "before":
            turn.land()
            os.kill(os.getpid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


def elsewhere(*arguments: str) -> subprocess.Popen[str]:
    """Start this file as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.test_log_concurrency", *arguments], stdout=subprocess.PIPE, text=True
    )


# --- the tests -------------------------------------------------------------------------------------------------------


def followed(journal: Journal, over: Event) -> list[int]:
    """Read as a view does: wait, take the page behind the last position seen, never look back."""
    seen: list[int] = []
    while True:
        last = over.is_set()
        after = seen[-1] if seen else 0
        seen += [row.position for row in journal.rows(after, journal.wait(after, 0 if last else 0.2))]
        if last:
            return seen


def test_many_writers_lose_nothing_and_double_nothing(store: Store, clock: ManualClock, salt: Salt) -> None:
    journal = open_journal(store, clock)
    journal.append(opening(salt))
    over = Event()
    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(followed, journal, over)
        writing = [elsewhere("write", str(store), str(process), str(FILINGS)) for process in range(PROCESSES)]
        said = [process.communicate(timeout=LONG_ENOUGH)[0].splitlines() for process in writing]
        over.set()
        seen = following.result(LONG_ENOUGH)
    assert [process.returncode for process in writing] == [0] * PROCESSES

    total = PROCESSES * THREADS * FILINGS
    assert sum(int(lines[-1].split()[1]) for lines in said) > 0, "nobody met anybody: this proves nothing"
    answers = dict(line.split() for lines in said for line in lines if not line.startswith("conflicts"))
    rows = list(journal.rows())
    assert [row.position for row in rows] == list(range(1, total + 2)) == seen
    assert len(answers) == total
    assert {decode(row).about().command: str(row.position) for row in rows[1:]} == answers
    for subject in SHARED:
        mine = [decode(row).event for row in journal.stream(f"T1/subject/{subject}")]
        assert [event.number for event in mine if isinstance(event, Reported)] == list(range(1, len(mine) + 1))
    assert list(verify(journal)) == []
    journal.close()


@pytest.mark.parametrize(("moment", "stored"), [("before", 0), ("after", 1)])
def test_a_kill_between_append_and_answer_is_told_by_the_command_id(
    store: Store, clock: ManualClock, salt: Salt, moment: str, stored: int
) -> None:
    journal = open_journal(store, clock)
    journal.append(opening(salt))
    with elsewhere("die", str(store), moment, "c1") as killed:
        assert killed.wait(LONG_ENOUGH) == -signal.SIGKILL
    assert journal.wait(1, 5 if stored else 0) == 1 + stored
    again = reporting(salt, 1, "c1")
    if stored:
        with pytest.raises(Repeated) as before:
            journal.append(again)
        assert before.value.positions == range(2, 3)
        assert before.value.digest == again.digest
    else:
        assert journal.append(again) == range(2, 3)
    assert streams(journal)[1:] == [(2, "T1/subject/S1", 1)]
    assert list(verify(journal)) == []
    journal.close()


def test_processes_that_start_together_make_one_log(store: Store, clock: ManualClock) -> None:
    starting = [elsewhere("write", str(store), str(process), "1") for process in range(4)]
    assert [(process.communicate(timeout=LONG_ENOUGH), process.returncode)[1] for process in starting] == [0] * 4
    journal = open_journal(store, clock)
    assert journal.head().position == 4 * THREADS
    journal.close()


if __name__ == "__main__":
    try:
        {"write": write, "die": die}[sys.argv[1]](*sys.argv[2:])
    except Unavailable as fault:
        sys.exit(str(fault))
