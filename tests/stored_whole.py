"""Looks at a home after a fault and lists what is wrong with it: something lost, half stored, or an alert without its SAE."""

import sqlite3
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

from safety.aggregates.adverse_event import Reported
from safety.aggregates.alert import Raised
from safety.aggregates.trial import DataImported
from safety.home import LOG, Home
from safety.journal import Recorded
from safety.journal.verification import verify

WHOLE = {
    ("log.opened.v1", "account.added.v1"),
    ("trial.registered.v1",),
    ("subject.enrolled.v1",),
    ("adverse_event.reported.v1",),
    ("adverse_event.reported.v1", "alert.raised.v1"),
}
"""What one command writes; an import, which is longer, counts itself, and a delivery writes of messages alone."""

Acknowledged = Mapping[str, int]
"""Last position by command id."""


def acknowledged(said: Iterable[str]) -> dict[str, int]:
    """Read what the driver acknowledged; a line that was cut off acknowledged nothing."""
    answers = (line.split() for line in said if line.startswith("ACK ") and line.endswith("\n"))
    return {command_id: int(last) for _, command_id, last in answers}


def commands(home: Home) -> dict[str, list[Recorded]]:
    """Give the events of each command in the command table."""
    events = list(home.journal.read())
    claims = home.journal.commands(0, sys.maxsize)
    return {claim.command_id: events[claim.first_position - 1 : claim.last_position] for claim in claims}


def damage(home: Home, acked: Acknowledged) -> list[str]:
    """List what is wrong with a home; an empty list is what every test of a fault wants."""
    if broken := sqlite_faults(home.settings.home / LOG):
        return broken
    by_command = commands(home)
    return [
        *map(str, verify(home.journal)),
        *lost(by_command, acked),
        *half_stored(home, by_command),
        *alerts_without_facts(by_command),
    ]


def sqlite_faults(log: Path) -> list[str]:
    """Ask SQLite itself."""
    try:
        with closing(sqlite3.connect(log)) as connection:
            return [f"sqlite: {said}" for (said,) in connection.execute("PRAGMA integrity_check") if said != "ok"]
    except sqlite3.DatabaseError as fault:
        return [f"sqlite: {fault}"]


def lost(by_command: Mapping[str, list[Recorded]], acked: Acknowledged) -> Iterator[str]:
    """Find what was acknowledged and is not there, or not where it was said to be."""
    for command_id, last in acked.items():
        events = by_command.get(command_id)
        if not events:
            yield f"{command_id} was acknowledged and is lost"
        elif events[-1].position != last:
            yield f"{command_id} was acknowledged at {last} and ends at {events[-1].position}"


def half_stored(home: Home, by_command: Mapping[str, list[Recorded]]) -> Iterator[str]:
    """Find positions that no command claims, or two, and commands that are not whole."""
    expected = 1
    for command_id, events in by_command.items():
        if not events:
            yield f"{command_id} claims positions that are not there"
            continue
        first, last = events[0].position, events[-1].position
        if first != expected:
            yield f"{command_id} begins at {first} instead of {expected}"
        if len({event.recorded_at for event in events}) != 1:
            yield f"{command_id} was recorded in more than one moment"
        if {event.about().command for event in events} != {command_id}:
            yield f"{command_id} claims positions of another command"
        if not is_whole(events):
            yield f"{command_id} is half stored"
        expected = last + 1
    if expected != home.journal.head().position + 1:
        yield f"no command claims what is from position {expected} on"


def is_whole(events: list[Recorded]) -> bool:
    """Say whether a command's events are all there; an import says itself how many it brought."""
    imported = next((event.event for event in events if isinstance(event.event, DataImported)), None)
    topics = [event.topic for event in events]
    if imported is None:
        return tuple(topics) in WHOLE or all(topic.startswith("message.") for topic in topics)
    counted = tuple(topics.count(f"{what}.v1") for what in ("subject.enrolled", "dose.given", "adverse_event.reported"))
    return counted == (imported.subjects, imported.exposures, imported.adverse_events)


def alerts_without_facts(by_command: Mapping[str, list[Recorded]]) -> Iterator[str]:
    """Compare, command by command, the adverse events reported as serious with what the alerts beside them are about."""
    for command_id, events in by_command.items():
        reports = [event.event for event in events if isinstance(event.event, Reported)]
        serious = sorted(f"{report.subject}/{report.number}" for report in reports if report.serious == "Y")
        alerted = sorted(
            about for event in events if isinstance(event.event, Raised) for about in event.event.concerning
        )
        if serious != alerted:
            yield f"{command_id}: {serious} are serious, alerts were raised for {alerted}"
