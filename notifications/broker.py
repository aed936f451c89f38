"""NATS JetStream through FastStream: carries rings to any number of workers, with none of the defaults that lose them.

Each default below was measured to lose or delay messages, so each is set otherwise and held by a test: an exception terminates
a message, a bare nak comes back at once, `backoff` replaces the time to acknowledge, one pull worker stops all the others, a
publish gives up after half a second, and a consumer whose stream was lost stays silent for ever.
"""

import asyncio
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Annotated, Any, Literal, NamedTuple, Self

from faststream import AckPolicy, BaseMiddleware, ContextRepo
from faststream.exceptions import HandlerException, NackMessage, RejectMessage
from faststream.nats import JStream, NatsBroker, NatsMessage, PullSub
from faststream.specification.asyncapi import AsyncAPI
from nats.errors import Error as NatsError
from nats.js.api import AckPolicy as AckWay
from nats.js.api import ConsumerConfig, DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import NotFoundError
from pydantic import BaseModel, ConfigDict, Field

from notifications.doorbell import MOST_DELIVERIES, Answer, Done, Later, LetGo, Unrung, wait
from notifications.record import Bell
from safety.values import Code, TrialId

STREAM = "VIGILOG"
SUBJECT = "vigilog.message.due"
DURABLE = "delivery"
WORKERS = 8
SAME_RING_SECONDS = 120.0
KEEP_SECONDS = 86_400.0
"""A ring older than a day says nothing that the log does not say."""

ABOUT = (
    "Rings of Vigilog: which message waits to be delivered. The log is the queue; a ring that is lost is made again."
)
RINGS = "The dispatcher rings for a message that is composed and not done."
ANSWERS = "Any worker answers a ring: it takes the message for itself, sends it, and brings the receipts to the log."

Tell = Callable[[str], object]
Answering = Callable[[Bell, int], Awaitable[Answer]]
"""Answers a ring that has been brought so often."""


class Ring(BaseModel):
    """Which message is to be looked at: codes only, never content."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    trial: Annotated[TrialId | Literal["-"], Field(description="The trial, or - for the log itself.")]
    message: Annotated[Code, Field(description="The id of the message in the log.")]


def stream() -> JStream:
    """The stream of rings: on disk, each until it is answered, the same ring twice is one."""
    return JStream(
        STREAM,
        subjects=[SUBJECT],
        storage=StorageType.FILE,
        retention=RetentionPolicy.WORK_QUEUE,
        discard=DiscardPolicy.OLD,
        duplicate_window=SAME_RING_SECONDS,
        max_age=KEEP_SECONDS,
    )


class Terms(NamedTuple):
    """How long things may take, in seconds."""

    publish: float = 5.0
    acknowledge: float = 30.0
    """How long a worker may be silent until another gets its ring; one that is alive says so three times in that time."""
    watch: float = 10.0


def consumer(terms: Terms) -> ConsumerConfig:
    """How the workers' consumer is to be: acknowledged one by one, delivered for as long as it takes, without `backoff`."""
    return ConsumerConfig(ack_wait=terms.acknowledge, max_deliver=-1, max_ack_pending=256, ack_policy=AckWay.EXPLICIT)


class Unfailing(BaseMiddleware):
    """Whatever goes wrong with a ring, even with one that cannot be read: it comes again later, or is let go and told."""

    def __init__(self, msg: Any, /, *, context: ContextRepo, tell: Tell, beat_seconds: float) -> None:  # noqa: ANN401, the library's
        """`tell` hears of rings that are let go; `beat_seconds` is how often the server hears that one is being answered."""
        super().__init__(msg, context=context)
        self._tell = tell
        self._beat_seconds = beat_seconds

    async def consume_scope(self, call_next: Callable[[Any], Awaitable[Any]], msg: Any) -> Any:  # noqa: ANN401, the library's
        """Let the ring be answered, and translate how that went wrong."""
        deliveries = msg.raw_message.metadata.num_delivered
        async with alive(msg, self._beat_seconds):
            try:
                return await call_next(msg)
            except HandlerException:
                raise
            except Exception as fault:
                if deliveries < MOST_DELIVERIES:
                    raise NackMessage(delay=wait(deliveries)) from fault
                self._tell(f"A ring that the broker brought {deliveries} times was let go: {type(fault).__name__}.")
                raise RejectMessage from fault


@asynccontextmanager
async def alive(message: NatsMessage, seconds: float) -> AsyncIterator[None]:
    """Tell the server every so often that the ring is being answered, so that no other worker gets it."""

    async def beat() -> None:
        while True:
            await asyncio.sleep(seconds)
            await message.in_progress()

    beating = asyncio.create_task(beat())
    try:
        yield
    finally:
        beating.cancel()
        with suppress(asyncio.CancelledError, NatsError):
            await beating


class Broker:
    """One process's connection to the server: it publishes rings, and consumes them where it is given what answers one."""

    def __init__(self, url: str, answer: Answering | None = None, *, tell: Tell, terms: Terms = Terms()) -> None:  # noqa: B008, it is frozen
        """Nothing is connected yet; `answer` takes a ring and how often it has been brought."""
        self._tell = tell
        self._terms = terms
        self._stream = stream()
        self._keeping: asyncio.Task[None] | None = None
        self._said: str | None = None
        unfailing = partial(Unfailing, tell=tell, beat_seconds=terms.acknowledge / 3)
        self.nats = NatsBroker(
            url,
            ack_policy=AckPolicy.NACK_ON_ERROR,
            middlewares=[unfailing],
            logger=None,
            max_reconnect_attempts=-1,
            reconnect_time_wait=1,
            connect_timeout=5,
        )
        self.nats.publisher(SUBJECT, stream=self._stream, schema=Ring, title="ring", description=RINGS)
        self._consuming = None if answer is None else self._consume(answer)

    def _consume(self, answer: Answering) -> Any:  # noqa: ANN401, the library's own class
        """Consume rings; a ring that is not done comes again."""
        subscriber = self.nats.subscriber(
            SUBJECT,
            stream=self._stream,
            durable=DURABLE,
            config=consumer(self._terms),
            pull_sub=PullSub(batch_size=WORKERS, timeout=1.0),
            max_workers=WORKERS,
            title="delivery",
            description=ANSWERS,
        )

        @subscriber
        async def answer_ring(ring: Ring, message: NatsMessage) -> None:
            deliveries = message.raw_message.metadata.num_delivered
            match await answer(Bell(ring.trial, ring.message), deliveries):
                case Later(seconds, fault):
                    raise NackMessage(delay=seconds) from fault
                case LetGo(fault):
                    self._tell(f"{fault}; the ring is let go, the message stays owed.")
                    raise RejectMessage from fault
                case _:
                    pass

        return subscriber

    async def publish(self, bell: Bell, ring_id: str) -> None:
        """Publish a ring; raises Unrung where the server does not confirm it in time."""
        if self.nats._connection is None or not self.nats._connection.is_connected:  # noqa: SLF001, it has no public name
            raise Unrung("the broker is not connected")
        try:
            # Its own default gives up after half a second.
            await self.nats.publish(
                Ring(**bell._asdict()),
                SUBJECT,
                stream=STREAM,
                headers={"Nats-Msg-Id": ring_id},
                timeout=self._terms.publish,
            )
        except (NatsError, OSError) as fault:
            raise Unrung(f"the broker did not confirm: {type(fault).__name__}") from fault

    async def __aenter__(self) -> Self:
        """Connect, and keep what is needed on the server for as long as this is open, also when it is away at first."""
        self._keeping = asyncio.create_task(self._keep())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Let go of the server."""
        for _again in range(3):
            # The library takes a cancellation for an answer of the server now and then.
            if self._keeping is not None and not self._keeping.done():
                self._keeping.cancel()
                await asyncio.wait([self._keeping], timeout=1)
        connection = self.nats._connection  # noqa: SLF001, it has no public name
        with suppress(NatsError, OSError, TimeoutError):
            async with asyncio.timeout(self._terms.publish):
                await self.nats.stop()
        # Where the server is away, or somebody hangs, the library leaves these behind.
        if self._consuming is not None:
            for task in self._consuming.tasks:
                task.cancel()
            self._consuming.send_stream.close()
            self._consuming.receive_stream.close()
        if connection is not None and not connection.is_closed:
            with suppress(NatsError, OSError, TimeoutError):
                async with asyncio.timeout(self._terms.publish):
                    await connection.close()

    async def _keep(self) -> None:
        """Watch what is needed on the server; a pull consumer whose stream was lost would stay silent for ever."""
        started = False
        while True:
            try:
                if not started:
                    await self.nats.connect()
                    await self._mend_stream()
                    await self.nats.start()
                    started = True
                await self._mend()
                self._say(None)
            except (NatsError, OSError, TimeoutError) as fault:
                self._say(f"the broker cannot be used: {type(fault).__name__}; messages are handled without it")
            await asyncio.sleep(self._terms.watch if started else 1.0)

    def _say(self, sentence: str | None) -> None:
        """Say what has changed."""
        if sentence is not None and sentence != self._said:
            self._tell(sentence)
        self._said = sentence

    async def _mend_stream(self) -> None:
        """Add the stream where it is lost; one that is not as it must be is made anew: what it held the log holds."""
        jet = self.nats.config.broker_config.connection_state.stream
        try:
            if sound_stream((await jet.stream_info(STREAM)).config):
                return
            self._tell("the broker's stream was not as it must be; it is made anew")
            await jet.delete_stream(STREAM)
        except NotFoundError:
            pass
        await jet.add_stream(config=self._stream.config, subjects=[SUBJECT])

    async def _mend(self) -> None:
        """Add the stream and the consumer again where they are lost; a consumer that is not as it must be is made anew."""
        await self._mend_stream()
        if self._consuming is None:
            return
        jet = self.nats.config.broker_config.connection_state.stream
        try:
            found = (await jet.consumer_info(STREAM, DURABLE)).config
            if sound(found, self._terms):
                return
            await jet.delete_consumer(STREAM, DURABLE)
        except NotFoundError:
            pass
        self._tell("the broker had lost its consumer; it is added again")
        await self._consuming.stop()
        await self._consuming.start()


def sound_stream(found: StreamConfig) -> bool:
    """Say whether a stream is as it must be: on disk, and each ring in it until it is answered."""
    return (found.storage, found.retention) == (StorageType.FILE, RetentionPolicy.WORK_QUEUE) and found.subjects == [
        SUBJECT
    ]


def sound(found: ConsumerConfig, terms: Terms) -> bool:
    """Say whether a consumer is as it must be: whoever made it otherwise would have it lose rings."""
    wanted = consumer(terms)
    return (found.max_deliver, found.ack_wait, found.ack_policy) == (
        -1,
        wanted.ack_wait,
        AckWay.EXPLICIT,
    ) and not found.backoff


def document(version: str) -> dict[str, Any]:
    """Describe by AsyncAPI 3 what goes through the broker."""

    async def nobody(_bell: Bell, _deliveries: int) -> Answer:
        return Done([])

    described = Broker("nats://localhost:4222", nobody, tell=print).nats
    with warnings.catch_warnings():
        # Who rings and who answers name the same model; the library warns that one overwrites the other.
        warnings.filterwarnings("ignore", message="Overwriting the message schema", category=RuntimeWarning)
        specification = AsyncAPI(described, title="Vigilog", version=version, description=ABOUT).to_specification()
    written: dict[str, Any] = specification.to_jsonable()
    return written
