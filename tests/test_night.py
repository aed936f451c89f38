"""The night story: what it tells is what the log says, every clock is met, and it is the same however often it is told."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from safety.cli.door import system_doors
from safety.home import open_home
from safety.settings import Settings
from tests.command_line import CommandLine, Ran
from tests.deliveries import mails
from tests.web_homes import signed_in

LED = re.compile(r"^  on the desk: (/\S*)$", re.MULTILINE)

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
    sae, deputy = "CHEN (safety officer) is told:", "ZHAO (deputy safety officer) is told:"
    paged = words.index(deputy)
    assert words.index(sae) < paged < words.index("ZHAO acknowledges")
    assert "rung 2: nobody has answered" in words[paged : words.index("ZHAO acknowledges")]
    assert "WU (operator) is told:" not in words, "the deputy has answered"


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


def test_each_mail_of_the_night_leads_who_reads_it_to_the_very_clock(cli: CommandLine, told: Ran) -> None:
    assert told.status == 0
    found = {(str(mail["To"]), page) for mail in mails(cli.home) for page in LED.findall(mail.get_content())}
    readers = {to.partition("@")[0].upper() for to, _ in found}
    assert readers == {"CHEN", "LIN", "ZHAO"}
    home = open_home(Settings(home=cli.home), system_doors(), into_demo=True)
    try:
        browsers = {reader: signed_in(home, reader) for reader in readers}
        for to, page in found:
            place, _, clock = page.partition("#")
            shown = browsers[to.partition("@")[0].upper()].get(place)
            assert shown.status_code == 200, (to, page)
            assert not clock or f'id="{clock}"' in shown.text, (to, page)
    finally:
        home.close()
    assert any("#duty-" in page for _, page in found)


def test_a_mail_says_to_whom_a_report_goes_and_by_when_or_that_the_text_says_immediately(
    cli: CommandLine, told: Ran
) -> None:
    assert told.status == 0
    texts = [mail.get_content() for mail in mails(cli.home)]
    clocks = [one for text in texts for one in text.split("\n- ") if one.startswith("a report is owed")]
    assert len(clocks) > 3
    for one in clocks:
        assert re.search(r"\n  report to .+, owed by the (sponsor|investigator|institution)", one), one
        assert re.search(
            r"\n  (due .+ left|due (immediately|promptly): the text gives no number; its clock runs since .+|UNSURE: .+)\n",
            one,
        ), one
    assert any("due immediately" in one for one in clocks)


def test_a_clock_of_hours_runs_out_at_an_hour_and_nothing_is_said_below_a_second(cli: CommandLine, told: Ran) -> None:
    assert "Due by the end of" not in told.out
    table = told.out.split("How each clock went")[1]
    clocks = cli.json("obligations", "--trial", "NIGHT", "--into-demo")["obligations"]
    assert {"hour", "calendar_day", "immediately"} <= {one["unit"] for one in clocks}
    for one in clocks:
        (row,) = [line for line in table.splitlines() if line.split()[:1] == [one["obligation"]]]
        if one["unit"] == "hour":
            due = datetime.fromisoformat(one["due_at"]).astimezone(ZoneInfo("Asia/Shanghai"))
            assert f"by {due:%Y-%m-%d %H:%M}" in row
        else:
            assert (f"by the end of {one['due_on']}" if one["due_on"] else f"{one['unit']}, no number") in row
    assert re.search(r":\d\d\.\d", told.out) is None
    shown = cli("obligations", "--trial", "NIGHT", "--into-demo", "--format", "csv").out
    assert re.search(r":\d\d\.\d+\+", shown) is None
    assert re.search(r":\d\d\.\d", cli("history", "NIGHT/subject/S04", "--into-demo").out) is None
