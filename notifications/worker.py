"""Goes round until it is told to stop: woken by every commit of any process, by every tick, and by its own patience."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from safety.journal import Unavailable

LISTEN_SECONDS = 0.5
"""How long listening goes on before it looks whether it should stop."""

APART_SECONDS = 0.02
"""How long it rests after a round: what the round itself and the messages under way commit rings too, and is one round then."""

Listen = Callable[[int, float], Awaitable[int]]
"""Waits until the log has grown beyond a position, at most so many seconds; gives the log's last position."""


class Worker:
    """One loop that does a round of work; whatever wakes it changes when, never whether."""

    def __init__(self, round_: Callable[[], Awaitable[object]], listen: Listen, seconds: float) -> None:
        """`round_` does what is due and leaves the rest to the next one, which comes after `seconds` at the latest."""
        self._round = round_
        self._listen = listen
        self._seconds = seconds
        self._bell = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        """Do a round now; to be called in the loop's own thread."""
        self._bell.set()

    def stop(self) -> None:
        """Finish the round that is under way and come to an end."""
        self._stopping = True
        self._bell.set()

    async def run(self) -> None:
        """Go round until told to stop."""
        listening = asyncio.create_task(self._listen_on())
        try:
            while not self._stopping:
                # Before the round: what wakes during it asks for another one.
                self._bell.clear()
                await self._round()
                await asyncio.sleep(APART_SECONDS)
                await self._rung()
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening

    async def _rung(self) -> None:
        """Wait until somebody wakes, or patience ends."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._seconds):
                await self._bell.wait()

    async def _listen_on(self) -> None:
        """Wake at every commit; where the log cannot be asked, the rounds go on alone until it can."""
        position = 0
        while not self._stopping:
            try:
                head = await self._listen(position, LISTEN_SECONDS)
            except Unavailable:
                await asyncio.sleep(LISTEN_SECONDS)
                continue
            if head > position:
                position = head
                self.wake()
