"""Two people on one record: whoever decides second, on what the first has changed, is refused; whatever the interleaving."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from safety.aggregates.adverse_event import AdverseEvents
from safety.aggregates.deciding import Form, Refused
from safety.aggregates.relied_on import ChangedSince
from safety.desk import Done
from safety.journal.states import folded
from tests.builders import (
    causality_assessed,
    completed,
    corrected,
    dose_corrected,
    followed_up,
    given,
    reported,
    withheld,
)
from tests.desks import Office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    opened = Office(tmp_path / "log.db").begin(given(), reported(number=1), reported(number=2))
    yield opened
    opened.close()


def ask(office: Office, command: str, form: Form, read_at: int | None, act: str, *, by: str = "LIN") -> Done:
    return office.desk.do(command, form, by=by, command_id=act, read_at=read_at)


def term(office: Office, number: int = 1) -> object:
    return folded(office.journal.stream("T1/subject/S1")).slice(AdverseEvents).by_number[number].particulars["term"]


CHANGED = [
    ("adverse_event.follow_up", followed_up(outcome="UNKNOWN")),
    ("adverse_event.correct", corrected("S1", 1, "AETERM", term="Chills")),
    ("adverse_event.assess_causality", causality_assessed(assessor="investigator")),
    ("subject.complete", completed()),
]


@pytest.mark.parametrize(("command", "form"), CHANGED, ids=[name for name, _ in CHANGED])
def test_what_was_changed_after_the_form_was_opened_is_told_before_it_is_taken(
    office: Office, command: str, form: Form
) -> None:
    read_at = office.position
    office.do(command, form)
    head = office.position
    with pytest.raises(ChangedSince):
        ask(office, "adverse_event.follow_up", followed_up(term="Fever"), read_at, "SECOND")
    assert office.position == head
    assert term(office) != "Fever"
    ask(office, "adverse_event.follow_up", followed_up(term="Fever"), head, "SECOND")
    assert term(office) == "Fever"


def test_another_event_another_dose_and_another_subject_are_not_in_the_way(office: Office) -> None:
    read_at = office.position
    office.do("adverse_event.follow_up", followed_up(number=2, outcome="UNKNOWN"))
    office.do("dose.correct", dose_corrected("S1", 1, "EXLOT", lot="L-2"))
    office.do("dose.withhold", withheld(number=2))
    ask(office, "adverse_event.follow_up", followed_up(term="Fever"), read_at, "MINE")
    assert term(office) == "Fever"
    with pytest.raises(ChangedSince):
        ask(office, "dose.correct", dose_corrected("S1", 1, "EXLOT", lot="L-3"), read_at, "LATE")


def test_sent_again_it_gives_what_the_first_one_gave_though_that_changed_the_record(office: Office) -> None:
    read_at = office.position
    first = ask(office, "adverse_event.follow_up", followed_up(term="Fever"), read_at, "ONCE")
    again = ask(office, "adverse_event.follow_up", followed_up(term="Fever"), read_at, "ONCE")
    assert (again.repeated, again.positions) == (True, first.positions)


def test_of_many_at_the_same_moment_one_is_taken_and_the_others_hear_of_it(office: Office) -> None:
    """Sixteen threads, each with a form filled in from the same position, twenty times over."""
    together = threading.Barrier(16)

    def press(turn: int, who: int, read_at: int) -> str | None:
        said = f"Fever {turn} {who}"
        together.wait()
        try:
            ask(
                office,
                "adverse_event.follow_up",
                followed_up(term=said),
                read_at,
                f"{turn}-{who}",
                by=("LIN", "CHEN")[who % 2],
            )
        except ChangedSince:
            return None
        return said

    with ThreadPoolExecutor(16) as threads:
        for turn in range(20):
            read_at = office.position
            answers = list(threads.map(lambda who, turn=turn, at=read_at: press(turn, who, at), range(16)))
            taken = [answer for answer in answers if answer is not None]
            assert len(taken) == 1
            assert term(office) == taken[0]


def test_it_is_a_refusal_that_a_person_can_read(office: Office) -> None:
    office.do("subject.complete", completed())
    with pytest.raises(Refused, match="was changed after it was opened at position 5; look at the change"):
        ask(office, "adverse_event.follow_up", followed_up(term="Fever"), 5, "ANY")
