"""Runs the program on the crash driver's trial, under a tool where a fault needs one, and says what its answer must look like."""

import json
import subprocess
from hashlib import sha256
from pathlib import Path

from tests.command_line import VIGILOG, CommandLine, Ran
from tests.crash_driver import TRIAL, new_home

FILE_AN_SAE = ("do", "adverse_event.report")
SAE = json.dumps({"STUDYID": TRIAL, "USUBJID": "S01", "AETERM": "Something happened", "AESER": "Y"})
LIST = ("listing", "--trial", TRIAL, "--format", "json")


def vigilog(home: Path, *arguments: str, under: tuple[str, ...] = (), **settings: str) -> Ran:
    """Run the program on a home, with a serious adverse event on its standard input."""
    line = CommandLine(home, VIGILOG_LOCK_SECONDS="1", **settings)
    if not under:
        return line.run(*arguments, stdin=SAE)
    run = [*under, str(VIGILOG), *arguments]
    done = subprocess.run(
        run, input=SAE, capture_output=True, text=True, timeout=60, check=False, env=line.environment()
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def refused(ran: Ran, *words: str) -> None:
    """Want one sentence on standard error, nothing on standard output, and the exit code for what the machine refuses."""
    assert (ran.status, ran.out, ran.err.count("\n")) == (3, "", 1), ran
    for word in words:
        assert word in ran.err


def listed(ran: Ran) -> list[dict[str, object]]:
    """Give the rows of a listing that went well."""
    assert (ran.status, ran.err) == (0, "")
    rows: list[dict[str, object]] = json.loads(ran.out)["rows"]
    return rows


def content(home: Path) -> dict[str, str]:
    """Fingerprint every file of a home; what SQLite keeps beside a database is its own business."""
    files = (file for file in home.rglob("*") if file.is_file() and not file.name.endswith(("-shm", "-wal")))
    return {file.name: sha256(file.read_bytes()).hexdigest() for file in files}


def lived_in(home: Path) -> Path:
    """Make a home with a trial, its subjects and one serious adverse event, read and delivered."""
    new_home(home, enrolled=True)
    assert vigilog(home, *FILE_AN_SAE).status == 0
    assert len(listed(vigilog(home, *LIST))) == 1
    return home
