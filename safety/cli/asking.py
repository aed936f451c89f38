"""The three axes of time as they are typed: what the log held, what a party was aware of, what had happened."""

import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from safety.cli.door import UNUSABLE_ARGUMENTS, code_of, fail, home, say

if TYPE_CHECKING:
    from safety.aggregates.trial import Definition
    from safety.home import Home
    from safety.projections.at import At
    from safety.projections.views import Views
    from safety.values import Party

AsOf = Annotated[
    str | None, typer.Option("--as-of", help="What the log held: a position, a date (its end), or a time with zone.")
]
KnownTo = Annotated[str | None, typer.Option("--known-to", help="What a party was aware of: site or sponsor.")]
ByDate = Annotated[str | None, typer.Option("--by-date", help="With --known-to: by the end of this date.")]
HappenedBy = Annotated[str | None, typer.Option("--happened-by", help="What had happened by the end of this date.")]

Ask = Callable[[Any, str, "At"], Any]
"""A view, asked by a connection of a trial at a moment."""


@dataclass(frozen=True)
class Asked:
    """The three axes as they were typed; --as-of None is now, the others None ask for no such thing."""

    as_of: str | None = None
    known_to: str | None = None
    by_date: str | None = None
    happened_by: str | None = None

    @property
    def narrows(self) -> dict[str, str | None]:
        """What an answer says of the axes that leave something out of it that the log held: by option, None where not asked."""
        party = None if self.known_to is None else self.known_to.lower()
        return {"known_to": party, "by_date": self.by_date, "happened_by": self.happened_by}


def day(text: str, option: str) -> date:
    """Read a date of the command line."""
    from safety import written  # noqa: PLC0415, keeps --help light

    with suppress(ValueError):
        return written.day(text)
    return fail(f"{option} takes a date of the calendar such as 2018-05-31", UNUSABLE_ARGUMENTS)


def ends(on: date, zone: str, option: str) -> datetime:
    """Give the end of a date in a trial's zone."""
    from safety.values import end_of_day  # noqa: PLC0415, keeps --help light

    try:
        return end_of_day(on, zone)
    except OverflowError:
        fail(f"{option}: {on} lies at an end of the calendar; take another date", UNUSABLE_ARGUMENTS)


def instant(text: str, option: str = "--as-of", takes: str = "a position, a date") -> datetime:
    """Read a moment with its zone."""
    from safety import written  # noqa: PLC0415, keeps --help light

    with suppress(ValueError, OverflowError):
        moment = written.moment(text)
        if moment.tzinfo is None:
            fail(f"{option}: give the time its zone, such as 2018-05-31T12:00+08:00", UNUSABLE_ARGUMENTS)
        return moment.astimezone(UTC)
    return fail(f"{option} takes {takes} such as 2018-05-31, or a time with its zone", UNUSABLE_ARGUMENTS)


def governing(opened: "Home", trial: str) -> "Definition":
    """The definition in force now, whose zone ends bare dates; refuses a trial that does not exist."""
    from safety.aggregates.trial import Trial, UnknownTrial  # noqa: PLC0415, keeps --help light
    from safety.journal.states import folded  # noqa: PLC0415

    definition = folded(opened.journal.stream(f"{trial}/trial")).slice(Trial).definition
    if definition is None:
        raise UnknownTrial(trial=trial)
    return definition


def position_of(opened: "Home", text: str | None, zone: str) -> int:
    """Turn --as-of into a position of the log: a position as it is, a bare date as its end in the trial's zone."""
    from safety.values import microseconds  # noqa: PLC0415, keeps --help light

    head = opened.journal.head().position
    if text is None:
        return head
    if re.fullmatch(r"\d{1,18}", text, re.ASCII):
        if int(text) > head:
            fail(f"--as-of {text}: the log ends at position {head}", UNUSABLE_ARGUMENTS)
        return int(text)
    return opened.journal.position_at(microseconds(moment_of(text, zone, "--as-of", "a position, a date")))


def moment_of(text: str, zone: str, option: str, takes: str = "a date") -> datetime:
    """Read a time with its zone, or a date, which is its end in the trial's zone."""
    is_date = re.fullmatch(r"[^T ]{10}", text) is not None
    return ends(day(text, option), zone, option) if is_date else instant(text, option, takes)


def last_second(text: str | None) -> int | None:
    """Give the last second of --happened-by, local, as the views compare it."""
    from safety.values import DAY_SECONDS, seconds  # noqa: PLC0415, keeps --help light

    return None if text is None else seconds(day(text, "--happened-by")) + DAY_SECONDS - 1


def parties(asked: Asked) -> "Party | None":
    """Give the party whose knowledge is asked for; its two options come together."""
    known: dict[str | None, Party | None] = {None: None, "site": "site", "sponsor": "sponsor"}
    name = None if asked.known_to is None else asked.known_to.lower()
    if name not in known:
        fail("--known-to takes site or sponsor", UNUSABLE_ARGUMENTS)
    if (name is None) != (asked.by_date is None):
        fail("--known-to and --by-date go together: who was aware, and by the end of which date", UNUSABLE_ARGUMENTS)
    return known[name]


def caught_up(opened: "Home") -> "Views":
    """Give the views with everything in them that the log holds, and tell of tables that have stopped."""
    opened.views.catch_up(opened.journal)
    for fault in opened.views.faults():
        say(f"Careful: {fault}; what is read from it ends there.")
    return opened.views


@contextmanager
def read_at(opened: "Home", trial: str, asked: Asked) -> Iterator[tuple[Any, "At"]]:
    """Open the views for one question, with all three axes of time settled."""
    from safety.projections.at import At  # noqa: PLC0415, keeps --help light
    from safety.projections.known_to import fold_known  # noqa: PLC0415

    governs = governing(opened, trial)
    at = At(position_of(opened, asked.as_of, governs.zone), last_second(asked.happened_by))
    party = parties(asked)
    if party is None:
        with caught_up(opened).connect() as connection:
            yield connection, at
        return
    by = ends(day(asked.by_date or "", "--by-date"), governs.zone, "--by-date")
    both = governs.sponsor_investigator
    folded = fold_known(opened.journal, trial, party, by, at.position, sponsor_investigator=both)
    with closing(folded) as views, views.connect() as connection:
        yield connection, at


def answer(trial: str, asked: Asked, ask: Ask, *, into_demo: bool) -> Any:  # noqa: ANN401, whatever the view answers
    """Ask one view one question."""
    trial = code_of(trial, "--trial")
    with (
        home(into_demo=into_demo, reads_only=True) as opened,
        read_at(opened, trial, asked) as (connection, at),
    ):
        return ask(connection, trial, at)
