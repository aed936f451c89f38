"""Compares two states of all tables, row by row; a difference names table, key, position and columns, never what they hold."""

from collections.abc import Iterator
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Table, select

from safety.projections.rows import METADATA

Values = tuple[Any, ...]


def differences(present: Connection, anew: Connection) -> Iterator[str]:
    """Tell every row of every table that is missing, is not in the log, or differs."""
    for table in METADATA.sorted_tables:
        yield from _of_table(table, present, anew)


def _of_table(table: Table, present: Connection, anew: Connection) -> Iterator[str]:
    """Walk through both in the order of their keys, which Python and both databases compare alike."""
    names = table.c.keys()
    keys = [names.index(key.name) for key in table.primary_key.columns]
    key_of = itemgetter(*keys) if len(keys) > 1 else lambda row: (row[keys[0]],)
    ours, theirs = _rows(table, present), _rows(table, anew)
    one, other = next(ours, None), next(theirs, None)
    while one is not None or other is not None:
        if one is not None and one == other:
            one, other = next(ours, None), next(theirs, None)
        elif other is None or (one is not None and key_of(one) < key_of(other)):
            yield f"{_place(table, one)} is not what the log says: there is no such row"
            one = next(ours, None)
        elif one is None or key_of(other) < key_of(one):
            yield f"{_place(table, other)} is missing"
            other = next(theirs, None)
        else:
            differing = (name for name, mine, right in zip(names, one, other, strict=True) if mine != right)
            yield f"{_place(table, one)} differs in {', '.join(differing)}"
            one, other = next(ours, None), next(theirs, None)


def _rows(table: Table, connection: Connection) -> Iterator[Values]:
    ask = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=1_000)
    for rows in connection.execute(ask).partitions():
        yield from map(tuple, rows)


def _place(table: Table, row: Values | None) -> str:
    """Name a row: `adverse_event T1 S1 3 from position 12`."""
    values = dict(zip(table.c.keys(), row or (), strict=False))
    key = [str(values[column.name]) for column in table.primary_key.columns if column.name != "from_position"]
    since = f" from position {values['from_position']}" if "from_position" in values else ""
    return f"table {table.name}: {' '.join(key)}{since}"
