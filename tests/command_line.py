"""The program as a person or a script runs it, in this process or as one of its own, and a small trial to run it on."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from typer.testing import CliRunner

from notifications.main import app

VIGILOG = Path(sys.executable).with_name("vigilog")
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
TRIALS = Path(__file__).resolve().parents[1] / "trials"
TRIAL = "T1"
TRIAL_FILE = """
protocol = "T1"
title = "A trial to run the program on"
phase = "1"
sponsor = "Nobody"
zone = "Asia/Shanghai"
sponsor_investigator = false
treatment_period_weeks = 12
unassigned = ["Screen Failure"]
arms = [{ name = "A", code = "A" }, { name = "B", code = "B" }]
dosing = [{ treatment = "AD-MSC", amount = "500000", unit = "cells/kg", route = "INTRAVENOUS", weeks = [0, 4, 8] }]
sites = [{ id = "01", zone = "Asia/Shanghai" }, { id = "02", zone = "America/New_York" }]
severity = { ctcae_version = "5.0", words = true }
[causality]
scale = "four steps"
related = ["POSSIBLE", "PROBABLE"]
not_related = ["NONE", "REMOTE"]
missing = "not_related"
by = "investigator"
[counting.population]
members = "assigned"
arm = "planned"
[counting.treatment_emergent]
missing_day = "first"
missing_month = "unknown"
same_day = "emergent"
undecidable = "not_emergent"
unknown = "not_emergent"
[counting.serious]
reading = "stated"
[counting.primary_window]
anchor = "first_dose"
weeks = 12
tolerance_days = 3
undecidable = "inside"
confidence = "stated"
source = "protocol"
"""
DM = ("USUBJID,SITEID,AGE,SEX,ARM,RFICDTC", "S01,01,41,F,A,2018-02-20", "S02,02,52,M,B,2018-02-21")
EX = ("USUBJID,EXSEQ,EXTRT,EXSTDTC", "S01,1,AD-MSC,2018-03-01", "S02,1,AD-MSC,2018-03-02")
AE = (
    "USUBJID,AESPID,AETERM,AESTDTC,AESEV,AESER,AEREL,AEOUT",
    "S01,E1,Fever,2018-03-02,MILD,N,PROBABLE,RECOVERED/RESOLVED",
    "S01,E2,Headache,2018-03,MODERATE,N,REMOTE,UNKNOWN",
    "S02,E1,Pneumonia,2018-04-01,SEVERE,Y,NONE,NOT RECOVERED/NOT RESOLVED",
)
Cells = Sequence[str]


class Ran(NamedTuple):
    """What a run of the program came to."""

    status: int
    out: str
    err: str


class CommandLine:
    """One home, and the program run on it; settings of the environment by their whole name."""

    def __init__(self, home: Path, **settings: str) -> None:
        self.home = home
        terminals = ("COLUMNS", "FORCE_COLOR", "NO_COLOR")
        cleared = {name: None for name in os.environ if name.startswith("VIGILOG_") or name in terminals}
        self._environment: dict[str, str | None] = {**cleared, "VIGILOG_HOME": str(home), **settings}

    def run(self, *arguments: object, stdin: str | None = None) -> Ran:
        """Run in this process; a fault of ours comes through as the exception that it is."""
        done = CliRunner().invoke(
            app, [str(a) for a in arguments], input=stdin, env=self._environment, catch_exceptions=False
        )
        return Ran(done.exit_code, done.stdout, done.stderr)

    def environment(self) -> dict[str, str]:
        """What a process of its own is given."""
        given = {**os.environ, **self._environment}
        return {name: value for name, value in given.items() if value is not None}

    def process(self, *arguments: object, stdin: str | None = None, cwd: Path | None = None) -> Ran:
        """Run as a process."""
        command = [str(VIGILOG), *map(str, arguments)]
        done = subprocess.run(
            command,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            env=self.environment(),
            cwd=cwd,
            timeout=60,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def __call__(self, *arguments: object, stdin: str | None = None) -> Ran:
        """Run what has to go well."""
        ran = self.run(*arguments, stdin=stdin)
        assert ran.status == 0, ran
        return ran

    def json(self, *arguments: object) -> Any:  # noqa: ANN401, whatever the answer holds
        """Run what answers with JSON and nothing else."""
        return json.loads(self(*arguments, "--format", "json").out)

    def do(self, command: str, form: dict[str, Any], *options: object) -> Any:  # noqa: ANN401, whatever the answer holds
        """Do one command of the desk."""
        return json.loads(self("do", command, *options, stdin=json.dumps(form)).out)

    def refused(self, *arguments: object, stdin: str | None = None) -> tuple[int, str]:
        """Run what is refused in one sentence with nothing on standard output; give exit code and sentence."""
        ran = self.run(*arguments, stdin=stdin)
        assert ran.status in {1, 2, 3}, ran
        assert ran.out == "", ran
        assert ran.err.count("\n") == 1, ran
        return ran.status, ran.err.rstrip("\n")

    @property
    def head(self) -> int:
        """The log's last position, asked of the log itself."""
        with closing(sqlite3.connect(self.home / "log.db")) as log:
            position: int = log.execute("SELECT max(position) FROM log").fetchone()[0]
            return position


def write(folder: Path, *, dm: Iterable[str] = DM, ex: Iterable[str] = EX, ae: Iterable[str] = AE) -> Path:
    """Write an import folder of CSV files; a table without lines has no file."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in (("dm", dm), ("ex", ex), ("ae", ae)):
        text = "\n".join(lines)
        if text:
            (folder / f"{name}.csv").write_text(f"{text}\n", encoding="utf-8")
    return folder


def trial_file(folder: Path, name: str = "t1.toml", text: str = TRIAL_FILE) -> Path:
    """Write a trial file."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def with_trial(folder: Path, **settings: str) -> CommandLine:
    """A new home with the small trial in it."""
    found = CommandLine(folder / "home", **settings)
    found("trial", "create", trial_file(folder))
    return found
