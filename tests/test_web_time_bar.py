"""The time bar: on every page that can be shown as of a moment, with the page's own filters, and on no other."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fastapi.routing import APIRoute

from safety.home import Home
from safety.web.declaring import action_of
from safety.web.pages import groups
from safety.web.policy import RULES
from safety.web.time_bar import SAME_AT_EVERY_MOMENT, SHOWN_AS_OF
from tests.builders import append, definition, enrolled, given, registered, reported
from tests.test_web_pages import CHINESE, words
from tests.web_homes import SUBJECT, Homes, signed_in, with_a_trial, with_people

SHOWS_NOW = {
    "/admin": "who is on duty, addresses and channels are kept as they are now",
    "/admin/trials": "it counts what would keep an alert of now from reaching anybody",
    "/admin/packs": "the packs that come with the program",
    "/admin/packs/{pack}": "the packs that come with the program",
    "/admin/people": "names, addresses and ways to sign in are kept as they are now",
    "/admin/people/{account}": "names, addresses and ways to sign in are kept as they are now",
    "/admin/channels": "what is configured now",
    "/admin/access": "the access log is another log",
    "/trials/{trial}/rota": "who hears of an alert that is raised now",
    "/me": "one's own account",
    "/me/tokens": "one's own tokens",
    "/kept": "what one was sending when the session ended",
    "/sign-in": "nobody is signed in",
    "/sign-in/elsewhere": "nobody is signed in",
    "/sign-in/elsewhere/back": "nobody is signed in",
    "/first/{link}": "nobody is signed in",
}
NO_PAGE = {
    "/trials/{trial}/live": "a line that stays open",
    "/trials/{trial}/reports/{kind}/{period}/page": "a report as it was issued",
    "/trials/{trial}/reports/{kind}/{period}/text": "a report as it was issued",
    "/trials/{trial}/reports/{kind}/{period}/file": "a report as it was issued",
}
CASE = f"/trials/T1/cases/{SUBJECT}/1"
ADDRESSES = {
    "/": "/",
    "/trials/{trial}/worklist": "/trials/T1/worklist?serious=1",
    "/trials/{trial}/subjects": "/trials/T1/subjects",
    "/trials/{trial}/subjects/{subject}": f"/trials/T1/subjects/{SUBJECT}",
    "/trials/{trial}/cases": f"/trials/T1/cases?subject={SUBJECT}&serious=1",
    "/trials/{trial}/cases/{subject}/{number}": CASE,
    "/trials/{trial}/cases/{subject}/{number}/narrative": f"{CASE}/narrative",
    "/trials/{trial}/duplicates": "/trials/T1/duplicates",
    "/trials/{trial}/queries": "/trials/T1/queries",
    "/trials/{trial}/incidence": "/trials/T1/incidence?by=grade&window=all",
    "/trials/{trial}/listing": "/trials/T1/listing?arm=AD-MSC&measure=serious",
    "/trials/{trial}/history": "/trials/T1/history?a=4&b=6",
    "/trials/{trial}/definition": "/trials/T1/definition",
    "/trials/{trial}/packs": "/trials/T1/packs",
    "/trials/{trial}/packs/what-if": "/trials/T1/packs/what-if?pack=ICH-E2A&pack=EU-CTR",
    "/trials/{trial}/reports": "/trials/T1/reports",
}
OF_A_STATE = {"/trials/{trial}/packs/{sha256}", "/trials/{trial}/reports/{kind}/{period}"}
"""Pages of a pack that is adopted, of a report that is due: the trial here has neither."""


class Bar(HTMLParser):
    """Reads the time bar of a page: its forms, each with its address and what it would send."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[tuple[str, list[tuple[str, str]]]] = []
        self.slider: dict[str, str | None] = {}
        self._within = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "section" and said.get("id") == "moment":
            self._within = True
        elif self._within and tag == "form":
            assert said["method"] == "get"
            self.forms.append((said["action"] or "", []))
        elif self._within and tag == "input":
            self.forms[-1][1].append((said["name"] or "", said.get("value") or ""))
            if said.get("type") == "range":
                self.slider = said

    def handle_endtag(self, tag: str) -> None:
        self._within &= tag != "section"


@pytest.fixture
def homes(tmp_path: Path) -> Iterator[Homes]:
    opened = Homes(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def home(homes: Homes) -> Home:
    return with_people(
        with_a_trial(homes.open()),
        LIN={"roles": ["investigator"], "trials": ["T1"]},
        CHEN={"roles": ["safety_officer"], "trials": ["T1"]},
        ZHAO={"roles": ["auditor"], "trials": ["T1"]},
        OPS={"roles": ["operator"], "trials": ["T1"]},
    )


def routes() -> dict[str, str]:
    """Every page that is asked for, with its action; files that are exported are no pages."""
    found = {
        route.path: action_of(route) or ""
        for group in groups()
        for route in group.routes
        if isinstance(route, APIRoute) and "GET" in (route.methods or ())
    }
    return {path: action for path, action in found.items() if not action.endswith(".export")}


def test_each_page_is_known_to_have_the_bar_or_to_be_without_it() -> None:
    forms = {path for path, action in routes().items() if RULES[action].kind == "writes"}
    assert forms.isdisjoint(SHOWN_AS_OF), "nothing is written in the past"
    known = [SHOWN_AS_OF, SAME_AT_EVERY_MOMENT, SHOWS_NOW, NO_PAGE, forms]
    assert sorted(path for part in known for path in part) == sorted(routes()), "each path stands in one of them"
    assert ADDRESSES.keys() | OF_A_STATE == SHOWN_AS_OF


@pytest.mark.parametrize("path", sorted(ADDRESSES))
def test_the_bar_leads_to_the_same_page_with_its_filters(home: Home, path: str) -> None:
    auditor, address = signed_in(home, "ZHAO"), ADDRESSES[path]
    page = auditor.get(address)
    assert page.status_code == 200, page.text
    bar, (where, _, query) = Bar(page.text), address.partition("?")
    filters = [(name, value) for name, _, value in (part.partition("=") for part in query.split("&") if part)]
    assert [form for form, _ in bar.forms] == [where, where]
    for _, sends in bar.forms:
        assert sends[:-1] == filters
        assert sends[-1][0] == "as_of"
    first = 1 if path == "/" else 3
    assert (bar.slider["min"], bar.slider["max"]) == (str(first), str(home.journal.head().position))
    assert 'href="#moment"' in page.text, "the stamp leads there"
    then: list[tuple[str, str | int | float | bool | None]] = [*filters, ("as_of", "6")]
    past = auditor.get(where, params=then)
    assert past.status_code == 200, past.text
    assert 'class="is-past"' in past.text
    assert "Later entries are hidden" in past.text
    back = re.search(r'href="([^"]*)" data-key="\."', past.text)
    assert back is not None
    assert back[1].replace("&amp;", "&") == address, "the way back keeps the filters too"


def test_pages_that_do_not_depend_on_the_moment_have_no_bar(home: Home) -> None:
    operator = signed_in(home, "OPS")
    for path in ("/me", "/admin", "/admin/people", "/admin/packs", "/trials/T1/rota"):
        assert 'id="moment"' not in operator.get(path).text, path
    told = words(operator.get("/trials/T1/rota?as_of=6"))
    assert "You are looking at the past" in told
    assert "This page is not kept for every moment" in told
    assert 'id="moment"' not in signed_in(home, "LIN").get("/trials/T1/file").text, "a form writes now"


def test_what_has_just_been_done_and_the_page_of_rows_stay_behind(home: Home) -> None:
    page = signed_in(home, "LIN").get(f"/trials/T1/subjects/{SUBJECT}?filed=1&recorded=dose")
    assert [[name for name, _ in sends] for _, sends in Bar(page.text).forms] == [["as_of"], ["as_of"]]


def test_it_stands_open_for_who_looks_back_and_folded_for_who_works(home: Home) -> None:
    def shown(account: str, path: str) -> bool:
        return 'class="timebar is-shown' in signed_in(home, account).get(path).text

    assert [shown("ZHAO", "/trials/T1/cases"), shown("CHEN", "/trials/T1/cases")] == [True, False]
    assert shown("CHEN", "/trials/T1/cases?as_of=6")
    assert shown("CHEN", "/trials/T1/history")


def test_a_date_and_a_time_lead_to_the_moment_as_well_and_nonsense_is_refused(home: Home, homes: Homes) -> None:
    homes.now += timedelta(days=2)
    append(home.journal, reported(SUBJECT, 3))
    auditor = signed_in(home, "ZHAO")
    assert "3 adverse events in 1 subject" in words(auditor.get("/trials/T1/cases"))
    for moment in ("2026-03-01", "2026-03-02 12:00", "8"):
        assert "2 adverse events in 1 subject" in words(auditor.get("/trials/T1/cases", params={"as_of": moment}))
    assert auditor.get("/trials/T1/cases?as_of=nonsense").status_code == 400


def test_the_slider_begins_with_the_trial_and_says_its_days(homes: Homes) -> None:
    home = with_people(with_a_trial(homes.open()), ZHAO={"roles": ["auditor"]}, LIN={"roles": ["investigator"]})
    homes.now += timedelta(days=40)
    append(home.journal, registered(definition(title="Another trial"), code="T2"))
    began = home.journal.head().position
    homes.now += timedelta(days=40)
    append(home.journal, enrolled("S1", trial="T2"), given("S1", trial="T2"))
    page = signed_in(home, "ZHAO").get("/trials/T2/cases")
    assert Bar(page.text).slider["min"] == str(began)
    assert "10 Apr 2026" in words(page)
    assert "2026-04-10" in words(signed_in(home, "ZHAO").get("/trials/T2/cases", headers=CHINESE))
    assert "10 Apr 2026" not in words(signed_in(home, "LIN").get("/trials/T2/cases")), "other sites' days are not told"


def test_the_first_page_tells_of_the_past_without_what_is_owed_now(home: Home) -> None:
    told = words(signed_in(home, "CHEN").get("/?as_of=6"))
    assert "delivery is not told of the past" in told
    assert "not yet delivered" not in told
