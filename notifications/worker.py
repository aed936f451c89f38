"""Delivers until it is told to stop: woken by every commit of any process, and by every tick in case it was not."""

from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from time import sleep

from safety.journal import Journal, Unavailable

LISTEN_SECONDS = 0.5
"""How long listening goes on before it looks whether it should stop."""


class Worker:
    """One loop that pays what is owed; whatever wakes it changes when, never whether."""

    def __init__(self, journal: Journal, deliver: Callable[[], object]) -> None:
        """`deliver` pays once what is owed; what it cannot pay it leaves to the next time."""
        self._journal = journal
        self._deliver = deliver
        # A signal handler may put into it at any moment; setting an Event there could wait for ever for its own thread.
        self._rings: SimpleQueue[None] = SimpleQueue()
        self._stopping = False

    def wake(self) -> None:
        """Look what is owed, now."""
        self._rings.put(None)

    def stop(self) -> None:
        """Finish what is under way and come to an end; it may be called from a signal handler."""
        self._stopping = True
        self._rings.put(None)

    def run(self) -> None:
        """Deliver until told to stop."""
        listener = Thread(target=self._listen)
        listener.start()
        try:
            while self._rung():
                self._deliver()
        finally:
            self._stopping = True
            listener.join()

    def _rung(self) -> bool:
        """Wait for a ring, take however many came as one, and say whether to go on."""
        self._rings.get()
        while not self._rings.empty():
            self._rings.get()
        return not self._stopping

    def _listen(self) -> None:
        """Wake at every commit; where the log cannot be asked, the ticks go on alone until it can."""
        position = 0
        while not self._stopping:
            try:
                head = self._journal.wait(position, LISTEN_SECONDS)
            except Unavailable:
                sleep(LISTEN_SECONDS)
                continue
            if head > position:
                position = head
                self.wake()
