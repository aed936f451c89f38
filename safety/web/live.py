"""Tells the pages that are open that something of theirs has changed, never what: one reader of the log serves them all."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from threading import Condition, Thread

from starlette.concurrency import run_in_threadpool

from safety.home import Home
from safety.journal import Stored, Unavailable
from safety.projections.concerning import sites_of, subjects_of
from safety.projections.views import TablesUnusable
from safety.store import StoreUnusable

AN_ACCOUNT = 8
"""So many pages of one account are told of changes at once; where one more opens, the oldest is told no longer."""
BEAT_SECONDS = 15.0
"""How often an open page hears that the line is alive and what time it is, and is asked whether its session still is."""
LOOK_SECONDS = 1.0
FAR = 2_000
"""A page that is so many entries behind is not told what changed, only that it is old."""

OF_SUBJECT = frozenset({"worklist", "cases", "case", "subjects", "subject", "queries", "incidence", "listing"})
PARTS: Mapping[str, frozenset[str]] = {
    "subject": OF_SUBJECT,
    "dose": OF_SUBJECT,
    "adverse_event": OF_SUBJECT,
    "obligation": frozenset({"worklist", "case"}),
    "alert": frozenset({"worklist", "case"}),
    "message": frozenset({"worklist", "case"}),
    "trial": OF_SUBJECT,
    "rule_pack": frozenset({"worklist", "case"}),
    "log": OF_SUBJECT,
}
"""The pages that an event may change, by the first part of its topic; what is not here changes none that is followed."""
WHOLE_STUDY = ("trial.amended", "trial.reference_safety_information_issued", "rule_pack.")
"""What every site of a trial is told of: it is about nobody, and governs them all."""
NO_THING = "message"
"""Delivery goes on behind what happened: it changes pages, and is not counted as a new thing."""
EVERY_TRIAL = "-"
OFF = (Unavailable, TablesUnusable, StoreUnusable)


@dataclass(frozen=True, slots=True)
class Change:
    """What one entry of the log may have changed: which pages, of whom, and of which sites."""

    position: int
    trial: str
    topic: str
    recorded_at: int
    subjects: frozenset[str]
    sites: frozenset[str | None]


@dataclass(eq=False)
class Follower:
    """An open page: what of the log is its own, and what it has not been told yet. `sites` None is every site."""

    account: str
    trial: str
    part: str
    subject: str | None
    sites: frozenset[str] | None
    read: int
    """The position up to which the log was read for it; `seen` is the last that concerned it."""
    seen: int
    loop: asyncio.AbstractEventLoop
    rung: asyncio.Event = field(default_factory=asyncio.Event)
    things: set[int] = field(default_factory=set)
    over: str | None = None

    def concerns(self, change: Change) -> bool:
        """Say whether a change is one of what this page shows; of another site nothing is told, not even that it happened."""
        if change.trial not in {self.trial, EVERY_TRIAL} or self.part not in PARTS.get(change.topic.split(".")[0], ()):
            return False
        if self.sites is not None and not self.sites & change.sites and not change.topic.startswith(WHOLE_STUDY):
            return False
        return self.subject is None or not change.subjects or self.subject in change.subjects

    def take(self, changes: Iterable[Change]) -> None:
        """Hold what came until it is told; what is not told yet is told in one."""
        for change in changes:
            self.seen = change.position
            if not change.topic.startswith(NO_THING):
                self.things.add(change.recorded_at)
        self.rung.set()

    def end(self, why: str) -> None:
        """Have the line closed; `why` is told to the page."""
        self.over = self.over or why
        self.rung.set()

    def from_thread(self, do: Callable[[], None]) -> None:
        """Do something in the loop that this page is served by; one that has closed needs nothing any more."""
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(do)


class Feed:
    """Follows the log for every page that is open; its one thread lives as long as there is one."""

    def __init__(self, home: Home) -> None:
        """Nobody follows yet."""
        self._home = home
        self._followers: list[Follower] = []
        self._changed = Condition()
        self._thread: Thread | None = None
        self._stopped = False

    def follow(self, follower: Follower) -> None:
        """Begin to tell a page; the oldest of too many of one account gives way."""
        with self._changed:
            if self._stopped:
                follower.end("stopped")
                return
            mine = [one for one in self._followers if one.account == follower.account and not one.over]
            for oldest in mine[: max(0, len(mine) - AN_ACCOUNT + 1)]:
                oldest.end("full")
            self._followers.append(follower)
            if self._thread is None:
                self._thread = Thread(target=self._watch, name="vigilog-live", daemon=True)
                self._thread.start()

    def leave(self, follower: Follower) -> None:
        """Tell a page no longer."""
        with self._changed:
            self._followers = [one for one in self._followers if one is not follower]
            self._changed.notify_all()

    def stop(self) -> None:
        """Close every line: the server stops."""
        with self._changed:
            self._stopped = True
            self._end_all()

    def _end_all(self) -> None:
        self._changed.notify_all()
        for follower in self._followers:
            follower.from_thread(partial(follower.end, "stopped"))

    def count(self) -> int:
        """How many pages are told."""
        return len(self._followers)

    def _watch(self) -> None:
        """Read the log for as long as somebody follows it; whatever stops it, the pages ask again by themselves."""
        try:
            while followers := self._served():
                try:
                    self._tell(followers)
                    self._home.journal.wait(min(one.read for one in followers), LOOK_SECONDS)
                except OFF:
                    with self._changed:
                        self._changed.wait(LOOK_SECONDS)
        except BaseException:
            with self._changed:
                self._thread = None
                self._end_all()
            raise

    def _served(self) -> list[Follower]:
        with self._changed:
            if self._stopped or not self._followers:
                self._thread = None
                return []
            return list(self._followers)

    def _tell(self, followers: Iterable[Follower]) -> None:
        """Bring each page up to the head; pages that are equally far share the reading."""
        head = self._home.journal.head().position
        behind = defaultdict(list)
        for follower in followers:
            if follower.read < head:
                behind[follower.read].append(follower)
        for after, those in behind.items():
            changes = None if head - after > FAR else changes_between(self._home, after, head)
            for follower in those:
                follower.read = head
                if changes is None:
                    follower.from_thread(partial(follower.end, "far"))
                elif theirs := [change for change in changes if follower.concerns(change)]:
                    follower.from_thread(partial(follower.take, theirs))


def changes_between(home: Home, after: int, upto: int) -> list[Change]:
    """Give what the entries with `after` < position <= `upto` may have changed."""
    rows = [row for row in islice(home.journal.rows(after, upto), FAR) if row.topic.split(".")[0] in PARTS]
    if not rows:
        return []
    home.views.catch_up(home.journal)
    with home.views.connect() as connection:
        at = home.views.now(connection)
        subjects = subjects_of(connection, {row.stream for row in rows}, at)
        of_trial: dict[str, set[str]] = defaultdict(set)
        for row in rows:
            of_trial[trial_of(row)] |= subjects[row.stream]
        sites = {trial: sites_of(connection, trial, theirs, at) for trial, theirs in of_trial.items()}
    return [change_of(row, subjects[row.stream], sites[trial_of(row)]) for row in rows]


def trial_of(row: Stored) -> str:
    """Give the trial of a row, which its stream begins with."""
    return row.stream.partition("/")[0]


def change_of(row: Stored, subjects: frozenset[str], sites: Mapping[str, str | None]) -> Change:
    """Tell what a row may have changed."""
    theirs = frozenset(sites.get(subject) for subject in subjects)
    return Change(row.position, trial_of(row), row.topic, row.recorded_at, subjects, theirs)


def event(name: str, said: Mapping[str, object], position: int | None = None) -> str:
    """Write one event of a stream (WHATWG HTML 9.2)."""
    at = "" if position is None else f"id: {position}\n"
    return f"{at}event: {name}\ndata: {json.dumps(said)}\n\n"


async def lines(
    feed: Feed, follower: Follower, now: Callable[[], int], still: Callable[[], bool]
) -> AsyncIterator[str]:
    """Give the stream of one page until its session ends, its place is needed, or the server stops.

    `changed` tells the position and how many things are new, and nothing else; `now` the server's time in milliseconds, by
    which the page counts; `over` why the page is told no more.
    """
    yield "retry: 2000\n\n"
    feed.follow(follower)
    try:
        yield event("now", {"ms": now()})
        while True:
            beat = await rings(follower)
            if follower.over is None and not await run_in_threadpool(still):
                follower.over = "ended"
            if follower.over is not None:
                if follower.over != "stopped":  # the browser asks again by itself, and finds the server that follows
                    yield event("over", {"why": follower.over})
                return
            if beat:
                yield event("now", {"ms": now()})
            else:
                said = {"position": follower.seen, "things": len(follower.things)}
                follower.things.clear()
                yield event("changed", said, follower.seen)
    finally:
        feed.leave(follower)


async def rings(follower: Follower) -> bool:
    """Wait until there is something to tell; say whether only time has passed."""
    try:
        async with asyncio.timeout(BEAT_SECONDS):
            await follower.rung.wait()
    except TimeoutError:
        return True
    follower.rung.clear()
    return False
