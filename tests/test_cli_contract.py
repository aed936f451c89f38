"""The contract of the command line (DESIGN 4): commands, exit codes, what goes to which output, whose home."""

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.command_line import TRIAL, TRIAL_FILE, VIGILOG, CommandLine, trial_file, with_trial, write

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
    ("queries", "--trial", TRIAL),
    ("timeline", "S01", "--trial", TRIAL),
    ("history", "S01"),
    ("history", "T1/trial"),
]


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
    done = subprocess.run([VIGILOG, "trial", "list"], cwd=tmp_path, env=environment, capture_output=True, check=True)
    assert b"vigilog trial create" in done.stdout
    assert {path.name for path in tmp_path.iterdir()} == {"vigilog-data"}
    assert (tmp_path / "vigilog-data" / "log.db").exists()


# --- trials, accounts, any command -----------------------------------------------------------------------------------


def test_a_trial_is_named_after_its_file_and_listed(cli: CommandLine, tmp_path: Path) -> None:
    cli("trial", "create", trial_file(tmp_path, "Second-Trial.toml"))
    told = {trial["trial"]: trial for trial in cli.json("trial", "list")["trials"]}
    assert set(told) == {"T1", "SECOND-TRIAL"}
    assert (told["T1"]["subjects"], told["T1"]["adverse_events"]) == (2, 3)
    status, sentence = cli.refused("trial", "create", trial_file(tmp_path))
    assert (status, sentence) == (1, "Trial T1 is registered already; use `vigilog trial amend` to change it.")


def test_an_amendment_governs_from_then_on(cli: CommandLine, tmp_path: Path) -> None:
    before, position = cli.json("incidence", "--trial", TRIAL), cli.head
    conservative = TRIAL_FILE.replace('missing = "not_related"', 'missing = "related"')
    file = trial_file(tmp_path, text=conservative)
    assert cli("trial", "amend", file, "--reason", "sponsor's choice").err == "Trial T1 is amended.\n"
    assert "missing counts as related" in cli.json("incidence", "--trial", TRIAL)["rules"]["related"]
    assert cli.json("incidence", "--trial", TRIAL, "--as-of", position) == before
    assert cli.refused("trial", "amend", file, "--reason", "again")[0] == 1


def test_accounts_act_in_their_roles_and_nobody_else_does(cli: CommandLine) -> None:
    cli("account", "add", "wang", "--role", "investigator", "--name", "王芳", "--trial", "t1")
    done = cli.do("adverse_event.report", SAE, "--by", "wang")
    assert cli.json("history", "S01")["events"][-1]["by"] == "WANG"
    assert done["repeated"] is False
    form = json.dumps({"STUDYID": TRIAL, "USUBJID": "S01", "AESEQ": 1, "reason": "other"})
    cli("account", "add", "AUDIT", "--role", "auditor", "--name", "Li")
    status, sentence = cli.refused("do", "adverse_event.nullify", "--by", "AUDIT", stdin=form)
    assert (status, "Account AUDIT may not do this" in sentence) == (1, True)


def test_an_account_is_added_once_and_its_address_changed_at_will(cli: CommandLine) -> None:
    add = ("account", "add", "CHEN", "--name", "Chen", "--role")
    cli(*add, "safety_officer")
    position = cli.head
    cli(*add, "safety_officer", "--email", "chen@hospital.org")
    assert cli.head == position
    assert cli.refused(*add, "operator") == (1, "Account CHEN exists already; choose another id.")


def test_the_same_command_id_does_nothing_twice_and_is_not_taken_for_something_else(cli: CommandLine) -> None:
    first = cli.do("adverse_event.report", SAE, "--command-id", "ACT-1")
    again = cli.do("adverse_event.report", SAE, "--command-id", "ACT-1")
    assert again == {"positions": first["positions"], "repeated": True}
    other = json.dumps({**SAE, "AESEV": "MILD"})
    status, sentence = cli.refused("do", "adverse_event.report", "--command-id", "ACT-1", stdin=other)
    assert (status, "ACT-1 was used before for something else" in sentence) == (1, True)


def test_every_command_of_the_desk_is_listed(cli: CommandLine) -> None:
    named = cli("do", "list").out.split()
    assert {"adverse_event.report", "dose.give", "subject.enrol", "trial.register", "account.add"} <= set(named)


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ("CANARY", "the form: Invalid JSON"),
        ("[]", "the form: Input should be an object"),
        ('{"USUBJID": "S01"}', "STUDYID: Field required"),
        ('{"STUDYID": "T1", "USUBJID": "S01", "AESER": "CANARY"}', "AESER: Input should be 'Y' or 'N'"),
        ('{"STUDYID": "T1", "USUBJID": "S01", "AESTDTC": "CANARY"}', "AESTDTC: must be a date of the form"),
        ('{"STUDYID": "T1", "USUBJID": "S01", "SHOE": "CANARY"}', "SHOE: Extra inputs are not permitted"),
    ],
)
def test_a_form_that_is_not_filled_in_as_it_must_be(cli: CommandLine, form: str, sentence: str) -> None:
    status, told = cli.refused("do", "adverse_event.report", stdin=form)
    assert (status, told.startswith(sentence)) == (1, True)
    assert "CANARY" not in told


# --- answers ---------------------------------------------------------------------------------------------------------


def test_an_import_answers_with_its_summary(tmp_path: Path) -> None:
    cli = with_trial(tmp_path)
    ae = ("USUBJID,AESEQ,AETERM,AESTDTC,AEENDTC", "S01,1,Fever,2018-03-05,2018-03-01", "S02,1,Cough,2018-03-05,")
    answer = cli.json("import", write(tmp_path / "data", ae=ae), "--trial", "t1")
    assert {name: answer[name] for name in ("trial", "added", "unchanged", "corrected", "position")} == {
        "trial": "T1",
        "added": {"subjects": 2, "exposures": 2, "adverse_events": 2},
        "unchanged": 0,
        "corrected": 0,
        "position": cli.head,
    }
    (query,) = answer["queries"]
    assert {name: query[name] for name in ("rule", "subject", "row", "file", "fields")} == {
        "rule": "END_BEFORE_START",
        "subject": "S01",
        "row": 2,
        "file": "ae.csv",
        "fields": ["AESTDTC", "AEENDTC"],
    }
    assert query["message"]


def test_alerts_answer_with_what_is_owed_to_whom(cli: CommandLine) -> None:
    cli.do("adverse_event.report", SAE)
    answer = cli.json("alerts", "--trial", TRIAL)
    imported, filed = answer["alerts"]
    assert (imported["rule"], imported["concerning"]) == ("SAE-IMPORTED", ["S02/1"])
    assert filed | {"id": "", "raised_at": "", "messages": []} == {
        "id": "",
        "rule": "SAE-REPORTED",
        "role": "safety_officer",
        "rung": 1,
        "concerning": ["S01/3"],
        "state": "sent",
        "raised_at": "",
        "due_at": None,
        "messages": [],
    }
    assert len(filed["messages"]) == 1
    assert filed["raised_at"].endswith("Z")


@pytest.mark.parametrize("named", ["S01", "s01", "Ｓ０１", "T1/subject/S01", "t1/Subject/s01"])
def test_a_history_is_found_by_code_or_stream(cli: CommandLine, named: str) -> None:
    answer = cli.json("history", named)
    assert [event["topic"] for event in answer["events"]] == [
        "subject.enrolled.v1",
        "dose.given.v1",
        "adverse_event.reported.v1",
        "adverse_event.reported.v1",
    ]


def test_nothing_recorded_is_no_fault(cli: CommandLine) -> None:
    assert cli("history", "S99").out.startswith("History of S99\nNothing is recorded under S99")
    assert cli("timeline", "S99", "--trial", TRIAL).out.endswith("see `vigilog listing` for the subjects there are.\n")
    assert cli("queries", "--trial", TRIAL).out.endswith("No open queries.\n")
    assert cli.json("history", "-/account/OPERATOR")["events"][0]["topic"] == "account.added.v1"


def test_numbers_in_csv_are_numbers_and_formulas_are_text(tmp_path: Path) -> None:
    cli = with_trial(tmp_path)
    ae = ("USUBJID,AESEQ,AETERM,AESTDTC", '"S01",1,"=HYPERLINK(""x"")",2018-03-05', "S01,2,-5,2018-03-05")
    cli("import", write(tmp_path / "data", ae=ae), "--trial", TRIAL)
    rows = list(csv.DictReader(cli("incidence", "--trial", TRIAL, "--format", "csv").out.splitlines()))
    first: dict[str, Any] = rows[0]
    assert first == {
        "arm": "A",
        "measure": "teae",
        "subjects": "1",
        "of": "1",
        "events": "2",
        "proportion": "1.0",
        "ci95_low": "0.025",
        "ci95_high": "1.0",
    }
    terms = [
        row["term"] for row in csv.DictReader(cli("listing", "--trial", TRIAL, "--format", "csv").out.splitlines())
    ]
    assert terms == ['\'=HYPERLINK("x")', "-5"]


def test_a_listing_keeps_the_serious_or_the_related(cli: CommandLine) -> None:
    def keys(*options: str) -> list[tuple[str, int]]:
        return [(row["subject"], row["number"]) for row in cli.json("listing", "--trial", TRIAL, *options)["rows"]]

    assert keys() == [("S01", 1), ("S01", 2), ("S02", 1)]
    assert keys("--serious") == [("S02", 1)]
    assert keys("--related") == [("S01", 1)]
    assert keys("--serious", "--related") == []


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
