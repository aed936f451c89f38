"""Folds events into row versions: what is new is inserted, what was true until now is closed, nothing else is touched."""

from collections.abc import Collection, Sequence
from typing import Any, Protocol

from safety.aggregates.deciding import Form
from safety.projections import account, adverse_event, alert, assessment, audit, exposure, subject, trial
from safety.projections.let_go import LetGo
from safety.projections.rows import OPEN, Change, Key, Projection, Recorded, Row, Said, Versioned

PROJECTIONS = tuple(
    module.PROJECTION for module in (trial, subject, exposure, adverse_event, assessment, alert, account)
)
"""Every projection of versioned rows; the audit trail has rows that never change and is folded on its own."""


MOST_HELD = 20_000
"""How many rows of a table are kept in memory between two pages; what is let go of is found again in the tables."""


FROM, TO = -2, -1
"""Where the positions of a version stand in its row."""


class RowMissing(Exception):
    """An event is about a thing that has no row: a part of the log is missing, or a handler is wrong."""

    def __init__(self, position: int, table: str) -> None:
        """Say where."""
        super().__init__(f"position {position} is about a row of {table} that is not there")


class ColumnUnknown(Exception):
    """A handler named a column that its table does not have."""


class Store(Protocol):
    """Where row versions are kept."""

    @property
    def nothing(self) -> Any:  # noqa: ANN401, whatever the driver takes for NULL
        """What stands in a row for what nobody said; None does as well."""
        ...

    def load(self, of: Versioned, key: Key) -> Row | None:
        """Give the version of a row that is true now."""
        ...

    def insert(self, table: str, rows: Sequence[Sequence[Any]]) -> None:
        """Put rows into a table, each as its values in the order of the table's columns."""
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

    __slots__ = ("blank", "closed", "ended", "fresh", "gone", "of", "open")

    def __init__(self, of: Versioned, nothing: object, *, from_nothing: bool) -> None:
        self.of = of
        self.blank = [nothing if value is None else value for value in of.blank]
        self.gone = LetGo() if from_nothing else None
        """Which rows may be in the table without being held; None where any may be."""
        self.open: dict[Key, Row] = {}
        self.fresh: dict[Key, None] = {}
        """Keys of rows in `open` that the table does not have yet, in the order of their coming."""
        self.closed: list[Row] = []
        self.ended: list[tuple[Any, ...]] = []


class Rowwise:
    """Folds one projection's events; rows come from the store on first touch and are held from then on."""

    def __init__(
        self, projection: Projection, store: Store, *, partial: bool = False, from_nothing: bool = False
    ) -> None:
        """`partial`: events about things that have no row are passed over; `from_nothing`: the tables are empty yet."""
        self._handlers = projection.handlers
        self._held = {of: _Held(of, store.nothing, from_nothing=from_nothing) for of in projection.tables}
        self._store = store
        self._partial = partial

    def take(self, recorded: Recorded) -> None:
        """Fold one event, whole or not at all."""
        handler = self._handlers.get(type(recorded.event))
        if handler is None:
            return
        changes = tuple(handler(recorded.event, recorded, self._told))
        if len(changes) == 1:
            (change,) = changes
            self._put(change, self._next(self._true_now(change.into, change.key), change, recorded.position))
            return
        staged: dict[tuple[Versioned, Key], tuple[Change, Row | None]] = {}
        for change in changes:
            place = (change.into, change.key)
            known = staged[place][1] if place in staged else self._true_now(*place)
            staged[place] = change, self._next(known, change, recorded.position)
        for change, row in staged.values():
            self._put(change, row)

    def _told(self, of: Versioned, key: Key) -> Said | None:
        """Give a row to a handler, by column."""
        row = self._true_now(of, key)
        if row is None:
            return None
        nothing = self._store.nothing
        return {column: None if row[place] is nothing else row[place] for column, place in of.places.items()}

    def _true_now(self, of: Versioned, key: Key) -> Row | None:
        held = self._held[of]
        row = held.open.get(key)
        if row is None and (held.gone is None or key in held.gone):
            row = self._store.load(of, key)
            if row is not None:
                held.open[key] = row
        return row

    def _next(self, known: Row | None, change: Change, position: int) -> Row | None:
        """Give the row as it is after a change; None where there is no row to change and that is no fault."""
        of = change.into
        if known is not None and change.how != "opens":
            row = known.copy()
        elif change.how == "changes":
            if self._partial:
                return None
            raise RowMissing(position, of.name)
        else:
            row = [*change.key, *self._held[of].blank]
        places = of.places
        try:
            for column, value in change.values.items():
                row[places[column]] = value
        except KeyError as fault:
            raise ColumnUnknown(of.name) from fault
        row[FROM] = position
        row[TO] = OPEN
        return row

    def _put(self, change: Change, row: Row | None) -> None:
        if row is None:
            return
        held = self._held[change.into]
        key = change.key
        known = held.open.get(key)
        if known is not None and known[FROM] != row[FROM]:
            if key in held.fresh:
                known[TO] = row[FROM]
                held.closed.append(known)
            else:
                held.ended.append((row[FROM], *key, known[FROM]))
        held.open[key] = row
        held.fresh[key] = None

    def write(self) -> None:
        """Write the versions that came and those that ended."""
        for held in self._held.values():
            if held.ended:
                self._store.close(held.of, held.ended)
            fresh = [held.open[key] for key in held.fresh]
            if held.closed or fresh:
                self._store.insert(held.of.name, held.closed + fresh)
            held.ended, held.closed, held.fresh = [], [], {}
            if len(held.open) > MOST_HELD:
                if held.gone is not None:
                    held.gone.update(held.open)
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


TAKES = {projection.name: projection.handlers.keys() for projection in PROJECTIONS}
NAMES = (*(projection.name for projection in PROJECTIONS), audit.NAME)
"""What is tracked: each name stands for the tables that are folded together."""


def takes(name: str, event: type[Form]) -> bool:
    """Say whether a class of event changes anything that is tracked under a name."""
    return name == audit.NAME or event in TAKES[name]


def foldings(
    store: Store, names: Collection[str] = NAMES, *, partial: bool = False, from_nothing: bool = False
) -> dict[str, Folding]:
    """Make the foldings of the named projections over one store."""
    made: dict[str, Folding] = {
        projection.name: Rowwise(projection, store, partial=partial, from_nothing=from_nothing)
        for projection in PROJECTIONS
        if projection.name in names
    }
    return {**made, **({audit.NAME: Trail(store)} if audit.NAME in names else {})}
