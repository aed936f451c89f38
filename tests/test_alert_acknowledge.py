"""An alert is acknowledged by a named human, through any rung of its chain, once; who did it stands in the record."""

import json
from pathlib import Path

import pytest

from safety.aggregates.account import NotPermitted, OtherTrial
from safety.aggregates.adverse_event import Reported
from safety.aggregates.alert import Acknowledged, Alert, Raised
from safety.aggregates.alerting import NotByName, NothingOwed, OwedToAnother, UnknownAlert, rung_id
from safety.aggregates.deciding import Refused
from safety.aggregates.ladder import Ladder
from safety.journal.states import folded
from safety.values import Role
from tests.builders import TRIAL, account_added, alert_raised, built, definition, registered
from tests.command_line import CommandLine, with_trial, write
from tests.desks import Office, heard
from tests.given import given

ROOT = alert_raised("A-1")
TO_SITE = Ladder.model_validate({"urgent": [{"role": "investigator", "after_minutes": 7}]})
RUNG = alert_raised(rung_id(ROOT, 2), root="A-1", rung=2, role="operator")


def acknowledge(alert: str = "A-1") -> Acknowledged:
    return built(Acknowledged, alert=alert)


# The decision


@pytest.mark.parametrize("named", ["A-1", RUNG.alert])
def test_whichever_rung_is_named_the_root_is_acknowledged(named: str) -> None:
    (event,) = given(ROOT, RUNG).when("alert.acknowledge", acknowledge(named), by="CHEN", role="safety_officer")
    through = None if named == "A-1" else named
    assert event == built(Acknowledged, alert="A-1", acknowledged_by="CHEN", through=through)
    assert given(ROOT, RUNG, event)(ROOT.stream, Alert).acknowledged_by == "CHEN"


def test_the_form_cannot_say_who_it_is() -> None:
    form = built(Acknowledged, alert="A-1", acknowledged_by="WANG", through="A-7")
    (event,) = given(ROOT).when("alert.acknowledge", form, by="CHEN", role="safety_officer")
    assert event == built(Acknowledged, alert="A-1", acknowledged_by="CHEN")


@pytest.mark.parametrize("by", ["CHEN", "WANG"])
def test_said_again_it_changes_nothing_and_the_first_stays(by: str) -> None:
    done = built(Acknowledged, alert="A-1", acknowledged_by="CHEN")
    assert given(ROOT, RUNG, done).when("alert.acknowledge", acknowledge(RUNG.alert), by=by) == ()


@pytest.mark.parametrize(
    ("alert", "by", "refusal"),
    [
        pytest.param("A-1", "OPERATOR", NotByName, id="the program's own hand"),
        pytest.param("A-2", "CHEN", UnknownAlert, id="no such alert"),
    ],
)
def test_it_takes_a_named_human_and_an_alert_that_there_is(alert: str, by: str, refusal: type[Refused]) -> None:
    with pytest.raises(refusal):
        given(ROOT).when("alert.acknowledge", acknowledge(alert), by=by)


# Through the desk


@pytest.fixture
def office(tmp_path: Path) -> Office:
    people = [
        account_added("HEAD", roles=("operator",)),
        account_added("GUEST", roles=("safety_officer",), trials=("T2",)),
    ]
    return Office(tmp_path / "log.db").begin(*people)


def raised(office: Office) -> Raised:
    """File an SAE and give the alert it owes."""
    _, alert = office.do("adverse_event.report", heard(serious="Y")).events
    assert isinstance(alert, Raised)
    return alert


@pytest.mark.parametrize(("by", "role"), [("CHEN", "safety_officer"), ("HEAD", "operator")])
def test_the_people_of_the_trial_may(office: Office, by: str, role: Role) -> None:
    alert = raised(office)
    done = office.do("alert.acknowledge", acknowledge(alert.alert), by=by)
    state = folded(office.journal.stream(alert.stream)).slice(Alert)
    assert (len(done.events), state.acknowledged_by) == (1, by)


@pytest.mark.parametrize(
    ("root", "named", "own", "taken"),
    [
        pytest.param("investigator", "A-1", Ladder(), True, id="its own"),
        pytest.param("safety_officer", "A-1", Ladder(), False, id="the officers'"),
        pytest.param("operator", "A-1", Ladder(), False, id="the operators'"),
        pytest.param("safety_officer", "A-2", Ladder(), True, id="through a rung that reached it"),
        pytest.param("safety_officer", "A-1", TO_SITE, True, id="of a ladder that climbs to it"),
    ],
)
def test_a_site_takes_on_only_what_it_is_called_for(root: Role, named: str, own: Ladder, *, taken: bool) -> None:
    rung = alert_raised("A-2", root="A-1", rung=2, role="investigator")
    lin = account_added("LIN", roles=("investigator",))
    history = given(registered(definition(ladder=own)), lin, alert_raised("A-1", role=root), rung)
    if taken:
        assert history.when("alert.acknowledge", acknowledge(named), by="LIN", role="investigator")
    else:
        with pytest.raises(OwedToAnother):
            history.when("alert.acknowledge", acknowledge(named), by="LIN", role="investigator")


@pytest.mark.parametrize(("by", "refusal"), [("AUDIT", NotPermitted), ("GUEST", OtherTrial), ("OPERATOR", NotByName)])
def test_others_may_not_and_nothing_is_stored(office: Office, by: str, refusal: type[Refused]) -> None:
    alert = raised(office)
    before = office.position
    with pytest.raises(refusal):
        office.do("alert.acknowledge", acknowledge(alert.alert), by=by)
    assert office.position == before


def test_once_acknowledged_no_rung_is_climbed(office: Office) -> None:
    alert = raised(office)
    office.do("alert.acknowledge", acknowledge(alert.alert), by="CHEN")
    rung = alert.model_copy(update={"alert": rung_id(alert, 2), "root": alert.alert, "rung": 2})
    with pytest.raises(NothingOwed, match="is acknowledged or settled"):
        office.do("alert.escalate", rung, by="OPERATOR")


# By hand


@pytest.fixture
def cli(tmp_path: Path) -> CommandLine:
    """The small trial, its officer, and one SAE on file."""
    found = with_trial(tmp_path)
    found("import", write(tmp_path / "data", ae=()), "--trial", TRIAL)
    found("account", "add", "CHEN", "--role", "safety_officer", "--name", "Chen Wei")
    sae = Reported.model_validate({"STUDYID": TRIAL, "USUBJID": "S01", "AETERM": "Stroke", "AESER": "Y"})
    found("do", "adverse_event.report", stdin=sae.model_dump_json(by_alias=True, exclude_none=True))
    return found


def alert_of(cli: CommandLine) -> dict[str, object]:
    (alert,) = cli.json("alerts", "--trial", TRIAL)["alerts"]
    assert isinstance(alert, dict)
    return alert


def test_a_person_acknowledges_and_is_named_in_the_answer(cli: CommandLine) -> None:
    alert = alert_of(cli)
    assert (alert["state"], alert["acknowledged_by"]) == ("sent", None)
    ran = cli("alerts", "acknowledge", str(alert["id"]).lower(), "--by", "chen")
    assert (ran.out, ran.err) == ("", f"Alert {alert['id']} is acknowledged.\n")
    paid = alert_of(cli)
    assert (paid["state"], paid["acknowledged_by"], paid["next_at"]) == ("acknowledged", "CHEN", None)
    assert str(paid["acknowledged_at"]) > str(paid["raised_at"])
    table = cli("alerts", "--trial", TRIAL).out
    assert "CHEN" in table.splitlines()[-1]
    before = cli.head
    assert cli("alerts", "acknowledge", alert["id"], "--by", "CHEN").err.endswith("is acknowledged already.\n")
    assert cli.head == before
    (_, event) = cli.json("history", f"{TRIAL}/alert/{alert['id']}")["events"]
    assert (event["by"], event["words"]) == ("CHEN", f"CHEN acknowledged alert {alert['id']}.")


def test_the_operators_account_is_nobody_and_an_alert_has_to_be_there(cli: CommandLine) -> None:
    alert, before = alert_of(cli)["id"], cli.head
    said = "Account OPERATOR is the program's own hand; acknowledge in your own name with --by ACCOUNT."
    assert cli.refused("alerts", "acknowledge", alert) == (1, said)
    assert cli.refused("alerts", "acknowledge", "A-9", "--by", "CHEN")[0] == 1
    assert cli.refused("alerts", "acknowledge", "a b", "--by", "CHEN")[0] == 2
    assert cli.refused("alerts") == (2, "alerts takes --trial: the id of a trial, such as NCT03265613")
    assert cli.head == before


def test_acknowledging_is_a_command_of_the_desk_like_any(cli: CommandLine) -> None:
    form = json.dumps({"STUDYID": TRIAL, "alert": str(alert_of(cli)["id"])})
    cli("do", "alert.acknowledge", "--by", "CHEN", stdin=form)
    assert alert_of(cli)["state"] == "acknowledged"
