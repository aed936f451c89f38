"""The three axes of time on the command line: what the log held, what a party was aware of, what had happened."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from safety.aggregates.adverse_event import Reported
from safety.aggregates.deciding import Form
from safety.aggregates.dose import Given
from safety.aggregates.subject import Enrolled
from safety.aggregates.trial import Definition, Registered
from safety.home import Doors, open_home
from safety.settings import Settings
from tests.command_line import TRIAL, TRIAL_FILE, CommandLine
from tests.manual_clock import counted_salt

SHANGHAI = "Asia/Shanghai"


def at(moment: str) -> datetime:
    return datetime.fromisoformat(moment).astimezone(UTC)


def reported(onset: str, aware: str) -> Reported:
    said = {"STUDYID": TRIAL, "USUBJID": "S01", "AETERM": "Fever", "AESER": "N", "AESTDTC": onset}
    return Reported.model_validate({**said, "aware": {"at": aware, "zone": SHANGHAI, "party": "site"}})


def story(trial_file: str) -> list[tuple[str, str, Form]]:
    """When the log took it, by which command, and what: the second adverse event two minutes after midnight in Shanghai."""
    subject = {"STUDYID": TRIAL, "USUBJID": "S01"}
    return [
        ("2018-02-01T08:00+08:00", "trial.register",
         Registered(trial=TRIAL, file=trial_file, definition=Definition.from_toml(trial_file))),
        ("2018-02-20T08:00+08:00", "subject.enrol", Enrolled.model_validate({**subject, "ARM": "A"})),
        ("2018-03-01T08:00+08:00", "dose.give", Given.model_validate({**subject, "EXSEQ": 1, "EXSTDTC": "2018-03-01"})),
        ("2018-03-10T23:59+08:00", "adverse_event.report", reported("2018-03-04", "2018-03-05T23:30:00+08:00")),
        ("2018-03-11T00:01+08:00", "adverse_event.report", reported("2018-03-08", "2018-03-09T09:00:00+08:00")),
        ("2018-04-02T08:00+08:00", "adverse_event.report", reported("2018-04", "2018-04-02T07:00:00+08:00")),
    ]  # fmt: skip


def filed(home: Path, trial_file: str) -> CommandLine:
    """A home in which the story was filed under a clock that was told what to say."""
    clock = [at("2018-01-01T00:00Z")]
    doors = Doors(clock=lambda: clock[0], salt=counted_salt(), new_id=lambda: "LOG")
    opened = open_home(Settings(home=home), doors)
    for moment, command, form in story(trial_file):
        clock[0] = at(moment)
        opened.desk.do(command, form, by="OPERATOR", command_id=moment)
    opened.close()
    return CommandLine(home)


@pytest.fixture(scope="module")
def cli(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    return filed(tmp_path_factory.mktemp("time") / "home", TRIAL_FILE)


AXES: list[tuple[tuple[str, ...], list[int]]] = [
    ((), [1, 2, 3]),
    # what the log held; a bare date ends in the trial's zone, where the second report came on the 11th
    (("--as-of", "2018-03-10"), [1]),
    (("--as-of", "2018-03-11"), [1, 2]),
    (("--as-of", "2018-03-10T15:59:30Z"), [1]),
    (("--as-of", "2018-03-10T16:01:00Z"), [1, 2]),
    (("--as-of", "2018-03-11T00:00:59+08:00"), [1]),
    (("--as-of", "2018-03-10 11:01:00-05:00"), [1, 2]),
    (("--as-of", "6"), [1]),
    (("--as-of", "5"), []),
    (("--as-of", "2100-01-01"), [1, 2, 3]),
    # what a party was aware of; the site from its awareness on, the sponsor from when the log took it
    (("--known-to", "site", "--by-date", "2018-03-04"), []),
    (("--known-to", "site", "--by-date", "2018-03-05"), [1]),
    (("--known-to", "SITE", "--by-date", "2018-03-09"), [1, 2]),
    (("--known-to", "sponsor", "--by-date", "2018-03-09"), []),
    (("--known-to", "sponsor", "--by-date", "2018-03-10"), [1]),
    (("--known-to", "sponsor", "--by-date", "2018-03-11"), [1, 2]),
    (("--known-to", "site", "--by-date", "2018-03-09", "--as-of", "2018-03-10"), [1]),
    # what had happened; a month that has begun counts
    (("--happened-by", "2018-03-03"), []),
    (("--happened-by", "2018-03-04"), [1]),
    (("--happened-by", "2018-03-31"), [1, 2]),
    (("--happened-by", "2018-04-01"), [1, 2, 3]),
    (("--happened-by", "2018-03-31", "--as-of", "2018-03-10"), [1]),
]


@pytest.mark.parametrize(("options", "numbers"), AXES, ids=[" ".join(case[0]) or "now" for case in AXES])
def test_each_axis_in_every_read(cli: CommandLine, options: tuple[str, ...], numbers: list[int]) -> None:
    listed = cli.json("listing", "--trial", TRIAL, *options)
    assert [row["number"] for row in listed["rows"]] == numbers
    answer: dict[str, Any] = cli.json("incidence", "--trial", TRIAL, *options)
    assert answer["position"] == listed["position"]
    group = answer["groups"][0]
    assert (group["arm"], group["subjects"]) == ("A", 1)
    assert group["measures"]["teae"]["events"] == len(numbers)
    rows = cli.json("timeline", "S01", "--trial", TRIAL, *options)["rows"]
    assert [row["number"] for row in rows if row["what"] == "adverse_event"] == numbers


@pytest.mark.parametrize("command", [("incidence",), ("listing",), ("timeline", "S01")], ids=" ".join)
def test_an_answer_says_what_narrows_it(cli: CommandLine, command: tuple[str, ...]) -> None:
    asked = (*command, "--trial", TRIAL)
    axes = ("known_to", "by_date", "happened_by")
    known = (*asked, "--known-to", "SITE", "--by-date", "2018-03-09", "--as-of", "2018-03-10")
    answer = cli.json(*known)
    assert [answer[axis] for axis in axes] == ["site", "2018-03-09", None]
    heading = " ".join(cli(*known).out.split("\n\n")[0].split())
    assert f"; as of position {answer['position']}" in heading
    assert "; only what the site was aware of by the end of 2018-03-09" in heading
    happened = (*asked, "--happened-by", "2018-03-31")
    assert [cli.json(*happened)[axis] for axis in axes] == [None, None, "2018-03-31"]
    assert "; only what had happened by the end of 2018-03-31" in " ".join(cli(*happened).out.split())
    whole = cli.json(*asked)
    assert [whole[axis] for axis in axes] == [None, None, None]
    assert "only what" not in cli(*asked).out
    assert f"; as of position {whole['position']}" in cli(*asked).out


def test_a_sponsor_investigator_knows_as_the_site_does(tmp_path: Path) -> None:
    both = TRIAL_FILE.replace("sponsor_investigator = false", "sponsor_investigator = true")
    cli = filed(tmp_path / "home", both)
    for party in ("site", "sponsor"):
        asked = cli.json("listing", "--trial", TRIAL, "--known-to", party, "--by-date", "2018-03-05")
        assert [row["number"] for row in asked["rows"]] == [1]


def test_before_the_trial_there_was_none(cli: CommandLine) -> None:
    status, sentence = cli.refused("incidence", "--trial", TRIAL, "--as-of", "2018-01-31")
    assert (status, sentence.startswith("There is no trial T1")) == (1, True)
    assert cli.json("incidence", "--trial", TRIAL, "--as-of", "2018-02-01")["groups"][0]["subjects"] == 0


def test_an_arm_of_nobody_has_no_proportion_and_no_interval(cli: CommandLine) -> None:
    nobody = cli.json("incidence", "--trial", TRIAL)["groups"][1]
    measure = nobody["measures"]["teae"]
    assert (nobody["arm"], measure) == ("B", {"subjects": 0, "events": 0, "proportion": None, "ci95": None})
