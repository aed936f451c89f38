"""The night story: what it tells is what the log says, every clock is met, and it is the same however often it is told."""

import pytest

from tests.command_line import CommandLine, Ran

pytestmark = pytest.mark.uncovered


@pytest.fixture(scope="module")
def cli(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    return CommandLine(tmp_path_factory.mktemp("night") / "home", COLUMNS="110")


@pytest.fixture(scope="module")
def told(cli: CommandLine) -> Ran:
    return cli.process("demo", "night")


def test_it_ends_well_and_says_what_is_made_up(told: Ran) -> None:
    assert (told.status, told.err) == (0, "")
    assert "Made up" in told.out


def test_the_officer_is_silent_and_the_deputy_is_called(told: Ran) -> None:
    words = " ".join(told.out.split())
    sae, again, deputy = "CHEN (safety officer) is told:", "rung 2: nobody has answered", "ZHAO (operator) is told:"
    assert words.index(sae) < words.index(again) < words.index(deputy) < words.index("ZHAO acknowledges")


def test_an_upgrade_opens_seven_days_and_what_was_sent_is_followed_in_eight(cli: CommandLine, told: Ran) -> None:
    assert told.status == 0
    found = cli.json("obligations", "--trial", "NIGHT", "--into-demo")["obligations"]
    by_rule = {one["rule"]: (one["day0"], one["due_on"], one["timeliness"]) for one in found}
    assert by_rule["CN-15"] == ("2019-02-01", "2019-02-16", "not_needed")
    assert by_rule["CN-7"] == ("2019-02-06", "2019-02-13", "met")
    assert by_rule["CN-7F"] == ("2019-02-07", "2019-02-15", "met")
    assert {timeliness for _, _, timeliness in by_rule.values()} == {"not_needed", "met", "sent"}


def test_a_second_time_it_is_told_from_the_log_and_nothing_is_added(cli: CommandLine, told: Ran) -> None:
    assert cli.process("demo", "night").out == told.out


def test_what_could_not_be_confirmed_is_said_beside_its_clock(told: Ran) -> None:
    lines = [line for line in told.out.splitlines() if "clock CN-SC-HALT/1" in line]
    assert len(lines) == 1
    assert "[UNSURE]" in " ".join(told.out.split("clock CN-SC-HALT/1", 1)[1].split()[:20])
