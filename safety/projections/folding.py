"""Folds events into row versions: what is new is inserted, what was true until now is closed, nothing else is touched."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from safety.projections import adverse_event, alert, assessment, audit, exposure, subject, trial
from safety.projections.rows import OPEN, Change, Key, Projection, Recorded, Row, Versioned

PROJECTIONS = tuple(module.PROJECTION for module in (trial, subject, exposure, adverse_event, assessment, alert))
"""Every projection of versioned rows; the audit trail has rows that never change and is folded on its own."""


MOST_HELD = 20_000
"""How many rows of a table are kept in memory between two pages; what is let go of is found again in the tables."""


class RowMissing(Exception):
    """An event is about a thing that has no row: a part of the log is missing, or a handler is wrong."""

    def __init__(self, position: int, table: str) -> None:
        """Say where."""
        super().__init__(f"position {position} is about a row of {table} that is not there")


class ColumnUnknown(Exception):
    """A handler named a column that its table does not have."""


class Store(Protocol):
    """Where row versions are kept."""

    def load(self, of: Versioned, key: Key) -> Row | None:
        """Give the version of a row that is true now."""
        ...

    def insert(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Put rows into a table, each in the order of its columns."""
        ...

    def close(self, of: Versioned, versions: Sequence[tuple[Any, ...]]) -> None:
        """End versions: (to_position, *key, from_position) each."""
        ...


class Folding(Protocol):
    """Takes events one after the other and writes what came of them."""

    def take(self, recorded: Recorded) -> None:
        """Fold one event; raises when that is not possible, and then nothing of the event is folded."""
        ...

    def write(self) -> None:
        """Write what was folded since the last time."""
        ...


class _Held:
    """The rows of one table that are true now, as far as they are held, and what is to be written of them."""

    __slots__ = ("closed", "ended", "fresh", "of", "open")

    def __init__(self, of: Versioned) -> None:
        self.of = of
        self.open: dict[Key, Row] = {}
        self.fresh: dict[Key, None] = {}
        """Keys of rows in `open` that the table does not have yet, in the order of their coming."""
        self.closed: list[tuple[Any, ...]] = []
        self.ended: list[tuple[Any, ...]] = []


class Rowwise:
    """Folds one projection's events; rows come from the store on first touch and are held from then on."""

    def __init__(self, projection: Projection, store: Store, *, partial: bool = False) -> None:
        """`partial`: events about things that have no row are passed over."""
        self._handlers = projection.handlers
        self._held = {of.name: _Held(of) for of in projection.tables}
        self._store = store
        self._partial = partial

    def take(self, recorded: Recorded) -> None:
        """Fold one event, whole or not at all."""
        handler = self._handlers.get(type(recorded.event))
        if handler is None:
            return
        staged: dict[tuple[str, Key], tuple[Change, Row]] = {}
        for change in handler(recorded.event, recorded, self._true_now):
            place = (change.into.name, change.key)
            known = staged[place][1] if place in staged else self._true_now(change.into, change.key)
            if known is None and change.how == "changes":
                if self._partial:
                    continue
                raise RowMissing(recorded.position, change.into.name)
            staged[place] = change, self._next(known, change, recorded.position)
        for change, row in staged.values():
            self._put(change, row)

    def _true_now(self, of: Versioned, key: Key) -> Row | None:
        held = self._held[of.name]
        row = held.open.get(key)
        if row is None:
            row = self._store.load(of, key)
            if row is not None:
                held.open[key] = row
        return row

    @staticmethod
    def _next(known: Row | None, change: Change, position: int) -> Row:
        """Give the row as it is after a change."""
        of = change.into
        before: Mapping[str, Any] = of.blank if known is None or change.how == "opens" else known
        row = {**before, **change.values}
        if len(row) != len(of.blank):
            raise ColumnUnknown(of.name)
        row.update(zip(of.keys, change.key, strict=True))
        row["from_position"] = position
        row["to_position"] = OPEN
        return row

    def _put(self, change: Change, row: Row) -> None:
        held = self._held[change.into.name]
        key = change.key
        known = held.open.get(key)
        if known is not None and known["from_position"] != row["from_position"]:
            if key in held.fresh:
                known["to_position"] = row["from_position"]
                held.closed.append(tuple(known.values()))
            else:
                held.ended.append((row["from_position"], *key, known["from_position"]))
        held.open[key] = row
        held.fresh[key] = None

    def write(self) -> None:
        """Write the versions that came and those that ended."""
        for held in self._held.values():
            if held.ended:
                self._store.close(held.of, held.ended)
            fresh = [tuple(held.open[key].values()) for key in held.fresh]
            if held.closed or fresh:
                self._store.insert(held.of.name, held.closed + fresh)
            held.ended, held.closed, held.fresh = [], [], {}
            if len(held.open) > MOST_HELD:
                held.open.clear()


class Trail:
    """Folds the audit trail: a row an event."""

    def __init__(self, store: Store) -> None:
        """Write to a store."""
        self._store = store
        self._rows: list[tuple[Any, ...]] = []

    def take(self, recorded: Recorded) -> None:
        """Say in words what happened."""
        self._rows.append(audit.row(recorded))

    def write(self) -> None:
        """Write the sentences."""
        if self._rows:
            self._store.insert(audit.NAME, self._rows)
            self._rows = []


NAMES = (*(projection.name for projection in PROJECTIONS), audit.NAME)
"""What is tracked: each name stands for the tables that are folded together."""


def foldings(store: Store, names: Iterable[str] = NAMES, *, partial: bool = False) -> dict[str, Folding]:
    """Make the foldings of the named projections over one store."""
    made: dict[str, Callable[[], Folding]] = {
        projection.name: lambda projection=projection: Rowwise(projection, store, partial=partial)  # type: ignore[misc]  # a default argument binds the loop's value
        for projection in PROJECTIONS
    }
    made[audit.NAME] = lambda: Trail(store)
    return {name: made[name]() for name in names}
