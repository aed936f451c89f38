"""The broker's traps, each on a real NATS server: what FastStream or JetStream does by default, and that it does not happen here."""

import asyncio
from collections.abc import Iterator

import pytest
from faststream import AckPolicy

from notifications.broker import Broker
from notifications.doorbell import Answer, Done, Later, LetGo
from notifications.jetstream import STREAM, SUBJECT
from notifications.record import Bell
from tests.nats_server import NatsServer, nats_running
from tests.rings import BELL, PATIENCE_SECONDS, QUICK, Answers, plain, plain_consumer, plain_ring, rung, until, used


@pytest.fixture
def server() -> Iterator[NatsServer]:
    with nats_running() as running:
        yield running


# --- an exception terminates the message; a bare nak comes back at once -----------------------------------------------


async def fails_three_times(_bell: Bell, deliveries: int) -> Answer:
    return Later(0.1, ValueError("x")) if deliveries <= 3 else Done([])


def test_what_fails_comes_again_until_it_is_done(server: NatsServer) -> None:
    answers = Answers(fails_three_times)

    async def run() -> None:
        async with Broker(server.url, answers, tell=print, terms=QUICK) as broker:
            await rung(broker, "M-1", "M-2")
            await until(lambda: answers.counts == {"M-1": 4, "M-2": 4})

    asyncio.run(run())


@pytest.mark.parametrize(
    ("policy", "at_most", "at_least"),
    [(AckPolicy.REJECT_ON_ERROR, 1, 1), (AckPolicy.NACK_ON_ERROR, 10**9, 50)],
    ids=["by default it is gone after one exception", "a bare nak comes back at once, again and again"],
)
def test_control_without_the_work_around_an_exception_loses_or_hammers(
    server: NatsServer, policy: AckPolicy, at_most: int, at_least: int
) -> None:
    calls: list[int] = []

    async def fail() -> None:
        calls.append(1)
        raise ValueError("x")

    async def run() -> None:
        broker = plain(server, ack_policy=policy)
        plain_consumer(broker, fail, ack_wait=1.0)
        async with used(broker):
            await plain_ring(broker, "M-1")
            await until(lambda: len(calls) >= at_least)
            await asyncio.sleep(2.5)

    asyncio.run(run())
    assert at_least <= len(calls) <= at_most


@pytest.mark.parametrize("body", [b"not JSON", b'{"trial": "T1"}', b'{"trial": "T1", "message": "a b"}'])
def test_a_ring_that_cannot_be_read_is_brought_a_few_times_let_go_and_told(server: NatsServer, body: bytes) -> None:
    answers, told = Answers(), list[str]()

    async def run() -> None:
        async with Broker(server.url, answers, tell=told.append, terms=QUICK) as broker:
            await rung(broker, "M-1")
            await broker.nats.publish(body, SUBJECT, stream=STREAM, timeout=5)
            await until(lambda: bool(told))
            await rung(broker, "M-2")
            await until(lambda: len(answers.came) == 2)
            # That it is answered the server hears a moment later.
            async with asyncio.timeout(PATIENCE_SECONDS):
                jet = broker.nats.config.broker_config.connection_state.stream
                while (await jet.stream_info(STREAM)).state.messages:  # noqa: ASYNC110, it is on the server
                    await asyncio.sleep(0.02)

    asyncio.run(run())
    (sentence,) = told
    assert sentence.startswith("A ring that the broker brought 5 times was let go: ")


def test_a_ring_at_which_the_program_fails_for_good_is_let_go_and_told(server: NatsServer) -> None:
    async def gives_up(_bell: Bell, _deliveries: int) -> Answer:
        return LetGo(ValueError("the fault"))

    answers, told = Answers(gives_up), list[str]()

    async def run() -> None:
        async with Broker(server.url, answers, tell=told.append, terms=QUICK) as broker:
            await rung(broker, "M-1")
            await until(lambda: bool(told))

    asyncio.run(run())
    assert told == ["the fault; the ring is let go, the message stays owed."]


# --- one that hangs stops all the others ------------------------------------------------------------------------------


def test_one_that_hangs_does_not_stop_the_others(server: NatsServer) -> None:
    async def hang_at_one(bell: Bell, _deliveries: int) -> Answer:
        if bell.message == "M-1":
            await asyncio.sleep(3_600)
        return Done([])

    answers = Answers(hang_at_one)

    async def run() -> None:
        async with Broker(server.url, answers, tell=print, terms=QUICK) as broker:
            await rung(broker, "M-1", "M-2", "M-3")
            await until(lambda: answers.counts.keys() == {"M-1", "M-2", "M-3"})
            await rung(broker, "M-4")
            await until(lambda: "M-4" in answers.counts)

    asyncio.run(run())


def test_control_with_one_pull_worker_all_wait_for_one(server: NatsServer) -> None:
    calls: list[int] = []

    async def hang() -> None:
        calls.append(1)
        await asyncio.sleep(3_600)

    async def run() -> None:
        broker = plain(server)
        plain_consumer(broker, hang, ack_wait=60.0)
        async with used(broker):
            await plain_ring(broker, "M-1")
            await until(lambda: len(calls) == 1)
            await plain_ring(broker, "M-2")
            await asyncio.sleep(2)

    asyncio.run(run())
    assert len(calls) == 1


# --- one that takes long is given to another --------------------------------------------------------------------------


async def takes_long(_bell: Bell, _deliveries: int) -> Answer:
    await asyncio.sleep(2.5 * QUICK.acknowledge)
    return Done([])


def test_one_that_takes_longer_than_the_time_to_acknowledge_is_brought_once(server: NatsServer) -> None:
    answers = Answers(takes_long)

    async def run() -> None:
        async with Broker(server.url, answers, tell=print, terms=QUICK) as broker:
            await rung(broker, "M-1")
            await asyncio.sleep(4 * QUICK.acknowledge)

    asyncio.run(run())
    assert answers.came == [(BELL, 1)]


def test_control_without_a_heartbeat_it_is_brought_again_meanwhile(server: NatsServer) -> None:
    calls: list[int] = []

    async def slow() -> None:
        calls.append(1)
        await asyncio.sleep(2.5 * QUICK.acknowledge)

    async def run() -> None:
        broker = plain(server)
        plain_consumer(broker, slow, max_workers=8, ack_wait=QUICK.acknowledge)
        async with used(broker):
            await plain_ring(broker, "M-1")
            await until(lambda: len(calls) > 1)

    asyncio.run(run())
