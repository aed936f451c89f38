"""The small real program that the crash tests kill: it files, imports or only starts, and says ACK when something is durable."""

import os
import secrets
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

from safety.aggregates.adverse_event import Reported
from safety.aggregates.deciding import Refused
from safety.aggregates.subject import Enrolled
from safety.aggregates.trial import Definition, Registered
from safety.desk import Done
from safety.home import Doors, Home, Unusable, open_home
from safety.intake.folder import read_folder
from safety.intake.importer import KNOWN, Importer, Summary
from safety.journal import Unavailable
from safety.settings import Settings

TRIAL = "CRASH-01"
SUBJECTS = tuple(f"S0{number}" for number in range(1, 8))
SOURCE_IDS = tuple(f"AE{number}" for number in range(1, 11))
"""AESPID of the adverse events in the folder; every third is serious."""
TRIAL_FILE = """
protocol = "CRASH-01"
title = "A trial whose desk is killed"
phase = "1"
sponsor = "Nobody"
zone = "Asia/Shanghai"
sponsor_investigator = true
treatment_period_weeks = 12
[[arms]]
name = "AD-MSC"
code = "ADMSC"
[[dosing]]
treatment = "AD-MSC"
amount = "500000"
unit = "cells/kg"
route = "INTRAVENOUS"
weeks = [0, 4, 8]
[[sites]]
id = "SITE1"
zone = "Asia/Shanghai"
[severity]
ctcae_version = "4.03"
[causality]
scale = "as stated"
related = ["PROBABLE", "POSSIBLE"]
not_related = ["UNLIKELY", "NOT RELATED"]
missing = "not_related"
by = "investigator"
[counting.population]
members = "assigned"
arm = "planned"
[counting.treatment_emergent]
missing_day = "first"
missing_month = "unknown"
same_day = "emergent"
undecidable = "not_emergent"
unknown = "not_emergent"
[counting.serious]
reading = "stated"
"""
DOORS = Doors(lambda: datetime.now(UTC), lambda: os.urandom(16), secrets.token_hex)


def write_folder(folder: Path) -> Path:
    """Write the folder that is imported: seven subjects, two doses each, ten adverse events of which four are serious."""
    folder.mkdir(parents=True)
    subjects = ["USUBJID,ARM,SITEID", *(f"{subject},AD-MSC,SITE1" for subject in SUBJECTS)]
    doses = [f"{subject},{number},AD-MSC,2018-03-0{number}" for subject in SUBJECTS for number in (1, 2)]
    events = [
        f"{SUBJECTS[n % 7]},{source_id},Event {n},{'N' if n % 3 else 'Y'},2018-04-{n + 1:02}"
        for n, source_id in enumerate(SOURCE_IDS)
    ]
    for name, header, rows in (
        ("subjects", "", subjects),
        ("exposures", "USUBJID,EXSEQ,EXTRT,EXSTDTC", doses),
        ("adverse_events", "USUBJID,AESPID,AETERM,AESER,AESTDTC", events),
    ):
        folder.joinpath(f"{name}.csv").write_text("\n".join(filter(None, [header, *rows])) + "\n", encoding="utf-8")
    return folder


def settings(home: Path) -> Settings:
    """Settings for a home on SQLite, whatever the environment says; a lock is waited for no longer than a test can."""
    return Settings(home=home, database_url=None, lock_seconds=5)


@contextmanager
def opened(home: Path) -> Iterator[Home]:
    """Open a home as the program does."""
    found = open_home(settings(home), DOORS)
    try:
        yield found
    finally:
        found.close()


def new_home(home: Path, *, enrolled: bool) -> Path:
    """Make a home with the trial and, unless they are to be imported, its subjects."""
    with opened(home) as found:
        registered = Registered(trial=TRIAL, file=TRIAL_FILE, definition=Definition.from_toml(TRIAL_FILE))
        found.desk.do("trial.register", registered, by="OPERATOR", command_id="registered")
        for subject in SUBJECTS if enrolled else ():
            form = Enrolled(trial=TRIAL, subject=subject, site="SITE1", arm="AD-MSC")
            found.desk.do("subject.enrol", form, by="OPERATOR", command_id=f"enrolled-{subject}")
    return home


def file_one(home: Home, command_id: str) -> Done:
    """File the adverse event that a command id `<word>-<thread>-<n>` stands for: serious unless n is odd."""
    number = int(command_id.rpartition("-")[2])
    form = Reported(
        trial=TRIAL,
        subject=SUBJECTS[number % 7],
        source_id=command_id.upper(),
        term="Something happened",
        serious="N" if number % 2 else "Y",
    )
    return home.desk.do("adverse_event.report", form, by="OPERATOR", command_id=command_id)


def import_folder(home: Home, folder: Path, command_id: str) -> Summary:
    """Import a folder into the trial."""
    files = read_folder(folder, None, known=KNOWN)
    importer = Importer(home.desk, TRIAL, by="OPERATOR", command_id=command_id, history=False, progress=lambda *_: None)
    return importer.run(files, dry=False)


def say(line: str) -> None:
    """Write a line at once and whole, whatever other threads say."""
    os.write(1, f"{line}\n".encode())


def file_some(home: Home, word: str, thread: int, count: int) -> None:
    """File one after the other; a refusal of the machine is said, and the next one is tried."""
    for number in range(count):
        command_id = f"{word}-{thread}-{number}"
        try:
            say(f"ACK {command_id} {file_one(home, command_id).positions[-1]}")
        except Unavailable as fault:
            say(f"NOT {command_id} {fault}")


def run(home: Home, what: str, *arguments: str) -> None:
    """Do what the command line asks for."""
    match what, arguments:
        case "start", ():
            say(f"ACK log-opened {home.journal.head().position}")
        case "file", (word, threads, count):
            filing = [Thread(target=file_some, args=(home, word, n, int(count))) for n in range(1, int(threads))]
            for thread in filing:
                thread.start()
            file_some(home, word, 0, int(count))
            for thread in filing:
                thread.join()
        case "import", (folder, command_id):
            try:
                say(f"ACK {command_id} {import_folder(home, Path(folder), command_id).position}")
            except (Unavailable, Refused) as fault:
                say(f"NOT {command_id} {fault}")
        case "unanswered", ("import", folder, command_id):
            import_folder(home, Path(folder), command_id)
            os.kill(os.getpid(), signal.SIGKILL)
        case "careless", _:
            with home.journal._connections.one() as connection:  # type: ignore[attr-defined]  # SQLite's journal only
                connection.execute("PRAGMA synchronous=OFF")
            run(home, *arguments)
        case _:
            raise ValueError(what)


def drive(home: Path, arguments: Sequence[str]) -> int:
    """Open a home and do something to it; 3 where it cannot be opened."""
    try:
        with opened(home) as found:
            say("READY")
            run(found, *arguments)
    except Unusable as fault:
        say(f"NOT log-opened {fault}")
        return 3
    return 0


def use_up(call: str, count: int, decoy: Path) -> None:
    """Make so many calls of one kind on a file beside the home, so that a tracer's count stands where a test wants it."""
    file = os.open(decoy, os.O_RDWR | os.O_CREAT)
    for _ in range(count):
        match call:
            case "pwrite64":
                os.pwrite(file, b"-", 0)
            case "fdatasync":
                os.fdatasync(file)
            case "fsync":
                os.fsync(file)
            case "ftruncate":
                os.ftruncate(file, 1)
            case "unlink":
                decoy.with_name("never-there").unlink(missing_ok=True)
    os.close(file)


def serve(decoy: Path) -> None:
    """Fork for every line `home <TAB> call <TAB> count <TAB> arguments...`: each driver starts warm, and fails alone."""
    for line in sys.stdin:
        home, call, count, *arguments = line.rstrip("\n").split("\t")
        child = os.fork()
        if child == 0:
            code = 1
            try:
                use_up(call, int(count), decoy)
                code = drive(Path(home), arguments)
            except BaseException:  # noqa: BLE001, a forked child must never go on as its parent
                traceback.print_exc()
            finally:
                os._exit(code)
        say(f"END {os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}")


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(Path(sys.argv[2]))
    else:
        sys.exit(drive(Path(sys.argv[1]), sys.argv[2:]))
