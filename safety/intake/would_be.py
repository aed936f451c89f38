"""The log as it would be after an import that is only tried: what stands, and after it what would be appended."""

from collections.abc import Iterator, Sequence
from itertools import chain

from safety.journal import Head, Journal, NewEvent, Recorded, Stored, decode


class WouldBe:
    """A log to fold views from; it is never written."""

    def __init__(self, journal: Journal, events: Sequence[NewEvent]) -> None:
        """Put the events after the journal's head."""
        self._journal = journal
        self._events = events
        self._head = journal.head()

    @property
    def differs(self) -> bool:
        """Say whether anything would be appended at all."""
        return bool(self._events)

    def head(self) -> Head:
        """Where the log would be."""
        return Head(self._head.position + len(self._events), self._head.recorded_at + 1)

    def recorded_at(self, position: int) -> int | None:
        """When a position was or would be recorded."""
        return self._journal.recorded_at(position) if position <= self._head.position else self.head().recorded_at

    def read(self, after: int = 0, upto: int | None = None, prefix: str = "") -> Iterator[Recorded]:
        """Read what stands and what would stand after it."""
        first = self._head.position + 1
        would_be = (Stored(first + i, *new, self._head.recorded_at + 1) for i, new in enumerate(self._events))
        later = (decode(row) for row in would_be if row.position > after and (upto is None or row.position <= upto))
        return chain(self._journal.read(after, min(upto or self._head.position, self._head.position), prefix), later)
