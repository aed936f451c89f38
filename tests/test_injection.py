"""What somebody types is text: two hundred payloads through every field of the record and every address, and no page runs one."""

import html
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from safety.home import Home
from safety.journal import decode
from safety.projections.line_listing import line_listing
from tests.api_programs import program
from tests.hostile_addresses import ELSEWHERE, EVERY_PAGE, READ, TAKEN, WHOLE
from tests.hostile_events import NOT_WRITTEN, fields_of_text
from tests.hostile_record import ALL, CONTROLS, formulas, hostile_home, runs, unlike
from tests.hostile_record import PEOPLE as HOSTILE
from tests.payloads import Payload, payloads
from tests.web_homes import Homes, client, sent, signed_in, token, with_a_trial, with_people

pytestmark = pytest.mark.uncovered

LONG = os.environ.get("VIGILOG_LONG") == "1"
STRIDE, APART = (1, 1) if LONG else (8, 32)
"""The short form types every eighth payload, and sends each to every 32nd address, others for each payload."""
PEOPLE = {"LIN": {"roles": ["investigator"]}, "CHEN": {"roles": ["safety_officer"]}}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    homes = Homes(tmp_path_factory.mktemp("hostile"))
    yield hostile_home(homes)
    homes.close()


@pytest.fixture(scope="module")
def browsers(hostile: Home) -> dict[str, TestClient]:
    return {name: signed_in(hostile, name) for name in ("CHEN", "EACH")}


@pytest.fixture(scope="module")
def asked(hostile: Home, browsers: dict[str, TestClient]) -> Callable[[str], Response]:
    """Ask for an address as somebody who reads everything, by a browser or, of the API, by a program."""
    programs = program(hostile, "EACH")
    return lambda path: (programs if path.startswith("/api/") else browsers["EACH"]).get(path)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Response]]:
    """Ask the same in a record of one subject, no further than the first answer."""
    homes = Homes(tmp_path_factory.mktemp("small"))
    home = with_people(with_a_trial(homes.open()), EACH=HOSTILE["EACH"])
    browser, programs = signed_in(home, "EACH"), program(home, "EACH")
    yield lambda path: (programs if path.startswith("/api/") else browser).get(path, follow_redirects=False)
    homes.close()


def seen(text: str) -> str:
    """A text as a page shows it, blanks aside: what no page can show stands as a replacement character."""
    return "".join(text.split())


def test_there_are_two_hundred_and_the_check_itself_finds_each_that_would_run() -> None:
    assert len(payloads()) >= 200
    assert runs("<p>text</p><a href='/x'>x</a><script src='/static/keys.js'></script>") == []
    for live in (
        "<img src=x>",
        "<p onclick=x>",
        "<script>x</script>",
        "<a href='javascript:x'>",
        "<a href='//evil'>",
        "\x1b",
    ):
        assert runs(live) != []


def test_what_is_asked_for_elsewhere_or_besides_is_still_there() -> None:
    assert {*ELSEWHERE, *WHOLE} <= {route.path for route in READ}


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_no_page_of_a_record_full_of_them_runs_anything(asked: Callable[[str], Response], path: str) -> None:
    answer = asked(path)
    assert answer.status_code == 200, answer.text[:500]
    kind = answer.headers["content-type"].partition(";")[0]
    if kind == "application/json":
        assert answer.json() is not None
    elif kind == "text/csv":
        assert formulas(answer.text) == []
    elif kind == "text/plain":
        assert CONTROLS.findall(answer.text) == []
    else:
        assert kind == "text/html"
        # A periodic report has its own style, and is shown in a sandbox.
        assert set(runs(answer.text)) <= ({"style", "col style"} if "/reports/dsur/" in path else set())


def test_every_field_of_the_log_in_which_any_text_may_stand_holds_them_all(hostile: Home) -> None:
    held: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for row in hostile.journal.rows():
        for name, value in decode(row).event.__dict__.items():
            if value is not None:
                held[row.topic, name].add(str(value))
    assert set(NOT_WRITTEN) <= {name for _, name in fields_of_text()}
    wanted = {field for field in fields_of_text() if field[1] not in NOT_WRITTEN}
    each = dict.fromkeys(wanted, len(payloads()) * 0.8)  # cut to their length, some are the same
    each["adverse_event.nullified.v1", "explanation"] = len(payloads()) // 5  # of the record, each fifth is nullified
    few = {field: len(held[field]) for field, number in each.items() if len(held[field]) < number}
    assert few == {}, "let tests/hostile_events.py fill these in"


def test_the_record_loses_no_letter_of_them(hostile: Home, browsers: dict[str, TestClient]) -> None:
    browsers["CHEN"].get("/")
    with hostile.views.connect() as connection:
        rows = line_listing(connection, "T1", hostile.views.now(connection))["rows"]
    held = {row["number"]: row["term"] for row in rows}
    expected = {number: payload.text.strip() or "." for number, payload in enumerate(payloads(), 1) if number > 1}
    assert {number: held[number] for number in expected} == expected


def test_each_is_shown_as_the_text_that_it_is(browsers: dict[str, TestClient]) -> None:
    page = seen(html.unescape(re.sub(r"<[^>]*>", "", browsers["CHEN"].get(f"/trials/T1/subjects/{ALL}").text)))
    plain = [p.text for p in payloads() if p.text.isprintable() and len(p.text) < 200]
    assert len(plain) > 150
    assert [text for text in plain if seen(text) not in page] == []


def test_the_pages_of_two_cases_differ_in_their_words_alone(browsers: dict[str, TestClient]) -> None:
    numbers = [number for number in range(2, 16) if number % 5]  # each fifth is nullified, and its page says so
    texts = [browsers["CHEN"].get(f"/trials/T1/cases/{ALL}/{number}").text for number in numbers]
    # How many events are alike depends on their words, and on nothing that they could run.
    assert (
        unlike(re.sub(r'<section[^>]* id="duplicates">.*?</section>', "", text, flags=re.DOTALL) for text in texts) == 0
    )


@pytest.mark.parametrize("address", TAKEN)
def test_what_an_address_holds_is_answered_and_runs_nowhere(small: Callable[[str], Response], address: str) -> None:
    offset = TAKEN.index(address)
    for number, payload in enumerate(payloads()):
        if (number + offset) % APART:
            continue
        answer = small(address.replace("@", quote(payload.text[:500], safe="")))
        assert answer.status_code in {200, 303, 400, 404, 422}, (payload, answer.text[:500])
        if answer.headers.get("content-type", "").startswith("text/html"):
            assert runs(answer.text) == [], payload
        else:
            assert answer.status_code == 303 or answer.headers["x-content-type-options"] == "nosniff"
        assert "evil" not in answer.headers.get("location", "").partition("?")[0]
        assert "vigilog=evil" not in answer.headers.get("set-cookie", "")


@pytest.fixture
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    homes = Homes(tmp_path_factory.mktemp("desk"))
    yield with_people(with_a_trial(homes.open()), **PEOPLE)
    homes.close()


def some() -> list[Payload]:
    return payloads()[::STRIDE]


def test_filing_takes_each_as_it_is_and_shows_it_as_text(desk: Home) -> None:
    browser = signed_in(desk, "LIN")
    csrf = token(browser.get("/trials/T1/file"))
    fixed = {"csrf": csrf, "subject": "CANARYSUBJECT", "serious": "y", "do": "file"}
    for number, payload in enumerate(some()):
        said = {**fixed, "act": f"ACT-{number}", "term": payload.text, "narrative": payload.text}
        answer = browser.post("/trials/T1/file", data=said, follow_redirects=False)
        assert answer.status_code == 303, payload
        assert runs(browser.get(answer.headers["location"]).text) == [], payload
    desk.views.catch_up(desk.journal)
    assert desk.views.faults() == []


@pytest.mark.parametrize(
    "field",
    [
        "subject",
        "on_y",
        "on_m",
        "off_d",
        "grade",
        "severity",
        "causality",
        "outcome",
        "aware_day",
        "aware_time",
        "after_dose",
        "act",
    ],
)
def test_a_field_that_takes_no_free_text_refuses_each_without_running_it(desk: Home, field: str) -> None:
    browser = signed_in(desk, "LIN")
    fixed = {"csrf": token(browser.get("/trials/T1/file")), "subject": "CANARYSUBJECT", "act": "A", "do": "check"}
    for payload in some():
        answer = browser.post("/trials/T1/file", data={**fixed, "term": "x", field: payload.text})
        assert answer.status_code == 200, (payload, answer.text[:300])
        assert runs(answer.text) == [], payload


@pytest.mark.parametrize("field", ["account", "passphrase", "code", "next"])
def test_the_sign_in_takes_each_for_what_nobody_is_called(desk: Home, field: str) -> None:
    browser = client(desk)
    csrf = token(browser.get("/sign-in"))
    for payload in payloads()[:: STRIDE * 2]:
        said = {"csrf": csrf, "account": "WHO", "passphrase": "x", field: payload.text}
        answer = browser.post("/sign-in", data=said, follow_redirects=False)
        assert answer.status_code in {401, 429}
        assert runs(answer.text) == [], payload


@pytest.mark.parametrize("field", ["causality", "why", "takes_back", "meaning", "account", "code"])
def test_a_judgement_takes_none_that_was_not_offered(desk: Home, field: str) -> None:
    browser = signed_in(desk, "CHEN")
    path, head = "/trials/T1/cases/CANARYSUBJECT/1/causality", desk.journal.head().position
    for payload in payloads()[:: STRIDE * 2]:
        fixed = {"act": "A", "causality": "PROBABLE", "meaning": "assessment", "account": "CHEN", "passphrase": "wrong"}
        answer = sent(browser, path, {**fixed, field: payload.text}, page="/")
        assert answer.status_code == 422
        assert runs(answer.text) == [], payload
    assert desk.journal.head().position == head


def test_a_chosen_language_or_place_to_go_back_to_is_one_of_ours(desk: Home) -> None:
    browser = client(desk)
    csrf = token(browser.get("/sign-in"))
    for payload in payloads():
        said = {"csrf": csrf, "language": payload.text[:3_000], "back": payload.text[:3_000]}
        answer = browser.post("/language", data=said, follow_redirects=False)
        assert (answer.status_code, answer.headers.get("set-cookie")) == (303, None)
        assert re.fullmatch(r"/(?![/\\]).*", answer.headers["location"]), payload
