"""A turn of the log: while it lasts nobody else decides, and all that was decided in it lands with one commit."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from safety.journal.row import NewEvent, Stored


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


class Unconfirmed(Unavailable):
    """A commit was sent and its answer did not come: the one case in which nobody knows what was stored."""

    def named(self, command_id: str) -> "Unconfirmed":
        """Say under which id the command is to be sent again; whoever left it out does not know it."""
        return Unconfirmed(f"{self}; its command id is {command_id}")


def unconfirmed(why: str) -> str:
    """Say what to do where a commit was not confirmed."""
    return f"the log did not confirm: {why}; send the same command again, its id keeps it from being stored twice"


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


class Command(NamedTuple):
    """A row of the command table; a command that changed nothing ends one position before it begins."""

    command_id: str
    digest: str
    first_position: int
    last_position: int


class Turn(ABC):
    """The log while it is ours: what it held when the turn began, and after that what was appended in the turn.

    What is appended stays in memory until the turn ends, so an attempt is undone by forgetting it.
    """

    def __init__(self, head: Head, clock: Callable[[], int]) -> None:
        """Take the head as the turn found it; `clock` gives microseconds from 1970 UTC."""
        self.head = head
        self.landed = False
        self._found = head
        self._clock = clock
        self._rows: list[Stored] = []
        self._by_stream: dict[str, list[Stored]] = {}
        self._commands: dict[str, Command] = {}
        self._redacts: list[int] = []
        self._new_command: str | None = None
        self.known: dict[str, int] = {}
        """Versions of streams that were found to hold before anything was appended; nobody else moves them meanwhile."""

    @abstractmethod
    def _stream(self, name: str, after: int) -> list[Stored]:
        """Read a stream's rows with a version above `after`."""

    @abstractmethod
    def _moved_since(self, position: int) -> set[str]:
        """Name the streams that have events after a position."""

    @abstractmethod
    def _recorded_at(self, position: int) -> int | None:
        """When a position was recorded; None where there is none."""

    @abstractmethod
    def _command(self, command_id: str) -> Command | None:
        """Find a command."""

    @abstractmethod
    def _versions(self, streams: Sequence[str]) -> Mapping[str, int]:
        """Give the version of streams; those without events are left out."""

    @abstractmethod
    def _write(self, rows: Sequence[Stored], commands: Collection[Command], redacts: Sequence[int]) -> None:
        """Insert rows and commands and empty what is redacted."""

    @property
    def doubtful(self) -> bool:
        """Of a turn that is over: whether something was appended in it that may never have come to be."""
        return not self.landed and self.head != self._found

    def stream(self, name: str, after: int = 0) -> list[Stored]:
        """Read a stream's rows with a version above `after`."""
        appended = self._by_stream.get(name, ())
        return self._stream(name, after) + [row for row in appended if row.version > after]

    def moved_since(self, position: int) -> set[str]:
        """Name the streams that have events after a position."""
        return self._moved_since(position) | {row.stream for row in self._rows if row.position > position}

    def recorded_at(self, position: int) -> int | None:
        """When a position was recorded; None where there is none."""
        if self._found.position < position <= self.head.position:
            return self._rows[position - self._found.position - 1].recorded_at
        return self._recorded_at(position)

    def decided_before(self, command_id: str) -> Repeated | None:
        """Say whether a command id is in the log, and as what; not raised, so that the caller may choose the moment."""
        found = self._commands.get(command_id) or self._command(command_id)
        if found is None:
            self._new_command = command_id
            return None
        return Repeated(range(found.first_position, found.last_position + 1), found.digest)

    def append(self, decision: Decision, *, dense: bool = True) -> range:
        """Put a decision into the log and give its positions; it lands when the turn ends.

        With `dense` each version has to be the next of its stream, else only a higher one: so the library asks.

        Raises:
            Repeated: the command id is in the log.
            Conflict: a stream has moved since it was read, or a version is not what it has to be.

        """
        # Nobody else writes during the turn: what was looked up once in it still holds.
        if (
            decision.command_id != self._new_command
            and (before := self.decided_before(decision.command_id)) is not None
        ):
            raise before
        self._check(decision, dense=dense)
        first = self.head.position + 1
        last = self.head.position + len(decision.writes)
        recorded_at = max(self.head.recorded_at + 1, self._clock())
        for position, new in enumerate(decision.writes, first):
            self._keep(Stored(position, *new, recorded_at))
        self._commands[decision.command_id] = Command(decision.command_id, decision.digest, first, last)
        self._redacts += decision.redacts
        self._new_command = None
        if decision.writes:
            self.head = Head(last, recorded_at)
        return range(first, last + 1)

    def _check(self, decision: Decision, *, dense: bool) -> None:
        asked = dict.fromkeys([*decision.reads, *(new.stream for new in decision.writes)])
        at = {name: rows[-1].version for name in asked if (rows := self._by_stream.get(name))}
        at.update({name: self.known[name] for name in asked if name not in at and name in self.known})
        at.update(self._versions([name for name in asked if name not in at]))
        for stream, version in decision.reads.items():
            if at.get(stream, 0) != version:
                raise Conflict(f"{stream} was read at version {version} and is at {at.get(stream, 0)}")
        for new in decision.writes:
            fits = new.version == at.get(new.stream, 0) + 1 if dense else new.version > at.get(new.stream, -1)
            if not fits:
                raise Conflict(f"{new.stream} is at version {at.get(new.stream, 0)}, so {new.version} is not its next")
            at[new.stream] = new.version

    def _keep(self, row: Stored) -> None:
        self._rows.append(row)
        self._by_stream.setdefault(row.stream, []).append(row)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Undo what was appended inside, and only that, when it raises."""
        head, rows, commands, redacts = self.head, len(self._rows), len(self._commands), len(self._redacts)
        try:
            yield
        except BaseException:
            self.head = head
            kept = self._rows[:rows]
            self._rows, self._by_stream = [], {}
            for row in kept:
                self._keep(row)
            self._commands = dict(list(self._commands.items())[:commands])
            del self._redacts[redacts:]
            raise

    def land(self) -> None:
        """Write down what was appended: the last thing before the commit."""
        if self._commands:
            self._write(self._rows, self._commands.values(), self._redacts)
