"""Rings for tests: a broker's answers, a broker with FastStream's defaults beside it, and waiting for what comes."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from faststream.nats import NatsBroker, PullSub
from nats.errors import Error as NatsError
from nats.js.api import ConsumerConfig

from notifications.broker import Broker
from notifications.doorbell import Answer, Done, Unrung
from notifications.jetstream import DURABLE, STREAM, SUBJECT, Ring, Terms, stream
from notifications.record import Bell
from tests.nats_server import NatsServer

BELL = Bell("T1", "M-1")
PATIENCE_SECONDS = 30.0
QUICK = Terms(acknowledge=1.5, watch=0.2)


class Answers:
    """Answers rings as it is told to, and remembers which came."""

    def __init__(self, answer: Callable[[Bell, int], Awaitable[Answer]] | None = None) -> None:
        self.came: list[tuple[Bell, int]] = []
        self._answer = answer

    async def __call__(self, bell: Bell, deliveries: int) -> Answer:
        self.came.append((bell, deliveries))
        return Done([]) if self._answer is None else await self._answer(bell, deliveries)

    @property
    def counts(self) -> Counter[str]:
        return Counter(bell.message for bell, _ in self.came)


async def until(true: Callable[[], bool]) -> None:
    """Wait until something is so; that it comes is what is tested, not how soon."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not true():  # noqa: ASYNC110, what is waited for is also on a server
            await asyncio.sleep(0.02)


async def rung(broker: Broker, *names: str, span: int = 1) -> None:
    """Ring for messages, as soon as the broker is there."""
    for name in names:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                try:
                    await broker.publish(Bell("T1", name), f"{name}.{span}")
                    break
                except Unrung:
                    await asyncio.sleep(0.05)


def plain(server: NatsServer, **options: Any) -> NatsBroker:  # noqa: ANN401, FastStream's own options
    """A broker with FastStream's defaults, or a few others."""
    return NatsBroker(server.url, logger=None, **options)


def plain_consumer(
    broker: NatsBroker,
    handle: Callable[[], Awaitable[None]],
    *,
    max_workers: int = 1,
    **config: Any,  # noqa: ANN401, the same
) -> None:
    """Consume rings as FastStream does without any work-around."""

    @broker.subscriber(
        SUBJECT,
        stream=stream(),
        durable=DURABLE,
        pull_sub=PullSub(batch_size=8, timeout=1.0),
        max_workers=max_workers,
        config=ConsumerConfig(**config),
    )
    async def answer(_ring: Ring) -> None:
        await handle()


@asynccontextmanager
async def used(broker: NatsBroker) -> AsyncIterator[None]:
    """Start a plain broker, and leave nothing of it behind, also where a handler hangs."""
    await broker.start()
    connection = broker._connection
    assert connection is not None
    try:
        yield
    finally:
        with suppress(TimeoutError, NatsError):
            async with asyncio.timeout(2):
                await broker.stop()
        for subscriber in broker.subscribers:
            left: Any = subscriber
            for task in left.tasks:
                task.cancel()
            for name in ("send_stream", "receive_stream"):
                if hasattr(left, name):
                    getattr(left, name).close()
        if not connection.is_closed:
            await connection.close()


async def plain_ring(broker: NatsBroker, *names: str) -> None:
    for name in names:
        await broker.publish(Ring(trial="T1", message=name), SUBJECT, stream=STREAM, timeout=5)
