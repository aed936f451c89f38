"""The simulated loop: virtual time, an order that the seed decides, and a loud end where nothing could ever happen again."""

import asyncio
from collections.abc import Callable, Coroutine
from time import monotonic
from typing import Any

import pytest

from tests.simulated_loop import Standstill, Threaded, simulate


async def _race() -> str:
    """Let eight tasks that are always ready write down when it was their turn."""
    turns: list[str] = []

    async def runner(name: str) -> None:
        for _ in range(3):
            await asyncio.sleep(0)
            turns.append(name)

    await asyncio.gather(*map(runner, "abcdefgh"))
    return "".join(turns)


def test_one_seed_gives_one_order_and_seeds_differ() -> None:
    orders = {seed: simulate(_race, seed) for seed in range(20)}
    assert orders == {seed: simulate(_race, seed) for seed in range(20)}
    assert len(set(orders.values())) == 20


def test_a_year_passes_at_once_and_timers_come_in_their_order() -> None:
    async def sleepers() -> list[tuple[str, float]]:
        loop, woke = asyncio.get_running_loop(), []

        async def sleeper(name: str, seconds: float) -> None:
            await asyncio.sleep(seconds)
            woke.append((name, loop.time()))

        await asyncio.gather(sleeper("year", 365 * 86_400.0), sleeper("second", 1.0), sleeper("day", 86_400.0))
        return woke

    assert simulate(sleepers, 1) == [("second", 1.0), ("day", 86_400.0), ("year", 31_536_000.0)]


def test_a_timeout_ends_what_hangs_on_the_virtual_clock() -> None:
    async def patient() -> float:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(45):
                await asyncio.Event().wait()
        return asyncio.get_running_loop().time()

    assert simulate(patient, 1) == pytest.approx(45.0)


def test_a_small_step_late_in_time_still_moves_the_clock() -> None:
    """Where the float of the time is so large that adding the step changes nothing, a loop goes round for ever."""

    async def steps() -> float:
        await asyncio.sleep(10 * 365 * 86_400.0)
        before = asyncio.get_running_loop().time()
        for _ in range(100):
            await asyncio.sleep(0.001)
        return asyncio.get_running_loop().time() - before

    assert simulate(steps, 1) == pytest.approx(0.1, rel=1e-3)


async def _waits_for_ever() -> None:
    await asyncio.Event().wait()


async def _asks_for_a_thread() -> None:
    await asyncio.to_thread(monotonic)


async def _keeps_its_fault() -> None:
    async def fails() -> None:
        raise ZeroDivisionError

    asyncio.get_running_loop().create_task(fails())
    await asyncio.sleep(1)


@pytest.mark.parametrize(
    ("main", "fault"),
    [(_waits_for_ever, Standstill), (_asks_for_a_thread, Threaded), (_keeps_its_fault, ZeroDivisionError)],
)
def test_what_would_hang_run_beside_or_be_swallowed_is_raised(
    main: Callable[[], Coroutine[Any, Any, None]], fault: type[Exception]
) -> None:
    with pytest.raises(fault):
        simulate(main, 1)
