"""Every row of the rule tables, each test named by its clause; which generation governs; who gets what, in which form."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from safety.packaged import packaged_pack, packaged_packs, packaged_profiles
from safety.regulation.evaluator import evaluate
from safety.regulation.facts import Fact
from tests.clause_rows import BOTH_SAY_NO, CN, OURS, ROWS, Row
from tests.clocks import FATAL, SAE, SUSAR, ZONE, evaluated, on, owed, shown, site


@pytest.mark.parametrize("case", ROWS, ids=lambda case: case.clause)
def test_a_row(case: Row) -> None:
    assert owed(case.packs, *case.facts, **case.options) == case.owed


@pytest.mark.parametrize("case", ROWS, ids=lambda case: case.clause)
def test_the_sentences_are_those_of_the_explanation(case: Row) -> None:
    options = {name: value for name, value in case.options.items() if name != "base"}
    for due in evaluated(case.packs, *case.facts, **options).obligations:
        assert due.sentences == tuple(line for ground in due.because for line in ground.lines())


def test_no_row_is_there_twice_and_every_rule_is_in_one() -> None:
    clauses = [case.clause for case in ROWS]
    assert len(set(clauses)) == len(clauses)
    named = {one.partition(" ")[0] for case in ROWS for one in case.owed}
    dated = {rule for case in GENERATIONS for rule in case[3].split()} | {"CH-EC-15", "CH-SM-15"}
    assert {rule.id for pack in packaged_packs() for rule in pack.rules} <= named | dated


# --- which generation governs ----------------------------------------------------------------------------------------

SITE_AND_SPONSOR = "CN03-INV CN03-SPON CN07-24H"
GENERATIONS = [
    ("GCP 2003 before the 24 h article", date(2007, 9, 30), CN, "CN03-INV CN03-SPON"),
    ("DRR 2007: the first trial ran in 2017", date(2017, 12, 8), CN, SITE_AND_SPONSOR),
    ("CDE 2018: the day before", date(2018, 4, 30), CN, SITE_AND_SPONSOR),
    ("CDE 2018: its first day", date(2018, 5, 1), CN, f"{SITE_AND_SPONSOR} CN-7"),
    ("GCP 2020: the day before", date(2020, 6, 30), CN, f"{SITE_AND_SPONSOR} CN-7"),
    ("GCP 2020: its first day", date(2020, 7, 1), CN, "CN-7 CN-INV-20 CN-REC CN-EC-20"),
    ("GCP 2020: its last day", date(2026, 8, 31), CN, "CN-7 CN-INV-20 CN-REC CN-EC-20"),
    ("GCP 2026: its first day", date(2026, 9, 1), CN, "CN-7 CN-INV-26 CN-REC-26 CN-EC-26"),
    ("ClinO 2022: its last day", date(2024, 10, 31), "CH-SWISSMEDIC", "CH-INV CH-EC-SAE-7 CH-EC-7 CH-SM-7"),
    ("ClinO revised: its first day", date(2024, 11, 1), "CH-SWISSMEDIC", "CH-INV-24 CH-EC-24 CH-SM-24"),
    ("IIT 2021", date(2024, 9, 30), "CN-IIT-2021", "CN-IIT-SITE"),
    ("UK: the day before", date(2026, 4, 27), "UK-MHRA-2026", ""),
    ("EU: the day before", date(2022, 1, 30), "EU-CTR", ""),
    ("EU: its first day", date(2022, 1, 31), "EU-CTR", "EU-INV EU-7"),
]


@pytest.mark.parametrize(("clause", "day", "pack", "rules"), GENERATIONS, ids=[case[0] for case in GENERATIONS])
def test_the_rule_is_chosen_by_the_date_of_the_fact(clause: str, day: date, pack: str, rules: str) -> None:
    found = evaluated(pack, site(0, FATAL, base=day), on(0, FATAL, base=day)).obligations
    assert {due.rule.id for due in found} == set(rules.split())


def test_not_fatal_reactions_of_2024_in_switzerland() -> None:
    day = date(2024, 3, 1)
    assert owed("CH-SWISSMEDIC", site(0, SUSAR, base=day), on(0, SUSAR, base=day), base=day) == {
        "CH-INV open 0->24h",
        "CH-EC-15 open 0->15",
        "CH-SM-15 open 0->15",
    }


def test_switzerland_exempts_serious_events_and_not_susars() -> None:
    day = date(2024, 3, 1)
    exempt = {"protocol_exempt": True, "exemption_agreed": True}
    assert owed("CH-SWISSMEDIC", site(0, {**SAE, **BOTH_SAY_NO, **exempt}, base=day), base=day) == set()
    assert "CH-INV open 0->24h" in owed("CH-SWISSMEDIC", site(0, {**SUSAR, **exempt}, base=day), base=day)


def test_gcp_changes_at_midnight_in_shanghai() -> None:
    for minute, citation in (("2026-08-31T23:59", "GCP 2020"), ("2026-09-01T00:00", "GCP 2026")):
        at = datetime.fromisoformat(minute).replace(tzinfo=ZoneInfo(ZONE))
        (due,) = evaluated(CN, Fact(at, "site", {"serious": True})).obligations
        assert due.rule.citation.startswith(citation)


def test_clocks_put_back_over_midnight_lose_no_rule() -> None:
    # St John's went from 00:01 back to 23:01 of the day before: the later fact has the earlier date.
    first = Fact(datetime.fromisoformat("2010-11-07T02:30:30+00:00"), "sponsor", SUSAR)
    later = Fact(datetime.fromisoformat("2010-11-07T02:45:30+00:00"), "sponsor", {"new_information": True})
    (due,) = evaluated("CA-HC", first, later, zone="America/St_Johns").obligations
    assert (due.rule.id, due.day0, due.due_on) == ("CA-15", date(2010, 11, 7), date(2010, 11, 22))


def test_before_the_cde_standard_only_the_24_hours_have_a_number() -> None:
    day = date(2018, 4, 30)
    found = evaluated(CN, site(0, FATAL, base=day), on(0, FATAL, base=day)).obligations
    assert [due.rule.id for due in found if due.due_at is not None] == ["CN07-24H"]


def test_whether_the_cde_standard_binds_is_the_trials_to_say_and_unsure_until_then() -> None:
    assert not any(
        one.startswith("CN-15") for one in owed(CN, on(0, SUSAR), configuration={"cde_standard_binds": False})
    )
    silent, said = (
        next(due for due in evaluated(CN, on(0, SUSAR), **options).obligations if due.rule.id == "CN-15")
        for options in ({}, {"configuration": {"cde_standard_binds": True}})
    )
    told = "\n".join(line for reason in silent.because for line in reason.lines())
    assert "cde_standard_binds: UNSURE, not configured by the trial, counts as true" in told
    assert "UNSURE" not in "\n".join(line for reason in said.because for line in reason.lines())


def test_todays_rules_replayed_on_a_historic_event_say_so() -> None:
    fact = on(0, FATAL, base=date(2017, 12, 8))
    found = evaluated(CN, fact, rules_on=date(2026, 11, 23)).obligations
    assert {due.rule.id for due in found} == {"CN-7", "CN-REC-26"}
    for due in found:
        assert due.because[0].says.startswith("today's rules replayed on a historic event")
    assert next(due.due_on for due in found if due.rule.id == "CN-7") == date(2017, 12, 15)


# --- what is held back, and in which form a report goes --------------------------------------------------------------


def test_an_anticipated_event_is_held_back_by_fda_until_it_is_not() -> None:
    anticipated = on(0, OURS, fatal=True, anticipated=True)
    held = evaluated("US-FDA-IND", anticipated).held_back
    assert [one.rule.id for one in held] == ["US-7", "US-15"]
    assert "anticipated by the safety surveillance plan" in held[0].says
    later = evaluated("US-FDA-IND", anticipated, on(5, anticipated=False))
    assert {shown(due) for due in later.obligations} == {"US-7 open 0->7", "US-15 open 0->15"}
    assert later.held_back == ()
    assert evaluated("US-FDA-IND", anticipated, on(5, serious=False, fatal=False)).held_back == ()
    assert evaluated("US-FDA-IND", anticipated, on(5, nullified=True)).held_back == ()


@pytest.mark.parametrize(
    ("options", "form"),
    [
        ({"configuration": {"ind_commercial": False}}, "Form 3500A"),
        ({"sponsor_investigator": True}, "Form 3500A"),
        ({"configuration": {"ind_commercial": True}}, "E2B(R3)"),
    ],
)
def test_a_noncommercial_ind_has_no_electronic_duty(options: dict[str, Any], form: str) -> None:
    due = evaluated("US-FDA-IND", on(0, OURS), **options).obligations[-1]
    assert due.rule.id == "US-15"
    assert due.format is not None
    assert due.format.startswith(form)
    assert ("no electronic (E2B) duty" in due.format) is (form == "Form 3500A")


def test_before_the_electronic_duty_a_commercial_ind_has_no_prescribed_form() -> None:
    day = date(2026, 3, 31)
    (due,) = evaluated("US-FDA-IND", on(0, OURS, base=day)).obligations
    assert due.format is None


def test_a_form_that_rests_on_what_nobody_configured_is_unsure() -> None:
    (due,) = evaluated("US-FDA-IND", on(0, OURS)).obligations
    assert due.format is not None
    assert due.format.endswith("UNSURE: ind_commercial is not configured by the trial and counts as true")


# --- recipients ------------------------------------------------------------------------------------------------------


def recipients(packs: str, *facts: Fact) -> dict[str, set[str]]:
    return {due.rule.id: set(due.to) for due in evaluated(packs, *facts).obligations}


def test_who_gets_a_susar() -> None:
    found = recipients("CN-NMPA-DRUG US-FDA-IND EU-CTR UK-MHRA-2026", on(0, FATAL, related_sponsor=True))
    assert found == {
        "CN-7": {"CDE"},
        "CN-REC-26": {
            "participating investigators",
            "institutions",
            "ethics committees",
            "drug regulator",
            "health authority",
        },
        "US-7": {"FDA"},
        "US-15": {"FDA", "participating investigators"},
        "EU-7": {"EudraVigilance"},
        "UK-7": {"MHRA"},
    }


def test_who_gets_a_serious_event_that_is_no_susar() -> None:
    event = site(0, {**SAE, **BOTH_SAY_NO})
    assert recipients("EU-CTR SITE-EC", event) == {"EU-INV": {"sponsor"}, "CN-EC-SITE": {"ethics committee"}}
    assert "national health authority" in recipients("CN-STEMCELL-2015", event)["CN-SC-24H-AUTH"]


OUTSIDE = {
    "US-FDA-IND": "US-15b US-REQ US-IRB US-7C US-ANT",
    "EU-CTR": "EU-53",
    "CN-NMPA-DRUG": "CN-RISK CN-WIN CN-EXC CN-EXC2 CN-DSUR-REC",
    "UK-MHRA-2026": "UK-REC UK-INVN UK-TR",
    "JP-PMDA": "JP-WIN JP-CRA JP-RMP",
    "CN-818": "CN-818-FILE CN-818-SCOPE",
    "CN-STEMCELL-2015": "CN-SC-CMT CN-SC-REC",
    "CN-IIT-2021": "CN-IIT",
    "AU-TGA": "AU-SSI",
    "BR-ANVISA": "BR-DRUG",
}


@pytest.mark.parametrize("pack", OUTSIDE)
def test_rows_that_no_fact_of_one_case_starts_are_told_by_their_pack(pack: str) -> None:
    assert set(OUTSIDE[pack].split()) <= {row.id for row in packaged_pack(pack).outside}


# --- the first trial's profile ---------------------------------------------------------------------------------------


def test_the_profile_of_the_first_trial() -> None:
    (profile,) = packaged_profiles()
    assert profile.sponsor_investigator
    day = date(2019, 2, 4)  # the eve of the Spring Festival
    packs = [packaged_pack(pack) for pack in profile.packs]
    found = evaluate(packs, [site(0, FATAL, base=day)], zone=ZONE, sponsor_investigator=True)
    assert {shown(due, day) for due in found.obligations} == {
        "CN-SC-HALT open 0 immediately",
        "CN03-INV open 0 promptly",
        "CN03-SPON open 0 promptly",
        "CN-EC-SITE open 0->24h",
        "CN-SC-24H open 0->24h",
        "CN-SC-24H-AUTH open 0->24h",
        "CN07-24H open 0->24h",
        "CN-7 open 0->7",
    }
    first = found.earliest()
    assert first["CDE"].rule.id == "CN-7"
    assert first["ethics committee"].rule.id == "CN03-INV"
    assert first["institution's academic committee"].rule.id == "CN-SC-24H"
