"""An account: added once, by an operator, in roles and trials; names and addresses are not its matter."""

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from safety.aggregates.account import (
    AbsenceSet,
    Account,
    AccountExists,
    AccountRevoked,
    Added,
    Changed,
    NothingChanged,
    NotOneself,
    NotPermitted,
    OperatorStays,
    Revoked,
    UnknownAccount,
    evolve,
)
from safety.aggregates.deciding import Form, Refused, UnknownEvent
from safety.aggregates.register import COMMANDS
from safety.desk import authorised
from safety.journal import Journal
from safety.projections import Views
from safety.projections.on_duty import Recipient, recipients
from tests.builders import T0, account_added, append, opened, registered
from tests.given import given


def test_a_person_may_act_in_roles_and_trials() -> None:
    form = account_added("lin", roles=("investigator", "auditor"), trials=("t1", "Ｔ２"))
    assert form.stream == "-/account/LIN"
    assert given().when("account.add", form) == (form,)
    assert given(form)(form.stream, Account) == Account(("investigator", "auditor"), ("T1", "T2"))


def test_an_account_that_nobody_added_has_no_role() -> None:
    assert given()("-/account/LIN", Account) == Account((), ())


def test_an_account_is_added_once() -> None:
    with pytest.raises(AccountExists, match="Account LIN exists already; choose another id"):
        given(account_added("LIN")).when("account.add", account_added("lin", roles=("operator",)))


@pytest.mark.parametrize("roles", [(), ("sponsor",), ("OPERATOR",), "operator"])
def test_roles_are_of_the_list_and_at_least_one(roles: object) -> None:
    with pytest.raises(ValidationError, match="roles"):
        Added.model_validate({"account": "LIN", "roles": roles})


def test_an_account_holds_no_name_and_no_address() -> None:
    assert set(Added.model_fields) == {"account", "roles", "trials", "sites"}


def test_an_event_of_another_aggregate_is_not_folded() -> None:
    with pytest.raises(UnknownEvent, match="Registered"):
        evolve(Account(), registered())


def test_a_deputy_acts_as_safety_officer() -> None:
    states = given(account_added("XU", roles=("deputy_safety_officer",)))
    roles = COMMANDS["adverse_event.assess_expectedness"].roles
    assert authorised(states, "x", roles=roles, trial="T1", by="XU", at=T0).role == "safety_officer"
    with pytest.raises(NotPermitted):
        authorised(states, "x", roles=COMMANDS["account.add"].roles, trial=None, by="XU", at=T0)


# Changed and revoked

LIN, OPERATOR = account_added("LIN"), account_added("OPERATOR", roles=("operator",))
AUDITOR = Changed(account="LIN", roles=("auditor",), trials=("T2",), sites=("02",))
GONE = Revoked(account="LIN")


def test_other_roles_take_the_place_of_those_an_account_had() -> None:
    assert given(LIN).when("account.change", AUDITOR) == (AUDITOR,)
    assert given(LIN, AUDITOR)(LIN.stream, Account) == Account(("auditor",), ("T2",), sites=("02",))


def test_who_is_revoked_may_do_nothing_until_let_in_again() -> None:
    assert given(LIN).when("account.revoke", GONE) == (GONE,)
    roles = COMMANDS["alert.acknowledge"].roles
    with pytest.raises(AccountRevoked, match="Account LIN was revoked"):
        authorised(given(LIN, GONE), "x", roles=roles, trial=None, by="LIN", at=T0)
    again = Changed(account="LIN", roles=("safety_officer",))
    assert given(LIN, GONE).when("account.change", again) == (again,)
    assert authorised(given(LIN, GONE, again), "x", roles=roles, trial=None, by="LIN", at=T0).role == "safety_officer"


@pytest.mark.parametrize(
    ("history", "command", "form", "refusal"),
    [
        pytest.param([LIN, GONE], "account.add", LIN, AccountRevoked, id="an id is never given to another"),
        pytest.param([LIN, GONE], "account.revoke", GONE, AccountRevoked, id="revoked once"),
        pytest.param([], "account.revoke", GONE, UnknownAccount, id="revoked, never added"),
        pytest.param([], "account.change", AUDITOR, UnknownAccount, id="changed, never added"),
        pytest.param([LIN, AUDITOR], "account.change", AUDITOR, NothingChanged, id="changed into the same"),
        pytest.param([OPERATOR], "account.revoke", Revoked(account="OPERATOR"), OperatorStays, id="the program's hand"),
        pytest.param(
            [OPERATOR], "account.change", Changed(account="OPERATOR", roles=("auditor",)), OperatorStays, id="its role"
        ),
    ],
)
def test_what_cannot_be_changed_or_revoked_is_refused(
    history: list[Form], command: str, form: Form, refusal: type[Refused]
) -> None:
    with pytest.raises(refusal):
        given(*history).when(command, form)


def test_nobody_revokes_oneself() -> None:
    with pytest.raises(NotOneself, match="another operator"):
        given(account_added("LIN", roles=("operator",))).when("account.revoke", GONE, by="LIN", role="operator")


def test_who_is_revoked_fills_no_role_and_covers_for_nobody(journal: Journal, tmp_path: Path) -> None:
    officers = (account_added("CHEN"), account_added("WANG"))
    away = AbsenceSet(account="CHEN", from_at=T0, until_at=T0 + timedelta(days=9), covered_by="WANG")
    append(journal, opened(), *officers, away)
    views = Views(tmp_path)
    views.catch_up(journal)
    later = T0 + timedelta(days=1)
    with views.connect() as connection:
        assert recipients(connection, "safety_officer", "T1", later) == [Recipient("WANG", "holder")]
    append(journal, Revoked(account="WANG"))
    views.catch_up(journal)
    with views.connect() as connection:
        assert recipients(connection, "safety_officer", "T1", later) == [Recipient("OPERATOR", "vacant")]
    views.close()
