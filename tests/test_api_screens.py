"""Everything that the screens do is in the API: each screen has its answer in a table written by hand, and the answers are there."""

import re
from pathlib import Path

import pytest
from fastapi.routing import APIRoute

from safety.aggregates.register import COMMANDS
from safety.home import Home
from safety.web import pages, set_off
from safety.web.api.commands import PREVIEWED
from safety.web.declaring import action_of
from safety.web.door import OPENED, door
from safety.web.policy import RULES
from tests.api_programs import API, Asks, told, two_sites, with_passphrase
from tests.rule_packs import PACK
from tests.screens_and_api import ANSWERS, Reason
from tests.web_homes import Homes

NOT_THE_SAME = {
    "GET /trials/{trial}/listing": {"investigator"},
    "GET /trials/{trial}/listing/export": {"investigator"},
    "GET /trials/{trial}/incidence": {"operator"},
    "GET /admin": {"auditor", "safety_officer"},
    "GET /trials/{trial}/history": {"investigator"},
    "GET /trials/{trial}/history/export": {"investigator"},
}
"""Screens that leave out for some roles what one of the routes tells: the listing behind a number of the whole trial, the
courses of subjects, people and channels, two moments compared."""


@pytest.fixture
def home(homes: Homes) -> Home:
    return two_sites(homes.open())


def actions(home: Home) -> dict[str, str]:
    """Every declared route of the desk by method and path, with its action."""
    routes = [route for route in door(home).routes if isinstance(route, APIRoute) and route.path not in OPENED]
    return {f"{min(route.methods or ())} {route.path}": str(action_of(route)) for route in routes}


def test_every_screen_has_its_answer_and_no_answer_is_left_over(home: Home) -> None:
    screens = {name for name in actions(home) if f" {API}/" not in name}
    assert screens - ANSWERS.keys() == set(), (
        "say in tests/screens_and_api.py what a program asks instead, or why nothing"
    )
    assert ANSWERS.keys() - screens == set()
    assert all(not isinstance(answer, Reason) or len(answer.why) > 40 for answer in ANSWERS.values())


def test_every_answer_is_a_route_and_every_reading_of_the_api_is_an_answer(home: Home) -> None:
    there = {name.replace(f" {API}/", " /") for name in actions(home) if f" {API}/" in name}
    named = {route for answer in ANSWERS.values() if not isinstance(answer, Reason) for route in answer}
    assert named - there == set()
    assert {name for name in there - named if "/commands/" not in name} == set()


ASKS_THE_DESK = re.compile(r"web\.(?:consequences|set_off) import|web\.changing import.*\bWay\b|desk\.would\(")
SHOWS_NOTHING_FIRST = {
    "adverse_event.nullify": "it is signed for its reason, and the page shows no course of clocks",
    "obligation.take": "it stops no clock and calls nobody",
    "obligation.acknowledge": "it is what a recipient said; no clock of ours hangs on it",
    "obligation.reject": "it is what a recipient said; the clock goes on",
    "account.set_absence": "the page asks only whether it would be refused",
}
"""Commands of pages that ask the desk what something would come to, which themselves say nothing of it, and why."""


def test_what_a_screen_says_it_would_set_off_the_api_says_too(home: Home) -> None:
    sources = [path.read_text() for path in Path(pages.__file__).parent.glob("*.py")]
    asking = [text for text in sources if ASKS_THE_DESK.search(text)]
    named = {name for text in [*asking, Path(set_off.__file__).read_text()] for name in COMMANDS if f'"{name}"' in text}
    assert len(asking) > 8
    assert named - {*PREVIEWED} == SHOWS_NOTHING_FIRST.keys()
    answers = {route for answer in ANSWERS.values() if not isinstance(answer, Reason) for route in answer}
    assert {f"POST /commands/{name}/preview" for name in PREVIEWED} <= answers


def test_a_statement_and_a_correction_say_what_they_would_set_off(home: Home) -> None:
    with_passphrase(home, "CHEN")
    told(
        Asks(home, "CHEN").signed("trial.adopt_rule_pack", {"STUDYID": "T1", "packs": [{"file": PACK}]}, "approval"),
        201,
    )
    case = {"STUDYID": "T1", "USUBJID": "A1", "AESEQ": 1}
    before = home.journal.head().position
    asked = {
        "adverse_event.correct": case | {"variables": ["AESDTH"], "AESDTH": "Y"},
        "adverse_event.state_reportability": case | {"determined": "Y"},
        "subject.correct": {"STUDYID": "T1", "USUBJID": "A1", "variables": ["AGE"], "AGE": 40},
    }
    came = {
        name: told(Asks(home, "LIN" if "correct" in name else "CHEN")(f"{name}/preview", form), 200)
        for name, form in asked.items()
    }
    assert came["adverse_event.correct"]["alerts"], "made serious, it calls the safety officer"
    assert came["subject.correct"] == {"number": None, "obligations": [], "ended": [], "alerts": []}
    assert home.journal.head().position == before
    other = Asks(home, "LIN")("subject.correct/preview", asked["subject.correct"] | {"USUBJID": "B1"})
    assert other.status_code == 404


def test_who_may_open_a_screen_may_ask_its_answer(home: Home) -> None:
    held = actions(home)
    for screen, answer in ANSWERS.items():
        grants = RULES[held[screen]].grants.keys() - NOT_THE_SAME.get(screen, set())
        for route in () if isinstance(answer, Reason) else answer:
            method, path = route.split(" ", 1)
            assert grants <= RULES[held[f"{method} {API}{path}"]].grants.keys(), (screen, route)
