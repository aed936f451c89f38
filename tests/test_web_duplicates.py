"""Duplicates: suggested with reasons within a subject alone, merged and set apart by a person, both kept in the history."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from safety.home import Home
from safety.journal import decode
from safety.projections.duplicates import ENOUGH, POINTS, Why, likeness, suggested
from safety.web.likenesses import BECAUSE
from tests.builders import append, definition, enrolled, given, merged, nullified, registered, reported
from tests.web_homes import Homes, signed_in, token, with_people, words

BLANK: dict[str, Any] = {
    "subject": "S1",
    "term": None,
    "preferred_term": None,
    "soc": None,
    "onset": None,
    "end": None,
    "criteria": [],
}


def event(number: int = 1, **said: Any) -> dict[str, Any]:  # noqa: ANN401, a row of the listing
    return {**BLANK, "number": number, **said}


SEPSIS = {"term": "Sepsis", "onset": "2018-03-05"}
ALIKE = [
    (SEPSIS, {"term": "SEPSIS ", "onset": "2018-03-05"}, ["same_term", "same_day"]),
    (SEPSIS, {"term": "Sepsis", "onset": "2018-03-09"}, ["same_term", "days_apart"]),
    (SEPSIS, {"term": "severe sepsis", "onset": "2018-03-05"}, ["shared_words", "same_day"]),
    (SEPSIS, {"term": "Sepsis", "onset": "2018-03"}, ["same_term", "dates_may_meet"]),
    (SEPSIS, {"term": "Sepsis"}, ["same_term", "dates_may_meet"]),
    ({**SEPSIS, "end": "2018-04-30"}, {"term": "Sepsis", "onset": "2018-04-20"}, ["same_term", "overlapping"]),
    (
        {"preferred_term": "Pyrexia", "term": "Fever", "onset": "2018-03-05"},
        {"preferred_term": "PYREXIA", "term": "High temperature", "onset": "2018-03-05"},
        ["same_coded_term", "same_day"],
    ),
    (
        {"term": "胸部疼痛", "onset": "2018-03-05"},
        {"term": "左胸部疼痛", "onset": "2018-03-05"},
        ["shared_words", "same_day"],
    ),
    (
        {"soc": "Infections", "term": "Sepsis", "onset": "2018-03-05"},
        {"soc": "Infections", "term": "Pneumonia", "onset": "2018-03-05"},
        ["same_body_system", "same_day"],
    ),
    (
        {**SEPSIS, "criteria": ["hospitalisation"]},
        {**SEPSIS, "criteria": ["hospitalisation", "disability"]},
        ["same_term", "same_day", "same_criterion"],
    ),
]
UNLIKE = [
    (SEPSIS, {"term": "Sepsis", "onset": "2018-03-13"}),
    (SEPSIS, {"term": "Sepsis", "onset": "2018-04"}),
    (SEPSIS, {"term": "Nausea", "onset": "2018-03-05"}),
    ({**SEPSIS, "end": "2018-03-20"}, {"term": "Sepsis", "onset": "2018-04-20"}),
    ({"term": "Pain of the back", "onset": "2018-03-05"}, {"term": "Rash", "onset": "2018-03-05"}),
    ({"soc": "Infections", "onset": "2018-03-05"}, {"soc": "Infections", "onset": "2018-03-09"}),
    ({"onset": "2018-03-05"}, {"onset": "2018-03-05"}),
    ({"term": "胃痛", "onset": "2018-03-05"}, {"term": "皮疹", "onset": "2018-03-05"}),
]


@pytest.mark.parametrize(("one", "other", "why"), ALIKE)
def test_what_speaks_for_one_occurrence_is_said_and_counted(
    one: dict[str, Any], other: dict[str, Any], why: list[Why]
) -> None:
    for pair in ((event(1, **one), event(2, **other)), (event(2, **other), event(1, **one))):
        found = likeness(*pair)
        assert found is not None
        assert [reason.why for reason in found.reasons] == why
        assert found.score == sum(POINTS[name] for name in why) >= ENOUGH


@pytest.mark.parametrize(("one", "other"), UNLIKE)
def test_what_is_alike_in_one_thing_only_bothers_nobody(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert likeness(event(1, **one), event(2, **other)) is None


def test_the_likeliest_pair_comes_first_and_every_reason_has_its_words() -> None:
    rows = [event(1, **SEPSIS), event(2, term="Sepsis", onset="2018-03-09"), event(3, **SEPSIS)]
    assert [(pair["one"], pair["other"]) for pair in suggested(rows)] == [(1, 3), (1, 2), (2, 3)]
    assert set(BECAUSE) == set(POINTS) == set(get_args(Why))


# On the pages


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    homes = Homes(tmp_path)
    opened = homes.open()
    two = definition(sites=[{"id": "01", "zone": "Asia/Shanghai"}, {"id": "02", "zone": "Asia/Shanghai"}])
    append(opened.journal, registered(two), enrolled("S1"), given("S1"), enrolled("THEIRS", site="02"))
    for subject in ("S1", "THEIRS"):
        append(opened.journal, reported(subject, 1, term="Secret sepsis", started_on="2018-03-05"))
        append(opened.journal, reported(subject, 2, term="Secret sepsis", started_on="2018-03-05", grade="3"))
        append(opened.journal, reported(subject, 3, term="Secret sepsis", started_on="2018-03-05"))
        append(opened.journal, nullified(subject, 3))
    people = {"LIN": ("investigator", ["01"]), "CHEN": ("safety_officer", []), "ZHAO": ("auditor", [])}
    yield with_people(
        opened, **{n: {"roles": [role], "trials": ["T1"], "sites": sites} for n, (role, sites) in people.items()}
    )
    homes.close()


CASE = "/trials/T1/cases/S1"


def acts(browser: TestClient, path: str, **said: str) -> Response:
    page = browser.get(path, params={"with": said.get("with", "")})
    act = re.search(r'name="act" value="([^"]+)"', page.text)
    assert act is not None, page.text
    return browser.post(path, data={"csrf": token(page), "act": act[1], **said}, follow_redirects=False)


def test_pairs_are_listed_with_their_reasons_and_a_site_sees_its_own_alone(home: Home) -> None:
    told = words(signed_in(home, "CHEN").get("/trials/T1/duplicates"))
    assert "2 pairs may be one occurrence." in told
    assert "S1 · AE 1 , AE 2 " in told
    assert "the same preferred term, began on the same day" in told
    lin = signed_in(home, "LIN").get("/trials/T1/duplicates")
    assert "1 pair may be one occurrence." in words(lin)
    assert "THEIRS" not in lin.text
    assert "/merge" not in lin.text
    assert "secret" not in lin.text.lower(), "a term as reported stands on the case alone"
    told = words(signed_in(home, "ZHAO").get("/trials/T1/duplicates", headers={"accept-language": "zh-CN"}))
    assert "首选语相同、同日发生" in told
    assert "/merge" not in signed_in(home, "ZHAO").get(f"{CASE}/1").text


def test_two_are_set_side_by_side_merged_with_a_reason_and_set_apart_again(home: Home) -> None:
    chen = signed_in(home, "CHEN")
    assert f"{CASE}/1/merge?with=2" in chen.get(f"{CASE}/1").text
    page = words(chen.get(f"{CASE}/1/merge?with=2"))
    assert "Speaks for it: the same preferred term, began on the same day (8 points)." in page
    assert "grade differs" in page
    assert "term as reported Secret sepsis Secret sepsis" in page
    said = {"with": "2", "stays": "1", "why": "One form was sent twice"}
    head = home.journal.head().position
    assert "No clock starts or stops." in words(acts(chen, f"{CASE}/1/merge", **said, do="check"))
    assert home.journal.head().position == head
    answer = acts(chen, f"{CASE}/1/merge", **said)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{CASE}/1")
    recorded = decode(home.journal.stream("T1/subject/S1")[-1])
    assert (recorded.topic, recorded.event.__dict__["number"], recorded.event.__dict__["into"]) == (
        "adverse_event.merged.v1",
        2,
        1,
    )
    assert recorded.about().reason == "One form was sent twice"
    assert "AE 2 points here" in words(chen.get(f"{CASE}/1"))
    gone = words(chen.get(f"{CASE}/2"))
    assert "Merged into AE 1" in gone
    assert "One form was sent twice" in gone, "the merge stands in the record of both"
    assert "No pair" not in words(chen.get("/trials/T1/duplicates")), "the other site's pair is still there"
    assert "S1" not in words(chen.get("/trials/T1/duplicates")).partition("Pair Points")[2]
    answer = acts(chen, f"{CASE}/2/unmerge", why="Two different days")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{CASE}/2?recorded=y")
    told = words(chen.get(f"{CASE}/2"))
    for said_once in ("Merged into AE 1", "Stands for itself again", "Two different days", "Perhaps the same as"):
        assert said_once in told, said_once


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"stays": "1"}, "Say why, in a few words."),
        ({"why": "twice"}, "Choose one of these."),
        ({"stays": "3", "why": "twice"}, "Choose one of these."),
    ],
)
def test_a_merge_wants_to_know_which_stays_and_why(home: Home, said: dict[str, str], told: str) -> None:
    chen, head = signed_in(home, "CHEN"), home.journal.head().position
    answer = acts(chen, f"{CASE}/1/merge", **{"with": "2"}, **said)
    assert answer.status_code == 422
    assert told in words(answer)
    assert home.journal.head().position == head


def test_what_the_desk_refuses_is_said_before_and_after(home: Home) -> None:
    append(home.journal, merged("S1", 2, 1))
    chen = signed_in(home, "CHEN")
    assert "it is part of a merge already" in words(chen.get(f"{CASE}/1/merge?with=2"))
    answer = acts(chen, f"{CASE}/1/merge", **{"with": "2"}, stays="1", why="twice")
    assert answer.status_code == 422
    assert "it is part of a merge already" in words(answer)


@pytest.mark.parametrize("path", ["1/merge", "1/merge?with=1", "1/merge?with=9", "1/merge?with=x", "1/unmerge"])
def test_a_pair_that_is_none_is_not_there(home: Home, path: str) -> None:
    chen = signed_in(home, "CHEN")
    answer = chen.get(f"{CASE}/{path}")
    assert (answer.status_code, answer.text) == (404, chen.get("/nowhere").text)
    assert signed_in(home, "LIN").get(f"{CASE}/1/merge?with=2").status_code == 404
