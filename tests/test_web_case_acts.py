"""What is done on the case page: sent and answered, struck through, judged, taken in hand, each with its signature."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from safety.home import Home
from tests.case_pages import CASE, NAME, SIGNS, acts, last_event, with_a_clock
from tests.web_homes import PASSPHRASE, Homes, signed_in, token, with_people, words


@pytest.fixture
def home(homes: Homes) -> Home:
    return with_a_clock(homes)


@pytest.fixture
def chen(home: Home) -> TestClient:
    return signed_in(home, "CHEN")


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
