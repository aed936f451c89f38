"""Several alerts acknowledged at once, each by a command of its own; and one settled with its reason."""

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from safety.aggregates.alert import Acknowledged, Alert
from safety.aggregates.clock_alert import alert_of, named
from safety.aggregates.ladder import Ladder
from safety.aggregates.obligation import Submitted
from safety.home import Home
from safety.journal.states import folded
from tests.builders import (
    T0,
    alert_raised,
    amended,
    append,
    built,
    definition,
    enrolled,
    obligation_opened,
    registered,
    reported,
)
from tests.web_homes import Homes, sent, signed_in, token, with_people, words

TO_SITE = Ladder.model_validate({"urgent": [{"role": "investigator", "after_minutes": 7}]})
SITES = [{"id": "01", "zone": "Asia/Shanghai"}, {"id": "02", "zone": "Asia/Shanghai"}]
WORKLIST, SEVERAL = "/trials/T1/worklist", "/trials/T1/alerts/acknowledge"
CASE = "/trials/T1/cases/S1/1"


@pytest.fixture
def home(homes: Homes) -> Home:
    """Two alerts of site 01, one of site 02."""
    home = homes.open()
    append(home.journal, registered(definition(sites=SITES)))
    append(home.journal, enrolled("S1"), reported("S1", 1), enrolled("S2", site="02"), reported("S2", 1))
    for name, case in (("A-1", "S1/1"), ("A-2", "S1/1"), ("A-3", "S2/1")):
        append(home.journal, alert_raised(name, concerning=(case,)))
    lin = {"roles": ["investigator"], "trials": ["T1"], "sites": ["01"]}
    return with_people(home, LIN=lin, CHEN={"roles": ["safety_officer"]}, ZHAO={"roles": ["auditor"]})


def state(home: Home, alert: str) -> Alert:
    return folded(home.journal.stream(f"T1/alert/{alert}")).slice(Alert)


def takers(home: Home) -> list[str | None]:
    return [state(home, name).acknowledged_by for name in ("A-1", "A-2", "A-3")]


def ticked(browser: TestClient, *alerts: str, act: str = "") -> Response:
    return sent(browser, SEVERAL, {"alert": list(alerts), **({"act": act} if act else {})}, WORKLIST)


def test_several_are_acknowledged_by_one_button_each_in_its_own_entry(home: Home) -> None:
    browser = signed_in(home, "CHEN")
    page = browser.get(WORKLIST).text
    assert page.count('name="alert" value="A-') == 3
    assert 'form="several"' in page
    head = home.journal.head().position
    done = ticked(browser, "A-1", "A-3", act="ACT-1")
    assert (done.status_code, done.headers["location"]) == (303, WORKLIST)
    assert takers(home) == ["CHEN", None, "CHEN"]
    assert home.journal.head().position == head + 2
    assert ticked(browser, "A-1", "A-3", act="ACT-1").status_code == 303, "sent twice it is done once"
    assert home.journal.head().position == head + 2
    assert 'name="alert"' not in browser.get(WORKLIST).text, "one alone has its own button"


def test_what_is_refused_is_told_by_name_and_the_others_are_taken(home: Home) -> None:
    browser = signed_in(home, "CHEN")
    append(home.journal, built(Acknowledged, alert="A-1", acknowledged_by="LIN"))
    answer = ticked(browser, "A-1", "A-2", "A-99")
    assert answer.status_code == 409
    told = words(answer)
    assert "Serious event reported, S1 · AE 1: LIN acknowledged it before you." in told
    assert "A-99: no such alert waits for you." in told
    assert "1 alert is acknowledged." in told
    assert takers(home) == ["LIN", "CHEN", None]


def test_nothing_ticked_is_said_and_a_name_that_is_none_is_not_there(home: Home) -> None:
    browser = signed_in(home, "CHEN")
    assert "Tick the alerts that you take on" in words(ticked(browser))
    assert ticked(browser, "../x").status_code == 404
    assert takers(home) == [None, None, None]


def test_another_sites_alert_is_answered_like_one_that_there_is_not(home: Home) -> None:
    browser = signed_in(home, "LIN")
    assert 'value="A-3"' not in browser.get(WORKLIST).text
    theirs, nowhere = (words(ticked(browser, name)).replace(name, "") for name in ("A-3", "A-99"))
    assert "no such alert waits for you" in theirs
    assert theirs == nowhere
    assert takers(home) == [None, None, None]
    assert ticked(signed_in(home, "ZHAO"), "A-1").status_code == 404


def test_an_alert_is_settled_by_an_officer_with_the_reason(home: Home) -> None:
    browser = signed_in(home, "CHEN")
    settle = "/trials/T1/alerts/A-1/settle"
    assert f'href="{settle}"' in browser.get(WORKLIST).text
    assert "Nobody is told of it any more" in words(browser.get(settle))
    without = sent(browser, settle, {"why": ""}, settle)
    assert (without.status_code, "Say why nothing further is owed" in words(without)) == (422, True)
    assert not state(home, "A-1").settled
    assert sent(browser, settle, {"why": "told by telephone"}, settle).status_code == 303
    assert state(home, "A-1").settled
    assert "It is settled already" in words(browser.get(settle))
    assert "nothing further is owed of it any more" in words(ticked(browser, "A-1"))
    case = words(browser.get(CASE))
    assert "Alert settled: Serious event reported" in case
    assert "told by telephone" in case


@pytest.mark.parametrize(("account", "alert"), [("LIN", "A-1"), ("ZHAO", "A-1"), ("CHEN", "A-99"), ("CHEN", "..x")])
def test_who_may_not_or_what_is_not_there_is_answered_alike(home: Home, account: str, alert: str) -> None:
    browser = signed_in(home, account)
    assert browser.get(f"/trials/T1/alerts/{alert}/settle").status_code == 404
    said = {"csrf": token(browser.get("/")), "why": "no"}
    assert browser.post(f"/trials/T1/alerts/{alert}/settle", data=said).status_code == 404
    assert "/settle" not in browser.get(WORKLIST).text or account == "CHEN"


def test_the_alert_of_a_clock_that_runs_is_not_offered_to_be_settled(home: Home) -> None:
    opened = obligation_opened("S1", 1, obligation="T-15/1")
    alert = alert_of(named(opened))
    append(home.journal, opened, alert)
    browser, settle = signed_in(home, "CHEN"), f"/trials/T1/alerts/{alert.alert}/settle"
    for page in (WORKLIST, CASE):
        shown = browser.get(page).text
        assert (settle in shown, "/trials/T1/alerts/A-1/settle" in shown) == (False, True)
    asked = browser.get(settle)
    assert (asked.status_code, 'name="why"' in asked.text) == (200, False)
    assert "tells of a clock that runs, and is settled with it" in words(asked)
    refused = sent(browser, settle, {"why": "told by telephone"}, settle)
    assert (refused.status_code, "tells of a clock that runs" in words(refused)) == (422, True)
    said = {"subject": "S1", "number": 1, "obligation": "T-15/1", "to": opened.to, "sent_at": T0}
    append(home.journal, built(Submitted, **said))
    assert settle in browser.get(WORKLIST).text
    assert settle in browser.get(CASE).text
    assert 'name="why"' in browser.get(settle).text


def offered(home: Home, account: str) -> list[bool]:
    """Whether somebody is offered to acknowledge A-1, on the list and on the page of the case."""
    browser = signed_in(home, account)
    return ["/alerts/A-1/acknowledge" in browser.get(page).text for page in (WORKLIST, CASE)]


def test_what_the_desk_would_take_is_offered_by_every_role_that_somebody_holds(home: Home) -> None:
    both = {"roles": ["investigator", "safety_officer"], "trials": ["T1"], "sites": ["01"]}
    with_people(home, BOTH=both)
    assert [offered(home, name) for name in ("LIN", "BOTH", "ZHAO")] == [[False] * 2, [True] * 2, [False] * 2]
    assert sent(signed_in(home, "LIN"), "/trials/T1/alerts/A-1/acknowledge").status_code != 303
    append(home.journal, amended(definition(sites=SITES, ladder=TO_SITE)))
    assert offered(home, "LIN") == [True, True], "its ladder climbs to the investigator"
    assert sent(signed_in(home, "BOTH"), "/trials/T1/alerts/A-1/acknowledge").status_code == 303
    assert takers(home)[0] == "BOTH"
