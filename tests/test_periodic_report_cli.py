"""`vigilog report`: rendered, listed and due by the contract of the command line."""

import json
import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from safety.aggregates.periodic_report import Submitted
from tests import builders as b
from tests.command_line import CommandLine
from tests.periodic_home import Desk, owing
from tests.test_cli_answers import validator

OPTIONS = ("--trial", "T1")


@pytest.fixture(scope="module")
def cli(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """A trial with an issued and submitted report, one that is only opened, and a board that meets once."""
    folder = tmp_path_factory.mktemp("reports") / "home"
    desk = Desk(folder)
    kinds: dict[str, dict[str, Any]] = {
        "dsur": {"dibd": "2015-03-01"},
        "china_annual": {"approved_on": "2021-03-01"},
        "dsmb": {"since": "2015-03-01", "lead_days": 10, "meetings": ["2016-01-11"]},
    }
    governs = owing(b.definition(window={}), **kinds)
    desk.append("2015-04-01T00:00Z", b.registered(governs), b.rsi_issued("IB-1", effective_on="2015-01-01"))
    desk.append("2015-05-01T00:00Z", b.enrolled(country="CHN"), b.given(total_cells="36"))
    died = {"results_in_death": "Y", "outcome": "FATAL", "causality": "POSSIBLE"}
    desk.append("2015-06-01T00:00Z", b.reported(serious="Y", action_taken="DRUG WITHDRAWN", **died))  # type: ignore[arg-type]  # any field of the form
    desk.append("2015-07-01T00:00Z", b.died(died_on="2015-06-30"), b.amended(governs))
    assert desk.tick("2016-03-01T00:00Z") == 2
    sent = {"trial": "T1", "kind": "dsur", "period": "2016-02-29", "submitted_at": "2016-03-02T00:00Z"}
    for to in ("CDE", "EC"):
        desk.do("2016-03-03T00:00Z", "periodic_report.submit", Submitted.model_validate({**sent, "to": to}))
    desk.close()
    return CommandLine(folder)


def test_answers_are_what_their_schemas_say(cli: CommandLine) -> None:
    for kind, lock in (("dsur", "2016-02-29"), ("china_annual", "2016-02-29"), ("dsmb", "2016-01-01")):
        report = cli.json("report", "periodic", *OPTIONS, "--lock", lock, "--kind", kind)
        validator("report-periodic").validate(report)
        assert report["reactions"]
        assert report["deaths"][0]["cases"] == [{"number": 1, "term": "Pyrexia"}]
        assert report["china"]["deaths"] == report["deaths"]
    listed = cli.json("report", "list", *OPTIONS)
    validator("report-list").validate(listed)
    assert [row["kind"] for row in listed["reports"]] == ["dsmb", "dsur"]
    assert listed["reports"][1]["submitted"] == dict.fromkeys(("CDE", "EC"), "2016-03-02T00:00:00Z")
    due = cli.json("report", "due", *OPTIONS, "--at", "2016-06-01")
    validator("report-due").validate(due)
    assert [(row["kind"], row["period"], row["state"], row["punctuality"]) for row in due["due"]] == [
        ("dsmb", "2016-01-01", "issued", "overdue"),
        ("dsur", "2016-02-29", "submitted", "met"),
        ("dsur", "2017-02-28", "ahead", None),
        ("china_annual", "2022-02-28", "ahead", None),
    ]


def test_the_forms_are_what_was_issued_on_standard_output_and_in_a_file(cli: CommandLine, tmp_path: Path) -> None:
    asked = ("report", "periodic", *OPTIONS, "--lock", "2016-02-29")
    for form in ("html", "text", "json"):
        out = cli(*asked, "--format", form)
        assert out.err == ""
        file = tmp_path / f"report.{form}"
        told = cli(*asked, "--format", form, "--output", file)
        assert (told.out, told.err) == ("", f"Written to {file}.\n")
        assert file.read_text(encoding="utf-8") == out.out
    assert cli(*asked).out == cli(*asked, "--format", "text").out
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["trial"] == "T1"


def test_what_was_issued_is_rendered_again_from_its_own_positions_whatever_was_amended_since(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "home")
    desk.append("2015-04-01T00:00Z", b.registered(owing(b.definition(), dsur={"dibd": "2015-03-01"})), b.enrolled())
    assert desk.tick("2016-03-01T00:00Z") == 1
    elsewhere = owing(b.definition(zone="America/New_York"), dsur={"dibd": "2015-01-15"})
    desk.append("2016-03-02T00:00Z", b.amended(elsewhere), b.reported(serious="Y"))
    desk.close()
    cli = CommandLine(tmp_path / "home")
    asked = ("report", "periodic", *OPTIONS, "--lock", "2016-02-29")
    (row,) = cli.json("report", "list", *OPTIONS)["reports"]
    for form in ("html", "text"):
        kept, again = (cli(*asked, "--format", form, *options).out for options in (("--issued",), ()))
        assert kept == again
        assert sha256(kept.encode()).hexdigest() == row[f"{form}_sha256"]
    status, sentence = cli.refused(*asked, "--issued", "--kind", "dsmb")
    assert (status, sentence) == (1, "The dsmb report of trial T1 that ends on 2016-02-29 is not issued yet.")
    assert cli.refused(*asked, "--issued", "--format", "json")[0] == 2


def test_a_lock_point_may_be_a_date_a_time_or_a_position(cli: CommandLine) -> None:
    by_date = cli.json("report", "periodic", *OPTIONS, "--lock", "2016-02-29")
    by_time = cli.json("report", "periodic", *OPTIONS, "--lock", "2015-05-15T00:00+08:00")
    by_position = cli.json("report", "periodic", *OPTIONS, "--lock", by_time["position"])
    assert by_date["period"]["due_on"] == "2016-04-29"
    assert (by_time["period"]["due_on"], by_time["reactions"]) == (None, [])
    assert by_time["position"] < by_date["position"]
    assert (by_position["position"], by_position["exposure"]) == (by_time["position"], by_time["exposure"])
    assert not any(report["provisional"] for report in (by_date, by_time, by_position))


def test_a_lock_point_ahead_is_rendered_and_says_that_it_is_provisional(cli: CommandLine) -> None:
    ran = cli("report", "periodic", *OPTIONS, "--lock", "2999-02-28")
    assert "PROVISIONAL" in ran.out
    assert ran.err.startswith("Careful: the lock point has not passed")


def test_tables_for_people(cli: CommandLine) -> None:
    listed = cli("report", "list", *OPTIONS).out
    assert "submitted to CDE" in listed
    due = cli("report", "due", *OPTIONS, "--at", "2016-06-01T12:00+08:00").out
    assert "2016-06-01 04:00 UTC" in due
    assert "overdue" in due
    assert "UNSURE" not in due
    assert cli("report", "list", *OPTIONS, "--as-of", "5").out.endswith("see `vigilog report due` for what is ahead.\n")


def test_the_history_of_a_report_is_its_streams(cli: CommandLine) -> None:
    words = [event["words"] for event in cli.json("history", "t1/Report/DSUR/2016-02-29")["events"]]
    assert [sentence.split(" was ")[1].split()[0].rstrip(":") for sentence in words] == [
        "opened",
        "issued",
        "submitted",
        "submitted",
    ]
    assert "Pyrexia" not in "".join(words)


def test_what_fell_due_is_issued_once_by_hand_too(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "home")
    desk.append("2015-04-01T00:00Z", b.registered(owing(b.definition(), dsur={"dibd": "2015-03-01"})))
    desk.append("2017-02-01T00:00Z", b.enrolled())
    desk.close()
    cli = CommandLine(tmp_path / "home")
    issued = cli("report", "issue").err
    assert re.match(r"Reports issued: \d+\.\n", issued)
    assert cli("report", "issue").err == "No report is due.\n"
    alerts = cli.json("alerts", *OPTIONS)["alerts"]
    assert f"Reports issued: {len(alerts)}." in issued
    assert alerts[0]["concerning"] == ["dsur 2016-02-29"]
    assert alerts[0]["due_at"] == "2016-04-29T16:00:00Z"


@pytest.mark.parametrize(
    ("status", "arguments", "sentence"),
    [
        (1, ("periodic", "--trial", "T9", "--lock", "2016-02-29"), "There is no trial T9"),
        (1, ("list", "--trial", "T9"), "There is no trial T9"),
        (1, ("due", "--trial", "T9"), "There is no trial T9"),
        (
            1,
            ("periodic", *OPTIONS, "--lock", "2014-02-28"),
            "Trial T1 was not on record yet at the lock point 2014-02-28",
        ),
        (1, ("periodic", *OPTIONS, "--lock", "1"), "Trial T1 was not on record yet"),
        (2, ("periodic", *OPTIONS, "--lock", "2015-02-29"), "--lock takes a date of the calendar"),
        (2, ("periodic", *OPTIONS, "--lock", "9999-12-31"), "--lock: 9999-12-31 lies at an end of the calendar"),
        (2, ("periodic", *OPTIONS, "--lock", "2016-02-29T10:00"), "--lock: give the time its zone"),
        (2, ("periodic", *OPTIONS, "--lock", "yesterday"), "--lock takes a position, a date"),
        (2, ("periodic", *OPTIONS, "--lock", "99999"), "--lock 99999: the log has positions 1 to"),
        (2, ("periodic", *OPTIONS, "--lock", "0"), "--lock 0: the log has positions 1 to"),
        (2, ("due", *OPTIONS, "--at", "7"), "--at takes a date such as"),
        (3, ("periodic", *OPTIONS, "--lock", "2016-02-29", "--output", "/nowhere/report.txt"), "cannot be written"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_a_sentence(
    cli: CommandLine, status: int, arguments: tuple[str, ...], sentence: str
) -> None:
    assert cli.refused("report", *arguments)[0] == status
    assert sentence in cli.refused("report", *arguments)[1]
