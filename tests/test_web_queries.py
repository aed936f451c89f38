"""The page of open queries: every rule has its words and what to do, and a site sees its own alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from safety.home import Home
from safety.projections.open_queries import RULES
from safety.web.pages.queries import SAID
from tests.builders import append, corrected, definition, enrolled, given, registered, reported
from tests.test_web_pages import CHINESE, words
from tests.web_homes import Homes, signed_in, with_people


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    homes = Homes(tmp_path)
    opened = homes.open()
    two = definition(sites=[{"id": "01", "zone": "Asia/Shanghai"}, {"id": "02", "zone": "Asia/Shanghai"}])
    append(opened.journal, registered(two), enrolled("S1"), given("S1"), enrolled("S2"), enrolled("THEIRS", site="02"))
    append(
        opened.journal, reported("S1", 1, ended_on="2018-03-01"), reported("S1", 2, term="Chills", hospitalisation="Y")
    )
    append(opened.journal, reported("THEIRS", 1, outcome="FATAL"))
    yield with_people(
        opened,
        LIN={"roles": ["investigator"], "trials": ["T1"], "sites": ["01"]},
        CHEN={"roles": ["safety_officer"]},
        OPS={"roles": ["operator"]},
    )
    homes.close()


def test_each_query_says_what_is_wrong_where_and_what_to_do(home: Home) -> None:
    told = words(signed_in(home, "LIN").get("/trials/T1/queries"))
    assert "2 open queries" in told
    assert "S1 · AE 1 The event ends before it begins AEENDTC 2018-03-01 lies before AESTDTC 2018-03-05." in told
    assert "Compare both dates with the source and correct the wrong one. Answer AESTDTC, AEENDTC" in told
    assert "If the criterion holds, correct the event to serious" in told


def test_a_site_neither_sees_nor_counts_another_sites_queries(home: Home) -> None:
    assert "THEIRS" not in signed_in(home, "LIN").get("/trials/T1/queries").text
    whole = words(signed_in(home, "CHEN").get("/trials/T1/queries"))
    assert "3 open queries" in whole
    assert "THEIRS · AE 1 The event was fatal, but no death of the subject is recorded" in whole
    assert signed_in(home, "OPS").get("/trials/T1/queries").status_code == 404


def test_a_query_closes_when_the_record_is_put_right_and_is_still_there_in_the_past(home: Home) -> None:
    before = home.journal.head()[0]
    append(home.journal, corrected("S1", 1, "AEENDTC"), corrected("S1", 2, "AESHOSP"))
    browser = signed_in(home, "LIN")
    assert "No open query" in words(browser.get("/trials/T1/queries"))
    assert "2 open queries" in words(browser.get(f"/trials/T1/queries?as_of={before}"))


def test_every_rule_has_its_words_and_they_are_said_in_chinese(home: Home) -> None:
    assert {rule.name for rule in RULES} == set(SAID)
    told = words(signed_in(home, "LIN").get("/trials/T1/queries", headers=CHINESE))
    assert "2 条未关闭的质疑。" in told
    assert "事件的结束早于开始" in told
