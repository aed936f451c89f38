"""The first pages: trials and cases as each role sees them, now and as of a moment, in both languages."""

import re
from datetime import timedelta
from html.parser import HTMLParser
from importlib.resources import files

import pytest
from httpx2 import Response

from safety.aggregates.alert import Acknowledged
from safety.aggregates.obligation import Cancelled
from safety.home import Home
from tests.builders import (
    append,
    built,
    composed,
    definition,
    enrolled,
    obligation_opened,
    registered,
    reported,
    sent,
)
from tests.web_homes import START, SUBJECT, TERM, Homes, client, signed_in, with_a_trial, with_people

CHINESE = {"accept-language": "zh-CN,zh;q=0.9,en;q=0.5"}


@pytest.fixture
def home(homes: Homes) -> Home:
    return with_people(
        with_a_trial(homes.open()),
        LIN={"roles": ["investigator"], "trials": ["T1"]},
        CHEN={"roles": ["safety_officer"]},
        ZHAO={"roles": ["auditor"], "trials": ["T1"]},
    )


def words(page: Response) -> str:
    """The text of a page, with its tags and breaks taken for spaces."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


def test_the_first_page_lists_ones_trials_with_what_they_hold_and_owe(home: Home) -> None:
    append(home.journal, registered(definition(title="Another trial"), code="T2"))
    told = words(signed_in(home, "CHEN").get("/"))
    assert "You have part in 2 trials." in told
    assert "T1 A trial 1 1 2 1 alert not yet delivered 1 alert unanswered" in told
    mine = words(signed_in(home, "ZHAO").get("/"))
    assert "You have part in 1 trial." in mine
    assert "T2" not in mine


def test_an_alert_that_was_delivered_is_not_told_as_owed(home: Home) -> None:
    append(home.journal, composed(), sent())
    assert "1 alert unanswered every alert delivered" in words(signed_in(home, "CHEN").get("/"))


def test_what_is_overdue_stands_before_what_is_unanswered_and_neither_hides_behind_what_is_delivered(
    home: Home,
) -> None:
    append(home.journal, composed(), sent(), obligation_opened(SUBJECT, 1, due_at=START - timedelta(hours=1)))
    browser = signed_in(home, "CHEN")
    named = {"subject": SUBJECT, "number": 1, "obligation": "GOLD-15/1"}
    assert "1 clock overdue or due now 1 alert unanswered every alert delivered" in words(browser.get("/"))
    append(home.journal, built(Cancelled, **named, reason="not_applicable"))
    append(home.journal, built(Acknowledged, alert="A-1", acknowledged_by="CHEN"))
    assert "nothing: every alert is delivered and acknowledged" in words(browser.get("/"))


def test_the_cases_are_listed_with_what_makes_them_reportable(home: Home) -> None:
    page = signed_in(home, "CHEN").get("/trials/T1/cases")
    assert page.status_code == 200
    told = words(page)
    assert "2 adverse events in 1 subject." in told
    assert (
        f"{SUBJECT} · AE 1 Pyrexia {TERM} not recorded 5 Mar 2018 study day 5 infusion no. 1 4 days after Serious: yes."
        in told
    )
    assert f"{SUBJECT} · AE 2" in told
    only = words(signed_in(home, "CHEN").get("/trials/T1/cases?serious=1"))
    assert f"{SUBJECT} · AE 1" in only
    assert f"{SUBJECT} · AE 2" not in only


def test_the_past_shows_what_the_log_held_and_says_so_in_stamp_and_banner(home: Home) -> None:
    page = signed_in(home, "ZHAO").get("/trials/T1/cases?as_of=6")
    told = words(page)
    assert "1 adverse event in 1 subject." in told
    assert "Past Log position log 6" in told
    assert "You are looking at the past" in told
    assert 'class="is-past"' in page.text
    assert 'href="/trials/T1/cases?as_of=6"' in page.text, "who looks at the past stays in it"


@pytest.mark.parametrize(
    ("as_of", "status"),
    [
        ("2026-03-01", 200),
        ("2026-03-01 17:00:01", 200),
        ("2026-03-01T09:00:01Z", 200),
        ("2026-03-01 09:00", 400),
        ("0", 400),
        ("99", 400),
        ("soon", 400),
    ],
)
def test_a_moment_is_a_position_a_date_or_a_time(home: Home, as_of: str, status: int) -> None:
    page = signed_in(home, "ZHAO").get("/trials/T1/cases", params={"as_of": as_of})
    assert page.status_code == status
    assert ("choose" in words(page) or "Write the moment as" in words(page)) == (status == 400)
    assert "soon" not in page.text, "an error says what to write, not what was written"


def test_an_investigator_sees_and_counts_the_own_site_alone(home: Home) -> None:
    two = definition(sites=[{"id": "01", "zone": "Asia/Shanghai"}, {"id": "02", "zone": "Asia/Shanghai"}])
    append(home.journal, registered(two, code="T2"))
    append(home.journal, enrolled("OURS", site="01", trial="T2"), reported("OURS", 1, trial="T2"))
    append(home.journal, enrolled("THEIRS", site="02", trial="T2"), reported("THEIRS", 1, trial="T2"))
    with_people(home, WANG={"roles": ["investigator"], "trials": ["T2"], "sites": ["01"]})
    with_people(home, NONE={"roles": ["investigator"], "trials": ["T2"]})
    page = signed_in(home, "WANG").get("/trials/T2/cases")
    assert "OURS" in page.text
    assert "THEIRS" not in page.text
    assert "1 adverse event in 1 subject." in words(page)
    assert "0 adverse events in 0 subjects." in words(signed_in(home, "NONE").get("/trials/T2/cases"))
    assert "Counts of all sites together are not for one site." in words(signed_in(home, "WANG").get("/"))
    assert "2 adverse events in 2 subjects." in words(signed_in(home, "CHEN").get("/trials/T2/cases"))


def test_the_browsers_language_is_spoken_and_the_chosen_one_wins(home: Home) -> None:
    browser = signed_in(home, "CHEN")
    page = browser.get("/trials/T1/cases", headers=CHINESE)
    assert page.headers["content-language"] == "zh-Hans"
    assert '<html lang="zh-Hans">' in page.text
    assert "2 例不良事件 涉及 1 名受试者。" in words(page)
    form = {"language": "en", "back": "/trials/T1/cases", "csrf": page.text.partition('csrf" value="')[2][:64]}
    back = browser.post("/language", data=form, headers=CHINESE)
    assert back.url.path == "/trials/T1/cases"
    assert '<html lang="en">' in back.text


def test_a_title_is_text(home: Home) -> None:
    append(home.journal, registered(definition(title="<script>x</script> & Co", provenance="Made up."), code="T3"))
    page = signed_in(home, "CHEN").get("/")
    assert "&lt;script&gt;x&lt;/script&gt; &amp; Co" in page.text
    assert "T3: Made up." in words(page)


class Links(HTMLParser):
    """Collects what a page refers to, and whatever a content security policy would stop."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.to: list[str] = []
        self.inline: list[str] = []
        self._script = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        self.to += [value or "" for name, value in attrs if name in {"href", "src", "action"}]
        self.inline += [name for name, _ in attrs if name == "style" or name.startswith("on")]
        self.inline += [tag] if tag == "style" or (tag == "script" and not said.get("src")) else []
        self._script = tag == "script"

    def handle_data(self, data: str) -> None:
        self.inline += [data] if self._script and data.strip() else []
        self._script = False


def test_the_pages_load_nothing_from_elsewhere_nothing_inline_and_link_to_nothing_that_is_not_there(home: Home) -> None:
    browser = signed_in(home, "CHEN")
    for path in ("/", "/trials/T1/cases", "/trials/T1/cases?as_of=6", "/nowhere"):
        links = Links(browser.get(path).text)
        assert links.inline == []
        for address in {link for link in links.to if not link.startswith("#")} - {"/sign-out", "/language"}:
            file, _, part = address.partition("#")
            assert file.startswith("/")
            answer = browser.get(file)
            assert answer.status_code == 200, address
            assert not part or f'<symbol id="{part}"' in answer.text
    for file in ("vigilog.css", "icons.svg", "favicon.svg", "keys.js"):
        text = files("safety.web").joinpath("static", file).read_text(encoding="utf-8")
        assert not re.search(r"@import|url\(|https?://(?!www\.w3\.org/2000/svg)", text)


def test_a_desk_that_is_not_ready_names_what_does_not_answer_and_shows_no_count(home: Home, homes: Homes) -> None:
    browser = signed_in(home, "CHEN")
    home.journal.close()
    page = browser.get("/")
    assert page.status_code == 503
    assert "log: does not answer (Unavailable)" in page.text
    assert "T1" not in page.text


def test_a_drill_and_a_demonstration_say_what_they_are_before_anybody_signs_in(homes: Homes) -> None:
    assert "Demonstration" in words(client(homes.open("demo")).get("/sign-in"))
    drill = with_people(with_a_trial(homes.open("drill")), CHEN={"roles": ["safety_officer"]})
    assert "Drill" in words(client(drill).get("/sign-in"))
    page = signed_in(drill, "CHEN").get("/")
    assert "This is an exercise" in page.text
    assert "stamp push is-drill" in page.text


def test_a_session_that_lasts_keeps_the_page_of_the_clock_that_is_told(home: Home, homes: Homes) -> None:
    browser = signed_in(home, "CHEN")
    homes.now += timedelta(minutes=5)
    assert "Sun 1 Mar 2026, 17:05" in browser.get("/trials/T1/cases").text
