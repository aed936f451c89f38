"""The reason of a decision is somebody's own words: sealed in the log, shown to whom text is shown, gone with a redaction."""

import json
import sqlite3
from contextlib import closing
from hashlib import sha256

import pytest

from safety.aggregates.record import Redacted, RedactionRequested
from safety.aggregates.register import TOPICS
from safety.home import Home
from safety.journal import Decision, NewEvent, Stored, decode, open_journal
from safety.journal.codec import SIGNER, WHY
from safety.journal.verification import verify
from safety.projections.audit_trail import history
from safety.values import microseconds
from tests import builders as b
from tests.web_homes import SUBJECT, Homes, signed_in, with_a_trial, with_people

WHY_SAID = "Mrs Zhang of bed 7 called again"


@pytest.fixture
def home(homes: Homes) -> Home:
    people = {"CHEN": "safety_officer", "WANG": "safety_officer"}
    return with_people(with_a_trial(homes.open()), **{name: {"roles": [role]} for name, role in people.items()})


def last(home: Home) -> Stored:
    head = home.journal.head().position
    return home.journal.page(head - 1, head, 1)[0]


def judged(home: Home) -> Stored:
    """A judgement of CHEN's with a reason, as it stands in the log."""
    form = b.causality_assessed(SUBJECT, 1, "sponsor", "PROBABLE")
    done = home.desk.do("adverse_event.assess_causality", form, by="CHEN", command_id="C-1", reason=WHY_SAID)
    return home.journal.page(done.positions[0] - 1, done.positions[0], 1)[0]


def test_it_stands_sealed_and_is_read_back(home: Home) -> None:
    row = judged(home)
    assert WHY_SAID not in row.meta + row.body
    assert WHY_SAID in (row.sealed or "")
    assert (decode(row).reason, decode(row).about().reason) == (WHY_SAID, WHY_SAID)
    assert list(verify(home.journal)) == []


def test_the_audit_trail_tells_it(home: Home) -> None:
    row = judged(home)
    home.views.catch_up(home.journal)
    with home.views.connect() as connection:
        told = history(connection, row.stream, home.views.now(connection))
    assert WHY_SAID in str(told)


def test_it_goes_with_a_redaction_and_nothing_else_changes(home: Home) -> None:
    position = judged(home).position
    request = RedactionRequested.model_validate({"at_position": position, "reason": "identifies_a_person"})
    home.desk.do("log.request_redaction", request, by="CHEN", command_id="R-1")
    home.desk.do("log.redact", Redacted(at_position=position), by="WANG", command_id="R-2")
    row = home.journal.page(position - 1, position, 1)[0]
    assert decode(row).reason == "[redacted]"
    assert list(verify(home.journal)) == []
    home.views.catch_up(home.journal)
    with home.views.connect() as connection:
        assert WHY_SAID not in str(history(connection, row.stream, home.views.now(connection)))


@pytest.mark.parametrize("change", [("bed 7", "bed 8"), (f'"{WHY}":', '"nobody":')])
def test_another_reason_is_found(home: Home, change: tuple[str, str]) -> None:
    position = judged(home).position
    home.journal.close()
    with closing(sqlite3.connect(home.settings.home / "log.db")) as log, log:
        for (name,) in log.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            log.execute(f"DROP TRIGGER {name}")
        log.execute("UPDATE log SET sealed = replace(sealed, ?, ?) WHERE position = ?", (*change, position))
    journal = open_journal(home.settings.home / "log.db", lambda: microseconds(home.doors.clock()), 5)
    assert [(found.position, found.rule) for found in verify(journal)] == [(position, "sealed")]
    journal.close()


@pytest.mark.parametrize("said", ["clinic record re-read", "#17 on the list", ""])
def test_reasons_of_before_stand_as_they_were_typed(home: Home, said: str) -> None:
    row = judged(home)
    meta = json.dumps({**json.loads(row.meta), "command": "C-0", "correlation": "C-0", "reason": said})
    old = NewEvent(row.stream, row.version + 1, row.topic, row.body, meta, None)
    home.journal.append(Decision([old], "C-0", sha256(b"x").hexdigest()))
    found = decode(last(home))
    assert (found.reason, found.about().reason) == (said, said)
    assert list(verify(home.journal)) == []


def test_no_sealed_field_has_a_name_of_what_stands_beside_the_body() -> None:
    assert {SIGNER, WHY}.isdisjoint({wire for form in TOPICS.values() for wire in form.SEALED})


def test_who_reads_no_text_reads_no_reason(home: Home) -> None:
    judged(home)
    case = f"/trials/T1/cases/{SUBJECT}/1"
    assert WHY_SAID in signed_in(home, "CHEN").get(case).text
    page = signed_in(home, "OPERATOR").get(case)
    assert page.status_code == 200
    assert WHY_SAID not in page.text
