"""Rings: made once a span and message, again while it is not done, seen to here where the broker fails; and what answers one."""

import asyncio
from collections.abc import Sequence

import pytest

from notifications.dispatcher import InProcess
from notifications.doorbell import (
    AGAIN_SECONDS,
    MOST_DELIVERIES,
    Alongside,
    Done,
    Later,
    LetGo,
    ThroughBroker,
    Unrung,
    answered,
)
from notifications.handler import Delivered, Handler
from notifications.record import Bell

ONE, TWO, THREE = (Bell("T1", f"M-{number}") for number in (1, 2, 3))
SPAN = AGAIN_SECONDS * 1_000_000


class Publishing:
    """Takes rings, or fails at some messages."""

    def __init__(self, *fails: Bell, fault: Exception | None = None) -> None:
        self.rings: list[str] = []
        self._fails = fails
        self._fault = fault or Unrung("away")

    async def __call__(self, bell: Bell, ring_id: str) -> None:
        if bell in self._fails:
            raise self._fault
        self.rings.append(ring_id)


class Here:
    """What is rung for in this process."""

    def __init__(self) -> None:
        self.bells: list[Bell] = []

    async def ring(self, bells: Sequence[Bell]) -> list[Delivered]:
        self.bells += bells
        return [Delivered(bell.message, "ONE", "maildir", None) for bell in bells]


def test_a_message_is_rung_for_once_a_span_and_again_while_it_is_not_done() -> None:
    now, publishing, here = [10 * SPAN], Publishing(), Here()
    doorbell = ThroughBroker(publishing, here, lambda: now[0])
    for bells in ([ONE], [ONE, TWO], [ONE, TWO]):
        assert asyncio.run(doorbell.ring(bells)) == []
    assert publishing.rings == ["M-1.10", "M-2.10"]
    now[0] += SPAN
    asyncio.run(doorbell.ring([TWO]))
    asyncio.run(doorbell.ring([ONE, TWO]))
    assert publishing.rings[2:] == ["M-2.11", "M-1.11"]
    assert here.bells == []


def test_what_cannot_be_rung_for_is_handled_here_and_rung_for_again() -> None:
    publishing, here = Publishing(TWO), Here()
    doorbell = ThroughBroker(publishing, here, lambda: SPAN)
    assert [one.message for one in asyncio.run(doorbell.ring([ONE, TWO, THREE]))] == ["M-2"]
    assert publishing.rings == ["M-1.1", "M-3.1"]
    asyncio.run(doorbell.ring([ONE, TWO, THREE]))
    assert here.bells == [TWO, TWO]


def test_a_fault_of_the_program_is_not_taken_for_one_of_the_broker() -> None:
    with pytest.raises(ZeroDivisionError):
        asyncio.run(ThroughBroker(Publishing(ONE, fault=ZeroDivisionError()), Here(), lambda: SPAN).ring([ONE]))


class Handling(Handler):
    """A handler that does as it is told."""

    def __init__(self, *faults: Exception) -> None:
        self.faults = list(faults)
        self.handled: list[Bell] = []

    async def handle(self, bell: Bell, *, at_once: bool = False) -> list[Delivered]:  # noqa: ARG002, the signature of a handler
        self.handled.append(bell)
        if self.faults:
            raise self.faults.pop(0)
        return [Delivered(bell.message, "ONE", "maildir", None)]


@pytest.mark.parametrize(("deliveries", "seconds"), [(1, 1.0), (2, 2.0), (3, 4.0), (4, 8.0)])
def test_a_ring_that_broke_off_comes_again_later(deliveries: int, seconds: float) -> None:
    fault = OSError()
    assert asyncio.run(answered(Handling(fault), ONE, deliveries)) == Later(seconds, fault)


def test_a_ring_that_breaks_off_again_and_again_is_let_go() -> None:
    fault = OSError()
    assert asyncio.run(answered(Handling(fault), ONE, MOST_DELIVERIES)) == LetGo(fault)
    assert asyncio.run(answered(Handling(), ONE, MOST_DELIVERIES)) == Done([Delivered("M-1", "ONE", "maildir", None)])


class Hanging(Handling):
    """A handler that hangs at one message until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = asyncio.Event()

    async def handle(self, bell: Bell, *, at_once: bool = False) -> list[Delivered]:
        if bell == ONE:
            self.handled.append(bell)
            await self.let_go.wait()
            return [Delivered(bell.message, "ONE", "smtp", "TIMEOUTERROR")]
        return await super().handle(bell, at_once=at_once)


def test_one_message_that_hangs_holds_up_neither_the_others_nor_the_next_sweep() -> None:
    told, faults = list[Delivered](), list[Exception]()

    async def run() -> Hanging:
        handling = Hanging()
        alongside = Alongside(handling, told.extend, faults.append)
        for bells in ([ONE, TWO], [ONE, THREE]):
            assert await alongside.ring(bells) == []
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        assert handling.handled == [ONE, TWO, THREE]
        assert [one.message for one in told] == ["M-2", "M-3"]
        handling.let_go.set()
        await alongside.rest(5)
        await alongside.ring([ONE])
        await alongside.rest(5)
        return handling

    assert asyncio.run(run()).handled == [ONE, TWO, THREE, ONE]
    assert [one.message for one in told] == ["M-2", "M-3", "M-1", "M-1"]
    assert faults == []


def test_a_message_that_hangs_when_all_comes_to_an_end_is_left_to_its_lease() -> None:
    told, faults = list[Delivered](), list[Exception]()

    async def run() -> None:
        alongside = Alongside(Hanging(), told.extend, faults.append)
        await alongside.ring([ONE])
        await asyncio.sleep(0)
        await alongside.rest(0.01)
        await alongside.rest(0.01)

    asyncio.run(run())
    assert (told, faults) == ([], [])


def test_a_message_that_breaks_off_beside_others_is_told_and_rung_for_again() -> None:
    told, faults, fault = list[Delivered](), list[Exception](), OSError("first")

    async def run() -> None:
        alongside = Alongside(Handling(fault), told.extend, faults.append)
        for _ in range(2):
            await alongside.ring([ONE])
            await alongside.rest(5)

    asyncio.run(run())
    assert ([one.message for one in told], faults) == (["M-1"], [fault])


def test_one_message_that_breaks_off_holds_no_other_up() -> None:
    handling = Handling(OSError("first"))
    with pytest.raises(OSError, match="first"):
        asyncio.run(InProcess(handling).ring([ONE, TWO, THREE]))
    assert sorted(handling.handled) == [ONE, TWO, THREE]
