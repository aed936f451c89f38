"""F3: the validated typed read of the whole log against the library's own replay of events of the same shape."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate

from bench.alternating import Measured, alternating, per_second
from bench.trial_at_hand import home_at, with_subjects
from safety.journal import Journal

EVENTS = 100_000
A_SUBJECT = 20


class Subject(Aggregate):
    """The peer's aggregate: the same facts in the library's own event, stored by its own transcoder."""

    class Reported(Aggregate.Event):
        """The fields of the sample that ours stores."""

        trial: str
        subject: str
        number: str
        term: str
        started_on: str
        ended_on: str
        severity: str
        grade: str
        serious: str
        results_in_death: str
        life_threatening: str
        causality: str
        action_taken: str
        outcome: str
        preferred_term: str
        system_organ_class: str

        def apply(self, aggregate: Aggregate) -> None:
            """Change nothing: only the reading is measured."""


def library_log(folder: Path, facts: dict[str, str]) -> Application[Any]:
    """A log of the library with as many events, twenty an aggregate."""
    app = Application[Any](
        env={"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(folder / "library.db")}
    )
    for _ in range(EVENTS // A_SUBJECT):
        subject = Subject()
        for _ in range(A_SUBJECT - 1):
            subject.trigger_event(Subject.Reported, **facts)
        app.save(subject)
    return app


def replay_library(app: Application[Any]) -> None:
    """Read it whole, as the library does: pages of notifications, each mapped to its event."""
    start = 1
    while notifications := app.recorder.select_notifications(start, 500):
        for notification in notifications:
            app.mapper.to_domain_event(notification)
        start = notifications[-1].id + 1


def replay(journal: Journal, after: int = 0, upto: int | None = None) -> None:
    """Read ours whole: every event validated into its form, every sealed text in its place."""
    for _ in journal.read(after, upto):
        pass


def replay_in_two(path: Path, last: int) -> float:
    """Two processes, a half each; each has started before the time runs."""
    script = """
import sys
from pathlib import Path
from bench.f3_replay import replay
from safety.journal import open_journal
journal = open_journal(Path(sys.argv[1]), lambda: 0)
print("ready", flush=True)
sys.stdin.readline()
replay(journal, int(sys.argv[2]), int(sys.argv[3]))
"""
    halves = ((0, last // 2), (last // 2, last))
    started = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(path), str(after), str(upto)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for after, upto in halves
    ]
    for process in started:
        assert process.stdout is not None
        process.stdout.readline()

    def go() -> None:
        for process in started:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.close()
        for process in started:
            process.wait()

    return per_second(last, go)


def results() -> Iterator[Measured]:
    """One core, then two."""
    with tempfile.TemporaryDirectory() as folder:
        home = home_at(Path(folder))
        for block in range(EVENTS // A_SUBJECT // 500):
            with_subjects(home, [f"S{block:03}-{n:03}" for n in range(500)], A_SUBJECT)
        last = home.journal.head().position
        sample = next(home.journal.read(last - 1)).event
        facts = {name: str(value) for name, value in sample.__dict__.items() if value is not None}
        app = library_log(Path(folder), facts)
        path = home.settings.home / "log.db"

        def theirs() -> float:
            return per_second(EVENTS, lambda: replay_library(app))

        yield alternating(
            "F3 events/s, typed read on one core / the library's replay",
            lambda: per_second(last, lambda: replay(home.journal)),
            theirs,
        )
        yield alternating("F3 the same on two cores", lambda: replay_in_two(path, last), theirs)
        home.close()


if __name__ == "__main__":
    for result in results():
        print(result, flush=True)
