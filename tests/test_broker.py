"""The broker's traps, each on a real NATS server: what FastStream or JetStream does by default, and that it does not happen here."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import nats
import pytest
from faststream import AckPolicy
from faststream.nats import NatsBroker, PullSub
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeout
from nats.js.api import ConsumerConfig, RetentionPolicy, StorageType, StreamConfig

from notifications.broker import DURABLE, STREAM, SUBJECT, Broker, Ring, Terms, consumer, sound, stream
from notifications.doorbell import Answer, Done, Later, LetGo, Unrung
from notifications.record import Bell
from tests.nats_server import NatsServer, nats_running

BELL = Bell("T1", "M-1")
PATIENCE_SECONDS = 30.0
QUICK = Terms(acknowledge=1.5, watch=0.2)


@pytest.fixture
def server() -> Iterator[NatsServer]:
    with nats_running() as running:
        yield running


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
            await until(lambda: bool(calls))
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
            info = await broker.nats.config.broker_config.connection_state.stream.stream_info(STREAM)
            assert info.state.messages == 0

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
