"""A simulated broker: it brings rings late, twice, in another order or not at all, and may lose its whole disk."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from notifications.doorbell import Answer, Done, Later, Publish, Unrung
from notifications.record import Bell
from tests.simulated_world import World

if TYPE_CHECKING:
    from tests.simulated_process import Life

ACK_SECONDS = 30.0
SAME_RING_SECONDS = 120.0
Answers = Callable[[Bell, int], Awaitable[Answer]]


class SimulatedBroker:
    """Keeps each ring until a worker has answered for it; a worker that dies with one is known by its silence."""

    def __init__(self, world: World) -> None:
        """Keep nothing yet."""
        self._world = world
        self._rings: dict[int, Bell] = {}
        self._deliveries: dict[int, int] = {}
        self._known: dict[str, float] = {}
        self._last = 0
        self.workers: list[tuple[Life, Answers]] = []

    def publisher(self, life: "Life") -> Publish:
        """Give what a process publishes with."""

        async def publish(bell: Bell, ring: str) -> None:
            life.go_on()
            await asyncio.sleep(self._world.draw.uniform(0, 0.05))
            if self._goes_astray(bell, "is not reached"):
                raise Unrung("the broker does not answer")
            self._keep(bell, ring)
            if self._goes_astray(bell, "does not confirm"):
                raise Unrung("the broker did not confirm")

        return publish

    def _goes_astray(self, bell: Bell, how: str) -> bool:
        astray = self._world.strikes(self._world.plan.astray / 4)
        if astray:
            self._world.excuse(f"the broker {how}", bell.message)
            self._world.tell("broker", how, bell.message)
        return astray

    def _keep(self, bell: Bell, ring: str) -> None:
        if self._world.time - self._known.get(ring, -SAME_RING_SECONDS) < SAME_RING_SECONDS:
            return
        self._known[ring] = self._world.time
        astray = (
            self._world.draw.choice(("lost", "late", "twice")) if self._world.strikes(self._world.plan.astray) else ""
        )
        self._world.tell("broker", bell.message, astray)
        if astray == "lost":
            self._world.excuse("the broker lost a ring", bell.message)
            return
        for _ in range(2 if astray == "twice" else 1):
            self._last += 1
            self._rings[self._last] = bell
            late = self._world.draw.uniform(1, 60) if astray == "late" else self._world.draw.uniform(0, 0.05)
            if astray == "late":
                self._world.excuse("the broker was late", bell.message, until=self._world.time + late)
            asyncio.get_running_loop().call_later(late, self._bring, self._last)

    def _bring(self, number: int) -> None:
        """Bring a ring to a worker, as long as it is not answered."""
        if number not in self._rings:
            return
        alive = [worker for worker in self.workers if worker[0].alive]
        if not alive:
            asyncio.get_running_loop().call_later(1.0, self._bring, number)
            return
        life, answers = self._world.draw.choice(alive)
        self._deliveries[number] = self._deliveries.get(number, 0) + 1
        life.begin(self._answered(number, self._rings[number], life, answers))

    async def _answered(self, number: int, bell: Bell, life: "Life", answers: Answers) -> None:
        """Wait for a worker's answer: the ring is gone for good, or brought again; one that lives is waited for."""
        loop = asyncio.get_running_loop()

        def look_after() -> None:
            if not life.alive:
                self._bring(number)
            elif not answered:
                loop.call_later(ACK_SECONDS, look_after)

        answered = False
        loop.call_later(ACK_SECONDS, look_after)
        try:
            answer = await answers(bell, self._deliveries[number])
            answered = True
        finally:
            if not answered:
                self._world.excuse("a worker died with a ring", bell.message)
        self._world.tell("broker", number, type(answer).__name__)
        if not isinstance(answer, Done):
            life.leave(answer.fault)
        if isinstance(answer, Later):
            loop.call_later(answer.seconds, self._bring, number)
        else:
            self._rings.pop(number, None)

    def wipe(self) -> None:
        """Lose everything."""
        for bell in self._rings.values():
            self._world.excuse("the broker lost its disk", bell.message)
        self._world.tell("broker wiped", len(self._rings))
        self._rings.clear()
        self._known.clear()
