"""What no text may hold, in every parameter of every address, on PostgreSQL, which refuses more: nothing found or refused, no fault.

Every third address of the pages; VIGILOG_LONG=1 asks them all.
"""

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from urllib.parse import quote

import pytest
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Path as InPath
from fastapi.params import Query
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from safety.home import Home
from safety.web.declaring import action_of
from tests.api_programs import EVERYTHING, two_sites, unhurried, with_token
from tests.web_homes import Homes, signed_in

pytestmark = pytest.mark.uncovered

APART = {"pages": 1 if "VIGILOG_LONG" in os.environ else 3, "API": 1}
"""Three goes into no number of values: each value meets its share of the parameters."""
HOSTILE = {
    "NUL": "A%00B",
    "lone surrogate": "A%ED%A0%80B",
    "no UTF-8": "%FF%FE",
    "outside the first plane": "%F0%9F%98%80",
    "10,000 characters": "A" * 10_000,
    "beyond 64 bits": "9223372036854775808",
    "Arabic digits": quote("١٢٣"),
    "quotes and wild cards": quote("'\";--%_*\\"),
}
NARROWS = ("serious", "unexpected", "related", "due", "owner", "site", "only", "hand", "alerts")
NUMBER = ("window", "measure", "of", "soc", "pt", "scale", "grade", "worst")
BY_HAND = {
    "/trials/{trial}/worklist": NARROWS,
    "/trials/{trial}/worklist/export": NARROWS,
    "/trials/{trial}/listing": NUMBER,
    "/trials/{trial}/listing/export": ("arm", *NUMBER),
    "/trials/{trial}/incidence/export": ("by", "window"),
    "/trials/{trial}/history/export": ("a", "b", "subject", "number", "field"),
    "/trials/{trial}/cases/export": ("subject", "serious", "related"),
    "/trials/{trial}/packs/what-if": ("pack",),
    "/trials/{trial}/packs/adopt": ("pack",),
}
"""What pages read from an address by hand; the table of their routes does not name it."""
BESIDE = {"arm": "A", "a": "1", "b": "2", "subject": "A1", "of": "pt", "measure": "teae", "number": "1"}
"""What else stands in the address, so that a value is looked at."""
IDS = {"trial": "T1", "subject": "A1", "number": "1", "position": "7", "alert": "A-1"}


@pytest.fixture
def home(homes: Homes, fresh_postgres_url: str) -> Home:
    return two_sites(homes.open(database_url=fresh_postgres_url))


def readings(asked: TestClient) -> list[APIRoute]:
    """Every route that is read and ends: a stream is asked about elsewhere."""
    routes = asked.app.routes  # type: ignore[attr-defined]  # it is a FastAPI application
    found = [route for route in routes if isinstance(route, APIRoute) and "GET" in (route.methods or ())]
    return [route for route in found if action_of(route) not in {None, "live.follow"}]


def named(route: APIRoute) -> Sequence[str]:
    """The parameters of a route's query."""
    own = [one.alias for one in get_flat_params(route.dependant) if isinstance(one.field_info, Query)]
    return tuple(dict.fromkeys((*own, *BY_HAND.get(route.path, ()), "as_of")))


def in_place(path: str, instead: str = "", value: str = "") -> str:
    """Fill in the names of a path, one of them with what does not belong there."""
    return re.sub(r"\{(\w+)\}", lambda name: value if name[1] == instead else IDS.get(name[1], "1"), path)


def addresses(route: APIRoute) -> Iterator[str]:
    """Every hostile value in every parameter and every part of the path."""
    for said in HOSTILE.values():
        for name in named(route):
            more = "&".join(
                f"{other}={value}"
                for other, value in BESIDE.items()
                if other != name and other in named(route) and name != "subject"
            )
            yield f"{in_place(route.path)}?{name}={said}" + (f"&{more}" if more else "")
        for part in get_flat_params(route.dependant):
            if isinstance(part.field_info, InPath):
                yield in_place(route.path, part.alias, said)
        yield f"{in_place(route.path)}?{said}=1"


@pytest.mark.parametrize("of", ["pages", "API"])
def test_no_value_in_an_address_is_a_fault_of_ours(home: Home, of: str) -> None:
    asked = unhurried(home)
    told: Counter[int] = Counter()
    asked.cookies = signed_in(home, "CHEN").cookies
    shown = {} if of == "pages" else {"authorization": f"Bearer {with_token(home, 'CHEN', EVERYTHING)}"}
    routes = [route for route in readings(asked) if route.path.startswith("/api/") is (of == "API")]
    for route in routes:
        for address in islice(addresses(route), 0, None, APART[of]):
            answer = asked.get(address, headers=shown, follow_redirects=False)
            assert answer.status_code < 500, address[:200]
            told[int(answer.status_code)] += 1
    print(f"{of}: {told.total()} addresses of {len(routes)} routes: {dict(sorted(told.items()))}")  # noqa: T201, the figures
    assert told[400]
    assert told[200]
    assert told.total() > 1_000 // APART[of]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/trials/T1/listing?arm=%00", 400),
        ("/trials/T1/listing?arm=%ED%A0%80", 200),
        ("/api/v1/trials/T1/incidence/events?arm=%00", 400),
        ("/api/v1/trials/T1/incidence/events?arm=%ED%A0%80", 200),
        ("/api/v1/trials/T1/incidence/events?arm=" + "A" * 300, 422),
    ],
)
def test_an_arm_that_is_no_text_is_refused_or_is_nobodys(home: Home, path: str, status: int) -> None:
    asked = unhurried(home)
    asked.cookies = signed_in(home, "CHEN").cookies
    answer = asked.get(path)
    assert answer.status_code == status, answer.text[:300]
    if status == 200 and path.startswith("/api/"):
        assert (answer.json()["cases"], answer.json()["rows"]) == (0, [])


@pytest.mark.parametrize(
    "path", ["/channels/{word}/test", "/people/{word}/sign-out", "/me/tokens/{word}/revoke", "/people/{word}/contact"]
)
def test_a_word_in_the_path_of_what_is_done_is_nobodys(home: Home, path: str) -> None:
    asked, before = unhurried(home), home.journal.head().position
    asked.headers["authorization"] = f"Bearer {with_token(home, 'OPS', EVERYTHING)}"
    for said in (*HOSTILE.values(), "nobody"):
        answer = asked.post("/api/v1" + path.replace("{word}", said), json={"name": "Dr New"})
        assert answer.status_code == (400 if "%00" in said else 404), (said[:100], answer.text[:300])
    assert home.journal.head().position == before
