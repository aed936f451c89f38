"""A turn of the log: while it lasts nobody else decides, and all that was decided in it lands with one commit."""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Any, NamedTuple, TypeVar

from safety.journal.row import NewEvent, Stored

MOST_IN_ONE_TURN = 256

R = TypeVar("R")


class Conflict(Exception):
    """A stream that the decision read has moved since; read again and decide again."""


class Repeated(Exception):
    """This command id is in the log already; `positions` says where, `digest` what was asked for."""

    def __init__(self, positions: range, digest: str) -> None:
        """Keep what the first one did."""
        where = f", at positions {positions[0]} to {positions[-1]}" if positions else " and changed nothing"
        super().__init__(f"the command was decided before{where}")
        self.positions = positions
        self.digest = digest


class Unavailable(Exception):
    """The machine refused: the disk is full, the log is locked or read-only, the server is away.

    Nothing was stored, unless the text says that a commit was not confirmed: then the same command id tells.
    """


def unconfirmed(fault: Exception) -> str:
    """Say that a commit was sent and its answer did not come: the one case in which nobody knows what was stored."""
    said = str(fault).partition("\n")[0]
    return f"the log did not confirm: {said}; send the same command again, its id keeps it from being stored twice"


class Head(NamedTuple):
    """The last position of the log and when it was recorded; (0, 0) of an empty log."""

    position: int
    recorded_at: int


@dataclass(frozen=True, slots=True)
class Decision:
    """What one act writes, all or nothing, in one `recorded_at`.

    `writes` carry their stream versions, each one more than the last, which is a guard in itself; `reads` guards the streams
    that were only read, by the version they were read at (needed where it was decided outside the turn). `redacts` are
    positions whose sealed text goes.
    """

    writes: Sequence[NewEvent]
    command_id: str
    digest: str
    reads: Mapping[str, int] = field(default_factory=dict)
    redacts: tuple[int, ...] = ()


class Turn(ABC):
    """The log while it is ours."""

    def __init__(self, head: Head, clock: Callable[[], int]) -> None:
        """Take the head as the turn found it; `clock` gives microseconds from 1970 UTC."""
        self.head = head
        self._clock = clock
        self._new_command: str | None = None

    @abstractmethod
    def stream(self, name: str, after: int = 0) -> list[Stored]:
        """Read a stream's rows with a version above `after`."""

    @abstractmethod
    def moved_since(self, position: int) -> set[str]:
        """Name the streams that have events after a position."""

    @abstractmethod
    def recorded_at(self, position: int) -> int | None:
        """When a position was recorded; None where there is none."""

    @abstractmethod
    def attempt(self) -> AbstractContextManager[None]:
        """Undo what was appended inside, and only that, when it raises."""

    @abstractmethod
    def _decided_before(self, command_id: str) -> tuple[str, int, int] | None:
        """Find a command's digest, first and last position."""

    @abstractmethod
    def _versions(self, streams: Sequence[str]) -> dict[str, int]:
        """Give the present version of streams; those without events may be left out."""

    @abstractmethod
    def _write(self, rows: Sequence[Stored], command: tuple[str, str, int, int], redacts: Sequence[int]) -> None:
        """Insert the rows and the command and empty what is redacted; raises Conflict when a version is taken."""

    def decided_before(self, command_id: str) -> Repeated | None:
        """Say whether a command id is in the log, and as what; not raised, so that the caller may choose the moment."""
        found = self._decided_before(command_id)
        if found is None:
            self._new_command = command_id
            return None
        return Repeated(range(found[1], found[2] + 1), found[0])

    def append(self, decision: Decision) -> range:
        """Put a decision into the log and give its positions.

        Raises:
            Repeated: the command id is in the log.
            Conflict: a stream has moved since it was read, or a version is not the next of its stream.

        """
        # Nobody else writes during the turn: what was looked up once in it still holds.
        if decision.command_id != self._new_command and (before := self.decided_before(decision.command_id)) is not None:
            raise before
        self._check(decision)
        return self.place(decision)

    def place(self, decision: Decision) -> range:
        """Append without looking at versions first, as the library does: they need to be new, not dense."""
        first = self.head.position + 1
        last = self.head.position + len(decision.writes)
        recorded_at = max(self.head.recorded_at + 1, self._clock())
        rows = [Stored(first + i, *new, recorded_at) for i, new in enumerate(decision.writes)]
        self._write(rows, (decision.command_id, decision.digest, first, last), decision.redacts)
        self._new_command = None
        if rows:
            self.head = Head(last, recorded_at)
        return range(first, last + 1)

    def _check(self, decision: Decision) -> None:
        at = dict.fromkeys([*decision.reads, *(new.stream for new in decision.writes)], 0)
        at.update(self._versions(list(at)))
        for stream, version in decision.reads.items():
            if at[stream] != version:
                raise Conflict(f"{stream} was read at version {version} and is at {at[stream]}")
        for new in decision.writes:
            if new.version != at[new.stream] + 1:
                raise Conflict(f"{new.stream} is at version {at[new.stream]}, so {new.version} is not its next")
            at[new.stream] = new.version


class _Waiting:
    """One piece of work that waits for a turn, and what came of it."""

    __slots__ = ("called", "error", "over", "value", "work")

    def __init__(self, work: Callable[[Turn], Any]) -> None:
        self.work = work
        self.called = Event()
        self.over = False
        self.value: Any = None
        self.error: BaseException | None = None


class Turns:
    """Who waits at the same time shares one turn and one commit; each keeps its own outcome.

    The first to come leads: it runs its own work and that of all who wait, commits, and hands on. A lone caller pays no
    second thread.
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
            waiting.called.wait()
        if not waiting.over:
            self._lead()
        if waiting.error is not None:
            raise waiting.error
        value: R = waiting.value
        return value

    def _lead(self) -> None:
        with self._door:
            batch = [self._queue.popleft() for _ in range(min(len(self._queue), MOST_IN_ONE_TURN))]
        try:
            self._share(batch)
        finally:
            with self._door:
                following = self._queue[0] if self._queue else None
                self._led = following is not None
            for waiting in batch:
                waiting.over = True
                waiting.called.set()
            if following is not None:
                following.called.set()

    def _share(self, batch: list[_Waiting]) -> None:
        try:
            with self._take() as turn:
                if len(batch) == 1:
                    batch[0].value = batch[0].work(turn)
                else:
                    self._run_apart(turn, batch)
        except BaseException as fault:  # noqa: BLE001, the turn is undone as a whole: everybody in it must hear of it
            for waiting in batch:
                waiting.error = waiting.error or fault

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
