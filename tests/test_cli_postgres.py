"""The whole command line on PostgreSQL: the same answers as on SQLite, and the mail where the home is."""

from pathlib import Path
from typing import Any

from tests.command_line import TRIAL, CommandLine, with_trial, write

SAE = {"STUDYID": TRIAL, "USUBJID": "S01", "AETERM": "Stroke", "AESTDTC": "2018-03-09", "AESER": "Y"}


def story(cli: CommandLine, folder: Path) -> list[Any]:
    """Import twice, file, deliver, correct; give every answer that has no clock in it."""
    cli("account", "add", "CHEN", "--role", "safety_officer", "--name", "陈伟", "--trial", TRIAL)
    first = cli.json("import", write(folder), "--trial", TRIAL)
    again = cli.json("import", write(folder), "--trial", TRIAL)
    cli.do("adverse_event.report", SAE)
    named = {"STUDYID": TRIAL, "USUBJID": "S02", "AESEQ": 1}
    cli.do("adverse_event.correct", {**named, "AEREL": "PROBABLE", "variables": ["AEREL"]})
    incidence = cli.json("incidence", "--trial", TRIAL, "--by", "grade", "--compare", "A")
    as_of = cli.json("incidence", "--trial", TRIAL, "--as-of", first["position"])["groups"]
    listing = cli.json("listing", "--trial", TRIAL)["rows"]
    for row in listing:
        del row["aware_on"]
    states = [alert["state"] for alert in cli.json("alerts", "--trial", TRIAL)["alerts"]]
    trials = cli.json("trial", "list")
    words = [event["words"] for event in cli.json("history", "S02")["events"]]
    return [first, again, {**incidence, "as_of": None}, as_of, listing, states, trials, words]


def test_the_same_answers_from_both_databases(tmp_path: Path, fresh_postgres_url: str) -> None:
    on_postgres = with_trial(tmp_path / "postgres", VIGILOG_DATABASE_URL=fresh_postgres_url)
    on_sqlite = with_trial(tmp_path / "sqlite")
    told = story(on_postgres, tmp_path / "data")
    assert told == story(on_sqlite, tmp_path / "data")
    assert told[5] == ["sent", "sent"]
    for cli in (on_postgres, on_sqlite):
        assert len(list((cli.home / "mail" / "new").iterdir())) == 2
        assert cli("verify").err == ""
        assert cli("rebuild", "--check").err == ""
        assert cli("rebuild").err == ""
    assert not list(on_postgres.home.glob("*.db"))
