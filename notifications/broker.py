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
from typing import Any, Self

from faststream import AckPolicy, BaseMiddleware, ContextRepo
from faststream.exceptions import HandlerException, NackMessage, RejectMessage
from faststream.nats import NatsBroker, NatsMessage, PullSub
from faststream.specification.asyncapi import AsyncAPI
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import ConnectionClosedError
from nats.errors import Error as NatsError
from nats.js.errors import NotFoundError

from notifications.doorbell import MOST_DELIVERIES, Answer, Done, Later, LetGo, Unrung, wait
from notifications.jetstream import DURABLE, STREAM, SUBJECT, Ring, Terms, consumer, sound, sound_stream, stream
from notifications.record import Bell

WORKERS = 8

ABOUT = (
    "Rings of Vigilog: which message waits to be delivered. The log is the queue; a ring that is lost is made again."
)
RINGS = "The dispatcher rings for a message that is composed and not done."
ANSWERS = "Any worker answers a ring: it takes the message for itself, sends it, and brings the receipts to the log."

Fetch = Callable[..., Awaitable[list[Msg]]]
Tell = Callable[[str], object]
Answering = Callable[[Bell, int], Awaitable[Answer]]
"""Answers a ring that has been brought so often."""


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
        self._url = url
        self._answer = answer
        self._tell = tell
        self._terms = terms
        self._stream = stream()
        self._keeping: asyncio.Task[None] | None = None
        self._said: str | None = None
        self._begin()

    def _begin(self) -> None:
        """Make what connects, and what consumes; nothing is connected yet."""
        unfailing = partial(Unfailing, tell=self._tell, beat_seconds=self._terms.acknowledge / 3)
        self.nats = NatsBroker(
            self._url,
            ack_policy=AckPolicy.NACK_ON_ERROR,
            middlewares=[unfailing],
            logger=None,
            max_reconnect_attempts=-1,
            reconnect_time_wait=1,
            connect_timeout=5,
        )
        self.nats.publisher(SUBJECT, stream=self._stream, schema=Ring, title="ring", description=RINGS)
        self._consuming = None if self._answer is None else self._consume(self._answer)
        self._started = False

    @property
    def _connection(self) -> Client | None:
        return self.nats._connection  # noqa: SLF001, it has no public name

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
        if self._connection is None or not self._connection.is_connected:
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
        """Let go of the server; in a time that is bounded, whatever it does."""
        if self._keeping is not None:
            await ended(self._keeping, 0)
        await self._let_go()

    async def _let_go(self) -> None:
        """End the connection, with all that the library leaves behind where the server is away, or where somebody hangs."""
        connection = self._connection
        await ended(asyncio.create_task(self.nats.stop()), self._terms.publish)
        if self._consuming is not None:
            self._consuming.running = False
            for task in self._consuming.tasks:
                task.cancel()
            self._consuming.send_stream.close()
            self._consuming.receive_stream.close()
        if connection is not None and not connection.is_closed:
            await ended(asyncio.create_task(connection.close()), self._terms.publish)

    async def _keep(self) -> None:
        """Watch what is needed on the server; a pull consumer whose stream was lost would stay silent for ever."""
        while True:
            try:
                if self._connection is not None and self._connection.is_closed:
                    # What the server refuses with an error, say for its being slow to greet, the library never connects again.
                    self._tell("the broker closed the connection; a new one is made")
                    await self._let_go()
                    self._begin()
                if not self._started:
                    await self.nats.connect()
                    await self._mend_stream()
                    await self._start(self.nats)
                    self._started = True
                await self._mend()
                self._say(None)
            except (NatsError, OSError, TimeoutError) as fault:
                self._say(f"the broker cannot be used: {type(fault).__name__}; messages are handled without it")
            await asyncio.sleep(self._terms.watch if self._started else 1.0)

    async def _start(self, what: Any) -> None:  # noqa: ANN401, the library's own classes
        """Start the library's broker, or its consumer alone."""
        await what.start()
        if self._consuming is not None:
            self._consuming.subscription.fetch = patient(self._consuming.subscription.fetch)

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
        await self._start(self._consuming)


def patient(fetch: Fetch) -> Fetch:
    """Rest where there is no connection: the library's loop asks again at once, and nothing else would run in this process any more."""

    async def fetched(batch: int, timeout: float) -> list[Msg]:  # noqa: ASYNC109, the library's own argument
        try:
            return await fetch(batch=batch, timeout=timeout)
        except ConnectionClosedError:
            await asyncio.sleep(timeout)
            raise

    return fetched


async def ended(task: asyncio.Task[None], seconds: float) -> None:
    """Give a task so many seconds, then cancel it until it ends.

    The library takes a cancellation for an answer of the server now and then and goes on; also that of a deadline around it,
    which is why the task is one of its own. What the server refuses here costs nothing: the log is the queue.
    """
    await asyncio.wait([task], timeout=seconds)
    for _again in range(3):
        if not task.done():
            task.cancel()
            await asyncio.wait([task], timeout=1)
    if task.done() and not task.cancelled():
        try:
            task.result()
        except* (NatsError, OSError, TimeoutError):
            pass


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
