"""Which column of a file feeds which SDTM variable, and the rows that come of it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from safety.intake.mapping import Repeat, TableMap
from safety.intake.rows import Table, Unreadable

# Each table needs one variable of each group: the subject, and what tells its rows apart.
REQUIRED: Mapping[Table, tuple[tuple[str, ...], ...]] = {
    "subjects": (("USUBJID",),),
    "exposures": (("USUBJID",), ("EXSTDTC",)),
    "adverse_events": (("USUBJID",), ("AETERM",), ("AESPID", "AESEQ")),
}
_NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Shape:
    """How one row of a file becomes one row of SDTM variables; an entry of `repeat` is a shape of its own.

    `sources` gives a column's index by variable, and the row exists where one of `needs` (column indexes) has a value,
    or always where `needs` is empty.
    """

    sources: Mapping[str, int]
    constants: Mapping[str, str]
    values: Mapping[str, Mapping[str, str]]
    needs: tuple[int, ...]

    @property
    def places(self) -> dict[str, int]:
        """Where each variable stands in what `apply` returns."""
        return {variable: place for place, variable in enumerate([*self.sources, *self.constants])}

    def apply(self, cells: Sequence[str]) -> tuple[str, ...] | None:
        """The texts of the variables, or None where this shape makes no row of these cells."""
        if self.needs and not any(cells[index] for index in self.needs):
            return None
        constants = tuple(self.constants.values())
        if not self.values:
            return tuple([cells[index] for index in self.sources.values()]) + constants
        return tuple(self._translated(cells)) + constants

    def _translated(self, cells: Sequence[str]) -> Iterator[str]:
        for variable, index in self.sources.items():
            yield self.values.get(variable, _NOTHING).get(cells[index], cells[index])


def shapes(table: Table, file: str, columns: Sequence[str], given: TableMap, known: Collection[str]) -> list[Shape]:
    """The shapes of a file, one, or one an entry of the map's `repeat`.

    Raises Unreadable where the map names a variable that is not `known` or a column that the file lacks, where it
    translates a variable that nothing feeds, and where a required variable has no source.
    """
    _refuse_unknown(table, given, known)
    indexes = {name.upper(): index for index, name in enumerate(columns)}
    own = _own_columns(indexes, given, known)
    found = [_shape(table, file, indexes, own, given=given, entry=entry) for entry in given.repeat or (None,)]
    _refuse_idle_translations(table, given, found)
    for shape in found:
        _refuse_lacking(table, file, {*shape.sources, *shape.constants})
    return found


def _entries(given: TableMap) -> Iterator[TableMap | Repeat]:
    """The map itself and its `repeat`, which both have columns and constants."""
    yield given
    yield from given.repeat


def _refuse_unknown(table: Table, given: TableMap, known: Collection[str]) -> None:
    named = {variable for entry in _entries(given) for variable in (*entry.columns, *entry.constants)}
    for variable in sorted({*named, *given.values} - set(known)):
        raise Unreadable(
            f"the import map's import.{table} gives {variable}, which is not taken from {table}; "
            f"taken are {', '.join(sorted(known))}"
        )


def _own_columns(indexes: Mapping[str, int], given: TableMap, known: Collection[str]) -> dict[str, int]:
    """The columns that stand for the variable they are named as, because the map says nothing else of them."""
    used = {column.upper() for entry in _entries(given) for column in entry.columns.values()}
    return {name: index for name, index in indexes.items() if name in known and name not in used}


def _shape(
    table: Table,
    file: str,
    indexes: Mapping[str, int],
    own: Mapping[str, int],
    *,
    given: TableMap,
    entry: Repeat | None,
) -> Shape:
    columns = {**given.columns, **(entry.columns if entry else {})}
    constants = {**given.constants, **(entry.constants if entry else {})}
    for column in columns.values():
        if column.upper() not in indexes:
            raise Unreadable(f"{file} has no column {column}, which the import map's import.{table} reads; correct one")
    mapped = {variable: indexes[column.upper()] for variable, column in columns.items()}
    own = {variable: index for variable, index in own.items() if variable not in columns and variable not in constants}
    needs = tuple(indexes[column.upper()] for column in entry.columns.values()) if entry else ()
    return Shape({**own, **mapped}, constants, given.values, needs)


def _refuse_idle_translations(table: Table, given: TableMap, found: Sequence[Shape]) -> None:
    for variable in given.values:
        if not any(variable in shape.sources for shape in found):
            raise Unreadable(
                f"the import map's import.{table}.values translates {variable}, which no column of the file gives; "
                f"name its column in import.{table}.columns"
            )


def _refuse_lacking(table: Table, file: str, variables: Collection[str]) -> None:
    required = REQUIRED[table]
    for group in required:
        if not any(variable in variables for variable in group):
            raise Unreadable(
                f"{file} has no column {' or '.join(group)}; {table} need the columns "
                f"{', '.join(' or '.join(names) for names in required)}: add it, or name its column in an import map"
            )
