"""What may happen to the broker's server: lost streams and consumers, lost disks, slow answers, and what others made otherwise."""

import asyncio
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Any

import nats
import pytest
from nats.errors import TimeoutError as NatsTimeout
from nats.js.api import ConsumerConfig, RetentionPolicy, StorageType, StreamConfig

from notifications.broker import Broker
from notifications.doorbell import Answer, Done, Unrung
from notifications.jetstream import DURABLE, STREAM, SUBJECT, Ring, Terms, consumer, sound
from notifications.record import Bell
from tests.nats_server import NatsServer, nats_running
from tests.rings import BELL, QUICK, Answers, rung, until


@pytest.fixture
def server() -> Iterator[NatsServer]:
    with nats_running() as running:
        yield running


# --- a consumer or stream that is lost --------------------------------------------------------------------------------


async def lose_consumer(broker: Broker) -> None:
    await broker.nats.config.broker_config.connection_state.stream.delete_consumer(STREAM, DURABLE)


async def lose_stream(broker: Broker) -> None:
    await broker.nats.config.broker_config.connection_state.stream.delete_stream(STREAM)


@pytest.mark.parametrize("lose", [lose_consumer, lose_stream])
@pytest.mark.parametrize("watched", [True, False], ids=["watched", "control: unwatched it stays silent"])
def test_a_consumer_that_was_lost_is_added_again(
    server: NatsServer, lose: Callable[[Broker], Awaitable[None]], *, watched: bool
) -> None:
    answers = Answers()

    async def run() -> None:
        terms = QUICK if watched else QUICK._replace(watch=3_600)
        async with Broker(server.url, answers, tell=print, terms=terms) as broker:
            await rung(broker, "M-1")
            await until(lambda: len(answers.came) == 1)
            await lose(broker)
            if watched:
                # A ring that was published before the watch looked may be lost with the stream: the log rings again.
                for span in range(2, 500):
                    with suppress(Unrung):
                        await broker.publish(BELL, f"M-1.{span}")
                    await asyncio.sleep(0.05)
                    if len(answers.came) > 1:
                        return
            else:
                with suppress(Unrung, TimeoutError):
                    await broker.publish(BELL, "M-1.2")
                await asyncio.sleep(3)

    asyncio.run(run())
    assert (len(answers.came) > 1) is watched


def test_a_server_that_is_killed_and_loses_its_disk_is_used_again(server: NatsServer) -> None:
    answers = Answers()

    async def run() -> None:
        async with Broker(server.url, answers, tell=print, terms=QUICK) as broker:
            await rung(broker, "M-1")
            await until(lambda: len(answers.came) == 1)
            server.kill()
            server.wipe()
            with pytest.raises(Unrung):
                await broker.publish(BELL, "M-1.2")
            server.start()
            await rung(broker, "M-2")
            await until(lambda: "M-2" in answers.counts)

    asyncio.run(run())


def test_a_server_that_is_away_at_the_start_is_used_when_it_comes() -> None:
    server, answers, told = NatsServer(), Answers(), list[str]()

    async def run() -> None:
        async with Broker(server.url, answers, tell=told.append, terms=QUICK) as broker:
            with pytest.raises(Unrung):
                await broker.publish(BELL, "M-1.1")
            await asyncio.sleep(0.5)
            server.start()
            await rung(broker, "M-1")
            await until(lambda: len(answers.came) == 1)

    try:
        asyncio.run(run())
    finally:
        server.remove()


# --- publishing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("patient", [True, False], ids=["five seconds", "control: its default of half a second"])
def test_a_server_that_takes_a_second_is_waited_for(server: NatsServer, *, patient: bool) -> None:
    async def run() -> None:
        async with Broker(server.url, tell=print) as broker:
            await rung(broker, "M-1")
            server.send(signal.SIGSTOP)
            asyncio.get_running_loop().call_later(1.2, server.send, signal.SIGCONT)
            if patient:
                await broker.publish(BELL, "M-1.2")
            else:
                with pytest.raises(NatsTimeout):
                    await broker.nats.publish(Ring(trial="T1", message="M-1"), SUBJECT, stream=STREAM)
                await asyncio.sleep(1)

    asyncio.run(run())


def test_a_server_that_never_confirms_is_a_ring_that_was_not_made(server: NatsServer) -> None:
    async def run() -> None:
        async with Broker(server.url, tell=print, terms=Terms(publish=0.2)) as broker:
            await rung(broker, "M-1")
            server.send(signal.SIGSTOP)
            try:
                with pytest.raises(Unrung, match="did not confirm"):
                    await broker.publish(BELL, "M-1.2")
            finally:
                server.send(signal.SIGCONT)

    asyncio.run(run())


def test_the_same_ring_twice_is_one_and_the_next_one_is_another(server: NatsServer) -> None:
    answers = Answers()

    async def run() -> None:
        async with (
            Broker(server.url, tell=print) as one,
            Broker(server.url, tell=print) as two,
        ):
            await rung(one, "M-1")
            await rung(two, "M-1")
            await rung(two, "M-1", span=2)
            async with Broker(server.url, answers, tell=print):
                await until(lambda: len(answers.came) == 2)
                await asyncio.sleep(0.5)

    asyncio.run(run())
    assert len(answers.came) == 2


# --- several workers --------------------------------------------------------------------------------------------------


def test_two_workers_share_the_rings(server: NatsServer) -> None:
    async def a_while(_bell: Bell, _deliveries: int) -> Answer:
        await asyncio.sleep(0.05)
        return Done([])

    first, second = Answers(a_while), Answers(a_while)
    names = [f"M-{number}" for number in range(60)]

    async def run() -> None:
        async with (
            Broker(server.url, first, tell=print) as broker,
            Broker(server.url, second, tell=print),
        ):
            await rung(broker, *names)
            await until(lambda: len(first.came) + len(second.came) >= 60)

    asyncio.run(run())
    assert first.counts + second.counts == Counter(names)
    assert first.came
    assert second.came


# --- what is on the server --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "unsafe",
    [{"storage": StorageType.MEMORY}, {"retention": RetentionPolicy.INTEREST}],
    ids=["in memory", "dropped where nobody listens"],
)
def test_a_stream_that_somebody_made_otherwise_is_made_anew(server: NatsServer, unsafe: dict[str, Any]) -> None:
    answers, told = Answers(), list[str]()

    async def run() -> None:
        client = await nats.connect(server.url)
        config = StreamConfig(name=STREAM, subjects=[SUBJECT]).evolve(**unsafe)
        await client.jetstream().add_stream(config)
        async with Broker(server.url, answers, tell=told.append, terms=QUICK) as broker:
            await rung(broker, "M-1")
            await until(lambda: answers.counts.keys() == {"M-1"})
            kept = (await client.jetstream().stream_info(STREAM)).config
            assert (kept.storage, kept.retention) == (StorageType.FILE, RetentionPolicy.WORK_QUEUE)
        await client.close()

    asyncio.run(run())
    assert told == ["the broker's stream was not as it must be; it is made anew"]


def test_a_consumer_that_somebody_made_otherwise_is_made_anew(server: NatsServer) -> None:
    answers, told = Answers(), list[str]()

    async def run() -> None:
        async with Broker(server.url, tell=print) as broker:
            await rung(broker, "M-1")
            jet = broker.nats.config.broker_config.connection_state.stream
            unsafe = ConsumerConfig(durable_name=DURABLE, max_deliver=3, ack_wait=1.0, backoff=[0.1, 0.2])
            await jet.add_consumer(STREAM, unsafe)
            async with Broker(server.url, answers, tell=told.append, terms=QUICK):
                await until(lambda: bool(told))
                await rung(broker, "M-2")
                await until(lambda: answers.counts.keys() >= {"M-2"})
            found = (await jet.consumer_info(STREAM, DURABLE)).config
            assert sound(found, QUICK)
            assert (found.max_deliver, found.backoff) == (-1, None)
            kept = (await jet.stream_info(STREAM)).config
            assert (str(kept.storage), str(kept.retention)) == ("file", "workqueue")

    asyncio.run(run())
    assert told[0] == "the broker had lost its consumer; it is added again"


@pytest.mark.parametrize(
    "unsafe",
    [{"max_deliver": 5}, {"ack_wait": 1.0}, {"backoff": [1.0, 2.0]}],
    ids=["it gives up", "it is impatient", "its delays replace the time to acknowledge"],
)
def test_an_unsafe_consumer_is_known_as_such(unsafe: dict[str, Any]) -> None:
    assert sound(consumer(Terms()), Terms())
    assert not sound(consumer(Terms()).evolve(**unsafe), Terms())
