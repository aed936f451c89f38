"""The commands that check and mend, each with its negative: rebuild, rebuild --check, verify, redact."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.command_line import TRIAL, CommandLine, with_trial, write

TEXT = "a canary sang"


@pytest.fixture
def cli(tmp_path: Path) -> CommandLine:
    found = with_trial(tmp_path)
    found("import", write(tmp_path / "data"), "--trial", TRIAL)
    return found


def views(cli: CommandLine) -> Path:
    (file,) = cli.home.glob("views-*.db")
    return file


def alter(file: Path, statement: str) -> None:
    """Change a database past every trigger that guards it."""
    with closing(sqlite3.connect(file)) as database:
        triggers = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            database.execute(f"DROP TRIGGER {name}")
        assert database.execute(statement).rowcount == 1
        for _, again in triggers:
            database.execute(again)
        database.commit()


def test_views_equal_a_rebuild_and_can_be_rebuilt(cli: CommandLine) -> None:
    told = f"The views equal a rebuild, up to position {cli.head}.\n"
    cli("listing", "--trial", TRIAL)
    assert cli("rebuild", "--check").out == told
    assert cli("rebuild").out == f"The views are rebuilt from {cli.head} events.\n"
    assert cli("rebuild", "--check").out == told


def test_one_altered_view_row_is_named_and_mended_by_a_rebuild(cli: CommandLine) -> None:
    alter(views(cli), "UPDATE adverse_event SET severity = 'MILD' WHERE subject = 'S02'")
    ran = cli.run("rebuild", "--check")
    assert (ran.status, ran.err) == (1, "1 rows differ from the log; run `vigilog rebuild`.\n")
    row = cli.json("listing", "--trial", TRIAL)["rows"][2]
    assert ran.out == f"table adverse_event: T1 S02 1 from position {row['position']} differs in severity\n"
    assert row["severity"] == "MILD"
    cli("rebuild")
    assert cli("rebuild", "--check").err == ""
    assert cli.json("listing", "--trial", TRIAL)["rows"][2]["severity"] == "SEVERE"


def test_a_check_changes_nothing(cli: CommandLine) -> None:
    alter(views(cli), "DELETE FROM exposure WHERE subject = 'S01'")
    before = views(cli).read_bytes()
    assert cli.run("rebuild", "--check").out.startswith("table exposure: T1 S01 1 from position")
    assert views(cli).read_bytes() == before


def test_without_views_nothing_differs(tmp_path: Path) -> None:
    cli = with_trial(tmp_path)
    assert list(cli.home.glob("views-*")) == []
    assert cli("rebuild", "--check").out == "There are no views yet, so none differ; the next read builds them.\n"


def test_views_that_are_behind_are_compared_as_far_as_they_are(cli: CommandLine) -> None:
    cli("listing", "--trial", TRIAL)
    position = cli.head
    cli.do("adverse_event.report", {"STUDYID": TRIAL, "USUBJID": "S01", "AETERM": "Cough", "AESER": "N"})
    assert cli.head == position + 1
    assert cli("rebuild", "--check").out == f"The views equal a rebuild, up to position {position}.\n"


def test_a_sound_log_and_one_with_an_altered_body(cli: CommandLine) -> None:
    assert cli("verify").out == f"The log is sound: {cli.head} events.\n"
    altered = cli.json("history", "S02")["events"][-1]["position"]
    alter(cli.home / "log.db", f"UPDATE log SET body = replace(body, 'SEVERE', 'MILD') WHERE position = {altered}")
    ran = cli.run("verify")
    assert ran.status == 1
    assert ran.out.startswith(f"position {altered}: ")
    assert ran.out.count("\n") == 1
    assert ran.err == "The log is not as it was written; restore it from a backup and find out why.\n"


def test_free_text_goes_for_good_when_two_people_agree(cli: CommandLine) -> None:
    form = {"STUDYID": TRIAL, "USUBJID": "S01", "AETERM": TEXT, "AESTDTC": "2018-03-05"}
    (position,) = cli.do("adverse_event.report", form)["positions"]
    cli("account", "add", "CHEN", "--role", "safety_officer", "--name", "Chen")
    assert cli.json("listing", "--trial", TRIAL)["rows"][2]["term"] == TEXT
    assert "nobody asked" in cli.refused("redact", position)[1].lower()
    cli("redact", position, "--reason", "identifies_a_person", "--by", "CHEN")
    assert "another person has to agree" in cli.refused("redact", position, "--by", "CHEN")[1]
    done = json.loads(cli("redact", position).out)
    assert done["positions"] == [cli.head]
    held = b"".join(file.read_bytes() for file in cli.home.iterdir() if file.is_file())
    assert TEXT.encode() not in held
    assert cli.json("listing", "--trial", TRIAL)["rows"][2]["term"] == "[redacted]"
    assert cli("verify").out == f"The log is sound: {cli.head} events.\n"
    assert cli("rebuild", "--check").err == ""


# --- the same for programs ---------------------------------------------------------------------------------------------


def test_a_rebuild_answers_with_what_it_came_to(cli: CommandLine) -> None:
    cli("listing", "--trial", TRIAL)
    assert cli.json("rebuild") == {"rebuilt": True, "position": cli.head, "differences": []}
    assert cli.json("rebuild", "--check") == {"rebuilt": False, "position": cli.head, "differences": []}
    alter(views(cli), "UPDATE adverse_event SET severity = 'MILD' WHERE subject = 'S02'")
    ran = cli.run("rebuild", "--check", "--format", "json")
    assert (ran.status, ran.err) == (1, "1 rows differ from the log; run `vigilog rebuild`.\n")
    (difference,) = json.loads(ran.out)["differences"]
    assert difference.startswith("table adverse_event: T1 S02 1 from position")
    assert cli.run("rebuild", "--check", "--format", "csv").out == f"difference\n{difference}\n"


def test_a_verification_answers_with_its_findings(cli: CommandLine) -> None:
    sound = {"sound": True, "position": cli.head, "findings": []}
    assert cli.json("verify") == {"sound": True, "log": sound, "access_log": None}
    altered = cli.json("history", "S02")["events"][-1]["position"]
    alter(cli.home / "log.db", f"UPDATE log SET body = replace(body, 'SEVERE', 'MILD') WHERE position = {altered}")
    ran = cli.run("verify", "--format", "json")
    assert (ran.status, ran.err.count("\n")) == (1, 1)
    answer = json.loads(ran.out)
    assert (answer["sound"], answer["log"]["sound"]) == (False, False)
    assert [one["position"] for one in answer["log"]["findings"]] == [altered]
