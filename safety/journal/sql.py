"""What both databases are asked in the same words: streams, versions, times and commands of the log."""

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any

from safety.journal.recorder import RecorderJournal
from safety.journal.row import COLUMNS, Stored
from safety.journal.turn import Command, Turn

RECORDED_AT = "SELECT recorded_at FROM log WHERE position = ?"


class SqlTurn(Turn):
    """A turn that is a transaction of a database."""

    @abstractmethod
    def _ask(self, question: str, *values: str | int) -> Iterable[tuple[Any, ...]]:
        """Ask the database; each `?` stands for a value."""

    def _stream(self, name: str, after: int) -> list[Stored]:
        question = f"SELECT {COLUMNS} FROM log WHERE stream = ? AND version > ? ORDER BY version"
        return list(map(Stored._make, self._ask(question, name, after)))

    def _moved_since(self, position: int) -> set[str]:
        return {stream for (stream,) in self._ask("SELECT DISTINCT stream FROM log WHERE position > ?", position)}

    def _recorded_at(self, position: int) -> int | None:
        return next((at for (at,) in self._ask(RECORDED_AT, position)), None)

    def _command(self, command_id: str) -> Command | None:
        question = "SELECT command_id, digest, first_position, last_position FROM command WHERE command_id = ?"
        return next(map(Command._make, self._ask(question, command_id)), None)


class SqlJournal(RecorderJournal):
    """A journal in a database."""

    @abstractmethod
    def _ask(self, question: str, *values: str | int) -> list[tuple[Any, ...]]:
        """Ask the database outside of any turn; each `?` stands for a value. Raises Unavailable."""

    def stream(self, name: str) -> list[Stored]:
        """Read one stream's rows in order."""
        question = f"SELECT {COLUMNS} FROM log WHERE stream = ? ORDER BY version"
        return list(map(Stored._make, self._ask(question, name)))

    def versions(self, upto: int) -> dict[str, int]:
        """Give the version every stream had at a position."""
        return dict(self._ask("SELECT stream, max(version) FROM log WHERE position <= ? GROUP BY stream", upto))

    def recorded_at(self, position: int) -> int | None:
        """When a position was recorded; None where there is none."""
        return next((at for (at,) in self._ask(RECORDED_AT, position)), None)
