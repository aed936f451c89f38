"""The web door for programs: probes and numbers; a fault is told as what it is, and no subject leaves by any address."""

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta

import pytest
from starlette.testclient import TestClient

import safety.home
from safety.home import Doors, Home
from safety.journal import sqlite
from safety.values import microseconds
from safety.web.door import door
from tests.builders import append, composed, enrolled, pack_adopted, sent
from tests.postgres_server import PostgresServer
from tests.web_homes import (
    ADDRESS,
    NARRATIVE,
    PERSON,
    START,
    SUBJECT,
    TERM,
    Homes,
    client,
    close_the_log,
    faulty,
    lose_the_directory,
    stop_a_table,
    with_a_trial,
)

ROUTES = ("/healthz", "/readyz", "/metrics", "/api/openapi.json", "/", "/static/vigilog.css", "/static/icons.svg")
PROMISED = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
}


@pytest.fixture
def home(homes: Homes) -> Home:
    return with_a_trial(homes.open())


TOLD_TO_WAIT = {
    f"vigilog_{whose}_requests_told_to_wait_total": 0 for whose in ("source", "token", "programs", "person", "stranger")
}


def numbers(text: str) -> dict[str, float]:
    """Read Prometheus text: each number after its two comment lines, none with a label."""
    block = re.compile(r"# HELP (\w+) [^\n]+\n# TYPE (\w+) (?:gauge|counter)\n(\w+) (\S+)\n")
    found = list(block.finditer(text))
    assert "".join(match[0] for match in found) == text
    assert all(match[1] == match[2] == match[3] for match in found)
    return {match[1]: float(match[4]) for match in found}


# --- probes -----------------------------------------------------------------------------------------------------------


def test_a_sound_desk_lives_and_is_ready_with_its_position(home: Home) -> None:
    asked = client(home)
    assert (asked.get("/healthz").status_code, asked.get("/healthz").json()) == (200, {"status": "ok"})
    ready = asked.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"status": "ready", "position": 8})
    append(home.journal, enrolled("S2"))
    assert asked.get("/readyz").json()["position"] == 9


@faulty
def test_a_fault_makes_the_desk_unready_by_name_and_leaves_it_alive(
    home: Home, do: Callable[[Home], None], reasons: list[str]
) -> None:
    do(home)
    asked = client(home)
    ready = asked.get("/readyz")
    assert (ready.status_code, ready.json()) == (503, {"status": "not ready", "not_ready": reasons})
    assert asked.get("/healthz").status_code == 200


@pytest.mark.parametrize(("file", "part"), [("log.db", "log"), ("access.db", "access log")])
def test_a_desk_that_can_show_and_cannot_write_is_not_ready(
    home: Home, monkeypatch: pytest.MonkeyPatch, file: str, part: str
) -> None:
    monkeypatch.setattr(sqlite, "SOON_SECONDS", 0)
    asked = client(home)
    assert asked.get("/readyz").status_code == 200
    with closing(sqlite3.connect(home.settings.home / file)) as other:
        other.execute("BEGIN IMMEDIATE")
        ready = asked.get("/readyz")
        assert (ready.status_code, ready.json()["not_ready"]) == (503, [f"{part}: does not answer (Unavailable)"])
        other.rollback()
    assert asked.get("/readyz").status_code == 200


def test_a_desk_without_room_on_its_disk_is_not_ready(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safety.home, "ROOM_BYTES", 2**62)
    ready = client(home).get("/readyz")
    assert (ready.status_code, [one.partition(":")[0] for one in ready.json()["not_ready"]]) == (503, ["disk"])


def test_a_mended_desk_is_ready_again_without_a_restart(home: Home) -> None:
    asked = client(home)
    lose_the_directory(home)
    assert asked.get("/readyz").status_code == 503
    (home.settings.home / "directory.db").rmdir()
    assert asked.get("/readyz").status_code == 200


def test_a_desk_whose_database_server_comes_back_is_ready_again_without_a_restart(homes: Homes) -> None:
    server = PostgresServer().start()
    try:
        asked = client(with_a_trial(homes.open(database_url=server.url("postgres"))))
        assert asked.get("/readyz").json() == {"status": "ready", "position": 8}
        server.stop()
        gone = asked.get("/readyz")
        assert gone.status_code == 503
        assert [reason.partition(":")[0] for reason in gone.json()["not_ready"]] == [
            "log",
            "views",
            "directory",
            "sessions",
        ]
        assert str(server.folder) not in gone.text
        assert asked.get("/metrics").status_code == 503
        server.start()
        asked.get("/readyz")  # may still meet a connection that died with the server
        assert asked.get("/readyz").json() == {"status": "ready", "position": 8}
        assert asked.get("/").status_code == 200
    finally:
        server.remove()


# --- numbers ----------------------------------------------------------------------------------------------------------


def test_the_numbers_are_those_of_the_log_and_of_the_clock_handed_in(home: Home, homes: Homes) -> None:
    asked = client(home)
    homes.now = START + timedelta(seconds=90)
    answer = asked.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    found = numbers(answer.text)
    assert found.pop("vigilog_oldest_owed_alert_seconds") == pytest.approx(90, abs=1e-3)
    assert found == {
        "vigilog_log_position": 8,
        "vigilog_views_position": 8,
        "vigilog_views_stopped_tables": 0,
        "vigilog_alerts_owed": 1,
        "vigilog_reviews_owed": 0,
        "vigilog_sign_ins_refused_last_minute": 0,
        "vigilog_api_tokens_refused_last_minute": 0,
        **TOLD_TO_WAIT,
    }


def test_the_numbers_say_how_long_each_part_of_delivery_has_been_silent(home: Home, homes: Homes) -> None:
    for part, ago in (("dispatcher", 3), ("ticks", 600)):
        home.scratch.beat(part, now=microseconds(START - timedelta(seconds=ago)))
    homes.now = START
    found = numbers(client(home).get("/metrics").text)
    assert {name: value for name, value in found.items() if name.endswith("silent_seconds")} == {
        "vigilog_dispatcher_silent_seconds": 3,
        "vigilog_ticks_silent_seconds": 600,
    }


def test_subjects_whose_duties_are_to_be_looked_at_again_are_counted(home: Home) -> None:
    append(home.journal, pack_adopted())
    assert numbers(client(home).get("/metrics").text)["vigilog_reviews_owed"] == 1


def test_a_delivered_alert_is_owed_no_more(home: Home, homes: Homes) -> None:
    append(home.journal, composed(), sent())
    homes.now = START + timedelta(days=1)
    found = numbers(client(home).get("/metrics").text)
    assert (found["vigilog_alerts_owed"], found["vigilog_oldest_owed_alert_seconds"]) == (0, 0)
    assert found["vigilog_views_position"] == found["vigilog_log_position"] == 10


def test_a_clock_that_went_back_gives_no_negative_age(home: Home, homes: Homes) -> None:
    homes.now = START - timedelta(hours=1)
    found = numbers(client(home).get("/metrics").text)
    assert (found["vigilog_alerts_owed"], found["vigilog_oldest_owed_alert_seconds"]) == (1, 0)


def test_while_a_table_has_stopped_what_is_owed_is_left_out(home: Home) -> None:
    stop_a_table(home)
    assert numbers(client(home).get("/metrics").text) == {
        "vigilog_log_position": 9,
        "vigilog_views_position": 9,
        "vigilog_views_stopped_tables": 1,
        "vigilog_sign_ins_refused_last_minute": 0,
        "vigilog_api_tokens_refused_last_minute": 0,
        **TOLD_TO_WAIT,
    }


def test_without_log_or_views_there_are_no_numbers_and_without_directory_there_are(home: Home) -> None:
    lose_the_directory(home)
    assert numbers(client(home).get("/metrics").text)["vigilog_alerts_owed"] == 1
    close_the_log(home)
    answer = client(home).get("/metrics")
    assert answer.status_code == 503
    assert answer.text.startswith("# not ready: log: does not answer (Unavailable)\n")


# --- what never leaves ------------------------------------------------------------------------------------------------


def test_no_answer_names_a_subject_a_person_or_a_place(home: Home) -> None:
    asked = client(home)
    kept = (SUBJECT, TERM, NARRATIVE, PERSON, ADDRESS, "Pyrexia", str(home.settings.home))
    assert all(part in str(list(home.journal.rows())) + PERSON + ADDRESS + str(home.settings.home) for part in kept)
    for fault in (lambda _: None, stop_a_table, lose_the_directory, close_the_log):
        fault(home)
        for route in (*ROUTES, f"/{SUBJECT}"):
            answer = asked.get(route).text
            assert [part for part in kept if part.lower() in answer.lower()] == []


def test_every_answer_carries_the_headers(home: Home) -> None:
    app = door(home)
    app.add_api_route("/fault", fault_of_ours)
    asked = TestClient(app, raise_server_exceptions=False)
    answers = [asked.get(route) for route in (*ROUTES, "/favicon.ico", "/docs", "/redoc", "/fault")]
    answers += [asked.post("/"), asked.get("/static/../door.py")]
    assert [answer.status_code for answer in answers] == [200] * len(ROUTES) + [404, 404, 404, 500, 405, 404]
    lose_the_directory(home)
    answers += [asked.get("/"), asked.get("/readyz")]
    for answer in answers:
        kept = {"cache-control": "no-cache"} if answer.url.path.startswith("/static/") else {}
        assert {name: answer.headers.get(name) for name in PROMISED} == PROMISED | kept


def test_the_desks_own_files_are_sent_once(home: Home) -> None:
    asked = client(home)
    sent = asked.get("/static/vigilog.css")
    again = asked.get("/static/vigilog.css", headers={"If-None-Match": sent.headers["etag"]})
    assert (sent.status_code, again.status_code, again.content) == (200, 304, b"")


def fault_of_ours() -> None:
    raise RuntimeError(NARRATIVE)


def test_a_fault_of_ours_is_told_without_its_text(home: Home) -> None:
    app = door(home)
    app.add_api_route("/fault", fault_of_ours)
    answer = TestClient(app, raise_server_exceptions=False).get("/fault")
    assert (answer.status_code, answer.json()) == (500, {"detail": "the desk could not answer; its log says why"})


def test_a_fault_of_ours_is_a_page_to_a_person(home: Home) -> None:
    app = door(home)
    app.add_api_route("/fault", fault_of_ours)
    asked = TestClient(app, raise_server_exceptions=False)
    for language, sentence in (("en", "a fault of the desk"), ("zh-CN", "系统自身出错")):
        answer = asked.get("/fault", headers={"accept": "text/html", "accept-language": language})
        assert answer.status_code == 500
        assert sentence in answer.text
        assert NARRATIVE not in answer.text
        assert 'href="/"' in answer.text
        assert {name: answer.headers.get(name) for name in PROMISED} == PROMISED


def test_a_fault_of_ours_is_no_unreadiness(home: Home) -> None:
    def no_time() -> datetime:
        raise RuntimeError(NARRATIVE)

    asked = client(home)
    assert asked.get("/readyz").status_code == 200
    home.doors = Doors(clock=no_time, salt=home.doors.salt, new_id=home.doors.new_id)
    assert [asked.get(route).status_code for route in ("/readyz", "/metrics", "/")] == [200, 500, 500]


def test_the_api_describes_itself_and_loads_no_documentation_from_elsewhere(home: Home) -> None:
    described = client(home).get("/api/openapi.json").json()
    assert described["info"]["title"] == "Vigilog"
    assert {path for path in described["paths"] if not path.startswith("/api/v1/")} == {
        "/healthz",
        "/readyz",
        "/readyz/delivery",
        "/metrics",
    }
    assert set(described["paths"]["/readyz"]["get"]["responses"]) == {"200", "503"}


def test_two_doors_in_one_process_keep_their_homes_apart(home: Home, homes: Homes) -> None:
    other = client(homes.open())
    assert (client(home).get("/readyz").json()["position"], other.get("/readyz").json()["position"]) == (8, 2)
