"""A subject: enrolled by code, corrected, withdrawn in four modes that are not the same, completed, died."""

import pytest
from pydantic import ValidationError

from safety.aggregates.deciding import Form, Refused, UnknownEvent
from safety.aggregates.ending import AlreadyEnded
from safety.aggregates.filing import UnknownAdverseEvent
from safety.aggregates.subject import (
    CodeNotForSite,
    NotAVariable,
    RowReappeared,
    RowVanished,
    Subject,
    SubjectEnrolled,
    UnknownArm,
    UnknownSite,
    UnknownSubject,
    evolve,
)
from safety.aggregates.trial import UnknownTrial
from tests.builders import (
    TRIAL,
    built,
    completed,
    definition,
    died,
    enrolled,
    registered,
    reported,
    subject_corrected,
    withdrawn,
)
from tests.given import given

MODES = ("treatment", "follow_up", "data_collection", "further_use")


def subject_of(*history: Form) -> Subject:
    return given(*history)(f"{TRIAL}/subject/S1", Subject)


@pytest.mark.parametrize(
    ("command", "form"),
    [
        pytest.param("subject.enrol", enrolled(), id="all of it"),
        pytest.param(
            "subject.enrol", enrolled(arm=None, actual_arm=None, site=None), id="by code only, nothing else known"
        ),
        pytest.param("subject.enrol", enrolled(arm="Screen Failure", actual_arm=None), id="a screen failure"),
        pytest.param("subject.enrol", enrolled(enrolled_on="2018"), id="regulatory 7: the date may be known in part"),
        pytest.param("subject.enrol", enrolled("S2", birth_year=1970, sex="F", weight_kg="70.5"), id="particulars"),
    ],
)
def test_enrolled(command: str, form: Form) -> None:
    assert given(registered()).when(command, form) == (form,)


@pytest.mark.parametrize("mode", MODES)
def test_regulatory_7_each_mode_of_withdrawal_is_an_event_and_erases_nothing(mode: str) -> None:
    history = [registered(), enrolled(), reported(), completed()]
    form = withdrawn(mode=mode, withdrawn_on="2018-05", because_of_adverse_event=1)
    assert given(*history).when("subject.withdraw", form) == (form,)
    after = given(*history, form)
    assert after(form.stream, Subject).withdrawn == {mode}
    assert after(form.stream, Subject).particulars == subject_of(*history).particulars
    assert len(after.when("adverse_event.report", reported(number=2))) == 1


def test_the_four_modes_stand_beside_each_other() -> None:
    history: list[Form] = [registered(), enrolled()]
    for mode in MODES:
        history += given(*history).when("subject.withdraw", withdrawn(mode=mode))
    assert subject_of(*history).withdrawn == set(MODES)


def test_completion_and_death_are_recorded() -> None:
    history = [registered(), enrolled()]
    for command, form in (("subject.complete", completed(completed_on="2018-06-01")), ("subject.record_death", died())):
        assert given(*history).when(command, form) == (form,)
    after = subject_of(*history, completed(), died(died_on="2018-07"))
    assert (after.completed, after.died, after.died_on) == (True, True, "2018-07")
    assert (subject_of(*history).completed, subject_of(*history).died, subject_of(*history).died_on) == (
        False,
        False,
        None,
    )


ZONE = "Asia/Shanghai"
PREFIXED = registered(
    definition(sites=[{"id": site, "zone": ZONE, "subject_prefix": f"S{site}-"} for site in ("01", "02")])
)
WRONG_ARM, OTHER_SITE = enrolled(arm="Placebo"), enrolled(site="99")


@pytest.mark.parametrize(
    ("history", "command", "form", "refusal"),
    [
        pytest.param([], "subject.enrol", enrolled(), UnknownTrial, id="no trial"),
        pytest.param([registered(), enrolled()], "subject.enrol", enrolled(), SubjectEnrolled, id="enrolled once"),
        pytest.param(
            [PREFIXED], "subject.enrol", enrolled("S02-S1", site="01"), CodeNotForSite, id="another site's code"
        ),
        pytest.param(
            [PREFIXED, enrolled("S02-S1", site="02")],
            "subject.enrol",
            enrolled("S02-S1", site="01"),
            CodeNotForSite,
            id="another site's code, taken",
        ),
        pytest.param([PREFIXED], "subject.enrol", enrolled("X-S1", site="01"), CodeNotForSite, id="nobody's code"),
        pytest.param([registered()], "subject.enrol", WRONG_ARM, UnknownArm, id="planned arm"),
        pytest.param([registered()], "subject.enrol", enrolled(actual_arm="Placebo"), UnknownArm, id="actual arm"),
        pytest.param([registered()], "subject.enrol", enrolled(arm="a"), UnknownArm, id="an arm is named as it is"),
        pytest.param([registered()], "subject.enrol", OTHER_SITE, UnknownSite, id="site"),
        pytest.param([registered()], "subject.withdraw", withdrawn(), UnknownSubject, id="withdrawn before enrolled"),
        pytest.param(
            [registered(), enrolled()],
            "subject.withdraw",
            withdrawn(because_of_adverse_event=1),
            UnknownAdverseEvent,
            id="withdrawn for an adverse event that is not there",
        ),
        pytest.param([registered()], "subject.complete", completed(), UnknownSubject, id="completed before enrolled"),
        pytest.param([registered()], "subject.record_death", died(), UnknownSubject, id="died before enrolled"),
        pytest.param([], "subject.record_death", died(), UnknownTrial, id="died in no trial"),
        pytest.param(
            [registered()], "subject.correct", subject_corrected("S1", "AGE", age=40), UnknownSubject, id="not enrolled"
        ),
        pytest.param(
            [registered(), enrolled()],
            "subject.correct",
            subject_corrected("S1", "ARM", arm="Placebo"),
            UnknownArm,
            id="corrected to an arm that is none",
        ),
        pytest.param(
            [registered(), enrolled()],
            "subject.correct",
            subject_corrected("S1", "SITEID", site="99"),
            UnknownSite,
            id="corrected to a site that is none",
        ),
        *(
            pytest.param(
                [registered(), enrolled()],
                "subject.correct",
                subject_corrected("S1", "AGE", name, age=40),
                NotAVariable,
                id=f"a correction of {name}",
            )
            for name in ("AEG", "age", "STUDYID", "USUBJID", "source", "variables", "")
        ),
        *(
            pytest.param([registered(), enrolled(), form], command, form, AlreadyEnded, id=f"{command} twice")
            for command, form in (
                ("subject.withdraw", withdrawn()),
                ("subject.complete", completed()),
                ("subject.record_death", died()),
            )
        ),
    ],
)
def test_refused(history: list[Form], command: str, form: Form, refusal: type[Refused]) -> None:
    with pytest.raises(refusal) as refused:
        given(*history).when(command, form)
    assert TRIAL in str(refused.value) or "S1" in str(refused.value)


def test_the_refusal_of_an_arm_names_what_would_do() -> None:
    with pytest.raises(
        UnknownArm, match="ACTARM of subject S1 is not an arm of trial T1; use one of: A, B, Screen Failure"
    ):
        given(registered()).when("subject.enrol", enrolled(actual_arm="b"))


def test_each_mode_is_refused_by_its_own_name() -> None:
    with pytest.raises(AlreadyEnded, match="withdrawal from data collection of subject S1 is recorded already"):
        given(registered(), enrolled(), withdrawn(mode="data_collection")).when(
            "subject.withdraw", withdrawn(mode="data_collection")
        )


# The state


def test_what_is_enrolled_is_kept_by_field_name_and_nothing_is_kept_of_what_is_not_said() -> None:
    state = subject_of(registered(), enrolled(age=40, sex="M"))
    assert state.particulars == {
        "trial": TRIAL,
        "subject": "S1",
        "site": "01",
        "arm": "A",
        "actual_arm": "A",
        "age": 40,
        "sex": "M",
    }
    assert state.imported == {}


def test_a_correction_changes_what_it_names_and_empties_what_it_names_and_leaves_out() -> None:
    history = [registered(), enrolled(age=40, sex="M", weight_kg="70")]
    form = subject_corrected("S1", "AGE", "SEX", age=41, weight_kg="99")
    assert given(*history).when("subject.correct", form) == (form,)
    said = subject_of(*history, form).particulars
    assert (said["age"], "sex" in said, said["weight_kg"]) == (41, False, "70")


def test_a_person_does_not_change_what_the_data_said_last() -> None:
    typed = subject_corrected("S1", "AGE", age=41)
    from_data = subject_corrected("S1", "SEX", sex="F", source="import")
    state = subject_of(registered(), enrolled(age=40, sex="M", source="import"), typed, from_data)
    assert (state.particulars["age"], state.particulars["sex"]) == (41, "F")
    assert (state.imported["age"], state.imported["sex"]) == (40, "F")


def test_data_that_correct_a_typed_record_begin_with_what_it_held() -> None:
    from_data = subject_corrected("S1", "AGE", age=41, source="import")
    state = subject_of(registered(), enrolled(age=40, sex="M"), from_data)
    assert (state.imported["age"], state.imported["sex"]) == (41, "M")


def test_a_row_vanishes_and_reappears_and_erases_nothing() -> None:
    gone, back = built(RowVanished, subject="S1"), built(RowReappeared, subject="S1")
    history = [registered(), enrolled()]
    assert subject_of(*history, gone).vanished
    assert subject_of(*history, gone).particulars == subject_of(*history).particulars
    assert not subject_of(*history, gone, back).vanished


def test_an_event_of_another_aggregate_is_not_folded() -> None:
    with pytest.raises(UnknownEvent, match="Reported"):
        evolve(Subject(), reported())


def test_codes_of_the_site_itself_and_rows_of_data_are_enrolled() -> None:
    for form in (enrolled("S01-1", site="01"), enrolled("OLD-7", site="02", source="import")):
        assert given(PREFIXED).when("subject.enrol", form) == (form,)


def test_no_site_may_take_what_begins_like_anothers_codes() -> None:
    sites = [{"id": site, "zone": ZONE, "subject_prefix": prefix} for site, prefix in (("01", "S1"), ("02", "S10"))]
    with pytest.raises(ValidationError, match="no subject_prefix may begin with that of another site"):
        definition(sites=sites)
