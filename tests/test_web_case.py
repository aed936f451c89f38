"""The case page and what is done there: clocks with their reasons, both parties' judgements, signatures, one's own site alone."""

import re
from datetime import timedelta
from typing import Any

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from safety.aggregates.alert import Settled
from safety.home import Home
from safety.journal import decode
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
from tests.web_homes import PASSPHRASE, START, SUBJECT, Homes, sent, signed_in, token, with_a_trial, with_people

SITES = [{"id": "01", "zone": "Asia/Shanghai"}, {"id": "02", "zone": "Asia/Shanghai"}]
CASE = f"/trials/T1/cases/{SUBJECT}/1"
NAME = "GOLD-15/1"
SIGNS = {"account": "CHEN", "passphrase": PASSPHRASE}


@pytest.fixture
def home(homes: Homes) -> Home:
    """A serious event with an alert and a clock that runs out in 12 days."""
    home = with_a_trial(homes.open())
    clock = {"starts_at": START - timedelta(days=3), "due_at": START + timedelta(days=12), "due_on": None}
    append(home.journal, obligation_opened(SUBJECT, 1, **clock))
    roles = {"LIN": "investigator", "CHEN": "safety_officer", "ZHAO": "auditor"}
    return with_people(home, **{name: {"roles": [role]} for name, role in roles.items()})


@pytest.fixture
def chen(home: Home) -> TestClient:
    return signed_in(home, "CHEN")


def words(page: Response) -> str:
    """The text of a page, with its tags and breaks taken for spaces."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


def last_event(home: Home) -> tuple[str, dict[str, object], dict[str, object] | None]:
    """The newest signed or unsigned entry about a subject: its topic, what it says, its signature."""
    recorded = decode(home.journal.stream(f"T1/subject/{SUBJECT}")[-1])
    return recorded.topic, dict(recorded.event.__dict__), recorded.about().signature


def acts(browser: TestClient, path: str, **said: str | list[str]) -> Response:
    """Open a form and send it, as a person does."""
    page = browser.get(f"{CASE}/{path}", params={"obligation": NAME})
    assert page.status_code == 200, page.text
    act = page.text.partition('name="act" value="')[2].partition('"')[0]
    data = {"csrf": token(page), "act": act, "obligation": NAME, **said}
    return browser.post(f"{CASE}/{path}", data=data, follow_redirects=False)


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


# What is done


def test_a_report_is_recorded_as_sent_then_acknowledged_and_each_signature_is_shown(
    home: Home, chen: TestClient
) -> None:
    sending: dict[str, Any] = {
        "sent_at": "2026-03-01T16:30",
        "to": ["Authority"],
        "reference": "R-1",
        "meaning": "responsibility",
    }
    answer = acts(chen, "submit", **sending, **SIGNS)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{CASE}#duty-{NAME}")
    topic, said, signed = last_event(home)
    assert (topic, said["to"], said["reference"]) == ("obligation.submitted.v1", ("Authority",), "R-1")
    assert str(said["sent_at"]) == "2026-03-01 08:30:00+00:00", "what was typed is of the trial's zone"
    assert signed is not None
    assert signed["meaning"] == "responsibility"
    told = words(chen.get(CASE))
    assert "Sent to Authority. Reference R-1." in told
    assert "Signed by Dr CHEN (CHEN, Safety officer)" in told
    answered = acts(chen, "acknowledgement", recipient="Authority", acknowledged_at="2026-03-01T16:45")
    assert answered.status_code == 303
    assert "Acknowledged by Authority." in words(chen.get(CASE))
    assert (
        acts(chen, "rejection", recipient="Authority", rejected_at="2026-03-01T16:50", why="Page 2").status_code == 303
    )
    assert "Authority rejected the report" in words(chen.get(CASE))


def test_a_clock_is_struck_through_with_a_reason_and_by_name_and_stays(home: Home, chen: TestClient) -> None:
    answer = acts(chen, "cancel", reason="not_applicable", explanation="secret words", meaning="approval", **SIGNS)
    assert answer.status_code == 303
    topic, said, signed = last_event(home)
    assert (topic, said["reason"], said["printed_name"]) == ("obligation.cancelled.v1", "not_applicable", "Dr CHEN")
    assert signed is not None
    told = words(chen.get(CASE))
    assert "Struck through by CHEN, because it does not apply here." in told
    assert "No report is owed any longer." in told
    assert "was due Fri 13 Mar 2026, 17:00" in told
    assert "Meaning: Approval." in told
    assert "secret words" in told
    with_people(home, OPS={"roles": ["operator"]})
    assert "secret words" not in signed_in(home, "OPS").get(CASE).text, "what is told in free text is not an operator's"


@pytest.mark.parametrize(
    ("path", "said", "told"),
    [
        ("cancel", {"reason": "because", "meaning": "approval", **SIGNS}, "Choose one of these."),
        ("cancel", {"meaning": "approval", **SIGNS}, "Choose one of these."),
        ("cancel", {"reason": "duplicate", "meaning": "approval", "account": "CHEN"}, "does not prove that it is you"),
        ("cancel", {"reason": "duplicate", "meaning": "authorship", **SIGNS}, "Say what your signature means."),
        ("submit", {"sent_at": "yesterday", "meaning": "approval", **SIGNS}, "Write the date and time as"),
        ("submit", {"sent_at": "2026-03-09T10:00", "meaning": "approval", **SIGNS}, "lies in the future"),
        ("submit", {"sent_at": "2026-03-01T16:30", "to": ["EMA"], "meaning": "approval", **SIGNS}, "name one of these"),
        ("submit", {"sent_at": "2026-03-01T16:30", "reference": "x" * 300, "meaning": "approval", **SIGNS}, "too long"),
        ("acknowledgement", {"recipient": "Authority", "acknowledged_at": "2026-03-01T16:30"}, "Choose one of these."),
        ("causality", {"causality": "SURELY", "meaning": "assessment", **SIGNS}, "Choose one of these."),
        ("causality", {"causality": "PROBABLE", "meaning": "assessment", "account": "CHEN"}, "does not prove"),
        ("expectedness", {"expected": "Y", "against": "9", "meaning": "assessment", **SIGNS}, "Choose one of these."),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_is_stored(
    home: Home, chen: TestClient, path: str, said: dict[str, str], told: str
) -> None:
    head = home.journal.head().position
    answer = acts(chen, path, **said)
    assert answer.status_code == 422
    assert told in words(answer)
    assert home.journal.head().position == head
    assert "x" * 300 not in words(answer).partition("To whom")[0], "an error does not echo what was typed"


def test_each_party_judges_for_itself_and_its_signature_stands_beside_its_view(home: Home, chen: TestClient) -> None:
    assert acts(chen, "causality", causality="PROBABLE", meaning="assessment", why="Timing", **SIGNS).status_code == 303
    topic, said, signed = last_event(home)
    assert (topic, said["assessor"], said["causality"]) == (
        "adverse_event.causality_assessed.v1",
        "sponsor",
        "PROBABLE",
    )
    assert signed is not None
    lin = signed_in(home, "LIN")
    answer = acts(lin, "seriousness", serious="N", meaning="assessment", account="LIN", passphrase=PASSPHRASE)
    assert answer.status_code == 303
    page = chen.get(CASE)
    told = words(page)
    investigator, _, sponsor = told.partition("neither replaces the other")[2].partition("Sponsor")
    assert "Causality Probably related" in sponsor
    assert "Signed by Dr CHEN" in sponsor
    assert "Signed by Dr LIN (LIN, Investigator)" in investigator
    assert "Serious in the view of the Investigator: no" in told
    assert "Timing" in told


def test_seriousness_by_criteria_and_expectedness_by_the_sponsor_alone(home: Home, chen: TestClient) -> None:
    said: dict[str, Any] = {"serious": "Y", "criteria": ["hospitalisation", "nonsense"], "meaning": "assessment"}
    assert acts(chen, "seriousness", **said, **SIGNS).status_code == 303
    topic, event, _ = last_event(home)
    assert (topic, event["hospitalisation"], event["disability"]) == (
        "adverse_event.seriousness_assessed.v1",
        "Y",
        None,
    )
    passphrase = {"passphrase": PASSPHRASE, "meaning": "review"}
    assert acts(chen, "expectedness", expected="N", against="", **passphrase).status_code == 303
    assert "Unexpected: yes" in words(chen.get(CASE))
    assert signed_in(home, "LIN").get(f"{CASE}/expectedness").status_code == 404


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


def test_an_alert_is_acknowledged_from_the_case(home: Home, chen: TestClient) -> None:
    page = chen.get(CASE)
    act = page.text.partition("/alerts/A-1/acknowledge")[2].partition('name="act" value="')[2].partition('"')[0]
    data = {"csrf": token(page), "act": act, "back": CASE}
    answer = chen.post("/trials/T1/alerts/A-1/acknowledge", data=data, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, CASE)
    assert "Acknowledged by CHEN" in words(chen.get(CASE))


def test_an_obligation_is_taken_in_hand_and_taken_over_with_a_reason(home: Home, chen: TestClient) -> None:
    with_people(home, WU={"roles": ["deputy_safety_officer"]})
    worklist = "/trials/T1/worklist"
    assert "nobody has it" in words(chen.get(worklist))
    assert 'data-key="t"' in chen.get(CASE).text
    answer = acts(chen, "take", back=worklist)
    assert (answer.status_code, answer.headers["location"]) == (303, worklist)
    topic, said, _ = last_event(home)
    assert (topic, said["taken_by"]) == ("obligation.taken.v1", "CHEN")
    assert "taken by CHEN" in words(chen.get(worklist))
    assert "taken by CHEN" in words(chen.get(CASE))
    assert f"Obligation {NAME} taken by CHEN" in words(chen.get(CASE))
    assert 'data-key="t"' not in chen.get(CASE).text, "who has it is not asked to take it"
    assert NAME in words(chen.get(f"{worklist}?hand=mine"))
    assert "0 of 1 clocks that run are shown." in words(chen.get(f"{worklist}?hand=nobody"))
    other = signed_in(home, "WU")
    assert "0 of 1 clocks that run are shown." in words(other.get(f"{worklist}?hand=mine"))
    assert "CHEN has it. To take it over, say why" in words(other.get(f"{CASE}/take", params={"obligation": NAME}))
    refused = acts(other, "take")
    assert refused.status_code == 422
    assert "in the hands of CHEN" in words(refused)
    assert acts(other, "take", reason="CHEN is on leave").status_code == 303
    told = words(chen.get(CASE))
    assert "taken by WU" in told
    assert "CHEN is on leave" in told
    assert signed_in(home, "LIN").get(f"{CASE}/take", params={"obligation": NAME}).status_code == 404
