"""Rings through a broker: publishes which message is to be looked at, by its id alone, and answers for what came of one ring.

The log is the queue. A ring that is lost with a publish, a consumer or a broker's whole disk is made again a few seconds later,
and where the broker cannot be reached at all the message is handled here.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from notifications.dispatcher import Doorbell
from notifications.handler import Delivered, Handler
from notifications.record import Bell

AGAIN_SECONDS = 5
"""How long after a ring the next one is made for a message that is still not done."""

HANDLE_SECONDS = 100.0
"""How long one message may take: more than its slowest channel."""

SIDE_BY_SIDE = 16
PUBLISH_AT_A_TIME = 64
SECOND = 1_000_000

MOST_DELIVERIES = 5
"""After so many a ring is let go, and counted: the log rings anew as long as the message is not done."""


class Alongside:
    """Handles messages in this process, beside whatever else goes on: one that hangs holds up neither others nor the next sweep."""

    def __init__(
        self, handler: Handler, tell: Callable[[list[Delivered]], object], tell_fault: Callable[[Exception], object]
    ) -> None:
        """`tell` hears what was delivered, `tell_fault` at what a message broke off: it stays owed."""
        self._handler = handler
        self._tell = tell
        self._tell_fault = tell_fault
        self._room = asyncio.Semaphore(SIDE_BY_SIDE)
        self._under_way: dict[Bell, asyncio.Task[None]] = {}

    async def ring(self, bells: Sequence[Bell]) -> list[Delivered]:
        """Begin to handle each message that is not being handled here already."""
        for bell in bells:
            if bell not in self._under_way:
                self._under_way[bell] = asyncio.create_task(self._handle(bell))
        return []

    async def _handle(self, bell: Bell) -> None:
        try:
            async with self._room, asyncio.timeout(HANDLE_SECONDS):
                self._tell(await self._handler.handle(bell))
        except Exception as fault:  # noqa: BLE001, it is told, and the next sweep rings again
            self._tell_fault(fault)
        finally:
            del self._under_way[bell]

    async def rest(self, seconds: float) -> None:
        """Wait for what is under way; what takes longer is left to its lease."""
        if not self._under_way:
            return
        _, hanging = await asyncio.wait(list(self._under_way.values()), timeout=seconds)
        for task in hanging:
            task.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)


class Unrung(Exception):
    """The broker did not confirm a ring; the text says why."""


Publish = Callable[[Bell, str], Awaitable[None]]
"""Publishes a ring under an id that makes it the same ring if it comes twice; raises Unrung."""


class ThroughBroker:
    """Rings through a broker, and sees to it itself where that fails."""

    def __init__(self, publish: Publish, instead: Doorbell, now: Callable[[], int]) -> None:
        """`instead` handles what could not be rung for; `now` gives microseconds from 1970 UTC."""
        self._publish = publish
        self._instead = instead
        self._now = now
        self._rung: dict[Bell, int] = {}

    async def ring(self, bells: Sequence[Bell]) -> list[Delivered]:
        """Ring for each message that was not rung for in this span of seconds; what others do is not told."""
        span = self._now() // (AGAIN_SECONDS * SECOND)
        due = [bell for bell in bells if self._rung.get(bell) != span]
        self._rung = {bell: self._rung.get(bell, -1) for bell in bells}
        while due:
            some, due = due[:PUBLISH_AT_A_TIME], due[PUBLISH_AT_A_TIME:]
            # The span is part of the id: the broker drops what two dispatchers ring at once, never what is rung anew.
            rings = (self._publish(bell, f"{bell.message}.{span}") for bell in some)
            came = await asyncio.gather(*rings, return_exceptions=True)
            self._rung |= {bell: span for bell, fault in zip(some, came, strict=True) if fault is None}
            faults = [fault for fault in came if isinstance(fault, BaseException) and not isinstance(fault, Unrung)]
            if faults:
                raise faults[0]
            unrung = [bell for bell, fault in zip(some, came, strict=True) if fault is not None]
            if unrung:
                return await self._instead.ring([*unrung, *due])
        return []


class Done(NamedTuple):
    """The ring was answered: the message is done, or its next moment stands in the log."""

    delivered: list[Delivered]


class Later(NamedTuple):
    """The machine refused, or the program failed: ring again after so many seconds."""

    seconds: float
    fault: Exception


class LetGo(NamedTuple):
    """The program fails at this ring again and again."""

    fault: Exception


Answer = Done | Later | LetGo


async def answered(handler: Handler, bell: Bell, deliveries: int) -> Answer:
    """Do what one ring asks for; `deliveries` counts how often the broker has brought it, from 1."""
    try:
        async with asyncio.timeout(HANDLE_SECONDS):
            return Done(await handler.handle(bell))
    except Exception as fault:  # noqa: BLE001, told by who consumes; a broker must not decide what becomes of an alert
        return LetGo(fault) if deliveries >= MOST_DELIVERIES else Later(wait(deliveries), fault)


def wait(deliveries: int) -> float:
    """Seconds until a ring that broke off comes again: 1, 2, 4, 8."""
    return float(1 << min(deliveries - 1, 3))
