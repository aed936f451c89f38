"""CDISC pilot 01 as events: the raw rows of the shared data folder, each as the form it stands for."""

import csv
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from safety.aggregates.adverse_event import Reported
from safety.aggregates.deciding import Form
from safety.aggregates.dose import Given
from safety.aggregates.subject import Enrolled
from safety.aggregates.trial import Definition, Registered
from tests.oracle_incidence import Row

PROJECT = Path(__file__).parent.parent
DATA = PROJECT.parent / "shared" / "data" / "cdiscpilot01"
TRIAL = "CDISCPILOT01"
ARMS = ["Placebo", "Xanomeline Low Dose", "Xanomeline High Dose"]
TABLES: dict[str, tuple[str, type[Form]]] = {
    "dm": ("subjects.csv", Enrolled),
    "ex": ("exposures.csv", Given),
    "ae": ("adverse_events.csv", Reported),
}

needs_data = pytest.mark.skipif(
    not DATA.exists(), reason="the outside data of CDISC pilot 01 is not beside the project"
)


@cache
def rows(table: str) -> list[Row]:
    with (DATA / TABLES[table][0]).open(newline="") as file:
        return list(csv.DictReader(file))


@cache
def expected() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DATA / "expected.json").read_text())
    return found


def form(table: str, row: Row) -> Form:
    """A row as a filled-in form, without the columns that the form does not have."""
    of = TABLES[table][1]
    known = {field.alias or name for name, field in of.model_fields.items()}
    return of.model_validate({name: value for name, value in row.items() if value and name in known})


def definition(stem: str = "cdiscpilot01") -> Definition:
    return Definition.from_toml((PROJECT / "trials" / f"{stem}.toml").read_text())


def registered(governs: Definition | None = None, code: str = TRIAL) -> Registered:
    return Registered.model_validate({"trial": code, "file": "its file", "definition": governs or definition()})
