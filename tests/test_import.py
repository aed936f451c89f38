"""Importing through the program: again, changed, gone, tried, from history, in every format, beside what people did."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat
import pytest

from tests.command_line import AE, DM, EX, TRIAL, VIGILOG, CommandLine, with_trial, write

CRITERIA = ("AESDTH", "AESLIFE", "AESHOSP", "AESDISAB", "AESCONG", "AESMIE", "AESCAN", "AESOD")
NOTHING = {"subjects": 0, "exposures": 0, "adverse_events": 0}


@pytest.fixture
def cli(tmp_path: Path) -> CommandLine:
    return with_trial(tmp_path)


def bring(cli: CommandLine, folder: Path, *options: str) -> Any:  # noqa: ANN401, the summary
    return cli.json("import", folder, "--trial", TRIAL, *options)


def answers(cli: CommandLine) -> Any:  # noqa: ANN401, two documents
    """What the record says, without where the log stands."""
    told = [cli.json(command, "--trial", TRIAL) for command in ("incidence", "listing")]
    rows = [{name: value for name, value in row.items() if name != "position"} for row in told[1]["rows"]]
    return told[0]["groups"], rows


def topics(cli: CommandLine, stream: str, after: int = 0) -> list[str]:
    events = cli.json("history", stream)["events"]
    return [event["topic"] for event in events if event["position"] > after]


# --- again and changed -----------------------------------------------------------------------------------------------


def test_the_same_data_again_adds_nothing(cli: CommandLine, tmp_path: Path) -> None:
    first = bring(cli, write(tmp_path / "data"))
    assert (first["added"], first["unchanged"]) == ({"subjects": 2, "exposures": 2, "adverse_events": 3}, 0)
    before = cli.head
    again = bring(cli, write(tmp_path / "data"))
    assert (again["added"], again["unchanged"], again["corrected"]) == (NOTHING, 7, 0)
    assert again["position"] == cli.head == before


def test_changed_cells_are_corrections_and_change_no_earlier_answer(cli: CommandLine, tmp_path: Path) -> None:
    bring(cli, write(tmp_path / "data"))
    position, before = cli.head, cli.json("incidence", "--trial", TRIAL)
    changed = [*AE[:3], AE[3].replace("NONE", "POSSIBLE")]
    answer = bring(cli, write(tmp_path / "data", ae=changed, dm=[*DM[:2], DM[2].replace("52", "53")]))
    assert (answer["added"], answer["corrected"], answer["unchanged"]) == (NOTHING, 2, 5)
    assert topics(cli, "S02", position) == ["subject.corrected.v1", "adverse_event.corrected.v1"]
    arm_b = cli.json("incidence", "--trial", TRIAL)["groups"][1]
    assert arm_b["measures"]["related_serious"]["subjects"] == 1
    assert cli.json("incidence", "--trial", TRIAL, "--as-of", position) == before


def test_what_a_person_put_right_survives_the_same_data(cli: CommandLine, tmp_path: Path) -> None:
    bring(cli, write(tmp_path / "data"))
    named = {"STUDYID": TRIAL, "USUBJID": "S01", "AESEQ": 1}
    cli.do("adverse_event.correct", {**named, "AESTDTC": "2018-03-03", "variables": ["AESTDTC"]})
    assert bring(cli, write(tmp_path / "data"))["corrected"] == 0
    assert cli.json("listing", "--trial", TRIAL)["rows"][0]["onset"] == "2018-03-03"


def test_renumbered_rows_are_refused(cli: CommandLine, tmp_path: Path) -> None:
    bring(cli, write(tmp_path / "data"))
    before = cli.head
    renumbered = [AE[0], AE[1].replace("E1", "E2"), AE[2].replace("E2", "E1"), AE[3]]
    status, sentence = cli.refused("import", write(tmp_path / "data", ae=renumbered), "--trial", TRIAL)
    assert (status, sentence.startswith("ae.csv, line 2: "), "it looks renumbered" in sentence) == (1, True, True)
    assert cli.head == before


def test_a_row_that_vanished_is_a_query_until_it_is_back(cli: CommandLine, tmp_path: Path) -> None:
    bring(cli, write(tmp_path / "data"))
    before = answers(cli)[0]
    gone = bring(cli, write(tmp_path / "data", ae=AE[:3]))
    assert gone["vanished"] == 1
    (query,) = gone["queries"]
    assert {name: query[name] for name in ("rule", "subject", "number", "row")} == {
        "rule": "VANISHED",
        "subject": "S02",
        "number": 1,
        "row": None,
    }
    assert answers(cli)[0] == before
    assert cli.json("listing", "--trial", TRIAL)["rows"][2]["vanished"] is True
    assert bring(cli, write(tmp_path / "data", ae=AE[:3]))["vanished"] == 0
    assert bring(cli, write(tmp_path / "data"))["queries"] == []
    assert topics(cli, "S02")[-2:] == ["adverse_event.row_vanished.v1", "adverse_event.row_reappeared.v1"]


def test_two_imports_that_together_are_the_whole_come_to_the_whole(cli: CommandLine, tmp_path: Path) -> None:
    bring(cli, write(tmp_path / "first", ae=()))
    second = bring(cli, write(tmp_path / "second", dm=(), ex=()))
    assert second["added"] == {**NOTHING, "adverse_events": 3}
    whole = with_trial(tmp_path / "whole")
    bring(whole, write(tmp_path / "data"))
    assert answers(cli) == answers(whole)


def test_a_command_id_that_was_used_for_something_else_is_refused(cli: CommandLine, tmp_path: Path) -> None:
    bring(cli, write(tmp_path / "data", ae=()), "--command-id", "IMPORT-1")
    again = ("import", write(tmp_path / "data"), "--trial", TRIAL, "--command-id", "IMPORT-1")
    status, sentence = cli.refused(*again)
    assert (status, sentence.startswith("The command id IMPORT-1 was used before")) == (1, True)


# --- tried, from history, alerts -------------------------------------------------------------------------------------


def test_a_dry_run_says_what_would_come_of_it_and_stores_nothing(cli: CommandLine, tmp_path: Path) -> None:
    bring(cli, write(tmp_path / "data", ae=AE[:2]))
    before = cli.head
    ended = [f"{AE[0]},AEENDTC", f"{AE[1]},2018-01-01", *(f"{row}," for row in AE[2:])]
    folder = write(tmp_path / "data", ae=ended)
    tried = bring(cli, folder, "--dry-run")
    assert (cli.head, cli.json("queries", "--trial", TRIAL)["queries"]) == (before, [])
    done = bring(cli, folder)
    assert [query["rule"] for query in done["queries"]] == ["END_BEFORE_START"]
    assert tried == {**done, "dry_run": True, "position": before}


def test_one_alert_a_role_and_import_and_none_for_a_history(cli: CommandLine, tmp_path: Path) -> None:
    serious = [*AE, "S01,E3,Stroke,2018-05-01,SEVERE,Y,NONE,FATAL"]
    bring(cli, write(tmp_path / "data", ae=serious))
    (alert,) = cli.json("alerts", "--trial", TRIAL)["alerts"]
    assert (alert["rule"], sorted(alert["concerning"])) == ("SAE-IMPORTED", ["S01/3", "S02/1"])
    other = with_trial(tmp_path / "other")
    bring(other, write(tmp_path / "data", ae=serious), "--history")
    assert other.json("alerts", "--trial", TRIAL)["alerts"] == []
    news, history = (home.json("history", "T1/trial")["events"][-1] for home in (cli, other))
    assert news["topic"] == history["topic"] == "trial.data_imported.v1"
    assert history["words"] == news["words"].replace("were imported:", "were imported as history:")
    assert not (other.home / "mail").exists()


# --- contradictions --------------------------------------------------------------------------------------------------


def test_every_contradiction_is_kept_and_listed_with_its_row_and_fields(cli: CommandLine, tmp_path: Path) -> None:
    header = "USUBJID,AESPID,AETERM,AESTDTC,AEENDTC,AESER,AEREL,AEOUT," + ",".join(CRITERIA)
    flags = [
        f"S01,F{n},Flag {n},2018-03-05,,N,NONE,," + ",".join("Y" if name == flag else "N" for name in CRITERIA)
        for n, flag in enumerate(CRITERIA)
    ]
    none = "," * len(CRITERIA)
    other = [
        f"S02,x1,Ends early,2018-03-05,2018-03-04,N,NONE,{none}",
        f"S02,x2,Too early,2018-02,,N,PROBABLE,{none}",
        f"S02,x3,Deadly,2018-04-01,,Y,NONE,FATAL{none}",
        f"S02,x4,Twice,2018-04-02,,N,NONE,{none}",
        f"S02,x5,Twice,2018-04-02,,N,NONE,{none}",
    ]
    answer = bring(cli, write(tmp_path / "data", ae=[header, *flags, *other]))
    told = {(query["rule"], query["row"]): query["fields"] for query in answer["queries"]}
    assert told == {
        **{("SERIOUS_FLAG", n): ["AESER", flag] for n, flag in enumerate(CRITERIA, 2)},
        ("FATAL_WITHOUT_DEATH", 2): ["AESDTH", "DTHDTC"],
        ("END_BEFORE_START", 10): ["AESTDTC", "AEENDTC"],
        ("ONSET_BEFORE_FIRST_DOSE_RELATED", 11): ["AESTDTC", "AEREL", "EXSTDTC"],
        ("FATAL_WITHOUT_DEATH", 12): ["AEOUT", "DTHDTC"],
        ("EQUAL_BUT_NUMBER", 14): ["AESEQ"],
    }
    assert {query["file"] for query in answer["queries"]} == {"ae.csv"}
    rows = {row["source_id"]: row for row in cli.json("listing", "--trial", TRIAL)["rows"]}
    assert (rows["X2"]["onset"], rows["F0"]["serious"]) == ("2018-02", "N")


def test_a_query_about_what_a_person_filed_is_given_no_row(cli: CommandLine, tmp_path: Path) -> None:
    ended = ("USUBJID,AESPID,AETERM,AESTDTC", "S01,2,Fever,2018-03-05")
    bring(cli, write(tmp_path / "data", ae=ended))
    filed = {"STUDYID": TRIAL, "USUBJID": "S01", "AETERM": "Rash", "AESTDTC": "2018-03-09", "AEENDTC": "2018-03-01"}
    cli.do("adverse_event.report", filed)
    (query,) = bring(cli, write(tmp_path / "data", ae=ended))["queries"]
    assert (query["number"], query["file"], query["row"]) == (2, None, None)


# --- formats, maps, progress -----------------------------------------------------------------------------------------


def cells(lines: tuple[str, ...]) -> list[dict[str, str]]:
    names = lines[0].split(",")
    return [dict(zip(names, line.split(","), strict=True)) for line in lines[1:]]


def as_xpt(folder: Path) -> Path:
    folder.mkdir()
    for name, lines in (("dm", DM), ("ex", EX), ("ae", AE)):
        frame = pd.DataFrame(cells(lines))
        for column in frame.columns.intersection(["AGE", "EXSEQ"]):
            frame[column] = frame[column].astype(float)
        pyreadstat.write_xport(frame, folder / f"{name}.xpt", table_name=name.upper(), file_format_version=5)
    return folder


def as_dataset_json(folder: Path) -> Path:
    folder.mkdir()
    for name, lines in (("dm", DM), ("ex", EX), ("ae", AE)):
        columns = [{"name": column, "dataType": "string"} for column in lines[0].split(",")]
        rows = [list(row.values()) for row in cells(lines)]
        document = {"datasetJSONVersion": "1.1.0", "records": len(rows), "columns": columns, "rows": rows}
        (folder / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")
    return folder


@pytest.mark.parametrize("other", [as_xpt, as_dataset_json], ids=["xpt", "dataset-json"])
def test_the_same_data_in_another_format_give_the_same_answers(cli: CommandLine, tmp_path: Path, other: Any) -> None:  # noqa: ANN401, a function
    bring(cli, write(tmp_path / "csv"))
    folder = other(tmp_path / "other")
    assert bring(cli, folder)["unchanged"] == 7
    fresh = with_trial(tmp_path / "fresh")
    assert bring(fresh, folder)["added"] == {"subjects": 2, "exposures": 2, "adverse_events": 3}
    assert answers(fresh) == answers(cli)


def test_a_map_reads_a_folder_that_speaks_otherwise(cli: CommandLine, tmp_path: Path) -> None:
    folder = tmp_path / "foreign"
    folder.mkdir()
    (folder / "people.csv").write_text("patient,group\nS01,one\nS02,two\n", encoding="utf-8")
    (folder / "reactions.csv").write_text("who,no,what,when\nS02,1,Cough,2018-04-01\n", encoding="utf-8")
    by = tmp_path / "map.toml"
    by.write_text(
        """
[import.subjects]
file = "people.csv"
columns = { USUBJID = "patient", ARM = "group" }
values.ARM = { one = "A", two = "B" }
[import.adverse_events]
file = "reactions.csv"
columns = { USUBJID = "who", AESEQ = "no", AETERM = "what", AESTDTC = "when" }
""",
        encoding="utf-8",
    )
    assert bring(cli, folder, "--map", str(by))["added"] == {"subjects": 2, "exposures": 0, "adverse_events": 1}
    (row,) = cli.json("listing", "--trial", TRIAL)["rows"]
    assert (row["arm"], row["term"], row["onset"]) == ("B", "Cough", "2018-04-01")


def test_progress_is_shown_on_a_terminal_alone(cli: CommandLine, tmp_path: Path) -> None:
    folder = write(tmp_path / "data")
    assert cli.process("import", folder, "--trial", TRIAL, "--dry-run", "--format", "json").err == ""
    screen, terminal = os.openpty()
    command = [str(VIGILOG), "import", str(folder), "--trial", TRIAL, "--format", "json"]
    environment = {**cli.environment(), "TERM": "xterm", "COLUMNS": "80"}
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=terminal, env=environment, check=True, timeout=60)
    os.close(terminal)
    shown = os.read(screen, 100_000).decode()
    os.close(screen)
    assert "dm.csv" in shown
    assert json.loads(done.stdout)["added"]["adverse_events"] == 3
