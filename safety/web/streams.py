"""A stream of the log up to the moment that is looked at: its rows, its events, and what it had come to."""

from collections.abc import Iterator

from safety.aggregates.deciding import StreamState
from safety.journal import Recorded, Stored, decode
from safety.journal.states import folded
from safety.web.asking import Asked


def rows_of(ask: Asked, stream: str) -> list[Stored]:
    """Give the rows in order."""
    return [row for row in ask.home.journal.stream(stream) if row.position <= ask.at.position]


def events_of(ask: Asked, stream: str) -> Iterator[Recorded]:
    """Give the events in order."""
    return map(decode, rows_of(ask, stream))


def state_of(ask: Asked, stream: str) -> StreamState:
    """Give the state that they come to."""
    return folded(rows_of(ask, stream))
