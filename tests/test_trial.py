"""A trial: what its file has to state, what registers and amends it, and how its counting rules print themselves."""

from datetime import date
from hashlib import sha256

import pytest

from safety.aggregates.deciding import Form, Refused, UnknownEvent
from safety.aggregates.trial import (
    Amended,
    Definition,
    InvalidTrialFile,
    NothingAmended,
    OtherHash,
    ReferenceSafetyInformationIssued,
    Registered,
    Trial,
    TrialExists,
    UnknownTrial,
    VersionIssued,
    definition,
    evolve,
)
from safety.regulation.counting import Causality, Population, PrimaryWindow, Serious, TreatmentEmergent
from tests import builders
from tests.builders import EMERGENT, TRIAL, WINDOW, amended, data_imported, enrolled, registered, rsi_issued
from tests.given import given

FILE = """
protocol = "GPHCM-01"
title = "AD-MSC in psoriasis"
phase = "1"
sponsor = "A hospital"
zone = "Asia/Shanghai"
sponsor_investigator = true
treatment_period_weeks = 12
arms = [{ name = "AD-MSC", code = "A" }]
unassigned = ["Screen Failure"]
dosing = [{ treatment = "AD-MSC", amount = "0.5", unit = "10^6 cells/kg", route = "IV", weeks = [0, 4, 8], per_kg = true }]
sites = [{ id = "gphcm", zone = "Asia/Shanghai" }, { id = 701, zone = "America/New_York" }]

[severity]
ctcae_version = 4.0

[causality]
scale = "WHO-UMC"
related = ["Certain", "Probable", "Possible", "可能有关"]
not_related = ["Unlikely"]
missing = "related"
by = "either"

[counting]
serious = { reading = "stated" }

[counting.population]
members = "dosed"
arm = "actual"

[counting.treatment_emergent]
missing_day = "span"
missing_month = "unknown"
same_day = "emergent"
undecidable = "emergent"
unknown = "not_emergent"

[counting.primary_window]
anchor = "first_dose"
weeks = 12
tolerance_days = 3
undecidable = "inside"
confidence = "UNSURE"
source = "registry"

[import]
anything = "is for the door that reads files"
"""


def trial_of(*history: Form) -> Trial:
    return given(*history)(f"{TRIAL}/trial", Trial)


# The trial file


def test_a_trial_file_is_read_whole_and_its_import_map_left_to_the_door() -> None:
    read = Definition.from_toml(FILE)
    assert [site.id for site in read.sites] == ["GPHCM", "701"]
    assert read.severity.ctcae_version == "4.0"
    assert read.dosing[0].amount == "0.5"
    assert read.counting.primary_window is not None
    assert read.counting.primary_window.days == 87
    assert read.arm_names() == {"AD-MSC", "Screen Failure"}


def test_a_scale_is_kept_in_the_case_that_aerel_is_stored_in() -> None:
    assert Definition.from_toml(FILE).causality.values == {"CERTAIN", "PROBABLE", "POSSIBLE", "可能有关", "UNLIKELY"}


@pytest.mark.parametrize(
    ("site", "zone"),
    [("701", "America/New_York"), ("GPHCM", "Asia/Shanghai"), ("OTHER", "Asia/Shanghai"), (None, "Asia/Shanghai")],
)
def test_a_site_has_its_own_zone_and_no_site_the_trials(site: str | None, zone: str) -> None:
    assert Definition.from_toml(FILE).site_zone(site) == zone


@pytest.mark.parametrize(
    ("line", "instead", "fault"),
    [
        pytest.param('phase = "1"', "", "phase: Field required", id="what is missing is named"),
        pytest.param(
            'zone = "Asia/Shanghai"\nsponsor_i',
            'zone = "Peking"\nsponsor_i',
            "zone: must be an IANA",
            id="zone",
        ),
        pytest.param(
            'members = "dosed"', 'members = "treated"', "counting.population.members: Input should be", id="nested"
        ),
        pytest.param('id = "gphcm"', 'id = "no site"', "sites.0.id: must be 1 to 64", id="in a list"),
        pytest.param('amount = "0.5"', "amount = true", "dosing.0.amount: ", id="an amount that is no number"),
        pytest.param(
            'arms = [{ name = "AD-MSC", code = "A" }]', "arms = []", "arms: Tuple should have at least 1", id="no arm"
        ),
        pytest.param('phase = "1"', 'phase = "1"\nfase = "1"', "fase: Extra inputs", id="what is not known is refused"),
        pytest.param('phase = "1"', "phase = ", "Invalid value (at line 4", id="not TOML"),
        pytest.param('missing = "related"\n', "", "causality.missing: Field required", id="no flattering default"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_the_place(line: str, instead: str, fault: str) -> None:
    assert FILE.count(line) == 1
    with pytest.raises(InvalidTrialFile, match="cannot be used") as refused:
        Definition.from_toml(FILE.replace(line, instead))
    assert fault in str(refused.value)


# What governs enters the log whole


@pytest.mark.parametrize("text", ["a file", FILE, "\n\n a file \r\n", "文件\n"])
def test_the_hash_is_the_one_of_the_files_text_as_it_is(text: str) -> None:
    form = Registered.model_validate({"trial": TRIAL, "file": text, "definition": builders.definition()})
    assert form.file == text
    assert form.sha256 == sha256(text.encode()).hexdigest()
    assert Registered.model_validate_json(form.model_dump_json(by_alias=True)) == form


WRONG_HASH = {"file": "a file", "sha256": "0" * 64}


@pytest.mark.parametrize(
    ("history", "command", "form", "refusal"),
    [
        pytest.param([registered()], "trial.register", registered(), TrialExists, id="registered once"),
        pytest.param([], "trial.amend", amended(builders.definition()), UnknownTrial, id="nothing to amend"),
        pytest.param(
            [registered()],
            "trial.amend",
            Amended.model_validate(
                {"trial": TRIAL, "file": "a file", "definition": builders.definition(), "reason": "r"}
            ),
            NothingAmended,
            id="the file that governs already",
        ),
        pytest.param([], "trial.issue_reference_safety_information", rsi_issued(), UnknownTrial, id="RSI of no trial"),
        pytest.param(
            [registered(), rsi_issued("1.0")],
            "trial.issue_reference_safety_information",
            rsi_issued("1.0", file="another text"),
            VersionIssued,
            id="CTFG RSI Q&A 2017: a version is issued once",
        ),
        pytest.param(
            [],
            "trial.register",
            Registered.model_validate({"trial": TRIAL, "definition": builders.definition(), **WRONG_HASH}),
            OtherHash,
            id="a hash that is not the file's",
        ),
        pytest.param(
            [registered()],
            "trial.amend",
            Amended.model_validate({"trial": TRIAL, "definition": builders.definition(), "reason": "r", **WRONG_HASH}),
            OtherHash,
            id="a hash that is not the amended file's",
        ),
        pytest.param(
            [registered()],
            "trial.issue_reference_safety_information",
            rsi_issued(**WRONG_HASH),
            OtherHash,
            id="a hash that is not the RSI's",
        ),
    ],
)
def test_refused(history: list[Form], command: str, form: Form, refusal: type[Refused]) -> None:
    with pytest.raises(refusal) as refused:
        given(*history).when(command, form)
    assert TRIAL in str(refused.value)


def test_a_trial_is_registered_and_amended_and_keeps_what_governs_now() -> None:
    first, then = registered(), amended(builders.definition(arms=("C",)))
    assert given().when("trial.register", first) == (first,)
    assert given(first).when("trial.amend", then) == (then,)
    before, after = trial_of(first), trial_of(first, then)
    assert (before.id, before.definition, before.file) == (TRIAL, first.definition, "a file")
    assert (after.id, after.definition, after.file, after.sha256) == (TRIAL, then.definition, then.file, then.sha256)
    assert definition(given(first, then), TRIAL).arm_names() == {"C", "Screen Failure"}


def test_reference_safety_information_is_kept_by_version() -> None:
    first = rsi_issued("1.0", listed=[{"preferred_term": "Pyrexia"}])
    then = rsi_issued("2.0", effective_on="2026-06-01", listed=[{"preferred_term": "Pyrexia", "worst_listed": "fatal"}])
    history = [registered(), first]
    assert given(*history).when("trial.issue_reference_safety_information", then, role="safety_officer") == (then,)
    issued = trial_of(*history, then).reference_safety_information
    assert issued == (first, then)
    assert [(one.effective_on, one.listed[0].worst_listed) for one in issued] == [
        (date(2026, 1, 1), "serious"),
        (date(2026, 6, 1), "fatal"),
    ]


def test_imports_are_counted() -> None:
    assert trial_of(registered(), data_imported(), data_imported(history=True)).imports == 2


def test_an_event_of_another_stream_is_not_folded() -> None:
    with pytest.raises(UnknownEvent, match="Enrolled"):
        evolve(Trial(), enrolled())


def test_an_rsi_is_an_event_of_the_trial() -> None:
    assert isinstance(rsi_issued(), ReferenceSafetyInformationIssued)
    assert rsi_issued().stream == registered().stream == data_imported().stream == f"{TRIAL}/trial"


# How the counting rules print themselves


def emergent(**changes: object) -> str:
    return TreatmentEmergent.model_validate({**EMERGENT, **changes}).words


def scale(**changes: object) -> Causality:
    return Causality.model_validate({**builders.CAUSALITY, **changes})


def window(**changes: object) -> str:
    return PrimaryWindow.model_validate({**WINDOW, **changes}).words


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            Population(members="assigned", arm="planned").words,
            "subjects assigned to a treatment arm, by planned arm (ARM)",
        ),
        (Population(members="dosed", arm="actual").words, "subjects dosed at least once, by actual arm (ACTARM)"),
        (
            emergent(),
            (
                "onset on or after the first dose; onset without a day compared as a span, without a month compared as a span; "
                "same day in unknown order counted, undecidable counted, unknown not counted; no dose: not counted"
            ),
        ),
        (
            emergent(
                missing_day="first", missing_month="unknown", same_day="not_emergent", until_days_after_last_dose=30
            ),
            (
                "onset on or after the first dose and up to 30 days after the last dose; onset without a day read as the first "
                "of its span, without a month taken as unknown; same day in unknown order not counted, undecidable counted, "
                "unknown not counted; no dose: not counted"
            ),
        ),
        (
            scale().words,
            "AEREL by the investigator in POSSIBLE, PROBABLE; missing counts as not related",
        ),
        (
            scale(by="either", missing="related").words,
            "AEREL by the investigator or the sponsor in POSSIBLE, PROBABLE; missing counts as related",
        ),
        (Serious(reading="stated").words, "AESER = Y as stated"),
        (Serious(reading="any_criterion").words, "AESER = Y or any seriousness criterion = Y"),
        (window(), "onset from the first dose to 12 weeks + 3 days after it; undecidable onset inside"),
        (
            window(anchor="last_dose", confidence="UNSURE", source="registry", undecidable="outside"),
            "onset from the last dose to 12 weeks + 3 days after it; undecidable onset outside (anchor UNSURE: registry)",
        ),
    ],
)
def test_a_rule_prints_itself_beside_its_numbers(words: str, said: str) -> None:
    assert words == said
