"""Who waits for the log's turn at the same time shares one turn and one commit; each keeps its own outcome."""

from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import Lock
from typing import Any, TypeVar

from safety.journal.turn import Turn, Unavailable, Unconfirmed, unconfirmed

MOST_IN_ONE_TURN = 256

R = TypeVar("R")


class _Waiting:
    """One piece of work that waits for a turn, and what came of it."""

    __slots__ = ("called", "error", "over", "value", "work")

    def __init__(self, work: Callable[[Turn], Any]) -> None:
        self.work = work
        # A bare lock that its owner waits for: an Event is the same thing made of three objects, and shows in the figures.
        self.called = Lock()
        self.called.acquire()
        self.over = False
        self.value: Any = None
        self.error: BaseException | None = None


class Turns:
    """Lets who waits at the same time into one turn.

    The first to come leads: it runs its own work and that of all who wait, commits, and hands on. A lone caller pays no
    second thread. Work must not ask for another turn of the same log: it would wait for itself.
    """

    def __init__(self, take: Callable[[], AbstractContextManager[Turn]]) -> None:
        """Take turns by entering what `take` gives: leaving it commits, an exception undoes the whole turn."""
        self._take = take
        self._door = Lock()
        self._queue: deque[_Waiting] = deque()
        self._led = False

    def run(self, work: Callable[[Turn], R]) -> R:
        """Run work in a turn and give its answer once it is durable.

        Raises whatever the work raises, and Unavailable when the turn could not be taken or committed.
        """
        waiting = _Waiting(work)
        with self._door:
            self._queue.append(waiting)
            leads, self._led = not self._led, True
        if not leads:
            self._wait(waiting)
        if not waiting.over:
            self._lead()
        if waiting.error is not None:
            raise waiting.error
        value: R = waiting.value
        return value

    def _wait(self, waiting: _Waiting) -> None:
        try:
            waiting.called.acquire()
        except BaseException:
            # Ctrl-C: whoever leaves must not take the lead with it, or everybody behind would wait for ever.
            with self._door:
                if waiting in self._queue:
                    self._queue.remove(waiting)
                    if waiting.called.acquire(blocking=False):
                        self._hand_on()
            raise

    def _hand_on(self) -> None:
        self._led = bool(self._queue)
        if self._led:
            self._queue[0].called.release()

    def _lead(self) -> None:
        with self._door:
            batch = [self._queue.popleft() for _ in range(min(len(self._queue), MOST_IN_ONE_TURN))]
        try:
            self._share(batch)
        finally:
            with self._door:
                self._hand_on()
            for waiting in batch:
                waiting.over = True
                waiting.called.release()

    def _share(self, batch: list[_Waiting]) -> None:
        try:
            with self._take() as turn:
                if len(batch) == 1:
                    batch[0].value = batch[0].work(turn)
                else:
                    self._run_apart(turn, batch)
            turn.landed = True
        except BaseException as fault:
            # The turn is undone as a whole, so everybody in it hears of it; an interrupt is the leader's own to hear.
            interrupted = not isinstance(fault, Exception)
            heard = Unconfirmed(unconfirmed("the program was interrupted")) if interrupted else fault
            for waiting in batch:
                waiting.error = waiting.error or heard
            if interrupted:
                raise

    @staticmethod
    def _run_apart(turn: Turn, batch: list[_Waiting]) -> None:
        for waiting in batch:
            try:
                with turn.attempt():
                    waiting.value = waiting.work(turn)
            except Unavailable:
                raise
            except Exception as fault:  # noqa: BLE001, one refusal must not undo the others: it is its caller's to hear
                waiting.error = fault
