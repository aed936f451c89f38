"""The API's commands: every one of the screens', done once a key; what does not fit is named and nothing is stored."""

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from safety.aggregates.register import COMMANDS
from safety.home import Home
from safety.web.api.commands import offered
from safety.web.api.forms import SIGNED
from tests.api_programs import (
    EVERYTHING,
    TO_BE_SIGNED,
    Asks,
    head,
    program,
    told,
    two_sites,
    unhurried,
    with_passphrase,
)
from tests.rule_packs import PACK
from tests.web_homes import Homes, signed_in, token

TEXT = "canary words of a subject"
AE1 = {"STUDYID": "T1", "USUBJID": "A1", "AESEQ": 1}
OF_THE_MACHINE = {
    "alert.raise", "alert.release", "alert.escalate", "alert.remind", "message.compose", "message.record_sent",
    "message.record_failed", "message.record_fault", "periodic_report.open", "periodic_report.issue",
}  # fmt: skip
"""What the program itself does, and no screen."""


@pytest.fixture
def home(homes: Homes) -> Home:
    return two_sites(homes.open())


# --- which there are -------------------------------------------------------------------------------------------------


def test_every_command_but_the_machines_own_is_offered_and_described(home: Home) -> None:
    assert set(offered()) == set(COMMANDS) - OF_THE_MACHINE
    described = unhurried(home).get("/api/openapi.json").json()
    assert {f"/api/v1/commands/{name}" for name in offered()} <= set(described["paths"])
    schemas = described["components"]["schemas"]
    for name in offered():
        said = described["paths"][f"/api/v1/commands/{name}"]["post"]
        body = schemas[said["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]]
        assert ("signature" in body["required"]) is (name in TO_BE_SIGNED), name
        assert [one["name"] for one in said["parameters"]] == ["Idempotency-Key"], name
        assert {"201", "200", "401", "403", "404", "409", "422"} <= set(said["responses"])
    assert "AETERM" in schemas["Reported"]["properties"]
    assert not [name for name in schemas if "safety__" in name]


def test_what_has_to_be_signed_is_what_the_hand_written_list_says() -> None:
    assert set(SIGNED) == TO_BE_SIGNED


# --- once a key ------------------------------------------------------------------------------------------------------


def test_the_same_key_and_body_give_what_the_first_gave(home: Home) -> None:
    ask, form = Asks(home, "LIN"), {"STUDYID": "T1", "USUBJID": "A1", "AETERM": TEXT, "AESER": "Y"}
    first = told(ask("adverse_event.report", form, "one-and-the-same", reason="by phone"), 201)
    assert (first["number"], first["repeated"], len(first["positions"])) == (2, False, 2)
    assert [alert["rule"] for alert in first["alerts"]] == ["SAE-REPORTED"]
    at = head(home)
    again = told(ask("adverse_event.report", form, "one-and-the-same", reason="by phone"), 200)
    assert again == first | {"repeated": True}
    assert head(home) == at


@pytest.mark.parametrize(
    "other",
    [{"form": {"AETERM": "other words"}}, {"form": {"AESER": "N"}}, {"form": {"USUBJID": "A1 "}, "reason": "another"}],
)
def test_the_same_key_with_another_body_is_refused(home: Home, other: dict[str, Any]) -> None:
    ask, form = Asks(home, "LIN"), {"STUDYID": "T1", "USUBJID": "A1", "AETERM": TEXT}
    told(ask("adverse_event.report", form, "one-and-the-same"), 201)
    at = head(home)
    beside = {name: value for name, value in other.items() if name != "form"}
    answer = ask("adverse_event.report", form | other["form"], "one-and-the-same", **beside)
    assert "Idempotency-Key" in told(answer, 409)["detail"]
    assert head(home) == at


def test_a_key_of_somebody_else_is_another_key(home: Home) -> None:
    form = {"STUDYID": "T1", "USUBJID": "A1", "AETERM": TEXT}
    told(Asks(home, "LIN")("adverse_event.report", form, "one-and-the-same"), 201)
    other = told(Asks(home, "CHEN")("adverse_event.report", form, "one-and-the-same"), 201)
    assert (other["number"], other["repeated"]) == (3, False)


@pytest.mark.parametrize("key", [None, "short", "x" * 129, "with spaces in it", "line\tbreaks"])
def test_without_a_key_that_can_be_one_nothing_is_done(home: Home, key: str | None) -> None:
    at = head(home)
    client = program(home, "LIN")
    said = {"form": {"STUDYID": "T1", "USUBJID": "A1"}}
    headers = {} if key is None else {"Idempotency-Key": key}
    found = told(client.post("/api/v1/commands/adverse_event.report", json=said, headers=headers), 422)
    assert [fault["field"] for fault in found["errors"]] == ["/header/Idempotency-Key"]
    assert head(home) == at


# --- what does not fit -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"AESER": TEXT}, "/form/AESER"),
        ({"AESTDTC": TEXT}, "/form/AESTDTC"),
        ({TEXT: "x"}, "/form"),
        ({"AETERM": ""}, "/form/AETERM"),
        ({"AESEQ": 0}, "/form/AESEQ"),
        ({"aware": {"at": TEXT}}, "/form/aware/at"),
    ],
)
def test_a_field_that_does_not_fit_is_named_without_what_was_sent(home: Home, form: dict[str, Any], field: str) -> None:
    at = head(home)
    answer = Asks(home, "LIN")("adverse_event.report", {"STUDYID": "T1", "USUBJID": "A1", **form})
    assert field in [fault["field"] for fault in told(answer, 422)["errors"]]
    assert TEXT not in answer.text
    assert "Value error" not in answer.text, "the validator's own mark says nothing to who asks"
    assert head(home) == at


@pytest.mark.parametrize(
    ("raw", "kind", "status"),
    [
        (b"{}", "text/plain", 415),
        (b"a=b", "application/x-www-form-urlencoded", 415),
        (b"{not json", "application/json", 422),
        (b"", "application/json", 422),
        (b"[]", "application/json", 422),
        (b'{"form": {"STUDYID": "T1", "USUBJID": "A1", "AETERM": "\\ud800"}}', "application/json", 422),
        (b'{"form": "' + b"x" * 2_000_001 + b'"}', "application/json", 413),
        (b"[" * 100_000, "application/json", 422),
    ],
)
def test_what_is_no_body_is_refused_as_a_problem(home: Home, raw: bytes, kind: str, status: int) -> None:
    client = program(home, "LIN")
    headers = {"content-type": kind, "Idempotency-Key": "one-and-the-same"}
    answer = client.post("/api/v1/commands/adverse_event.report", content=raw, headers=headers)
    assert told(answer, status)["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_rule_of_the_domain_is_told_in_one_sentence(home: Home) -> None:
    answer = told(Asks(home, "LIN")("adverse_event.follow_up", {**AE1, "AESEQ": 7}), 422)
    assert "7" in answer["detail"]
    assert answer["errors"] == []


def test_nothing_is_written_in_the_past(home: Home) -> None:
    client = program(home, "LIN")
    said = {"form": {"STUDYID": "T1", "USUBJID": "A1"}}
    headers = {"Idempotency-Key": "one-and-the-same"}
    told(client.post("/api/v1/commands/adverse_event.report?as_of=5", json=said, headers=headers), 409)


# --- browsers --------------------------------------------------------------------------------------------------------


def test_a_browser_writes_with_the_token_of_its_forms_and_not_without(home: Home) -> None:
    browser = signed_in(home, "LIN")
    said, path = {"form": {"STUDYID": "T1", "USUBJID": "A1"}}, "/api/v1/commands/adverse_event.report"
    headers = {"Idempotency-Key": "one-and-the-same"}
    told(browser.post(path, json=said, headers=headers), 403)
    headers["x-csrf-token"] = token(browser.get("/me"))
    told(browser.post(path, json=said, headers=headers), 201)


# --- whole stories ---------------------------------------------------------------------------------------------------


def test_a_report_is_made_due_sent_signed_and_acknowledged(home: Home) -> None:
    with_passphrase(home, "LIN", "CHEN")
    officer, investigator = Asks(home, "CHEN"), Asks(home, "LIN")
    adopted = {"STUDYID": "T1", "packs": [{"file": PACK}]}
    told(officer.signed("trial.adopt_rule_pack", adopted, "approval"), 201)
    form = {"STUDYID": "T1", "USUBJID": "A1", "AETERM": TEXT, "AESER": "Y"}
    would = told(investigator("adverse_event.report/preview", form), 200)
    at = head(home)
    filed = told(investigator("adverse_event.report", form), 201)
    assert head(home) > at
    assert [one["obligation"] for one in would["obligations"]] == [one["obligation"] for one in filed["obligations"]]
    assert [one["rule"] for one in filed["obligations"]] == ["T-SITE", "T-15"]
    named = {**AE1, "AESEQ": filed["number"], "obligation": filed["obligations"][1]["obligation"]}
    told(officer("obligation.take", named), 201)
    sent = {**named, "sent_at": home.doors.clock().isoformat(), "reference": "R-1"}
    told(officer.signed("obligation.submit", sent, "responsibility"), 201)
    answered = {**named, "recipient": "Authority", "acknowledged_at": home.doors.clock().isoformat()}
    told(officer("obligation.acknowledge", answered), 201)
    case = investigator.client.get(f"/api/v1/trials/T1/cases/A1/{filed['number']}").json()["case"]
    assert ("acknowledged", "R-1") in {(duty["state"], duty["reference"]) for duty in case["duties"]}
    told(officer("alert.acknowledge", {"STUDYID": "T1", "alert": filed["alerts"][0]["alert"]}), 201)
    told(officer("alert.acknowledge", {"STUDYID": "T1", "alert": filed["alerts"][0]["alert"]}), 200)
    assert TEXT not in str([would, filed])


def test_a_trial_is_registered_from_its_file_and_its_people_are_added(home: Home) -> None:
    ops = Asks(home, "OPS")
    file = (Path(__file__).parents[1] / "trials" / "nct03265613.toml").read_text()
    told(ops("trial.register", {"STUDYID": "NCT03265613", "file": file}), 201)
    assert "faults" not in told(ops("trial.register", {"STUDYID": "T4", "file": "no = toml = at all"}), 422)["detail"]
    told(ops("trial.register", {"STUDYID": "T4", "file": "a = " + "[" * 3_000}), 422)
    told(ops("trial.amend", {"STUDYID": "NCT03265613", "file": file, "reason": "nothing new"}), 422)
    person = {"account": "GU", "roles": ["investigator"], "trials": ["NCT03265613"], "name": "Dr Gu", "language": "zh"}
    told(ops("account.add", person, "adds-dr-gu"), 201)
    told(ops("account.add", person, "adds-dr-gu"), 200)
    told(ops("account.add", person | {"name": "Dr Other"}, "adds-dr-gu"), 409)
    told(ops("account.add", person | {"account": "LI", "email": "no address"}), 422)
    found = home.directory.find("GU")
    assert found is not None
    assert (found.name, found.language) == ("Dr Gu", "zh")
    assert home.directory.find("LI") is None
    enrol = {"STUDYID": "NCT03265613", "USUBJID": "S01"}
    told(Asks(home, "GU")("subject.enrol", enrol), 404)
    trials = unhurried(home)
    assert "NCT03265613" in [
        one["trial"] for one in program(home, "GU", asked=trials).get("/api/v1/trials").json()["trials"]
    ]


def test_no_answer_of_the_api_says_what_somebody_typed(home: Home) -> None:
    ask = Asks(home, "LIN")
    answers = [
        ask("adverse_event.report", {"STUDYID": "T1", "USUBJID": "A1", "AETERM": TEXT, "narrative": TEXT}),
        ask("adverse_event.follow_up", {**AE1, "narrative": TEXT, "AEREL": TEXT}),
        ask("adverse_event.correct", {**AE1, "AETERM": TEXT, "variables": [TEXT]}),
        ask("dose.withhold", {"STUDYID": "T1", "USUBJID": "A1", "EXSEQ": 1, "reason": TEXT}),
    ]
    assert [answer.status_code for answer in answers] == [201, 422, 422, 422]
    assert not [answer.text for answer in answers if TEXT in answer.text]


def test_the_scopes_of_a_token_narrow_the_commands(home: Home) -> None:
    for scopes, status in (
        ((), 403),
        (("read",), 403),
        (("file",), 201),
        (("adverse_event.report",), 201),
        (EVERYTHING, 200),
    ):
        client: TestClient = program(home, "LIN", scopes)
        said = {"form": {"STUDYID": "T1", "USUBJID": "A1"}}
        key = {"Idempotency-Key": "the-same-act" if status != 201 else f"act-{scopes[0]}"}
        key = {"Idempotency-Key": "act-file"} if scopes == EVERYTHING else key
        told(client.post("/api/v1/commands/adverse_event.report", json=said, headers=key), status)


@pytest.mark.parametrize(
    ("form", "beside", "field"),
    [
        ({"AETERM": "a\0b"}, {}, "AETERM"),
        ({"AEDECOD": "a\0b"}, {}, "AEDECOD"),
        ({}, {"reason": "a\0b"}, "reason"),
    ],
)
def test_a_nul_character_is_refused_before_a_view_can_stop_at_it(
    home: Home, form: dict[str, str], beside: dict[str, str], field: str
) -> None:
    at = head(home)
    answer = Asks(home, "LIN")("adverse_event.report", {"STUDYID": "T1", "USUBJID": "A1", **form}, **beside)
    assert told(answer, 422)["detail"].startswith(field)
    assert head(home) == at


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("subject.enrol", {"SITEID": "01", "AGE": True}),
        ("subject.enrol", {"SITEID": "01", "AGE": "44"}),
        ("subject.enrol", {"SITEID": "01", "WEIGHT": 70.5}),
        ("adverse_event.report", {"AETOXGR": 3}),
        ("adverse_event.follow_up", {"AESEQ": True}),
        ("obligation.take", {"AESEQ": "1", "obligation": "T-15/1"}),
    ],
)
def test_what_comes_in_another_type_than_is_described_is_not_made_into_it(
    home: Home, command: str, said: dict[str, Any]
) -> None:
    before, ask = head(home), Asks(home, "CHEN")
    found = told(ask(command, {"STUDYID": "T1", "USUBJID": "A1", **said}), 422)
    (wrong,) = [name for name, value in said.items() if name not in {"SITEID", "obligation"} and value is not None]
    assert [fault["field"] for fault in found["errors"]] == [f"/form/{wrong}"]
    told(ask("adverse_event.report", {"STUDYID": "T1", "USUBJID": "A1"}, read_at=True), 422)
    assert head(home) == before
