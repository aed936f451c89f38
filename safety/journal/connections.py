"""Connections to one database, kept between uses; a broken one takes the idle ones with it, so the next use starts afresh."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import BoundedSemaphore
from typing import Generic, Protocol, TypeVar

from safety.journal.turn import Unavailable

MOST = 16
"""How many threads may use the log at the same moment; more wait."""


class Closable(Protocol):
    """What is asked of a connection here."""

    def close(self) -> object:
        """Let go of the database."""
        ...


C = TypeVar("C", bound=Closable)


class Connections(Generic[C]):
    """Lends a connection to a thread at a time; one is opened where none is idle, and its fault is the caller's to hear.

    The libraries' own pools were tried: eventsourcing's holds up readers while a writer waits, psycopg's turns "password
    refused" into a timeout of half a minute.
    """

    def __init__(self, connect: Callable[[], C], sound: Callable[[C], bool], seconds: float) -> None:
        """`sound` says whether a returned connection can be lent again; `seconds` is how long a thread waits for one."""
        self._connect = connect
        self._sound = sound
        self._seconds = seconds
        self._idle: deque[C] = deque()
        self._room = BoundedSemaphore(MOST)
        self._closed = False

    @contextmanager
    def one(self) -> Iterator[C]:
        """Lend a connection; raises Unavailable when all are in use for too long, and whatever opening one raises."""
        if self._closed:
            raise Unavailable("the log is closed")
        if not self._room.acquire(timeout=self._seconds):
            raise Unavailable(f"the log is busy: all {MOST} connections are in use; nothing was stored, try again")
        try:
            connection = self._lend()
            try:
                yield connection
            finally:
                self._take_back(connection)
        finally:
            self._room.release()

    def _lend(self) -> C:
        with suppress(IndexError):
            return self._idle.pop()
        return self._connect()

    def _take_back(self, connection: C) -> None:
        if self._sound(connection) and not self._closed:
            self._idle.append(connection)
            return
        connection.close()
        self._close_idle()

    def _close_idle(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def close(self) -> None:
        """Close what is idle now, and what is in use when it comes back."""
        self._closed = True
        self._close_idle()
