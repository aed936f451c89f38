"""F8: import and rebuild of 10,000 subjects with 50,000 adverse events: rate, lock time for other writers, peak memory."""

import csv
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.trial_at_hand import TRIAL, home_at

SUBJECTS, EVENTS_EACH, DOSES_EACH = 10_000, 5, 3
ALONE = """
import resource, sqlite3, sys, threading, time
from pathlib import Path
from bench.trial_at_hand import DOORS, TRIAL
from safety.home import open_home
from safety.intake.folder import read_folder
from safety.intake.importer import KNOWN, Importer
from safety.settings import Settings
home = open_home(Settings(home=Path(sys.argv[1])), DOORS)
longest, going = [0.0], [True]
def other_writer():
    connection = sqlite3.connect(Path(sys.argv[1]) / "log.db", isolation_level=None, timeout=60)
    while going[0]:
        begun = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
        longest[0] = max(longest[0], time.perf_counter() - begun)
        time.sleep(0.001)
thread = threading.Thread(target=other_writer)
thread.start()
begun = time.perf_counter()
files = read_folder(Path(sys.argv[2]), known=KNOWN)
importer = Importer(home.desk, TRIAL, by="OPERATOR", command_id="f8", history=False, progress=lambda done, of: None)
summary = importer.run(files, dry=False)
imported = time.perf_counter() - begun
going[0] = False
thread.join()
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
begun = time.perf_counter()
del files, summary, importer
home.views.rebuild(home.journal)
rebuilt = time.perf_counter() - begun
print(imported, longest[0], memory, rebuilt, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, home.journal.head().position)
"""


def write(file: Path, columns: list[str], rows: object) -> None:
    """Write one table."""
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(columns)
        writer.writerows(rows)  # type: ignore[arg-type]  # any iterable of rows


def folder_of(where: Path) -> None:
    """Write the data: SDTM-named columns, a serious adverse event in a hundred."""
    codes = [f"S{n:05}" for n in range(SUBJECTS)]
    write(
        where / "subjects.csv",
        ["STUDYID", "USUBJID", "SITEID", "AGE", "SEX", "ARM"],
        ([TRIAL, c, "01", 50, "F", "AD-MSC"] for c in codes),
    )
    doses = (
        [TRIAL, c, n, "AD-MSC", "500000", "cells/kg", f"2018-0{2 + n}-05"]
        for c in codes
        for n in range(1, DOSES_EACH + 1)
    )
    write(where / "exposures.csv", ["STUDYID", "USUBJID", "EXSEQ", "EXTRT", "EXDOSE", "EXDOSU", "EXSTDTC"], doses)
    columns = [
        "STUDYID",
        "USUBJID",
        "AESEQ",
        "AETERM",
        "AEDECOD",
        "AEBODSYS",
        "AESEV",
        "AETOXGR",
        "AESER",
        "AESDTH",
        "AESHOSP",
        "AESLIFE",
        "AEREL",
        "AEACN",
        "AEOUT",
        "AESTDTC",
        "AEENDTC",
    ]
    events = (
        [
            TRIAL,
            c,
            n,
            f"Fever after infusion {n}",
            "Pyrexia",
            "General disorders",
            "MILD",
            "1",
            "Y" if (i * 5 + n) % 100 == 0 else "N",
            "N",
            "N",
            "N",
            "PROBABLE",
            "DOSE NOT CHANGED",
            "RECOVERED/RESOLVED",
            f"2018-04-{n + 10}",
            f"2018-04-{n + 12}",
        ]
        for i, c in enumerate(codes)
        for n in range(1, EVENTS_EACH + 1)
    )
    write(where / "adverse_events.csv", columns, events)


def main() -> None:
    """Import and rebuild in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        data, home = Path(folder) / "data", Path(folder) / "home"
        data.mkdir()
        folder_of(data)
        home_at(home).close()
        done = subprocess.run(
            [sys.executable, "-c", ALONE, str(home), str(data)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.exit(done.stderr)
        imported, locked, memory, rebuilt, peak, position = map(float, done.stdout.split())
        rows = SUBJECTS * (1 + EVENTS_EACH + DOSES_EACH)
        print(
            f"F8 import of {SUBJECTS:,} subjects, {SUBJECTS * EVENTS_EACH:,} AEs: {imported:.1f} s, {rows / imported:,.0f} rows/s"
        )
        print(f"F8 longest wait of another writer: {locked:.2f} s; peak memory of the import: {memory:.0f} MB")
        print(f"F8 rebuild of {position:,.0f} events after it: {rebuilt:.1f} s; peak memory of both: {peak:.0f} MB")


if __name__ == "__main__":
    main()
