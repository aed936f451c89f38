"""Who asks without end is told to wait, longer each time: a source, a token, all programs of an account; a person for seconds at most."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.testclient import TestClient

from safety.home import Home
from safety.web.door import door
from safety.web.pace import FORGIVEN_SECONDS, KNOWN, MEASURES, Kind, Pace, TooOften, network
from tests.api_programs import program, two_sites
from tests.web_homes import Homes, signed_in


class Clock:
    """Seconds that pass when they are told to."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def home(homes: Homes) -> Home:
    return two_sites(homes.open())


def wait(pace: Pace, kind: Kind, name: str = "one") -> int:
    """How long somebody is told to wait; 0 is not at all."""
    try:
        pace.take(kind, name)
    except TooOften as told:
        return told.seconds
    return 0


def dry(pace: Pace, kind: Kind, name: str = "one") -> int:
    """Ask until one is told to wait, and for how long."""
    return next(seconds for _ in range(10_000) if (seconds := wait(pace, kind, name)))


def test_a_source_may_ask_again_after_a_while_and_only_so_many_are_known(clock: Clock) -> None:
    pace = Pace(burst=2, a_second=1, clock=clock)
    assert [wait(pace, "source") for _ in range(3)] == [0, 0, 1]
    assert wait(pace, "source", "another") == 0
    clock.now += 1
    assert [wait(pace, "source") for _ in range(2)] == [0, 1]
    for number in range(KNOWN + 1):
        wait(pace, "source", str(number))
    assert wait(pace, "source") == 0, "it was forgotten, so it begins anew"


@pytest.mark.parametrize(
    ("kind", "waits"),
    [
        ("source", [1] * 8),
        ("token", [1, 2, 4, 8, 16, 32, 60, 60]),
        ("programs", [1, 2, 4, 8, 16, 32, 60, 60]),
        ("person", [1, 2, 4, 4, 4, 4, 4, 4]),
        ("stranger", [1, 2, 4, 8, 16, 32, 60, 60]),
    ],
)
def test_the_wait_grows_to_its_longest_and_is_forgiven(kind: Kind, waits: list[int], clock: Clock) -> None:
    pace = Pace(clock=clock)
    for told in waits:
        assert dry(pace, kind) == told
        clock.now += told
    clock.now += FORGIVEN_SECONDS + 60
    assert dry(pace, kind) == 1


def test_who_does_not_listen_waits_no_longer_for_it(clock: Clock) -> None:
    pace = Pace(clock=clock)
    assert dry(pace, "token") == 1
    clock.now += 1
    assert dry(pace, "token") == 2
    for _ in range(100):
        clock.now += 0.019
        assert wait(pace, "token") in {1, 2}
    clock.now += 0.2
    assert wait(pace, "token") == 0


def test_a_person_is_never_locked_out_by_programs_or_for_longer_than_seconds(clock: Clock) -> None:
    pace = Pace(clock=clock)
    for _ in range(50):
        clock.now += dry(pace, "programs", "CHEN")
    assert wait(pace, "person", "CHEN") == 0
    assert MEASURES["person"].longest < 10


@pytest.mark.parametrize(
    ("source", "counted"),
    [
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("192.0.2.7", "192.0.2.7"),
        ("unknown", "unknown"),
        ("a:b", "a:b"),
    ],
)
def test_an_ipv6_source_is_counted_by_its_network(source: str, counted: str) -> None:
    assert network(source) == counted


def test_who_has_a_network_of_addresses_asks_no_more_often_for_it(home: Home) -> None:
    app = door(home, Pace(burst=2, a_second=0))

    def asked(number: int, path: str = "/sign-in") -> int:
        browser = TestClient(app, base_url="http://localhost", client=(f"2001:db8::{number:x}", 50_000))
        return browser.get(path).status_code

    assert [asked(number) for number in range(1, 4)] == [200, 200, 429]


def test_requests_at_once_are_counted_once_each(clock: Clock) -> None:
    pace = Pace(burst=500, a_second=0, clock=clock)
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda _: wait(pace, "token"), range(2_000)))
    assert told.count(0) == 500
    assert pace.refused["token"] == 1_500


def hurried(home: Home, pace: Pace) -> TestClient:
    return TestClient(door(home, pace), base_url="http://localhost", raise_server_exceptions=False)


def test_a_token_that_runs_wild_is_answered_with_a_problem_and_counted(home: Home, clock: Clock) -> None:
    pace = Pace(clock=clock)
    asked = program(home, "CHEN", asked=hurried(home, pace))
    answers = [asked.get("/api/v1/me") for _ in range(int(MEASURES["token"].burst) + 2)]
    assert {answer.status_code for answer in answers[:-2]} == {200}
    for answer in answers[-2:]:
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"] == "too many requests of this token; wait 1 s and ask again"
    assert "\nvigilog_token_requests_told_to_wait_total 2\n" in asked.get("/metrics").text
    other = program(home, "WANG", asked=hurried(home, pace))
    assert other.get("/api/v1/me").status_code == 200


def test_more_tokens_give_an_account_no_more(home: Home, clock: Clock) -> None:
    pace, statuses = Pace(clock=clock), []
    for scopes in (["read"], ["read", "file"], ["read", "assess"]):
        asked = program(home, "CHEN", scopes, asked=hurried(home, pace))
        clock.now += 1 / MEASURES["programs"].a_second  # a source has its own measure, which is no matter here
        statuses += [asked.get("/api/v1/me").status_code for _ in range(100)]
    assert statuses[:240].count(200) >= 235
    assert statuses[-50:] == [429] * 50
    assert pace.refused["programs"] >= 50
    assert pace.refused["token"] == 0


def test_a_person_who_reloads_without_end_is_told_so_and_gets_in_again(home: Home, clock: Clock) -> None:
    cookies = signed_in(home, "CHEN").cookies
    pace = Pace(burst=4, a_second=1, clock=clock)
    browser = hurried(home, Pace(clock=clock))
    browser.cookies = cookies
    browser.app.state.pace = pace  # type: ignore[attr-defined]  # it is a FastAPI application
    answers = [browser.get("/me") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 4 + [429] * 2
    assert answers[-1].headers["retry-after"] == "1"
    assert "Wait a few seconds" in answers[-1].text
    clock.now += 1
    assert browser.get("/me").status_code == 200


def test_tokens_that_open_nothing_fill_no_log_and_keep_nobody_elses_out(home: Home) -> None:
    asked = TestClient(door(home), base_url="http://localhost")
    most = int(MEASURES["stranger"].burst)
    statuses = [
        asked.get("/api/v1/me", headers={"authorization": f"Bearer vigilog_{n}"}).status_code for n in range(most + 5)
    ]
    assert statuses == [401] * most + [429] * 5
    assert home.access.head().position == most
    assert program(home, "LIN", asked=asked).get("/api/v1/me").status_code == 200
