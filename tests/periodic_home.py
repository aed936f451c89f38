"""A home whose log is filled under a clock that is told what to say, and a trial that owes periodic reports."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from safety.aggregates.account import Added
from safety.aggregates.deciding import Form
from safety.aggregates.trial import Definition
from safety.desk import Done
from safety.home import Doors, Home, open_home
from safety.journal import Journal
from safety.regulation.periodic import Periodic
from safety.reports.issuing import issue_all
from safety.settings import Settings
from tests import builders as b
from tests.manual_clock import counted_salt

STATED = {"confidence": "stated", "source": "the protocol"}


def at(moment: str) -> datetime:
    return datetime.fromisoformat(moment).astimezone(UTC)


def owing(governs: Definition, **kinds: dict[str, Any]) -> Definition:
    """The same trial, with dates from which its reports fall due."""
    stated = {kind: {**STATED, **dates} for kind, dates in kinds.items()}
    return governs.model_copy(update={"periodic": Periodic.model_validate(stated)})


class Desk:
    """A home and its clock: `append` puts events into the log at a moment, `tick` issues what is due at one."""

    def __init__(self, folder: Path, url: str | None = None, begins: str = "2013-01-01T00:00Z") -> None:
        self.now = at(begins)
        settings = Settings(home=folder, database_url=url)
        doors = Doors(clock=lambda: self.now, salt=counted_salt(), new_id=lambda: "LOG")
        self.home: Home = open_home(settings, doors)
        self.append(begins, b.built(Added, account="CHEN", roles=("safety_officer",)))

    @property
    def journal(self) -> Journal:
        return self.home.journal

    def append(self, moment: str, *events: Form) -> "Desk":
        self.now = at(moment)
        b.append(self.journal, *events)
        return self

    def tick(self, moment: str) -> int:
        self.now = at(moment)
        return issue_all(self.home.desk, self.home.views, self.now)

    def do(self, moment: str, command: str, form: Form, by: str = "CHEN") -> Done:
        self.now = at(moment)
        return self.home.desk.do(command, form, by=by, command_id=f"{command}-{moment}-{self.journal.head().position}")

    def topics(self) -> list[str]:
        return [row.topic.removesuffix(".v1") for row in self.journal.rows()]

    def of(self, topic: str) -> list[Any]:
        """The events of a topic, in order."""
        return [recorded.event for recorded in self.journal.read() if recorded.topic == f"{topic}.v1"]

    @contextmanager
    def connection(self) -> Iterator[Any]:
        self.home.views.catch_up(self.journal)
        with self.home.views.connect() as connection:
            yield connection

    def close(self) -> None:
        self.home.close()


def shuffled(events: Iterable[Form], parts: int) -> list[list[Form]]:
    """Deal subjects out into so many parts, so that each part holds whole records."""
    dealt: list[list[Form]] = [[] for _ in range(parts)]
    order: dict[str, int] = {}
    for event in events:
        place = order.setdefault(event.__dict__["subject"], len(order))
        dealt[place % parts].append(event)
    return dealt
