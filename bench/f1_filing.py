"""F1: one durable SAE filing through the desk against one bare transaction of the same rows; F1b: then the worklist read."""

import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import count, islice
from pathlib import Path
from typing import Any

from bench.alternating import Measured, alternating, per_second
from bench.trial_at_hand import home_at, mild_event, serious_event, under_packs, with_subjects
from safety.aggregates.adverse_event import Reported
from safety.home import LOG, Home
from safety.projections.inbox import owed

FILINGS = 200

Row = tuple[Any, ...]


class Bare:
    """The peer: the same rows, in a file with the same tables and indexes and the same past, with nothing around them."""

    def __init__(self, home: Home, folder: Path) -> None:
        """Begin with a copy of the log, without its triggers."""
        self._log = sqlite3.connect(home.settings.home / LOG)
        self._bare = sqlite3.connect(folder / "bare.db", isolation_level=None)
        self._log.backup(self._bare)
        for (name,) in self._bare.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            self._bare.execute(f"DROP TRIGGER {name}")
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            self._bare.execute(f"PRAGMA {pragma}")

    def rate(self) -> float:
        """Transactions a second, of the filings that our side has just made; its set-up is copied before the time runs."""
        (before,) = self._bare.execute("SELECT max(position) FROM log").fetchone()
        ask = "SELECT * FROM command WHERE first_position > ? ORDER BY first_position"
        commands = self._log.execute(ask, (before,)).fetchall()
        rows = [
            self._log.execute("SELECT * FROM log WHERE position BETWEEN ? AND ?", c[2:]).fetchall() for c in commands
        ]
        self._bare.execute("BEGIN")
        for command, its_rows in zip(commands[:-FILINGS], rows[:-FILINGS], strict=True):
            self._insert(command, its_rows)
        self._bare.execute("COMMIT")
        timed = list(zip(commands[-FILINGS:], rows[-FILINGS:], strict=True))
        return per_second(FILINGS, lambda: self._write(timed))

    def _write(self, filings: Sequence[tuple[Row, Sequence[Row]]]) -> None:
        for command, rows in filings:
            self._bare.execute("BEGIN IMMEDIATE")
            self._insert(command, rows)
            self._bare.execute("COMMIT")

    def _insert(self, command: Row, rows: Sequence[Row]) -> None:
        self._bare.execute("INSERT INTO command VALUES (?, ?, ?, ?)", command)
        self._bare.executemany("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)


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


def sqlite() -> Iterator[Measured]:
    """F1 on SQLite for small and long subjects, and F1b."""
    for events in (20, 300):
        for cold in (False, True):
            known = "not seen before" if cold else "known"
            name = f"F1 SAE filings/s, subject of {events} events, {known} / the same rows bare"
            yield measured(name, partial(Filings, events=events, cold=cold))
    yield measured("F1b the same, then the worklist read", lambda home: Filings(home, 20, worklist(home)))
    for packs in (("US-FDA-IND",), ("CN-NMPA-DRUG", "CN-STEMCELL-2015", "SITE-EC")):
        yield measured(f"F1 20 events, known, clocks of {', '.join(packs)}", partial(under, packs))


def under(packs: Sequence[str], home: Home) -> Filings:
    """Filings that open clocks: their obligations and alerts land in the same append."""
    under_packs(home, *packs)
    return Filings(home, 20)


def measured(name: str, filings: Callable[[Home], Filings]) -> Measured:
    """One comparison in a home of its own."""
    with tempfile.TemporaryDirectory() as folder:
        home = home_at(Path(folder))
        try:
            return alternating(name, filings(home).rate, Bare(home, Path(folder)).rate)
        finally:
            home.close()


def worklist(home: Home) -> Callable[[], object]:
    """Read a page of the worklist of owed alerts after catching up."""

    def read() -> None:
        home.views.catch_up(home.journal)
        with home.views.connect() as connection:
            owed(connection, limit=50)

    return read


if __name__ == "__main__":
    for result in sqlite():
        print(result, flush=True)
