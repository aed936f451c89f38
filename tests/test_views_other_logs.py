"""Tables beside a log that is not the one they know: another, a restored one, a redacted one; and files that are not whole."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select, text

from safety.journal import Journal, open_journal
from safety.projections import Views, places
from safety.projections.adverse_event import ADVERSE_EVENT
from safety.projections.subject import SUBJECT
from safety.projections.views import TablesUnusable
from tests import builders as b
from tests.conftest import Store
from tests.manual_clock import ManualClock
from tests.view_tables import count

BEGIN = (b.opened(), b.registered(), b.enrolled())


def test_the_tables_of_another_log_are_built_anew(store: Store, clock: ManualClock, tmp_path: Path) -> None:
    one, other = open_journal(tmp_path / "one.db", clock), open_journal(tmp_path / "other.db", clock)
    b.append(one, *BEGIN, b.reported())
    b.append(other, b.opened("LOG-2"), b.registered(), b.enrolled("S9"), b.enrolled("S8"), b.enrolled("S7"))
    views = b.views_beside(store)
    views.catch_up(one)
    views.close()
    again = b.views_beside(store)
    assert again.catch_up(other) == 5
    assert count(again, SUBJECT.table) == 3
    assert again.check(other) == []
    again.close()
    one.close()
    other.close()


@pytest.mark.parametrize("later", [0, 1, 5])
def test_beside_a_restored_older_log_the_tables_are_built_anew(
    store: Store, clock: ManualClock, tmp_path: Path, later: int
) -> None:
    """Whether the restored log is shorter, as long or longer by now: its times are not those the tables saw."""
    path, copy = tmp_path / "one.db", tmp_path / "copy.db"
    journal = open_journal(path, clock)
    b.append(journal, *BEGIN)
    journal.close()
    shutil.copy(path, copy)
    journal = open_journal(path, clock)
    b.append(journal, b.reported())
    views = b.views_beside(store)
    assert views.catch_up(journal) == 4
    journal.close()
    clock.set(clock.now + 1_000_000)
    restored = open_journal(copy, clock)
    if later:
        b.append(restored, *(b.enrolled(f"S{number + 2}") for number in range(later)))
    assert views.catch_up(restored) == 3 + later
    assert count(views, ADVERSE_EVENT.table) == 0
    assert views.check(restored) == []
    views.close()
    restored.close()


def test_a_log_with_the_same_times_but_another_id_is_another_log(store: Store, tmp_path: Path) -> None:
    one, other = open_journal(tmp_path / "one.db", lambda: 5), open_journal(tmp_path / "other.db", lambda: 5)
    b.append(one, *BEGIN)
    b.append(other, b.opened("LOG-2"), b.registered(), b.enrolled("S2"))
    views = b.views_beside(store)
    views.catch_up(one)
    b.append(other, b.enrolled("S3"))
    views.catch_up(other)
    with views.connect() as connection:
        assert set(connection.scalars(select(SUBJECT.table.c.subject))) == {"S2", "S3"}
    views.close()
    one.close()
    other.close()


def test_redacted_text_is_gone_from_every_version(journal: Journal, store: Store, views: Views) -> None:
    secret = "Mr Wang's cough"
    b.append(journal, *BEGIN, b.reported(term=secret), b.followed_up(severity="SEVERE"))
    views.catch_up(journal)
    table = ADVERSE_EVENT.table
    with views.connect() as connection:
        assert set(connection.scalars(select(table.c.term))) == {secret}
    b.append(journal, b.redaction_requested(4))
    b.append(journal, b.redacted(4), redacts=(4,))
    assert views.catch_up(journal) == 7
    with views.connect() as connection:
        assert set(connection.scalars(select(table.c.term))) == {"[redacted]"}
        assert len(connection.scalars(select(table.c.term)).all()) == 2
    assert views.check(journal) == []
    views.close()
    if isinstance(store, Path):
        assert not [file for file in store.parent.glob("views*") if secret.encode() in file.read_bytes()]


def test_the_tables_are_named_after_the_code_that_fills_them(
    journal: Journal, store: Store, views: Views, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other code makes tables of its own and takes those of the old code away, and nothing else: nobody would redact them."""
    b.append(journal, *BEGIN)
    views.catch_up(journal)
    if isinstance(store, Path):
        (store.parent / "views-of-the-lake.db").touch()
    else:
        with views.place.turn() as connection:
            connection.execute(text("CREATE SCHEMA views_of_the_lake"))
    views.close()
    monkeypatch.setattr(places, "fingerprint", lambda: "0123456789abcdef")
    newer = b.views_beside(store)
    newer.catch_up(journal)
    assert newer.check(journal) == []
    if isinstance(store, Path):
        left = {file.name for file in store.parent.glob("views-*.db")}
        assert left == {"views-0123456789abcdef.db", "views-of-the-lake.db"}
    else:
        with newer.connect() as connection:
            schemas = connection.scalars(text("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'views%'"))
            assert set(schemas) == {"views_0123456789abcdef", "views_of_the_lake"}
    newer.close()


def test_a_damaged_file_is_built_anew(tmp_path: Path, clock: ManualClock) -> None:
    journal, views = open_journal(tmp_path / "log.db", clock), Views(tmp_path)
    b.append(journal, *BEGIN)
    views.catch_up(journal)
    views.close()
    (file,) = tmp_path.glob("views-*.db")
    file.write_bytes(b"not a database, but long enough to be looked at " * 100)
    again = Views(tmp_path)
    assert again.catch_up(journal) == 3
    assert again.check(journal) == []
    file.write_bytes(b"not a database, but long enough to be looked at " * 100)
    assert Views(tmp_path).rebuild(journal) == 3
    again.close()
    journal.close()


def test_a_file_that_cannot_be_opened_is_told_in_one_sentence(tmp_path: Path, clock: ManualClock) -> None:
    journal, views = open_journal(tmp_path / "log.db", clock), Views(tmp_path)
    (tmp_path / f"views-{places.fingerprint()}.db").mkdir()
    with pytest.raises(TablesUnusable, match="unable to open database file"):
        views.catch_up(journal)
    views.close()
    journal.close()


def test_a_folder_with_any_name_will_do(tmp_path: Path, clock: ManualClock) -> None:
    folder = tmp_path / "a home? with #1 100% 家"
    folder.mkdir()
    journal, views = open_journal(folder / "log.db", clock), Views(folder)
    b.append(journal, *BEGIN)
    assert views.catch_up(journal) == 3
    assert len(list(folder.glob("views-*.db"))) == 1
    views.close()
    journal.close()


def test_a_build_that_was_killed_leaves_nothing_for_ever(tmp_path: Path, clock: ManualClock) -> None:
    left = tmp_path / "views-building-killed"
    left.mkdir()
    (left / "views.db").write_bytes(b"text that may be redacted later")
    journal, views = open_journal(tmp_path / "log.db", clock), Views(tmp_path)
    still_building = tmp_path / "views-building-now"
    still_building.mkdir()
    with closing(sqlite3.connect(still_building / "views.db", isolation_level=None)) as builder:
        builder.execute("CREATE TABLE something (here)")
        builder.execute("BEGIN EXCLUSIVE")
        views.catch_up(journal)
    assert not left.exists()
    assert still_building.exists()
    views.close()
    journal.close()
