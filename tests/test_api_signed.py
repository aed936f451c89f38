"""Signed where it has to be, and about one's own things alone: what the API's commands refuse, and that it leaves no trace."""

from typing import Any

import pyotp
import pytest

from safety.home import Home
from safety.journal import decode
from safety.web import changing
from safety.web.api.commands import offered
from safety.web.api.forms import MEANINGS
from safety.web.pages import admin_reports, assessing, correcting, duties
from tests.api_programs import (
    SAID,
    TO_BE_SIGNED,
    Asks,
    head,
    program,
    signing,
    told,
    two_sites,
    with_passphrase,
)
from tests.rule_packs import PACK
from tests.web_homes import Homes

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
AE1 = {"STUDYID": "T1", "USUBJID": "A1", "AESEQ": 1}
CAUSALITY = {**AE1, "assessor": "sponsor", "AEREL": "POSSIBLE"}


@pytest.fixture
def home(homes: Homes) -> Home:
    return two_sites(homes.open())


@pytest.fixture
def signer(home: Home) -> Home:
    """CHEN has a passphrase to sign with."""
    with_passphrase(home, "CHEN")
    return home


# --- signed ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", sorted(TO_BE_SIGNED & set(offered())))
def test_a_token_alone_signs_nothing(home: Home, command: str) -> None:
    found = told(Asks(home, "CHEN")(command, {}), 422)
    assert "/signature" in [fault["field"] for fault in found["errors"]]


def test_a_program_signs_with_every_meaning_that_a_screen_offers() -> None:
    judged = {
        f"adverse_event.assess_{name}": assessing.MEANINGS for name in ("seriousness", "causality", "expectedness")
    }
    screens = {
        **judged,
        **{step.command: step.meanings for step in duties.STEPS},
        "adverse_event.correct": changing.MEANINGS,
        "adverse_event.nullify": correcting.MEANINGS,
        "adverse_event.state_reportability": assessing.MEANINGS,
        "periodic_report.submit": admin_reports.MEANINGS,
    }
    assert {name for name, meanings in screens.items() if not set(meanings) <= set(MEANINGS.get(name, ()))} == set()


def test_what_need_not_be_signed_takes_no_signature(home: Home) -> None:
    ask = Asks(home, "LIN")
    told(ask.signed("adverse_event.report", {"STUDYID": "T1", "USUBJID": "A1"}, "authorship"), 422)


@pytest.mark.parametrize(
    "wrong",
    [
        {"passphrase": "another passphrase"}, {"account": "WANG"}, {"account": ""}, {"meaning": "responsibility"},
        {"passphrase": ""},
    ],
)  # fmt: skip
def test_a_signature_that_does_not_prove_who_signs_stores_nothing(signer: Home, wrong: dict[str, str]) -> None:
    at = head(signer)
    said = signing("CHEN", "assessment") | wrong
    found = told(Asks(signer, "CHEN")("adverse_event.assess_causality", CAUSALITY, signature=said), 422)
    assert [fault["field"] for fault in found["errors"]] == ["/signature"]
    assert head(signer) == at
    assert "another passphrase" not in str(found)


REPORT = {"AESER": "Y", "AEREL": "POSSIBLE"}
OTHERWISE = [
    ("adverse_event.correct", {"AEREL": "REMOTE", "variables": ["AEREL"]}),
    ("adverse_event.correct", {"variables": ["AEREL"]}),
    ("adverse_event.correct", {"AESHOSP": "Y", "variables": ["AESHOSP"]}),
    ("adverse_event.follow_up", {"AEREL": "REMOTE"}),
    ("adverse_event.follow_up", {"AESER": "N"}),
]


@pytest.mark.parametrize(("command", "said"), OTHERWISE)
def test_what_changes_a_judgement_on_record_is_signed_whichever_command_it_comes_by(
    home: Home, command: str, said: dict[str, Any]
) -> None:
    with_passphrase(home, "LIN")
    ask = Asks(home, "LIN")
    told(ask("adverse_event.report", {"STUDYID": "T1", "USUBJID": "A1", **REPORT}), 201)
    at, form = head(home), {**AE1, "AESEQ": 2, **said}
    found = told(ask(command, form), 422)
    assert [fault["field"] for fault in found["errors"]] == ["/signature"]
    assert head(home) == at
    done = told(ask.signed(command, form, "assessment", "the-same"), 201)
    row = next(iter(home.journal.page(done["positions"][0] - 1, done["positions"][0], 1)))
    assert (decode(row).about().signature or {})["meaning"] == "assessment"
    told(ask(command, form, "the-same"), 200)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("adverse_event.correct", {"AEOUT": "UNKNOWN", "AEREL": "POSSIBLE", "variables": ["AEOUT", "AEREL"]}),
        ("adverse_event.follow_up", {"AESHOSP": "Y", "AEREL": "POSSIBLE", "AESER": "Y"}),
    ],
)
def test_what_takes_back_no_judgement_needs_no_signature(home: Home, command: str, said: dict[str, Any]) -> None:
    ask = Asks(home, "LIN")
    told(ask("adverse_event.report", {"STUDYID": "T1", "USUBJID": "A1", **REPORT}), 201)
    told(ask(command, {**AE1, "AESEQ": 2, **said}), 201)


def test_a_signature_stands_with_what_it_signs(signer: Home) -> None:
    done = told(Asks(signer, "CHEN").signed("adverse_event.assess_causality", CAUSALITY, "assessment"), 201)
    position = done["positions"][0]
    meta = decode(next(iter(signer.journal.page(position - 1, position, 1)))).about()
    assert meta.signature is not None
    assert (meta.signature["meaning"], meta.signature["methods"]) == ("assessment", ["account", "passphrase"])
    case = program(signer, "ZHAO").get("/api/v1/trials/T1/cases/A1/1").json()["case"]
    assert [one["signature"]["name"] for one in case["record"] if one["signature"]] == ["Dr CHEN"]


def test_a_code_is_asked_for_where_there_is_an_authenticator_and_a_retry_needs_no_other(signer: Home) -> None:
    credential = signer.credentials.find("CHEN")
    assert credential is not None
    signer.credentials.put(credential._replace(authenticator=SECRET))
    ask, form = Asks(signer, "CHEN"), CAUSALITY
    without = ask("adverse_event.assess_causality", form, "the-same", signature=signing("CHEN", "review"))
    told(without, 422)
    code = pyotp.TOTP(SECRET).at(signer.doors.clock())
    said = signing("CHEN", "review") | {"code": code}
    first = told(ask("adverse_event.assess_causality", form, "the-same", signature=said), 201)
    again = told(ask("adverse_event.assess_causality", form, "the-same", signature=said), 200)
    assert again == first | {"repeated": True}
    told(ask("adverse_event.assess_causality", form, "another", signature=said), 422)


def test_wrong_guesses_are_counted_and_delay_the_next(signer: Home) -> None:
    ask = Asks(signer, "CHEN")
    wrong = signing("CHEN", "assessment", "a wrong guess")
    for _ in range(4):
        told(ask("adverse_event.assess_causality", CAUSALITY, signature=wrong), 422)
    found = told(ask.signed("adverse_event.assess_causality", CAUSALITY, "assessment"), 422)
    assert "Wait" in found["detail"]


def test_the_printed_name_is_the_directorys_whatever_the_body_says(signer: Home) -> None:
    form = {"STUDYID": "T1", "packs": [{"file": PACK}], "printed_name": "Somebody Else"}
    done = told(Asks(signer, "CHEN").signed("trial.adopt_rule_pack", form, "approval"), 201)
    position = done["positions"][0]
    event = decode(next(iter(signer.journal.page(position - 1, position, 1)))).event
    assert (event.__dict__["printed_name"], event.__dict__["signed_by"]) == ("Dr CHEN", "CHEN")


# --- of one's own ----------------------------------------------------------------------------------------------------

NOT_LINS = [
    ("adverse_event.report", {"STUDYID": "T1", "USUBJID": "B1"}),
    ("adverse_event.report", {"STUDYID": "T1", "USUBJID": "NOBODY"}),
    ("adverse_event.report", {"STUDYID": "T2", "USUBJID": "C1"}),
    ("adverse_event.report", {"STUDYID": "T9", "USUBJID": "C1"}),
    ("adverse_event.report/preview", {"STUDYID": "T1", "USUBJID": "B1"}),
    ("adverse_event.follow_up", {"STUDYID": "T1", "USUBJID": "B1", "AESEQ": 1}),
    ("subject.enrol", {"STUDYID": "T1", "USUBJID": "A2", "SITEID": "02"}),
    ("subject.enrol", {"STUDYID": "T1", "USUBJID": "A2"}),
    ("subject.correct", {"STUDYID": "T1", "USUBJID": "A1", "SITEID": "02", "variables": ["SITEID"]}),
    ("subject.correct", {"STUDYID": "T1", "USUBJID": "A1", "variables": ["SITEID"]}),
    ("dose.give", {"STUDYID": "T1", "USUBJID": "B1", "EXSEQ": 2}),
    ("alert.acknowledge", {"STUDYID": "T1", "alert": "A-2"}),
    ("alert.acknowledge", {"STUDYID": "T1", "alert": "A-99"}),
    ("alert.acknowledge", {"STUDYID": "-", "alert": "A-1"}),
    ("adverse_event.code", {**AE1, "AEDECOD": "Pyrexia"}),
    ("adverse_event.merge", {**AE1, "into": 2}),
    ("trial.register", {"STUDYID": "T3", "file": "x"}),
    ("log.redact", {"at_position": 5}),
]


@pytest.mark.parametrize(("command", "form"), NOT_LINS)
def test_what_is_not_ones_own_and_what_is_not_there_are_the_same(
    home: Home, command: str, form: dict[str, Any]
) -> None:
    at = head(home)
    assert told(Asks(home, "LIN")(command, form), 404)["detail"] == SAID
    assert head(home) == at


@pytest.mark.parametrize("command", sorted(set(offered()) - {"account.set_absence"}))
def test_an_auditor_does_nothing(home: Home, command: str) -> None:
    assert told(Asks(home, "ZHAO")(command, {}), 404)["detail"] == SAID


def test_a_text_of_another_trial_is_not_to_be_redacted(home: Home) -> None:
    of_t2 = next(row.position for row in home.journal.rows() if row.stream == "T2/subject/C1")
    of_t1 = next(row.position for row in home.journal.rows() if row.topic == "adverse_event.reported.v1")
    ask = Asks(home, "CHEN")
    for position in (of_t2, 1, 9_999):
        told(ask("log.request_redaction", {"at_position": position, "reason": "legal_duty"}), 404)
    told(ask("log.request_redaction", {"at_position": of_t1, "reason": "legal_duty"}), 201)
    told(ask("log.redact", {"at_position": of_t1}), 422)
    told(Asks(home, "WANG")("log.redact", {"at_position": of_t1}), 201)


def test_what_was_changed_since_the_form_was_filled_in_is_not_overwritten(home: Home) -> None:
    ask, at = Asks(home, "LIN"), head(home)
    told(ask("adverse_event.follow_up", {**AE1, "AEOUT": "FATAL"}, read_at=at), 201)
    found = told(Asks(home, "CHEN")("adverse_event.follow_up", {**AE1, "AEOUT": "UNKNOWN"}, read_at=at), 409)
    assert str(at) in found["detail"]


def test_an_account_that_is_revoked_is_shut_out_with_its_tokens_and_let_in_again_without_them(home: Home) -> None:
    with_passphrase(home, "LIN")
    ops, lin = Asks(home, "OPS"), Asks(home, "LIN")
    told(lin.client.get("/api/v1/me"), 200)
    told(ops("account.revoke", {"account": "LIN"}), 201)
    told(lin.client.get("/api/v1/me"), 401)
    assert home.credentials.find("LIN") is None
    changed = {"account": "LIN", "roles": ["auditor"], "trials": ["T1"]}
    told(ops("account.change", changed), 201)
    told(lin.client.get("/api/v1/me"), 401)
    found = home.directory.find("LIN")
    assert found is not None
    assert (found.roles, found.trials) == (("auditor",), ("T1",))
