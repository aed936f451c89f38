"""What the commands of the contract do and answer: trials, accounts, any act of the desk, summaries, alerts, histories."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from tests.command_line import TRIAL, TRIAL_FILE, CommandLine, trial_file, with_trial, write

SAE = {"STUDYID": TRIAL, "USUBJID": "S01", "AETERM": "Stroke", "AESER": "Y"}


@pytest.fixture
def cli(tmp_path: Path) -> CommandLine:
    """A home with the small trial imported."""
    found = with_trial(tmp_path)
    found("import", write(tmp_path / "data"), "--trial", TRIAL)
    return found


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


def test_who_cannot_be_written_down_is_not_let_in(tmp_path: Path) -> None:
    cli = with_trial(tmp_path)
    before = cli.head
    (cli.home / "directory.db").mkdir()
    status, sentence = cli.refused("account", "add", "CHEN", "--role", "safety_officer", "--name", "Chen")
    assert (status, sentence.startswith("the directory of people cannot be used: ")) == (3, True)
    assert cli.head == before


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
    assert filed | {"id": "", "raised_at": "", "next_at": "", "messages": []} == {
        "id": "",
        "rule": "SAE-REPORTED",
        "role": "safety_officer",
        "rung": 1,
        "concerning": ["S01/3"],
        "state": "sent",
        "raised_at": "",
        "due_at": None,
        "messages": [],
        "urgency": "urgent",
        "root": None,
        "repeat": 0,
        "reminds": None,
        "next_at": "",
        "acknowledged_by": None,
        "acknowledged_at": None,
        "settled": False,
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


def test_what_is_not_coded_is_counted_as_that(cli: CommandLine) -> None:
    coded = {"STUDYID": TRIAL, "USUBJID": "S01", "AETERM": "Rash", "AESTDTC": "2018-03-05"}
    cli.do("adverse_event.report", {**coded, "AEDECOD": "Rash", "AEBODSYS": "Skin disorders"})
    for by in ("soc", "pt"):
        table = cli("incidence", "--trial", TRIAL, "--by", by).out
        assert " ".join(table.partition("not coded")[2].split()[:4]) == "1 of 1 2"
        assert ("Skin disorders / Rash" in table) is (by == "pt")
        rows = list(csv.DictReader(cli("incidence", "--trial", TRIAL, "--by", by, "--format", "csv").out.splitlines()))
        assert [row["soc"] for row in rows if row["arm"] == "A" and row["soc"]] == ["Skin disorders", "not coded"]


def test_grades_and_a_comparison_stand_beside_the_table(cli: CommandLine) -> None:
    table = " ".join(cli("incidence", "--trial", TRIAL, "--by", "grade", "--compare", "A").out.split())
    assert "AESEV MILD 0 of 1 1 0.0 %" in table
    assert "AESEV MODERATE 1 of 1 1 100.0 %" in table
    assert "related B against A 1.000000" in table


def test_a_listing_says_what_became_of_an_adverse_event(cli: CommandLine) -> None:
    subject = {"STUDYID": TRIAL, "USUBJID": "S01"}
    assert "State" not in cli("listing", "--trial", TRIAL).out
    cli.do("adverse_event.merge", {**subject, "AESEQ": 2, "into": 1})
    cli.do("adverse_event.nullify", {"STUDYID": TRIAL, "USUBJID": "S02", "AESEQ": 1, "reason": "wrong_subject"})
    listed = cli("listing", "--trial", TRIAL).out
    assert "merged into 1" in listed
    assert "nullified" in listed
