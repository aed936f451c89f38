"""What the machine refuses is told in one sentence with exit code 3, nothing is stored, and what can still be read is read."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from safety.home import LOG, copy_to_read, open_home
from tests.crash_driver import DOORS, TRIAL, TRIAL_FILE, file_one, new_home, opened, settings, write_folder
from tests.fault_injection import CALLS, Answer, drivers, needs_strace
from tests.stored_whole import acknowledged, commands, damage

VIGILOG = Path(sys.executable).with_name("vigilog")
FILE_AN_SAE = ("do", "adverse_event.report")
SAE = {"STUDYID": TRIAL, "USUBJID": "S01", "AETERM": "Something happened", "AESER": "Y"}
LIST = ("listing", "--trial", TRIAL, "--format", "json")


def vigilog(
    home: Path, *arguments: str, under: tuple[str, ...] = (), **more: str
) -> "subprocess.CompletedProcess[str]":
    """Run the program on a home, with a serious adverse event on its standard input; settings by their name."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("VIGILOG_")}
    env |= {"VIGILOG_HOME": str(home), "VIGILOG_LOCK_SECONDS": "1", **more}
    run = [*under, str(VIGILOG), *arguments]
    return subprocess.run(run, input=json.dumps(SAE), capture_output=True, text=True, timeout=60, check=False, env=env)


def refused(done: "subprocess.CompletedProcess[str]", *words: str) -> None:
    """Want one sentence on standard error, nothing on standard output, and the exit code for what the machine refuses."""
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (3, "", 1), done
    for word in words:
        assert word in done.stderr


def listed(done: "subprocess.CompletedProcess[str]") -> list[dict[str, object]]:
    """Give the rows of a listing that went well."""
    assert (done.returncode, done.stderr) == (0, "")
    rows: list[dict[str, object]] = json.loads(done.stdout)["rows"]
    return rows


def content(home: Path) -> dict[str, str]:
    """Fingerprint every file of a home; what SQLite keeps beside a database is its own business."""
    files = (file for file in home.rglob("*") if file.is_file() and not file.name.endswith(("-shm", "-wal")))
    return {file.name: sha256(file.read_bytes()).hexdigest() for file in files}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a trial, its subjects and one serious adverse event, read and delivered."""
    home = new_home(tmp_path_factory.mktemp("model") / "home", enrolled=True)
    assert vigilog(home, *FILE_AN_SAE).returncode == 0
    assert len(listed(vigilog(home, *LIST))) == 1
    return home


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


@pytest.mark.parametrize("command", [FILE_AN_SAE, LIST], ids=["file", "list"])
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
def test_a_log_that_is_none(spoil: Callable[[Path], None], sentence: str, command: tuple[str, ...], home: Path) -> None:
    spoil(home / LOG)
    before = content(home)
    refused(vigilog(home, *command), sentence)
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


# --- a demo log ------------------------------------------------------------------------------------------------------


def test_a_demo_log_is_not_taken_for_the_record(tmp_path: Path) -> None:
    home = tmp_path / "demo"
    open_home(settings(home), DOORS, purpose="demo").close()
    trial_file = tmp_path / f"{TRIAL}.toml"
    trial_file.write_text(TRIAL_FILE, encoding="utf-8")
    sentence = f"the home {home} holds a demo log; say --into-demo, or choose another VIGILOG_HOME"
    refused(vigilog(home, "trial", "create", str(trial_file)), sentence)
    refused(vigilog(home, "trial", "list"), sentence)
    assert vigilog(home, "trial", "create", str(trial_file), "--into-demo").returncode == 0
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
    assert vigilog(home, *FILE_AN_SAE).returncode == 0
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
    sources = [row["source_id"] for row in listed(vigilog(home, *LIST))]
    assert sorted(filter(None, sources)) == ["INSTEAD-0-0", "INSTEAD-0-1", "INSTEAD-0-2"]
    assert vigilog(home, "rebuild", "--check").returncode == 0


# --- a home that may only be read ------------------------------------------------------------------------------------

MOUNT_READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
MAY_MOUNT = (
    os.geteuid() == 0 and subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True).returncode == 0
)
needs_mount = pytest.mark.skipif(not MAY_MOUNT, reason="only root may mount, and only where unshare -m is allowed")


@contextmanager
def read_only(home: Path) -> Iterator[tuple[str, ...]]:
    """Take the right to write to a home away: from root by a mount that only the command sees, else by permission."""
    if MAY_MOUNT:
        yield ("unshare", "-m", "sh", "-c", MOUNT_READ_ONLY, str(home))
    elif os.geteuid() == 0:
        pytest.skip("root writes whatever the permissions say, and may not mount here")
    else:
        home.chmod(0o555)
        yield ()
        home.chmod(0o755)


def test_a_read_only_home_is_read_and_not_written(home: Path, tmp_path: Path) -> None:
    folder, before = write_folder(tmp_path / "folder"), content(home)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with read_only(home) as under:
        for writing in (FILE_AN_SAE, ("import", str(folder), "--trial", TRIAL), ("rebuild",), ("deliver",)):
            refused(
                vigilog(home, *writing, under=under),
                f"the home {home} is read-only; nothing was stored: make it writable",
            )
        assert len(listed(vigilog(home, *LIST, under=under, TMPDIR=str(temporary)))) == 1
        for reading in (("alerts", "--trial", TRIAL), ("history", "S01"), ("verify",), ("rebuild", "--check")):
            assert vigilog(home, *reading, under=under, TMPDIR=str(temporary)).returncode == 0
    assert content(home) == before
    assert list(temporary.iterdir()) == []


def test_a_read_only_home_of_a_log_that_is_none(home: Path) -> None:
    no_database(home / LOG)
    with read_only(home) as under:
        refused(vigilog(home, *LIST, under=under), "the log file is damaged or no log")


def test_a_copy_to_read_is_whole_while_another_process_files(home: Path, tmp_path: Path) -> None:
    copies = 0
    with drivers(home) as filing:
        filing.begin(home, ["file", "filed", "2", "400"])
        answers: list[Answer] = []
        waiting = threading.Thread(target=lambda: answers.append(filing.answer()))
        waiting.start()
        while waiting.is_alive():
            copy = tmp_path / f"copy{copies}"
            copy.mkdir()
            copy_to_read(home, copy)
            with opened(copy) as found:
                assert damage(found, {}) == []
            shutil.rmtree(copy)
            copies += 1
        waiting.join()
    assert len(acknowledged(answers[0].said)) == 800
    assert copies > 3


# --- a full disk -----------------------------------------------------------------------------------------------------

ON_A_FULL_DISK = """
home=$0 model=$1 out=$2 spare=$3; shift 3
mount -t tmpfs -o size=1m none "$home" && cp "$model"/*.db "$home"
dd if=/dev/zero of="$home/spare" bs=1k count="$spare" 2>/dev/null
dd if=/dev/zero of="$home/rest" bs=1k 2>/dev/null
rm "$home/spare"
"$@"; code=$?
rm "$home/rest"; cp "$home"/log.db* "$out"
exit $code
"""


def on_a_full_disk(model: Path, there: Path, spare: int, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the program on a copy of a home whose disk has so many KiB left; `out` gets the log as it was left."""
    home, out = there / "full", there / "out"
    home.mkdir()
    out.mkdir()
    under = ("unshare", "-m", "sh", "-c", ON_A_FULL_DISK, str(home), str(model), str(out), str(spare))
    return vigilog(home, *arguments, under=under)


@needs_mount
def test_what_is_on_a_full_disk_is_read(model: Path, tmp_path: Path) -> None:
    assert len(listed(on_a_full_disk(model, tmp_path, 0, *LIST))) == 1


@needs_mount
@pytest.mark.parametrize("spare", [0, 16, 36, 44, 60, 100, 200])
def test_on_a_disk_that_fills_up_a_filing_is_stored_or_refused(spare: int, model: Path, tmp_path: Path) -> None:
    done = on_a_full_disk(model, tmp_path, spare, *FILE_AN_SAE)
    with opened(model) as found:
        before = found.journal.head().position
    with opened(tmp_path / "out") as found:
        after = found.journal.head().position
        assert damage(found, {}) == []
    if done.returncode == 0:
        assert after >= before + 2
    else:
        refused(done)
        assert after == before


@needs_strace
def test_a_disk_that_is_full_from_the_first_write_on(home: Path) -> None:
    with opened(home) as found:
        before = found.journal.head()
    files = [part for name in (LOG, f"{LOG}-wal") for part in ("-P", str(home / name))]
    full = ("strace", "-f", "-qq", "-o", os.devnull, *files, "-e", f"trace={','.join(CALLS)}")
    done = vigilog(home, *FILE_AN_SAE, under=(*full, "-e", "inject=pwrite64:error=ENOSPC"))
    refused(done, "database or disk is full")
    with opened(home) as found:
        assert found.journal.head() == before
        assert damage(found, {}) == []


# --- two that begin at once ------------------------------------------------------------------------------------------


def test_two_processes_begin_the_same_home_at_once(tmp_path: Path) -> None:
    with drivers(tmp_path / "home") as one, drivers(tmp_path / "home") as other:
        for turn in range(30):
            home = tmp_path / f"home{turn}"
            for begun in (one, other):
                begun.begin(home, ["start"])
            for begun in (one, other):
                answer = begun.answer()
                assert (answer.code, answer.said) == (0, ["READY\n", "ACK log-opened 2\n"])
            with opened(home) as found:
                assert list(commands(found)) == ["log-opened"]
                assert damage(found, {"log-opened": 2}) == []
