"""An asyncio loop on a virtual clock: nothing waits, nothing runs beside, and one seed always gives one order of things."""

import asyncio
import random
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn, TypeVar

T = TypeVar("T")


class Standstill(Exception):
    """Every task waits for something that nobody will do: in production this would be a process that hangs for ever."""


class Threaded(Exception):
    """The code under simulation asked for a thread, whose moment no seed decides; hand it what runs blocking work inline."""


class VirtualTime:
    """Stands where a loop asks the system to wait for a socket or a timer: the clock jumps to the timer at once."""

    def __init__(self) -> None:
        """Begin at 0: asyncio's heap stalls on floats as large as the seconds since 1970, so the wall clock is added outside."""
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[NoReturn]:
        """Let the time pass that the loop wants to wait; raises Standstill where it would wait for ever."""
        if timeout is None:
            raise Standstill("every task waits, and no timer is set")
        self.now += max(0.0, timeout)
        return []

    def close(self) -> None:
        """Nothing was opened."""


class SimulatedLoop(asyncio.BaseEventLoop):
    """Runs what is ready in an order that the seed decides; raises Standstill and Threaded, and keeps faults nobody heard."""

    _ready: Any  # of the base class: the handles that run next, a deque

    def __init__(self, seed: int) -> None:
        """Begin at time 0."""
        super().__init__()
        self._selector = VirtualTime()
        self._order = random.Random(seed)
        self._clock_resolution = 1e-6
        self.unheard: list[BaseException] = []
        """What tasks raised and nobody awaited."""
        self.set_exception_handler(self._keep)

    def _keep(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.unheard.append(context.get("exception") or RuntimeError(context["message"]))

    def time(self) -> float:
        """Seconds since the loop began."""
        return self._selector.now

    def _run_once(self) -> None:
        if len(self._ready) > 1:
            handles = list(self._ready)
            self._order.shuffle(handles)
            self._ready.clear()
            self._ready.extend(handles)
        super()._run_once()  # type: ignore[misc]  # the base class's own step, which its stub does not show

    def _process_events(self, event_list: list[NoReturn]) -> None:
        """Nothing comes from outside."""

    def _write_to_self(self) -> None:
        """Nobody has to be woken: there is one thread."""

    def run_in_executor(self, _: object, func: object, *__: object) -> NoReturn:
        """Refuse."""
        raise Threaded(f"a thread was asked for: {func!r}")


def simulate(main: Callable[[], Coroutine[Any, Any, T]], seed: int) -> T:
    """Run to its end on a loop of its own, and give what it gives; a fault that a task kept to itself is raised here."""
    loop = SimulatedLoop(seed)
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        given = runner.run(main())
    if loop.unheard:
        raise loop.unheard[0]
    return given
