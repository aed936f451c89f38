"""A dose: given, corrected, withheld; for cells the total is computed and checked against the weight."""

from decimal import Decimal

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from safety.aggregates.deciding import Form, Refused, UnknownEvent
from safety.aggregates.dose import (
    DoseAfterDeath,
    DoseBeforeEnrolment,
    DoseRecorded,
    Doses,
    DoseWithheld,
    Given,
    RowReappeared,
    RowVanished,
    TooManyCells,
    TotalCellsDiffer,
    UnknownDose,
    evolve,
)
from safety.aggregates.subject import NotAVariable, UnknownSubject
from tests.builders import TRIAL, built, died, dose_corrected, enrolled, registered, reported, withheld
from tests.builders import given as dose_given
from tests.given import given, unhurried

STREAM = f"{TRIAL}/subject/S1"
TRIAL_AND_SUBJECT = (registered(), enrolled(weight_kg="70"))


def doses_of(*history: Form) -> Doses:
    return given(*history)(STREAM, Doses)


def total_of(weight: str | None, per_kg: str | None, counted: str | None = None) -> str | None:
    history = [registered(), enrolled(weight_kg=weight)]
    (event,) = given(*history).when("dose.give", dose_given(cells_per_kg=per_kg, total_cells=counted))
    assert isinstance(event, Given)
    return event.total_cells


@pytest.mark.parametrize(
    ("weight", "per_kg", "counted", "kept"),
    [
        pytest.param("70", "500000", None, "35000000", id="0.5 million cells/kg x 70 kg"),
        pytest.param("70.5", "500000", None, "35250000.0", id="as exact as what was given"),
        pytest.param("71.5", "0.5", None, "35.75", id="in millions"),
        pytest.param("70", "500000", "35000000", "35000000", id="counted and the same"),
        pytest.param("70", "500000", "36750000", "36750000", id="counted and 5 % more"),
        pytest.param("70", "500000", "33250000", "33250000", id="counted and 5 % less"),
        pytest.param(None, "500000", None, None, id="weight not known"),
        pytest.param(None, "500000", "1", "1", id="counted, weight not known: nothing to check against"),
        pytest.param("70", None, None, None, id="not cells"),
        pytest.param("70", None, "35000000", "35000000", id="counted in all only"),
        pytest.param("70.1234567", "0.1234567", None, "8.657210556775", id="no more decimals than the field holds"),
        pytest.param("1", "99999999999999999999", None, "99999999999999999999", id="as many digits as the field holds"),
        pytest.param("0", "500000", None, "0", id="a weight of nothing"),
    ],
)
def test_cells_in_all_are_computed_where_they_were_not_counted(
    weight: str | None, per_kg: str | None, counted: str | None, kept: str | None
) -> None:
    assert total_of(weight, per_kg, counted) == kept


DECIMALS = st.from_regex(r"\A(0|[1-9][0-9]{0,19})(\.[0-9]{1,12})?\Z")


@unhurried
@forall(DECIMALS, DECIMALS)
def test_whatever_is_computed_can_be_read_back(weight: str, per_kg: str) -> None:
    try:
        total = total_of(weight, per_kg)
    except TooManyCells:
        assert Decimal(weight) * Decimal(per_kg) >= 10**20
        return
    form = dose_given(cells_per_kg=per_kg, total_cells=total)
    assert form.total_cells == total
    assert abs(Decimal(total or 0) - Decimal(weight) * Decimal(per_kg)) < Decimal("1e-6")


BEFORE, AFTER = "2018-02-28", "2018-03-02"


@pytest.mark.parametrize(
    ("enrolled_on", "started_on"),
    [
        ("2018-03-01", "2018-03-01"),
        ("2018-03-01", "2018-03"),
        ("2018-03-01", "2018"),
        ("2018-03", "2018-03-01"),
        ("2018-03-01", None),
        (None, "1999"),
        ("2018-03-01T10:00", "2018-03-01"),
    ],
)
def test_issue_8_a_dose_that_may_have_come_after_enrolment_is_taken(
    enrolled_on: str | None, started_on: str | None
) -> None:
    form = dose_given(started_on=started_on)
    assert given(registered(), enrolled(enrolled_on=enrolled_on)).when("dose.give", form) == (form,)


@pytest.mark.parametrize("died_on", [None, "2018-03", "2018-03-01", "2018-03-01T00:00"])
def test_a_dose_that_may_have_come_before_death_is_taken(died_on: str | None) -> None:
    form = dose_given(started_on="2018-03-01")
    assert given(*TRIAL_AND_SUBJECT, died(died_on=died_on)).when("dose.give", form) == (form,)


CELLS = dose_given(cells_per_kg="500000", total_cells="35000000")
SINCE_MARCH = (registered(), enrolled(enrolled_on="2018-03-01"))


@pytest.mark.parametrize(
    ("history", "command", "form", "refusal"),
    [
        pytest.param([registered()], "dose.give", dose_given(), UnknownSubject, id="given to nobody"),
        pytest.param([registered()], "dose.withhold", withheld(), UnknownSubject, id="withheld from nobody"),
        pytest.param([registered()], "dose.correct", dose_corrected("S1", 1, "EXTRT"), UnknownSubject, id="nobody's"),
        pytest.param([*TRIAL_AND_SUBJECT, dose_given()], "dose.give", dose_given(), DoseRecorded, id="given once"),
        pytest.param(
            [*TRIAL_AND_SUBJECT, dose_given()], "dose.withhold", withheld(), DoseRecorded, id="given, withheld"
        ),
        pytest.param([*TRIAL_AND_SUBJECT, withheld()], "dose.withhold", withheld(), DoseRecorded, id="withheld once"),
        pytest.param([*TRIAL_AND_SUBJECT, withheld()], "dose.give", dose_given(), DoseWithheld, id="withheld, given"),
        pytest.param([*TRIAL_AND_SUBJECT], "dose.correct", dose_corrected("S1", 1, "EXTRT"), UnknownDose, id="no dose"),
        pytest.param(
            [*TRIAL_AND_SUBJECT, withheld()],
            "dose.correct",
            dose_corrected("S1", 1, "EXTRT"),
            UnknownDose,
            id="a dose that was withheld",
        ),
        pytest.param(
            [*TRIAL_AND_SUBJECT, dose_given()],
            "dose.correct",
            dose_corrected("S1", 1, "EXSEQ"),
            NotAVariable,
            id="a number is given once",
        ),
        pytest.param(SINCE_MARCH, "dose.give", dose_given(started_on=BEFORE), DoseBeforeEnrolment, id="before"),
        pytest.param(
            SINCE_MARCH, "dose.give", dose_given(started_on="2018-02"), DoseBeforeEnrolment, id="the month before"
        ),
        pytest.param(
            [*SINCE_MARCH, dose_given(started_on=AFTER)],
            "dose.correct",
            dose_corrected("S1", 1, "EXSTDTC", started_on=BEFORE),
            DoseBeforeEnrolment,
            id="corrected to before enrolment",
        ),
        pytest.param(
            [*TRIAL_AND_SUBJECT, died(died_on="2018-03-01")],
            "dose.give",
            dose_given(started_on=AFTER),
            DoseAfterDeath,
            id="after death",
        ),
        pytest.param(
            [*TRIAL_AND_SUBJECT, dose_given(), died(died_on="2018-03-01")],
            "dose.correct",
            dose_corrected("S1", 1, "EXSTDTC", started_on=AFTER),
            DoseAfterDeath,
            id="corrected to after death",
        ),
        *(
            pytest.param(
                TRIAL_AND_SUBJECT,
                "dose.give",
                dose_given(cells_per_kg="500000", total_cells=counted),
                TotalCellsDiffer,
                id=f"total cells {counted} are not 0.5 million/kg x 70 kg",
            )
            for counted in ("36750001", "33249999", "35", "0")
        ),
        pytest.param(
            [*TRIAL_AND_SUBJECT, CELLS],
            "dose.correct",
            dose_corrected("S1", 1, "total_cells", total_cells="99"),
            TotalCellsDiffer,
            id="the total alone is corrected, and no longer fits",
        ),
        pytest.param(
            [*TRIAL_AND_SUBJECT, CELLS],
            "dose.correct",
            dose_corrected("S1", 1, "cells_per_kg", cells_per_kg="1000000"),
            TotalCellsDiffer,
            id="the cells/kg alone are corrected, and the total no longer fits",
        ),
        pytest.param(
            TRIAL_AND_SUBJECT,
            "dose.give",
            dose_given(cells_per_kg="9" * 20),
            TooManyCells,
            id="more cells than the field holds",
        ),
        pytest.param(
            [registered(), enrolled(weight_kg="2")],
            "dose.give",
            dose_given(cells_per_kg="5" + "0" * 19),
            TooManyCells,
            id="one digit more than the field holds",
        ),
    ],
)
def test_refused(history: list[Form], command: str, form: Form, refusal: type[Refused]) -> None:
    with pytest.raises(refusal, match="S1"):
        given(*history).when(command, form)


def test_a_correction_is_checked_as_the_dose_will_be() -> None:
    form = dose_corrected("S1", 1, "cells_per_kg", "total_cells", cells_per_kg="1000000", total_cells="70000000")
    assert given(*TRIAL_AND_SUBJECT, CELLS).when("dose.correct", form) == (form,)
    emptied = dose_corrected("S1", 1, "total_cells")
    assert given(*TRIAL_AND_SUBJECT, CELLS).when("dose.correct", emptied) == (emptied,)


# The state


def test_doses_are_kept_by_number() -> None:
    history = [*TRIAL_AND_SUBJECT, dose_given(number=1), dose_given(number=3), withheld(number=2)]
    state = doses_of(*history)
    assert list(state.by_number) == [1, 3]
    assert state.withheld == {2}
    assert state.imported == {}
    assert state.by_number[1]["treatment"] == "AD-MSC"
    assert "lot" not in state.by_number[1]


def test_a_correction_changes_what_it_names_and_no_other_dose() -> None:
    history = [*TRIAL_AND_SUBJECT, dose_given(number=1), dose_given(number=2)]
    state = doses_of(*history, dose_corrected("S1", 1, "EXDOSU", "EXDOSE", unit="MG", treatment="not named"))
    assert state.by_number[1].get("amount") is None
    assert (state.by_number[1]["unit"], state.by_number[1]["treatment"]) == ("MG", "AD-MSC")
    assert state.by_number[2] == doses_of(*history).by_number[2]


def test_a_person_does_not_change_what_the_data_said_last() -> None:
    typed = dose_corrected("S1", 1, "EXDOSE", amount="36")
    from_data = dose_corrected("S1", 1, "EXROUTE", route="IV", source="import")
    state = doses_of(*TRIAL_AND_SUBJECT, dose_given(source="import"), typed, from_data)
    assert (state.by_number[1]["amount"], state.by_number[1]["route"]) == ("36", "IV")
    assert (state.imported[1]["amount"], state.imported[1]["route"]) == ("35", "IV")
    first_said = doses_of(*TRIAL_AND_SUBJECT, dose_given(), from_data).imported[1]
    assert (first_said["amount"], first_said["route"]) == ("35", "IV")


def test_a_row_vanishes_and_reappears_and_erases_nothing() -> None:
    gone, back = (built(form, subject="S1", number=1) for form in (RowVanished, RowReappeared))
    history = [*TRIAL_AND_SUBJECT, dose_given()]
    assert doses_of(*history, gone).vanished == {1}
    assert doses_of(*history, gone).by_number == doses_of(*history).by_number
    assert doses_of(*history, gone, back).vanished == set()


def test_an_event_of_another_aggregate_is_not_folded() -> None:
    with pytest.raises(UnknownEvent, match="Reported"):
        evolve(Doses(), reported())
