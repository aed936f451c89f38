"""The states of streams, folded from the log and kept for as long as the log says that they still hold."""

from collections import OrderedDict
from collections.abc import Iterable
from typing import TypeVar

from safety.aggregates.deciding import NOTHING, Form, StreamState, fold
from safety.journal.codec import decode
from safety.journal.row import Stored
from safety.journal.turn import Head, Turn

MOST_KEPT = 4_096

S = TypeVar("S")


def folded(rows: Iterable[Stored], onto: StreamState = NOTHING) -> StreamState:
    """Fold stored rows onto a state."""
    for row in rows:
        onto = fold(onto, decode(row).event)
    return onto


class KnownStates:
    """What this process knows of streams; only ever used by whoever holds the log's turn."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._kept: OrderedDict[str, StreamState] = OrderedDict()
        self._head = Head(0, 0)
        self._turn: Turn | None = None

    def reading(self, turn: Turn) -> "Reading":
        """Open the states for one decision, after dropping what others have changed since."""
        if turn is not self._turn and self._turn is not None and self._turn.doubtful:
            # What we know of it may not have come to be, and something else may stand at its positions by now.
            self._kept.clear()
            self._head = Head(0, 0)
        self._turn = turn
        if turn.head != self._head:
            self._catch_up(turn)
        return Reading(self, turn)

    def _catch_up(self, turn: Turn) -> None:
        # A log restored from a backup leaves us with a head that the log does not have.
        if turn.recorded_at(self._head.position) == self._head.recorded_at:
            for stream in turn.moved_since(self._head.position):
                self._kept.pop(stream, None)
        else:
            self._kept.clear()
        self._head = turn.head

    def find(self, stream: str, turn: Turn) -> StreamState:
        """Give a stream's state, from memory or from the log."""
        state = self._kept.get(stream)
        if state is None:
            state = folded(turn.stream(stream))
        turn.known.setdefault(stream, state.version)
        self._keep(stream, state)
        return state

    def landed(self, states: dict[str, StreamState], head: Head) -> None:
        """Keep what a decision made of its streams."""
        for stream, state in states.items():
            self._keep(stream, state)
        self._head = head

    def _keep(self, stream: str, state: StreamState) -> None:
        self._kept[stream] = state
        self._kept.move_to_end(stream)
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)


class Reading:
    """The states as one decision sees them: its own events are in them as soon as it has folded them."""

    def __init__(self, known: KnownStates, turn: Turn) -> None:
        """Read through the turn."""
        self._known = known
        self._turn = turn
        self._read: dict[str, StreamState] = {}
        self.changed: dict[str, StreamState] = {}

    def state(self, stream: str) -> StreamState:
        """Give a stream's whole state."""
        found = self._read.get(stream)
        if found is None:
            found = self._read[stream] = self._known.find(stream, self._turn)
        return found

    def __call__(self, stream: str, of: type[S]) -> S:
        """Give one slice of a stream's state."""
        return self.state(stream).slice(of)

    def take(self, happened: Form) -> tuple[StreamState, StreamState]:
        """Fold an event of this decision into its stream; give the state before and after it."""
        before = self.state(happened.stream)
        after = self._read[happened.stream] = self.changed[happened.stream] = fold(before, happened)
        return before, after
