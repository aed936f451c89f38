"""An account: added once, by an operator, in roles and trials; names and addresses are not its matter."""

import pytest
from pydantic import ValidationError

from safety.aggregates.account import Account, AccountExists, Added, NotPermitted, evolve
from safety.aggregates.deciding import UnknownEvent
from safety.aggregates.register import COMMANDS
from safety.desk import authorised
from tests.builders import T0, account_added, registered
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
    assert set(Added.model_fields) == {"account", "roles", "trials"}


def test_an_event_of_another_aggregate_is_not_folded() -> None:
    with pytest.raises(UnknownEvent, match="Registered"):
        evolve(Account(), registered())


def test_a_deputy_acts_as_safety_officer() -> None:
    states = given(account_added("XU", roles=("deputy_safety_officer",)))
    roles = COMMANDS["adverse_event.assess_expectedness"].roles
    assert authorised(states, "x", roles=roles, trial="T1", by="XU", at=T0).role == "safety_officer"
    with pytest.raises(NotPermitted):
        authorised(states, "x", roles=COMMANDS["account.add"].roles, trial=None, by="XU", at=T0)
