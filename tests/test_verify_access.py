"""`vigilog verify` walks the access log too: what was altered, taken out, put in or cut off in it is named by its position."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from safety.home import Home
from safety.journal import Decision, NewEvent
from safety.journal.access_entries import verify_access
from safety.web.access import AccessLog
from tests.command_line import CommandLine
from tests.web_homes import Homes, signed_in, with_a_trial, with_people


def a_home(folder: Path) -> tuple[Homes, Home]:
    homes = Homes(folder)
    return homes, with_people(with_a_trial(homes.open()), LIN={"roles": ["investigator"]})


def visited(folder: Path) -> Path:
    """A home in whose access log five entries stand."""
    homes, home = a_home(folder)
    browser = signed_in(home, "LIN")
    for _ in range(3):
        browser.get("/admin/access")
    found = list(AccessLog(home).entries(10))
    assert len(found) == 5
    homes.close()
    return home.settings.home


def test_an_access_log_as_it_was_written_is_sound(tmp_path: Path) -> None:
    said = CommandLine(visited(tmp_path))("verify").out
    assert said.splitlines()[1] == "The access log is sound: 5 entries."


def test_a_home_at_whose_door_nobody_was_has_none(tmp_path: Path) -> None:
    homes, home = a_home(tmp_path)
    homes.close()
    assert len(CommandLine(home.settings.home)("verify").out.splitlines()) == 1


def changed(home: Path, *statements: str) -> None:
    """Change the access log behind its back, as nobody can through it."""
    with closing(sqlite3.connect(home / "access.db")) as access, access:
        for (name,) in access.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            access.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            access.execute(statement)


def meta_without(name: str) -> str:
    return f"UPDATE log SET meta = json_remove(meta, '$.{name}') WHERE position = 4"


ATTACKS = {
    "another account in the body": (
        "UPDATE log SET body = replace(body, 'LIN', 'WHO') WHERE position = 4",
        4,
        "digest",
    ),
    "another kind": ("UPDATE log SET body = replace(body, 'denied', 'exported') WHERE position = 4", 4, "digest"),
    "a digest taken away": (meta_without("sha256"), 4, "meta"),
    "a command taken away": (meta_without("command"), 4, "meta"),
    "another time": ("UPDATE log SET recorded_at = recorded_at + 60000000 WHERE position = 4", 5, "later"),
    "an entry taken out": ("DELETE FROM log WHERE position = 4", 5, "missing"),
    "the last one cut off": ("DELETE FROM log WHERE position = 5", 5, "missing"),
    "another topic": ("UPDATE log SET topic = 'log.opened.v1' WHERE position = 4", 4, "it is no"),
    "something sealed": ("UPDATE log SET sealed = '{}' WHERE position = 4", 4, "seals nothing"),
    "another stream": ("UPDATE log SET stream = '-/access/X' WHERE position = 4", 4, "stream"),
    "no JSON": ("UPDATE log SET body = 'x' WHERE position = 4", 4, "digest"),
}


@pytest.mark.parametrize(("statement", "position", "told"), ATTACKS.values(), ids=ATTACKS.keys())
def test_what_was_done_to_it_is_named(tmp_path: Path, statement: str, position: int, told: str) -> None:
    home = visited(tmp_path)
    changed(home, statement)
    ran = CommandLine(home).run("verify")
    assert ran.status == 1
    assert any(line.startswith(f"access log, position {position}:") and told in line for line in ran.out.splitlines())
    assert ran.err == "The access log is not as it was written; restore it from a backup and find out why.\n"


def with_digest(body: dict[str, object]) -> Callable[[Home], None]:
    """Append an entry as the program would not."""

    def put(home: Home) -> None:
        text = json.dumps(body)
        meta = {"by": "LIN", "at": "2026-03-01T09:00:00+00:00", "command": "X"}
        home.access.append(
            Decision([NewEvent("-/access/X", 1, "access.noted.v1", text, json.dumps(meta), None)], "X", "")
        )

    return put


def test_entries_of_before_there_were_digests_are_taken_and_none_after_one_with(tmp_path: Path) -> None:
    homes, home = a_home(tmp_path)
    with_digest({"kind": "signed_in", "account": "LIN", "source": "1.2.3.4"})(home)
    assert list(verify_access(home.access)) == []
    AccessLog(home).note("signed_out", "LIN", "1.2.3.4")
    assert list(verify_access(home.access)) == []
    homes.close()


@pytest.mark.parametrize(
    "body",
    [{"kind": "x"}, {"kind": 1, "account": "A", "source": "s"}, {"kind": "x", "account": "A", "source": "s", "y": "z"}],
)
def test_what_has_not_the_shape_of_an_entry_is_none(tmp_path: Path, body: dict[str, object]) -> None:
    homes, home = a_home(tmp_path)
    with_digest(body)(home)
    assert [finding.rule for finding in verify_access(home.access)] == ["topic"]
    homes.close()
