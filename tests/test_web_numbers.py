"""Numbers that no database holds, in every place of an address and of a body that takes one, on both databases: refused or nobody's."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Path as InPath
from fastapi.params import Query
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from safety.home import Home
from tests.api_programs import EVERYTHING, two_sites, unhurried, with_token
from tests.hostile_addresses import ELSEWHERE, READ, WHOLE
from tests.test_web_hostile_queries import BY_HAND, in_place
from tests.web_homes import Homes, signed_in

pytestmark = pytest.mark.uncovered

NUMBERS = (
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551616",
    "2147483648",
    "999999999",
    "-9223372036854775809",
    "0",
    "1e9",
    "9" * 5_000,
)
"""What is as large as 63, 64 and 31 bits hold and one more, what a number may be at most, and what Python reads no further."""
TAKES_ONE = {"page", "limit", "after", "number", "position", "filed", "with", "grade", "a", "b", "since"}
"""Parameters that a page or the API reads as a number; the moment `as_of` is read in one place, and asked for on two pages."""
LOOKING_BACK = ("/trials/{trial}/worklist", "/api/v1/trials/{trial}/cases")
BESIDE = {"arm": "A", "a": "1", "b": "2", "subject": "A1", "of": "grade", "measure": "teae", "scale": "grade"}


@pytest.fixture(params=["sqlite", "postgresql"])
def home(request: pytest.FixtureRequest, homes: Homes) -> Home:
    url = None if request.param == "sqlite" else request.getfixturevalue("fresh_postgres_url")
    return two_sites(homes.open(database_url=url))


def numbered(route: APIRoute) -> Iterator[str]:
    """The addresses of a route with `@` where it takes a number."""
    declared = [
        one for one in get_flat_params(route.dependant) if one.alias in TAKES_ONE or takes_integer(one.field_info)
    ]
    for one in declared:
        if isinstance(one.field_info, InPath):
            yield in_place(route.path, one.alias, "@") + WHOLE.get(route.path, "")
    names = [one.alias for one in declared if isinstance(one.field_info, Query)]
    names += [name for name in BY_HAND.get(route.path, ()) if name in TAKES_ONE]
    names += ["with"] if route.path.endswith("/merge") else ["as_of"] if route.path in LOOKING_BACK else []
    for name in dict.fromkeys(names):
        beside = "".join(f"&{other}={value}" for other, value in BESIDE.items() if other != name)
        yield f"{in_place(route.path)}?{name}=@{'' if route.path.startswith('/api/') else beside}"


def takes_integer(field: object) -> bool:
    """Say whether a parameter is declared as a whole number, perhaps left out."""
    return bool(re.search(r"\bint\b", str(getattr(field, "annotation", ""))))


def test_a_number_in_an_address_is_refused_or_of_nothing(home: Home) -> None:
    asked = unhurried(home)
    asked.cookies = signed_in(home, "CHEN").cookies
    shown = {"authorization": f"Bearer {with_token(home, 'CHEN', EVERYTHING)}"}
    told: Counter[int] = Counter()
    places = [address for route in READ if route.path not in ELSEWHERE for address in numbered(route)]
    assert len(places) > 60
    for place, address in enumerate(places):
        headers = shown if address.startswith("/api/") else {}
        for number in (NUMBERS[1], NUMBERS[place % len(NUMBERS)]):  # of the others, each is asked of some
            answer = asked.get(address.replace("@", number), headers=headers, follow_redirects=False)
            assert answer.status_code in {200, 303, 400, 404, 422}, (address, number, answer.text[:300])
            told[int(answer.status_code)] += 1
    print(f"{told.total()} addresses: {dict(sorted(told.items()))}")  # noqa: T201, the figures
    assert told[200]
    assert told[404]
    assert told[422]


BODIES: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("adverse_event.follow_up", {"STUDYID": "T1", "USUBJID": "A1"}, "AESEQ"),
    ("adverse_event.follow_up/preview", {"STUDYID": "T1", "USUBJID": "A1"}, "AESEQ"),
    ("adverse_event.report", {"STUDYID": "T1", "USUBJID": "A1"}, "AESEQ"),
    ("adverse_event.report", {"STUDYID": "T1", "USUBJID": "A1"}, "AETOXGR"),
    ("adverse_event.merge", {"STUDYID": "T1", "USUBJID": "A1", "AESEQ": 1}, "into"),
    ("dose.give", {"STUDYID": "T1", "USUBJID": "A1"}, "EXSEQ"),
    ("dose.give", {"STUDYID": "T1", "USUBJID": "A1", "EXSEQ": 9}, "EXDOSE"),
    ("subject.enrol", {"STUDYID": "T1", "USUBJID": "NEW", "SITEID": "01"}, "AGE"),
    ("subject.enrol", {"STUDYID": "T1", "USUBJID": "NEW", "SITEID": "01"}, "BRTHYR"),
    ("subject.withdraw", {"STUDYID": "T1", "USUBJID": "A1", "mode": "treatment"}, "AESEQ"),
    ("obligation.take", {"STUDYID": "T1", "USUBJID": "A1", "obligation": "T-15/1"}, "AESEQ"),
    ("log.request_redaction", {"reason": "legal_duty"}, "at_position"),
)


def test_a_number_in_a_body_is_refused_and_nothing_is_stored(home: Home) -> None:
    client: TestClient = unhurried(home)
    client.headers["authorization"] = f"Bearer {with_token(home, 'CHEN', EVERYTHING)}"
    large = (2**63, 2**64, 10**30, -(2**63) - 1)
    before = home.journal.head().position
    for place, (command, form, field) in enumerate(BODIES):
        for number in large:
            body: dict[str, Any] = {"form": {**form, field: number}}
            key = {"Idempotency-Key": f"number-{place}-{abs(number)}"}
            answer = client.post(f"/api/v1/commands/{command}", json=body, headers=key)
            assert answer.status_code in {404, 422}, (command, field, number, answer.text[:300])
    for number in large:
        body = {"form": {"STUDYID": "T1", "USUBJID": "A1", "AESEQ": 1}, "read_at": number}
        key = {"Idempotency-Key": f"read-at-{abs(number)}"}
        answer = client.post("/api/v1/commands/adverse_event.follow_up", json=body, headers=key)
        assert answer.status_code == 422, (number, answer.text[:300])
        answer = client.post("/api/v1/trials/T1/seen", json={"position": number})
        assert answer.status_code == 422, (number, answer.text[:300])
    assert home.journal.head().position == before


def test_a_number_in_a_form_is_said_at_its_field(home: Home) -> None:
    browser = signed_in(home, "CHEN")
    csrf = re.search(r'name="csrf" value="(\w+)"', browser.get("/trials/T1/file").text)
    assert csrf is not None
    for number in NUMBERS[:3]:
        for path, said in (
            ("/trials/T1/file", {"subject": "A1", "term": "x", "after_dose": number, "do": "file"}),
            ("/trials/T1/file", {"subject": "A1", "term": "x", "grade": number, "do": "file"}),
            ("/trials/T1/file", {"subject": "A1", "term": "x", "on_y": number, "do": "file"}),
            ("/trials/T1/subjects/A1/dose", {"number": number}),
            ("/trials/T1/subjects/A1/dose", {"number": "7", "amount": number}),
            ("/trials/T1/subjects/A1/correct", {"age": number, "why": "x", "read_at": "5"}),
            ("/trials/T1/subjects/A1/withdraw", {"mode": "treatment", "because": number, "number": number}),
            ("/trials/T1/cases/A1/1/merge", {"with": number, "stays": number, "why": "x"}),
            ("/trials/T1/cases/A1/1/follow-up", {"term": "x", "read_at": number, "do": "file"}),
            ("/trials/T1/seen", {"position": number}),
        ):
            answer = browser.post(path, data={"csrf": csrf[1], **said}, follow_redirects=False)
            assert answer.status_code in {200, 303, 400, 404, 409, 422}, (path, said, answer.text[:300])
    home.views.catch_up(home.journal)
    assert home.views.faults() == []
