"""The worklist: what runs out next in words, of one's own site alone, as of a moment; and alerts acknowledged from it."""

import re
from datetime import timedelta

import pytest
from httpx2 import Response

from safety.home import Home
from tests.builders import (
    alert_raised,
    append,
    causality_assessed,
    corrected,
    definition,
    enrolled,
    expectedness_assessed,
    obligation_opened,
    pack_adopted,
    registered,
    reported,
    seriousness_assessed,
)
from tests.web_homes import START, SUBJECT, TERM, Homes, sent, signed_in, with_a_trial, with_people, words

SITES = [{"id": "01", "zone": "Asia/Shanghai"}, {"id": "02", "zone": "Asia/Shanghai"}]
CHINESE = {"accept-language": "zh-CN"}
DUE = {"starts_at": START - timedelta(days=1), "due_on": None}


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


def test_clocks_stand_in_the_order_in_which_they_run_out_and_say_so_in_words(home: Home) -> None:
    page = signed_in(home, "CHEN").get("/trials/T1/worklist")
    told = words(page)
    assert "2 overdue or due now, 1 due within 48 hours, 1 later." in told
    for due, count in (("late", 2), ("soon", 1), ("later", 1)):
        assert f'<a href="/trials/T1/worklist?due={due}">{count}</a>' in page.text, (
            "what a number counts is one step away"
        )
    assert f'name="back" value="/trials/T1/worklist#row-{SUBJECT}-1-SOON/1"' in page.text, "one comes back to the row"
    trials = signed_in(home, "CHEN").get("/").text
    for way in ("worklist?due=late", "subjects", "cases"):
        assert f'href="/trials/T1/{way}"' in trials
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


# Narrowed


def rows(page: Response) -> list[str]:
    """The obligations that a page lists, in order."""
    table = page.text.partition("<tbody>")[2]
    return re.findall(r'<span class="rule">([A-Z]+/1)</span>', table)


@pytest.fixture
def judged(home: Home) -> Home:
    """The first event is serious, unexpected and related; of the second the investigator says that it is neither."""
    append(home.journal, expectedness_assessed(SUBJECT, 1, "N"), causality_assessed(SUBJECT, 1, "sponsor", "PROBABLE"))
    append(home.journal, seriousness_assessed(SUBJECT, 2, serious="N"), expectedness_assessed(SUBJECT, 2, "Y"))
    append(home.journal, causality_assessed(SUBJECT, 2, "investigator", "NONE"))
    return home


@pytest.mark.parametrize(
    ("query", "listed"),
    [
        ("", ["NOW/1", "LATE/1", "SOON/1", "LATER/1"]),
        ("serious=1", ["LATE/1", "SOON/1"]),
        ("unexpected=1", ["LATE/1", "SOON/1"]),
        ("related=1", ["LATE/1", "SOON/1"]),
        ("due=late", ["NOW/1", "LATE/1"]),
        ("due=soon", ["SOON/1"]),
        ("due=later", ["LATER/1"]),
        ("due=later&serious=1", []),
        ("owner=sponsor", ["NOW/1", "LATE/1", "SOON/1", "LATER/1"]),
        ("owner=investigator", []),
        ("owner=nonsense&due=nonsense&site=nonsense", ["NOW/1", "LATE/1", "SOON/1", "LATER/1"]),
    ],
)
def test_the_list_is_narrowed_by_what_the_address_says(judged: Home, query: str, listed: list[str]) -> None:
    page = signed_in(judged, "CHEN").get(f"/trials/T1/worklist?{query}")
    assert rows(page) == listed
    if len(listed) < 4:
        assert f"{len(listed)} of 4 clocks that run are shown." in words(page)


@pytest.mark.parametrize("letter", ["serious", "unexpected", "related"])
def test_what_is_not_stated_is_kept_because_it_counts_as_so(home: Home, letter: str) -> None:
    append(home.journal, corrected(SUBJECT, 2, "AESER"))
    page = signed_in(home, "CHEN").get(f"/trials/T1/worklist?{letter}=1")
    assert set(rows(page)) == {"NOW/1", "LATE/1", "SOON/1", "LATER/1"}


def test_the_letters_of_a_row_and_what_keeps_it_are_the_same_reading(judged: Home) -> None:
    """Whatever the parties say, a row that is kept shows the letter as yes or not stated, and no row so shown is left out."""
    steps = [
        seriousness_assessed(SUBJECT, 2, "sponsor", serious="Y"),
        causality_assessed(SUBJECT, 2, "sponsor", "REMOTE"),
        corrected(SUBJECT, 1, "AESER"),
        causality_assessed(SUBJECT, 1, "sponsor", "NONE"),
        seriousness_assessed(SUBJECT, 1, "sponsor", serious="N"),
    ]
    chen = signed_in(judged, "CHEN")
    for step in steps:
        append(judged.journal, step)
        whole = chen.get("/trials/T1/worklist").text.partition("<tbody>")[2]
        for letter, word in (("serious", "Serious"), ("unexpected", "Unexpected"), ("related", "Related")):
            shown = {
                name
                for row in whole.split("<tr")
                for name in re.findall(r'<span class="rule">([A-Z]+/1)</span>', row)
                if f"{word}: no." not in row
            }
            assert set(rows(chen.get(f"/trials/T1/worklist?{letter}=1"))) == shown, (letter, step)


def test_what_changed_since_one_looked_is_marked_and_can_be_shown_alone(home: Home) -> None:
    chen = signed_in(home, "CHEN")
    page = chen.get("/trials/T1/worklist")
    assert "since you looked" not in words(page)
    data = {"position": str(home.journal.head().position), "back": "/trials/T1/worklist"}
    assert sent(chen, "/trials/T1/seen", data).status_code == 303
    assert "since you looked" not in words(chen.get("/trials/T1/worklist"))
    append(home.journal, obligation_opened(SUBJECT, 1, obligation="FRESH/1", **DUE, due_at=START + timedelta(days=9)))
    append(home.journal, corrected(SUBJECT, 2, "AETOXGR", grade="4"))
    page = chen.get("/trials/T1/worklist")
    assert "3 changes since you looked" in words(page)
    assert page.text.count('class="newmark">New<') == 3
    assert rows(chen.get("/trials/T1/worklist?only=new")) == ["NOW/1", "FRESH/1", "LATER/1"]


def test_a_report_is_offered_to_the_party_that_owes_it_alone(home: Home) -> None:
    append(
        home.journal, obligation_opened(SUBJECT, 1, obligation="THEIRS/1", **DUE, party="site", owed_by="investigator")
    )
    offered = re.findall(r"/submit\?obligation=(\w+)%2F1", signed_in(home, "CHEN").get("/trials/T1/worklist").text)
    theirs = re.findall(r"/submit\?obligation=(\w+)%2F1", signed_in(home, "LIN").get("/trials/T1/worklist").text)
    assert "THEIRS" in theirs
    assert not set(offered) & set(theirs)
