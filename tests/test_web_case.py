"""The case page: clocks with their reasons, both parties' judgements, what is new, and one's own site alone."""

import re

import pytest
from starlette.testclient import TestClient

from safety.aggregates.alert import Settled
from safety.home import Home
from tests.builders import (
    alert_raised,
    append,
    built,
    causality_assessed,
    composed,
    definition,
    dose_corrected,
    enrolled,
    failed,
    followed_up,
    obligation_opened,
    registered,
    reported,
)
from tests.builders import sent as taken
from tests.case_pages import CASE, NAME, SIGNS, with_a_clock
from tests.web_homes import PASSPHRASE, SUBJECT, Homes, sent, signed_in, token, with_people, words

SITES = [{"id": "01", "zone": "Asia/Shanghai"}, {"id": "02", "zone": "Asia/Shanghai"}]


@pytest.fixture
def home(homes: Homes) -> Home:
    return with_a_clock(homes)


@pytest.fixture
def chen(home: Home) -> TestClient:
    return signed_in(home, "CHEN")


def test_the_page_says_where_the_case_stands_and_why(home: Home, chen: TestClient) -> None:
    append(home.journal, composed(), taken(), failed("M-1", "smtp", "TIMEOUT"))
    append(home.journal, causality_assessed(SUBJECT, 1, "investigator", "UNLIKELY"))
    told = words(chen.get(CASE))
    for said in (
        f"{SUBJECT} · AE 1: Pyrexia",
        "No report is overdue; clocks that run: 1.",
        "5 Mar 2018 study day 5",
        "no. 1 4 days after",
        "12 days left",
        "Report to Authority, Ethics committee",
        "UNSURE: not confirmed",
        "serious: true, stated by the site (version 2)",
        "Limit: 15 calendar days none. Pack GOLD 1. Confidence: UNSURE. Basis: rule of the site.",
        "Causality Unlikely related",
        "Causality not stated",
        "Serious event reported , Safety officer",
        "Acknowledged by nobody yet.",
        "ONE, maildir: taken",
        "ONE, smtp: failed",
        "Infusion 1 given, 1 Mar 2018",
        "Causality in the view of the Investigator: Unlikely related",
        "Obligation GOLD-15/1 opened, to Authority, Ethics committee",
        "Alert to Safety officer: Serious event reported",
        "Message not taken by smtp: TIMEOUT",
    ):
        assert said in told, said
    assert "Pyrexia" not in chen.get(CASE).text.partition("<title>")[2].partition("</title>")[0]


def test_in_chinese(chen: TestClient) -> None:
    told = words(chen.get(CASE, headers={"accept-language": "zh-CN"}))
    for said in ("还剩 12 天", "没有逾期的报告", "第 1 次输注，2018-03-01", "研究者", "申办者", "不确定（UNSURE）"):
        assert said in told, said


def test_another_events_entries_are_not_this_ones(home: Home, chen: TestClient) -> None:
    append(home.journal, causality_assessed(SUBJECT, 2, "sponsor", "CERTAIN"))
    assert "CERTAIN" not in words(chen.get(CASE))
    assert "CERTAIN" in words(chen.get(CASE.replace("/1", "/2")))


def test_what_came_since_one_looked_is_marked_and_can_be_shown_alone(home: Home, chen: TestClient) -> None:
    assert "since you looked" not in words(chen.get(CASE))
    page = chen.get(CASE)
    form = {"csrf": token(page), "position": str(home.journal.head().position), "back": CASE}
    assert chen.post("/trials/T1/seen", data=form, follow_redirects=False).status_code == 303
    append(home.journal, dose_corrected(SUBJECT, 1, "EXTRT", treatment="AD-MSC"))
    append(home.journal, causality_assessed(SUBJECT, 1, "sponsor", "PROBABLE"))
    page = chen.get(CASE)
    assert "2 changes since you looked" in words(page)
    assert page.text.count('class="is-new"') == 2
    only = words(chen.get(f"{CASE}?only=new"))
    assert "Infusion 1 corrected" in only
    assert "Infusion 1 given" not in only


def test_new_values_stand_beside_the_old_and_new_clocks_are_marked(home: Home, chen: TestClient) -> None:
    append(home.journal, followed_up(SUBJECT, 1, outcome="RECOVERING/RESOLVING"))
    page = chen.get(CASE)
    form = {"csrf": token(page), "position": str(home.journal.head().position), "back": CASE}
    chen.post("/trials/T1/seen", data=form)
    assert ">New<" not in chen.get(CASE).text
    append(home.journal, followed_up(SUBJECT, 1, outcome="RECOVERED/RESOLVED", ended_on="2018-03-09"))
    append(home.journal, causality_assessed(SUBJECT, 1, "sponsor", "PROBABLE"))
    append(home.journal, obligation_opened(SUBJECT, 1, obligation="GOLD-7/1", due_at=None, due_on=None))
    told = words(chen.get(CASE))
    assert "Outcome New recovering recovered" in told
    assert "Ended New 9 Mar 2018" in told
    assert "Causality New Probably related" in told
    assert "New Report to Authority, Ethics committee GOLD-7/1" in told
    assert "New Report to Authority, Ethics committee GOLD-15/1" not in told


def test_in_the_past_it_stands_as_it_stood_and_nothing_can_be_done(home: Home, chen: TestClient) -> None:
    page = chen.get(f"{CASE}?as_of=8")
    assert page.status_code == 200
    assert "Obligation GOLD-15/1 opened" not in words(page)
    assert 'method="post" action="/trials' not in page.text
    for path in ("submit", "cancel", "acknowledgement", "rejection", "causality", "seriousness", "expectedness"):
        assert f"{CASE}/{path}" not in chen.get(f"{CASE}?as_of=9").text
        assert chen.get(f"{CASE}/{path}?obligation={NAME}&as_of=9").status_code == 409
    head = home.journal.head().position
    assert sent(chen, f"{CASE}/cancel?as_of=9", {"obligation": NAME, **SIGNS}).status_code == 409
    assert home.journal.head().position == head


@pytest.mark.parametrize(
    "path", [f"{SUBJECT}/9", f"{SUBJECT}/x", f"{SUBJECT}/9999999", "NOBODY/1", "%20/1", f"{SUBJECT}/-1"]
)
def test_what_is_not_there_answers_like_nothing_at_all(chen: TestClient, path: str) -> None:
    answer = chen.get(f"/trials/T1/cases/{path}")
    assert (answer.status_code, answer.text) == (404, chen.get("/nowhere").text)


def test_a_case_of_another_site_is_not_there_whatever_is_asked_of_it(home: Home) -> None:
    append(home.journal, registered(definition(sites=SITES), code="T2"))
    for site in ("01", "02"):
        append(home.journal, enrolled(f"S{site}", site=site, trial="T2"), reported(f"S{site}", 1, trial="T2"))
        append(home.journal, obligation_opened(f"S{site}", 1, STUDYID="T2", party="site", owed_by="investigator"))
    with_people(home, WANG={"roles": ["investigator"], "trials": ["T2"], "sites": ["01"]})
    browser = signed_in(home, "WANG")
    assert browser.get("/trials/T2/cases/S01/1").status_code == 200
    nowhere, head = browser.get("/nowhere").text, home.journal.head().position
    for path in ("", "/submit", "/acknowledgement", "/rejection", "/causality", "/seriousness"):
        answer = browser.get(f"/trials/T2/cases/S02/1{path}", params={"obligation": NAME})
        assert (answer.status_code, answer.text) == (404, nowhere), path
        if path:
            form = {"obligation": NAME, "account": "WANG", "passphrase": PASSPHRASE, "meaning": "assessment"}
            assert sent(browser, f"/trials/T2/cases/S02/1{path}", form).status_code == 404
    assert home.journal.head().position == head


def test_who_only_reads_is_offered_nothing_that_writes(home: Home) -> None:
    page = signed_in(home, "ZHAO").get(CASE)
    assert "Report to Authority" in words(page)
    assert 'method="post" action="/trials/T1/alerts' not in page.text
    assert set(re.findall(rf'href="{CASE}/(\w+)', page.text)) == {"narrative"}


def test_what_the_record_says_several_times_on_end_is_said_once_with_its_positions(
    home: Home, chen: TestClient
) -> None:
    clocks = ("T-7/1", "T-15/1", "T-15/2")
    for number, clock in enumerate(clocks, 1):
        concerning = (f"{SUBJECT}/1", clock.replace("/", ":"))
        append(home.journal, alert_raised(f"B-{number}", rule="OBLIGATION-OPENED", concerning=concerning))
    settled = append(home.journal, *(built(Settled, alert=f"B-{number}") for number in (1, 2, 3)))
    page = words(chen.get(CASE))
    positions = " ".join(f"#{position}" for position in settled)
    assert f"Alert settled: T-7/1, T-15/1, T-15/2 {positions} OPERATOR" in page
    assert page.count("Alert settled") == 1
    assert "Alert to Safety officer: Report owed × 3 #" in page
    alone = append(home.journal, alert_raised("B-4", concerning=(f"{SUBJECT}/1",)), built(Settled, alert="B-4"))
    assert f"Alert settled: Serious event reported #{alone[-1]}" in words(chen.get(CASE))
