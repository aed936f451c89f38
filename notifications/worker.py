"""Delivers until it is told to stop: woken by every commit of any process, and by every tick in case it was not."""

from collections.abc import Callable
from threading import Event, Thread

from safety.journal import Journal, Unavailable

LISTEN_SECONDS = 0.5
"""How long listening goes on before it looks whether it should stop."""


class Worker:
    """One loop that pays what is owed; whatever wakes it changes when, never whether."""

    def __init__(self, journal: Journal, deliver: Callable[[], object]) -> None:
        """`deliver` pays once what is owed; what it cannot pay it leaves to the next time."""
        self._journal = journal
        self._deliver = deliver
        self._bell = Event()
        self._stopping = Event()

    def wake(self) -> None:
        """Look what is owed, now."""
        self._bell.set()

    def stop(self) -> None:
        """Finish what is under way and come to an end; it may be called from a signal handler."""
        self._stopping.set()
        self._bell.set()

    def run(self) -> None:
        """Deliver until told to stop."""
        listener = Thread(target=self._listen)
        listener.start()
        try:
            while self._bell.wait() and not self._stopping.is_set():
                self._bell.clear()
                self._deliver()
        finally:
            self.stop()
            listener.join()

    def _listen(self) -> None:
        """Wake at every commit; where the log cannot be asked, the ticks go on alone until it can."""
        position = 0
        while not self._stopping.is_set():
            try:
                head = self._journal.wait(position, LISTEN_SECONDS)
            except Unavailable:
                self._stopping.wait(LISTEN_SECONDS)
                continue
            if head > position:
                position = head
                self.wake()
