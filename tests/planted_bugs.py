"""The bugs that a delivery of alerts is known to die of, each planted in the program's own classes at their seams.

None of them is a switch in the program: each is a small subclass, or a patch that lasts as long as one run.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from notifications.channels import Channel, Written
from notifications.doorbell import Answer, Done
from notifications.handler import Delivered, Handler, Tried
from notifications.record import Bell, Letter
from notifications.retrying import is_due
from notifications.worker import Listen, Worker
from safety.aggregates.alert import Raised
from safety.desk import Desk
from safety.directory import Person
from safety.projections import Connection, Views
from safety.projections.alert import PROJECTION
from safety.projections.falling_due import Due, rungs_due
from safety.projections.rows import Change, Recorded, Rows
from safety.scratch import TAKE, Lease, Scratch
from safety.tick import Ticked, ladders, tick
from safety.values import microseconds
from tests.simulated_faults import Plan
from tests.simulated_process import NEVER_SECONDS, Parts

# --- send, record, acknowledge ----------------------------------------------------------------------------------------


class MarksBeforeSending(Handler):
    """Writes the receipt, then sends."""

    async def _send(self, letter: Letter, due: Sequence[Channel], lease: Lease) -> list[Delivered]:
        for channel in due:
            tried = Tried(channel.name, 250, None)
            await self._aside(partial(self._keep, letter.bell, tried, lease.tries))
        written, to, _ = await self._aside(lambda: self._write(letter, lease.tries))
        tries = await asyncio.gather(*(self._try(channel, written, to) for channel in due))
        return [Delivered(letter.bell.message, letter.account, tried.channel, tried.error) for tried in tries]


class GivesBackBeforeRecording(Handler):
    """Is done with the message as soon as the server has it: the lease goes back before the receipts are in the log."""

    async def _send(self, letter: Letter, due: Sequence[Channel], lease: Lease) -> list[Delivered]:
        written, to, _ = await self._aside(lambda: self._write(letter, lease.tries))
        tries = await asyncio.gather(*(self._try(channel, written, to) for channel in due))
        await self._aside(lambda: self._record.give_back(lease, done=True))
        for tried in tries:
            await self._aside(partial(self._keep, letter.bell, tried, lease.tries))
        return [Delivered(letter.bell.message, letter.account, tried.channel, tried.error) for tried in tries]


async def acknowledges_first(handler: Handler, bell: Bell, _: int) -> Answer:
    """Answer a ring before anything was done about it."""

    async def afterwards() -> None:
        with suppress(Exception):
            await handler.handle(bell)

    BESIDE.add(task := asyncio.get_running_loop().create_task(afterwards()))
    task.add_done_callback(BESIDE.discard)
    return Done([])


BESIDE: set[asyncio.Task[None]] = set()


class ReceiptForAnother(Handler):
    """Remembers whose message it is at, once for all that it is at."""

    _at: Bell

    async def handle(self, bell: Bell, *, at_once: bool = False) -> list[Delivered]:
        self._at = bell
        return await super().handle(bell, at_once=at_once)

    def _keep(self, _: Bell, tried: Tried, attempt: int) -> None:
        super()._keep(self._at, tried, attempt)


class FreshMessageId(Handler):
    """Gives every try a Message-ID of its own."""

    def _write(self, letter: Letter, attempt: int) -> tuple[Written, Person, str | None]:
        written, person, fault = super()._write(letter, attempt)
        written.mail.replace_header("Message-ID", f"<{letter.bell.message.lower()}.{attempt}@vigilog.org>")
        return written, person, fault


class RetriesWithoutDelay(Handler):
    """Tries again whenever it looks."""

    def _due(self, letter: Letter | None, tried_at: int | None, *, at_once: bool) -> list[Channel]:
        del at_once
        return super()._due(letter, tried_at, at_once=True)


# --- waking, sweeping, leases -----------------------------------------------------------------------------------------


class LosesWakeUps(Worker):
    """Takes the bell down after the round instead of before it."""

    async def _rung(self) -> None:
        self._bell.clear()
        await super()._rung()


class NeverSweeps(Worker):
    """Waits for rings alone."""

    def __init__(self, round_: Callable[[], Any], listen: Listen, _: float) -> None:
        super().__init__(round_, listen, NEVER_SECONDS)


class LeaseForEver(Scratch):
    """Takes a lease that does not run out."""

    def take(self, name: str, holder: str, *, now: int, length: int) -> Lease | None:
        return super().take(name, holder, now=now, length=1_000_000 * length)


class NoLease(Scratch):
    """Lets everybody have everything."""

    def take(self, name: str, holder: str, *, now: int, length: int) -> Lease | None:
        return Lease(name, holder, now + length, 1, now)


class ShortLease(Scratch):
    """A lease of a second: no bug, it is the layer that hides one."""

    def take(self, name: str, holder: str, *, now: int, length: int) -> Lease | None:
        return super().take(name, holder, now=now, length=min(length, 1_000_000))


# --- time ----------------------------------------------------------------------------------------------------------------


def local_time(now: datetime) -> datetime:
    """Read the clock on the wall in Shanghai and take it for UTC."""
    return now.astimezone(ZoneInfo("Asia/Shanghai")).replace(tzinfo=UTC)


def ticks_late(desk: Desk, views: Views, now: datetime, *, drift: timedelta) -> Ticked:
    """See what is due a minute after it was."""
    return tick(desk, views, now - timedelta(minutes=1), drift=drift)


def ticks_once(desk: Desk, views: Views, now: datetime, *, drift: timedelta) -> Ticked:
    """Climb only what fell due in the second before the tick: a job at the deadline, which is gone when it is missed."""

    def just_now(desk: Desk, connection: Connection, now: datetime) -> int:
        with only_due_after(now - timedelta(seconds=1)):
            return ladders(desk, connection, now)

    return tick(desk, views, now, drift=drift, duties=(just_now,))


def only_due_after(moment: datetime) -> AbstractContextManager[object]:
    """Let the tick see nothing that was due before a moment."""

    def some(connection: Connection, now: int, since: int = 0) -> list[Due]:
        before = {due.alert for due in rungs_due(connection, microseconds(moment))}
        return [due for due in rungs_due(connection, now, since) if due.alert not in before]

    return patch("safety.tick.rungs_due", some)


OLD_TAKE = sa.text(str(TAKE).replace("lease.taken_at > :until", "lease.until > excluded.until"))


def leases_of_slow_clocks() -> AbstractContextManager[object]:
    """Take a lease from whoever's clock is ahead, be it by a second: as if the clock had been set back."""
    return patch("safety.scratch.TAKE", OLD_TAKE)


def retries_of_slow_clocks() -> AbstractContextManager[object]:
    """Let a try by whoever's clock is ahead bind nobody."""

    def due(failing_since: int, error: str, tried_at: int, now: int) -> bool:
        return tried_at > now or is_due(failing_since, error, tried_at, now)

    return patch("notifications.handler.is_due", due)


# --- folding ---------------------------------------------------------------------------------------------------------------


@contextmanager
def drops_the_second_alert() -> Iterator[None]:
    """Fold the first alert of the run, and not the second."""
    handler: Any = PROJECTION.handlers[Raised]
    folded: list[str] = []

    def fold(event: Raised, recorded: Recorded, rows: Rows) -> Iterable[Change]:
        folded.append(event.alert)
        if len(folded) == 2:
            return ()
        changes: Iterable[Change] = handler(event, recorded, rows)
        return changes

    PROJECTION.handlers[Raised] = fold
    try:
        yield
    finally:
        PROJECTION.handlers[Raised] = handler


# --- all of them -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Planted:
    """A bug, what shows it, and the run in which nothing else hides it; `plan` is drawn from the seed where none is given."""

    parts: Parts
    shows: tuple[str, ...]
    plan: Callable[[int], Plan] | None = None
    without: Parts = field(default_factory=Parts)
    """The same run without the bug: it has to stay clean."""


def no_sweeper(seed: int) -> Plan:
    """Nothing goes wrong, but rounds are slow and nobody sweeps or stands in: every commit's ring has to be heeded."""
    return Plan(brokered=False, dispatchers=1, sweeper=False, hears=0.02, awaits=2.0)


def one_worker_dies(seed: int) -> Plan:
    """One crash, and nobody sweeps: the broker's bringing a ring again is all there is."""
    return Plan(brokered=True, sweeper=False, only=seed % 200, only_workers=True)


BUGS = {
    "mark before send": Planted(Parts(handler=MarksBeforeSending), ("RECEIPT", "LOST")),
    "acknowledge before record": Planted(Parts(handler=GivesBackBeforeRecording), ("TWICE",)),
    "acknowledge the ring before the work": Planted(
        Parts(answered=acknowledges_first, scratch=ShortLease),
        ("LATE", "LOST"),
        one_worker_dies,
        Parts(scratch=ShortLease),
    ),
    "lost wake-up": Planted(Parts(worker=LosesWakeUps), ("LATE", "LOST"), no_sweeper),
    "sweep off": Planted(Parts(worker=NeverSweeps), ("LATE", "LOST")),
    "lease without expiry": Planted(Parts(scratch=LeaseForEver), ("LATE", "LOST")),
    "lease never taken": Planted(Parts(scratch=NoLease), ("TWICE",)),
    "fresh Message-ID on resend": Planted(Parts(handler=FreshMessageId), ("TWICE",)),
    "tick a minute late": Planted(Parts(tick=ticks_late), ("LATE",)),
    "tick only at due + 1": Planted(Parts(tick=ticks_once), ("LATE",)),
    "fold that drops the second alert": Planted(Parts(patched=drops_the_second_alert), ("LATE", "LOST")),
    "clock in local time": Planted(Parts(clock=local_time), ("EARLY",)),
    "retry without delay": Planted(Parts(handler=RetriesWithoutDelay), ("EARLY",)),
    "lease that a slower clock ends": Planted(Parts(patched=leases_of_slow_clocks), ("TWICE",)),
    "retry that a slower clock hurries": Planted(Parts(patched=retries_of_slow_clocks), ("EARLY",)),
    "receipt for the wrong person": Planted(Parts(handler=ReceiptForAnother), ("RECEIPT", "LOST")),
}
