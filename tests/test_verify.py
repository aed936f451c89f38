"""`verify` says nothing of a log that is as it was written, and names the first bad position of one that is not."""

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from safety.journal import Decision, Journal, Salt, Stored, open_journal
from safety.journal.codec import compact
from safety.journal.verification import Finding, verify
from tests.conftest import Store
from tests.journal_rows import alter, by_hand, deciding, opening, plain, redacting, report, reporting, row
from tests.manual_clock import ManualClock

OTHER_DIGEST = sha256(b"other").hexdigest()


@pytest.fixture
def log(store: Store, clock: ManualClock, salt: Salt) -> Iterator[Journal]:
    """Position 1 opened, 2 and 3 reported by one command, 4 and 5 by others, 6 redacts 4."""
    journal = open_journal(store, clock)
    journal.append(opening(salt))
    journal.append(Decision([row(report(n), n, "c1", salt) for n in (1, 2)], "c1", "d"))
    journal.append(reporting(salt, 1, "c2", subject="S2"))
    journal.append(reporting(salt, 3, "c3"))
    journal.append(redacting(salt, position=4, version=2, command_id="c4"))
    assert list(verify(journal)) == []
    yield journal
    journal.close()


def altered(log: Journal, store: Store, *statements: str) -> list[tuple[int, str]]:
    """What is found after somebody dropped the triggers and did this."""
    alter(store, *statements)
    findings = list(verify(log))
    assert all(str(finding).startswith(f"position {finding.position}: ") for finding in findings)
    assert [finding.position for finding in findings] == sorted(finding.position for finding in findings)
    assert "Headache" not in str(findings)
    return [(finding.position, finding.rule) for finding in findings]


def at(log: Journal, position: int) -> Stored:
    return log.page(position - 1, position, 1)[0]


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def set_body(log: Journal, position: int, topic: str | None = None, **changed: object) -> str:
    """A statement that alters a body and makes its meta fit, as somebody would who knows the rules."""
    found = at(log, position)
    body = compact({**json.loads(found.body), **changed})
    meta = compact({**json.loads(found.meta), "sha256": sha256(body.encode()).hexdigest()})
    values = f"body = {quoted(body)}, meta = {quoted(meta)}, topic = {quoted(topic or found.topic)}"
    return f"UPDATE log SET {values} WHERE position = {position}"


def set_meta(log: Journal, position: int, **changed: str) -> str:
    meta = compact({**json.loads(at(log, position).meta), **changed})
    return f"UPDATE log SET meta = {quoted(meta)} WHERE position = {position}"


def set_sealed(log: Journal, position: int, **changed: str) -> str:
    sealed = compact({**json.loads(at(log, position).sealed or "{}"), **changed})
    return f"UPDATE log SET sealed = {quoted(sealed)} WHERE position = {position}"


# --- one fault at a time ---------------------------------------------------------------------------------------------


def test_a_missing_position(log: Journal, store: Store) -> None:
    found = altered(log, store, "DELETE FROM log WHERE position = 2")
    assert found == [(3, "position"), (3, "version")]


def test_a_missing_first_position(log: Journal, store: Store) -> None:
    assert altered(log, store, "DELETE FROM log WHERE position = 1")[0] == (2, "position")


def test_a_missing_last_position(log: Journal, store: Store) -> None:
    found = altered(log, store, "DELETE FROM log WHERE position = 6")
    # What it redacted is bare now, which comes first; on PostgreSQL the head misses it as well.
    assert found[:2] in ([(4, "sealed"), (6, "command")], [(4, "sealed"), (6, "position")])


def test_a_missing_last_command(log: Journal, store: Store) -> None:
    """Rows and command gone together: PostgreSQL's head tells; on SQLite nothing stands behind the last command."""
    gone = ["DELETE FROM log WHERE position = 6", "DELETE FROM command WHERE command_id = 'c4'"]
    told = [] if isinstance(store, Path) else [(6, "position")]
    assert altered(log, store, *gone) == [(4, "sealed"), *told]


def test_a_version_that_is_not_due(log: Journal, store: Store) -> None:
    assert altered(log, store, "UPDATE log SET version = 9 WHERE position = 4") == [(4, "version")]


def test_a_time_that_does_not_rise(log: Journal, store: Store) -> None:
    assert altered(log, store, "UPDATE log SET recorded_at = recorded_at - 1 WHERE position = 4") == [(4, "time")]
    alter(store, "UPDATE log SET recorded_at = recorded_at + 1 WHERE position = 4")
    assert altered(log, store, "UPDATE log SET recorded_at = recorded_at - 9 WHERE position = 1") == []


def test_two_times_within_one_command(log: Journal, store: Store) -> None:
    assert altered(log, store, "UPDATE log SET recorded_at = recorded_at - 1 WHERE position = 2") == [
        (2, "time"),
        (3, "time"),
    ]


def test_an_unknown_topic(log: Journal, store: Store) -> None:
    assert altered(log, store, "UPDATE log SET topic = 'adverse_event.sung.v1' WHERE position = 3") == [(3, "topic")]


def test_a_body_that_is_not_of_its_topic(log: Journal, store: Store) -> None:
    assert altered(log, store, set_body(log, 3, AESER="MAYBE")) == [(3, "topic")]
    assert altered(log, store, "UPDATE log SET body = '{' WHERE position = 2") == [
        (2, "body"),
        (2, "topic"),
        (3, "topic"),
    ]


def test_one_altered_body(log: Journal, store: Store) -> None:
    body = at(log, 3).body.replace('"AESER":"N"', '"AESER":"Y"')
    assert body != at(log, 3).body
    assert altered(log, store, f"UPDATE log SET body = {quoted(body)} WHERE position = 3") == [(3, "body")]


def test_one_altered_digest(log: Journal, store: Store) -> None:
    assert altered(log, store, set_meta(log, 3, sha256=OTHER_DIGEST)) == [(3, "body")]


@pytest.mark.parametrize("meta", ["{", "[]", "{}", '{"by": "X"}'])
def test_a_meta_that_cannot_be_read(log: Journal, store: Store, meta: str) -> None:
    assert altered(log, store, f"UPDATE log SET meta = {quoted(meta)} WHERE position = 3")[0] == (3, "meta")


def test_a_body_of_another_stream(log: Journal, store: Store) -> None:
    assert altered(log, store, set_body(log, 5, USUBJID="S2")) == [(5, "stream")]


def test_altered_sealed_text(log: Journal, store: Store) -> None:
    assert altered(log, store, set_sealed(log, 3, AETERM="Hiccups")) == [(3, "sealed")]


@pytest.mark.parametrize("sealed", ["{", "[]", "{}", '{"salt": "00"}', '{"salt": "0", "AETERM": "x"}', '{"salt": 1}'])
def test_sealed_text_that_cannot_be_read(log: Journal, store: Store, sealed: str) -> None:
    assert altered(log, store, f"UPDATE log SET sealed = {quoted(sealed)} WHERE position = 3") == [(3, "sealed")]


def test_sealed_text_that_no_digest_stands_for(log: Journal, store: Store) -> None:
    assert altered(log, store, set_sealed(log, 3, narrative="Slept badly.")) == [(3, "sealed")]
    assert altered(log, store, 'UPDATE log SET sealed = \'{"salt": "00"}\' WHERE position = 1')[0][0] == 3
    assert (1, "sealed") not in altered(log, store, "UPDATE log SET sealed = NULL WHERE position = 1")


def test_sealed_text_that_vanished_without_a_redaction(log: Journal, store: Store) -> None:
    with by_hand(store) as connection:
        # No trigger has to be dropped for this one.
        connection.execute("UPDATE log SET sealed = NULL WHERE position = 3")
    findings = list(verify(log))
    assert findings == [Finding(3, "sealed", "its sealed text is missing (AETERM), and nobody redacted it")]


def test_sealed_text_that_came_back_after_its_redaction(log: Journal, store: Store, salt: Salt) -> None:
    before = row(report(1, subject="S2"), 1, "c2", salt)
    body, sealed = quoted(before.body), quoted(before.sealed or "")
    put_back = f"UPDATE log SET body = {body}, meta = {quoted(before.meta)}, sealed = {sealed} WHERE position = 4"
    assert altered(log, store, put_back) == [(4, "redacted")]


def test_a_log_that_does_not_begin_with_its_opening(log: Journal, store: Store) -> None:
    swapped = [f"UPDATE log SET position = position + 100 WHERE position = {position}" for position in range(1, 7)] + [
        f"UPDATE log SET position = position - 101 WHERE position = {position}" for position in range(102, 107)
    ]
    assert (1, "opened") in altered(log, store, *swapped, "DELETE FROM log WHERE position = 101")


# --- the command table -----------------------------------------------------------------------------------------------


def test_a_command_that_is_not_in_the_table(log: Journal, store: Store) -> None:
    assert altered(log, store, "DELETE FROM command WHERE command_id = 'c2'") == [(4, "command")]


def test_a_last_command_that_is_not_in_the_table(log: Journal, store: Store) -> None:
    assert altered(log, store, "DELETE FROM command WHERE command_id = 'c4'") == [(6, "command")]


def test_no_command_is_in_the_table(log: Journal, store: Store) -> None:
    assert altered(log, store, "DELETE FROM command") == [(position, "command") for position in range(1, 7)]


def test_a_row_that_names_another_command(log: Journal, store: Store) -> None:
    assert altered(log, store, set_meta(log, 4, command="c3"))[0] == (4, "command")


def test_a_command_that_claims_too_little(log: Journal, store: Store) -> None:
    assert altered(log, store, "UPDATE command SET last_position = 2 WHERE command_id = 'c1'") == [(3, "command")]


def test_a_command_that_claims_what_is_anothers(log: Journal, store: Store) -> None:
    found = altered(log, store, "UPDATE command SET last_position = 4 WHERE command_id = 'c1'")
    assert found[0] == (4, "command")


def test_two_commands_that_claim_the_same(log: Journal, store: Store) -> None:
    assert altered(log, store, "UPDATE command SET first_position = 4 WHERE command_id = 'c3'") == [(5, "command")]


def test_a_command_that_claims_what_is_not_there(log: Journal, store: Store) -> None:
    assert altered(log, store, "UPDATE command SET last_position = 8 WHERE command_id = 'c4'") == [(7, "command")]


def test_a_command_without_a_row(log: Journal, store: Store) -> None:
    assert altered(log, store, "INSERT INTO command VALUES ('c9', 'd', 9, 9)") == [(9, "command")]


def test_a_command_that_changed_nothing_is_sound(log: Journal) -> None:
    log.append(deciding("nothing"))
    assert list(verify(log)) == []


# --- the head of PostgreSQL, and parts of a log ----------------------------------------------------------------------


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_a_head_that_is_not_the_end(log: Journal, store: Store) -> None:
    assert altered(log, store, "UPDATE log_head SET position = 5") == [(5, "head"), (6, "command"), (6, "head")]
    assert altered(log, store, "UPDATE log_head SET position = 7") == [(7, "position")]
    assert altered(log, store, "UPDATE log_head SET position = 6, recorded_at = 1") == [(6, "head")]


def test_the_parts_of_a_sound_log_are_sound(log: Journal) -> None:
    for after in range(7):
        assert list(verify(log, after)) == []
        assert [finding for upto in range(after, 7) for finding in verify(log, after, upto)] == []


def test_a_part_finds_what_lies_in_it(log: Journal, store: Store) -> None:
    alter(store, "UPDATE log SET version = 9 WHERE position = 5")
    assert list(verify(log, 0, 4)) == []
    assert [(finding.position, finding.rule) for finding in verify(log, 4, 6)] == [(5, "version")]
    assert [finding.position for finding in verify(log, 0, 9)] == [5, 7]


def test_a_log_that_grows_and_is_redacted_meanwhile_is_sound(
    log: Journal, salt: Salt, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of it after the walk has begun, and before it reads the rows in question."""
    page = log.page

    def grown(after: int, upto: int, limit: int, prefix: str = "") -> list[Stored]:
        if log.head().position == 6 and after == 0:
            log.append(reporting(salt, 4, "c5"))
            log.append(redacting(salt, position=5, version=3, command_id="c6"))
        return page(after, upto, limit, prefix)

    monkeypatch.setattr(log, "page", grown)
    assert list(verify(log)) == []
    assert log.head().position == 8
    assert list(verify(log)) == []


def test_an_empty_log_is_sound(journal: Journal) -> None:
    assert list(verify(journal)) == []


def test_what_is_no_event_of_ours_is_named(journal: Journal) -> None:
    journal.append(deciding("c1", plain("A", 1)))
    assert {finding.rule for finding in verify(journal)} == {"meta", "topic"}
