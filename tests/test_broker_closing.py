"""How a broker's connection ends: by us, in bounded time whatever the server does, and by the server, after which there is a new one."""

import asyncio
from collections.abc import Coroutine, Iterator
from threading import Thread
from typing import Any

import pytest

from notifications.broker import Broker, ended
from notifications.doorbell import Unrung
from notifications.jetstream import Terms
from tests.nats_server import NatsServer, nats_running
from tests.rings import BELL, QUICK, Answers, rung, until

ANEW = "the broker closed the connection; a new one is made"
BOUNDED_SECONDS = 60.0
"""Far more than what is tested takes: what does not end by then does not end."""


@pytest.fixture
def server() -> Iterator[NatsServer]:
    with nats_running() as running:
        yield running


def comes_to_an_end(work: Coroutine[Any, Any, None]) -> None:
    """Run something that may never end, nor ever let another task run: in a thread that can be left behind."""
    faults: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(work)
        except BaseException as fault:  # noqa: BLE001, it is raised in the test's own thread
            faults.append(fault)

    thread = Thread(target=run, daemon=True)
    thread.start()
    thread.join(BOUNDED_SECONDS)
    assert not thread.is_alive()
    if faults:
        raise faults[0]


def test_what_takes_cancellations_for_answers_is_left_after_some_of_them() -> None:
    cancelled = 0

    async def deaf() -> None:
        nonlocal cancelled
        while True:
            try:
                await asyncio.sleep(3_600)
            except asyncio.CancelledError:
                cancelled += 1
                if cancelled > 5:
                    raise

    async def run() -> None:
        task = asyncio.create_task(deaf())
        await ended(task, 0)
        assert not task.done()
        for _ in range(3):
            task.cancel()
            await asyncio.sleep(0)

    comes_to_an_end(run())
    assert cancelled == 6


def test_a_fault_of_the_program_at_the_end_is_told() -> None:
    async def fails() -> None:
        raise ZeroDivisionError

    async def away() -> None:
        raise ExceptionGroup("the library's own", [OSError("away")])

    async def run(work: Coroutine[Any, Any, None]) -> None:
        await ended(asyncio.create_task(work), 5)

    asyncio.run(run(away()))
    with pytest.raises(ZeroDivisionError):
        asyncio.run(run(fails()))


@pytest.mark.parametrize("by", ["an error of the server", "a close that nobody asked for"])
def test_a_connection_that_the_server_has_closed_for_good_is_made_anew(server: NatsServer, by: str) -> None:
    """The library does not connect again after an error such as a greeting that came too late, and its loop then never rests."""
    answers, told = Answers(), list[str]()

    async def run() -> None:
        async with Broker(server.url, answers, tell=told.append, terms=QUICK) as broker:
            await rung(broker, "M-1")
            await until(lambda: len(answers.came) == 1)
            connection = broker.nats._connection
            assert connection is not None
            if by == "an error of the server":
                await connection._process_err("'authentication timeout'")
            else:
                await connection.close()
            await until(lambda: ANEW in told)
            await rung(broker, "M-2")
            await until(lambda: "M-2" in answers.counts)

    comes_to_an_end(run())


def test_a_ring_on_a_connection_that_is_closed_is_one_that_was_not_made(server: NatsServer) -> None:
    async def run() -> None:
        async with Broker(server.url, tell=print, terms=Terms(watch=3_600)) as broker:
            await rung(broker, "M-1")
            connection = broker.nats._connection
            assert connection is not None
            await connection.close()
            with pytest.raises(Unrung, match="not connected"):
                await broker.publish(BELL, "M-1.2")

    asyncio.run(run())
