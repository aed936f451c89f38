"""People on duty on the command line: who is away and who covers, the ladder that a trial has, and the faults of both."""

from pathlib import Path
from typing import Any

import pytest

from safety.cli.absences import moment
from tests.command_line import TRIAL, TRIAL_FILE, CommandLine, trial_file, with_trial


@pytest.fixture
def cli(tmp_path: Path) -> CommandLine:
    """The small trial and its two officers."""
    found = with_trial(tmp_path)
    found("account", "add", "CHEN", "--role", "safety_officer", "--name", "Chen Wei", "--email", "chen@a.org")
    found("account", "add", "WANG", "--role", "safety_officer", "--name", "Wang Li")
    return found


def absence(cli: CommandLine, *arguments: str) -> str:
    return cli("account", "absence", *arguments).err


def test_an_absence_is_said_in_the_zone_of_who_says_it(cli: CommandLine) -> None:
    said = absence(
        cli, "chen", "--from", "2099-12-24", "--until", "2100-01-02", "--cover", "wang", "--zone", "Asia/Shanghai"
    )
    assert said == "Account CHEN is away from 2099-12-23 16:00 until 2100-01-02 16:00 UTC; WANG covers.\n"
    (_, event) = cli.json("history", "-/account/CHEN")["events"]
    assert event["words"] == "Account CHEN is away from 2099-12-23 16:00 until 2100-01-02 16:00 UTC; WANG covers."
    back = ("--from", "2099-12-25T00:00Z", "--until", "2099-12-25T00:00Z")
    assert absence(cli, "CHEN", *back, "--by", "CHEN") == "Account CHEN is not away after all.\n"
    words = [event["words"] for event in cli.json("history", "-/account/CHEN")["events"]]
    assert words[-1] == "Account CHEN is not away at 2099-12-25 00:00 UTC after all."


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (
            ("CHEN", "--from", "2099-12-24", "--until", "2099-12-31"),
            1,
            "Account CHEN is on duty as safety_officer; say",
        ),
        (("CHEN", "--from", "2099-12-24", "--until", "2099-12-31", "--cover", "CHEN"), 1, "cannot stand in"),
        (("CHEN", "--from", "24.12.", "--until", "2099-12-31"), 2, "--from takes a date such as"),
        (("CHEN", "--from", "2099-12-24", "--until", "2099-12-31", "--zone", "Mars"), 2, "--zone an IANA time zone"),
        (("CHEN", "--from", "2099-12-24", "--until", "2099-12-31", "--by", "WANG"), 1, "Only account CHEN itself"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    cli: CommandLine, arguments: tuple[str, ...], status: int, sentence: str
) -> None:
    before = cli.head
    refused, said = cli.refused("account", "absence", *arguments)
    assert refused == status
    assert sentence in said
    assert cli.head == before


def test_a_date_is_a_whole_day_and_a_time_is_a_time() -> None:
    assert moment("2026-03-01", "UTC", "--until").isoformat() == "2026-03-02T00:00:00+00:00"
    in_spring = moment("2026-03-08", "America/New_York", "--until")
    assert in_spring.isoformat() == "2026-03-09T04:00:00+00:00", "a day of 23 hours"
    assert moment("2026-03-01", "UTC", "--from").isoformat() == "2026-03-01T00:00:00+00:00"
    assert moment("2026-03-01T10:00", "Asia/Shanghai", "--until").isoformat() == "2026-03-01T02:00:00+00:00"
    assert moment("2026-03-01T10:00Z", "Asia/Shanghai", "--until").isoformat() == "2026-03-01T10:00:00+00:00"


def fault(cli: CommandLine, trial: str = TRIAL) -> list[tuple[Any, ...]]:
    found = cli.json("alerts", "faults")["faults"]
    return [(one["role"], one["kind"], one["message"]) for one in found if one["trial"] == trial]


VACANT = "nobody holds the role; its alerts go to the operator."
NO_OPERATOR = "nobody holds the role; its alerts go to the desk's own account OPERATOR."


def test_faults_are_told_until_they_are_mended(tmp_path: Path) -> None:
    cli = with_trial(tmp_path)
    assert fault(cli) == [("operator", "vacant", NO_OPERATOR), ("safety_officer", "vacant", VACANT)]
    assert "nobody holds the role" in cli("alerts", "faults").out
    cli("account", "add", "HEAD", "--role", "operator", "--name", "Head", "--email", "head@a.org")
    cli("account", "add", "CHEN", "--role", "safety_officer", "--name", "Chen")
    why = "no e-mail address is known of CHEN; alerts lie in the maildir only."
    assert fault(cli) == [("safety_officer", "no_address", why)]
    cli("account", "add", "CHEN", "--role", "safety_officer", "--name", "Chen", "--email", "chen@a.org")
    assert fault(cli) == []
    assert cli("alerts", "faults").out == "Faults\nNo fault.\n"


def test_a_role_of_the_trials_own_ladder_counts(tmp_path: Path) -> None:
    cli = with_trial(tmp_path)
    own = TRIAL_FILE + '[ladder]\nurgent = [{ role = "auditor", after_minutes = 5 }]\n'
    cli("trial", "create", trial_file(tmp_path, "t2.toml", own))
    assert [role for role, *_ in fault(cli, "T2")] == ["auditor", "operator", "safety_officer"]
    assert "after 5 min auditor; then" in cli("alerts", "ladder", "--trial", "t2").out
    answer = cli.json("alerts", "ladder", "--trial", "T2")
    assert answer["ladder"]["urgent"] == [{"role": "auditor", "after_minutes": 5}]


def test_the_programs_own_ladder_is_printed_for_a_trial_that_states_none(cli: CommandLine) -> None:
    printed = cli("alerts", "ladder", "--trial", TRIAL).out
    assert "after 15 min safety officer, after 30 min operator, after 60 min operator" in printed
    assert cli.refused("alerts", "ladder", "--trial", "T9")[0] == 1


def test_the_log_itself_has_alerts_of_its_own(cli: CommandLine) -> None:
    assert cli.json("alerts", "--trial", "-") == {"trial": "-", "position": cli.head, "alerts": []}
    assert cli.json("alerts", "--trial", "-", "--as-of", "2")["position"] == 2
