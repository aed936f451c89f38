"""The desk: a redaction takes two persons, empties the sealed text, and leaves the command known."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from safety.aggregates.record import RedactionNotRequested, SamePerson
from safety.desk import NoSuchPosition, OtherContent
from safety.journal.states import folded
from safety.values import REDACTED
from tests.builders import redacted, redaction_requested
from tests.desks import Office, heard


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    opened = Office(tmp_path / "log.db").begin()
    yield opened
    opened.close()


def redact(office: Office, position: int) -> None:
    office.do("log.request_redaction", redaction_requested(position), by="CHEN")
    office.do("log.redact", redacted(position), by="WANG")


def test_a_redaction_by_two_persons_empties_the_sealed_text_and_nothing_else(office: Office) -> None:
    done = office.do("adverse_event.report", heard(narrative="Mr Li, 5 Garden Road"))
    (before,) = office.journal.page(done.positions[0] - 1, done.positions[0], 1)
    redact(office, done.positions[0])
    (after,) = office.journal.page(done.positions[0] - 1, done.positions[0], 1)
    assert before.sealed is not None
    assert "Garden" in before.sealed
    assert after == before._replace(sealed=None)


def test_a_repeated_command_is_known_after_its_text_is_gone(office: Office) -> None:
    form = heard(term="Fever", narrative="Mr Li")
    first = office.do("adverse_event.report", form, command_id="C-1")
    redact(office, first.positions[0])
    again = office.do("adverse_event.report", form, command_id="C-1")
    (event,) = again.events
    assert (again.positions, again.repeated) == (first.positions, True)
    assert (event.__dict__["term"], event.__dict__["narrative"]) == (REDACTED, REDACTED)
    with pytest.raises(OtherContent):
        office.do("adverse_event.report", form.model_copy(update={"severity": "MILD"}), command_id="C-1")


def test_what_is_not_there_yet_cannot_be_redacted_in_advance(office: Office) -> None:
    position = office.position
    with pytest.raises(NoSuchPosition, match=f"The log has no position {position + 1} yet"):
        office.do("log.request_redaction", redaction_requested(position + 1), by="CHEN")
    assert office.position == position
    assert office.do("log.request_redaction", redaction_requested(position), by="CHEN").events


def test_one_person_cannot_redact(office: Office) -> None:
    done = office.do("adverse_event.report", heard())
    with pytest.raises(RedactionNotRequested):
        office.do("log.redact", redacted(done.positions[0]), by="CHEN")
    office.do("log.request_redaction", redaction_requested(done.positions[0], by="WANG"), by="CHEN")
    with pytest.raises(SamePerson):
        office.do("log.redact", redacted(done.positions[0]), by="CHEN")
    assert folded(office.journal.stream("T1/subject/S1")).version == 2
