"""What an adverse event comes to: serious in two readings, never downgraded by the sponsor, corrected by name."""

from typing import Any

import pytest

from safety.aggregates.adverse_event import (
    CRITERIA,
    Particulars,
    Reported,
    RowReappeared,
    RowVanished,
    evolve,
)
from safety.aggregates.deciding import Form, UnknownEvent
from safety.aggregates.filing import (
    NotTheSponsors,
)
from tests.adverse_events import SUBJECT, adverse_events, state_of
from tests.builders import (
    built,
    coded,
    corrected,
    followed_up,
    merged,
    nullified,
    reported,
    seriousness_assessed,
    unmerged,
)
from tests.builders import given as dose_given
from tests.given import given

# Serious has two readings; ICH E2A: either party's view suffices


@pytest.mark.parametrize(
    ("said", "serious"),
    [
        pytest.param({"serious": None}, False, id="nothing said"),
        pytest.param({"serious": "N"}, False, id="AESER=N"),
        pytest.param({"serious": "Y"}, True, id="AESER=Y"),
        pytest.param({"serious": "Y", "results_in_death": "N"}, True, id="AESER=Y AESDTH=N"),
        *(pytest.param({"serious": "N", name: "Y"}, True, id=f"AESER=N {name}=Y") for name in CRITERIA),
        *(pytest.param({"serious": None, name: "Y"}, True, id=f"{name}=Y") for name in CRITERIA),
        *(pytest.param({"serious": "N", name: "N"}, False, id=f"AESER=N {name}=N") for name in CRITERIA),
    ],
)
@pytest.mark.parametrize("by", ["report", "follow-up", "correction", "investigator", "sponsor"])
def test_duties_read_aeser_or_any_criterion_whoever_says_so(by: str, said: dict[str, Any], *, serious: bool) -> None:
    names = [Particulars.model_fields[name].alias or "" for name in said]
    happened: dict[str, tuple[Form, ...]] = {
        "report": (built(Reported, subject="S1", number=1, **said),),
        "follow-up": (reported(), followed_up(**said)),
        "correction": (reported(), corrected("S1", 1, *names, **said)),
        "investigator": (reported(), seriousness_assessed(**said)),
        "sponsor": (reported(), seriousness_assessed(assessor="sponsor", **said)),
    }
    assert state_of(*happened[by]).serious == serious


def test_there_are_eight_criteria() -> None:
    aliases = [Particulars.model_fields[name].alias for name in CRITERIA]
    assert aliases == ["AESDTH", "AESLIFE", "AESHOSP", "AESDISAB", "AESCONG", "AESMIE", "AESCAN", "AESOD"]


def test_each_party_takes_back_its_own_view_only() -> None:
    both = [reported(), seriousness_assessed(serious="Y"), seriousness_assessed(assessor="sponsor", serious="Y")]
    without_sponsor = [*both, seriousness_assessed(assessor="sponsor", serious="N")]
    without_investigator = [*both, seriousness_assessed(serious="N")]
    assert state_of(*without_sponsor).serious
    assert state_of(*without_investigator).serious
    assert not state_of(*without_sponsor, seriousness_assessed(serious="N")).serious


# E2A; CTR Annex III 2.1: the sponsor never downgrades the investigator


SAE = reported(serious="Y", hospitalisation="Y", causality="PROBABLE")
BY_SPONSOR: list[tuple[str, Form, str | None]] = [
    ("AEREL to not related", followed_up(causality="NONE"), "AEREL"),
    ("AEREL to another that is related", followed_up(causality="POSSIBLE"), "AEREL"),
    ("AEREL corrected", corrected("S1", 1, "AEREL", causality="NONE"), "AEREL"),
    ("AEREL emptied", corrected("S1", 1, "AEREL"), "AEREL"),
    ("AESER to N", followed_up(serious="N"), "AESER"),
    ("AESER corrected", corrected("S1", 1, "AESER", serious="N"), "AESER"),
    ("AESER emptied", corrected("S1", 1, "AESER"), "AESER"),
    ("a criterion to N", followed_up(hospitalisation="N"), "AESHOSP"),
    ("a criterion emptied", corrected("S1", 1, "AESHOSP"), "AESHOSP"),
    ("the same again", followed_up(serious="Y", hospitalisation="Y", causality="PROBABLE"), None),
    ("another criterion", followed_up(results_in_death="Y"), None),
    ("what is not a judgement", corrected("S1", 1, "AESEV", severity="SEVERE", causality="NONE", serious="N"), None),
]


@pytest.mark.parametrize(("form", "variable"), [pytest.param(*row[1:], id=row[0]) for row in BY_SPONSOR])
def test_the_sponsor_never_downgrades_the_investigator(form: Form, variable: str | None) -> None:
    command = "adverse_event.follow_up" if form.TOPIC == "adverse_event.followed_up.v1" else "adverse_event.correct"
    states = given(*SUBJECT, SAE)
    assert states.when(command, form, role="investigator")
    if variable is None:
        assert states.when(command, form, role="safety_officer")
    else:
        with pytest.raises(NotTheSponsors, match=f"^{variable} is the investigator's to say"):
            states.when(command, form, role="safety_officer")


def test_the_sponsor_does_not_speak_where_the_investigator_has_not_yet() -> None:
    with pytest.raises(NotTheSponsors, match=r"^AEREL is the investigator's to say"):
        given(*SUBJECT, reported()).when(
            "adverse_event.follow_up", followed_up(causality="NONE"), role="safety_officer"
        )


def test_the_sponsor_may_upgrade() -> None:
    form = followed_up(serious="Y")
    assert given(*SUBJECT, reported(serious="N")).when("adverse_event.follow_up", form, role="safety_officer")


# The state


def test_a_report_is_kept_by_field_name() -> None:
    ae = state_of(reported(term="Fever", causality="PROBABLE"))
    assert (ae.particulars["term"], ae.particulars["number"]) == ("Fever", 1)
    assert "outcome" not in ae.particulars
    assert ae.causality == {("investigator", None, None): "PROBABLE"}
    assert (ae.imported, ae.expected, ae.merged_into, ae.nullified, ae.vanished) == ({}, None, None, False, False)


def test_a_follow_up_adds_and_leaves_the_rest() -> None:
    ae = state_of(reported(term="Fever", causality="PROBABLE"), followed_up(outcome="FATAL", causality="NONE"))
    assert (ae.particulars["term"], ae.particulars["outcome"], ae.particulars["causality"]) == (
        "Fever",
        "FATAL",
        "NONE",
    )
    assert ae.causality == {("investigator", None, None): "NONE"}


def test_a_correction_changes_what_it_names_and_empties_what_it_names_and_leaves_out() -> None:
    history = [reported(term="Fever", severity="MILD", causality="PROBABLE")]
    ae = state_of(*history, corrected("S1", 1, "AESEV", "AEREL", severity="SEVERE", term="not named"))
    assert (ae.particulars["term"], ae.particulars["severity"]) == ("Fever", "SEVERE")
    assert "causality" not in ae.particulars
    assert ae.causality == {}


def test_a_person_does_not_change_what_the_data_said_last() -> None:
    typed, from_data = (
        corrected("S1", 1, "AESEV", severity="SEVERE"),
        corrected("S1", 1, "AEOUT", outcome="FATAL", source="import"),
    )
    ae = state_of(reported(severity="MILD", source="import"), typed, from_data)
    assert (ae.particulars["severity"], ae.particulars["outcome"]) == ("SEVERE", "FATAL")
    assert (ae.imported["severity"], ae.imported["outcome"]) == ("MILD", "FATAL")
    first_said = state_of(reported(severity="MILD"), from_data).imported
    assert (first_said["severity"], first_said["outcome"]) == ("MILD", "FATAL")


def test_coding_adds_terms_and_leaves_the_reported_term() -> None:
    particulars = state_of(reported(term="Fever"), coded(preferred_term="Pyrexia")).particulars
    assert (particulars["term"], particulars["preferred_term"], particulars["dictionary_version"]) == (
        "Fever",
        "Pyrexia",
        "29.0",
    )


def test_merged_unmerged_nullified_vanished_reappeared() -> None:
    two = [reported(), reported(number=2)]
    gone, back = built(RowVanished, subject="S1", number=1), built(RowReappeared, subject="S1", number=1)
    assert state_of(*two, merged(), number=2).merged_into == 1
    assert state_of(*two, merged(), unmerged(), number=2).merged_into is None
    assert state_of(*two, nullified()).nullified
    assert not state_of(*two, nullified(), number=2).nullified
    assert state_of(*two, gone).vanished
    assert not state_of(*two, gone, back).vanished
    assert state_of(*two, gone).particulars == state_of(*two).particulars


def test_an_event_of_another_aggregate_is_not_folded() -> None:
    with pytest.raises(UnknownEvent, match="Given"):
        evolve(adverse_events(reported()), dose_given())
