"""The moment a view is asked about: what the log held at a position, and of that what had happened by a time."""

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import true
from sqlalchemy.sql import ColumnElement, FromClause

from safety.values import iso, moment


@dataclass(frozen=True, slots=True)
class At:
    """A position of the log and, optionally, the last second (local, from 0001-01-01, as in `values.span`) that counts.

    Now is the position of the log's head: it is the same query.
    """

    position: int
    happened_by: int | None = None

    def stands(self, table: FromClause) -> ColumnElement[bool]:
        """Choose of each row the version that was true at the position."""
        return (table.c.from_position <= self.position) & (table.c.to_position > self.position)

    def happened(self, low: ColumnElement[int]) -> ColumnElement[bool]:
        """Choose what had begun by then; what cannot be decided counts as happened."""
        if self.happened_by is None:
            return true()
        return (low <= self.happened_by) | low.is_(None)


BELOW_A_SECOND = re.compile(r"(?<=T\d\d:\d\d:\d\d)\.\d+(?=Z|[+-]\d\d:\d\d)")


def to_the_second(text: str) -> str:
    """Write the instants of a text to the second: what lies below it orders the log, and tells people nothing."""
    return BELOW_A_SECOND.sub("", text)


def second(at: datetime) -> str:
    """Write an instant to the second, as the sentences of the log name it."""
    return at.isoformat(timespec="seconds")


def utc(microseconds: int | None) -> str | None:
    """Write a time of the log as ISO 8601 in UTC."""
    return None if microseconds is None else iso(moment(microseconds))
