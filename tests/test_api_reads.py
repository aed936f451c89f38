"""The API's readings: the pages' views at any moment, of one's own sites alone, a page at a time, and free text where it is granted."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from safety.home import Home
from safety.web.door import door
from tests.api_programs import SAID, program
from tests.builders import alert_raised, append, definition, enrolled, followed_up, given, registered, reported
from tests.web_homes import Homes, client, signed_in, with_people

SITES = [{"id": "01", "zone": "Asia/Shanghai"}, {"id": "02", "zone": "Asia/Shanghai"}]
TERM = "Canaryterm"
PEOPLE: dict[str, dict[str, object]] = {
    "LIN": {"roles": ["investigator"], "trials": ["T1"], "sites": ["01"]},
    "CHEN": {"roles": ["safety_officer"], "trials": ["T1"]},
    "ZHAO": {"roles": ["auditor"], "trials": ["T1"]},
    "OPS": {"roles": ["operator"], "trials": ["T1"]},
}
OF_A_TRIAL = ("worklist", "obligations", "alerts", "subjects", "cases", "listing", "queries", "history")
"""What is read of a trial by who is of a site of it."""


@pytest.fixture
def home(homes: Homes) -> Home:
    """Two trials; in T1 the subjects A1 of site 01 and B1 of site 02, each with a dose, two adverse events and an alert."""
    opened = homes.open()
    append(opened.journal, registered(definition(sites=SITES)), registered(definition(sites=SITES), code="T2"))
    for number, (subject, site) in enumerate((("A1", "01"), ("B1", "02")), 1):
        append(opened.journal, enrolled(subject, site=site), given(subject))
        append(opened.journal, reported(subject, 1, term=TERM, serious="Y"), reported(subject, 2, term=TERM))
        append(opened.journal, alert_raised(f"A-{number}", concerning=(f"{subject}/1",)))
    append(
        opened.journal, alert_raised("A-3", concerning=("A1/1", "B1/1")), alert_raised("A-4", concerning=("the-log",))
    )
    append(opened.journal, followed_up("A1", 1, outcome="FATAL"))
    return with_people(opened, **PEOPLE)


def read(asked: TestClient, path: str, **query: object) -> Any:  # noqa: ANN401, a JSON document
    answer = asked.get(f"/api/v1/trials/{path}", params={name: str(value) for name, value in query.items()})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_who_is_of_a_site_meets_no_trace_of_another_in_any_answer(home: Home) -> None:
    asked = program(home, "LIN")
    for path in (*OF_A_TRIAL, "subjects/A1", "cases/A1/1", "changes/A1"):
        text = asked.get(f"/api/v1/trials/T1/{path}").text
        assert "A1" in text or path in {"obligations", "queries"}, path
        assert "B1" not in text, path
        assert "the-log" not in text, path
    assert read(asked, "T1/subjects")["subjects"] == 1
    assert read(asked, "T1/cases")["cases"] == 2
    assert [alert["concerning"] for alert in read(asked, "T1/alerts")["rows"]] == [["A1/1"], ["A1/1"]]
    assert [alert["id"] for alert in read(asked, "T1/worklist")["alerts"]] == ["A-1", "A-3"]
    whole = asked.get("/api/v1/trials").json()["trials"]
    assert [(trial["trial"], trial["subjects"], trial["alerts_owed"]) for trial in whole] == [("T1", None, None)]
    assert [whole[0][name] for name in ("alerts_unanswered", "clocks_overdue", "reports_overdue")] == [None] * 3


def test_who_is_of_the_trial_reads_all_of_it(home: Home) -> None:
    asked = program(home, "CHEN")
    assert read(asked, "T1/subjects")["subjects"] == 2
    assert read(asked, "T1/cases")["cases"] == 4
    assert read(asked, "T1/alerts")["count"] == 4
    assert read(asked, "T1/incidence")["groups"][0]["measures"]["teae"]["subjects"] == 2
    whole = asked.get("/api/v1/trials").json()["trials"]
    assert [(trial["trial"], trial["adverse_events"], trial["alerts_owed"]) for trial in whole] == [("T1", 4, 4)]
    assert [whole[0][name] for name in ("alerts_unanswered", "reports_overdue")] == [4, 0]


@pytest.mark.parametrize(
    "path",
    [
        "T1/subjects/B1", "T1/subjects/NOBODY", "T1/subjects/%20", "T1/cases/B1/1", "T1/cases/A1/9", "T1/cases/A1/x",
        "T1/changes/B1", "T1/changes/NOBODY", "T1/history?subject=B1", "T1/history?subject=NOBODY", "T2/cases", "T9/cases",
        "T2/subjects/A1", "%20/cases", "T1/incidence", "T1/comparison?a=1&b=2", "T1/periodic-reports", "T1/nothing",
    ],
)  # fmt: skip
def test_what_is_not_ones_own_and_what_is_not_there_are_the_same(home: Home, path: str) -> None:
    answer = program(home, "LIN").get(f"/api/v1/trials/{path}")
    said = {"type": "about:blank", "title": "Not Found", "status": 404, "detail": SAID, "errors": []}
    assert (answer.status_code, answer.json()) == (404, said)
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_reported_term_is_told_where_free_text_is_granted_and_nowhere_else(home: Home) -> None:
    told = {"subjects", "subjects/A1", "cases", "cases/A1/1", "cases/A1/1/narrative", "listing", "changes/A1"}
    for who in PEOPLE:
        asked = program(home, who)
        for path in (*OF_A_TRIAL, *told, "incidence", "duplicates"):
            text = asked.get(f"/api/v1/trials/T1/{path}").text
            assert (TERM in text) is (path in told and who != "OPS"), (who, path)
        entry = asked.get("/api/v1/log/7").text
        assert (TERM in entry) is (who != "OPS"), who
    narrow = program(home, "CHEN", ["case.list"]).get("/api/v1/trials/T1/cases")
    assert narrow.status_code == 200
    assert TERM not in narrow.text


def test_an_entry_of_another_site_or_trial_is_not_there(home: Home) -> None:
    of_b1 = next(row.position for row in home.journal.rows() if row.stream == "T1/subject/B1")
    for who, position, status in (("LIN", of_b1, 404), ("LIN", 7, 200), ("CHEN", of_b1, 200), ("CHEN", 4, 404)):
        answer = program(home, who).get(f"/api/v1/log/{position}")
        assert answer.status_code == status, (who, position, answer.text)
    said = program(home, "CHEN").get("/api/v1/log/7").json()
    assert (said["topic"], len(said["leaf"]), said["signature"]) == ("adverse_event.reported.v1", 64, None)


def test_pairs_that_may_be_one_are_told_by_number_and_reason(home: Home) -> None:
    rows = read(program(home, "LIN"), "T1/duplicates")["rows"]
    assert [(row["subject"], row["one"], row["other"]) for row in rows] == [("A1", 1, 2)]
    assert read(program(home, "CHEN"), "T1/duplicates")["count"] == 2


def test_people_are_told_to_an_operator_alone(home: Home) -> None:
    people = program(home, "OPS").get("/api/v1/people").json()["people"]
    assert {one["account"]: one["name"] for one in people}["LIN"] == "Dr LIN"
    assert program(home, "CHEN").get("/api/v1/people").status_code == 404


def test_any_moment_is_read_with_the_same_address(home: Home) -> None:
    asked = program(home, "CHEN")
    before = read(asked, "T1/cases", as_of=7)
    assert (before["position"], before["cases"], before["subjects"]) == (7, 1, 1)
    assert read(asked, "T1/cases/A1/1", as_of=7)["case"]["outcome"] != "FATAL"
    assert read(asked, "T1/cases/A1/1")["case"]["outcome"] == "FATAL"
    assert read(asked, "T1/history", as_of=7)["events"][-1]["position"] == 7
    assert asked.get("/api/v1/trials/T1/subjects/B1", params={"as_of": 7}).status_code == 404
    for moment in ("9999", "0", "soon", "2026-13-01"):
        answer = asked.get("/api/v1/trials/T1/cases", params={"as_of": moment})
        assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


@pytest.mark.parametrize(("path", "rows"), [("cases", 4), ("listing", 4), ("subjects", 2), ("alerts", 4)])
def test_pages_follow_each_other_without_a_gap(home: Home, path: str, rows: int) -> None:
    asked = program(home, "CHEN")
    whole = read(asked, f"T1/{path}")["rows"]
    pages = [read(asked, f"T1/{path}", page=number, limit=1) for number in range(1, rows + 2)]
    assert [row for page in pages for row in page["rows"]] == whole
    assert len(whole) == rows
    assert [page["more"] for page in pages] == [True] * (rows - 1) + [False, False]


def test_the_history_is_followed_by_position(home: Home) -> None:
    asked = program(home, "CHEN")
    whole = read(asked, "T1/history", limit=200)
    first = read(asked, "T1/history", limit=3)
    second = read(asked, "T1/history", limit=200, after=first["events"][-1]["position"])
    assert first["more"]
    assert first["events"] + second["events"] == whole["events"]
    assert {event["stream"].partition("/")[0] for event in whole["events"]} == {"T1"}
    assert {event["stream"] for event in read(asked, "T1/history", subject="B1")["events"]} == {"T1/subject/B1"}


def test_two_moments_are_compared_with_each_change_attributed(home: Home) -> None:
    found = read(program(home, "ZHAO"), "T1/comparison", a=7, b=17)
    kinds = {(row["kind"], row["record"], row["subject"]) for row in found["rows"]}
    assert ("new", "subject", "B1") in kinds
    assert ("followed_up", "adverse_event", "A1") in kinds
    assert found["counts"][0]["measure"] == "teae"


def test_a_case_tells_its_record_its_doses_and_who_was_alerted(home: Home) -> None:
    case = read(program(home, "LIN"), "T1/cases/A1/1")["case"]
    assert [dose["number"] for dose in case["doses"]] == [1]
    assert [alert["id"] for alert in case["alerts"]] == ["A-1", "A-3"]
    assert "adverse_event.followed_up.v1" in [entry["topic"] for entry in case["record"]]


def test_a_browser_that_is_signed_in_reads_the_api_too(home: Home) -> None:
    assert signed_in(home, "CHEN").get("/api/v1/trials/T1/cases").json()["cases"] == 4


def test_every_reading_asks_who_it_is_for(home: Home) -> None:
    described = client(home).get("/api/openapi.json").json()
    reads = [path for path, said in described["paths"].items() if path.startswith("/api/v1/") and "get" in said]
    assert len(reads) >= 17
    for path in reads:
        answer = client(home).get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json"), path
        assert described["paths"][path]["get"]["security"], path


def test_an_answer_tells_no_more_than_its_model(home: Home) -> None:
    assert not {"from_position", "to_position", "start_low", "start_high"} & set(
        read(program(home, "CHEN"), "T1/subjects/A1")["subject"]["doses"][0]
    )
    assert door(home).openapi()["components"]["schemas"]["Dose"]["required"]


def test_a_parameter_that_does_not_fit_is_named_without_what_was_sent(home: Home) -> None:
    answer = program(home, "CHEN").get("/api/v1/trials/T1/cases", params={"page": "canary"})
    assert answer.status_code == 422
    assert [fault["field"] for fault in answer.json()["errors"]] == ["/query/page"]
    assert "canary" not in answer.text


def test_the_access_log_is_read_by_who_may(home: Home) -> None:
    program(home, "LIN").get("/api/v1/trials/T1/subjects/A1")
    entries = program(home, "ZHAO").get("/api/v1/access-log").json()["entries"]
    assert [(one["kind"], one["account"], one["thing"]) for one in entries][:1] == [
        ("read_sealed", "LIN", "/api/v1/trials/T1/subjects/A1")
    ]
    assert program(home, "CHEN").get("/api/v1/access-log").status_code == 404
