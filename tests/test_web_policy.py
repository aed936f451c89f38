"""The policy against the matrix written by hand, cell by cell; and every route of the desk against both."""

import re

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from safety.aggregates.account import Account
from safety.aggregates.register import COMMANDS
from safety.home import Home
from safety.values import FieldClass, Role
from safety.web.declaring import Pages, Undeclared, action_of, check_declared
from safety.web.door import OPENED, door
from safety.web.policy import ROLES, RULES, granted, own_sites, rules
from tests.authorisation_matrix import ANYONE, IN_CLEAR, WHERE, allowed
from tests.builders import append, definition, enrolled, registered, reported
from tests.web_homes import Homes, signed_in, token, with_people

pytestmark = pytest.mark.uncovered

SITES = [{"id": "01", "zone": "Asia/Shanghai"}, {"id": "02", "zone": "Asia/Shanghai"}]


def permits(role: Role, action: str, where: str) -> bool:
    """What the policy says of one cell: may who is of trial T1 and site 01 act on a thing that lies there or elsewhere?"""
    account = Account((role,), ("T1",), sites=("01",))
    grant = granted(account, action, "T2" if where == "other trial" else "T1")
    if RULES[action].anyone:
        return True
    if grant is None:
        return False
    site = "02" if where == "other site" else "01"
    return grant.relation != "site" or site in own_sites(account, ("01", "02"))


@pytest.mark.parametrize("action", sorted(RULES))
def test_the_policy_is_the_matrix(action: str) -> None:
    told = {(role, where): permits(role, action, where) for role in ROLES for where in WHERE}
    assert told == {(role, where): allowed(role, action, where) for role in ROLES for where in WHERE}
    assert RULES[action].anyone == (action in ANYONE)


def test_free_text_contacts_and_unblinded_values_are_read_where_the_matrix_says() -> None:
    for role in ROLES:
        text = {a for a, rule in RULES.items() if role in rule.grants and FieldClass.TEXT in rule.grants[role].fields}
        assert text == IN_CLEAR[role]
        contact = {
            a for a, rule in RULES.items() if role in rule.grants and FieldClass.CONTACT in rule.grants[role].fields
        }
        assert contact == ({"people.read", "people.change", "account.add"} if role == "operator" else set())
    assert not [rule for rule in RULES.values() for g in rule.grants.values() if FieldClass.UNBLINDED in g.fields]


def test_who_only_reads_is_granted_nothing_that_writes() -> None:
    assert [rule.action for rule in RULES.values() if rule.kind == "writes" and "auditor" in rule.grants] == []


def test_no_screen_offers_what_the_desk_would_refuse() -> None:
    asked = {name: command.roles for name, command in COMMANDS.items() if name in RULES}
    assert len(asked) > 15
    assert {name for name, roles in asked.items() if set(RULES[name].grants) - roles} == set()


@pytest.mark.parametrize(
    "table",
    [
        "action kind anyone operator investigator",
        "action kind anyone operator investigator safety_officer auditor\nx.y reads - - - -",
        "action kind anyone operator investigator safety_officer auditor\nx.y looks - - - - -",
        "action kind anyone operator investigator safety_officer auditor\nx.y reads - - - - some",
        "action kind anyone operator investigator safety_officer auditor\nx.y reads - - - - all+secrets",
        "action kind anyone operator investigator safety_officer auditor\nx.y reads - - - - -\nx.y reads - - - - -",
    ],
)
def test_a_table_with_a_fault_is_no_table(table: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011, each row says its own sentence
        rules(table)


def test_who_names_no_site_has_the_only_one_or_none() -> None:
    assert own_sites(Account(("investigator",)), ("01",)) == {"01"}
    assert own_sites(Account(("investigator",)), ("01", "02")) == frozenset()
    assert own_sites(Account(("investigator",), (), sites=("02", "03")), ("01", "02")) == {"02"}


# --- routes -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def home(homes: Homes) -> Home:
    """Two trials of two sites each; one account a role, of trial T1 and site 01."""
    opened = homes.open()
    for trial in ("T1", "T2"):
        append(opened.journal, registered(definition(sites=SITES), code=trial))
        for site in ("01", "02"):
            subject = f"{trial}S{site}"
            append(opened.journal, enrolled(subject, trial=trial, site=site), reported(subject, trial=trial))
    return with_people(opened, **{role.upper(): {"roles": [role], "trials": ["T1"], "sites": ["01"]} for role in ROLES})


def test_a_route_that_names_no_action_stops_the_start(home: Home) -> None:
    app = door(home)
    app.add_api_route("/forgotten", lambda: "open to all")
    with pytest.raises(Undeclared, match="/forgotten"):
        check_declared(app, OPENED)


def test_an_included_router_stops_the_start(home: Home) -> None:
    app = door(home)
    hidden = Pages()
    hidden.shows("/hidden", "case.list")(lambda: "never looked at")
    app.include_router(hidden)
    with pytest.raises(Undeclared):
        check_declared(app, OPENED)


def test_an_action_the_policy_does_not_know_and_a_form_for_one_that_reads_stop_it_too() -> None:
    with pytest.raises(Undeclared, match=r"no action case\.burn"):
        Pages().shows("/burn", "case.burn")
    with pytest.raises(Undeclared, match="only reads"):
        Pages().takes("/cases", "case.list")


def test_the_doors_own_paths_are_open_to_anyone_by_the_policy() -> None:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.add_api_route("/healthz", lambda: "ok")
    with pytest.raises(Undeclared):
        check_declared(app, {"/healthz": "case.list"})
    check_declared(app, {"/healthz": "probe.health"})


def asked(browser: TestClient, path: str, method: str) -> tuple[int, str]:
    if method == "GET":
        answer = browser.get(path, follow_redirects=False)
    else:
        answer = browser.post(
            path, data={"csrf": token(browser.get("/sign-in", follow_redirects=True))}, follow_redirects=False
        )
    return answer.status_code, answer.text


@pytest.mark.parametrize("role", ROLES)
def test_every_route_answers_as_the_matrix_says_and_what_is_not_yours_is_not_there(home: Home, role: Role) -> None:
    browser = signed_in(home, role.upper())
    nowhere = {api: browser.get("/api/nowhere" if api else "/nowhere").text for api in (True, False)}
    routes = [route for route in door(home).routes if isinstance(route, APIRoute) and action_of(route)]
    assert len(routes) >= 8
    for route in routes:
        action, method = str(action_of(route)), next(iter(route.methods or ()))
        if route.path.startswith("/api/") and method == "POST":
            continue  # takes no form; asked with tokens in test_authorisation_matrix.py
        if action in {"session.end", "session.begin", "credential.begin"}:
            continue  # their own tests; one of them would end this session
        for trial, where in (("T1", "own site"), ("T2", "other trial"), ("T9", "other trial")):
            path = re.sub(r"\{\w+\}", "1", route.path.replace("{trial}", trial))
            status, body = asked(browser, path, method)
            may = allowed(role, action, where if "{trial}" in route.path else "own site")
            if not may:
                assert (status, body) == (404, nowhere[path.startswith("/api/")]), (action, path)
            elif re.findall(r"\{(\w+)\}", route.path) in ([], ["trial"]) and trial != "T9":
                assert status != 404, (action, path)


def test_another_site_is_neither_seen_nor_counted(home: Home) -> None:
    for role, shown in (("INVESTIGATOR", False), ("SAFETY_OFFICER", True), ("AUDITOR", True), ("OPERATOR", True)):
        page = signed_in(home, role).get("/trials/T1/cases").text
        assert "T1S01" in page
        assert ("T1S02" in page) is shown
        assert ("<b>2 adverse events</b>" in page) is shown
        assert "T2S" not in page
