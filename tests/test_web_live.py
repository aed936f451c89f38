"""What open pages are told: that something of theirs changed and nothing else, on a real server, for as long as they may know."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from httpx2 import Client, Response, Timeout
from uvicorn import Config

from safety.home import Home
from safety.web import live
from safety.web.door import door
from safety.web.serving import Server, listening
from tests.builders import (
    alert_raised,
    append,
    composed,
    definition,
    enrolled,
    obligation_opened,
    registered,
    reported,
    rsi_issued,
    sent,
)
from tests.web_homes import Homes, signed_in, with_people

SITES = [{"id": "01", "zone": "Asia/Shanghai"}, {"id": "02", "zone": "Asia/Shanghai"}]
LINE = {"accept": "text/event-stream"}
PATIENCE = 30


class Desk:
    """A desk that is served, and its home."""

    def __init__(self, home: Home, server: Server, address: str) -> None:
        self.home, self.server, self.address = home, server, address
        self._cookies: dict[str, dict[str, str]] = {}

    @contextmanager
    def line(self, account: str, **asked: str) -> Iterator["Line"]:
        """The stream of a page of an account."""
        if account not in self._cookies:  # signing in anew by a first link would end what is signed in
            self._cookies[account] = dict(signed_in(self.home, account).cookies)
        with (
            Client(base_url=self.address, cookies=self._cookies[account], timeout=Timeout(PATIENCE)) as browser,
            browser.stream("GET", "/trials/T1/live", params={"part": "worklist", **asked}, headers=LINE) as answer,
        ):
            yield Line(answer)


class Line:
    """The events of a stream, one at a time."""

    def __init__(self, answer: Response) -> None:
        self.answer = answer
        self._lines = answer.iter_lines()

    def next(self) -> tuple[str, dict[str, object], str]:
        """The next event: its name, what it says, and all of its text."""
        text: list[str] = []
        for line in self._lines:
            if line:
                text.append(line)
            elif any(one.startswith("event: ") for one in text):
                said = dict(one.split(": ", 1) for one in text)
                return said["event"], json.loads(said["data"]), "\n".join(text)
            else:
                text = []
        return "", {}, "\n".join(text)

    def told(self, *names: str) -> tuple[str, dict[str, object], str]:
        """The next event that is not the server's time."""
        while (found := self.next())[0] == "now":
            pass
        assert found[0] in names, found
        return found

    def silent_until(self, position: int) -> None:
        """Nothing is told before a position, which is."""
        assert self.told("changed")[1]["position"] == position


@pytest.fixture
def desk(homes: Homes, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """Two sites of a trial, with a subject each; the log stands at position 8."""
    monkeypatch.setattr(live, "BEAT_SECONDS", 0.2)
    home = homes.open()
    append(home.journal, registered(definition(sites=SITES)), enrolled("A1", site="01"), enrolled("B1", site="02"))
    people = {
        "ANNA": {"roles": ["investigator"], "trials": ["T1"], "sites": ["01"]},
        "CHEN": {"roles": ["safety_officer"], "trials": ["T1"]},
        "OTHER": {"roles": ["safety_officer"], "trials": ["T2"]},
    }
    with_people(home, **people)
    with listening("127.0.0.1", 0) as taken:
        server = Server(Config(door(home), lifespan="off", log_level="error", access_log=False))
        thread = threading.Thread(target=server.run, args=([taken],))
        thread.start()
        try:
            yield Desk(home, server, f"http://localhost:{taken.getsockname()[1]}")
        finally:
            server.should_exit = True
            thread.join(PATIENCE)
            assert not thread.is_alive(), "a server with open lines stops when it is told to"


def test_a_page_is_told_where_something_changed_and_nothing_of_it(desk: Desk) -> None:
    with desk.line("CHEN") as line:
        assert line.answer.headers["x-accel-buffering"] == "no"
        name, said, _ = line.next()
        assert (name, said) == ("now", {"ms": 1_772_355_600_000})
        append(desk.home.journal, reported("A1", 1, term="Canaryterm"))
        _, said, text = line.told("changed")
        assert said == {"position": 9, "things": 1}
        assert "A1" not in text
        assert "Canary" not in text


def test_one_append_is_one_new_thing_and_delivery_is_none(desk: Desk) -> None:
    with desk.line("CHEN") as line:
        line.next()
        append(desk.home.journal, reported("A1", 1), alert_raised(concerning=("A1/1",)))
        assert line.told("changed")[1] == {"position": 10, "things": 1}
        append(desk.home.journal, composed(), sent())
        assert line.told("changed")[1] == {"position": 12, "things": 0}


def test_a_site_is_told_nothing_when_another_site_acts(desk: Desk) -> None:
    with desk.line("ANNA") as mine:
        mine.next()
        append(
            desk.home.journal,
            reported("B1", 1),
            obligation_opened("B1", 1),
            alert_raised(concerning=("B1/1",)),
            alert_raised("A-2", concerning=()),
            composed(),
            sent(),
        )
        append(desk.home.journal, reported("A1", 1))
        mine.silent_until(15)
        append(desk.home.journal, alert_raised("A-3", concerning=("A1/1",)), composed("M-2", alerts=("A-3",)))
        mine.silent_until(17)
        append(desk.home.journal, rsi_issued())
        append(desk.home.journal, composed("M-3", alerts=("A-3",)))
        assert mine.told("changed")[1]["position"] in {18, 19}, "what governs all sites, and then their own message"


def test_a_page_of_one_subject_hears_of_that_subject(desk: Desk) -> None:
    with desk.line("CHEN", part="case", subject="A1") as line:
        line.next()
        append(desk.home.journal, reported("B1", 1))
        append(desk.home.journal, reported("A1", 1))
        line.silent_until(10)
    with desk.line("ANNA", part="case", subject="B1") as line:
        line.next()
        append(desk.home.journal, reported("B1", 2))
        assert [line.next()[0] for _ in range(8)] == ["now"] * 8


def test_what_came_between_the_page_and_its_line_is_told(desk: Desk) -> None:
    append(desk.home.journal, reported("A1", 1))
    with desk.line("CHEN", after="8") as line:
        line.silent_until(9)
    with desk.line("CHEN", after="9") as line:
        assert [line.next()[0] for _ in range(8)] == ["now"] * 8


def test_a_page_that_is_far_behind_is_told_that_it_is_old(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "FAR", 3)
    append(desk.home.journal, *[reported("B1", number) for number in range(1, 5)])
    with desk.line("ANNA", after="8") as line:
        assert line.told("over")[1] == {"why": "far"}


def test_a_line_ends_with_its_session_and_does_not_prolong_it(desk: Desk, homes: Homes) -> None:
    with desk.line("CHEN") as line:
        for _ in range(4):
            assert line.next()[0] == "now"
            homes.now += timedelta(minutes=9)
        assert line.told("over")[1] == {"why": "ended"}
        assert line.next()[0] == ""


def test_a_line_ends_when_the_account_signs_out_everywhere(desk: Desk) -> None:
    with desk.line("CHEN") as line:
        line.next()
        desk.home.sessions.end_all("CHEN")
        assert line.told("over")[1] == {"why": "ended"}


def test_a_server_that_stops_lets_open_pages_go(desk: Desk) -> None:
    with desk.line("CHEN") as line:
        line.next()
        desk.server.should_exit = True  # this server has no grace after which it would hang up
        while line.next()[0] == "now":
            pass


def test_of_too_many_pages_of_one_account_the_oldest_gives_way(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "AN_ACCOUNT", 2)
    with desk.line("CHEN") as first, desk.line("CHEN") as second, desk.line("CHEN") as third:
        assert first.told("over")[1] == {"why": "full"}
        append(desk.home.journal, reported("A1", 1))
        second.silent_until(9)
        third.silent_until(9)


def test_who_leaves_is_followed_no_longer(desk: Desk) -> None:
    feed = desk.server.config.app.state.feed  # type: ignore[union-attr]  # the application made above
    with desk.line("CHEN") as first:
        first.next()
        assert feed.count() == 1
        with desk.line("ANNA") as second:
            second.next()
            assert feed.count() == 2
        while feed.count() > 1:
            first.next()


def test_one_thread_serves_every_page(desk: Desk) -> None:
    before = set(threading.enumerate())
    with desk.line("CHEN") as first, desk.line("ANNA") as second:
        first.next()
        second.next()
        begun = [thread.name for thread in set(threading.enumerate()) - before]
        assert begun.count("vigilog-live") == 1


@pytest.mark.parametrize(
    ("account", "path", "status"),
    [
        ("CHEN", "/trials/T1/live?as_of=5", 204),
        ("CHEN", "/trials/T1/live?subject=%20", 204),
        ("OTHER", "/trials/T1/live", 404),
        ("CHEN", "/trials/T9/live", 404),
    ],
)
def test_where_there_is_nothing_to_follow(desk: Desk, account: str, path: str, status: int) -> None:
    assert signed_in(desk.home, account).get(path, headers=LINE).status_code == status


def test_who_takes_no_stream_gets_none(desk: Desk) -> None:
    assert signed_in(desk.home, "CHEN").get("/trials/T1/live", headers={"accept": "text/html"}).status_code == 406


def test_what_a_page_asks_by_itself_does_not_prolong_the_session(desk: Desk, homes: Homes) -> None:
    browser = signed_in(desk.home, "CHEN")
    answers = []
    for _ in range(4):
        homes.now += timedelta(minutes=9)
        by_itself = {"X-Vigilog-By-Itself": "1"}
        answers.append(browser.get("/trials/T1/worklist", headers=by_itself, follow_redirects=False))
    assert [answer.status_code for answer in answers] == [200, 200, 200, 303]
