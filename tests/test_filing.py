"""How an adverse event is filed: taken however incomplete, numbered once, followed up, merged, nullified."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from safety.aggregates.adverse_event import (
    Reported,
)
from safety.aggregates.deciding import Form, Refused
from safety.aggregates.dose import UnknownDose
from safety.aggregates.filing import (
    AwareInFuture,
    AwareLongAgo,
    CannotMerge,
    IsNullified,
    NumberTaken,
    UnknownAdverseEvent,
    UnknownCausality,
)
from safety.aggregates.subject import NotAVariable, UnknownSubject
from safety.values import Party, Role
from tests.adverse_events import BARE, SUBJECT, adverse_events, reported_by
from tests.builders import (
    T0,
    TRIAL,
    aware,
    built,
    causality_assessed,
    coded,
    corrected,
    enrolled,
    expectedness_assessed,
    followed_up,
    merged,
    nullified,
    reported,
    seriousness_assessed,
    unmerged,
)
from tests.builders import given as dose_given
from tests.given import given, unhurried

# Numbers


@pytest.mark.parametrize(
    ("history", "brought", "number"),
    [
        pytest.param([], None, 1, id="the first"),
        pytest.param([reported()], None, 2, id="the next"),
        pytest.param([reported(number=7)], None, 8, id="after the highest, gaps stay"),
        pytest.param([reported(number=7)], 3, 3, id="a free number that the form brings"),
        pytest.param([reported(), reported(number=2), nullified(number=2)], None, 3, id="nullified stays taken"),
        pytest.param([reported(), reported(number=2), merged()], None, 3, id="merged stays taken"),
        pytest.param([reported("S2", 9)], None, 1, id="within its subject"),
    ],
)
def test_a_number_is_given_once_within_its_subject(history: list[Form], brought: int | None, number: int) -> None:
    assert reported_by(built(Reported, subject="S1", number=brought), *history).number == number


OPERATIONS = st.lists(
    st.tuples(st.sampled_from(["report", "nullify", "merge", "bring"]), st.integers(1, 8)), max_size=12
)


@unhurried
@forall(OPERATIONS)
def test_numbers_are_never_reused(operations: list[tuple[str, int]]) -> None:
    history: list[Form] = []
    seen: list[int | None] = []
    for what, number in operations:
        forms: dict[str, tuple[str, Form]] = {
            "report": ("adverse_event.report", BARE),
            "bring": ("adverse_event.report", built(Reported, subject="S1", number=number)),
            "nullify": ("adverse_event.nullify", nullified(number=number)),
            "merge": ("adverse_event.merge", merged(number=number, into=1)),
        }
        try:
            events = given(*SUBJECT, *history).when(*forms[what])
        except Refused:
            continue
        history += events
        seen += [event.number for event in events if isinstance(event, Reported)]
    assert len(seen) == len(set(seen))
    assert set(adverse_events(*history).by_number) == set(seen)


# Reporting


def test_design_2_13_a_report_is_never_refused_for_being_incomplete() -> None:
    event = reported_by(BARE)
    assert event.model_dump(exclude_none=True, exclude={"aware"}) == {"trial": TRIAL, "subject": "S1", "number": 1}


@pytest.mark.parametrize(
    ("role", "party"), [("investigator", "site"), ("operator", "site"), ("safety_officer", "sponsor")]
)
def test_an_awareness_that_nobody_stated_is_the_act_of_filing(role: Role, party: Party) -> None:
    noticed = reported_by(BARE, role=role).aware
    assert noticed is not None
    assert (noticed.at, noticed.zone, noticed.party, noticed.basis) == (T0, "Asia/Shanghai", party, "filed")


AT = datetime(2026, 3, 1, 4, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("site", "zone", "day_0"),
    [
        pytest.param("01", "Asia/Shanghai", date(2026, 3, 1), id="12:30 in Shanghai"),
        pytest.param("02", "America/New_York", date(2026, 2, 28), id="23:30 the day before in New York"),
        pytest.param(None, "Asia/Shanghai", date(2026, 3, 1), id="of no site: the trial's zone"),
    ],
)
def test_day_0_is_the_date_in_the_zone_of_the_subjects_site(site: str | None, zone: str, day_0: date) -> None:
    states = given(SUBJECT[0], enrolled(site=site))
    (event,) = states.when("adverse_event.report", BARE, at=AT)
    assert isinstance(event, Reported)
    assert event.aware is not None
    assert (event.aware.zone, event.aware.on) == (zone, day_0)


def test_a_stated_awareness_is_kept_as_stated_with_the_moment_of_its_filing() -> None:
    stated = aware(T0 - timedelta(days=3), "sponsor", "Europe/Berlin")
    kept = stated.model_copy(update={"filed_at": T0})
    assert reported_by(reported(aware=stated)).aware == kept
    for command, form in (
        ("follow_up", followed_up(aware=stated)),
        ("assess_seriousness", seriousness_assessed(aware=stated)),
    ):
        (event,) = given(*SUBJECT, reported()).when(f"adverse_event.{command}", form)
        assert event.__dict__["aware"] == kept


TOLERATED, TOO_LATE = aware(T0 + timedelta(minutes=5)), aware(T0 + timedelta(minutes=5, microseconds=1))
WITH_AWARENESS: list[tuple[str, Form]] = [
    ("report", reported(number=2, aware=TOO_LATE)),
    ("follow_up", followed_up(aware=TOO_LATE)),
    ("assess_seriousness", seriousness_assessed(aware=TOO_LATE)),
    ("assess_causality", causality_assessed(aware=TOO_LATE)),
    ("assess_expectedness", expectedness_assessed(aware=TOO_LATE)),
]


@pytest.mark.parametrize(("command", "form"), WITH_AWARENESS)
def test_an_awareness_in_the_future_is_a_typing_error(command: str, form: Form) -> None:
    with pytest.raises(AwareInFuture, match="of subject S1 lies in the future"):
        given(*SUBJECT, reported()).when(f"adverse_event.{command}", form)
    assert given(*SUBJECT, reported()).when(f"adverse_event.{command}", form.model_copy(update={"aware": TOLERATED}))


@pytest.mark.parametrize(("command", "form"), WITH_AWARENESS)
def test_an_awareness_of_another_age_would_start_no_clock_and_is_a_typing_error(command: str, form: Form) -> None:
    typed, early = (aware(datetime(year, 3, 6, tzinfo=UTC)) for year in (1018, 1900))
    with pytest.raises(AwareLongAgo, match="of subject S1 lies before 1900; check its year"):
        given(*SUBJECT, reported()).when(f"adverse_event.{command}", form.model_copy(update={"aware": typed}))
    assert given(*SUBJECT, reported()).when(f"adverse_event.{command}", form.model_copy(update={"aware": early}))


ON_RECORD: list[tuple[str, Form]] = [
    ("follow_up", followed_up(number=2)),
    ("correct", corrected("S1", 2, "AESEV", severity="MILD")),
    ("assess_seriousness", seriousness_assessed(number=2)),
    ("assess_causality", causality_assessed(number=2)),
    ("assess_expectedness", expectedness_assessed(number=2)),
    ("code", coded(number=2)),
    ("merge", merged(number=2, into=1)),
    ("unmerge", unmerged(number=2)),
    ("nullify", nullified(number=2)),
]


@pytest.mark.parametrize(("command", "form"), ON_RECORD)
def test_what_is_about_an_adverse_event_needs_one_that_stands(command: str, form: Form) -> None:
    with pytest.raises(UnknownAdverseEvent, match="Subject S1 has no adverse event 2"):
        given(*SUBJECT, reported()).when(f"adverse_event.{command}", form)
    with pytest.raises(IsNullified, match="Adverse event 2 of subject S1 is nullified"):
        given(*SUBJECT, reported(), reported(number=2), nullified(number=2)).when(f"adverse_event.{command}", form)
    with pytest.raises(UnknownSubject, match="There is no subject S1"):
        given(SUBJECT[0]).when(f"adverse_event.{command}", form)


@pytest.mark.parametrize(
    ("history", "command", "form", "refusal"),
    [
        pytest.param([], "report", reported("S9"), UnknownSubject, id="an AE of an unknown subject"),
        pytest.param([reported()], "report", reported(), NumberTaken, id="a number is given once"),
        pytest.param([reported(), nullified()], "report", reported(), NumberTaken, id="nullified stays taken"),
        pytest.param([], "report", reported(causality="MAYBE"), UnknownCausality, id="off the causality scale"),
        pytest.param(
            [reported()], "follow_up", followed_up(causality="MAYBE"), UnknownCausality, id="follow-up off the scale"
        ),
        pytest.param(
            [reported()],
            "correct",
            corrected("S1", 1, "AEREL", causality="MAYBE"),
            UnknownCausality,
            id="corrected off the scale",
        ),
        pytest.param([], "report", reported(after_dose=1), UnknownDose, id="after a dose that was not given"),
        pytest.param(
            [reported(), dose_given()], "follow_up", followed_up(after_dose=2), UnknownDose, id="another dose"
        ),
        *(
            pytest.param([reported()], "correct", corrected("S1", 1, name), NotAVariable, id=f"a correction of {name}")
            for name in ("AESEQ", "AETREM", "aestdtc", "STUDYID", "USUBJID", "source", "aware", "variables")
        ),
        pytest.param([reported()], "merge", merged(number=1, into=1), CannotMerge, id="merged into itself"),
        pytest.param([reported()], "merge", merged(number=1, into=2), UnknownAdverseEvent, id="merged into nothing"),
        pytest.param(
            [reported(), reported(number=2), nullified(number=1)],
            "merge",
            merged(number=2, into=1),
            IsNullified,
            id="merged into what is nullified",
        ),
        pytest.param(
            [reported(), reported(number=2), reported(number=3), merged(number=2, into=1)],
            "merge",
            merged(number=2, into=3),
            CannotMerge,
            id="merged twice",
        ),
        pytest.param(
            [reported(), reported(number=2), reported(number=3), merged(number=2, into=1)],
            "merge",
            merged(number=1, into=3),
            CannotMerge,
            id="what others point to",
        ),
        pytest.param(
            [reported(), reported(number=2), reported(number=3), merged(number=2, into=1)],
            "merge",
            merged(number=3, into=2),
            CannotMerge,
            id="into one that is merged itself",
        ),
        pytest.param([reported()], "unmerge", unmerged(number=1), CannotMerge, id="not merged"),
    ],
)
def test_refused(history: list[Form], command: str, form: Form, refusal: type[Refused]) -> None:
    with pytest.raises(refusal, match="S"):
        given(*SUBJECT, *history).when(f"adverse_event.{command}", form)


def test_the_refusal_of_a_causality_names_the_scale() -> None:
    sentence = (
        "AEREL of subject S1 is not on the causality scale of trial T1; use one of: NONE, POSSIBLE, PROBABLE, REMOTE"
    )
    with pytest.raises(UnknownCausality, match=sentence):
        given(*SUBJECT).when("adverse_event.report", reported(causality="MAYBE"))


def test_a_causality_is_read_in_any_case_and_a_dose_that_was_given_is_linked() -> None:
    event = reported_by(reported(causality=" probable ", after_dose=2), dose_given(number=2))
    assert (event.causality, event.after_dose) == ("PROBABLE", 2)


@pytest.mark.parametrize(
    ("command", "form"),
    [
        ("correct", corrected("S1", 1, "AESEV", severity="MILD")),
        ("code", coded()),
        ("nullify", nullified(explanation="entered twice", reason="duplicate")),
        ("merge", merged(number=1, into=2)),
    ],
)
def test_decided_as_filed(command: str, form: Form) -> None:
    (event,) = given(*SUBJECT, reported(), reported(number=2)).when(f"adverse_event.{command}", form)
    assert event.model_dump(exclude={"aware"}) == form.model_dump(exclude={"aware"})


def test_a_merge_is_taken_back_and_may_be_made_again() -> None:
    history = [*SUBJECT, reported(), reported(number=2), merged()]
    assert given(*history).when("adverse_event.unmerge", unmerged()) == (unmerged(),)
    assert given(*history, unmerged()).when("adverse_event.merge", merged()) == (merged(),)
