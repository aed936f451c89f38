"""The API asked what its own description allows and forbids, by every role with real ids: it keeps each promise, and never fails.

A few hundred cases in every run; over 20,000 with VIGILOG_LONG=1.
"""

import os
import re
from collections import Counter
from copy import deepcopy
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.core.failures import AcceptedNegativeData, FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance

from safety.home import Home
from safety.values import microseconds
from safety.web.door import door
from safety.web.pace import Pace
from tests.api_programs import Asks, signing, told, two_sites, with_passphrase, with_token
from tests.rule_packs import PACK
from tests.web_homes import PASSPHRASE, Homes, with_people

pytestmark = pytest.mark.uncovered

LONG = "VIGILOG_LONG" in os.environ
CASES = 22_000 if LONG else 600
PEOPLE = ("LIN", "CHEN", "ZHAO")
"""An investigator, a safety officer and an auditor."""
DOMAIN: list[Any] = [positive_data_acceptance]
"""Left out: a form can fit its schema and be refused by a rule of the domain, which no schema says; that is no fault."""
NOT_WRONG = {
    "GET /healthz",
    "GET /readyz",
    "GET /readyz/delivery",
    "GET /metrics",
    "POST /api/v1/channels/{channel}/test",
    "POST /api/v1/people/{account}/sign-out",
    "POST /api/v1/me/tokens/{token}/revoke",
}
"""Left out where requests are wrong: four that take nothing, and three that take a word in their path, of which any is one.

As they should be they are asked like all others; words that nobody has, and hostile ones, are test_web_hostile_queries'.
"""


@pytest.fixture
def home(homes: Homes) -> Home:
    """Two sites and what hangs on them: a pack governs, a serious event was filed, clocks run."""
    opened = with_people(two_sites(homes.open()))
    with_passphrase(opened, "LIN", "CHEN", "ZHAO")
    opened.scratch.beat("worker", now=microseconds(opened.doors.clock()))
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


def narrowed(app: FastAPI, home: Home, account: str, mode: GenerationMode) -> dict[str, Any]:
    """Give the description with real ids in the places of any: what is answered keeps its description."""
    raw = deepcopy(app.openapi())
    address, body = known(home, account)
    for operation in (one for path in raw["paths"].values() for one in path.values()):
        if mode is GenerationMode.NEGATIVE:
            operation.pop("security", None)  # the token is shown all the same, so its absence is no fault to look for
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


def operations(app: FastAPI, home: Home, account: str, mode: GenerationMode) -> list[Any]:
    """Give what is asked as it should be, or, where there is anything that could be wrong, as it should not be."""
    schema = schemathesis.openapi.from_dict(narrowed(app, home, account, mode))
    schema.app = app
    found = [one.ok() for one in schema.get_all_operations() if isinstance(one, Ok)]
    assert len(found) == sum(map(len, app.openapi()["paths"].values()))
    raw = {one.label: one.definition.raw for one in found}
    if mode is GenerationMode.POSITIVE:
        return found
    assert {label for label, said in raw.items() if not may_be_wrong(said)} == NOT_WRONG
    return [one for one in found if may_be_wrong(raw[one.label])]


def may_be_wrong(said: dict[str, Any]) -> bool:
    """Say whether anything of a request can be wrong: a part of its path that is any text cannot."""
    asked = [one for one in said.get("parameters", ()) if one["in"] != "path" or set(one["schema"]) - {"type", "title"}]
    return bool(asked or said.get("requestBody"))


def is_vain(failure: Exception, answer: Any) -> bool:  # noqa: ANN401, schemathesis' own
    """Say whether a fault is none.

    What was wrong did not survive the wire, for a parameter without a name or a value is not sent; or the body was
    refused for its size, which schemathesis does not count as refused.
    """
    if answer.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return isinstance(failure, AcceptedNegativeData)
    wrong = re.findall(r"- (\w+): violates `(\w+)`", str(failure))
    names = set(parse_qs(urlsplit(answer.request.url).query, keep_blank_values=True))
    return wrong == [("query", "additionalProperties")] and names <= {"as_of", "page", "limit"}


@pytest.mark.parametrize("account", PEOPLE)
def test_the_api_keeps_what_its_description_promises(home: Home, account: str) -> None:
    app = door(home, Pace(burst=1e9))
    shown = {"Authorization": f"Bearer {with_token(home, account)}"}
    modes = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    asked = [(operation, mode) for mode in modes for operation in operations(app, home, account, mode)]
    each = -(-CASES // (len(PEOPLE) * len(asked)))
    answers: Counter[int] = Counter()
    faults: list[str] = []

    for operation, mode in asked:

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
            except FailureGroup as found:
                faults.extend(
                    f"{case.method} {case.path}: {fault}"[:2_000]
                    for fault in found.exceptions
                    if not is_vain(fault, answer)
                )

        ask()
    print(  # noqa: T201, the figures
        f"{account}: {answers.total()} cases, {len(asked)} ways to ask ({len(NOT_WRONG)} ask nothing that could be wrong), "
        f"{dict(sorted(answers.items()))}"
    )
    assert not faults, "\n".join(dict.fromkeys(faults))
    assert answers.total() >= CASES / len(PEOPLE) / 2
    assert answers[200]
    assert answers[404]
    assert (answers[201] > 0) is (account != "ZHAO")
