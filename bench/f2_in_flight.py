"""F2: what 64 filings in flight gain over one, and ready-made appends against the library's recorder under 64 threads."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count, islice
from pathlib import Path

from eventsourcing.persistence import StoredEvent
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteDatastore

from bench.alternating import Measured, alternating, per_second
from bench.trial_at_hand import DOORS, home_at, mild_event, serious_event, with_subjects
from safety.aggregates.deciding import Act
from safety.home import Home
from safety.journal import Decision, NewEvent

IN_FLIGHT = 64
FILINGS = 1_280
ALONE = 320


def desk() -> Measured:
    """Filings a second, each on a subject of its own: 64 threads against one."""
    with tempfile.TemporaryDirectory() as folder:
        home = home_at(Path(folder))
        codes = (f"S{number:06}" for number in count())

        def together() -> float:
            forms = prepared(home, list(islice(codes, FILINGS)))
            with ThreadPoolExecutor(IN_FLIGHT) as threads:
                return per_second(FILINGS, lambda: list(threads.map(lambda form: file(home, form), forms)))

        def alone() -> float:
            forms = prepared(home, list(islice(codes, ALONE)))
            return per_second(ALONE, lambda: [file(home, form) for form in forms])

        try:
            return alternating("F2 SAE filings/s, 64 in flight / one in flight", together, alone)
        finally:
            home.close()


def prepared(home: Home, codes: Sequence[str]) -> list[object]:
    """Subjects of 20 events that this process has seen, and a filing for each."""
    with_subjects(home, codes, 19)
    with ThreadPoolExecutor(IN_FLIGHT) as threads:
        list(threads.map(lambda code: file(home, mild_event(code, 999)), codes))
    return [serious_event(code, 1_000) for code in codes]


def file(home: Home, form: object) -> object:
    """File one adverse event."""
    return home.desk.do("adverse_event.report", form, by="OPERATOR", command_id=DOORS.new_id())  # type: ignore[arg-type]  # forms of one list


def appends() -> Measured:
    """Ready-made appends of two events a second from 64 threads: our journal against the library's recorder."""
    with tempfile.TemporaryDirectory() as folder:
        home = home_at(Path(folder))
        library = SQLiteApplicationRecorder(
            SQLiteDatastore(str(Path(folder) / "library.db"), originator_id_type="text")
        )
        library.create_table()
        codes = (f"S{number:06}" for number in count())
        act = Act("OPERATOR", "operator", DOORS.clock())

        def ready() -> list[list[NewEvent]]:
            made = []
            for code in islice(codes, FILINGS):
                events = (serious_event(code, 1), mild_event(code, 2))
                made.append([home.desk.encoded(e, n, act, "ready") for n, e in enumerate(events, 1)])
            return made

        def ours() -> float:
            work = [partial(home.journal.append, Decision(news, DOORS.new_id(), "")) for news in ready()]
            return from_threads(work)

        def theirs() -> float:
            stored = [[StoredEvent(n.stream, n.version, n.topic, n.body.encode()) for n in news] for news in ready()]
            return from_threads([partial(library.insert_events, events) for events in stored])

        try:
            return alternating("F2 ready-made appends/s, 64 in flight / the library's recorder", ours, theirs)
        finally:
            home.close()
            library.datastore.close()


def from_threads(work: Sequence[Callable[[], object]]) -> float:
    """Pieces of work a second from 64 threads."""
    with ThreadPoolExecutor(IN_FLIGHT) as threads:
        return per_second(len(work), lambda: list(threads.map(lambda piece: piece(), work)))


def results() -> Iterator[Measured]:
    """Both halves of F2."""
    yield desk()
    yield appends()


if __name__ == "__main__":
    for result in results():
        print(result, flush=True)
