"""Ticks: late, missed and doubled ones ring, and a clock that jumps changes nothing but when."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta, tzinfo

import apscheduler.schedulers.base
import apscheduler.triggers.interval
import pytest

from notifications.scheduler import guarded, ticking

PATIENCE_SECONDS = 30.0


class Rings:
    """Counts."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not true():  # noqa: ASYNC110, what is waited for is a scheduler's doing
            await asyncio.sleep(0.01)


def test_it_rings_at_once_and_goes_on() -> None:
    rings = Rings()

    async def run() -> None:
        async with ticking(rings, 0.05):
            assert rings.count == 1
            await until(lambda: rings.count > 3)

    asyncio.run(run())


@pytest.mark.parametrize("kept", [True, False], ids=["as it is set", "control: by default a late tick is dropped"])
def test_a_tick_that_comes_late_still_rings(*, kept: bool) -> None:
    rings = Rings()

    async def run() -> None:
        async with ticking(rings, 2.0) as scheduler:
            (job,) = scheduler.get_jobs()
            if not kept:
                job.modify(misfire_grace_time=1)
            await asyncio.sleep(0)
            # Nothing runs meanwhile, as on a machine that was suspended: the tick is more than a second late.
            time.sleep(3.3)  # noqa: ASYNC251, to hold the loop up is what is meant
            await asyncio.sleep(0.1)

    asyncio.run(run())
    assert rings.count == (2 if kept else 1)


class ShiftedClock(datetime):
    """The machine's clock, as somebody has set it."""

    shift = timedelta(0)

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]  # it gives plain moments
        return datetime.now(tz) + cls.shift


@pytest.mark.parametrize(
    ("jump", "watched"),
    [
        pytest.param(timedelta(hours=-1), True, id="an hour back"),
        pytest.param(timedelta(hours=1), True, id="an hour forward"),
        pytest.param(timedelta(days=-400), True, id="400 days back"),
        pytest.param(timedelta(days=400), True, id="400 days forward"),
        pytest.param(timedelta(hours=-1), False, id="control: unguarded it would not ring for an hour"),
    ],
)
def test_a_clock_that_jumps_changes_nothing_but_is_told(
    monkeypatch: pytest.MonkeyPatch, jump: timedelta, *, watched: bool
) -> None:
    monkeypatch.setattr(ShiftedClock, "shift", timedelta(0))
    for module in (apscheduler.schedulers.base, apscheduler.triggers.interval):
        monkeypatch.setattr(module, "datetime", ShiftedClock)
    rings, told = Rings(), list[float]()

    async def run() -> int:
        loop = asyncio.get_running_loop()
        async with ticking(rings, 0.2) as scheduler, AsyncExitStack() as held:
            if watched:
                watch = guarded(scheduler, lambda: ShiftedClock.now(UTC), loop.time, jumped=told.append)
                await held.enter_async_context(watch)
            await until(lambda: rings.count > 2)
            monkeypatch.setattr(ShiftedClock, "shift", jump)
            await asyncio.sleep(0.3)
            before = rings.count
            if watched:
                await until(lambda: bool(told) and rings.count > before + 2)
            else:
                await asyncio.sleep(2)
            return rings.count - before

    after = asyncio.run(run())
    assert (after > 2) is watched
    assert [round(seconds / 60) for seconds in told] == ([round(jump.total_seconds() / 60)] if watched else [])
