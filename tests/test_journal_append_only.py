"""Nobody alters the log behind the program's back without dropping its triggers first: raw SQL is refused on both databases."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from safety.journal import Journal, Salt, open_journal
from tests.conftest import Store
from tests.journal_rows import by_hand, opening, reporting
from tests.manual_clock import ManualClock

REFUSED = (sqlite3.IntegrityError, psycopg.IntegrityError)
ROW = "INTO log VALUES ({position}, '{stream}', {version}, 'plain.v1', '{{}}', '{{}}', NULL, 9)"
A_NEW_ROW = ROW.format(position=3, stream="A", version=1)
TAKEN_POSITION = ROW.format(position=2, stream="A", version=1)
TAKEN_VERSION = ROW.format(position=3, stream="T1/subject/S1", version=1)

EITHER = [
    "UPDATE log SET body = '{}' WHERE position = 2",
    "UPDATE log SET meta = '{}'",
    "UPDATE log SET position = 7 WHERE position = 2",
    "UPDATE log SET stream = 'B'",
    "UPDATE log SET version = version + 1",
    "UPDATE log SET topic = 'x'",
    "UPDATE log SET recorded_at = recorded_at + 1",
    "UPDATE log SET sealed = 'other text' WHERE position = 2",
    "UPDATE log SET sealed = 'text' WHERE position = 1",
    "UPDATE log SET sealed = NULL, body = '{}' WHERE position = 2",
    "DELETE FROM log",
    "DELETE FROM log WHERE position = 2",
    f"INSERT {TAKEN_POSITION}",
    f"INSERT {TAKEN_VERSION}",
    f"INSERT {TAKEN_POSITION} ON CONFLICT (position) DO UPDATE SET body = excluded.body",
    f"INSERT {TAKEN_VERSION} ON CONFLICT (stream, version) DO UPDATE SET body = excluded.body",
    "UPDATE command SET digest = 'x'",
    "DELETE FROM command",
    "INSERT INTO command VALUES ('c1', 'x', 1, 1)",
    "INSERT INTO command VALUES ('c1', 'x', 1, 1) ON CONFLICT (command_id) DO UPDATE SET digest = excluded.digest",
]
ON_SQLITE = [
    f"INSERT OR REPLACE {TAKEN_POSITION}",
    f"INSERT OR REPLACE {TAKEN_VERSION}",
    f"REPLACE {TAKEN_VERSION}",
    "UPDATE OR REPLACE log SET position = 1 WHERE position = 2",
    "INSERT OR REPLACE INTO command VALUES ('c1', 'x', 1, 1)",
]
ON_POSTGRESQL = ["TRUNCATE log", "TRUNCATE command", "TRUNCATE log, command, log_head CASCADE"]


@pytest.fixture
def filled(store: Store, clock: ManualClock, salt: Salt) -> Iterator[tuple[Store, Journal]]:
    """A log of two positions, and what stood in it has to stand there afterwards."""
    journal = open_journal(store, clock)
    journal.append(opening(salt))
    journal.append(reporting(salt, 1, "c1"))
    before, commands = list(journal.rows()), list(journal.commands(0, 9))
    yield store, journal
    assert list(journal.rows()) == before
    assert list(journal.commands(0, 9)) == commands
    journal.close()


@pytest.mark.parametrize("statement", EITHER)
def test_it_is_refused_on_both(filled: tuple[Store, Journal], statement: str) -> None:
    with by_hand(filled[0]) as connection, pytest.raises(REFUSED):
        connection.execute(statement)


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
@pytest.mark.parametrize("statement", ON_SQLITE)
def test_it_is_refused_on_sqlite(filled: tuple[Store, Journal], statement: str) -> None:
    with by_hand(filled[0]) as connection, pytest.raises(REFUSED):
        connection.execute(statement)


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
@pytest.mark.parametrize("statement", ON_POSTGRESQL)
def test_it_is_refused_on_postgresql(filled: tuple[Store, Journal], statement: str) -> None:
    with by_hand(filled[0]) as connection, pytest.raises(REFUSED):
        connection.execute(statement)


def test_sealed_text_may_be_emptied(store: Store, clock: ManualClock, salt: Salt) -> None:
    journal = open_journal(store, clock)
    journal.append(opening(salt))
    journal.append(reporting(salt, 1, "c1"))
    with by_hand(store) as connection:
        connection.execute("UPDATE log SET sealed = NULL WHERE position = 2")
    assert [stored.sealed for stored in journal.rows()] == [None, None]
    journal.close()


def test_a_hole_in_the_positions_is_not_filled_later(tmp_path: Path, clock: ManualClock) -> None:
    """SQLite's trigger also refuses what comes late: a reader that is past a position would never see it."""
    open_journal(tmp_path / "log.db", clock).close()
    with by_hand(tmp_path / "log.db") as connection:
        connection.execute(f"INSERT {A_NEW_ROW}")
        with pytest.raises(REFUSED, match="taken"):
            connection.execute("INSERT " + ROW.format(position=2, stream="B", version=1))
