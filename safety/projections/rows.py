"""What a table of versioned rows is: a row is true from a position of the log until the next version of it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol, TypeVar

from sqlalchemy import BigInteger, Column, Index, MetaData, RowMapping, Table, Text
from sqlalchemy.sql import ColumnElement

from safety.aggregates.deciding import Form, variables

OPEN = 2**63 - 1
"""`to_position` of the version that is true now."""

METADATA = MetaData()
WORD = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that both databases compare byte by byte."""

Key = tuple[Any, ...]
Row = list[Any]
"""The values of a row in the order of its table's columns; the last two are its positions, from and to."""
Said = dict[str, Any]
"""What is said of a thing, by column."""


class Recorded(Protocol):
    """An event as the log gives it."""

    @property
    def position(self) -> int:
        """Its place in the log, from 1."""
        ...

    @property
    def stream(self) -> str:
        """The stream it belongs to."""
        ...

    @property
    def version(self) -> int:
        """Its place in its stream."""
        ...

    @property
    def topic(self) -> str:
        """What kind of event it is."""
        ...

    @property
    def event(self) -> Form:
        """What happened."""
        ...

    @property
    def meta(self) -> str:
        """Who decided it and when, as JSON."""
        ...

    @property
    def reason(self) -> str | None:
        """Why it was decided, in somebody's own words."""
        ...

    @property
    def recorded_at(self) -> int:
        """When the log took it: microseconds from 1970 UTC."""
        ...


class Log(Protocol):
    """What the views need of a log."""

    def head(self) -> tuple[int, int]:
        """Give the last position and when it was recorded; (0, 0) of an empty log."""
        ...

    def read(self, after: int = 0, upto: int | None = None, prefix: str = "") -> Iterator[Recorded]:
        """Read the events with `after` < position <= `upto` of the streams that begin with `prefix`, in order."""
        ...

    def recorded_at(self, position: int) -> int | None:
        """When a position was recorded; None where there is none."""
        ...


@dataclass(frozen=True, eq=False, slots=True)
class Versioned:
    """A table of versioned rows: what identifies a thing, and what is said of it."""

    table: Table
    name: str
    keys: tuple[str, ...]
    places: Mapping[str, int]
    """Where each column stands in a row."""
    blank: Row
    """A row without its key, before anything is said of the thing: marks at 0, all else None."""


def versioned(
    name: str,
    keys: Mapping[str, type],
    says: Mapping[str, type],
    **options: Any,  # noqa: ANN401, Table's own
) -> Versioned:
    """Define a table; a column is `str` for text, `int` for a whole number, `bool` for a mark that is 0 until it is 1."""

    def column(title: str, kind: type, *, key: bool = False) -> Column[Any]:
        return Column(
            title,
            WORD if kind is str else BigInteger(),
            primary_key=key,
            nullable=not key and kind is not bool,
            autoincrement=False,
        )

    table = Table(
        name,
        METADATA,
        *(column(title, kind, key=True) for title, kind in keys.items()),
        *(column(title, kind) for title, kind in says.items()),
        column("from_position", int, key=True),
        Column("to_position", BigInteger, nullable=False),
        **options,
    )
    places = {column.name: place for place, column in enumerate(table.columns)}
    blank = [0 if kind is bool else None for kind in says.values()]
    return Versioned(table, name, tuple(keys), places, [*blank, 0, OPEN])


def only_open(of: Versioned, name: str, *columns: str, where: ColumnElement[bool] | None = None) -> None:
    """Index the rows that are true now, for the screens that show what is open."""
    condition = of.table.c.to_position == OPEN
    if where is not None:
        condition &= where
    found = [of.table.c[column] for column in columns]
    Index(name, *found, sqlite_where=condition, postgresql_where=condition)


class Change(NamedTuple):
    """What one event says of one thing.

    `how`: it `opens` the row, blank but for these values; it `changes` a row that must be there; or it `adds` to the row,
    which need not be there yet.
    """

    into: Versioned
    key: Key
    values: Mapping[str, Any]
    how: Literal["opens", "changes", "adds"] = "changes"


Rows = Callable[[Versioned, Key], Mapping[str, Any] | None]
"""Gives the row of a key that is true now, or None."""

Handler = Callable[..., Iterable[Change]]
"""Called with the event, the event as recorded, and the rows; one of several classes of event cannot be typed further."""
H = TypeVar("H", bound=Handler)


@dataclass(frozen=True, eq=False, slots=True)
class Projection:
    """One or more tables that are folded and tracked together, with a handler for each class of event that changes them."""

    name: str
    tables: tuple[Versioned, ...]
    handlers: dict[type[Form], Handler] = field(default_factory=dict)

    def on(self, *events: type[Form]) -> Callable[[H], H]:
        """Register the handler of event classes."""

        def register(handler: H) -> H:
            self.handlers.update(dict.fromkeys(events, handler))
            return handler

        return register


def stated(event: Form, columns: frozenset[str]) -> Said:
    """Give what an event says in the fields that are columns under the same name; what it leaves open is left out."""
    values = event.__dict__
    return {name: values[name] for name in event.__pydantic_fields_set__ & columns if values[name] is not None}


def corrected(event: Form, columns: frozenset[str]) -> Said:
    """Give the columns that a correction names; what it names and leaves out becomes None."""
    named = set(event.__dict__["variables"])
    right = (name for name, variable in variables(type(event)).items() if variable in named and name in columns)
    return {name: event.__dict__[name] for name in right}


def marks(values: RowMapping, names: Sequence[str]) -> list[str]:
    """Give those of the names that a row answers with Y."""
    return [name for name in names if values[name] == "Y"]
