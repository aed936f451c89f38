"""The worklist: what runs out next in words, of one's own site alone, as of a moment; and alerts acknowledged from it."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from httpx2 import Response

from safety.home import Home
from tests.builders import (
    alert_raised,
    append,
    definition,
    enrolled,
    obligation_opened,
    pack_adopted,
    registered,
    reported,
)
from tests.web_homes import START, SUBJECT, TERM, Homes, sent, signed_in, with_a_trial, with_people

SITES = [{"id": "01", "zone": "Asia/Shanghai"}, {"id": "02", "zone": "Asia/Shanghai"}]
CHINESE = {"accept-language": "zh-CN"}
DUE = {"starts_at": START - timedelta(days=1), "due_on": None}


@pytest.fixture
def homes(tmp_path: Path) -> Iterator[Homes]:
    opened = Homes(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def home(homes: Homes) -> Home:
    """A trial with an alert; three clocks at positions 9 to 11: overdue, within 48 hours, later; and one without a number."""
    home = with_a_trial(homes.open())
    soon, later = START + timedelta(hours=14, minutes=26), START + timedelta(days=14)
    append(
        home.journal,
        obligation_opened(
            SUBJECT,
            1,
            obligation="LATE/1",
            due_at=START - timedelta(days=1, hours=2),
            starts_at=START - timedelta(days=9),
        ),
        obligation_opened(SUBJECT, 1, obligation="SOON/1", **DUE, due_at=soon),
        obligation_opened(SUBJECT, 2, obligation="LATER/1", **DUE, due_at=later),
        obligation_opened(SUBJECT, 2, obligation="NOW/1", **DUE, due_at=None, limit=None, unit="immediately"),
    )
    return with_people(
        home, LIN={"roles": ["investigator"]}, CHEN={"roles": ["safety_officer"]}, ZHAO={"roles": ["auditor"]}
    )


def words(page: Response) -> str:
    """The text of a page, with its tags and breaks taken for spaces."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


def test_clocks_stand_in_the_order_in_which_they_run_out_and_say_so_in_words(home: Home) -> None:
    page = signed_in(home, "CHEN").get("/trials/T1/worklist")
    told = words(page)
    assert "2 overdue or due now, 1 due within 48 hours, 1 later." in told
    assert re.findall(r'<span class="rule">(\w+/1)', page.text) == ["NOW/1", "LATE/1", "SOON/1", "LATER/1"]
    for said in ("Due now", "Overdue by 1 day 2 h", "14 h 26 min left", "14 days left", "at once, without a number"):
        assert said in told
    assert "Report to Authority, Ethics committee" in told
    assert TERM not in page.text.partition("<title>")[2].partition("</title>")[0]
    assert f"{SUBJECT} · AE 1" in told
    assert "UNSURE" in told
    assert "Serious: yes." in told


def test_in_chinese(home: Home) -> None:
    told = words(signed_in(home, "CHEN").get("/trials/T1/worklist", headers=CHINESE))
    for said in ("已逾期 1 天 2 小时", "还剩 14 小时 26 分钟", "应立即报告", "尚无人确认的警报", "申办者"):
        assert said in told


def test_an_alert_is_acknowledged_from_the_list_in_ones_own_name(home: Home) -> None:
    browser = signed_in(home, "CHEN")
    assert "1 alert waits for somebody to acknowledge it." in words(browser.get("/trials/T1/worklist"))
    answer = sent(browser, "/trials/T1/alerts/A-1/acknowledge")
    assert (answer.status_code, answer.headers["location"]) == (303, "/trials/T1/worklist")
    told = words(browser.get("/trials/T1/worklist"))
    assert "0 alerts wait for somebody" in told
    assert "Serious event reported" not in told
    again = sent(browser, "/trials/T1/alerts/A-1/acknowledge")
    assert again.status_code == 404, "nobody is asked for it any longer"


def test_one_is_sent_back_to_a_page_of_the_trial_and_nowhere_else(home: Home) -> None:
    browser = signed_in(home, "CHEN")
    answer = sent(browser, "/trials/T1/alerts/A-1/acknowledge", {"back": "https://example.org/"})
    assert answer.headers["location"] == "/trials/T1/worklist"


def test_of_another_site_nothing_is_seen_counted_or_acknowledged(home: Home) -> None:
    append(home.journal, registered(definition(sites=SITES), code="T2"))
    for site in ("01", "02"):
        about = {"trial": "T2"}
        append(home.journal, enrolled(f"S{site}", site=site, **about), reported(f"S{site}", 1, **about))
        append(home.journal, obligation_opened(f"S{site}", 1, STUDYID="T2", obligation=f"OF-{site}/1"))
        append(home.journal, alert_raised(f"A-{site}", trial="T2", concerning=(f"S{site}/1",)))
    append(home.journal, alert_raised("A-BOTH", trial="T2", concerning=("S01/1", "S02/1")))
    with_people(home, WANG={"roles": ["investigator"], "trials": ["T2"], "sites": ["01"]})
    browser = signed_in(home, "WANG")
    page = browser.get("/trials/T2/worklist")
    assert "S01" in page.text
    assert "S02" not in page.text
    assert "OF-02" not in page.text
    assert "1 overdue or due now, 0 due" in words(page)
    assert "2 alerts wait for somebody" in words(page)
    nowhere = sent(browser, "/trials/T2/alerts/A-99/acknowledge")
    theirs = sent(browser, "/trials/T2/alerts/A-02/acknowledge")
    assert (theirs.status_code, theirs.text.replace("A-02", "")) == (404, nowhere.text.replace("A-99", ""))
    assert "S02" in signed_in(home, "CHEN").get("/trials/T2/worklist").text


def test_in_the_past_clocks_stand_as_they_stood_and_nothing_can_be_done(home: Home) -> None:
    page = signed_in(home, "CHEN").get("/trials/T1/worklist?as_of=9")
    assert "LATE/1" in page.text
    assert "SOON/1" not in page.text
    assert 'method="post" action="/trials' not in page.text
    assert "/submit" not in page.text
    assert sent(signed_in(home, "CHEN"), "/trials/T1/alerts/A-1/acknowledge?as_of=9").status_code == 409


def test_who_only_reads_is_offered_nothing_that_writes(home: Home) -> None:
    page = signed_in(home, "ZHAO").get("/trials/T1/worklist")
    assert "LATE/1" in page.text
    assert "Acknowledge" not in words(page)
    assert "/submit" not in page.text


def test_an_empty_list_says_why_it_is_empty(homes: Homes) -> None:
    home = with_people(homes.open(), CHEN={"roles": ["safety_officer"]})
    append(home.journal, registered(), enrolled("S1"))
    browser = signed_in(home, "CHEN")
    assert "No rule pack governs this trial" in words(browser.get("/trials/T1/worklist"))
    append(home.journal, pack_adopted())
    assert "no event on record has made a report due so far" in words(browser.get("/trials/T1/worklist"))
    append(home.journal, reported("S1", 1), obligation_opened())
    assert "No clock runs" not in words(browser.get("/trials/T1/worklist"))


@pytest.mark.parametrize("page", ["0", "-1", "x", "９", "2", "99999999999999999999"])
def test_a_page_that_is_none_shows_the_first(home: Home, page: str) -> None:
    assert "LATE/1" in signed_in(home, "CHEN").get("/trials/T1/worklist", params={"page": page}).text
