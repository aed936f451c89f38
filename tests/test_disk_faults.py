"""A home that may only be read, and a disk that is full: what is there is read, what is not stored is not half stored."""

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from safety.home import LOG, copy_to_read
from tests.command_line import Ran
from tests.crash_driver import TRIAL, opened, write_folder
from tests.fault_injection import CALLS, Answer, drivers, needs_strace
from tests.program_run import FILE_AN_SAE, LIST, content, listed, lived_in, refused, vigilog
from tests.stored_whole import acknowledged, damage

pytestmark = pytest.mark.uncovered


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lived_in(tmp_path_factory.mktemp("model") / "home")


@pytest.fixture
def home(model: Path, tmp_path: Path) -> Path:
    return shutil.copytree(model, tmp_path / "home")


# --- a home that may only be read ------------------------------------------------------------------------------------

MOUNT_READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'


def may_mount() -> bool:
    """Say whether a file system can be mounted that only one command sees."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        return False
    trial = ["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"]
    return subprocess.run(trial, check=False, capture_output=True).returncode == 0


MAY_MOUNT = may_mount()
needs_mount = pytest.mark.skipif(not MAY_MOUNT, reason="only root may mount, and only where it is allowed")


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
        for writing in (FILE_AN_SAE, ("import", str(folder), "--trial", TRIAL), ("deliver",)):
            refused(
                vigilog(home, *writing, under=under),
                f"the home {home} is read-only; nothing was stored: make it writable",
            )
        assert len(listed(vigilog(home, *LIST, under=under, TMPDIR=str(temporary)))) == 1
        for reading in (("history", "S01"), ("verify",), ("rebuild", "--check")):
            assert vigilog(home, *reading, under=under, TMPDIR=str(temporary)).status == 0
    assert content(home) == before
    assert list(temporary.iterdir()) == []


def test_a_read_only_home_of_a_log_that_is_none(home: Path) -> None:
    home.joinpath(LOG).write_text("A letter, saved under the name of the log.\n" * 100, encoding="utf-8")
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
            # One file, of one moment: a log and its WAL that were copied one after the other may not fit each other.
            assert not list(copy.glob("*-wal"))
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


def on_a_full_disk(model: Path, there: Path, spare: int, *arguments: str) -> Ran:
    """Run the program on a copy of a home whose disk has so many KiB left; `out` gets the log as it was left."""
    home, out = there / "full", there / "out"
    home.mkdir()
    out.mkdir()
    under = ("unshare", "-m", "sh", "-c", ON_A_FULL_DISK, str(home), str(model), str(out), str(spare))
    return vigilog(home, *arguments, under=under)


@needs_mount
def test_what_is_on_a_full_disk_is_read(model: Path, tmp_path: Path) -> None:
    assert len(listed(on_a_full_disk(model, tmp_path, 0, *LIST))) == 1


@pytest.fixture(scope="module")
def filings(model: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[int, tuple[Ran, Path]]:
    """What became of filing an SAE on disks with so many KiB left, and the log as each was left."""
    folders = {spare: tmp_path_factory.mktemp(f"spare{spare}") for spare in range(0, 241, 40)}
    return {spare: (on_a_full_disk(model, there, spare, *FILE_AN_SAE), there) for spare, there in folders.items()}


@needs_mount
def test_on_a_disk_that_fills_up_a_filing_is_stored_or_refused(
    filings: dict[int, tuple[Ran, Path]], model: Path
) -> None:
    with opened(model) as found:
        before = found.journal.head().position
    for ran, there in filings.values():
        with opened(there / "out") as found:
            stored = found.journal.head().position >= before + 2
            assert damage(found, {}) == []
            assert stored or found.journal.head().position == before
        assert stored == (ran.out != "")
        if not stored:
            refused(ran)
    assert {bool(ran.out) for ran, _ in filings.values()} == {True, False}


@needs_mount
def test_what_was_stored_on_a_disk_that_fills_up_is_answered_as_done(filings: dict[int, tuple[Ran, Path]]) -> None:
    assert {ran.status for ran, _ in filings.values() if ran.out} == {0}


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
