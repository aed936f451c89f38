"""What imports leave of what people did, rows that vanish and come back, deaths, news, and any data after any data."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from safety.aggregates.adverse_event import AdverseEvents, Reported
from safety.aggregates.deciding import Refused
from safety.aggregates.importing import Tally
from safety.aggregates.subject import Subject
from safety.values import REDACTED
from tests import builders
from tests.builders import corrected, died, dose_corrected, enrolled, nullified, reported
from tests.given import unhurried
from tests.imported_record import AE, EX, VARIABLES, Cells, Record, counts, narrower

# What people do in between


def test_what_people_put_right_survives_the_same_data_again() -> None:
    record = Record()
    record.take(ex=[EX], ae=[AE])
    record.happened(
        builders.subject_corrected("S1", "AGE", age=41),
        dose_corrected("S1", 1, "EXDOSE", amount="36"),
        corrected("S1", 1, "AESEV", severity="SEVERE"),
    )
    assert record.take(ex=[EX], ae=[AE])[0] == []
    topics, _ = record.take(ex=[EX], ae=[{**AE, "AEOUT": "FATAL"}])
    assert topics == ["adverse_event.corrected"]
    assert record.adverse_event().particulars["severity"] == "SEVERE"


def test_what_is_nullified_stays_untouched() -> None:
    record = Record()
    record.take(ae=[AE])
    record.happened(nullified())
    for rows in ([{**AE, "AETERM": "Rash", "AESTDTC": "2018-04"}], [], [AE]):
        assert record.take(ae=rows)[0] == []


def test_of_redacted_text_nothing_can_be_said() -> None:
    text_is_gone = reported(term=REDACTED, started_on="2018-03-05", severity="MILD", source="import", serious="N")
    record = Record(enrolled(age=40, sex="M", source="import"), text_is_gone)
    assert record.take(ae=[{**AE, "AETERM": "Name of a person"}])[0] == []
    assert record.take(ae=[{**AE, "AETERM": "Name of a person", "AESEV": "SEVERE"}])[0] == ["adverse_event.corrected"]
    assert record.history[-1].__dict__["variables"] == ("AESEV",)


def test_the_data_speak_for_the_site_whoever_brings_them() -> None:
    covers = {**VARIABLES, "adverse_events": [*VARIABLES["adverse_events"], "AEREL"]}
    record = Record()
    record.take(ae=[{**AE, "AEREL": "PROBABLE", "AESER": "Y"}], covers=covers, role="safety_officer")
    topics, _ = record.take(ae=[{**AE, "AEREL": "NONE"}], covers=covers, role="safety_officer")
    assert topics == ["adverse_event.corrected"]


# Rows that vanish and come back; death


def test_a_vanished_row_is_marked_once_and_unmarked_when_it_is_back() -> None:
    record = Record()
    all_of_it: dict[str, Any] = {"ex": [EX], "ae": [AE]}
    record.take(**all_of_it)
    topics, tally = record.take(dm=None)
    assert topics == ["subject.row_vanished", "dose.row_vanished", "adverse_event.row_vanished"]
    assert counts(tally) == (0, 0, 0, 0, 0, 3)
    assert record.take(dm=None)[0] == []
    topics, tally = record.take(**all_of_it)
    assert topics == ["subject.row_reappeared", "dose.row_reappeared", "adverse_event.row_reappeared"]
    assert (tally.vanished, tally.unchanged) == (0, 3)
    assert record.take(**all_of_it)[0] == []


def test_what_only_people_filed_cannot_vanish() -> None:
    record = Record(enrolled(), builders.given(), reported())
    assert record.take(dm=None)[0] == []


def test_a_death_is_recorded_corrected_and_not_recorded_again() -> None:
    record = Record()
    assert record.take(death={})[0] == ["subject.enrolled", "subject.died"]
    topics, tally = record.take(death={"DTHDTC": "2018-09"})
    assert (topics, tally.corrected) == (["subject.died"], 1)
    assert record.slice(Subject).died_on == "2018-09"
    assert record.take(death={"DTHDTC": "2018-09"})[0] == []
    assert record.take()[0] == []


def test_a_death_that_a_person_recorded_is_known() -> None:
    record = Record(enrolled(age=40, sex="M"), died(died_on="2018-09"))
    assert record.take(death={"DTHDTC": "2018-09"})[0] == []
    assert record.take(death={}, covers=narrower("subjects", "DTHDTC"))[0] == []


# News: what became serious


@pytest.mark.parametrize(
    ("before", "now", "news"),
    [
        pytest.param([], [{**AE, "AESER": "Y"}], ["S1/1"], id="reported serious"),
        pytest.param([], [{**AE, "AESDTH": "Y"}], ["S1/1"], id="AESER=N with a criterion"),
        pytest.param([], [AE], [], id="not serious"),
        pytest.param([AE], [{**AE, "AESER": "Y"}], ["S1/1"], id="serious by correction"),
        pytest.param([{**AE, "AESER": "Y"}], [{**AE, "AESER": "Y", "AESEV": "SEVERE"}], [], id="serious before"),
        pytest.param(
            [{**AE, "AESER": "Y"}], [{**AE, "AESER": "Y", "AESDTH": "Y"}], [], id="serious for one more reason"
        ),
        pytest.param([{**AE, "AESER": "Y"}], [AE], [], id="no longer serious"),
        pytest.param([AE], [AE, {**AE, "AESEQ": 2, "AESER": "Y"}], ["S1/2"], id="one more"),
        pytest.param([{**AE, "AESER": "Y"}], [], [], id="vanished"),
    ],
)
def test_what_became_serious_is_news(before: list[Cells], now: list[Cells], news: list[str]) -> None:
    record = Record()
    record.take(ae=before)
    assert newly_serious(record.take(ae=now)[1]) == news


def newly_serious(tally: Tally) -> list[str]:
    return [name for name, was, now in tally.changed if now.serious and not (was is not None and was.serious)]


# Any data after any data

ROWS = st.lists(
    st.fixed_dictionaries(
        {"AESEQ": st.integers(1, 4), "AETERM": st.sampled_from(["Fever", "Rash"])},
        optional={
            "AESPID": st.sampled_from(["E1", "E2", "E3"]),
            "AESTDTC": st.sampled_from(["2018", "2018-03-05"]),
            "AESEV": st.sampled_from(["MILD", "SEVERE"]),
            "AESER": st.sampled_from(["Y", "N"]),
            "AESDTH": st.sampled_from(["Y", "N"]),
        },
    ),
    max_size=4,
    unique_by=lambda row: row["AESEQ"],
)


def says(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a row says of an adverse event, but for the number it has there."""
    names = {described.alias: name for name, described in Reported.model_fields.items()}
    return {names[variable]: value for variable, value in row.items() if variable != "AESEQ"}


@unhurried
@forall(st.lists(ROWS, min_size=1, max_size=4))
def test_whatever_the_data_were_the_record_says_what_they_say_now(imports: list[list[dict[str, Any]]]) -> None:
    record = Record()
    for rows in imports:
        before = record.slice(AdverseEvents).by_number
        try:
            _, tally = record.take(ae=rows)
        except Refused:
            assert record.slice(AdverseEvents).by_number == before
            continue
        after: AdverseEvents = record.slice(AdverseEvents)
        standing = [ae for ae in after.by_number.values() if not ae.vanished]
        told = ("source_id", "term", "started_on", "severity", "serious", "results_in_death")
        said = [{name: ae.imported[name] for name in told if name in ae.imported} for ae in standing]
        key = str
        assert sorted(said, key=key) == sorted(
            ({name: v for name in told if (v := says(row).get(name))} for row in rows), key=key
        )
        was_serious = {number for number, ae in before.items() if ae.serious}
        now_serious = {number for number, ae in after.by_number.items() if ae.serious}
        assert set(newly_serious(tally)) == {f"S1/{number}" for number in now_serious - was_serious}
        assert set(before) <= set(after.by_number)
        assert record.take(ae=rows)[0] == []
