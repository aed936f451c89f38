"""A drill pages the people on duty as a serious adverse event does, says that it is one, and leaves the figures alone."""

from pathlib import Path

import pytest

from tests.command_line import TRIAL, CommandLine, with_trial, write
from tests.test_delivery import SAE, mails, officer, states


@pytest.fixture
def cli(tmp_path: Path) -> CommandLine:
    cli = with_trial(tmp_path)
    cli("import", write(tmp_path / "data"), "--trial", TRIAL, "--history")
    officer(cli, "CHEN", "Chen", "--email", "chen@a.org")
    return cli


def test_the_people_on_duty_are_told_under_a_banner_and_one_of_them_ends_it(cli: CommandLine) -> None:
    said = cli("drill", "--trial", TRIAL)
    (mail,) = mails(cli.home)
    assert str(mail["To"]) == "chen@a.org"
    assert str(mail["Subject"]).startswith("DRILL ")
    assert mail.get_content().startswith("*** DRILL ***")
    (alert,) = cli.json("alerts", "--trial", TRIAL)["alerts"]
    assert (alert["rule"], alert["state"], alert["urgency"]) == ("DRILL", "sent", "urgent")
    assert alert["next_at"] is not None, "it climbs the ladder until somebody acknowledges"
    assert f"vigilog alerts acknowledge {alert['id']}" in said.out
    cli("alerts", "acknowledge", alert["id"], "--by", "CHEN")
    assert states(cli) == ["acknowledged"]


def test_it_answers_programs_with_the_alert_to_acknowledge(cli: CommandLine) -> None:
    answer = cli.json("drill", "--trial", TRIAL)
    (alert,) = cli.json("alerts", "--trial", TRIAL)["alerts"]
    assert (answer["trial"], answer["alert"]) == (TRIAL, alert["id"])
    assert answer["ladder"] == cli.json("alerts", "ladder", "--trial", TRIAL)["words"]


def test_it_leaves_no_trace_in_the_figures_of_safety(cli: CommandLine) -> None:
    asked = (("incidence",), ("listing",), ("obligations",), ("queries",))
    before = [{**cli.json(*ask, "--trial", TRIAL), "position": 0, "as_of": 0, "at": 0} for ask in asked]
    cli("drill", "--trial", TRIAL)
    assert [{**cli.json(*ask, "--trial", TRIAL), "position": 0, "as_of": 0, "at": 0} for ask in asked] == before


def test_what_is_real_never_comes_in_one_message_with_a_drill(cli: CommandLine) -> None:
    cli("drill", "--trial", TRIAL)
    cli("drill", "--trial", TRIAL)
    cli.do("adverse_event.report", SAE)
    told = sorted(str(mail["Subject"]).startswith("DRILL ") for mail in mails(cli.home))
    assert told == [False, True, True]


def test_a_trial_that_is_not_there_has_no_ladder_to_climb(cli: CommandLine) -> None:
    ran = cli.run("drill", "--trial", "T9")
    assert ran.status == 1
    assert "There is no trial T9" in ran.err
