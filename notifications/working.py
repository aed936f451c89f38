"""What `vigilog work` runs: rounds of ticks and sweeps, and a worker that answers the broker's rings, together or each alone."""

import asyncio
import signal
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AsyncExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Literal

from notifications.broker import Broker
from notifications.composition import dispatcher_of, handler_of
from notifications.dispatcher import Doorbell
from notifications.doorbell import Alongside, Answer, ThroughBroker, answered
from notifications.handler import Delivered, Handler, failure
from notifications.record import Aside, Bell
from notifications.scheduler import guarded, ticking
from notifications.worker import Worker
from safety.cli.door import machine_faults
from safety.home import Home
from safety.reports.issuing import issue_due
from safety.tick import DUTIES, DUTIES_OF_DEMO, Ticked, lately, tick
from safety.values import microseconds

Part = Literal["dispatcher", "worker", "ticks"]
PARTS: tuple[Part, ...] = ("dispatcher", "worker", "ticks")

ROUND_SECONDS = 5.0
REST_SECONDS = 10.0
"""How long what is under way may take when the program is told to stop."""

THREADS = 64

Tell = Callable[[str], object]
Tick = Callable[[Home, datetime, timedelta], object]
"""What time brings about, put into the log: takes the home, the moment, and how far the wall's clock has jumped since the last."""


def fallen_due(home: Home, now: datetime, drift: timedelta) -> Ticked:
    """Put into the log what has fallen due: rungs, digests, reminders, vacancies, reviews, periodic reports."""
    duties = (*DUTIES, issue_due)
    if home.opened.purpose == "demo":
        duties = (*DUTIES_OF_DEMO, lately(issue_due))
    return tick(home.desk, home.views, now, drift=drift, duties=duties)


TICKS: tuple[Tick, ...] = (fallen_due,)
"""What a tick does, in this order."""


class Working:
    """The parts that run in one process of one home."""

    def __init__(self, home: Home, parts: Iterable[Part], tell: Tell, reached: str | None = None) -> None:
        """Nothing runs yet; `tell` hears what a person at the terminal has to know, `reached` is where this process serves the desk."""
        self._home = home
        self._parts = frozenset(parts)
        self._tell = tell
        self._aside: Aside = asyncio.to_thread
        self._handler: Handler = handler_of(home, reached)
        self._broker = self._connected(home.settings.broker_url)
        self._here = Alongside(self._handler, self._tell_failures, self._tell_fault)
        doorbell: Doorbell = (
            self._here if self._broker is None else ThroughBroker(self._broker.publish, self._here, self._now)
        )
        self._dispatcher = dispatcher_of(home, self._handler, doorbell)
        self._drift = timedelta(0)
        self._tick_is_due = True
        self._said: str | None = None
        self.worker = Worker(self._round, self._listen, ROUND_SECONDS)

    def _connected(self, url: str | None) -> Broker | None:
        if url is None or self._parts == {"ticks"}:
            return None
        return Broker(url, self._answer if "worker" in self._parts else None, tell=self._tell)

    async def run_until_signalled(self) -> None:
        """Go on until told to stop by SIGINT or by SIGTERM."""
        for order in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(order, self.worker.stop)
        await self.run()

    async def run(self) -> None:
        """Go on until told to stop by `worker.stop`."""
        # A server that hangs keeps its thread for a while: the log and the leases must find others.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS))
        async with AsyncExitStack() as held:
            if self._broker is not None:
                await held.enter_async_context(self._broker)
            scheduler = await held.enter_async_context(ticking(self._ring, ROUND_SECONDS))
            await held.enter_async_context(
                guarded(scheduler, lambda: datetime.now(UTC), monotonic, jumped=self._jumped)
            )
            await self.worker.run()
            await self._here.rest(REST_SECONDS)

    def _now(self) -> int:
        return microseconds(self._home.desk.clock())

    def _ring(self) -> None:
        """Time has gone on: what a commit wakes does not ask again what time has brought."""
        self._tick_is_due = True
        self.worker.wake()

    def _jumped(self, seconds: float) -> None:
        self._drift += timedelta(seconds=seconds)

    async def _listen(self, position: int, seconds: float) -> int:
        return await self._aside(lambda: self._home.journal.wait(position, seconds))

    async def _round(self) -> None:
        """Do what time has brought about since the last tick, then see to everything that is owed; leave word of both."""
        ticks, self._tick_is_due = self._tick_is_due, False
        try:
            try:
                if ticks and "ticks" in self._parts:
                    await self._aside(self._tick)
            finally:
                # Also where the tick failed: one trial's fault must not keep what others are owed from going out.
                if "dispatcher" in self._parts:
                    self._tell_failures(await self._dispatcher.sweep())
            if ticks:
                await self._aside(self._beat)
            self._said = None
        except Exception as fault:  # noqa: BLE001, whatever it is the next round tries again; told once as long as it stays the same
            self._tell_fault(fault)

    def _tick(self) -> None:
        drift, self._drift = self._drift, timedelta(0)
        for each in TICKS:
            each(self._home, self._home.desk.clock(), drift)

    def _beat(self) -> None:
        for part in self._parts:
            self._home.scratch.beat(part, now=self._now())

    def _tell_failures(self, receipts: Iterable[Delivered]) -> None:
        for receipt in receipts:
            if receipt.error is not None:
                self._tell(failure(receipt))

    def _tell_fault(self, fault: Exception) -> None:
        sentence = f"{told(fault)}; what is owed stays owed."
        if sentence != self._said:
            self._tell(sentence)
        self._said = sentence

    async def _answer(self, bell: Bell, deliveries: int) -> Answer:
        """Answer a ring that the broker has brought."""
        return await answered(self._handler, bell, deliveries)


@contextmanager
def beside(home: Home, parts: Iterable[Part], tell: Tell, reached: str | None = None) -> Iterator[None]:
    """Run parts in a thread of this process as long as this is open, beside what else it does; signals are for others to heed."""
    working, begun = Working(home, parts, tell, reached), Future[asyncio.AbstractEventLoop]()

    async def run() -> None:
        begun.set_result(asyncio.get_running_loop())
        await working.run()

    def ended_well(ran: Future[None]) -> None:
        if (fault := ran.exception()) is not None:
            tell(f"Delivery has stopped: {told(fault)}; what is owed stays owed, start the program again.")

    with ThreadPoolExecutor(1, "vigilog-delivery") as thread:
        ran = thread.submit(asyncio.run, run())
        ran.add_done_callback(ended_well)
        loop = begun.result()
        try:
            yield
        finally:
            if not ran.done():
                loop.call_soon_threadsafe(working.worker.stop)
            ran.result()


def told(fault: BaseException) -> str:
    """Say what the machine refused; of a fault of ours its kind and place, never its words: they may quote a subject."""
    if isinstance(fault, machine_faults()):
        return str(fault)
    last = traceback.extract_tb(fault.__traceback__)[-1]
    return f"the program failed: {type(fault).__name__} at {Path(last.filename).name}:{last.lineno}"
