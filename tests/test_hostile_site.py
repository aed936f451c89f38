"""An investigator of one site tries what a hostile one would: nothing that another site does changes a single answer, or is stopped."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from safety.aggregates import obligation
from safety.aggregates.alert import Raised
from safety.aggregates.alerting import rung_id
from safety.aggregates.deciding import Form
from safety.home import Home
from safety.journal import Stored, decode
from safety.journal.sql import SqlJournal
from safety.journal.turn import Turn
from safety.tick import tick
from safety.web.live import PARTS, changes_between
from tests import builders as b
from tests.api_programs import SITES, TO_BE_SIGNED, Asks, program, signing, told
from tests.authorised_places import OF_A_POSITION, OF_A_SUBJECT, OF_AN_ALERT, Place
from tests.authorised_places import sent as said_of
from tests.hostile_addresses import ELSEWHERE, READ, WHOLE, filled
from tests.hostile_forms import FORMS
from tests.web_homes import Homes, sent, signed_in, token, with_people

pytestmark = pytest.mark.uncovered

THINGS = {"kind": "dsur", "period": "2026-02-28", "pack": "CN-NMPA-DRUG", "sha256": "0" * 64, "account": "CHEN"}
MADE_ANEW = re.compile(r'(?<=name="csrf" value=")\w+|BUILT-\d+|\b[0-9a-f]{64}\b')
"""What two worlds cannot have alike: the token of a form, the id of an act that the builders count, and digests over that."""
HEADERS = (
    "content-type",
    "etag",
    "last-modified",
    "cache-control",
    "location",
    "content-disposition",
)


def of_the_other_site(trial: str) -> list[Form]:
    """A busy day at site 02 of a trial: subjects, events, a death, duplicates, duties, alerts, messages, a row that vanished."""
    said = {"trial": trial, "subject": "B1", "number": 1, "obligation": "T-15/1"}
    return [
        b.enrolled("B1", site="02", arm="A", trial=trial),
        b.enrolled("A2", site="02", arm="B", trial=trial),
        b.given("B1", trial=trial),
        b.reported("B1", 1, serious="Y", results_in_death="Y", ended_on="2018-01-01", trial=trial),
        b.reported("B1", 2, serious="Y", trial=trial),
        b.reported("A2", 1, severity="SEVERE", trial=trial),
        b.causality_assessed("B1", 1, trial=trial),
        b.obligation_opened("B1", 1, obligation="T-15/1", to=("AUTHORITY",), STUDYID=trial),
        obligation.Submitted.model_validate({**said, "to": ("AUTHORITY",), "sent_at": b.T0}),
        b.died("B1", died_on="2018-03-09", trial=trial),
        b.alert_raised("A-2", concerning=("B1/1",), trial=trial),
        b.alert_raised("A-3", concerning=("B1/2", "A2/1"), trial=trial),
        b.composed("M-2", ("A-2", "A-3"), trial=trial),
        b.sent("M-2", trial=trial),
        b.withdrawn("A2", trial=trial),
    ]


class World(NamedTuple):
    """A home in which site 02 was busy, or in which as much happened in another trial, and who asks there."""

    home: Home
    browser: TestClient
    program: TestClient

    def ask(self, address: str) -> Response:
        """Ask as the investigator of site 01, by a browser or, of the API, by a program."""
        by = self.program if address.startswith("/api/") else self.browser
        return by.get(address, follow_redirects=False)


def world(homes: Homes, busy: str) -> World:
    """Two trials of two sites each; site 01 of T1 has a record of its own, and the day at site 02 was in trial `busy`."""
    home = homes.open()
    governs = b.definition(sites=SITES)
    b.append(home.journal, b.registered(governs), b.registered(governs, code="T9"))
    b.append(home.journal, b.enrolled("A1", site="01", arm="A"), b.given("A1"), b.reported("A1", 1, serious="Y"))
    b.append(home.journal, b.reported("A1", 2), b.alert_raised("A-1", concerning=("A1/1",)), b.composed("M-1"))
    people = {"LIN": ["01"], "FANG": ["02"]}
    with_people(home, **{one: {"roles": ["investigator"], "trials": ["T1"], "sites": at} for one, at in people.items()})
    with_people(home, CHEN={"roles": ["safety_officer"], "trials": ["T1"]}, OPS={"roles": ["operator"]})
    for event in of_the_other_site(busy):
        b.append(home.journal, event)
    b.append(home.journal, b.reported("A1", 3, serious="Y"))
    return World(home, signed_in(home, "LIN"), program(home, "LIN"))


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, World]]:
    homes = Homes(tmp_path_factory.mktemp("worlds"))
    busy, quiet = world(homes, "T1"), world(homes, "T9")
    assert busy.home.journal.head().position == quiet.home.journal.head().position
    yield busy, quiet
    homes.close()


def addresses() -> Iterator[str]:
    """Every route about what is one's own, about what is the other site's, and with the queries that pages read."""
    for route in READ:
        if route.path in ELSEWHERE or route.path == "/me":
            continue  # one's own page offers a secret for an authenticator, made anew each time
        for subject, alert, position in (("A1", "A-1", "7"), ("B1", "A-2", "18")):
            named = {**THINGS, "trial": "T1", "subject": subject, "number": "1", "alert": alert, "position": position}
            more = WHOLE.get(route.path, "").replace("ALL", subject).replace("GOLD-2%2F1", "T-15%2F1")
            yield filled(route.path, **named) + more
    yield from (f"/log/{position}" for position in range(1, 36))
    yield from (f"/api/v1/log/{position}" for position in range(16, 36))
    for page in ("worklist", "cases", "subjects", "queries", "duplicates", "listing", "history", "rota"):
        yield from (f"/trials/T1/{page}?as_of={position}" for position in (16, 24, 30))
        yield f"/api/v1/trials/T1/{page}?limit=1&page=2"
    for query in ("subject=B1", "subject=A2", "serious=y", "related=n", "page=2", "since=12"):
        yield from (f"{root}/cases{more}?{query}" for root in ("/trials/T1", "/api/v1/trials/T1") for more in ("",))
        yield f"/trials/T1/cases/export?{query}"
    yield from (f"/trials/T1/history?subject={one}&number=1" for one in ("A1", "B1", "A2", "B9"))
    yield from (f"/api/v1/trials/T1/changes/{one}" for one in ("A1", "B1", "A2", "B9"))
    yield "/trials/T1/worklist?site=02"
    yield "/trials/T1/file?subject=B1"


def seen(answer: Response) -> tuple[object, ...]:
    """All that an answer tells."""
    beside = tuple(answer.headers.get(name) for name in HEADERS)
    return answer.status_code, beside, MADE_ANEW.sub("", answer.text)


def test_whatever_another_site_does_every_answer_is_the_same(worlds: tuple[World, World]) -> None:
    busy, quiet = worlds
    differ, shown = [], 0
    for address in dict.fromkeys(addresses()):
        here, there = busy.ask(address), quiet.ask(address)
        shown += here.status_code == 200
        if seen(here) != seen(there):
            differ.append(address)
    assert shown > 80
    assert differ == []


def test_the_check_sees_what_the_other_site_does(worlds: tuple[World, World]) -> None:
    busy, quiet = (program(one.home, "CHEN") for one in worlds)
    for address in ("/api/v1/trials/T1/cases", "/api/v1/trials/T1/subjects", "/api/v1/trials/T1/worklist"):
        assert seen(busy.get(address)) != seen(quiet.get(address)), address


def test_an_open_page_is_told_of_nothing_that_another_site_does(worlds: tuple[World, World]) -> None:
    of = {}
    for name, one in zip(("busy", "quiet"), worlds, strict=True):
        found = changes_between(one.home, 0, one.home.journal.head().position)
        of[name] = [change.position for change in found if change.trial == "T1" and "01" in change.sites]
    assert of["busy"] == of["quiet"]
    assert len(of["busy"]) > 5
    assert "worklist" in PARTS["obligation"]


POSTED = (
    ("adverse_event.report", {"AESER": "Y"}),
    ("adverse_event.report/preview", {"AESER": "Y"}),
    ("adverse_event.follow_up/preview", {"AESEQ": 1, "AESER": "Y"}),
    ("adverse_event.correct/preview", {"AESEQ": 1, "variables": ["AESER"], "AESER": "N"}),
    ("subject.correct/preview", {"variables": ["AGE"], "AGE": 40}),
    ("dose.give", {"EXSEQ": 1}),
    ("subject.withdraw", {"mode": "treatment"}),
)


@pytest.mark.parametrize(("command", "said"), POSTED)
def test_a_command_about_a_subject_of_another_site_is_answered_as_about_nobody(
    worlds: tuple[World, World], command: str, said: dict[str, object]
) -> None:
    key = {"Idempotency-Key": f"an-act-about-{command.replace('/', '-')}"}
    answers = {
        (one.status_code, one.text)
        for place in worlds
        for subject in ("B1", "A2", "B9")
        for one in [
            place.program.post(
                f"/api/v1/commands/{command}",
                json={"form": {"STUDYID": "T1", "USUBJID": subject, **said}, "read_at": 12},
                headers=key,
            )
        ]
    }
    assert len(answers) == 1
    assert {status for status, _ in answers} == {404}


# --- how long an answer takes -----------------------------------------------------------------------------------------

OF_SITE_02 = {"T1/subject/B1", "T1/subject/A2", "T1/alert/A-2", "T1/alert/A-3", "T1/message/M-2"}
B1 = Place("other site", there=True, ids={"trial": "T1", "site": "02", "subject": "B1", "alert": "A-2", "position": 18})


@pytest.fixture
def streams_read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the streams that are read, one for each time: the longer one is, the longer it takes."""
    names: list[str] = []
    for kind in (SqlJournal, Turn):
        reads = kind.stream

        def told(self: Any, name: str, *after: int, reads: Any = reads) -> list[Stored]:  # noqa: ANN401, either of the two
            names.append(name)
            found: list[Stored] = reads(self, name, *after)
            return found

        monkeypatch.setattr(kind, "stream", told)
    return names


def test_nothing_of_another_site_is_read_before_it_is_said_not_to_be_there(home: Home, streams_read: list[str]) -> None:
    browser, asked = signed_in(home, "LIN"), program(home, "LIN")
    for address in (*addresses(), *(f"/log/{position}" for position in range(1, 36))):
        (asked if address.startswith("/api/") else browser).get(address, follow_redirects=False)
    pages = len(streams_read)
    assert OF_SITE_02.isdisjoint(streams_read), "by a page"
    for command in (*OF_A_SUBJECT, *OF_AN_ALERT, *OF_A_POSITION):
        signs = {"signature": signing("LIN", "assessment")} if command in TO_BE_SIGNED else {}
        body = {"form": said_of(command, B1), **signs}
        answer = asked.post(f"/api/v1/commands/{command}", json=body, headers={"Idempotency-Key": f"to-{command[:9]}"})
        assert answer.status_code == 404, (command, answer.text)
    assert OF_SITE_02.isdisjoint(streams_read), "by a command"
    for row in FORMS:
        to, at = (text.replace("P{n}", "B1").replace("{n}", "2") for text in (row.to, row.at))
        browser.get(at or to)
        sent(browser, to, {name: value.replace("P{n}", "B1").replace("{n}", "2") for name, value in row.says.items()})
    assert OF_SITE_02.isdisjoint(streams_read), "by a form"
    browser.get("/trials/T1/cases/A1/1")
    assert pages > 100
    assert "T1/subject/A1" in streams_read, "what is one's own is read"


# --- the ids of acts --------------------------------------------------------------------------------------------------


@pytest.fixture
def home(homes: Homes) -> Home:
    return world(homes, "T1").home


def test_a_key_that_somebody_else_has_used_tells_nothing(home: Home) -> None:
    theirs, mine = Asks(home, "FANG"), Asks(home, "LIN")
    told(theirs("adverse_event.report", {"STUDYID": "T1", "USUBJID": "B1"}, "fever-of-march"), 201)
    first = told(mine("adverse_event.report", {"STUDYID": "T1", "USUBJID": "A1"}, "fever-of-march"), 201)
    assert first["number"] == 4
    again = told(theirs("adverse_event.report", {"STUDYID": "T1", "USUBJID": "B1"}, "fever-of-march"), 200)
    assert again["repeated"]


def test_nobody_takes_the_id_of_what_time_is_going_to_do(homes: Homes, home: Home) -> None:
    lin = Asks(home, "LIN")
    told(lin("adverse_event.report", {"STUDYID": "T1", "USUBJID": "A1", "AESER": "Y"}), 201)
    root = next(
        event
        for event in (decode(row).event for row in reversed(list(home.journal.rows())))
        if isinstance(event, Raised)
    )
    for number, key in enumerate(f"rung-{rung_id(root, rung)}" for rung in range(2, 6)):
        form = {"STUDYID": "T1", "USUBJID": "A1", "EXSEQ": 10 + number}
        told(lin("dose.give", form, key), 201)
    before = home.journal.head().position
    homes.now += timedelta(days=1)
    tick(home.desk, home.views, homes.now)
    raised = [decode(row).event for row in home.journal.rows(before) if row.topic == "alert.raised.v1"]
    assert [one.rung for one in raised if isinstance(one, Raised) and one.root == root.alert][:1] == [2]


def test_a_form_cannot_take_the_id_of_a_report_that_is_going_to_be_opened(home: Home) -> None:
    browser = signed_in(home, "LIN")
    act = "T1/report/dsur/2026-02-28-opened"
    said = {"csrf": token(browser.get("/trials/T1/file")), "act": act, "subject": "A1", "term": "x", "do": "file"}
    assert browser.post("/trials/T1/file", data=said, follow_redirects=False).status_code == 303
    assert home.journal.turns.run(lambda turn: turn.decided_before(act)) is None
    assert home.journal.turns.run(lambda turn: turn.decided_before(f"LIN:{act}")) is not None


def test_an_act_of_a_drill_is_a_text_that_the_log_can_keep(home: Home, tmp_path: Path) -> None:
    browser = signed_in(home, "OPS")
    csrf = token(browser.get("/trials/T1/rota"))
    before = home.journal.head().position
    for act in ("\0", "A" * 300, "two words", "\ud7ff\u202e"):
        answer = browser.post("/trials/T1/rota/drill", data={"csrf": csrf, "act": act}, follow_redirects=False)
        assert answer.status_code == 400, act
    assert home.journal.head().position == before
