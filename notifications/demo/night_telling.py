"""Tells the night story as a timeline: what happened, who was told, which clocks ran and why; every line is read from the log."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from datetime import date, datetime, timedelta
from itertools import groupby
from os import urandom
from secrets import token_hex
from typing import Any, NamedTuple

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from notifications.demo.filing import PROFILE, ZONE, VirtualClock
from notifications.demo.night import BEGINS, FRIDAY, TRIAL, live
from notifications.demo.telling import section, trial_file
from safety.aggregates import alert, message, obligation
from safety.aggregates.adverse_event import FollowedUp, Reported
from safety.cli.printing import console, print_notes, print_table
from safety.home import Doors, Home, Unusable, open_home
from safety.journal import Recorded
from safety.projections.at import to_the_second
from safety.projections.obligations import obligations
from safety.projections.words import sentence
from safety.settings import Settings

CLOCKS = {
    "obligation": "Clock",
    "to": "To",
    "day0": "Day 0",
    "due": "Due",
    "sent": "Sent",
    "timeliness": "How it went",
}
JUST_OPENED = 2
"""A new home holds its opening and the operator; one that holds more is told as it is."""


class Line(NamedTuple):
    """One line of the timeline; `kind` is what lines are counted by where many say the same."""

    at: datetime
    kind: str
    words: str
    why: tuple[str, ...] = ()


def tell_night(settings: Settings, deliver: Callable[[Home], object]) -> None:
    """Let the story happen in its home, unless it did before, and tell it from the log."""
    clock = VirtualClock()
    clock.moment = BEGINS
    doors = Doors(clock=clock, salt=lambda: urandom(16), new_id=lambda: token_hex(16))
    with closing(open_home(settings, doors, purpose="demo")) as home:
        if home.opened.purpose != "demo":
            raise Unusable(
                f"the home {settings.home} holds a real log; the story needs a home of its own: set VIGILOG_HOME"
            )
        if home.journal.head().position == JUST_OPENED:
            live(home, clock, trial_file(), deliver)
        introduce(home)
        for day, lines in groupby(timeline(home), key=lambda line: line.at.date()):
            section(f"{day:%A %-d %B %Y}{holiday(day)}")
            for line in lines:
                show(line)
        show_clocks(home)


def holiday(day: date) -> str:
    """Say which days of the story are a holiday: no clock stops for it."""
    first, last = FRIDAY + timedelta(days=3), FRIDAY + timedelta(days=9)
    return ", Spring Festival" if first <= day <= last else ""


def introduce(home: Home) -> None:
    """Say what this is, and that nobody of it exists."""
    console().print(Text("\nA serious adverse event in the night before a holiday", style="bold"))
    print_notes(
        {
            "Made up": "the subject, the event and the people; the trial file is that of NCT03265613, with a ladder that calls a deputy after half an hour",
            "Rules": f"profile {PROFILE}, signed for by the safety officer; each rule is chosen by the date of the fact, "
            "February 2019: the 2003 and 2007 texts, the CDE standard of 2018 and the stem-cell measures of 2015",
            "Clock": "virtual; the worker's tick came every five minutes",
            "Log": f"{home.settings.database_url or home.settings.home / 'log.db'}",
        }
    )


def timeline(home: Home) -> Iterator[Line]:
    """Give the story's lines, those of one moment that say the same drawn together."""
    raised: dict[str, alert.Raised] = {}
    for recorded in home.journal.read():
        if isinstance(recorded.event, alert.Raised):
            raised[recorded.event.alert] = recorded.event
    lines = (line for recorded in home.journal.read() if (line := told(recorded, raised)) is not None)
    for _, alike in groupby(lines, key=lambda line: (line.at.replace(second=0, microsecond=0), line.kind)):
        first, *more = alike
        if first.kind.startswith("acknowledged"):
            yield first._replace(words=f"{first.words} {count(1 + len(more), 'alert')}")
        else:
            yield from (first, *more)


def told(recorded: Recorded, raised: dict[str, alert.Raised]) -> Line | None:
    """Give the line of an event; None of those that only keep the record in order."""
    event, about = recorded.event, recorded.about()
    at = datetime.fromisoformat(about.at).astimezone(ZONE)
    kind, words = event.TOPIC, ""
    why: tuple[str, ...] = ()
    match event:
        case Reported() | FollowedUp():
            kind, words = "fact", f"{about.by} files: {sentence(event)}"
        case obligation.Opened():
            words, why = clock_words(event), tuple(reasons(event))
        case obligation.Superseded():
            words = f"clock {event.obligation} gives way to {event.by}: one combined report"
        case obligation.Submitted():
            kind, words = "sent", f"{about.by} sends the report of {event.obligation} to {', '.join(event.to)}"
        case message.Composed():
            carried = alerts_words(raised[one] for one in event.alerts)
            kind, words = "message", f"{event.to} ({event.role.replace('_', ' ')}) is told: {carried}"
        case alert.Acknowledged():
            kind, words = f"acknowledged by {event.acknowledged_by}", f"{event.acknowledged_by} acknowledges"
    return Line(at, kind, words, why) if words else None


def clock_words(opened: obligation.Opened) -> str:
    """Say who owes what to whom by when."""
    if opened.due_at is None:
        due = f"{opened.unit}, the text gives no number"
    elif opened.unit == "hour":
        due = f"by {opened.due_at.astimezone(ZONE):%a %-d %b %H:%M}"
    else:
        due = f"by the end of {opened.due_on:%a %-d %b}"
    unsure = "" if opened.confidence != "UNSURE" else " [UNSURE]"
    return f"clock {opened.obligation}: {opened.owed_by} to {', '.join(opened.to)}, {due}{unsure} ({opened.citation})"


def reasons(opened: obligation.Opened) -> Iterator[str]:
    """Give the sentences behind a clock that its line does not say already; `vigilog obligations` gives them all."""
    for sentence_ in opened.because:
        if not sentence_.startswith((f"{opened.rule}:", "due ")) and not sentence_.endswith("counts as false"):
            yield to_the_second(sentence_)


def alerts_words(carried: Iterable[alert.Raised]) -> str:
    """Say which alerts a message carries, how many of each and from which rung."""
    counts = Counter((one.rule, one.rung) for one in carried)
    return "; ".join(
        f"{rule}{f' x {times}' if times > 1 else ''}{f', rung {rung}: nobody has answered' if rung > 1 else ''}"
        for (rule, rung), times in counts.items()
    )


def count(number: int, what: str) -> str:
    """Say how many there are."""
    return f"{number} {what}{'' if number == 1 else 's'}"


STYLES = {"fact": "bold", "sent": "green", "message": "cyan"}


def show(line: Line) -> None:
    """Print one line, and under it why."""
    page = console()
    row = Table.grid(padding=(0, 2))
    row.add_row(f"{line.at:%H:%M}", Text(line.words, style=STYLES.get(line.kind, "")))
    page.print(row)
    for reason in line.why:
        page.print(Padding(Text(reason, style="dim"), (0, 0, 0, 9)))


def due_words(one: Mapping[str, Any]) -> str:
    """Say when a clock runs out: one of hours at an hour, one of days with the day, one of neither not at all."""
    if one["due_at"] is None:
        return f"{one['unit']}, no number"
    if one["unit"] == "hour":
        return f"by {datetime.fromisoformat(one['due_at']).astimezone(ZONE):%Y-%m-%d %H:%M}"
    return f"by the end of {one['due_on']}"


def show_clocks(home: Home) -> None:
    """Show every clock of the story and how it went."""
    home.views.catch_up(home.journal)
    with home.views.connect() as connection:
        found = obligations(connection, TRIAL, home.views.now(connection), home.doors.clock())["obligations"]
    rows = [
        one
        | {
            "to": ", ".join(one["to"]),
            "due": due_words(one),
            "sent": one["sent_at"] and f"{datetime.fromisoformat(one['sent_at']).astimezone(ZONE):%Y-%m-%d %H:%M}",
            "timeliness": one["timeliness"].replace("_", " "),
        }
        for one in found
    ]
    section("How each clock went")
    print_table("", rows, CLOCKS, "No clock ran.")
