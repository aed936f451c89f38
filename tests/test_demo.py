"""The demo tells its story on any terminal, twice the same, labels what is made up, and keeps away from real logs."""

import mailbox
import re
import shutil
import unicodedata
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from notifications.demo.filing import OWED_BY_THE_SITE, OWED_BY_THE_SPONSOR, VirtualClock, story
from notifications.demo.telling import file, introduce_people, trial_file
from notifications.working import fallen_due
from safety.aggregates.adverse_event import Reported
from safety.aggregates.alert import Raised
from safety.aggregates.trial import Amended, Definition
from safety.home import Doors, open_home
from safety.reports.issuing import issue_due
from safety.settings import Settings
from safety.tick import DUTIES, tick
from tests.builders import built
from tests.command_line import TRIAL, TRIALS, CommandLine, Ran, with_trial
from tests.manual_clock import counted_salt

DEMO = ["--trial", "NCT03265613"]
REPORTED = ("2018-10-31", "2019-10-31")
"""The lock points of the story: one while the trial runs, and the first after its last subject's end."""
MAILS = 4
"""Officer and investigator of the escalation, the officer of each report."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder, as a newcomer's."""
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def first(folder: Path) -> Ran:
    """The first run in it, as a process of its own, without any setting."""
    cli = CommandLine(folder / "unused", COLUMNS="80")
    cli._environment["VIGILOG_HOME"] = None
    return cli.process("demo", "--headless", cwd=folder)


@pytest.fixture
def cli(folder: Path, first: Ran) -> CommandLine:
    assert first.status == 0
    return CommandLine(folder / "vigilog-demo")


def words(text: str) -> str:
    """The text with its lines joined: where they break is the terminal's business."""
    return " ".join(text.split())


def width(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in line)


def test_it_exits_0_in_an_empty_folder_and_says_where_everything_lies(first: Ran, folder: Path) -> None:
    assert (first.status, first.err) == (0, "")
    assert {path.name for path in folder.iterdir()} == {"vigilog-demo"}
    told = words(first.out)
    assert "vigilog-demo/log.db; other commands refuse a demo log unless they are told --into-demo" in told
    assert "vigilog-demo/mail/new, a maildir" in told


def test_what_is_made_up_is_labelled_before_anything_is_shown(first: Ran) -> None:
    told = words(first.out)
    assert "RECONSTRUCTED who had what, and when: made up to fit the totals, and standing for nobody" in told
    assert told.index("RECONSTRUCTED") < told.index("The record goes in")
    assert told.count("(unpublished)") == 7
    assert "Data Totals are published; who had which event and when" in told


def test_it_shows_the_primary_outcome_the_whole_record_and_earlier_moments(first: Ran) -> None:
    told = words(first.out)
    primary, whole = told.split("5 The whole record")
    assert "any 7 of 7 16 100.0 % 59.0 to 100.0 % related 4 of 7 5 57.1 % 18.4 to 90.1 %" in primary
    assert "related and serious 0 of 7 0 0.0 % 0.0 to 41.0 %" in primary
    assert "serious 1 of 7 1 14.3 % 0.4 to 57.9 %" in whole
    assert re.search(r"the 7th dose \d+ 6 3 2 of 4 6.8 to 93.2 %", whole)
    assert re.search(r"now \d+ 16 5 4 of 7 18.4 to 90.1 %", whole)
    assert re.search(r"The log sound, all \d+ events of it", whole)
    assert "The views equal a rebuild from the log, row by row" in whole


def test_what_it_shows_is_what_the_commands_answer(cli: CommandLine) -> None:
    (group,) = cli.json("incidence", *DEMO, "--window", "primary", "--into-demo")["groups"]
    measures = group["measures"]
    assert (measures["teae"]["events"], measures["related"]["events"]) == (16, 5)
    assert measures["related_serious"] == {"subjects": 0, "events": 0, "proportion": 0.0, "ci95": [0.0, 0.409616]}
    alerts = cli.json("alerts", *DEMO, "--into-demo")["alerts"]
    concerning = {"S04/3", *(f"dsur {period}" for period in REPORTED)}
    assert {alert["concerning"][0] for alert in alerts} == concerning
    assert {alert["state"] for alert in alerts} == {"acknowledged"}
    assert [alert["rule"] for alert in alerts].count("SAE-ESCALATED") == 1
    assert cli("verify", "--into-demo").out.startswith(f"The log is sound: {cli.head} events.\n")
    told = {mail["To"]: mail["Subject"] for mail in mailbox.Maildir(cli.home / "mail", create=False)}
    assert set(told) == {"chen@localhost", "lin@localhost"}
    assert all(subject.startswith("DEMO [Vigilog] NCT03265613: ") for subject in told.values())


def test_what_the_escalation_made_due_is_shown_with_its_confidence_and_was_sent_in_time(
    cli: CommandLine, first: Ran
) -> None:
    owed = cli.json("obligations", *DEMO, "--into-demo")["obligations"]
    assert {row["obligation"].partition("/")[0] for row in owed} == {*OWED_BY_THE_SITE, *OWED_BY_THE_SPONSOR}
    assert {(row["state"], row["timeliness"]) for row in owed} == {("submitted", "met"), ("submitted", "sent")}
    assert cli.json("obligations", *DEMO, "--into-demo")["reviews_owed"] == 0
    told = words(first.out)
    assert "CN-SC-24H/1 institution's academic committee, ethics committee 2018-09-17 00:40 UTC met UNSURE" in words(
        CommandLine(cli.home, COLUMNS="200")("demo", "--headless").out
    )
    assert "immediately" in told


def test_a_second_run_adds_nothing_and_tells_the_same_story(cli: CommandLine, first: Ran) -> None:
    before = cli.head
    again = CommandLine(cli.home, COLUMNS="80")("demo", "--headless")
    assert cli.head == before
    assert "This home holds the record already" in words(again.out)
    assert len(list((cli.home / "mail" / "new").iterdir())) == MAILS

    def after_the_filing(text: str) -> str:
        return text[text.index("2  An SAE escalates") : text.index("Try it yourself")].replace(
            str(cli.home), "vigilog-demo"
        )

    assert words(after_the_filing(again.out)) == words(after_the_filing(first.out))


@pytest.mark.parametrize("columns", ["80", "120", "200"])
def test_nothing_overflows_and_every_number_is_there_whatever_the_width(cli: CommandLine, columns: str) -> None:
    shown = CommandLine(cli.home, COLUMNS=columns)("demo", "--headless").out
    story, _, commands = shown.partition("Try it yourself")
    assert max(width(line.rstrip()) for line in story.splitlines()) <= int(columns)
    assert "…" not in story
    assert "No room for" not in story
    first_command = next(line for line in commands.splitlines() if "run.py" in line)
    assert first_command.endswith("--as-of 2018-04-01 --into-demo")
    for figure in ("59.0 to 100.0 %", "18.4 to 90.1 %", "0.0 to 41.0 %", "2018-09-14", "NOT RELATED", "SAE-ESCALATED"):
        assert figure in story


def test_a_run_that_was_interrupted_is_finished_by_the_next(tmp_path: Path, cli: CommandLine) -> None:
    """What stands before the escalation's delivery is what a kill at that moment leaves."""
    clock = VirtualClock()
    doors = Doors(clock=clock, salt=counted_salt(), new_id=lambda: "LOG")
    opened = open_home(Settings(home=tmp_path / "home"), doors, purpose="demo")
    introduce_people(opened)
    steps = story(trial_file())
    last = next(n for n, step in enumerate(steps) if step.id == "demo-escalation")
    for step in steps[: last + 1]:
        file(opened, clock, step, lambda _: None)
    opened.close()
    other = CommandLine(tmp_path / "home")
    other("demo", "--headless")
    assert len(list((other.home / "mail" / "new").iterdir())) == MAILS
    mine, theirs = (home.json("incidence", *DEMO, "--into-demo")["groups"] for home in (other, cli))
    assert mine == theirs
    assert {one["state"] for one in other.json("alerts", *DEMO, "--into-demo")["alerts"]} == {"acknowledged"}


COMMANDS: list[tuple[str, ...]] = [
    ("trial", "list"),
    ("trial", "create", "{trial}"),
    ("account", "add", "X", "--role", "operator", "--name", "X"),
    ("import", "{folder}", *DEMO),
    ("import", "{folder}", *DEMO, "--dry-run"),
    ("incidence", *DEMO),
    ("listing", *DEMO),
    ("alerts", *DEMO),
    ("queries", *DEMO),
    ("timeline", "S04", *DEMO),
    ("history", "S04"),
    ("rebuild", "--check"),
    ("rebuild",),
    ("verify",),
    ("redact", "4"),
    ("deliver",),
    ("work",),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_other_commands_refuse_a_demo_log(cli: CommandLine, tmp_path: Path, command: tuple[str, ...]) -> None:
    trial = TRIALS / "nct03265613.toml"
    before = cli.head
    status, sentence = cli.refused(*(part.format(trial=trial, folder=tmp_path) for part in command))
    assert status == 3
    assert sentence.endswith("holds a demo log; say --into-demo, or choose another VIGILOG_HOME")
    assert cli.head == before


def test_into_demo_lets_them(cli: CommandLine, tmp_path: Path) -> None:
    copy = CommandLine(shutil.copytree(cli.home, tmp_path / "home"))
    form = '{"STUDYID": "NCT03265613", "USUBJID": "S01", "AETERM": "Stroke", "AESER": "Y"}'
    copy("do", "adverse_event.report", "--into-demo", stdin=form)
    assert len(list((copy.home / "mail" / "new").iterdir())) == MAILS + 2
    assert copy("rebuild", "--check", "--into-demo").err == ""


def test_its_past_calls_nobody_and_what_is_filed_into_it_now_climbs(cli: CommandLine, tmp_path: Path) -> None:
    now = [datetime.now(UTC)]
    doors = Doors(clock=lambda: now[0], salt=counted_salt(), new_id=lambda: str(uuid4()))
    home = open_home(Settings(home=Path(shutil.copytree(cli.home, tmp_path / "home"))), doors, into_demo=True)
    with closing(home):
        before = home.journal.head().position
        assert fallen_due(home, now[0], timedelta(0)) == {}
        assert home.journal.head().position == before
        sae = built(Reported, trial="NCT03265613", subject="S01", term="Stroke", serious="Y")
        done = home.desk.do("adverse_event.report", sae, by="OPERATOR", command_id="now")
        urgent = [one for one in done.events if isinstance(one, Raised) and one.urgency == "urgent"]
        now[0] += timedelta(hours=1, seconds=1)
        assert fallen_due(home, now[0], timedelta(0)) == {"ladders": 3 * len(urgent)}
        now[0] += timedelta(days=1)
        assert fallen_due(home, now[0], timedelta(0))["ladders"] > 0
        file = trial_file()
        owing = built(Amended, trial="NCT03265613", file=file, definition=Definition.from_toml(file), reason="again")
        home.desk.do("trial.amend", owing, by="OPERATOR", command_id="owing")
        assert "issue_due" not in fallen_due(home, now[0], timedelta(0))
        years = tick(home.desk, home.views, now[0], duties=(*DUTIES, issue_due))
        assert years["issue_due"] > 5, "a real log would still owe the reports of all these years"


def test_its_periodic_reports_were_issued_at_their_lock_points_and_sent_in_time(cli: CommandLine, first: Ran) -> None:
    rows = cli.json("report", "due", *DEMO, "--into-demo")["due"]
    assert [(row["kind"], row["period"], row["state"], row["punctuality"]) for row in rows] == [
        ("dsur", period, "submitted", "met") for period in REPORTED
    ]
    told = words(first.out)
    assert "7 The periodic reports" in told
    assert re.search(r"dsur 2019-10-31 regulator, ethics_committee 2019-12-30 submitted met", told)
    for row in cli.json("report", "list", *DEMO, "--into-demo")["reports"]:
        assert row["issued_at"][:10] == row["period"], "the tick of the first minute after the lock point, in UTC"


def test_a_demo_of_another_version_of_the_program_is_told_to_be_one(tmp_path: Path) -> None:
    """The packs of that version had other texts: they are signed for under the same act."""
    clock = VirtualClock()
    doors = Doors(clock=clock, salt=counted_salt(), new_id=lambda: "LOG")
    opened = open_home(Settings(home=tmp_path / "home"), doors, purpose="demo")
    for step in story(trial_file()):
        packs = step.form.__dict__.get("packs")
        other = step.form.model_copy(update={"packs": packs[:1], "profile": None}) if packs else step.form
        file(opened, clock, step._replace(form=other), lambda _: None)
        if packs:
            break
    opened.close()
    cli = CommandLine(tmp_path / "home")
    before = cli.head
    status, sentence = cli.refused("demo", "--headless")
    assert status == 3
    assert sentence.endswith("another version of the program; delete that folder, or name another in VIGILOG_HOME")
    assert cli.head == before


def test_the_demo_keeps_away_from_a_real_log(tmp_path: Path) -> None:
    cli = with_trial(tmp_path)
    before = cli.head
    status, sentence = cli.refused("demo", "--headless")
    assert (status, "holds a real log; the demo needs a home of its own" in sentence) == (3, True)
    assert cli.head == before
    assert cli.json("trial", "list")["trials"][0]["trial"] == TRIAL
