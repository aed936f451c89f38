"""Compares two states of all tables, row by row; a difference names table, key, position and columns, never what they hold."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Table, select

from safety.projections.rows import METADATA, Row


def differences(present: Connection, anew: Connection) -> Iterator[str]:
    """Tell every row of every table that is missing, is not in the log, or differs."""
    for table in METADATA.sorted_tables:
        yield from _of_table(table, present, anew)


def _of_table(table: Table, present: Connection, anew: Connection) -> Iterator[str]:
    """Walk through both in the order of their keys, which both databases compare alike."""
    keys = list(table.primary_key.columns)
    ask = select(table).order_by(*keys).execution_options(yield_per=1_000)
    ours, theirs = map(dict, present.execute(ask).mappings()), map(dict, anew.execute(ask).mappings())
    names = [key.name for key in keys]
    one, other = next(ours, None), next(theirs, None)
    while one is not None or other is not None:
        mine, right = _key(one, names), _key(other, names)
        if right is None or (mine is not None and mine < right):
            yield f"{_place(table, one, names)} is not what the log says: there is no such row"
            one = next(ours, None)
        elif mine is None or right < mine:
            yield f"{_place(table, other, names)} is missing"
            other = next(theirs, None)
        else:
            yield from _of_row(table, one, other, names)
            one, other = next(ours, None), next(theirs, None)


def _key(row: Row | None, names: list[str]) -> tuple[Any, ...] | None:
    return None if row is None else tuple(row[name] for name in names)


def _of_row(table: Table, one: Row | None, other: Row | None, names: list[str]) -> Iterator[str]:
    columns = [name for name in table.c.keys() if one is not None and other is not None and one[name] != other[name]]  # noqa: SIM118, not a mapping
    if columns:
        yield f"{_place(table, one, names)} differs in {', '.join(columns)}"


def _place(table: Table, row: Row | None, names: list[str]) -> str:
    """Name a row: `adverse_event T1 S1 3 from position 12`."""
    values = dict.fromkeys(names) if row is None else {name: row[name] for name in names}
    since = values.pop("from_position", None)
    key = " ".join(str(value) for value in values.values())
    return f"table {table.name}: {key}" + ("" if since is None else f" from position {since}")
