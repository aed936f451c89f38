"""The clocks on the command line: packs adopted by name, what is owed at a time and as of a position, and what-if."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.command_line import TRIAL, CommandLine, with_trial, write
from tests.rule_packs import LONGER, OTHER, PACK

TRIAL_OPTION = ("--trial", TRIAL)
FATAL = {"AETERM": "Sepsis", "AESER": "Y", "AESDTH": "Y", "AEREL": "PROBABLE"}


@pytest.fixture
def cli(tmp_path: Path) -> CommandLine:
    """A trial with subjects, a safety officer, and a pack in a file."""
    found = with_trial(tmp_path)
    found("account", "add", "CHEN", "--role", "safety_officer", "--name", "Chen Wei")
    for name, text in (("test.toml", PACK), ("longer.toml", LONGER), ("other.toml", OTHER)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    found("import", write(tmp_path / "data", ae=()), *TRIAL_OPTION)
    return found


def adopt(cli: CommandLine, tmp_path: Path, name: str = "test.toml") -> None:
    cli("regulation", "adopt", *TRIAL_OPTION, "--pack", tmp_path / name, "--by", "CHEN")


def report(cli: CommandLine, **fields: str) -> Any:  # noqa: ANN401, the answer
    return cli.do("adverse_event.report", {"STUDYID": TRIAL, "USUBJID": "S01", **FATAL, **fields})


def owed(cli: CommandLine, *options: object) -> dict[str, dict[str, Any]]:
    found = cli.json("obligations", *TRIAL_OPTION, *options)["obligations"]
    return {row["obligation"]: row for row in found}


def test_a_pack_governs_from_its_adoption_on_signed_for_in_the_printed_name(cli: CommandLine, tmp_path: Path) -> None:
    report(cli)
    assert owed(cli) == {}
    adopt(cli, tmp_path)
    assert cli.json("obligations", *TRIAL_OPTION)["reviews_owed"] == 1
    cli.do("obligation.review", {"STUDYID": TRIAL, "USUBJID": "S01"})
    assert set(owed(cli)) == {"T-SITE/1", "T-7/1"}
    assert cli.json("obligations", *TRIAL_OPTION)["reviews_owed"] == 0
    told = cli("history", f"{TRIAL}/trial").out
    assert "signed for by CHEN" in " ".join(told.split())


def test_who_may_not_sign_and_what_may_not_govern(cli: CommandLine, tmp_path: Path) -> None:
    pack = ("--pack", tmp_path / "test.toml")
    assert cli.refused("regulation", "adopt", *TRIAL_OPTION, *pack) == (
        1,
        "Account OPERATOR may not do this: trial.adopt_rule_pack takes one of the roles safety_officer.",
    )
    adopt(cli, tmp_path)
    status, why = cli.refused("regulation", "adopt", *TRIAL_OPTION, *pack, "--by", "CHEN")
    assert (status, "nothing to adopt" in why) == (1, True)
    (tmp_path / "test.toml").write_text(PACK + "# changed\n", encoding="utf-8")
    status, why = cli.refused("regulation", "adopt", *TRIAL_OPTION, *pack, "--by", "CHEN")
    assert (status, "a version of its own" in why) == (1, True)
    status, why = cli.refused("regulation", "adopt", *TRIAL_OPTION, "--pack", "EU-CRT", "--by", "CHEN")
    assert (status, "EU-CTR" in why) == (2, True)


def test_a_profile_brings_its_packs_and_its_settings(cli: CommandLine) -> None:
    cli("regulation", "adopt", *TRIAL_OPTION, "--pack", "CN-ADMSC-DEMO", "--by", "CHEN")
    report(cli)
    packs = {row["pack"] for row in owed(cli).values()}
    assert {"CN-NMPA-DRUG", "CN-STEMCELL-2015", "SITE-EC"} >= packs > {"SITE-EC"}
    found = cli.json("regulation", "packs", *TRIAL_OPTION)
    signed = {row["id"] for row in (*found["packs"], *found["profiles"]) if row["signed_by"] == "CHEN"}
    assert signed == {"CN-NMPA-DRUG", "CN-STEMCELL-2015", "SITE-EC", "CN-ADMSC-DEMO"}


def test_how_the_clocks_stand_is_a_question_of_position_and_time(cli: CommandLine, tmp_path: Path) -> None:
    adopt(cli, tmp_path)
    positions = report(cli)["positions"]
    later = (datetime.now(UTC) + timedelta(days=9)).isoformat()
    assert owed(cli)["T-7/1"]["timeliness"] == "running"
    assert owed(cli, "--at", later)["T-7/1"]["timeliness"] == "overdue"
    assert owed(cli, "--as-of", positions[0] - 1) == {}
    sent_at = datetime.now(UTC).isoformat()
    form = {"STUDYID": TRIAL, "USUBJID": "S01", "AESEQ": 1, "obligation": "T-7/1", "sent_at": sent_at}
    cli.do("obligation.submit", form, "--by", "CHEN")
    assert owed(cli, "--at", later)["T-7/1"]["timeliness"] == "met"
    assert owed(cli, "--as-of", positions[-1], "--at", later)["T-7/1"]["timeliness"] == "overdue"
    assert set(owed(cli)) == {"T-SITE/1", "T-7/1", "T-7F/1"}
    assert set(owed(cli, "--due-within", 2)) == set()
    assert set(owed(cli, "--due-within", 9)) == {"T-7F/1"}


def test_what_a_person_reads(cli: CommandLine, tmp_path: Path) -> None:
    assert "vigilog regulation adopt" in cli("obligations", *TRIAL_OPTION).out
    report(cli)
    adopt(cli, tmp_path)
    assert "still to be reviewed under what governs now: 1" in cli("obligations", *TRIAL_OPTION).err
    report(cli)
    told = cli("obligations", *TRIAL_OPTION).out
    assert "S01/2" in told
    assert "T-7/1" in told
    assert "running" in told
    rows = cli("obligations", *TRIAL_OPTION, "--format", "csv").out.splitlines()
    assert rows[0].startswith("subject,number,obligation,rule")
    assert len(rows) == 3


def test_a_time_that_is_none(cli: CommandLine) -> None:
    assert cli.refused("obligations", *TRIAL_OPTION, "--at", "tomorrow") == (
        2,
        "--at takes a date such as 2018-05-31, or a time with its zone",
    )
    assert cli.refused("obligations", *TRIAL_OPTION, "--at", "2018-05-31T12:00")[0] == 2


def test_what_if_is_the_same_history_under_another_pack(cli: CommandLine, tmp_path: Path) -> None:
    adopt(cli, tmp_path)
    report(cli)
    report(cli, AESDTH="N")
    before = cli.head
    same = cli.json("obligations", *TRIAL_OPTION, "--what-if", tmp_path / "test.toml")
    assert (same["only_under_it"], same["not_under_it"], same["other_dates"], same["same"]) == ([], [], [], 4)
    longer = cli.json("obligations", *TRIAL_OPTION, "--what-if", tmp_path / "longer.toml")
    (moved,) = longer["other_dates"]
    assert (moved["now"]["obligation"], moved["under_it"]["obligation"]) == ("T-15/1", "T-15/1")
    assert moved["now"]["due_at"] < moved["under_it"]["due_at"]
    other = cli.json("obligations", *TRIAL_OPTION, "--what-if", tmp_path / "other.toml")
    assert {(row["obligation"], *row["to"]) for row in other["only_under_it"]} == {
        ("O-7/1", "Ministry"),
        ("O-15/1", "Ministry"),
    }
    assert {row["obligation"] for row in other["not_under_it"]} == {"T-7/1", "T-15/1"}
    assert other["same"] == 2, "the site owes the sponsor under both"
    assert cli.head == before
    late = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    assert all(
        row["late"]
        for row in cli.json("obligations", *TRIAL_OPTION, "--what-if", tmp_path / "other.toml", "--at", late)[
            "only_under_it"
        ]
    )
    told = cli("obligations", *TRIAL_OPTION, "--what-if", tmp_path / "other.toml").out
    assert "only under it" in told


def test_what_if_also_of_a_trial_that_no_pack_governs(cli: CommandLine, tmp_path: Path) -> None:
    report(cli)
    found = cli.json("obligations", *TRIAL_OPTION, "--what-if", tmp_path / "test.toml")
    assert {row["obligation"] for row in found["only_under_it"]} == {"T-SITE/1", "T-7/1"}


def test_an_import_opens_clocks_unless_it_is_history(cli: CommandLine, tmp_path: Path) -> None:
    adopt(cli, tmp_path)
    header = "USUBJID,AESPID,AETERM,AESTDTC,AESER,AEREL"
    first, second = "S01,E1,Sepsis,2018-03-02,Y,PROBABLE", "S02,E2,Stroke,2018-04-02,Y,PROBABLE"
    cli("import", write(tmp_path / "old", ae=(header, first)), *TRIAL_OPTION, "--history")
    assert owed(cli) == {}
    cli.do("obligation.review", {"STUDYID": TRIAL, "USUBJID": "S01"})
    assert owed(cli) == {}, "handled elsewhere"
    (told,) = cli.json("listing", *TRIAL_OPTION)["rows"]
    cli.do("adverse_event.follow_up", {"STUDYID": TRIAL, "USUBJID": "S01", "AESEQ": told["number"], "AESDTH": "Y"})
    assert set(owed(cli)) == {"T-7UP/1"}, "only what was told since"
    cli("import", write(tmp_path / "new", ae=(header, first, second)), *TRIAL_OPTION)
    found = owed(cli)
    assert {(row["subject"], name) for name, row in found.items()} == {
        ("S01", "T-7UP/1"),
        ("S02", "T-SITE/1"),
        ("S02", "T-15/1"),
    }
    head = cli.head
    cli("import", tmp_path / "new", *TRIAL_OPTION)
    assert cli.head == head, "the same data again owes nothing twice"
    alerts = cli.json("alerts", *TRIAL_OPTION)["alerts"]
    imported = [alert for alert in alerts if alert["rule"] == "OBLIGATIONS-IMPORTED"]
    assert [(alert["role"], alert["urgency"], alert["concerning"]) for alert in imported] == [
        ("investigator", "urgent", ["S02/1"]),
        ("safety_officer", "digest", ["S02/1"]),
    ]
    assert [alert["rule"] for alert in alerts].count("SAE-IMPORTED") == 1
    assert cli("verify").status == 0
    assert cli("rebuild", "--check").status == 0
