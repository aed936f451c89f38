"""The moment a view is asked about: what the log held at a position, and of that what had happened by a time."""

from dataclasses import dataclass

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


def utc(microseconds: int | None) -> str | None:
    """Write a time of the log as ISO 8601 in UTC."""
    return None if microseconds is None else iso(moment(microseconds))
