"""What every file of an import becomes: numbered rows of SDTM variables, every value as text."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias

Table: TypeAlias = Literal["subjects", "exposures", "adverse_events"]
TABLES: tuple[Table, ...] = ("subjects", "exposures", "adverse_events")


class Unreadable(Exception):
    """A file that cannot be read or does not fit; its text is one sentence: what, where, what to do.

    The sentence never repeats what stands in a cell, so it may be shown and logged.
    """


class Values(Mapping[str, str]):
    """The values of one row by SDTM variable; a variable whose cell is empty is not in it.

    All rows of a file share one table of places, a row holds its cells only: a third of what a dict a row would take.
    """

    __slots__ = ("_cells", "_places")

    def __init__(self, places: Mapping[str, int], cells: tuple[str, ...]) -> None:
        """`places` says at which index of `cells` each variable stands; an empty cell is the empty text."""
        self._places = places
        self._cells = cells

    def __getitem__(self, variable: str) -> str:
        """The text of the variable; KeyError where the cell is empty or the file has no such column."""
        cell = self._cells[self._places[variable]]
        if not cell:
            raise KeyError(variable)
        return cell

    def __iter__(self) -> Iterator[str]:
        """The variables that have a value, in the order of the columns."""
        return (variable for variable, place in self._places.items() if self._cells[place])

    def __len__(self) -> int:
        """How many variables have a value."""
        return sum(1 for cell in self._cells if cell)

    def __repr__(self) -> str:
        """Only the names: what a subject's row says does not belong in a log or a traceback."""
        return f"Values({', '.join(self)})"


def place(file: str, number: int) -> str:
    """Where a row stands, in words: `ae.csv, line 7` (the header is line 1) or `ae.xpt, observation 6`."""
    return f"{file}, {'line' if file.lower().endswith('.csv') else 'observation'} {number}"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of one table, with the place it came from.

    `number` is the line in the file for CSV (the header is line 1) and the observation, from 1, for XPT and
    Dataset-JSON; the rows that an import map makes out of one wide row share its number.
    """

    table: Table
    file: str
    number: int
    values: Mapping[str, str]

    @property
    def place(self) -> str:
        """Where the row stands, for the sentence of a refusal."""
        return place(self.file, self.number)


@dataclass(frozen=True, slots=True)
class Dataset:
    """One open file: the names of its columns as written, and its rows as (number, one text a column, empty: "").

    Raises Unreadable where the names cannot tell the columns apart. The file is read while `rows` is walked.
    """

    file: str
    columns: tuple[str, ...]
    rows: Iterator[tuple[int, tuple[str, ...]]]

    def __post_init__(self) -> None:
        """Names are compared without regard to case, so two that differ in case only are the same name."""
        # The place of a column is told, not its name: a file without a header has a subject's data there.
        first: dict[str, int] = {}
        for number, name in enumerate(self.columns, 1):
            if not name:
                raise Unreadable(f"{self.file}: column {number} has no name; name it in the header or remove it")
            if name.upper() in first:
                raise Unreadable(
                    f"{self.file}: columns {first[name.upper()]} and {number} have the same name; rename or remove one"
                )
            first[name.upper()] = number


def number_as_text(value: float) -> str:
    """A finite number as people write it: 63 and not 63.0, 0.1, 0.00001 and not 1e-05; what was given is not rounded.

    Raises ValueError for an infinite value.
    """
    if not math.isfinite(value):
        raise ValueError("a number out of range")
    return str(int(value)) if value == int(value) else format(Decimal(repr(value)), "f")
