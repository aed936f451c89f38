"""The world around the simulated processes: virtual time and wall clock, one log, faults by the seed, and what was seen."""

import json
import random
import sqlite3
from asyncio import get_running_loop
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, NamedTuple

from notifications.record import LEASE_SECONDS
from safety.directory import Directory
from safety.journal import Journal, open_journal
from safety.projections import Views
from safety.scratch import Scratch
from safety.values import microseconds
from tests.builders import T0
from tests.simulated_faults import CALM_AT, Plan

SWEEP_SECONDS = 40.0
BEGINS = T0 + timedelta(hours=1)
EVER = float("inf")
FIRST_WAIT, LONGEST_WAIT = 5.0, 300.0
"""Seconds until the first retry, and between two later ones at most."""


class Row(NamedTuple):
    """An event as the log took it: `at` seconds from the start, `by` which life of which process."""

    at: float
    by: str
    position: int
    stream: str
    topic: str
    said: dict[str, Any]
    decided: datetime


class Excuse(NamedTuple):
    """What keeps messages, or one of them, from being paid between two moments."""

    start: float
    end: float
    message: str | None
    why: str


@dataclass
class Try:
    """A message handed to a channel: what the receiver would see, and how it came out; `taken` is when the receiver had it."""

    message: str
    identity: str
    channel: str
    to: str
    alerts: tuple[str, ...]
    attempt: int
    life: str
    started: float
    taken: float | None = None
    ended: float = EVER
    outcome: str = "gone"


@dataclass
class Seen:
    """All that an onlooker saw: the log as it grew, the tries of the channels, and what keeps things from being done."""

    rows: list[Row] = field(default_factory=list)
    tries: list[Try] = field(default_factory=list)
    excuses: list[Excuse] = field(default_factory=list)
    jumps: list[tuple[float, float]] = field(default_factory=list)
    longest_round: float = 0.0
    surprises: list[str] = field(default_factory=list)
    lives: dict[str, list[tuple[float, str]]] = field(default_factory=dict)
    deaths: dict[str, float] = field(default_factory=dict)
    refusals: list[tuple[float, str]] = field(default_factory=list)

    def wall(self, at: float) -> datetime:
        """What an exact clock on the wall showed."""
        return BEGINS + timedelta(seconds=at + sum(jumped for moment, jumped in self.jumps if moment <= at))

    def when(self, moment: datetime, after: float, stays: float) -> float:
        """Say when, not before `after`, the wall clock came to show a moment and was not set back for `stays` seconds."""
        seconds, offset = (moment - BEGINS).total_seconds(), 0.0
        for count, (at, jumped) in enumerate([*self.jumps, (EVER, 0.0)]):
            shows = max(after, seconds - offset)
            back = any(later < shows + stays and by < 0 for later, by in self.jumps[count:])
            if shows < at and not back:
                return shows
            offset, after = offset + jumped, max(after, at)
        return EVER

    def of(self, topic: str) -> list[Row]:
        """Give the events of a topic."""
        return [row for row in self.rows if row.topic == topic]


class Databases(NamedTuple):
    """What is in a home beside the log; opened once and used by run after run, each with other files in the same place."""

    directory: Directory
    scratch: Scratch
    views: Views

    def let_go(self) -> None:
        """Close the files, not what SQLAlchemy knows of its statements."""
        for database in self:
            database.close()

    def fresh_views(self) -> Views:
        """Give the views as a process finds them when it starts: nothing of them in memory."""
        return copy(self.views)


class World:
    """What is outside of the processes, and survives them."""

    def __init__(self, home: Path, seed: int, plan: Plan, databases: Databases) -> None:
        """Open the log of a home whose other databases are open."""
        self.plan = plan
        self.seed = seed
        self.databases = databases
        self.draw = random.Random(seed)
        self.seen = Seen()
        self.offset = 0.0
        self.awaits = 0
        self.on_commit: list[Callable[[], None]] = []
        self.journal: Journal = open_journal(home / "log.db", lambda: microseconds(self.wall()))
        self._log = sqlite3.connect(home / "log.db", isolation_level=None)
        self._leases = sqlite3.connect(home / "scratch.db", isolation_level=None)
        self._position = self.journal.head().position
        self._trace = sha256()
        self.told: list[str] | None = None

    @property
    def channels(self) -> tuple[Literal["smtp", "webhook"], ...]:
        """By what people can be reached."""
        return ("smtp", "webhook") if self.plan.webhook else ("smtp",)

    @property
    def time(self) -> float:
        """Seconds from the start."""
        return get_running_loop().time()

    def wall(self, skew: float = 0.0) -> datetime:
        """What a clock on the wall says."""
        return BEGINS + timedelta(seconds=round(self.time + self.offset + skew, 6))

    def tell(self, *what: object) -> None:
        """Write down what happens, for the trace that one seed always gives."""
        line = f"{self.time:10.3f} {' '.join(map(str, what))}"
        self._trace.update(line.encode())
        if self.told is not None:
            self.told.append(line)

    @property
    def trace(self) -> str:
        """The fingerprint of everything that was told."""
        return self._trace.hexdigest()

    def strikes(self, chance: float) -> bool:
        """Draw whether a fault comes now; none does once it is calm."""
        return self.draw.random() < chance and self.time < CALM_AT

    def jump(self, seconds: float) -> None:
        """Let the clock on the wall jump."""
        self.offset += seconds
        self.seen.jumps.append((self.time, seconds))
        self.excuse("the clock jumped")
        self.tell("clock jumps", seconds)

    def excuse(self, why: str, message: str | None = None, *, until: float | None = None) -> None:
        """Note what keeps a message, or all, from being paid."""
        self.seen.excuses.append(Excuse(self.time, self.time if until is None else until, message, why))

    def watch(self, by: str) -> None:
        """Look whether the log has grown, and ring for it."""
        ask = "SELECT position, stream, topic, body, meta FROM log WHERE position > ? ORDER BY position"
        rows = self._log.execute(ask, (self._position,)).fetchall()
        for position, stream, topic, body, meta in rows:
            said, decided = json.loads(body), datetime.fromisoformat(json.loads(meta)["at"])
            self.seen.rows.append(Row(self.time, by, position, stream, topic.removesuffix(".v1"), said, decided))
            self._position = position
            self.tell(by, "commits", position, topic, stream, sha256(body.encode()).hexdigest()[:8])
        if rows:
            for ring in self.on_commit:
                ring()

    def hold_up(self, life: str) -> None:
        """Excuse the messages whose lease a life holds: it has to run out, and it counts as a try of what was failing."""
        ask = "SELECT name FROM lease WHERE substr(holder, 1, ?) = ? AND until > 0 ORDER BY name"
        failing = {row.said["message"]: row.at for row in reversed(self.seen.of("message.failed"))}
        for (message,) in self._leases.execute(ask, (len(life) + 1, f"{life}-")).fetchall():
            wait = min(LONGEST_WAIT, self.time - failing[message]) + FIRST_WAIT if message in failing else 0.0
            self.excuse("a lease has to run out", message, until=self.time + max(LEASE_SECONDS, wait))

    def close(self) -> None:
        """Let go of the databases."""
        self._log.close()
        self._leases.close()
        self.journal.close()
        self.databases.let_go()
