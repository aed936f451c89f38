"""Seriousness, causality, expectedness, coding: each party speaks for itself and none overwrites another (regulatory 1.4)."""

import pytest

from safety.aggregates.adverse_event import CRITERIA, AdverseEvent, AdverseEvents
from safety.aggregates.assessing import NotYours, UnknownReferenceSafetyInformation
from safety.aggregates.deciding import Form, Refused
from safety.aggregates.filing import UnknownCausality
from safety.values import Role
from tests.builders import (
    T0,
    TRIAL,
    aware,
    causality_assessed,
    coded,
    corrected,
    definition,
    enrolled,
    expectedness_assessed,
    followed_up,
    registered,
    reported,
    rsi_issued,
    seriousness_assessed,
)
from tests.given import given

SUBJECT = (registered(), enrolled())


def state_of(*history: Form) -> AdverseEvent:
    return given(*SUBJECT, *history)(f"{TRIAL}/subject/S1", AdverseEvents).by_number[1]


# Who may speak for whom: 21 CFR 312.3, 312.32(a); CTR Annex III 2.1


@pytest.mark.parametrize(
    ("sponsor_investigator", "role", "assessor", "may"),
    [
        (False, "investigator", "investigator", True),
        (False, "investigator", "sponsor", False),
        (False, "safety_officer", "sponsor", True),
        (False, "safety_officer", "investigator", False),
        (False, "operator", "investigator", True),
        (False, "operator", "sponsor", True),
        (True, "investigator", "investigator", True),
        (True, "investigator", "sponsor", True),
        (True, "safety_officer", "sponsor", True),
        (True, "safety_officer", "investigator", False),
        (True, "operator", "investigator", True),
        (True, "operator", "sponsor", True),
    ],
)
@pytest.mark.parametrize("what", ["seriousness", "causality"])
def test_a_party_speaks_for_itself(
    what: str, role: Role, assessor: str, *, sponsor_investigator: bool, may: bool
) -> None:
    states = given(registered(definition(sponsor_investigator=sponsor_investigator)), enrolled(), reported())
    form = seriousness_assessed(assessor=assessor) if what == "seriousness" else causality_assessed(assessor=assessor)
    if may:
        assert len(states.when(f"adverse_event.assess_{what}", form, role=role)) == 1
    else:
        with pytest.raises(NotYours, match=f"The role {role} cannot record an assessment of the {assessor}"):
            states.when(f"adverse_event.assess_{what}", form, role=role)


@pytest.mark.parametrize(
    ("command", "form", "refusal"),
    [
        pytest.param("assess_causality", causality_assessed(causality="MAYBE"), UnknownCausality, id="off the scale"),
        pytest.param(
            "assess_expectedness",
            expectedness_assessed(reference_safety_information="2.0"),
            UnknownReferenceSafetyInformation,
            id="E2A II.C: against an RSI that was not issued",
        ),
    ],
)
def test_refused(command: str, form: Form, refusal: type[Refused]) -> None:
    with pytest.raises(refusal, match="T1"):
        given(*SUBJECT, rsi_issued("1.0"), reported()).when(f"adverse_event.{command}", form)


def test_each_assessment_has_an_awareness_of_its_own() -> None:
    for command, form in (
        ("assess_seriousness", seriousness_assessed(serious="Y")),
        ("assess_causality", causality_assessed()),
        ("assess_expectedness", expectedness_assessed()),
    ):
        (event,) = given(*SUBJECT, reported()).when(f"adverse_event.{command}", form)
        filed = aware(T0, "site").model_copy(update={"basis": "filed"})
        assert event == form.model_copy(update={"aware": filed})
        (event,) = given(*SUBJECT, reported()).when(
            f"adverse_event.{command}", form.model_copy(update={"assessor": "sponsor"}), role="safety_officer"
        )
        assert event.__dict__["aware"] == filed.model_copy(update={"party": "sponsor"})


def test_expectedness_is_judged_against_what_was_issued_or_against_nothing() -> None:
    states = given(*SUBJECT, rsi_issued("1.0"), reported())
    for version in ("1.0", None):
        (event,) = states.when(
            "adverse_event.assess_expectedness", expectedness_assessed(reference_safety_information=version)
        )
        assert event.__dict__["reference_safety_information"] == version


# Causality: kept per assessor, product and method


def test_no_assessment_overwrites_another() -> None:
    ae = state_of(
        reported(causality="PROBABLE"),
        causality_assessed(assessor="sponsor", causality="NONE"),
        causality_assessed(causality="REMOTE", product="Methotrexate"),
        causality_assessed(causality="POSSIBLE", method="WHO-UMC"),
        causality_assessed(assessor="sponsor", causality="NONE", method="WHO-UMC"),
    )
    assert ae.causality == {
        ("investigator", None, None): "PROBABLE",
        ("sponsor", None, None): "NONE",
        ("investigator", "Methotrexate", None): "REMOTE",
        ("investigator", None, "WHO-UMC"): "POSSIBLE",
        ("sponsor", None, "WHO-UMC"): "NONE",
    }
    assert ae.particulars["causality"] == "PROBABLE"


def test_the_investigators_plain_assessment_is_aerel() -> None:
    ae = state_of(reported(causality="PROBABLE"), causality_assessed(causality="REMOTE"))
    assert (ae.particulars["causality"], ae.causality) == ("REMOTE", {("investigator", None, None): "REMOTE"})


@pytest.mark.parametrize(
    "then",
    [
        followed_up(causality="NONE"),
        corrected("S1", 1, "AEREL", causality="NONE"),
        causality_assessed(causality="NONE"),
    ],
)
def test_the_investigator_may_change_his_mind_and_the_sponsors_view_stays(then: Form) -> None:
    ae = state_of(reported(causality="PROBABLE"), causality_assessed(assessor="sponsor", causality="POSSIBLE"), then)
    assert ae.causality == {("investigator", None, None): "NONE", ("sponsor", None, None): "POSSIBLE"}


# Seriousness: escalation, and back


def test_an_assessment_of_the_investigator_replaces_every_criterion() -> None:
    history = [reported(serious="Y", hospitalisation="Y", life_threatening="Y", severity="SEVERE")]
    ae = state_of(*history, seriousness_assessed(serious="Y", results_in_death="Y"))
    assert {name for name in CRITERIA if name in ae.particulars} == {"results_in_death"}
    assert ae.particulars["severity"] == "SEVERE"
    assert "assessor" not in ae.particulars


def test_escalated_and_back_and_again() -> None:
    steps = [
        (reported(serious="N"), False),
        (seriousness_assessed(serious="Y", hospitalisation="Y"), True),
        (seriousness_assessed(serious="N"), False),
        (seriousness_assessed(assessor="sponsor", serious="N", medically_important="Y"), True),
        (seriousness_assessed(assessor="sponsor", serious="N"), False),
        (seriousness_assessed(serious="N", congenital_anomaly="Y"), True),
    ]
    for count, (_, serious) in enumerate(steps, 1):
        assert state_of(*(event for event, _ in steps[:count])).serious == serious


def test_the_sponsors_view_does_not_change_what_was_stated() -> None:
    stated = state_of(reported(serious="N", severity="MILD"))
    assessed = state_of(reported(serious="N", severity="MILD"), seriousness_assessed(assessor="sponsor", serious="Y"))
    assert assessed.particulars == stated.particulars


# Expectedness and coding


def test_expectedness_is_kept_as_last_judged() -> None:
    assert state_of(reported()).expected is None
    assert (
        state_of(reported(), expectedness_assessed(expected="Y"), expectedness_assessed(expected="N")).expected == "N"
    )


def test_a_code_is_filed_with_its_dictionary() -> None:
    form = coded(dictionary="MedDRA", low_level_term="Fever", preferred_term_code="10037660")
    assert given(*SUBJECT, reported()).when("adverse_event.code", form) == (form,)
    assert state_of(reported(), form).particulars["dictionary"] == "MedDRA"
