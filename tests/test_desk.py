"""The desk: a decision and the alerts it owes land together; a command id names one act of filing."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from safety.aggregates.account import NotPermitted, OtherTrial, UnknownAccount
from safety.aggregates.adverse_event import Reported
from safety.aggregates.alert import Raised
from safety.aggregates.deciding import Form, Refused
from safety.aggregates.filing import UnknownAdverseEvent
from safety.aggregates.register import COMMANDS
from safety.desk import Asked, Done, OtherContent, authorised
from safety.journal import Unavailable
from safety.values import Role
from tests.builders import (
    T0,
    account_added,
    built,
    completed,
    compose,
    composed,
    enrolled,
    followed_up,
    registered,
    reported,
    sent,
    seriousness_assessed,
)
from tests.desks import Office, heard, number_of
from tests.given import given


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    opened = Office(tmp_path / "log.db").begin()
    yield opened
    opened.close()


# One append


def test_a_serious_adverse_event_lands_with_its_alert_in_one_append(office: Office) -> None:
    before = office.position
    done = office.do("adverse_event.report", heard(serious="Y"), command_id="C-1", reason="heard by phone")
    event, alert = office.journal.page(before, before + 10, 10)
    assert done.positions == range(before + 1, before + 3)
    assert [type(one) for one in done.events] == [Reported, Raised]
    assert (event.topic, alert.topic) == ("adverse_event.reported.v1", "alert.raised.v1")
    assert (event.stream, event.version, alert.version) == ("T1/subject/S1", 2, 1)
    assert event.recorded_at == alert.recorded_at
    assert json.loads(alert.body)["concerning"] == ["S1/1"]
    for row in (event, alert):
        said = json.loads(row.meta)
        assert (said["by"], said["role"], said["command"], said["reason"]) == (
            "LIN",
            "investigator",
            "C-1",
            "heard by phone",
        )


def test_what_is_not_serious_owes_nothing(office: Office) -> None:
    before = office.position
    assert office.do("adverse_event.report", heard()).positions == range(before + 1, before + 2)


def test_escalated_and_back_and_again_owes_an_alert_each_time(office: Office) -> None:
    before = office.position
    office.do("adverse_event.report", heard())
    for serious in ("Y", "N", "N", "Y", "Y"):
        office.do("adverse_event.assess_seriousness", seriousness_assessed(serious=serious))
    assessed, alert = "adverse_event.seriousness_assessed", "alert.raised"
    reports = [topic for topic in office.topics(before) if topic not in {assessed, alert}]
    assert reports == ["adverse_event.reported"]
    assert office.topics(before + 1) == [assessed, alert, assessed, alert, assessed, assessed, alert, assessed]
    assert len({row.stream for row in office.journal.rows(before) if "/alert/" in row.stream}) == 3


# The same command id


def test_a_repeated_command_gives_what_the_first_gave(office: Office) -> None:
    form = heard(serious="Y", narrative="Fell down the stairs")
    first = office.do("adverse_event.report", form, command_id="C-1")
    position = office.position
    office.do("adverse_event.report", heard())
    again = office.do("adverse_event.report", form, command_id="C-1")
    assert again == Done(first.positions, first.events, repeated=True)
    assert office.position == position + 1


def test_a_repeated_command_is_known_to_whoever_opens_the_log_later(office: Office) -> None:
    first = office.do("adverse_event.report", heard(serious="Y"), command_id="C-1")
    later = Office(office.file)
    again = later.do("adverse_event.report", heard(serious="Y"), command_id="C-1")
    later.close()
    assert (again.positions, again.events, again.repeated) == (first.positions, first.events, True)


FIRST = heard(term="Fever", narrative="In the evening", serious="N")


@pytest.mark.parametrize(
    ("command", "form", "by"),
    [
        pytest.param("adverse_event.report", FIRST.model_copy(update={"term": "Rash"}), "LIN", id="another term only"),
        pytest.param("adverse_event.report", FIRST.model_copy(update={"narrative": None}), "LIN", id="no narrative"),
        pytest.param(
            "adverse_event.report", FIRST.model_copy(update={"serious": "Y"}), "LIN", id="another coded value"
        ),
        pytest.param(
            "adverse_event.report", FIRST.model_copy(update={"number": 1}), "LIN", id="a number brought along"
        ),
        pytest.param("adverse_event.report", FIRST.model_copy(update={"subject": "S2"}), "LIN", id="another subject"),
        pytest.param("adverse_event.report", FIRST, "CHEN", id="another person"),
        pytest.param("adverse_event.nullify", built(Reported, subject="S1"), "LIN", id="another command"),
        pytest.param("adverse_event.report", FIRST, "NOBODY", id="a person who does not exist"),
    ],
)
def test_the_same_id_for_something_else_is_refused(office: Office, command: str, form: Form, by: str) -> None:
    office.do("adverse_event.report", FIRST, command_id="C-1")
    position = office.position
    with pytest.raises(OtherContent, match="The command id C-1 was used before for something else"):
        office.do(command, form, by=by, command_id="C-1")
    assert office.position == position


def test_design_2_4_what_is_kept_of_a_command_tells_nothing_of_its_free_text() -> None:
    command = COMMANDS["adverse_event.report"]
    asked = [Asked(command, FIRST.model_copy(update={"term": term}), "LIN", "C-1", None) for term in ("Fever", "Rash")]
    assert asked[0].digest == asked[1].digest
    assert asked[0].digest != asked[0]._replace(by="CHEN").digest


def test_an_id_of_something_refused_is_still_free(office: Office) -> None:
    with pytest.raises(UnknownAdverseEvent):
        office.do("adverse_event.follow_up", followed_up(), command_id="C-1")
    assert not office.do("adverse_event.report", reported(), command_id="C-1").repeated


def test_a_command_that_changes_nothing_stores_nothing_and_may_change_something_later(office: Office) -> None:
    office.do("message.compose", compose(composed()), by="OPERATOR")
    office.do("message.record_sent", sent(), by="OPERATOR")
    position = office.position
    for _ in range(2):
        assert office.do("message.record_sent", sent(), by="OPERATOR", command_id="C-1") == Done(range(0), ())
    assert office.position == position
    assert office.do("message.record_sent", sent(channel="smtp"), by="OPERATOR", command_id="C-1").events


# Who may do what


FILING, SPONSOR = {"operator", "investigator", "safety_officer"}, {"operator", "safety_officer"}
MAY: dict[str, set[str]] = {
    **{
        name: {"operator"}
        for name in ("account.add", "account.change", "account.revoke", "trial.register", "trial.amend")
    },
    "account.set_absence": {*FILING, "auditor"},
    **dict.fromkeys(("trial.issue_reference_safety_information", "adverse_event.assess_expectedness"), SPONSOR),
    **{f"subject.{verb}": FILING for verb in ("enrol", "correct", "withdraw", "complete", "record_death")},
    **{f"dose.{verb}": FILING for verb in ("give", "correct", "withhold")},
    **{f"adverse_event.{verb}": FILING for verb in ("report", "follow_up", "correct", "merge", "unmerge", "nullify")},
    **{f"adverse_event.{verb}": FILING for verb in ("assess_seriousness", "assess_causality", "code")},
    "adverse_event.state_reportability": FILING,
    **{name: {"safety_officer"} for name in ("trial.adopt_rule_pack", "obligation.cancel", "obligation.take")},
    **dict.fromkeys(("alert.acknowledge", "obligation.acknowledge", "obligation.submit", "obligation.reject"), FILING),
    **{f"message.{verb}": {"operator"} for verb in ("compose", "record_sent", "record_failed", "record_fault")},
    **{f"periodic_report.{verb}": {"operator"} for verb in ("open", "issue")},
    **{f"periodic_report.{verb}": {"safety_officer"} for verb in ("submit", "acknowledge")},
    **{f"alert.{verb}": {"operator"} for verb in ("raise", "release", "escalate", "remind")},
    **dict.fromkeys(("alert.settle", "obligation.review", "log.request_redaction", "log.redact"), SPONSOR),
}
ROLES: tuple[Role, ...] = ("operator", "investigator", "safety_officer", "auditor")


def test_every_command_says_who_may() -> None:
    assert {name: set(command.roles) for name, command in COMMANDS.items()} == MAY


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("command", MAY)
def test_a_role_may_or_may_not(command: str, role: Role) -> None:
    states = given(account_added("LIN", roles=(role,)))
    asked: dict[str, Any] = {"roles": COMMANDS[command].roles, "trial": None, "by": "LIN", "at": T0}
    if role in MAY[command]:
        assert authorised(states, command, **asked).role == role
    else:
        with pytest.raises(NotPermitted, match=f"Account LIN may not do this: {command} takes one of the roles"):
            authorised(states, command, **asked)


def test_of_several_roles_the_first_that_may_is_the_one_that_acts() -> None:
    states = given(account_added("LIN", roles=("auditor", "safety_officer", "investigator")))
    roles = COMMANDS["adverse_event.report"].roles
    assert authorised(states, "adverse_event.report", roles=roles, trial="T1", by="LIN", at=T0).role == "safety_officer"


@pytest.mark.parametrize(
    ("by", "command", "form", "refusal"),
    [
        pytest.param("AUDIT", "adverse_event.report", reported(), NotPermitted, id="an auditor files nothing"),
        pytest.param("LIN", "account.add", account_added("NEW"), NotPermitted, id="an investigator adds nobody"),
        pytest.param("NOBODY", "adverse_event.report", reported(), UnknownAccount, id="an account that does not exist"),
        pytest.param("GUEST", "adverse_event.report", reported(), OtherTrial, id="an account of another trial"),
        pytest.param(
            "GUEST", "subject.enrol", enrolled("S2"), OtherTrial, id="an account of another trial enrols nobody"
        ),
    ],
)
def test_refused_at_the_desk_and_nothing_stored(
    office: Office, by: str, command: str, form: Form, refusal: type[Refused]
) -> None:
    office.do("account.add", account_added("GUEST", roles=("investigator",), trials=("T2",)), by="OPERATOR")
    position = office.position
    with pytest.raises(refusal, match=by):
        office.do(command, form, by=by)
    assert office.position == position


def test_an_account_of_some_trials_acts_in_those(office: Office) -> None:
    office.do("account.add", account_added("ZHAO", roles=("investigator",), trials=("T0", "T1")), by="OPERATOR")
    assert number_of(office.do("adverse_event.report", heard(), by="ZHAO")) == 1


# What the desk knows


def test_a_refused_command_leaves_no_trace(office: Office) -> None:
    office.do("adverse_event.report", reported())
    before = list(office.journal.rows())
    with pytest.raises(UnknownAdverseEvent):
        office.do("adverse_event.follow_up", followed_up(number=2))
    assert list(office.journal.rows()) == before
    assert number_of(office.do("adverse_event.report", heard())) == 2


def test_a_log_that_is_closed_is_the_machines_refusal(office: Office) -> None:
    office.journal.close()
    with pytest.raises(Unavailable):
        office.do("adverse_event.report", reported())


def test_a_trial_of_its_own_and_a_subject_from_its_first_dose_to_its_end(office: Office) -> None:
    office.do("trial.register", registered(code="T2"), by="OPERATOR")
    office.do("subject.enrol", enrolled("S9").model_copy(update={"trial": "T2"}))
    office.do("subject.complete", completed("S9").model_copy(update={"trial": "T2"}))
    assert office.topics()[-3:] == ["trial.registered", "subject.enrolled", "subject.completed"]
    assert office.journal.stream("T2/subject/S9")[-1].version == 2
