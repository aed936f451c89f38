"""Ticks: APScheduler rings every few seconds, however late or doubled; it knows no deadline and loses none."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler

GUARD_SECONDS = 0.5
JUMP_SECONDS = 2.0
"""A difference between the wall's clock and the one that only goes forward from which on it is a jump."""

Jumped = Callable[[float], object]


@asynccontextmanager
async def ticking(ring: Callable[[], object], seconds: float) -> AsyncIterator[AsyncIOScheduler]:
    """Ring at once and then every so many seconds; a late tick still rings, and ticks that were missed ring once."""
    scheduler = AsyncIOScheduler(timezone="UTC")
    scheduler.add_job(ring, "interval", seconds=seconds, misfire_grace_time=None, coalesce=True, max_instances=1)
    scheduler.start()
    ring()
    try:
        yield scheduler
    finally:
        scheduler.shutdown(wait=False)


@asynccontextmanager
async def guarded(
    scheduler: AsyncIOScheduler,
    wall: Callable[[], datetime],
    monotonic: Callable[[], float],
    *,
    jumped: Jumped,
) -> AsyncIterator[None]:
    """Ring at once when the wall's clock jumps: set back an hour, APScheduler would not ring for that hour.

    `jumped` is told by how many seconds it went forward or, below zero, back.
    """

    def apart() -> float:
        return wall().timestamp() - monotonic()

    async def watch() -> None:
        usual = apart()
        while True:
            await asyncio.sleep(GUARD_SECONDS)
            jump = apart() - usual
            if abs(jump) > JUMP_SECONDS:
                usual += jump
                jumped(jump)
                for job in scheduler.get_jobs():
                    job.modify(next_run_time=wall().astimezone(UTC))

    watching = asyncio.create_task(watch())
    try:
        yield
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
