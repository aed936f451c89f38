"""The API asked what its own description allows and forbids, by every role with real ids: it keeps each promise, and never fails.

A few hundred cases in every run; 20,000 with VIGILOG_LONG=1.
"""

import os
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance

from safety.home import Home
from safety.web.door import door
from safety.web.shield import Pace
from tests.api_programs import Asks, signing, told, two_sites, with_passphrase, with_token
from tests.rule_packs import PACK
from tests.web_homes import PASSPHRASE, Homes, with_people

LONG = bool(os.environ.get("VIGILOG_LONG"))
CASES = 20_000 if LONG else 600
PEOPLE = ("LIN", "CHEN", "ZHAO")
"""An investigator, a safety officer and an auditor."""
DOMAIN: list[Any] = [positive_data_acceptance]
"""Left out: a form can fit its schema and be refused by a rule of the domain, which no schema says; that is no fault."""


@pytest.fixture
def homes(tmp_path: Path) -> Iterator[Homes]:
    opened = Homes(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def home(homes: Homes) -> Home:
    """Two sites and what hangs on them: a pack governs, a serious event was filed, clocks run."""
    opened = with_people(two_sites(homes.open()))
    with_passphrase(opened, "LIN", "CHEN", "ZHAO")
    officer = Asks(opened, "CHEN")
    told(officer.signed("trial.adopt_rule_pack", {"STUDYID": "T1", "packs": [{"file": PACK}]}, "approval"), 201)
    told(Asks(opened, "LIN")("adverse_event.report", {"STUDYID": "T1", "USUBJID": "A1", "AESER": "Y"}), 201)
    return opened


def known(home: Home, account: str) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """Give real ids: of the parts of an address, and of the fields of a body."""
    rows = list(home.journal.rows())
    alerts = [row.stream.rpartition("/")[2] for row in rows if row.topic == "alert.raised.v1"]
    address = {"trial": ["T1", "T1", "T2"], "subject": ["A1", "A1", "B1"], "number": ["1", "2"]}
    body: dict[str, list[Any]] = {
        "STUDYID": ["T1"],
        "USUBJID": ["A1", "B1"],
        "AESEQ": [1, 2],
        "EXSEQ": [1, 2],
        "alert": alerts,
        "obligation": ["T-SITE/1", "T-15/1"],
        "at_position": [row.position for row in rows if row.topic == "adverse_event.reported.v1"],
        "zone": ["Asia/Shanghai"],
        "SITEID": ["01", "02"],
        "AEREL": ["POSSIBLE", "NONE"],
        "assessor": ["investigator" if account == "LIN" else "sponsor"],
        **{name: [value] for name, value in signing(account, "assessment", PASSPHRASE).items() if name != "meaning"},
    }
    return address, body


def narrowed(app: FastAPI, address: dict[str, list[Any]], body: dict[str, list[Any]]) -> dict[str, Any]:
    """Give the description with real ids in the places of any: what is answered keeps its description."""
    raw = deepcopy(app.openapi())
    for operation in (one for path in raw["paths"].values() for one in path.values()):
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "path" and parameter["name"] in address:
                parameter["schema"] = {"type": "string", "enum": address[parameter["name"]]}
    forms = {
        name: said for name, said in raw["components"]["schemas"].items() if said.get("additionalProperties") is False
    }
    for name, said in forms.items():
        for field in body.keys() & said.get("properties", {}).keys():
            if not (field in {"account", "zone"} and name in {"AddAccount", "AbsenceSet"}):
                said["properties"][field] = {"enum": body[field]}
    return raw


def modes_of(operation: Any) -> list[GenerationMode]:  # noqa: ANN401, schemathesis' own
    """What is asked as it should be is asked as it should not be too, where there is anything that could be wrong."""
    raw = operation.definition.raw
    asks = raw.get("parameters") or raw.get("requestBody")
    return [GenerationMode.POSITIVE, GenerationMode.NEGATIVE] if asks else [GenerationMode.POSITIVE]


@pytest.mark.parametrize("account", PEOPLE)
def test_the_api_keeps_what_its_description_promises(home: Home, account: str) -> None:
    app = door(home, Pace(burst=1e9))
    schema = schemathesis.openapi.from_dict(narrowed(app, *known(home, account)))
    schema.app = app
    shown = {"Authorization": f"Bearer {with_token(home, account)}"}
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    assert len(operations) == sum(map(len, app.openapi()["paths"].values()))
    kinds = [(operation, mode) for operation in operations for mode in modes_of(operation)]
    each = -(-CASES // (len(PEOPLE) * len(kinds)))
    answers: Counter[int] = Counter()
    faults: list[str] = []

    for operation, mode in kinds:

        @settings(
            max_examples=each,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: schemathesis.Case[Any]) -> None:
            answer = case.call(headers=shown)
            answers[int(answer.status_code)] += 1
            try:
                case.validate_response(answer, headers=shown, excluded_checks=DOMAIN)
            except AssertionError as fault:
                faults.append(f"{case.method} {case.path}: {fault}"[:2_000])

        ask()
    print(f"{account}: {answers.total()} cases of {len(operations)} operations, {dict(sorted(answers.items()))}")  # noqa: T201, the figures
    assert faults == []
    assert answers.total() >= CASES / len(PEOPLE) / 2
    assert answers[200]
    assert answers[404]
    assert (answers[201] > 0) is (account != "ZHAO")
