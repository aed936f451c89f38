"""F4: rebuilding every table against the same handlers under the library's one-event transaction; a million events, memory.

`python -m bench.f4_rebuild [EVENTS]`, 1,000,000 if left out; the peer runs on 2,000 of them, one durable transaction each.
"""

import subprocess
import sys
import tempfile
from itertools import islice
from pathlib import Path
from time import perf_counter

from eventsourcing.persistence import Tracking
from eventsourcing.sqlite import SQLiteCursor, SQLiteDatastore, SQLiteTrackingRecorder

from bench.alternating import alternating, per_second
from bench.trial_at_hand import TRIAL, home_at, with_subjects
from safety.home import Home
from safety.projections.folding import NAMES, foldings
from safety.projections.places import sqlite_engine
from safety.projections.store import Tables, create_indexes, create_tables
from safety.projections.views import Views

A_SUBJECT = 20
SINGLY = 2_000
ALONE = """
import resource, sys, time
from pathlib import Path
from safety.journal import open_journal
from safety.projections.views import Views
journal = open_journal(Path(sys.argv[1]) / "log.db", lambda: 0)
begun = time.perf_counter()
Views(Path(sys.argv[1])).rebuild(journal)
print(time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def filled(home: Home, events: int) -> None:
    """Fill the log with subjects of twenty events."""
    for block in range(events // A_SUBJECT // 500):
        with_subjects(home, [f"S{block:04}-{n:03}" for n in range(500)], A_SUBJECT)


def library_tracking(path: Path) -> SQLiteTrackingRecorder:
    """The library's tracking recorder; its table is renamed, because ours of that name is in the same file."""
    recorder = SQLiteTrackingRecorder(SQLiteDatastore(str(path)))
    recorder.insert_tracking_statement = recorder.insert_tracking_statement.replace("tracking", "library_tracking")
    with recorder.datastore.transaction(commit=True) as cursor:
        for statement in recorder.create_table_statements:
            cursor.execute(statement.replace("tracking", "library_tracking"))
    return recorder


def singly(home: Home) -> float:
    """The peer: tracking and tables in one durable transaction an event, as the library's projections do it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "singly.db"
        recorder = library_tracking(path)
        engine = sqlite_engine(path, ("journal_mode=WAL", "synchronous=FULL"))
        events = list(islice(home.journal.read(), SINGLY))
        with engine.connect() as connection:
            with connection.begin():
                create_tables(connection)
                create_indexes(connection)
                Tables(connection).begin_tracking(NAMES)

            def go() -> None:
                for recorded in events:
                    with connection.begin():
                        tables = Tables(connection)
                        cursor = SQLiteCursor(connection.connection.cursor())  # type: ignore[arg-type]  # the driver's own cursor
                        recorder._insert_tracking(cursor, Tracking("views", recorded.position))  # noqa: SLF001, what its process_event calls
                        for folding in foldings(tables).values():
                            folding.take(recorded)
                            folding.write()

            rate = per_second(len(events), go)
        engine.dispose()
        recorder.datastore.close()
        return rate


def rebuilt(home: Home) -> float:
    """Ours: the same tables built anew, events a second."""
    with tempfile.TemporaryDirectory() as folder:
        views = Views(Path(folder))
        rate = per_second(home.journal.head().position, lambda: views.rebuild(home.journal))
        views.close()
        return rate


def main(events: int) -> None:
    """Measure both, then the whole rebuild in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        home = home_at(Path(folder))
        filled(home, min(events, 100_000))
        print(
            alternating("F4 events/s, rebuild / one transaction an event", lambda: rebuilt(home), lambda: singly(home))
        )
        begun = perf_counter()
        filled_rest(home, events)
        print(f"log of {home.journal.head().position:,} events, filled in {perf_counter() - begun:.0f} s", flush=True)
        home.close()
        done = subprocess.run([sys.executable, "-c", ALONE, folder], capture_output=True, text=True, check=True)
        seconds, megabytes = map(float, done.stdout.split())
        print(f"F4 rebuild of {events:,} events: {seconds:.1f} s, peak memory {megabytes:.0f} MB")


def filled_rest(home: Home, events: int, trial: str = TRIAL) -> None:
    """Fill the log up to the number of events."""
    while home.journal.head().position < events:
        begun = home.journal.head().position
        with_subjects(home, [f"R{begun}-{n:03}" for n in range(500)], A_SUBJECT, trial)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
