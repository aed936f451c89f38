"""F5: as-of against now, a trial in a large log against the same in a small one, what is owed, and incidence against its bare SQL.

`python -m bench.f5_as_of [EVENTS]`: the size of the large log, 1,000,000 if left out; the small one holds 20,000.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from sqlalchemy import Connection, event

from bench.alternating import Measured, alternating
from bench.f4_rebuild import filled_rest
from bench.trial_at_hand import TRIAL, home_at, with_subjects
from safety.home import Home
from safety.projections.at import At
from safety.projections.inbox import owed
from safety.projections.incidence import incidence
from safety.projections.line_listing import line_listing
from safety.projections.subject_timeline import subject_timeline

SMALL = 20_000
A_SUBJECT = 20
QUESTION = Callable[[Connection, At], Any]
QUESTIONS: dict[str, QUESTION] = {
    "subject page": lambda connection, at: subject_timeline(connection, TRIAL, "S000-000", at),
    "listing page of 50": lambda connection, at: line_listing(connection, TRIAL, at, limit=50),
    "incidence": lambda connection, at: incidence(connection, TRIAL, at),
}


def microseconds(ask: Callable[[], object], repeats: int) -> float:
    """Median of one question, in microseconds."""
    took = []
    for _ in range(repeats):
        begun = perf_counter()
        ask()
        took.append(perf_counter() - begun)
    return median(took) * 1e6


def asked(home: Home, question: QUESTION, at: At, repeats: int) -> Callable[[], float]:
    """A side of a comparison: one question at one moment, views open and caught up."""

    def side() -> float:
        with home.views.connect() as connection:
            return microseconds(lambda: question(connection, at), repeats)

    return side


def as_of_against_now(home: Home) -> Iterator[Measured]:
    """The same question a little before the head and at it: the same rows, read as of a position."""
    head = home.journal.head().position
    for name, question in QUESTIONS.items():
        repeats = 3 if name == "incidence" else 50
        before = asked(home, question, At(head - 1), repeats)
        yield alternating(
            f"F5 {name}, us, as of an earlier position / now", before, asked(home, question, At(head), repeats)
        )


def large_against_small(large: Home, small: Home) -> Iterator[Measured]:
    """A trial of 1,000 subjects among many others, against the same trial alone."""
    for name, question in QUESTIONS.items():
        repeats = 3 if name == "incidence" else 50
        inside = asked(large, question, At(large.journal.head().position), repeats)
        alone = asked(small, question, At(small.journal.head().position), repeats)
        yield alternating(f"F5 {name}, us, of 20,000 events in the large log / alone", inside, alone)


def owed_in_sql(home: Home) -> float:
    """Microseconds that the database takes for what is owed now."""
    statements: list[tuple[str, Any]] = []
    with home.views.connect() as connection:
        engine = connection.engine
        event.listen(engine, "before_cursor_execute", lambda *a: statements.append((a[2], a[3])))
        owed(connection)
        cursor = connection.connection.cursor()
        return microseconds(lambda: cursor.execute(*statements[-1]).fetchall(), 200)


def against_bare_sql(home: Home) -> Measured:
    """Incidence against the very statements it sends, sent without it."""
    at = At(home.journal.head().position)
    statements: list[tuple[str, Any]] = []
    with home.views.connect() as connection:
        event.listen(connection.engine, "before_cursor_execute", lambda *a: statements.append((a[2], a[3])))
        incidence(connection, TRIAL, at)
        mine = tuple(statements)

    def bare() -> float:
        with home.views.connect() as connection:
            cursor = connection.connection.cursor()
            return microseconds(lambda: [cursor.execute(*statement).fetchall() for statement in mine], 3)

    ours = asked(home, QUESTIONS["incidence"], at, 3)
    return alternating("F5 incidence of 50,000 AEs, us / its bare SQL", ours, bare)


def trial_of(stack: ExitStack, events: int, elsewhere: int = 0) -> Home:
    """A home whose trial holds so many events, and the log so many more of another trial."""
    home = home_at(Path(stack.enter_context(tempfile.TemporaryDirectory())))
    stack.callback(home.close)
    for block in range(max(1, events // A_SUBJECT // 500)):
        with_subjects(home, [f"S{block:03}-{n:03}" for n in range(500)], A_SUBJECT)
    if elsewhere:
        filled_rest(home, elsewhere, trial="OTHER")
    home.views.catch_up(home.journal)
    return home


def main(events: int) -> None:
    """Measure everything."""
    with ExitStack() as stack:
        small = trial_of(stack, SMALL)
        for result in as_of_against_now(small):
            print(result, flush=True)
        large = trial_of(stack, SMALL, elsewhere=events)
        for result in large_against_small(large, small):
            print(result, flush=True)
        print(
            f"F5 owed alerts in a log of {large.journal.head().position:,} events: {owed_in_sql(large):.0f} us in SQL"
        )
        print(against_bare_sql(trial_of(stack, 55_000)))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
