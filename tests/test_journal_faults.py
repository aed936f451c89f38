"""The machine refuses: locks, full disks, files that are no log; each one sentence, and nothing half stored."""

import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from safety.journal import Journal, Unavailable, open_journal
from tests.conftest import Store
from tests.journal_rows import deciding, plain, streams
from tests.manual_clock import ManualClock

# --- the turn is taken -----------------------------------------------------------------------------------------------


def test_a_turn_that_others_hold_too_long_is_unavailable(store: Store, clock: ManualClock) -> None:
    holder, other = open_journal(store, clock), open_journal(store, clock, lock_seconds=0.2)
    with holder.turn() as turn:
        turn.append(deciding("c1", plain("A", 1)))
        with pytest.raises(Unavailable, match=r"lock.*nothing was stored"):
            other.append(deciding("c2", plain("B", 1)))
        assert other.head().position == 0
        assert streams(other) == []
    assert other.append(deciding("c2", plain("B", 1))) == range(2, 3)
    holder.close()
    other.close()


def test_a_turn_is_waited_for(store: Store, clock: ManualClock) -> None:
    """Another process holds the turn and lets it go: who waits gets it and decides on what it finds."""
    waits = open_journal(store, clock)
    holder = f"""
import sys, time
from pathlib import Path
from safety.journal import open_journal
from tests.journal_rows import deciding, plain
journal = open_journal({f"Path({str(store)!r})" if isinstance(store, Path) else repr(store)}, lambda: 1)
with journal.turn() as turn:
    turn.append(deciding("c1", plain("A", 1)))
    print("held", flush=True)
    sys.stdin.readline()
journal.close()
"""
    with subprocess.Popen(
        [sys.executable, "-c", holder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        assert other.stdout.readline() == "held\n"
        other.stdin.write("let go\n")
        other.stdin.flush()
        with waits.turn() as turn:
            turn.append(deciding("c2", plain("A", turn.head.position + 1)))
    assert other.returncode == 0
    assert streams(waits)[-1][1] == "A"
    waits.close()


def test_no_connection_is_left_is_unavailable(
    store: Store, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("safety.journal.connections.MOST", 1)
    journal = open_journal(store, clock, lock_seconds=0.1)
    with journal.turn(), pytest.raises(Unavailable, match="busy"):
        journal.head()
    assert journal.head().position == 0
    journal.close()


# --- the file is not as it should be ---------------------------------------------------------------------------------


@pytest.fixture
def log(tmp_path: Path, clock: ManualClock) -> Path:
    """A log of three hundred rows in a file, closed."""
    path = tmp_path / "log.db"
    journal = open_journal(path, clock)
    journal.append(deciding("c1", *(plain("A", version, f'"{version:04}{"x" * 400}"') for version in range(1, 301))))
    journal.close()
    return path


def test_a_binary_file_is_no_log(tmp_path: Path, clock: ManualClock) -> None:
    path = tmp_path / "log.db"
    path.write_bytes(bytes(range(256)) * 64)
    with pytest.raises(Unavailable, match="no log"):
        open_journal(path, clock)
    assert path.read_bytes() == bytes(range(256)) * 64


def test_another_programs_database_is_no_log(tmp_path: Path, clock: ManualClock) -> None:
    with sqlite3.connect(tmp_path / "other.db") as connection:
        connection.execute("CREATE TABLE log (line TEXT)")
    connection.close()
    with pytest.raises(Unavailable, match="another kind"):
        open_journal(tmp_path / "other.db", clock)


def test_no_folder_is_one_sentence(tmp_path: Path, clock: ManualClock) -> None:
    with pytest.raises(Unavailable, match="unable to open"):
        open_journal(tmp_path / "nowhere" / "log.db", clock)


def test_a_damaged_page_is_told_when_it_is_read(log: Path, clock: ManualClock) -> None:
    content = bytearray(log.read_bytes())
    page_of_rows = next(start for start in range(4096, len(content), 4096) if content[start] == 13)
    content[page_of_rows : page_of_rows + 64] = b"\xff" * 64
    log.write_bytes(content)
    journal = open_journal(log, clock)
    with pytest.raises(Unavailable, match="damaged"):
        list(journal.rows())
    journal.close()


def test_a_full_disk_stores_nothing_and_the_next_append_works(log: Path, clock: ManualClock) -> None:
    journal = open_journal(log, clock)
    with journal._reading() as connection:  # type: ignore[attr-defined]
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
    before = journal.head()
    with pytest.raises(Unavailable, match="full"):
        journal.append(deciding("big", plain("B", 1, "x" * 100_000)))
    assert journal.head() == before
    with journal._reading() as connection:  # type: ignore[attr-defined]
        connection.execute("PRAGMA max_page_count = 1000000")
    assert journal.append(deciding("big", plain("B", 1, "x" * 100_000))) == range(301, 302)
    journal.close()


READ_ONLY = """
import os, sys
from pathlib import Path
from safety.journal import Unavailable
from safety.journal.sqlite import SQLiteJournal
from tests.journal_rows import deciding, plain
if os.geteuid() == 0:
    os.setgid(65534); os.setuid(65534)
journal = SQLiteJournal(Path(sys.argv[1]), lambda: 1)
print(journal.head().position)
try:
    journal.append(deciding("c2", plain("A", 301)))
except Unavailable as fault:
    print(fault)
journal.close()
"""


def test_a_read_only_file_can_be_read(log: Path) -> None:
    """The folder takes SQLite's side files, the log itself may not be written; root would not notice, so not as root."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        copy = shutil.copy(log, folder)
        Path(copy).chmod(0o444)
        done = subprocess.run([sys.executable, "-c", READ_ONLY, copy], capture_output=True, text=True, check=False)
    refused = "the log cannot be used: attempt to write a readonly database; nothing was stored: make it writable"
    assert done.stdout.splitlines() == ["300", refused], done.stderr


def test_durability_does_not_depend_on_the_build_of_sqlite(log: Path, clock: ManualClock) -> None:
    journal = open_journal(log, clock)
    with journal._reading() as connection:  # type: ignore[attr-defined]
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    journal.close()


def test_a_fault_of_our_own_is_no_fault_of_the_machine(journal: Journal) -> None:
    with pytest.raises(ZeroDivisionError), journal.turn():
        _ = 1 // 0
    assert journal.append(deciding("c1", plain("A", 1))) == range(1, 2)


def test_waiting_is_over_in_time(journal: Journal) -> None:
    began = time.monotonic()
    assert journal.wait(0, 0.05) == 0
    assert time.monotonic() - began >= 0.05  # the least it may take; no upper bound is promised
