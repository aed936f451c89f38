"""The page for people: what it counts, what it says to do next, and that it loads nothing from elsewhere."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import pytest

from safety.home import Home
from safety.web.page import counted, day_and_time, lasted
from tests.builders import alert_raised, append, composed, definition, registered, sent
from tests.web_homes import START, Homes, client, faulty, stop_a_table, with_a_trial


@pytest.fixture
def homes(tmp_path: Path) -> Iterator[Homes]:
    opened = Homes(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def home(homes: Homes) -> Home:
    return with_a_trial(homes.open())


def test_the_page_counts_what_each_trial_holds(home: Home, homes: Homes) -> None:
    append(home.journal, registered(definition(title="Another trial", phase="2"), code="T2"))
    homes.now = START + timedelta(hours=3, minutes=5, seconds=1)
    page = " ".join(re.sub(r"<[^>]+>", " ", client(home).get("/").text).split())
    assert "The desk runs. It holds 2 trials ." in page
    assert "1 alert is owed, for 3 h 5 min" in page
    assert "T1 A trial 1 1 2 1 T2 Another trial 2 0 0 0" in page
    assert "vigilog do adverse_event.report FORM.json" in page
    assert "vigilog listing --trial T1 " in page
    assert "--into-demo" not in page
    assert "Now Log position #9" in page


def test_the_page_of_several_owed_alerts_tells_the_oldest(home: Home, homes: Homes) -> None:
    homes.now = START + timedelta(days=1)
    append(home.journal, alert_raised("A-2"))
    homes.now = START + timedelta(days=1, hours=2, seconds=1)
    assert "2 alerts are owed, the oldest for 1 day 2 h" in client(home).get("/").text


def test_the_page_says_so_when_nothing_is_owed(home: Home) -> None:
    append(home.journal, composed(), sent())
    assert "No alert is owed" in client(home).get("/").text


@faulty
def test_a_page_of_an_unready_desk_names_the_fault_and_shows_no_count(
    home: Home, do: Callable[[Home], None], reasons: list[str]
) -> None:
    do(home)
    page = client(home).get("/")
    assert page.status_code == 503
    assert all(reason in page.text for reason in reasons)
    assert "T1" not in page.text
    assert "<table" not in page.text


def test_an_empty_desk_says_what_to_do_next(homes: Homes) -> None:
    page = client(homes.open()).get("/").text
    assert "No trial is registered yet" in page
    assert "vigilog trial create trials/nct03265613.toml<" in page
    assert "No alert is owed" not in page


def test_a_demonstration_and_a_drill_say_what_they_are(homes: Homes) -> None:
    demo = client(homes.open("demo")).get("/").text
    assert '<span class="state">Demonstration</span>' in demo
    assert 'vigilog trial create trials/nct03265613.toml <span class="nowrap">--into-demo<' in demo
    drill = client(with_a_trial(homes.open("drill"))).get("/").text
    assert "This is an exercise" in drill
    assert "stamp push is-drill" in drill
    assert "--into-demo" not in drill


def test_a_trials_provenance_stands_below_its_counts_and_its_title_is_text(homes: Homes) -> None:
    home = homes.open()
    append(home.journal, registered(definition(title="<script>x</script> & Co", provenance="Made up.")))
    page = client(home).get("/").text
    assert "T1: Made up." in page
    assert "&lt;script&gt;x&lt;/script&gt; &amp; Co" in page
    assert "<script" not in page


class Links(HTMLParser):
    """Collects what a page refers to, and whatever a content security policy would stop."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.to: list[str] = []
        self.inline: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.to += [value or "" for name, value in attrs if name in {"href", "src", "action"}]
        self.inline += [name for name, _ in attrs if name == "style" or name.startswith("on")]
        self.inline += [tag] if tag in {"script", "style"} else []


def test_the_pages_load_nothing_from_elsewhere_and_nothing_inline(home: Home, homes: Homes) -> None:
    broken = with_a_trial(homes.open())
    stop_a_table(broken)
    asked = client(home)
    for page in (asked.get("/").text, client(homes.open()).get("/").text, client(broken).get("/").text):
        links = Links(page)
        assert links.inline == []
        assert {"/", "/static/vigilog.css", "#main"} <= set(links.to)
        for address in set(links.to) - {"#main"}:
            file, _, part = address.partition("#")
            assert file.startswith("/")
            answer = asked.get(file)
            assert answer.status_code == 200
            assert not part or f'<symbol id="{part}"' in answer.text
    for file in ("vigilog.css", "icons.svg", "favicon.svg"):
        text = files("safety.web").joinpath("static", file).read_text(encoding="utf-8")
        assert not re.search(r"@import|url\(|https?://(?!www\.w3\.org/2000/svg)", text)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "less than a minute"),
        (59.9, "less than a minute"),
        (60, "1 min"),
        (3_600, "1 h"),
        (3_660, "1 h 1 min"),
        (86_399, "23 h 59 min"),
        (86_400, "1 day"),
        (93_600, "1 day 2 h"),
        (172_860, "2 days"),
    ],
)
def test_a_duration_has_two_units_at_most(seconds: float, words: str) -> None:
    assert lasted(seconds) == words


def test_numbers_and_times_in_words() -> None:
    assert [counted(number, "trial") for number in (0, 1, 1_234)] == ["0 trials", "1 trial", "1,234 trials"]
    assert day_and_time(1_537_553_640_000_000) == "21 Sep 2018, 18:14 UTC"
