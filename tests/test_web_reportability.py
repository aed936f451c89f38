"""Stating what decides on a report: asked by party, told before it is signed, shown on the case; and a subject's record put right."""

import re

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from safety.aggregates.adverse_event import AdverseEvents, ReportabilityStated
from safety.aggregates.subject import Subject, SubjectCorrected
from safety.home import Home
from safety.journal.states import folded
from tests.builders import append, enrolled, reported, subject_corrected
from tests.follow_ups import last
from tests.test_web_filing import prepared
from tests.test_web_pages import CHINESE
from tests.web_homes import PASSPHRASE, Homes, signed_in, token, words

CASE, SUBJECT = "/trials/T1/cases/S1/1", "/trials/T1/subjects/S1"
STATE, CORRECT = f"{CASE}/reportability", f"{SUBJECT}/correct"
SIGNED = {"meaning": "assessment", "passphrase": PASSPHRASE}


@pytest.fixture
def home(homes: Homes) -> Home:
    home = prepared(homes.open())
    append(home.journal, reported("S1", 1, term="Dizziness", causality="POSSIBLE"), reported("THEIRS", 1))
    append(home.journal, enrolled("S3", age=41, sex="F", arm="A", enrolled_on="2026-01-02"))
    return home


def sent(browser: TestClient, path: str, **typed: str | list[str]) -> Response:
    """What a form comes to that was opened now and filled in."""
    page = browser.get(path)
    hidden = dict(re.findall(r'name="(act|read_at)" value="([^"]*)"', page.text))
    return browser.post(path, data={"csrf": token(page), **hidden, **typed}, follow_redirects=False)


def stated(home: Home) -> dict[str, str]:
    state = folded(home.journal.stream("T1/subject/S1")).slice(AdverseEvents).by_number[1]
    return {name: str(value) for name, value in state.reportability.items()}


def test_an_investigator_is_not_asked_what_is_the_sponsors_to_say(home: Home) -> None:
    asked = {who: words(signed_in(home, who).get(STATE)) for who in ("LIN", "CHEN")}
    for question in (
        "Does the sponsor determine that it qualifies for reporting?",
        "Is it anticipated by the safety surveillance plan?",
    ):
        assert question in asked["CHEN"]
        assert question not in asked["LIN"]
    assert "Is it suspected that the product transmitted an infectious agent?" in asked["LIN"]
    forged = sent(signed_in(home, "LIN"), STATE, determined="N", takes_back="", account="LIN", **SIGNED)
    assert forged.status_code == 422
    assert stated(home) == {}


def test_what_it_would_set_off_is_told_for_each_answer_and_nothing_is_written(home: Home) -> None:
    browser, head = signed_in(home, "LIN"), home.journal.head().position
    page = words(browser.get(STATE))
    assert "If the answer is: suspected transmission of an infectious agent" in page
    assert "Opens: report to" in page
    told = words(sent(browser, STATE, do="check", infection_transmission="Y", after_trial="", protocol_exempt="",
                      exemption_agreed="", takes_back=""))  # fmt: skip
    assert "If the answer is" not in told
    assert "Opens: report to" in told
    assert home.journal.head().position == head


def test_it_is_signed_and_stands_on_the_case_with_its_evidence(home: Home) -> None:
    browser = signed_in(home, "CHEN")
    answer: dict[str, str | list[str]] = dict.fromkeys(
        ("determined", "anticipated", "infection_transmission", "after_trial", "takes_back"), ""
    )
    answer |= {"protocol_exempt": "Y", "exemption_agreed": "Y", "done": ["handled"]}
    without = sent(browser, STATE, **answer, account="CHEN", **SIGNED)
    assert without.status_code == 422
    assert "Say which document of which date says that the authority agreed" in words(without)
    unsigned = sent(browser, STATE, **answer, evidence="CDE letter of 2026-01-04")
    assert unsigned.status_code == 422
    assert 'value="CDE letter of 2026-01-04"' in unsigned.text
    assert stated(home) == {}
    done = sent(browser, STATE, **answer, evidence="CDE letter of 2026-01-04", account="CHEN", **SIGNED)
    assert (done.status_code, done.headers["location"]) == (303, f"{CASE}?recorded=y")
    assert stated(home) == {"protocol_exempt": "Y", "exemption_agreed": "Y"}
    event = last(home, ReportabilityStated)
    assert isinstance(event, ReportabilityStated)
    assert (event.evidence, event.handled) == ("CDE letter of 2026-01-04", "Y")
    told = words(browser.get(done.headers["location"])).partition("You recorded: ")[2]
    assert "exempt by the protocol: yes" in told[:200]
    assert "It carries your signature." in told[:400]
    assert "You recorded" not in words(signed_in(home, "LIN").get(done.headers["location"])), "somebody else did"
    case = words(browser.get(CASE))
    assert "You recorded" not in case
    assert "exemption agreed with the authority: yes (CDE letter of 2026-01-04)" in case
    assert "Stated for reporting: exempt by the protocol: yes; exemption agreed" in case
    assert "Signed by Dr CHEN (CHEN, Safety officer)" in case
    assert "adverse_event.reportability_stated" not in case
    chinese = words(browser.get(CASE, headers=CHINESE))
    assert "影响报告的说明：" in chinese
    assert "On record: yes" in words(browser.get(STATE))


def test_an_empty_statement_is_refused_in_one_sentence(home: Home) -> None:
    browser = signed_in(home, "LIN")
    empty = dict.fromkeys(
        ("protocol_exempt", "exemption_agreed", "infection_transmission", "after_trial", "takes_back"), ""
    )
    answer = sent(browser, STATE, **empty, account="LIN", **SIGNED)
    assert answer.status_code == 422
    assert "Answer at least one question, or tick what was done." in words(answer)
    too_long = sent(browser, STATE, **{**empty, "after_trial": "Y"}, why="x" * 501, account="LIN", **SIGNED)
    assert "The reason may hold 500 characters and holds 501. Shorten it." in words(too_long)
    assert "x" * 501 in too_long.text, "what was typed stays"
    assert stated(home) == {}


@pytest.mark.parametrize("path", [STATE.replace("S1", "THEIRS"), CORRECT.replace("S1", "THEIRS")])
def test_another_sites_is_not_there_and_an_auditor_writes_nothing(home: Home, path: str) -> None:
    assert signed_in(home, "LIN").get(path).status_code == 404
    assert signed_in(home, "ZHAO").get(path.replace("THEIRS", "S1")).status_code == 404


def subject(home: Home, code: str = "S3") -> dict[str, str]:
    known = folded(home.journal.stream(f"T1/subject/{code}")).slice(Subject).particulars
    return {name: str(value) for name, value in known.items() if name not in {"trial", "subject"}}


S3 = {"site": "01", "arm": "A", "sex": "F", "age": "41", "on_y": "2026", "on_m": "01", "on_d": "02"}


def corrected(browser: TestClient, **typed: str) -> Response:
    plain = {"actual_arm": "A", **dict.fromkeys(("birth_year", "weight_kg", "country"), "")}
    return sent(browser, "/trials/T1/subjects/S3/correct", **{**plain, **S3, **typed})


def test_a_subject_is_put_right_old_beside_new_with_the_reason(home: Home) -> None:
    browser, before = signed_in(home, "LIN"), subject(home)
    assert "Correct it" in words(browser.get("/trials/T1/subjects/S3"))
    assert "On record: 41" in words(browser.get("/trials/T1/subjects/S3/correct"))
    for typed, says in (
        ({}, "You changed nothing, so there is nothing to save."),
        ({"age": "14"}, "Say why the record was wrong"),
        ({"age": "14", "why": "y" * 501}, "The reason may hold 500 characters and holds 501."),
        ({"age": "many", "why": "misread"}, "This does not fit here"),
        ({"site": "02", "why": "moved"}, "Choose one of these."),
    ):
        answer = corrected(browser, **typed)
        assert answer.status_code == 422, typed
        assert says in words(answer)
        assert subject(home) == before
    told = words(corrected(browser, do="check", age="14"))
    assert "No clock starts or stops." in told
    answer = corrected(browser, age="14", on_d="", sex="", why="misread")
    assert answer.status_code == 303
    assert subject(home) == {"site": "01", "arm": "A", "actual_arm": "A", "age": "14", "enrolled_on": "2026-01"}
    event = last(home, SubjectCorrected)
    assert isinstance(event, SubjectCorrected)
    assert set(event.variables) == {"AGE", "SEX", "RFICDTC"}
    assert "The correction of the subject is recorded." in words(browser.get(answer.headers["location"]))
    append(home.journal, reported("S3", 1))
    case = words(browser.get("/trials/T1/cases/S3/1"))
    assert "Subject corrected: age, sex, enrolled on" in case
    assert "misread" in case


def test_two_who_correct_a_subject_lose_nothing(home: Home) -> None:
    browser = signed_in(home, "CHEN")
    page = browser.get("/trials/T1/subjects/S3/correct")
    hidden = dict(re.findall(r'name="(act|read_at)" value="([^"]*)"', page.text))
    append(home.journal, subject_corrected("S3", "WEIGHT", weight_kg="70"))
    plain = {"actual_arm": "A", **dict.fromkeys(("birth_year", "weight_kg", "country"), "")}
    typed = {**plain, **S3, "age": "14", "why": "x"}
    answer = browser.post("/trials/T1/subjects/S3/correct", data={"csrf": token(page), **hidden, **typed})
    assert answer.status_code == 409
    assert "This record was changed while you were typing" in words(answer)
    assert re.search(r'id="age" name="age" value="14"', answer.text)
    assert re.search(r'id="weight_kg" name="weight_kg" value="70"', answer.text), "left alone, it follows the record"
    assert subject(home)["age"] == "41"
