"""Views of a page kept under a name, and what is new on the worklist since somebody looked."""

import re
from datetime import timedelta

import pytest

from safety.home import Home
from tests.builders import append, obligation_opened
from tests.web_homes import START, SUBJECT, Homes, sent, signed_in, with_a_trial, with_people, words

WORKLIST, VIEWS = "/trials/T1/worklist", "/trials/T1/views"
LATE = {"page": "worklist", "name": "Sponsor, overdue", "query": "due=late&owner=sponsor"}


@pytest.fixture
def home(homes: Homes) -> Home:
    """Three clocks of the sponsor, at positions 9 to 11, and one of the investigator at 12."""
    home = with_a_trial(homes.open())
    for name, hours, by in (
        ("LATE", -2, "sponsor"),
        ("SOON", 14, "sponsor"),
        ("LATER", 400, "sponsor"),
        ("SITE", 20, "investigator"),
    ):
        due = {"starts_at": START - timedelta(days=1), "due_at": START + timedelta(hours=hours), "due_on": None}
        append(home.journal, obligation_opened(SUBJECT, 1, obligation=f"{name}/1", owed_by=by, **due))
    return with_people(home, CHEN={"roles": ["safety_officer"]}, ZHAO={"roles": ["auditor"]})


def listed(page: str) -> list[str]:
    return re.findall(r'<span class="rule">(\w+/1)', page)


def test_a_view_is_kept_for_its_account_found_again_and_forgotten(home: Home) -> None:
    browser = signed_in(home, "CHEN")
    answer = sent(browser, VIEWS, LATE)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{WORKLIST}?due=late&owner=sponsor")
    page = browser.get(WORKLIST).text
    assert 'href="/trials/T1/worklist?due=late&amp;owner=sponsor">Sponsor, overdue</a>' in page
    assert "Sponsor, overdue" not in browser.get("/trials/T1/cases").text
    assert "Sponsor, overdue" not in signed_in(home, "ZHAO").get(WORKLIST).text
    current = browser.get(answer.headers["location"]).text
    assert re.search(r'aria-current="true">Sponsor, overdue</a>', current)
    assert "Forget this view" in current
    assert sent(browser, f"{VIEWS}/forget", LATE).status_code == 303
    assert "Sponsor, overdue" not in browser.get(WORKLIST).text


def test_only_the_pages_own_filters_are_kept(home: Home) -> None:
    browser = signed_in(home, "CHEN")
    answer = sent(
        browser, VIEWS, {"page": "cases", "name": "Theirs", "query": "serious=1&as_of=5&next=//elsewhere.org"}
    )
    assert answer.headers["location"] == "/trials/T1/cases?serious=1"


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"name": "x" * 41}, {"page": "me"}, {"query": "q" * 501}, {"name": "a\u0000b"}]
)
def test_what_is_no_view_is_refused_in_words(home: Home, wrong: dict[str, str]) -> None:
    answer = sent(signed_in(home, "CHEN"), VIEWS, {**LATE, **wrong})
    assert answer.status_code == 400
    assert "Give the view a name of at most 40 characters." in words(answer)


def test_there_is_an_end_to_views_and_the_same_name_takes_the_others_place(home: Home) -> None:
    browser = signed_in(home, "CHEN")
    for number in range(20):
        assert sent(browser, VIEWS, {**LATE, "name": f"View {number}"}).status_code == 303
    assert "You keep 20 views of this page already" in words(sent(browser, VIEWS, LATE))
    assert sent(browser, VIEWS, {**LATE, "name": "View 7", "query": "due=soon"}).status_code == 303
    assert 'worklist?due=soon">View 7</a>' in browser.get(WORKLIST).text


def test_what_is_new_since_one_looked_is_marked_and_can_be_shown_alone(home: Home, homes: Homes) -> None:
    browser = signed_in(home, "CHEN")
    assert "newmark" not in browser.get(WORKLIST).text, "who never looked has nothing that is new"
    position = home.journal.head().position
    assert sent(browser, "/trials/T1/seen", {"position": str(position), "back": WORKLIST}).status_code == 303
    assert "newmark" not in browser.get(WORKLIST).text
    due = {"starts_at": START, "due_at": START + timedelta(hours=5), "due_on": None}
    append(home.journal, obligation_opened(SUBJECT, 2, obligation="FRESH/1", **due))
    page = browser.get(WORKLIST)
    assert "1 change since you looked" in words(page)
    row = re.search(r'<tr[^>]*id="row-\w+-2-FRESH/1".*?</tr>', page.text, re.DOTALL)
    assert row is not None
    assert '<span class="newmark">New</span>' in row[0]
    assert listed(browser.get(f"{WORKLIST}?only=new").text) == ["FRESH/1"]
