"""Issued reports are opened in a sandbox as they stand in the log, and recorded as sent by a signature; operators read no text."""

import re
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from starlette.testclient import TestClient

from safety.aggregates.periodic_report import Issued, PeriodicReport
from safety.home import Home
from safety.journal import decode
from safety.journal.states import folded
from safety.regulation.periodic import RULES
from safety.reports.issuing import issue_all
from safety.web.access import AccessLog
from safety.web.issued_report import sandboxed
from safety.web.rules_in_words import PERIODIC
from tests.api_programs import program
from tests.builders import append, definition, enrolled, given, registered, reported
from tests.periodic_home import owing
from tests.web_homes import PASSPHRASE, SUBJECT, TERM, Homes, sent, signed_in, with_people

REPORT = "/trials/T1/reports/dsur/2025-12-31"
SIGNED = {"meaning": "responsibility", "account": "CHEN", "passphrase": PASSPHRASE}
SENT = {"to": "REGULATOR", "submitted_at": "2026-02-10T09:00", **SIGNED}


@pytest.fixture
def home(homes: Homes) -> Home:
    """A trial on record since 2025 whose first DSUR fell due, with a serious event in it."""
    homes.now = datetime(2025, 3, 1, 9, tzinfo=UTC)
    home = homes.open()
    governs = owing(definition(), dsur={"dibd": "2025-01-01"}, china_annual={"approved_on": "2025-06-01"})
    append(
        home.journal, registered(governs), enrolled(SUBJECT), given(SUBJECT), reported(SUBJECT, term=TERM, serious="Y")
    )
    homes.now = datetime(2026, 2, 20, 9, tzinfo=UTC)
    people = {
        "OPER": {"roles": ["operator"]},
        "CHEN": {"roles": ["safety_officer"], "trials": ["T1"]},
        "AUDIT": {"roles": ["auditor"]},
        "LIN": {"roles": ["investigator"], "trials": ["T1"]},
    }
    with_people(home, **people)
    assert issue_all(home.desk, home.views, homes.now) == 1
    return home


@pytest.fixture
def browser(home: Home) -> TestClient:
    return signed_in(home, "CHEN")


def issued(home: Home) -> Issued:
    (found,) = [decode(row).event for row in home.journal.rows() if row.topic == "periodic_report.issued.v1"]
    assert isinstance(found, Issued)
    return found


def report(home: Home) -> PeriodicReport:
    return folded(home.journal.stream("T1/report/DSUR/2025-12-31")).slice(PeriodicReport)


def test_the_list_says_what_is_due_and_what_waits(browser: TestClient) -> None:
    page = browser.get("/trials/T1/reports").text
    assert "1 is issued and waits to be submitted." in page
    assert "Development safety update report" in page
    assert "9 days 7 h left" in page or "9 days" in page
    assert "its period is not over" in page
    assert "Annual safety report, China" in page
    assert "1 to be submitted" in browser.get("/admin").text


def test_what_is_overdue_comes_first_and_no_page_says_that_all_is_done(homes: Homes, home: Home) -> None:
    homes.now = datetime(2026, 4, 1, 9, tzinfo=UTC)
    browser = signed_in(home, "CHEN")
    page = browser.get("/trials/T1/reports").text
    assert "1 report is overdue." in page
    assert "not issued yet" not in page
    assert "1 is issued and waits to be submitted." in page
    assert page.index("overdue by") < page.index("its period is not over")
    worklist = browser.get("/trials/T1/worklist").text
    assert "1 periodic report is overdue." in worklist
    assert 'href="/trials/T1/reports"' in worklist
    assert "1 periodic report overdue" in browser.get("/").text
    assert "periodic report" not in signed_in(home, "LIN").get("/trials/T1/worklist").text
    homes.now = datetime(2026, 12, 1, 9, tzinfo=UTC)
    browser = signed_in(home, "CHEN")
    sending = {**SENT, "submitted_at": "2026-06-10T09:00"}
    assert "2 reports are overdue. 1 of them is not issued yet" in re.sub(
        r"<[^>]+>", "", browser.get("/trials/T1/reports").text
    )
    assert sent(browser, f"{REPORT}/submit", sending).status_code == 303
    assert "2 reports are overdue." in browser.get("/trials/T1/reports").text, "one went to one of its two recipients"
    assert sent(browser, f"{REPORT}/submit", {**sending, "to": "ETHICS_COMMITTEE"}).status_code == 303
    page = browser.get("/trials/T1/reports").text
    assert "1 report is overdue." in page
    assert "Nothing waits to be submitted." not in page
    homes.now = datetime(2027, 1, 20, 9, tzinfo=UTC)
    said = re.findall(
        r'<span class="left">.*?</svg>(.*?)</span>', signed_in(home, "CHEN").get("/trials/T1/reports").text
    )
    assert [one.partition(" by")[0].partition(" days")[0] for one in said] == [
        "overdue",
        "40",
        *["its period is not over"] * 2,
        "sent late",
    ]


def test_a_stored_report_is_opened_in_a_sandbox_as_it_was_issued(home: Home, browser: TestClient) -> None:
    page = browser.get(f"{REPORT}/page")
    assert sha256(page.content).hexdigest() == issued(home).html_sha256
    policy = page.headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert "script-src" not in policy
    assert page.headers["x-content-type-options"] == "nosniff"
    text = browser.get(f"{REPORT}/text")
    assert sha256(text.content).hexdigest() == issued(home).text_sha256
    assert text.headers["content-disposition"] == 'attachment; filename="T1-dsur-2025-12-31.txt"'
    assert browser.get(f"{REPORT}/file").headers["content-disposition"].endswith('.html"')
    assert issued(home).html_sha256 in browser.get(REPORT).text
    read = [entry.thing for entry in AccessLog(home).entries(20) if entry.kind == "read_sealed"]
    assert f"{REPORT}/page" in read


def test_every_other_page_keeps_the_desks_own_policy(browser: TestClient) -> None:
    for path in (REPORT, "/trials/T1/reports", f"{REPORT}/text"):
        assert browser.get(path).headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")


def test_a_page_without_a_style_gets_none() -> None:
    assert "style-src 'none'" in sandboxed("<p>plain</p>").headers["content-security-policy"]


def test_an_operator_sees_what_is_due_and_no_text(home: Home) -> None:
    operator = signed_in(home, "OPER")
    page = operator.get(REPORT).text
    assert "Open the report" not in page
    assert TERM not in page
    for name in ("page", "text", "file"):
        assert operator.get(f"{REPORT}/{name}").status_code == 404
    assert sent(operator, f"{REPORT}/submit", SENT).status_code == 404
    assert signed_in(home, "LIN").get(REPORT).status_code == 404
    auditor = signed_in(home, "AUDIT")
    assert auditor.get(f"{REPORT}/page").status_code == 200
    assert "Record that it was sent" not in auditor.get(REPORT).text


def test_a_submission_is_signed_and_an_acknowledgement_follows(home: Home, browser: TestClient) -> None:
    assert sent(browser, f"{REPORT}/submit", SENT).status_code == 303
    assert set(report(home).submitted) == {"REGULATOR"}
    assert "sent in time" not in browser.get(REPORT).text, "the ethics committee has still to get it"
    operator = signed_in(home, "OPER")
    assert "1 to be submitted" in operator.get("/admin/trials").text
    assert sent(browser, f"{REPORT}/submit", {**SENT, "to": "ETHICS_COMMITTEE"}).status_code == 303
    assert "to be submitted" not in operator.get("/admin/trials").text
    page = re.sub(r"<[^>]+>", " ", browser.get(REPORT).text)
    assert "Sent to regulator, Tue 10 Feb 2026, 09:00" in page
    assert "Signed by Dr CHEN (CHEN, Safety officer)" in page
    assert "sent in time" in page
    said = {"by": "REGULATOR", "acknowledged_at": "2026-02-11T09:00"}
    assert sent(browser, f"{REPORT}/acknowledge", said).status_code == 303
    assert report(home).acknowledged == {"REGULATOR"}
    assert "Acknowledged by regulator" in browser.get(REPORT).text
    before = browser.get(f"{REPORT}?as_of={home.journal.head().position - 4}").text
    assert "It was not sent to anybody yet" in before
    assert "Record that it was sent" not in before


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"passphrase": "guess"}, "This does not prove that it is you"),
        ({"to": "NOBODY"}, "Choose one of these"),
        ({"submitted_at": "soon"}, "Write the date and time as"),
        ({"submitted_at": "2027-01-01T00:00"}, "lies ahead"),
    ],
)
def test_a_submission_that_cannot_be_is_refused(
    home: Home, browser: TestClient, wrong: dict[str, str], says: str
) -> None:
    answer = sent(browser, f"{REPORT}/submit", {**SENT, **wrong})
    assert (answer.status_code, says in answer.text) == (422, True)
    assert report(home).submitted == {}


def test_what_was_not_issued_is_not_there(browser: TestClient) -> None:
    for path in ("dsur/2024-12-31", "dsur/2026-12-31/page", "DSUR/2025-12-31", "nonsense/x"):
        assert browser.get(f"/trials/T1/reports/{path}").status_code == 404
    assert browser.get(f"{REPORT}/page?as_of=3").status_code == 404


def test_a_trial_that_states_no_dates_says_what_to_do(homes: Homes) -> None:
    home = homes.open()
    append(home.journal, registered())
    with_people(home, CHEN={"roles": ["safety_officer"]})
    assert "its [periodic] table says" in signed_in(home, "CHEN").get("/trials/T1/reports").text


def test_a_program_reads_what_is_due_and_each_report_as_it_was_issued(home: Home, browser: TestClient) -> None:
    asked, at = program(home, "CHEN"), "/api/v1/trials/T1/periodic-reports"
    due = {(row["kind"], row["period"]): row["state"] for row in asked.get(f"{at}-due").json()["reports"]}
    assert due["dsur", "2025-12-31"] == "issued"
    assert "ahead" in due.values()
    sent(browser, f"{REPORT}/submit", SENT, page=REPORT)
    one = asked.get(f"{at}/dsur/2025-12-31").json()
    assert (one["due"]["state"], one["report"]["kind"]) == ("submitted", "dsur")
    assert [(came["to"], came["signature"]["account"]) for came in one["became"]] == [("REGULATOR", "CHEN")]
    said, stored = asked.get(f"{at}/dsur/2025-12-31/text").json(), issued(home)
    assert (said["html"], said["text"], said["rendered_from"]) == (stored.html, stored.text, stored.position)
    for path in ("dsur/2031-12-31", "dsur/2031-12-31/text", "china_annual/2026-05-31/text", "nothing/x"):
        assert asked.get(f"{at}/{path}").status_code == 404, path
    assert program(home, "OPER").get(f"{at}/dsur/2025-12-31").status_code == 200
    assert program(home, "OPER").get(f"{at}/dsur/2025-12-31/text").status_code == 404


def test_what_a_rule_says_of_its_limit_is_said_in_the_readers_language(home: Home, browser: TestClient) -> None:
    assert {text for rule in RULES.values() for text in (rule.limit, rule.note)} == PERIODIC
    page = browser.get(REPORT, headers={"accept-language": "zh-CN"}).text
    assert "数据锁定点后 60 个日历日内" in page
    assert "data lock point" not in page
    position = issued(home).position
    assert f'href="/trials/T1/cases?as_of={position}"' in page, "what the report was made from is one step away"
