"""What becomes of a clock, on the command line: taken in hand, sent, answered, struck through; each in one line."""

from pathlib import Path
from typing import Any

import pytest

from tests.command_line import TRIAL, CommandLine, with_trial, write
from tests.rule_packs import PACK
from tests.test_cli_answers import validator

TRIAL_OPTION = ("--trial", TRIAL)
CLOCK = ("S01/1", "T-7/1", *TRIAL_OPTION)
LATER = "2999-01-01T00:00Z"


@pytest.fixture
def cli(tmp_path: Path) -> CommandLine:
    """A trial that a pack governs, and one fatal adverse event."""
    found = with_trial(tmp_path)
    for name, printed in (("CHEN", "Chen Wei"), ("WANG", "Wang Fang")):
        found("account", "add", name, "--role", "safety_officer", "--name", printed)
    found("import", write(tmp_path / "data", ae=()), *TRIAL_OPTION)
    (tmp_path / "test.toml").write_text(PACK, encoding="utf-8")
    found("regulation", "adopt", *TRIAL_OPTION, "--pack", tmp_path / "test.toml", "--by", "CHEN")
    fatal = {"AETERM": "Sepsis", "AESER": "Y", "AESDTH": "Y", "AEREL": "PROBABLE"}
    found.do("adverse_event.report", {"STUDYID": TRIAL, "USUBJID": "S01", **fatal})
    return found


def clock(cli: CommandLine) -> dict[str, Any]:
    found = cli.json("obligations", *TRIAL_OPTION)["obligations"]
    return next(row for row in found if row["obligation"] == "T-7/1")


def test_taken_in_hand_by_name_and_over_from_another_with_a_reason(cli: CommandLine) -> None:
    assert clock(cli)["taken_by"] is None
    assert cli("obligations", "take", *CLOCK, "--by", "CHEN").err == (
        "Obligation T-7/1 of S01/1 is in the hands of CHEN.\n"
    )
    assert (clock(cli)["taken_by"], clock(cli)["timeliness"]) == ("CHEN", "running")
    assert cli("obligations", "take", *CLOCK, "--by", "CHEN").err.endswith("is in the hands of CHEN already.\n")
    assert cli.refused("obligations", "take", *CLOCK, "--by", "WANG") == (
        1,
        "Obligation T-7/1 of subject S01 is in the hands of CHEN; to take it over, give a reason.",
    )
    cli("obligations", "take", *CLOCK, "--by", "WANG", "--reason", "Chen is on leave")
    assert clock(cli)["taken_by"] == "WANG"
    assert "In hand" in cli("obligations", *TRIAL_OPTION).out
    told = cli("history", "S01").out
    assert "taken in hand by WANG, over from another" in " ".join(told.split())
    assert "leave" not in told, "free text stays sealed"


def test_sent_acknowledged_and_rejected(cli: CommandLine) -> None:
    cli("obligations", "submit", *CLOCK, "--reference", "R-1", "--by", "CHEN")
    assert (clock(cli)["state"], clock(cli)["reference"]) == ("submitted", "R-1")
    cli("obligations", "acknowledge", *CLOCK, "--recipient", "Authority", "--by", "CHEN")
    assert clock(cli)["state"] == "acknowledged"
    said = cli("obligations", "reject", *CLOCK, "--recipient", "Authority", "--reason", "Page 2", "--by", "CHEN")
    assert said.err == "Obligation T-7/1 of S01/1 is recorded as rejected, and its clock goes on.\n"
    assert clock(cli)["state"] == "rejected"
    cli("obligations", "submit", *CLOCK, "--to", "Authority", "--by", "CHEN")
    assert clock(cli)["state"] == "submitted"


def test_struck_through_in_the_printed_name(cli: CommandLine) -> None:
    said = cli("obligations", "cancel", *CLOCK, "--reason", "not_applicable", "--by", "CHEN")
    assert said.err == "Obligation T-7/1 of S01/1 is struck through.\n"
    assert (clock(cli)["cancelled_because"], clock(cli)["signed_by"]) == ("not_applicable", "CHEN")


def test_an_act_is_done_once_and_answers_as_its_schema_says(cli: CommandLine) -> None:
    command = ("obligations", "submit", *CLOCK, "--by", "CHEN", "--at", "{now}", "--command-id", "ACT-1")
    at = clock(cli)["starts_at"]
    told = [cli.json(*(part.format(now=at) for part in command)) for _ in range(2)]
    assert [answer["repeated"] for answer in told] == [False, True]
    assert told[0]["positions"] == told[1]["positions"]
    for answer in told:
        validator("done").validate(answer)


@pytest.mark.parametrize(
    ("status", "arguments", "sentence"),
    [
        (2, ("take", "S01", "T-7/1"), "named by subject and number"),
        (2, ("take", "S01/x", "T-7/1"), "named by subject and number"),
        (2, ("submit", "S01/1", "T-7/1", "--at", "2018-03-01T12:00"), "give the time its zone"),
        (2, ("submit", "S01/1", "T-7/1", "--at", "tomorrow"), "--at takes a time"),
        (2, ("take", "S01/1", "T-7/1", "--format", "csv"), "no rows to print"),
        (1, ("take", "S01/1", "T-9/1"), "has no obligation T-9/1"),
        (1, ("take", "S01/1", "no name"), "obligation: "),
        (1, ("submit", "S01/1", "T-7/1", "--at", LATER), "lies in the future"),
        (1, ("submit", "S01/1", "T-7/1", "--to", "EMA"), "is owed to Authority"),
        (1, ("acknowledge", "S01/1", "T-7/1", "--recipient", "Authority"), "record first that it was"),
        (1, ("cancel", "S01/1", "T-7/1", "--reason", "because"), "reason: "),
        (1, ("take", "S01/1", "T-SITE/1"), "is submitted: nothing of it is left to take in hand"),
    ],
    ids=lambda given: " ".join(given)[:50] if isinstance(given, tuple) else None,
)
def test_refused(cli: CommandLine, status: int, arguments: tuple[str, ...], sentence: str) -> None:
    head = cli.head
    answered, said = cli.refused("obligations", *arguments, *TRIAL_OPTION, "--by", "CHEN")
    assert (answered, sentence in said) == (status, True), said
    assert cli.head == head


def test_the_table_still_takes_its_trial(cli: CommandLine) -> None:
    assert cli.refused("obligations")[0] == 2
    assert cli.refused("obligations", "take", "S01/1", "T-7/1", "--trial", TRIAL) == (
        1,
        "Account OPERATOR may not do this: obligation.take takes one of the roles safety_officer.",
    )
