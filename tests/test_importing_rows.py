"""What rows of imported data make of a record: new, unchanged, corrected, or refused with the place."""

from typing import Any

import pytest

from safety.aggregates.dose import Doses
from safety.aggregates.importing import RowRefused
from safety.aggregates.subject import Subject
from tests import builders
from tests.builders import T0, enrolled, reported
from tests.imported_record import AE, DM, EX, VARIABLES, Cells, Record, counts, narrower, without

# New, unchanged, corrected


def test_new_rows_are_entered_as_the_commands_would_and_marked_as_imported() -> None:
    record = Record()
    topics, tally = record.take(ex=[EX], ae=[AE, {**AE, "AESEQ": 2}])
    assert topics == ["subject.enrolled", "dose.given", "adverse_event.reported", "adverse_event.reported"]
    assert counts(tally) == (1, 1, 2, 0, 0, 0)
    ae = record.adverse_event(2)
    assert ae.imported == ae.particulars
    aware = ae.particulars["aware"]
    assert (aware.at, aware.zone, aware.party, aware.basis) == (T0, "Asia/Shanghai", "site", "import")
    assert record.slice(Subject).imported["age"] == 40
    assert record.slice(Doses).imported[1]["unit"] == "10^6"


def test_the_same_data_again_add_nothing() -> None:
    record = Record()
    rows: dict[str, Any] = {"death": {"DTHDTC": "2018-09"}, "ex": [EX], "ae": [AE]}
    assert record.take(**rows)[0]
    topics, tally = record.take(**rows)
    assert (topics, counts(tally), tally.changed) == ([], (0, 0, 0, 3, 0, 0), [])


@pytest.mark.parametrize(
    ("table", "cells", "topic"),
    [
        pytest.param("dm", [{**DM, "AGE": 41}], "subject.corrected", id="DM"),
        pytest.param("ex", [{**EX, "EXDOSE": "36"}], "dose.corrected", id="EX"),
        pytest.param("ae", [{**AE, "AESEV": "SEVERE"}], "adverse_event.corrected", id="AE"),
        pytest.param("ae", [{**AE, "AETERM": "High fever"}], "adverse_event.corrected", id="the term alone"),
        pytest.param("ae", [{**AE, "AESTDTC": "2018-03"}], "adverse_event.corrected", id="the onset alone"),
        pytest.param("ae", [{**AE, "AEOUT": "FATAL"}], "adverse_event.corrected", id="a cell that was empty"),
        pytest.param("ae", [without(AE, "AESEV")], "adverse_event.corrected", id="a cell that is empty now"),
    ],
)
def test_other_values_under_the_same_key_are_one_correction(table: str, cells: list[Cells], topic: str) -> None:
    record = Record()
    record.take(ex=[EX], ae=[AE])
    rows: dict[str, Any] = {"ex": [EX], "ae": [AE]} | {table: cells[0] if table == "dm" else cells}
    topics, tally = record.take(**rows)
    assert (topics, counts(tally)) == ([topic], (0, 0, 0, 2, 1, 0))
    assert record.take(**rows)[0] == []


def test_a_correction_names_what_changed_and_an_emptied_cell_empties() -> None:
    record = Record()
    record.take(ae=[{**AE, "AEOUT": "UNKNOWN"}])
    record.take(ae=[{**without(AE, "AESEV"), "AEOUT": "FATAL"}])
    event = record.history[-1]
    assert event.__dict__["variables"] == ("AESEV", "AEOUT")
    ae = record.adverse_event()
    assert ("severity" in ae.particulars, ae.particulars["outcome"], ae.particulars["term"]) == (
        False,
        "FATAL",
        "Fever",
    )
    assert "severity" not in ae.imported


def test_a_column_that_is_not_there_says_nothing() -> None:
    record = Record()
    record.take(ex=[EX], ae=[AE], death={"DTHDTC": "2018-09"})
    less = {
        table: narrower(table, *gone)[table]
        for table, gone in (("subjects", ["AGE", "DTHDTC"]), ("exposures", ["EXDOSE"]))
    }
    less["adverse_events"] = narrower("adverse_events", "AESEV", "AESTDTC")["adverse_events"]
    topics, tally = record.take(
        dm=without(DM, "AGE"), death={}, ex=[without(EX, "EXDOSE")], ae=[without(AE, "AESEV", "AESTDTC")], covers=less
    )
    assert (topics, counts(tally)) == ([], (0, 0, 0, 3, 0, 0))
    assert record.slice(Subject).died_on == "2018-09"


def test_a_table_that_is_not_there_says_nothing() -> None:
    record = Record()
    record.take(ex=[EX], ae=[AE])
    for table in VARIABLES:
        assert record.take(dm=None, covers={table: VARIABLES[table]})[1].vanished == 1
    assert record.take(dm=None, covers={})[0] == []


# Identity: AESPID over AESEQ


def test_an_aespid_is_the_key_whatever_the_aeseq() -> None:
    record = Record()
    one, two = {**AE, "AESPID": "E1"}, {**AE, "AESEQ": 2, "AESPID": "E2", "AETERM": "Rash", "AESTDTC": "2018-04"}
    record.take(ae=[one, two])
    topics, tally = record.take(ae=[{**two, "AESEQ": 1}, {**one, "AESEQ": 2}])
    assert (topics, tally.unchanged) == ([], 3)
    topics, _ = record.take(ae=[one, two, {**AE, "AESEQ": 2, "AESPID": "E3"}])
    assert topics == ["adverse_event.reported"]
    assert record.adverse_event(3).particulars["source_id"] == "E3"


def test_an_aespid_that_comes_later_is_added_to_the_row_of_its_aeseq() -> None:
    record = Record()
    record.take(ae=[AE])
    topics, _ = record.take(ae=[{**AE, "AESPID": "E1"}])
    assert topics == ["adverse_event.corrected"]
    assert record.adverse_event().particulars["source_id"] == "E1"
    assert record.take(ae=[{**AE, "AESPID": "E1"}])[0] == []


def test_a_record_that_a_person_filed_is_known_by_its_number() -> None:
    record = Record(enrolled(age=40, sex="M"), builders.given(amount="35"), reported(term="Fever", severity="MILD"))
    topics, tally = record.take(ex=[{**EX, "EXDOSU": "10^6 CELLS"}], ae=[{**AE, "AESEV": "SEVERE"}])
    assert (topics, counts(tally)) == (["adverse_event.corrected"], (0, 0, 0, 2, 1, 0))
    assert record.adverse_event().imported["severity"] == "SEVERE"


# What is refused, with its place


ENROLLED_LATE: Cells = {**DM, "RFICDTC": "2018-03-02"}


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        pytest.param(
            {"ae": [{**AE, "AETERM": "Rash", "AESTDTC": "2018-04"}]},
            "ae.csv, line 2: the row has the key of a known adverse event but another term and another onset",
            id="renumbered",
        ),
        pytest.param({"ae": [AE, AE]}, "ae.csv, line 3: the key is used twice", id="AESEQ twice"),
        pytest.param(
            {"ae": [{**AE, "AESEQ": 8, "AESPID": "E8"}, {**AE, "AESEQ": 9, "AESPID": "E8"}]},
            "ae.csv, line 3: the key is used twice",
            id="AESPID twice, new",
        ),
        pytest.param(
            {"ae": [{**AE, "AESEQ": 8, "AESPID": "E8"}, {**AE, "AESEQ": 8}]},
            "ae.csv, line 3: the key is used twice",
            id="AESEQ of a row that has an AESPID",
        ),
        pytest.param(
            {"ae": [without(AE, "AESEQ")]}, "ae.csv, line 2: the row has neither AESPID nor AESEQ", id="no key"
        ),
        pytest.param({"ex": [EX, {**EX, "EXDOSE": "36"}]}, "ex.csv, line 3: the key is used twice", id="EXSEQ twice"),
        pytest.param({"dm": {**DM, "ARM": "C"}}, "dm.csv, line 2: ARM of subject S1 is not an arm", id="unknown arm"),
        pytest.param(
            {"ae": [AE, {**AE, "AESEQ": 2, "AEREL": "MAYBE"}]},
            "ae.csv, line 3: AEREL of subject S1",
            id="off the scale",
        ),
        pytest.param(
            {"dm": ENROLLED_LATE, "ex": [{**EX, "EXSEQ": 2}]},
            "ex.csv, line 2: EXSTDTC: dose 2 of subject S1 lies before the enrolment",
            id="a dose before enrolment",
        ),
        pytest.param(
            {"death": {"DTHDTC": "2018-02"}, "ex": [{**EX, "EXSEQ": 2}]},
            "ex.csv, line 2: EXSTDTC: dose 2 of subject S1 lies after the death",
            id="a dose after death",
        ),
    ],
)
def test_a_row_is_refused_with_its_place_and_nothing_of_it_stays(rows: dict[str, Any], sentence: str) -> None:
    record = Record()
    record.take(ex=[EX], ae=[AE])
    before = list(record.history)
    with pytest.raises(RowRefused) as refused:
        record.take(**{"ex": [EX], "ae": [AE], **rows})
    assert str(refused.value).startswith(sentence)
    assert record.history == before


@pytest.mark.parametrize(("rows", "place"), [({"ex": [EX]}, "ex.csv, line 2"), ({"ae": [AE]}, "ae.csv, line 2")])
def test_a_row_of_a_subject_that_nobody_enrolled_is_refused(rows: dict[str, Any], place: str) -> None:
    with pytest.raises(RowRefused, match=f"{place}: subject S1 is not in the subjects and not enrolled"):
        Record().take(dm=None, **rows)


def test_a_row_of_an_enrolled_subject_needs_no_row_of_its_subject() -> None:
    covers = {"adverse_events": VARIABLES["adverse_events"]}
    assert Record(enrolled()).take(dm=None, ae=[AE], covers=covers)[0] == ["adverse_event.reported"]
