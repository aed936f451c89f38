"""What a journal is, whichever database holds it: turns to write in, pages to read, a bell for who waits."""

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from threading import Condition
from time import monotonic

from safety.journal.codec import Recorded, decode
from safety.journal.row import Stored
from safety.journal.sharing import Turns
from safety.journal.turn import Command, Decision, Head, Turn, Unavailable

FORMAT = 1
"""The layout of the log; a home with a higher number was made by a newer version of the program."""

PAGE = 2_000


class Newer(Exception):
    """The log was made by a newer version of the program; install that version."""


class Bell:
    """Wakes the threads of this process that wait for the log to grow."""

    def __init__(self) -> None:
        """Nobody waits yet."""
        self._condition = Condition()
        self.rung = 0

    def ring(self) -> None:
        """Wake who waits."""
        with self._condition:
            self.rung += 1
            self._condition.notify_all()

    def wait(self, heard: int, seconds: float) -> None:
        """Sleep until it has rung more often than `heard`, at most so many seconds."""
        with self._condition:
            self._condition.wait_for(lambda: self.rung != heard, seconds)


SOON_SECONDS = 3
"""So long is waited for a turn by who only asks whether there is one; a long import holds it for less."""


class Journal(ABC):
    """The only door to the log."""

    LOOK_SECONDS: float
    """How often a waiting reader looks for itself, in case a bell was not heard."""

    def __init__(self, clock: Callable[[], int]) -> None:
        """Hand in the clock: microseconds from 1970 UTC."""
        self._clock = clock
        self._bell = Bell()
        self.turns = Turns(self.turn)

    @abstractmethod
    def turn(self) -> AbstractContextManager[Turn]:
        """Take the log's turn; leaving it commits, an exception undoes everything. Raises Unavailable."""

    @abstractmethod
    def check_writable(self) -> None:
        """Take the turn and leave it without a word; raises Unavailable where it does not come soon, or nothing can be written."""

    @abstractmethod
    def head(self) -> Head:
        """Give the last position and its time."""

    @abstractmethod
    def page(self, after: int, upto: int, limit: int, prefix: str = "") -> list[Stored]:
        """Read rows with `after` < position <= `upto`, in order, at most `limit`, of streams that begin with `prefix`."""

    @abstractmethod
    def stream(self, name: str) -> list[Stored]:
        """Read one stream's rows in order."""

    @abstractmethod
    def versions(self, upto: int) -> dict[str, int]:
        """Give the version every stream had at a position."""

    @abstractmethod
    def recorded_at(self, position: int) -> int | None:
        """When a position was recorded, in microseconds; None where there is none."""

    @abstractmethod
    def commands(self, after: int, upto: int) -> Iterator[Command]:
        """Give the commands that claim `after` < position <= `upto`, in the order of their first position."""

    @abstractmethod
    def close(self) -> None:
        """Let go of every connection."""

    def position_at(self, recorded_at: int) -> int:
        """Give the last position recorded at or before a time in microseconds; 0 before the first.

        Times rise with positions, so a search by halves needs no index that every append would have to keep.
        """
        return bisect_right(range(1, self.head().position + 1), recorded_at, key=self._recorded_at)

    def _recorded_at(self, position: int) -> int:
        found = self.recorded_at(position)
        if found is None:
            raise Unavailable(f"position {position} is missing from the log; run `vigilog verify`")
        return found

    def append(self, decision: Decision) -> range:
        """Put a ready decision into the log, sharing a turn with who waits; raises Conflict, Repeated, Unavailable."""
        return self.turns.run(lambda turn: turn.append(decision))

    def wait(self, after: int, timeout: float) -> int:
        """Sleep until the head is beyond `after` or `timeout` seconds are over; give the head's position."""
        until = monotonic() + timeout
        self._listen()
        while True:
            heard = self._bell.rung
            position = self.head().position
            left = until - monotonic()
            if position > after or left <= 0:
                return position
            self._bell.wait(heard, min(left, self.LOOK_SECONDS))

    @abstractmethod
    def _listen(self) -> None:
        """Make other processes ring the bell here, where the database can."""

    def rows(self, after: int = 0, upto: int | None = None, prefix: str = "") -> Iterator[Stored]:
        """Read rows page by page; of a growing log, up to the head as it was at the start."""
        last = self.head().position if upto is None else upto
        while page := self.page(after, last, PAGE, prefix):
            yield from page
            if len(page) < PAGE:
                return
            after = page[-1].position

    def read(self, after: int = 0, upto: int | None = None, prefix: str = "") -> Iterator[Recorded]:
        """Read events, validated."""
        return map(decode, self.rows(after, upto, prefix))
