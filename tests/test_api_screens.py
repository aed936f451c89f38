"""Everything that the screens do is in the API: each screen has its answer in a table written by hand, and the answers are there."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from safety.aggregates.register import COMMANDS
from safety.home import Home
from safety.web import outward, pages, set_off
from safety.web.api.commands import PREVIEWED
from safety.web.declaring import action_of
from safety.web.door import OPENED, door
from safety.web.policy import RULES
from tests.api_programs import Asks, program, told, two_sites, with_passphrase
from tests.rule_packs import PACK
from tests.screens_and_api import ANSWERS, Reason
from tests.web_homes import Homes, signed_in

API = "/api/v1"
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
def homes(tmp_path: Path) -> Iterator[Homes]:
    opened = Homes(tmp_path)
    yield opened
    opened.close()


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


def read(asked: TestClient, path: str, **query: str) -> Any:  # noqa: ANN401, a JSON document
    return told(asked.get(f"{API}{path}", params=query), 200)


def test_the_rota_says_who_hears_and_a_drill_is_raised_once(home: Home) -> None:
    operator = program(home, "OPS")
    key = {"Idempotency-Key": "the-drill-of-march"}
    first, again = (told(operator.post(f"{API}/trials/T1/drill", headers=key), 200) for _ in range(2))
    assert first == again
    later = told(operator.post(f"{API}/trials/T1/drill", headers={"Idempotency-Key": "another-drill"}), 200)
    assert later != first
    rota = read(program(home, "LIN"), "/trials/T1/rota")
    assert [one["account"] for one in rota["urgent"][0]["who"]] == ["CHEN", "WANG"]
    assert [one["alert"] for one in rota["drills"]] == [later["alert"], first["alert"]]
    assert {one["role"] for one in rota["roles"]} >= {"safety_officer", "operator"}
    assert operator.post(f"{API}/trials/T1/drill").status_code == 422


def test_a_key_of_something_else_raises_no_drill(home: Home) -> None:
    asks = Asks(home, "OPS")
    told(asks("account.add", {"account": "XU", "roles": ["auditor"], "name": "Dr Xu"}, "one-key-for-two"), 201)
    answer = asks.client.post(f"{API}/trials/T1/drill", headers={"Idempotency-Key": "one-key-for-two"})
    assert answer.status_code == 409


def test_absences_are_told_on_the_rota(home: Home) -> None:
    away = {
        "account": "CHEN",
        "from_at": "2026-03-02T09:00:00Z",
        "until_at": "2026-03-03T09:00:00Z",
        "covered_by": "WANG",
    }
    told(Asks(home, "OPS")("account.set_absence", away), 201)
    (one,) = read(program(home, "ZHAO"), "/trials/T1/rota")["away"]
    assert (one["account"], one["covered_by"], one["from_at"]) == ("CHEN", "WANG", "2026-03-02T09:00:00Z")


class Outside:
    """One channel, which takes everything."""

    def ways(self) -> list[outward.Way]:
        return [outward.Way("maildir", "mail")]

    def test(self, channel: str, account: str, address: str | None) -> outward.Tested:
        assert (channel, account, address) == ("maildir", "OPS", None)
        return outward.Tested(None, None)


def test_channels_are_read_and_tested_by_who_runs_the_desk(home: Home) -> None:
    asked = TestClient(door(home, outward=Outside()), base_url="http://localhost")
    program(home, "OPS", asked=asked)
    rows = {row["channel"]: row["set_up"] for row in read(asked, "/channels")["channels"]}
    assert rows == {"maildir": True, "smtp": False, "webhook": False}
    assert told(asked.post(f"{API}/channels/maildir/test"), 200)["taken"]
    assert asked.post(f"{API}/channels/smtp/test").status_code == 404
    assert program(home, "CHEN").get(f"{API}/channels").status_code == 404


def test_packs_are_read_whole_and_asked_what_they_would_change(home: Home) -> None:
    with_passphrase(home, "CHEN")
    officer = Asks(home, "CHEN")
    adoption = {"STUDYID": "T1", "packs": [{"file": PACK}]}
    come = told(officer("trial.adopt_rule_pack/preview", adoption), 200)
    assert come["obligations"] == []
    assert read(officer.client, "/trials/T1/rule-packs")["adoptions"] == []
    told(officer.signed("trial.adopt_rule_pack", adoption, "approval"), 201)
    (adopted,) = read(officer.client, "/trials/T1/rule-packs")["adoptions"]
    assert adopted["signature"]["account"] == "CHEN"
    (pack,) = adopted["packs"]
    whole = read(officer.client, f"/trials/T1/rule-packs/{pack['sha256']}")
    assert (whole["text"], len(whole["rules"])) == (PACK, pack["rules"])
    offered = read(officer.client, "/rule-packs")
    named = offered["packs"][0]["id"]
    assert read(officer.client, f"/rule-packs/{named}")["sha256"] == offered["packs"][0]["sha256"]
    profile = read(officer.client, f"/rule-packs/{offered['profiles'][0]['id']}")
    assert profile["packs"] == offered["profiles"][0]["packs"]
    assert read(officer.client, "/trials/T1/what-if", pack=named)["packs"] == [named]
    for path, query, status in (("/rule-packs/NONE", {}, 404), ("/trials/T1/rule-packs/0", {}, 404),
                                ("/trials/T1/what-if", {"pack": "NONE"}, 400), ("/trials/T1/what-if", {}, 422)):  # fmt: skip
        assert officer.client.get(f"{API}{path}", params=query).status_code == status, path


def test_a_judgement_says_what_it_would_set_off_and_writes_nothing(home: Home) -> None:
    officer, before = Asks(home, "CHEN"), home.journal.head().position
    form = {"STUDYID": "T1", "USUBJID": "A1", "AESEQ": 1, "assessor": "sponsor", "AEREL": "POSSIBLE"}
    assert set(told(officer("adverse_event.assess_causality/preview", form), 200)) == {
        "number",
        "obligations",
        "ended",
        "alerts",
    }
    assert home.journal.head().position == before
    other = Asks(home, "LIN")("adverse_event.assess_causality/preview", form | {"USUBJID": "B1"})
    assert other.status_code == 404


def test_people_are_told_with_how_they_get_in_and_what_became_of_them(home: Home) -> None:
    with_passphrase(home, "CHEN")
    operator = program(home, "OPS")
    person = read(operator, "/people/CHEN")
    assert person["person"]["way_in"]["state"] == "passphrase"
    assert person["person"]["way_in"]["passkeys"] == 0
    assert [step["by"] for step in person["history"]] == ["OPERATOR"]
    contact = {"name": "Dr Chen", "email": "chen@hospital.example"}
    said = told(operator.post(f"{API}/people/CHEN/contact", json=contact), 200)
    assert (said["name"], said["email"]) == ("Dr Chen", "chen@hospital.example")
    for wrong, status in (
        ({"name": "Dr Chen", "email": "no address"}, 400),
        ({"name": ""}, 422),
        ({"named": "x"}, 422),
    ):
        answer = operator.post(f"{API}/people/CHEN/contact", json=wrong)
        assert answer.status_code == status, answer.text
        assert "no address" not in answer.text
    assert told(operator.post(f"{API}/people/CHEN/sign-out"), 200) == {"account": "CHEN", "sessions": 1}
    assert operator.get(f"{API}/people/NOBODY").status_code == 404


def test_administration_tells_faults_and_what_trials_need(home: Home) -> None:
    told_to = {who: read(program(home, who), "/administration") for who in ("OPS", "CHEN")}
    assert [trial["trial"] for trial in told_to["OPS"]["trials"]] == ["T1", "T2"]
    assert [trial["trial"] for trial in told_to["CHEN"]["trials"]] == ["T1"]
    assert {fault["trial"] for fault in told_to["CHEN"]["faults"]} == {"T1"}
    assert "vacant" in {fault["kind"] for fault in told_to["OPS"]["faults"]}


def test_views_are_kept_for_oneself_and_what_was_seen_is_said(home: Home) -> None:
    mine, another = program(home, "CHEN"), program(home, "WANG")
    view = {"page": "worklist", "name": "soon", "query": "due=soon&evil=1"}
    kept = told(mine.post(f"{API}/trials/T1/views", json=view), 200)
    assert kept["views"] == [{"page": "worklist", "name": "soon", "query": "due=soon"}]
    assert read(another, "/trials/T1/views")["views"] == []
    assert (
        told(mine.post(f"{API}/trials/T1/seen", json={"position": 2**40}), 200)["seen"] == home.journal.head().position
    )
    gone = told(mine.post(f"{API}/trials/T1/views/forget", json={"page": "worklist", "name": "soon"}), 200)
    assert gone["views"] == []
    for wrong in ({"page": "elsewhere", "name": "x"}, {"page": "cases", "name": "a\nb"}, {"page": "cases", "name": ""}):
        assert mine.post(f"{API}/trials/T1/views", json=wrong).status_code == 422, wrong


def test_ones_tokens_are_told_without_their_secret_and_revoked(home: Home) -> None:
    mine = program(home, "CHEN")
    (token,) = read(mine, "/me/tokens")["tokens"]
    assert set(token) == {"id", "name", "scopes", "made_at", "ends_at", "used_at", "revoked_at"}
    assert program(home, "WANG").post(f"{API}/me/tokens/{token['id']}/revoke").status_code == 404
    assert told(mine.post(f"{API}/me/tokens/{token['id']}/revoke"), 200)["tokens"][0]["revoked_at"]
    assert mine.get(f"{API}/me").status_code == 401


def test_the_definition_is_told_as_it_governed(home: Home) -> None:
    found = read(program(home, "LIN"), "/trials/T1/definition")
    assert found["definition"]["zone"]
    assert [step["reason"] for step in found["history"]] == [None]
    assert found["reference_safety_information"] == []


def test_each_number_of_the_incidence_table_opens_the_events_behind_it(home: Home) -> None:
    officer = program(home, "CHEN")
    table = read(officer, "/trials/T1/incidence")
    arm = table["groups"][0]
    for measure, said in arm["measures"].items():
        found = read(officer, "/trials/T1/incidence/events", arm=arm["arm"], measure=measure)
        assert (found["cases"], found["subjects"]) == (said["events"], said["subjects"]), measure
    days = read(officer, "/trials/T1/incidence/over-time")["arms"][0]["days"]
    assert sum(day["events"] for day in days) == arm["measures"]["teae"]["events"]
    assert (
        officer.get(f"{API}/trials/T1/incidence/events", params={"arm": arm["arm"], "measure": "x"}).status_code == 422
    )
    assert program(home, "LIN").get(f"{API}/trials/T1/incidence/events", params={"arm": arm["arm"]}).status_code == 404


def test_knowledge_is_told_of_ones_own_sites(home: Home) -> None:
    whole, mine = (read(program(home, who), "/trials/T1/knowledge") for who in ("CHEN", "LIN"))
    assert (whole["happened"], mine["happened"]) == (2, 1)
    assert [count["measure"] for count in whole["counts"]][:1] == ["teae"]
    assert mine["counts"] == []


def test_the_worklist_is_narrowed_as_the_page_narrows_it(home: Home) -> None:
    with_passphrase(home, "CHEN")
    officer = Asks(home, "CHEN")
    told(officer.signed("trial.adopt_rule_pack", {"STUDYID": "T1", "packs": [{"file": PACK}]}, "approval"), 201)
    filed = {"STUDYID": "T1", "USUBJID": "A1", "AETERM": "fever", "AESER": "Y"}
    told(Asks(home, "LIN")("adverse_event.report", filed), 201)
    duties = read(officer.client, "/trials/T1/worklist")["duties"]
    assert duties
    first = duties[0]
    assert read(officer.client, "/trials/T1/worklist", hand="mine")["duties"] == []
    taken = {"STUDYID": "T1", "USUBJID": first["subject"], "AESEQ": first["number"], "obligation": first["obligation"]}
    told(officer("obligation.take", taken), 201)
    (mine,) = read(officer.client, "/trials/T1/worklist", hand="mine")["duties"]
    assert mine["obligation"] == first["obligation"]
    assert read(officer.client, "/trials/T1/worklist", site="02")["duties"] == []
    assert officer.client.get(f"{API}/trials/T1/worklist", params={"due": "whenever"}).status_code == 422


def test_a_browser_that_is_signed_in_writes_with_the_token_of_its_forms_alone(home: Home) -> None:
    browser = signed_in(home, "CHEN")
    assert browser.post(f"{API}/trials/T1/seen", json={"position": 1}).status_code == 403
