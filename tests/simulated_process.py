"""Processes that run the program's own delivery on a simulated world: each lives until it crashes, and is started again."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from notifications.channels import Channel
from notifications.dispatcher import Dispatcher
from notifications.doorbell import Alongside, Answer, ThroughBroker, answered
from notifications.handler import Handler
from notifications.owing import Owing
from notifications.record import Bell, Record
from notifications.rendering import Letterhead
from notifications.worker import Worker
from safety.desk import Desk
from safety.journal import Unavailable
from safety.scratch import Scratch
from safety.tick import tick
from safety.values import Clock
from tests.simulated_broker import SimulatedBroker
from tests.simulated_channels import SimulatedChannel
from tests.simulated_world import SWEEP_SECONDS, World

T = TypeVar("T")

LETTERHEAD = Letterhead("Vigilog <desk@vigilog.org>", "https://vigilog.org")
NEVER_SECONDS = 1e9


@dataclass(frozen=True)
class Parts:
    """Of what a process is built: the program's own classes, or one of them with a bug planted in it."""

    scratch: Callable[[str], Scratch] = Scratch
    handler: type[Handler] = Handler
    dispatcher: type[Dispatcher] = Dispatcher
    owing: type[Owing] = Owing
    clock: Callable[[datetime], datetime] = lambda now: now
    answered: Callable[[Handler, Bell, int], Awaitable[Answer]] = answered
    worker: type[Worker] = Worker
    tick: Callable[..., object] = tick
    patched: Callable[[], AbstractContextManager[object]] = nullcontext


LIFE: ContextVar["Life"] = ContextVar("LIFE")
"""Whose task is running."""


def owned(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T], **options: Any) -> asyncio.Task[T]:  # noqa: ANN401, create_task's own
    """Begin a task as its loop does, and note whose it is: a process that dies takes all that it has begun with it."""
    task = asyncio.Task(work, loop=loop, **options)
    life = (options.get("context") or copy_context()).get(LIFE)
    if life is not None:
        life.tasks[task] = None
        task.add_done_callback(life.tasks.pop)
    return task


class Life:
    """One run of a process, from its start to its crash; its memory and its leases end with it."""

    def __init__(self, world: World, name: str, parts: Parts, skew: float) -> None:
        """Begin with nothing in memory."""
        self.world = world
        self.name = name
        self.over = asyncio.Event()
        self._heard = asyncio.Event()
        # In the order of their beginning: a set would end them in the order of their addresses.
        self.tasks: dict[asyncio.Task[Any], None] = {}
        self._ids = 0
        self.clock: Clock = lambda: parts.clock(world.wall(skew))
        self.desk = Desk(world.journal, self.clock, lambda: world.draw.randbytes(16))
        self.views = world.databases.fresh_views()
        owing = parts.owing(world.journal, self.views)
        directory, scratch = world.databases.directory, world.databases.scratch
        self.record = Record(self.desk, owing, directory, scratch, self.new_id, aside=self.aside)
        self.handler = parts.handler(self.record, self._channels(), LETTERHEAD)

    def _channels(self) -> Sequence[Channel]:
        return [SimulatedChannel(self, name) for name in self.world.channels]

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return not self.over.is_set()

    def leave(self, fault: Exception) -> None:
        """Leave what is owed to the next time; only what the machine refuses is a reason for that."""
        self.world.tell(self.name, "leaves it owed", type(fault).__name__)
        if not isinstance(fault, Unavailable):
            self.world.seen.surprises.append(f"{type(fault).__name__} in {self.name} at {self.world.time:.1f}")

    def new_id(self) -> str:
        """Draw an id that names whose it is."""
        self._ids += 1
        return f"{self.name}-{self._ids}"

    def begin(self, work: Coroutine[Any, Any, object]) -> None:
        """Run beside until the crash, together with every task that this begins."""
        context = copy_context()
        context.run(LIFE.set, self)
        asyncio.get_running_loop().create_task(work, context=context)

    async def listen(self, position: int, _: float) -> int:
        """Wait until it is heard that the log has grown beyond a position, however long that takes."""
        while (head := self.world.journal.head().position) <= position:
            self._heard.clear()
            await self._heard.wait()
        return head

    def hear(self) -> None:
        """Hear that something was committed."""
        self._heard.set()

    async def aside(self, work: Callable[[], T]) -> T:
        """Run what blocks: inline, after a moment, and perhaps the machine refuses, or the process dies before or after it."""
        self.go_on()
        await asyncio.sleep(self.world.draw.uniform(0, self.world.plan.awaits))
        hurt, what = self._hurt(), _named(work)
        self.world.tell(self.name, what, hurt or "")
        if hurt == "dies before":
            self.crash(what)
        if hurt == "refused":
            self._break_off()
            raise Unavailable("the log is locked")
        done = work()
        self.world.watch(self.name)
        if hurt == "dies after":
            self.crash(what)
        if hurt == "unconfirmed":
            self._break_off()
            raise Unavailable("the log did not confirm")
        await asyncio.sleep(self.world.draw.uniform(0, self.world.plan.awaits))
        return done

    def go_on(self) -> None:
        """Do nothing more once the process is gone, not even what stands in a `finally`."""
        if not self.alive:
            raise asyncio.CancelledError

    def _hurt(self) -> str | None:
        plan = self.world.plan
        self.world.awaits += not plan.only_workers or self.name.startswith("worker")
        if plan.only is not None:
            return ("dies before", "dies after")[plan.only % 2] if self.world.awaits == plan.only else None
        return self.world.draw.choice(plan.hurts) if self.world.strikes(plan.hurt) else None

    def _break_off(self) -> None:
        """What was under way with a message waits for its lease to run out, all else for the next sweep."""
        self.world.excuse("the machine refused")
        self.world.seen.refusals.append((self.world.time, self.name))
        self.world.hold_up(self.name)

    def crash(self, where: str) -> None:
        """Die here and now: every task of the process is gone, what it leased stays leased, and it is started again later."""
        self.world.seen.deaths[self.name] = self.world.time
        self.end()
        self.world.hold_up(self.name)
        self.world.tell(self.name, "dies at", where)
        raise asyncio.CancelledError

    def end(self) -> None:
        """Stop everything that runs."""
        self.over.set()
        for task in list(self.tasks):
            task.cancel()


class Process:
    """A process that is started again whenever it has died."""

    def __init__(
        self, world: World, name: str, parts: Parts, runs: Callable[[Life], Coroutine[Any, Any, None]]
    ) -> None:
        """`runs` is what it does from start to end."""
        self.world = world
        self.name = name
        self._parts = parts
        self._runs = runs
        self._skew = world.draw.uniform(-world.plan.skew, world.plan.skew)
        self.lives: list[Life] = []
        world.on_commit.append(self._ring)

    @property
    def up(self) -> bool:
        """Whether it runs."""
        return bool(self.lives) and self.lives[-1].alive

    async def run(self) -> None:
        """Start it, and start it again."""
        while True:
            life = Life(self.world, f"{self.name}.{len(self.lives) + 1}", self._parts, self._skew)
            self.lives.append(life)
            self.world.seen.lives.setdefault(self.name, []).append((self.world.time, life.name))
            self.world.tell(life.name, "starts")
            life.begin(self._runs(life))
            await life.over.wait()
            await asyncio.sleep(self.world.draw.choice((0.1, 2.0, 40.0)))

    def _ring(self) -> None:
        """Tell it that something was committed, unless that is not heard."""
        if self.up and not self.world.strikes(self.world.plan.unheard):
            loop = asyncio.get_running_loop()
            loop.call_later(self.world.draw.uniform(0, self.world.plan.hears), self.lives[-1].hear)

    def end(self) -> None:
        """Stop for good."""
        for life in self.lives:
            life.end()


def dispatching(parts: Parts, broker: SimulatedBroker | None) -> Callable[[Life], Coroutine[Any, Any, None]]:
    """What a dispatcher's process does: ticks, then a sweep; without a broker it handles what it composes."""

    def runs(life: Life) -> Coroutine[Any, Any, None]:
        here = Alongside(life.handler, lambda _: None, life.leave)
        doorbell = here if broker is None else ThroughBroker(broker.publisher(life), here, life.record.now)
        dispatcher = parts.dispatcher(life.record, life.handler.ways, doorbell)
        apart = life.clock().timestamp() - life.world.time

        def ticks() -> object:
            nonlocal apart
            now, before = life.clock(), apart
            apart = now.timestamp() - life.world.time
            return parts.tick(life.desk, life.views, now, drift=timedelta(seconds=apart - before))

        async def deliver() -> None:
            began = life.world.time
            try:
                await life.aside(ticks)
                await dispatcher.sweep()
            except Unavailable as fault:
                life.leave(fault)
            life.world.seen.longest_round = max(life.world.seen.longest_round, life.world.time - began)

        seconds = SWEEP_SECONDS if life.world.plan.sweeper else NEVER_SECONDS
        return parts.worker(deliver, life.listen, seconds).run()

    return runs


def working(parts: Parts, broker: SimulatedBroker) -> Callable[[Life], Coroutine[Any, Any, None]]:
    """What a worker's process does: it answers the broker's rings."""

    async def runs(life: Life) -> None:
        broker.workers.append((life, lambda bell, deliveries: parts.answered(life.handler, bell, deliveries)))
        await asyncio.Event().wait()

    return runs


def _named(work: Callable[[], object]) -> str:
    """Say what is run: lambdas by where they stand."""
    inner = getattr(work, "func", work)
    code = getattr(inner, "__code__", None)
    return inner.__qualname__.replace(".<locals>.<lambda>", f":{'' if code is None else code.co_firstlineno}")
