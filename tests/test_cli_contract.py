"""The contract of the command line: commands, exit codes, what goes to which output, whose home."""

import csv
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from notifications.main import app
from tests.command_line import TRIAL, VIGILOG, CommandLine, trial_file, with_trial, write

SAE = {"STUDYID": TRIAL, "USUBJID": "S01", "AETERM": "Stroke", "AESER": "Y"}


@pytest.fixture
def cli(tmp_path: Path) -> CommandLine:
    """A home with the small trial imported."""
    found = with_trial(tmp_path)
    found("import", write(tmp_path / "data"), "--trial", TRIAL)
    return found


READS = [
    ("trial", "list"),
    ("incidence", "--trial", TRIAL),
    ("incidence", "--trial", TRIAL, "--window", "primary", "--by", "pt", "--compare", "A"),
    ("listing", "--trial", TRIAL),
    ("alerts", "--trial", TRIAL),
    ("alerts", "ladder", "--trial", TRIAL),
    ("alerts", "faults"),
    ("queries", "--trial", TRIAL),
    ("timeline", "S01", "--trial", TRIAL),
    ("history", "S01"),
    ("history", "T1/trial"),
    ("account", "list"),
]
WITHOUT_A_FORMAT = {
    "do": "answers with JSON alone",
    "redact": "answers with JSON alone",
    "asyncapi": "answers with JSON alone",
    "trial create": "says on standard error what it did",
    "trial amend": "says on standard error what it did",
    "account add": "says on standard error what it did",
    "account absence": "says on standard error what it did",
    "alerts acknowledge": "says on standard error what it did",
    "regulation adopt": "says on standard error what it did",
    "report issue": "says on standard error what it did",
    "work": "goes on until it is stopped",
    "serve": "goes on until it is stopped",
    "watchdog": "speaks over channels of its own",
    "demo": "tells a story",
}
"""Why a command has no --format."""


# --- outputs and exit codes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", READS, ids=" ".join)
def test_json_is_one_document_on_standard_output_and_nothing_else(cli: CommandLine, command: tuple[str, ...]) -> None:
    ran = cli(*command, "--format", "json")
    assert ran.err == ""
    assert isinstance(json.loads(ran.out), dict)
    table, rows = cli(*command), cli(*command, "--format", "csv")
    assert (table.err, rows.err) == ("", "")
    assert table.out != rows.out
    if "queries" not in command:
        read = list(csv.reader(rows.out.splitlines()))
        assert len(read) > 1
        assert {len(row) for row in read} == {len(read[0])}


def commands(of: Any, name: str = "") -> Iterator[tuple[str, Any]]:  # noqa: ANN401, a command of typer's own
    """Every command by its whole name; a group that answers when it is called alone is one too."""
    within = getattr(of, "commands", {})
    if not within or getattr(of, "invoke_without_command", False):
        yield name, of
    for part, command in within.items():
        yield from commands(command, f"{name} {part}".strip())


def test_every_answer_has_a_format(tmp_path: Path) -> None:
    without = {
        name for name, one in commands(get_command(app)) if "--format" not in [o for p in one.params for o in p.opts]
    }
    assert without == set(WITHOUT_A_FORMAT)
    for name in without:
        assert "-" in CommandLine(tmp_path)(*name.split(), "--help").out


def test_the_accounts_are_listed_with_nothing_that_lets_anybody_in(cli: CommandLine) -> None:
    cli(
        "account",
        "add",
        "CHEN",
        "--role",
        "safety_officer",
        "--name",
        "Chen Wei",
        "--email",
        "chen@a.org",
        "--trial",
        TRIAL,
    )
    span = ("--from", "2020-01-01", "--until", "2100-01-01")
    cli("account", "add", "XU", "--role", "safety_officer", "--role", "operator", "--name", "Xu Li")
    cli("account", "absence", "CHEN", *span, "--cover", "XU")
    answer = cli.json("account", "list")
    assert answer["position"] == cli.head
    chen, _, xu = answer["accounts"]
    assert chen == {
        "account": "CHEN",
        "name": "Chen Wei",
        "email": "chen@a.org",
        "language": "en",
        "roles": ["safety_officer"],
        "trials": [TRIAL],
        "sites": [],
        "revoked": False,
        "away": {"from": "2020-01-01T00:00:00Z", "until": "2100-01-02T00:00:00Z", "covered_by": "XU"},
    }
    assert (xu["roles"], xu["trials"], xu["away"]) == (["safety_officer", "operator"], [], None)
    table = cli("account", "list").out
    assert "XU covers" in table
    assert "safety officer, operator" in table
    cli.do("account.revoke", {"account": "XU"})
    assert [one["revoked"] for one in cli.json("account", "list")["accounts"]] == [False, False, True]
    assert "nothing: revoked" in cli("account", "list").out


def test_messages_go_to_standard_error(tmp_path: Path) -> None:
    cli = CommandLine(tmp_path / "home")
    created = cli("trial", "create", trial_file(tmp_path))
    assert (created.out, created.err) == ("", "Trial T1 is registered.\n")
    added = cli("account", "add", "CHEN", "--role", "safety_officer", "--name", "Chen")
    assert (added.out, added.err) == ("", "Account CHEN may act as safety_officer.\n")
    folder = write(tmp_path / "data", ae=("USUBJID,AESEQ,AETERM,SHOE", "S01,1,Fever,42"))
    imported = cli("import", folder, "--trial", TRIAL, "--format", "json")
    assert json.loads(imported.out)["not_kept"] == {"ae.csv": ["SHOE"]}
    assert imported.err == "Not kept of ae.csv: SHOE.\n"


REFUSED: list[tuple[int, tuple[str, ...], str]] = [
    (1, ("incidence", "--trial", "T9"), "There is no trial T9"),
    (1, ("listing", "--trial", "T9", "--format", "json"), "There is no trial T9"),
    (1, ("incidence", "--trial", TRIAL, "--compare", "C"), "Trial T1 has no arm C; use one of: A, B."),
    (1, ("redact", "1"), "Nobody asked for the redaction of position 1"),
    (1, ("import", "{data}", "--trial", "T9"), "There is no trial T9"),
    (1, ("incidence", "--trial", TRIAL, "--as-of", "0"), "There is no trial T1"),
    (1, ("account", "add", "X", "--role", "king", "--name", "X"), "roles[entry 1]: Input should be 'operator'"),
    (1, ("redact", "1", "--reason", "because"), "reason: Input should be 'identifies_a_person'"),
    (1, ("trial", "create", "{trial}", "--by", "NOBODY"), "There is no account NOBODY"),
    (2, ("incidence", "--trial", "not a code"), "--trial must be 1 to 64 letters, digits"),
    (2, ("incidence", "--trial", TRIAL, "--as-of", "yesterday"), "--as-of takes a position, a date"),
    (2, ("incidence", "--trial", TRIAL, "--as-of", "2018-02-30"), "--as-of takes a date of the calendar"),
    (2, ("incidence", "--trial", TRIAL, "--as-of", "2018-05-31T12:00"), "--as-of: give the time its zone"),
    (2, ("incidence", "--trial", TRIAL, "--as-of", "9999"), "--as-of 9999: the log ends at position"),
    (2, ("incidence", "--trial", TRIAL, "--as-of", "9999-12-31"), "lies at an end of the calendar"),
    (2, ("incidence", "--trial", TRIAL, "--as-of", "-1"), "--as-of takes a position"),
    (2, ("incidence", "--trial", TRIAL, "--as-of", "²"), "--as-of takes a position"),
    (2, ("incidence", "--trial", TRIAL, "--as-of", "0001-01-01T00:00+08:00"), "--as-of takes a position"),
    (2, ("incidence", "--trial", TRIAL, "--known-to", "site"), "--known-to and --by-date go together"),
    (2, ("incidence", "--trial", TRIAL, "--by-date", "2018-05-31"), "--known-to and --by-date go together"),
    (2, ("listing", "--trial", TRIAL, "--known-to", "me", "--by-date", "2018-05-31"), "takes site or sponsor"),
    (2, ("listing", "--trial", TRIAL, "--known-to", "site", "--by-date", "31.5.2018"), "--by-date takes a date"),
    (2, ("timeline", "S01", "--trial", TRIAL, "--happened-by", "2018-05"), "--happened-by takes a date"),
    (2, ("history", "a/b/c/d"), "history takes a stream such as"),
    (2, ("history", "!"), "history must be 1 to 64"),
    (2, ("history", "S01", "--nonsense"), "Error: "),
    (2, ("do", "adverse_event.forget"), "there is no command adverse_event.forget"),
    (2, ("do", "adverse_event.report", "/nowhere.json"), "the form /nowhere.json cannot be read"),
    (2, ("import", "/nowhere", "--trial", TRIAL), "/nowhere is not a folder"),
    (2, ("import", "{data}", "--trial", TRIAL, "--map", "/nowhere.toml"), "the import map /nowhere.toml cannot be"),
    (2, ("trial", "create", "/nowhere.toml"), "the trial file /nowhere.toml cannot be read"),
    (2, ("listing", "--trial", TRIAL, "--by", "x"), "No such option"),
    (2, ("account", "add", "X", "--role", "operator", "--name", "X", "--email", "nobody"), "the e-mail address must"),
    (2, ("account", "add", "X", "--role", "operator", "--name", "X\nBcc: y"), "the name must be one line of text"),
    (2, ("redact", "1", "--by", "a b"), "--by must be 1 to 64 letters"),
]


@pytest.mark.parametrize(("status", "arguments", "sentence"), REFUSED, ids=[" ".join(case[1])[:60] for case in REFUSED])
def test_what_is_refused_is_told_in_one_sentence_and_changes_nothing(
    cli: CommandLine, tmp_path: Path, status: int, arguments: tuple[str, ...], sentence: str
) -> None:
    before = cli.head
    given = [part.format(data=tmp_path / "data", trial=trial_file(tmp_path, "t2.toml")) for part in arguments]
    ran = cli.run(*given)
    assert (ran.status, ran.out) == (status, "")
    assert sentence in ran.err
    assert "Traceback" not in ran.err
    if "Usage:" not in ran.err:
        assert ran.err.count("\n") == 1
    assert cli.head == before


@pytest.mark.parametrize(
    "arguments",
    [("incidence",), ("nonsense",), ("listing", "--trial", "T1", "--format", "xml"), ("redact", "0"), ("redact", "x")],
    ids=" ".join,
)
def test_arguments_that_no_command_takes_exit_with_2(cli: CommandLine, arguments: tuple[str, ...]) -> None:
    ran = cli.run(*arguments)
    assert (ran.status, ran.out) == (2, "")
    assert "Error:" in ran.err


def test_a_machine_that_refuses_exits_with_3(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    assert CommandLine(tmp_path / "home").refused("trial", "list")[0] == 3


def test_a_setting_that_is_none_is_named(tmp_path: Path) -> None:
    cli = CommandLine(tmp_path / "home", VIGILOG_LOCK_SECONDS="long")
    status, sentence = cli.refused("trial", "list")
    assert (status, sentence.partition(":")[0]) == (2, "VIGILOG_LOCK_SECONDS")
    assert not cli.home.exists()


# --- homes -----------------------------------------------------------------------------------------------------------


def test_the_home_is_vigilog_data_where_nothing_else_is_said(tmp_path: Path) -> None:
    cli = CommandLine(tmp_path / "unused")
    environment = {name: value for name, value in cli.environment().items() if name != "VIGILOG_HOME"}
    told = [str(VIGILOG), "trial", "create", str(trial_file(tmp_path / "unused"))]
    done = subprocess.run(told, cwd=tmp_path, env=environment, capture_output=True, check=True)
    assert b"Trial T1 is registered" in done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"vigilog-data", "unused"}
    assert (tmp_path / "vigilog-data" / "log.db").exists()


@pytest.mark.parametrize(
    "command", [*READS, ("verify",), ("rebuild", "--check"), ("obligations", "--trial", TRIAL)], ids=" ".join
)
def test_reading_begins_no_home(tmp_path: Path, command: tuple[str, ...]) -> None:
    cli = CommandLine(tmp_path / "mistyped")
    status, sentence = cli.refused(*command)
    assert (status, sentence.partition(",")[0]) == (3, f"there is no desk in the home {cli.home}")
    assert "VIGILOG_HOME" in sentence
    assert not cli.home.exists()
    cli.home.mkdir()
    assert cli.refused(*command)[0] == 3
    assert list(cli.home.iterdir()) == []


def test_what_is_left_of_a_lost_log_is_told_as_that(cli: CommandLine) -> None:
    cli("listing", "--trial", TRIAL)
    for file in cli.home.glob("log.db*"):
        file.unlink()
    assert "holds views of a log and no log" in cli.refused("listing", "--trial", TRIAL)[1]


# --- the start -------------------------------------------------------------------------------------------------------


def modules_after(statement: str) -> set[str]:
    """The modules that a statement leaves imported in a process of its own."""
    program = f"import sys; {statement}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stdout.splitlines()[-1].split()}


def test_help_imports_nothing_heavy() -> None:
    # Less what stands there anyway, such as a measurement of coverage.
    loaded = modules_after("from notifications.main import app; app(['--help'], standalone_mode=False)")
    loaded -= modules_after("pass")
    heavy = {"sqlalchemy", "scipy", "numpy", "eventsourcing", "apscheduler", "faststream", "jinja2", "psycopg", "rich"}
    assert "typer" in loaded
    assert not loaded & (heavy | {"pydantic_settings", "fastapi", "uvicorn", "sqlite3", "smtplib"})
