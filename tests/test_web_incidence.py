"""The incidence page: the answer first, every number from the tables of the views and open to what stands behind it."""

import re
from html import unescape
from typing import get_args

import pytest
from starlette.testclient import TestClient

from safety.home import Home
from safety.projections import At
from safety.projections.behind import Cell, behind, over_time, population
from safety.projections.incidence import MEASURES, By, Window, incidence
from tests import builders as b
from tests.test_web_pages import CHINESE, Links
from tests.web_homes import Homes, signed_in, with_people, words

HEAD_LINK = re.compile(r'<a href="(/trials/T1/listing\?[^"]+)">(\d+)(?:/\d+)?</a>')


@pytest.fixture
def home(homes: Homes) -> Home:
    """Two arms of three and two subjects: related, serious, nullified, uncoded, undated and late events."""
    opened = homes.open()
    b.append(opened.journal, b.registered(b.definition(window={})))
    for code, arm in (("S1", "A"), ("S2", "A"), ("S3", "A"), ("S4", "B"), ("S5", "B")):
        b.append(opened.journal, b.enrolled(code, arm=arm, actual_arm=arm), b.given(code))
    b.append(
        opened.journal,
        b.given("S1", 2, "2018-03-29"),
        b.reported("S1", 1, grade="1", severity="MILD", causality="PROBABLE"),
        b.reported("S1", 2, "2018-04-05", grade="3", severity="SEVERE", ended_on="2018-04-20"),
        b.reported("S2", 1, "2018-03-05", grade="2", severity="MODERATE", preferred_term="Headache", causality="NONE"),
        b.reported("S2", 2, "2018-12-01", serious="Y", causality="NONE", grade="3", body_system="Infections"),
        b.reported("S4", 1, "2018-03-05", serious="Y", causality="POSSIBLE", grade="2"),
        b.reported("S4", 2, "2018-03-06", preferred_term=None, body_system=None, term="<b>Canaryterm</b>"),
        b.reported("S5", 1, "2018-03"),
        b.reported("S5", 2, "2018-03-09"),
        b.nullified("S5", 2),
    )
    return with_people(
        opened,
        CHEN={"roles": ["safety_officer"]},
        ZHAO={"roles": ["auditor"], "trials": ["T1"]},
        OPS={"roles": ["operator"]},
        LIN={"roles": ["investigator"], "trials": ["T1"]},
    )


def of(page: TestClient, path: str) -> str:
    answer = page.get(path)
    assert answer.status_code == 200, answer.text
    return words(answer)


@pytest.mark.parametrize("window", ["all", "primary"])
def test_behind_every_number_stand_exactly_the_events_it_counts(home: Home, window: Window) -> None:
    home.views.catch_up(home.journal)
    with home.views.connect() as connection:
        at = home.views.now(connection)
        tables = {by: incidence(connection, "T1", at, by=by, window=window) for by in get_args(By)}
        cells = [
            (Cell(group["arm"], name), group["measures"][name])
            for group in tables["arm"]["groups"]
            for name in MEASURES
        ]
        for of_what in ("soc", "pt"):
            cells += [
                (Cell(row["arm"], of=of_what, soc=row["soc"], pt=row["pt"]), row["measure"])
                for row in tables[of_what]["terms"]
            ]
        assert len(cells) > 20
        for cell, measured in cells:
            found = behind(connection, "T1", at, cell, window=window)
            assert (len(found), len({subject for subject, _ in found})) == (measured["events"], measured["subjects"])
        for row in tables["grade"]["grades"]:
            scale = "severity" if row["scale"] == "AESEV" else "grade"
            for worst, counted in ((True, "subjects"), (False, "events")):
                cell = Cell(row["arm"], of="grade", scale=scale, grade=row["grade"], worst=worst)
                found = behind(connection, "T1", at, cell, window=window)
                number = len({subject for subject, _ in found}) if worst else len(found)
                assert number == row["measure"][counted], cell


@pytest.mark.parametrize("window", ["all", "primary"])
def test_what_climbs_over_time_adds_up_to_the_events_of_the_table(home: Home, window: Window) -> None:
    home.views.catch_up(home.journal)
    with home.views.connect() as connection:
        at = home.views.now(connection)
        groups = incidence(connection, "T1", at, window=window)["groups"]
        times = over_time(connection, "T1", at, window=window)
        assert {arm: sum(days.values()) for arm, days in times.items()} == {
            group["arm"]: group["measures"]["teae"]["events"] for group in groups
        }
        assert times["A"][4] == 2
        assert times["B"][None] == 1, "an onset of a month is of no day"
        assert [arm for _, arm in population(connection, "T1", at)] == ["A", "A", "A", "B", "B"]
        assert population(connection, "T1", At(3), limit=1) == []


def test_the_first_sentence_answers_and_says_how_sure_that_is(home: Home) -> None:
    told = of(signed_in(home, "ZHAO"), "/trials/T1/incidence")
    assert (
        "Incidence A: No related serious event in 3 subjects (0/3); the true share could be as high as 70.8 % "
        "(exact 95 % interval). B: 1 of 2 subjects had a related serious event (50.0 %; exact 95 % interval 1.3 to "
        "98.7 %). Within the primary window. Over the whole record: A: 0/3, B: 1/2."
    ) in told
    assert "onset from the first dose to 12 weeks + 3 days after it" in told
    assert "Clopper-Pearson, two-sided, 95 %." in told
    assert "Over the whole record. Every number" in of(signed_in(home, "ZHAO"), "/trials/T1/incidence?window=all")


@pytest.mark.parametrize("query", ["", "?window=all", "?by=grade&window=all", "?as_of=20&window=all"])
def test_every_number_of_the_page_opens_that_many(home: Home, query: str) -> None:
    browser = signed_in(home, "CHEN")
    page = browser.get(f"/trials/T1/incidence{query}")
    links = HEAD_LINK.findall(page.text)
    assert len(links) >= 20
    for address, number in links:
        told = of(browser, unescape(address))
        counted = re.search(r"(\d+) adverse events? in (\d+) subjects?\.", told)
        assert counted is not None
        assert number in counted.groups(), address
    assert Links(page.text).inline == []
    assert "Canaryterm" not in page.text


def test_who_may_not_count_gets_no_number_and_who_may_not_list_gets_no_link(home: Home) -> None:
    assert signed_in(home, "LIN").get("/trials/T1/incidence").status_code == 404
    assert signed_in(home, "LIN").get("/trials/T1/listing?arm=A").status_code == 404
    assert signed_in(home, "LIN").get("/trials/T1/listing").status_code == 200
    page = signed_in(home, "OPS").get("/trials/T1/incidence")
    assert page.status_code == 200
    assert HEAD_LINK.findall(page.text) == []
    assert "S1" not in page.text, "an operator sees numbers, not subjects"


def test_the_figures_hold_every_dose_and_event_and_say_what_they_leave_out(home: Home) -> None:
    page = signed_in(home, "ZHAO").get("/trials/T1/incidence")
    assert page.text.count('class="inf"') == 6
    assert len(re.findall(r'<rect class="g(?:[1-5]|none)"', page.text)) == 6
    assert page.text.count("saering") == 2
    told = words(page)
    assert "1 mark is not drawn: its date is not known to the day." in told
    assert "1 event is not drawn: its onset or the first dose is not known to the day." in told


@pytest.mark.parametrize("query", ["measure=all", "of=grade&scale=term", "measure=teae&scale=x"])
def test_a_number_that_there_is_not_is_said_to_be_none(home: Home, query: str) -> None:
    page = signed_in(home, "ZHAO").get(f"/trials/T1/listing?arm=A&{query}")
    assert page.status_code == 400
    assert "There is no such number" in words(page)


def test_a_trial_without_a_primary_window_counts_the_whole_record(homes: Homes) -> None:
    opened = homes.open()
    b.append(opened.journal, b.registered(b.definition(arms=("A",))))
    browser = signed_in(with_people(opened, ZHAO={"roles": ["auditor"]}), "ZHAO")
    told = of(browser, "/trials/T1/incidence?window=primary&by=nonsense&page=x")
    assert "No subject counts yet. Over the whole record." in told
    assert "Primary" not in told


def test_it_speaks_chinese(home: Home) -> None:
    page = signed_in(home, "ZHAO").get("/trials/T1/incidence", headers=CHINESE)
    assert "3 名受试者中无相关的严重不良事件（0/3）" in words(page)
