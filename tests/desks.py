"""A desk on a log in a file, with the people and the trial that most tests need."""

import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

from safety.aggregates.account import Added
from safety.aggregates.adverse_event import AdverseEvents, Reported
from safety.aggregates.deciding import Form
from safety.desk import Desk, Done
from safety.journal import open_journal
from safety.journal.states import folded
from safety.values import Clock, microseconds
from tests.builders import T0, append, built, enrolled, opened, registered, reported

PEOPLE = {
    "OPERATOR": "operator",
    "LIN": "investigator",
    "CHEN": "safety_officer",
    "WANG": "safety_officer",
    "AUDIT": "auditor",
}


def ticking(start: datetime = T0) -> Clock:
    """A clock that is a millisecond later at each look."""
    looks = itertools.count(1)
    return lambda: start + timedelta(milliseconds=next(looks))


def standing(at: datetime = T0) -> Clock:
    """A clock that stands still."""
    return lambda: at


class Office:
    """A desk and its log."""

    def __init__(self, file: Path, clock: Clock | None = None) -> None:
        salts = itertools.count()
        self.file = file
        self.clock: Clock = clock or ticking()
        self.journal = open_journal(file, self.log_clock)
        self.desk = Desk(self.journal, self.clock, lambda: next(salts).to_bytes(16))
        self._ids: Callable[[], int] = itertools.count(1).__next__

    def log_clock(self) -> int:
        return microseconds(self.clock())

    def begin(self, *beside: Form) -> "Office":
        """Begin the log with the people, trial T1 and its subject S1, and more."""
        people = [built(Added, account=name, roles=(role,)) for name, role in PEOPLE.items()]
        append(self.journal, opened(), *people, registered(), enrolled(), *beside)
        return self

    def do(
        self, command: str, form: Form, by: str = "LIN", command_id: str | None = None, reason: str | None = None
    ) -> Done:
        """Have a command done under an id of its own, unless one is given."""
        return self.desk.do(command, form, by=by, command_id=command_id or f"{id(self)}-{self._ids()}", reason=reason)

    def numbers(self, subject: str = "S1") -> list[int]:
        """The numbers of a subject's adverse events, as the log has them."""
        return sorted(folded(self.journal.stream(f"T1/subject/{subject}")).slice(AdverseEvents).by_number)

    def topics(self, after: int = 0) -> list[str]:
        """What the log holds after a position, in order."""
        return [row.topic.removesuffix(".v1") for row in self.journal.rows(after)]

    @property
    def position(self) -> int:
        return self.journal.head().position

    def close(self) -> None:
        self.journal.close()


def heard(**fields: object) -> Reported:
    """A report that leaves its number to the desk."""
    return reported(**fields).model_copy(update={"number": None})  # type: ignore[arg-type]  # any field of the form


def number_of(done: Done) -> int:
    """The number that a report was given."""
    return cast("int", done.events[0].__dict__["number"])
