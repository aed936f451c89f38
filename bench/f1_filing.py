"""F1: one durable SAE filing through the desk against one bare transaction of the same rows; F1b: then the worklist read."""

import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from itertools import count, islice
from pathlib import Path

from bench.alternating import Measured, alternating, per_second
from bench.trial_at_hand import home_at, mild_event, serious_event, with_subjects
from safety.aggregates.adverse_event import Reported
from safety.home import Home
from safety.journal import Stored
from safety.journal.sqlite import SCHEMA
from safety.projections.inbox import owed

FILINGS = 200


def bare_writer(folder: Path, rows: Sequence[Stored]) -> Callable[[], float]:
    """The peer: the same rows with nothing around them, in a file with the same durability and no triggers."""
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute(SCHEMA[0])
    positions = count(1)

    def write() -> None:
        for _ in range(FILINGS):
            connection.execute("BEGIN IMMEDIATE")
            for row in rows:
                position = next(positions)
                connection.execute(
                    "INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (position, row.stream, position, *row[3:])
                )
            connection.execute("COMMIT")

    return lambda: per_second(FILINGS, write)


class Filings:
    """Ours: SAE filings, each on another subject of so many events: load, decide, alert, one append.

    `cold` subjects are loaded from the log within the time; the others were seen before by this process, as on any desk
    that has been open for a while, and are loaded from what it knows.
    """

    def __init__(
        self, home: Home, events: int, after: Callable[[], object] = lambda: None, *, cold: bool = False
    ) -> None:
        """`after` is done after each filing, within the time."""
        self._home = home
        self._events = events
        self._after = after
        self._cold = cold
        self._codes = (f"{'C' if cold else 'S'}{number:06}" for number in count())

    def rate(self) -> float:
        """Filings a second; the subjects are made before the time runs."""
        codes = list(islice(self._codes, FILINGS))
        with_subjects(self._home, codes, self._events - (not self._cold))
        if not self._cold:
            self._file([mild_event(code, 999) for code in codes])
        forms = [serious_event(code, 1_000) for code in codes]
        return per_second(FILINGS, lambda: self._file(forms))

    def _file(self, forms: Sequence[Reported]) -> None:
        for form in forms:
            self._home.desk.do("adverse_event.report", form, by="OPERATOR", command_id=self._home.doors.new_id())
            self._after()


def sample_rows(home: Home) -> Sequence[Stored]:
    """The rows that one filing appends."""
    with_subjects(home, ["SAMPLE"], 3)
    done = home.desk.do("adverse_event.report", serious_event("SAMPLE", 900), by="OPERATOR", command_id="sample")
    return home.journal.page(done.positions.start - 1, done.positions.stop - 1, 10)


def sqlite() -> Iterator[Measured]:
    """F1 on SQLite for small and long subjects."""
    for events in (20, 300):
        with tempfile.TemporaryDirectory() as folder:
            home = home_at(Path(folder))
            bare = bare_writer(Path(folder), sample_rows(home))
            ours = Filings(home, events)
            yield alternating(f"F1 SAE filings/s, subject of {events} events / bare transactions/s", ours.rate, bare)
            cold = Filings(home, events, cold=True)
            yield alternating(f"F1 the same, subject of {events} events not seen before", cold.rate, bare)
            home.close()


def with_worklist() -> Iterator[Measured]:
    """F1b: the filing, then the worklist of owed alerts."""
    with tempfile.TemporaryDirectory() as folder:
        home = home_at(Path(folder))
        bare = bare_writer(Path(folder), sample_rows(home))

        def worklist() -> None:
            home.views.catch_up(home.journal)
            with home.views.connect() as connection:
                owed(connection)

        yield alternating("F1b the same, then the worklist read", Filings(home, 20, worklist).rate, bare)
        home.close()


if __name__ == "__main__":
    for measured in (*sqlite(), *with_worklist()):
        print(measured)
