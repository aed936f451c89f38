"""What the machine refuses is told in one sentence with exit code 3, nothing is stored, and what can still be read is read."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from threading import Timer

import pytest

from safety.home import LOG, Unusable, begin, open_home
from safety.journal import Decision, NewEvent, open_journal
from safety.settings import Settings
from tests.crash_driver import DOORS, TRIAL, TRIAL_FILE, file_one, opened, settings
from tests.fault_injection import Answer, drivers
from tests.program_run import FILE_AN_SAE, LIST, content, listed, lived_in, refused, vigilog
from tests.stored_whole import commands, damage


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lived_in(tmp_path_factory.mktemp("model") / "home")


@pytest.fixture
def home(model: Path, tmp_path: Path) -> Path:
    return shutil.copytree(model, tmp_path / "home")


# --- a log that cannot be used ---------------------------------------------------------------------------------------


def made_by_a_newer_version(log: Path) -> None:
    with closing(sqlite3.connect(log)) as connection:
        connection.execute("PRAGMA user_version = 99")


def no_database(log: Path) -> None:
    log.write_text("A letter that somebody saved under the name of the log.\n" * 100, encoding="utf-8")


def anothers_database(log: Path) -> None:
    log.unlink()
    with closing(sqlite3.connect(log)) as connection:
        connection.execute("CREATE TABLE photographs (name TEXT)")


def cut_short(log: Path) -> None:
    os.truncate(log, log.stat().st_size // 2)


def a_folder(log: Path) -> None:
    log.unlink()
    log.mkdir()


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (made_by_a_newer_version, "the log has format 99, this version of the program knows 1: use the newer version"),
        (no_database, "the log file is damaged or no log: file is not a database; restore it from a backup"),
        (anothers_database, "log.db is a database of another kind and no log; choose another place"),
        (cut_short, "the log file is damaged or no log: database disk image is malformed; restore it from a backup"),
        (a_folder, "the log cannot be used: unable to open database file; nothing was stored"),
    ],
)
def test_a_log_that_is_none(spoil: Callable[[Path], None], sentence: str, home: Path) -> None:
    spoil(home / LOG)
    before = content(home)
    refused(vigilog(home, *FILE_AN_SAE), sentence)
    with pytest.raises(Unusable, match=sentence):
        open_home(settings(home), DOORS, reads_only=True)
    assert content(home) == before


def test_a_home_that_is_a_file(tmp_path: Path) -> None:
    tmp_path.joinpath("home").write_text("")
    refused(vigilog(tmp_path / "home", *LIST), "cannot be used: File exists; nothing was stored")


def test_an_event_of_a_newer_version(home: Path) -> None:
    with closing(sqlite3.connect(home / LOG)) as connection:
        connection.execute(
            "INSERT INTO log SELECT position + 1, 'X', 1, 'later.v9', '{}', '{}', NULL, recorded_at FROM log ORDER BY 1 DESC LIMIT 1"
        )
        connection.commit()
    refused(vigilog(home, "history", "X"), "the topic later.v9 is not known to this version of the program")


def test_a_log_that_does_not_begin_as_one(tmp_path: Path) -> None:
    journal = open_journal(tmp_path / LOG, lambda: 1)
    added = NewEvent("-/account/X", 1, "account.added.v1", '{"account":"X","roles":["operator"]}', "{}", None)
    journal.append(Decision([added], "added", "added"))
    journal.close()
    refused(vigilog(tmp_path, *LIST), "position 1 of the log is not log.opened: this is not a log of this program")


# --- a demo log ------------------------------------------------------------------------------------------------------


def test_a_demo_log_is_not_taken_for_the_record(tmp_path: Path) -> None:
    home = tmp_path / "demo"
    open_home(settings(home), DOORS, purpose="demo").close()
    trial_file = tmp_path / f"{TRIAL}.toml"
    trial_file.write_text(TRIAL_FILE, encoding="utf-8")
    sentence = f"the home {home} holds a demo log; say --into-demo, or choose another VIGILOG_HOME"
    refused(vigilog(home, "trial", "create", str(trial_file)), sentence)
    refused(vigilog(home, "trial", "list"), sentence)
    assert vigilog(home, "trial", "create", str(trial_file), "--into-demo").status == 0
    assert listed(vigilog(home, *LIST, "--into-demo")) == []


# --- a locked log ----------------------------------------------------------------------------------------------------

HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def held(database: Path) -> Iterator[None]:
    """Let another process hold the write lock of a database."""
    run = [sys.executable, "-c", HOLD, str(database)]
    with subprocess.Popen(run, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield
        assert holder.stdin is not None
        holder.stdin.close()


def test_a_log_that_another_process_holds(home: Path) -> None:
    with held(home / LOG):
        refused(
            vigilog(home, *FILE_AN_SAE), "database is locked; nothing was stored: another process is writing, try again"
        )
        assert len(listed(vigilog(home, *LIST))) == 1
    assert vigilog(home, *FILE_AN_SAE).status == 0
    assert len(listed(vigilog(home, *LIST))) == 2


# --- a log that went back --------------------------------------------------------------------------------------------


def test_an_older_log_restored_beside_newer_views(home: Path) -> None:
    older = home.with_name("older.db")
    shutil.copy(home / LOG, older)
    with opened(home) as found:
        for number in range(3):
            file_one(found, f"later-0-{number}")
    assert len(listed(vigilog(home, *LIST))) == 4
    shutil.copy(older, home / LOG)
    assert len(listed(vigilog(home, *LIST))) == 1
    # The positions are taken anew, by other events than the views had read.
    with opened(home) as found:
        for number in range(3):
            file_one(found, f"instead-0-{number}")
    sources = {row["source_id"] for row in listed(vigilog(home, *LIST))}
    assert sources == {None, "INSTEAD-0-0", "INSTEAD-0-1", "INSTEAD-0-2"}
    assert vigilog(home, "rebuild", "--check").status == 0


# --- two that begin at once ------------------------------------------------------------------------------------------


def test_a_log_begins_once(tmp_path: Path) -> None:
    with opened(tmp_path / "home") as found:
        begin(found.journal, DOORS, "production")
        assert damage(found, {"log-opened": 2}) == []


def test_a_home_begins_although_another_process_has_just_taken_its_file(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / LOG, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        leaves = Timer(0.2, other.rollback)
        leaves.start()
        with opened(tmp_path) as found:
            assert found.journal.head().position == 2
        leaves.join()


def test_four_processes_begin_the_same_home_at_once(tmp_path: Path) -> None:
    with ExitStack() as running:
        four = [running.enter_context(drivers(tmp_path / "home")) for _ in range(4)]
        for turn in range(10):
            home = tmp_path / f"home{turn}"
            for one in four:
                one.begin(home, ["start"])
            answers = [one.answer() for one in four]
            assert answers == [Answer(0, ["READY\n", "ACK log-opened 2\n"])] * 4
            with opened(home) as found:
                assert list(commands(found)) == ["log-opened"]
                assert damage(found, {"log-opened": 2}) == []


@pytest.mark.parametrize("lost", ["removed", "emptied"])
def test_a_lost_log_beside_its_views_is_not_begun_anew(tmp_path: Path, lost: str) -> None:
    home = open_home(Settings(home=tmp_path / "home"), DOORS)
    home.views.catch_up(home.journal)
    home.close()
    log = tmp_path / "home" / "log.db"
    log.unlink()
    if lost == "emptied":
        log.touch()
    with pytest.raises(Unusable, match=r"views of a log and no log: restore log\.db from a backup"):
        open_home(Settings(home=tmp_path / "home"), DOORS)


def test_a_home_is_for_its_owner_alone(tmp_path: Path) -> None:
    open_home(Settings(home=tmp_path / "home"), DOORS).close()
    assert (tmp_path / "home").stat().st_mode & 0o777 == 0o700
