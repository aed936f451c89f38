"""The evaluator beyond the clauses: steps, parties, determinations, explanations, what is refused."""

from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from safety.regulation.due import Due
from safety.regulation.evaluator import evaluate
from safety.regulation.facts import Fact, InvalidFacts, Knowledge
from safety.regulation.pack import read_pack
from tests.clocks import FATAL, SAE, SUSAR, VALID, ZONE, evaluated, on, owed, shown, site
from tests.pack_text import HEAD, rule

DETERMINED = {**SAE, "related_sponsor": True}


def told(due: Due) -> list[str]:
    return [line for reason in due.because for line in reason.lines()]


def the(rule: str, packs: str, *facts: Fact, **options: Any) -> Due:  # noqa: ANN401, what evaluate takes
    """The last obligation of a rule."""
    return [due for due in evaluated(packs, *facts, **options).obligations if due.rule.id == rule][-1]


# --- steps and parties ---------------------------------------------------------------------------------------------------


def test_facts_of_one_instant_are_one_step_in_whatever_zone_they_are_written() -> None:
    one = on(0, SAE, related_investigator=False)
    same = replace(on(0, related_sponsor=True), at=one.at.astimezone(UTC))
    assert owed("EU-CTR", one, same) == owed("EU-CTR", same, one) == {"EU-15 open 0->15"}


def test_facts_are_taken_in_the_order_of_their_instants() -> None:
    late, early = on(4, fatal=True), on(0, SUSAR)
    assert owed("EU-CTR", late, early) == owed("EU-CTR", early, late)


def test_a_report_sent_in_the_step_that_makes_it_due_is_opened_and_sent() -> None:
    assert owed("EU-CTR", on(0, FATAL, submitted="EU-7")) == {"EU-7 submitted 0->7", "EU-7F open 0->8"}


def test_a_submission_of_what_is_not_owed_changes_nothing_and_is_told() -> None:
    by_other = evaluated("EU-CTR", site(0, serious=True), on(1, submitted="EU-INV"))
    assert [due.state for due in by_other.obligations] == ["open"]
    assert by_other.notes == (
        "EU-INV was submitted at 2026-12-02T09:30:00+08:00, and this party owed none then: nothing changed",
    )
    twice = (on(0, FATAL), on(1, submitted="EU-7"), on(2, submitted="EU-7"))
    assert owed("EU-CTR", *twice) == {"EU-7 submitted 0->7", "EU-7F open 1->9"}
    # A rule of another pack is that pack's business.
    assert evaluated("EU-CTR ICH-E2A", on(0, FATAL), on(1, submitted="E2A-7")).notes == ()


def test_null_takes_a_statement_back() -> None:
    assert owed("EU-CTR", on(0, SAE, related_investigator=False), on(1, related_investigator=None)) == {
        "EU-15 open 1->16"
    }
    knowledge = Knowledge()
    fact = on(0, serious=True)
    assert knowledge.merge([fact]) == {"serious"}
    assert knowledge.merge([fact, on(0, serious=None)]) == {"serious"}
    assert knowledge.merge([on(0, serious=None), fact, on(0, serious=None)]) == frozenset()


def test_obligations_without_a_moment_come_first_then_the_earliest() -> None:
    found = evaluated("EU-CTR CN-NMPA-DRUG US-FDA-IND", site(0, SUSAR), on(0, FATAL)).obligations
    assert [due.rule.id for due in found] == [
        "CN-EC-26",
        "CN-INV-26",
        "CN-REC-26",
        "US-INV",
        "EU-INV",
        "CN-7",
        "EU-7",
        "US-7",
        "US-15",
    ]


# --- determinations ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        ([{"determined": True}], {"US-15 open 5->20"}),
        ([{"determined": False}, {"determined": True}], {"US-15 open 6->21"}),
        ([{"determined": False}, {"determined": None}], {"US-15 open 0->15"}),
        ([{"determined": False}], set()),
    ],
)
def test_a_clock_that_waits_for_a_determination(later: list[dict[str, Any]], expected: set[str]) -> None:
    assert owed("US-FDA-IND", on(0, DETERMINED), *[on(5 + n, said) for n, said in enumerate(later)]) == expected


def test_a_determination_before_the_case_qualifies_starts_no_clock() -> None:
    assert owed("US-FDA-IND", on(0, determined=True), on(3, DETERMINED)) == {"US-15 open 3->18"}


def test_a_determination_taken_back_in_its_own_step_is_none() -> None:
    assert owed("US-FDA-IND", on(0, DETERMINED, determined=True), on(0, determined=None)) == {"US-15 open 0->15"}


def test_how_a_determination_is_explained() -> None:
    silent = told(the("US-15", "US-FDA-IND", on(0, DETERMINED)))
    assert "determination not stated: counted from receipt" in silent
    slow = told(the("US-15", "US-FDA-IND", on(0, DETERMINED), on(20, determined=True)))
    assert any("as policy within 15 days of receipt" in line for line in slow)
    same_day = told(the("US-15", "US-FDA-IND", on(0, DETERMINED, determined=True)))
    assert not any("determin" in line for line in same_day)


def test_a_case_reportable_from_the_first_is_never_late() -> None:
    wavering = (on(0, DETERMINED), on(1, related_sponsor=False), on(2, related_sponsor=True))
    assert owed("US-FDA-IND", *wavering) == {"US-15 open 0->15"}


def test_a_late_case_that_was_dropped_opens_with_the_next_change_only() -> None:
    dropped = (on(0, SAE, related_sponsor=False), on(2, related_sponsor=True), on(4, downgraded=True))
    assert owed("US-FDA-IND", *dropped) == {"US-LATE cancelled 2->17"}
    assert owed("US-FDA-IND", *dropped, on(5, determined=True)) == {"US-LATE open 5->20"}
    again = evaluated("US-FDA-IND", *dropped, on(6, unexpected=True)).obligations
    assert [(due.rule.id, due.state, due.ordinal) for due in again] == [
        ("US-LATE", "cancelled", 1),
        ("US-LATE", "open", 2),
    ]


def test_a_downgrade_judges_the_case_and_not_one_rule() -> None:
    upgraded = (on(0, SAE), on(2, fatal=True), on(4, downgraded=True))
    assert owed("EU-CTR", *upgraded) == {"EU-15 superseded 0->15", "EU-7UP cancelled 2->9"}


def test_a_new_determination_opens_what_a_downgrade_dropped() -> None:
    wavering = (
        on(0, DETERMINED, determined=True),
        on(2, downgraded=True),
        on(4, determined=None),
        on(6, determined=True),
    )
    assert [(due.state, due.opened_by) for due in evaluated("US-FDA-IND", *wavering).obligations] == [
        ("cancelled", wavering[0].at),
        ("open", wavering[3].at),
    ]


def test_what_a_downgrade_dropped_opens_again_from_its_first_determination() -> None:
    dropped = (on(0, DETERMINED, determined=True), on(2, downgraded=True), on(4, unexpected=True))
    assert owed("US-FDA-IND", *dropped) == {"US-15 cancelled 0->15", "US-15 open 0->15"}


# --- rules that no packaged pack has --------------------------------------------------------------------------------------


def owed_by(rules: str, *facts: Fact) -> set[str]:
    return {shown(due) for due in evaluate([read_pack(HEAD + rules)], facts, zone=ZONE).obligations}


def test_an_upgrade_is_of_what_was_opened_before() -> None:
    rules = rule("T-15", when="susar") + rule("T-UP", when="susar and fatal", trigger="upgrade", of=["T-15"])
    assert owed_by(rules, on(0, FATAL)) == {"T-15 open 0 promptly"}
    assert owed_by(rules, on(0, SUSAR), on(1, fatal=True)) == {"T-15 open 0 promptly", "T-UP open 1 promptly"}


def test_a_cap_counts_from_the_first_of_those_that_were_sent_together() -> None:
    days: dict[str, Any] = {"unit": "calendar_day", "limit": 30}
    rules = (
        rule("T", when="serious")
        + rule("T-FU", when="", trigger="new_information", of=["T"])
        + rule("T-C", when="", trigger="submission", of=["T-FU"], cap={"limit": 10}, **days)
    )
    news = (
        on(0, SAE, submitted="T"),
        on(1, new_information=True),
        on(3, new_information=True),
        on(4, submitted="T-FU"),
    )
    assert "T-C open 4->11" in owed_by(rules, *news)


def test_the_time_a_clock_counts_from_may_not_run_yet() -> None:
    # `since` does not hold where `when` does: the step at hand starts the clock.
    rules = rule("T", when="serious", since="fatal", unit="calendar_day", limit=7)
    assert owed_by(rules, on(0, VALID), on(2, SAE)) == {"T open 2->9"}


def test_an_act_may_have_a_condition() -> None:
    rules = rule("T", when="serious", trigger="urgent_measure")
    assert owed_by(rules, on(0, urgent_measure=True), on(1, SAE), on(2, urgent_measure=True)) == {"T open 2 promptly"}


# --- explanations --------------------------------------------------------------------------------------------------------


def test_what_was_not_stated_says_what_it_counts_as() -> None:
    lines = told(the("EU-7", "EU-CTR", on(0, VALID, fatal=True)))
    assert "serious: not stated, counts as true by fatal" in lines
    assert "life_threatening: not stated, counts as false" in lines
    assert "related_investigator: not stated, counts as true (missing causality counts as related)" in lines
    assert "related_sponsor: not stated, the investigator's view holds" in lines
    assert "unexpected: not stated, counts as true" in lines
    yes = told(the("EU-15", "EU-CTR", on(0, SAE, related_sponsor=True)))
    assert "related_investigator: not stated, the sponsor's yes suffices" in yes
    ours = told(the("US-15", "US-FDA-IND", on(0, SAE)))
    assert "related_sponsor: not stated, counts as true (missing causality counts as related)" in ours
    assert not any("related_investigator" in line for line in ours)


def test_facts_stand_with_their_moment_party_and_event() -> None:
    due = the("EU-INV", "EU-CTR", Fact(datetime(2026, 12, 1, 1, 30, tzinfo=UTC), "site", {"serious": True}, ref=12))
    assert told(due)[0] == "serious: true, stated at 2026-12-01T09:30:00+08:00 by the site (version 12)"
    assert due.refs == (12,)
    acts: list[dict[str, Any]] = [SUSAR, {"submitted": "EU-15"}, {"new_information": True}]
    follow_up = [replace(on(n, said), ref=n + 1) for n, said in enumerate(acts)]
    assert the("EU-FU", "EU-CTR", *follow_up).refs == (3,)
    sent = told(the("EU-7F", "EU-CTR", on(0, FATAL), on(1, submitted="EU-7")))
    assert sent[0] == "submitted EU-7: at 2026-12-02T09:30:00+08:00 by the sponsor"


def test_the_tree_goes_from_facts_to_clause_to_day_0_to_due() -> None:
    (due, *_) = the("EU-15", "EU-CTR", on(0, SUSAR)).because
    (day0,) = due.because
    clause = day0.because[0]
    assert due.says.startswith("due by the end of 2026-12-16")
    assert day0.says.startswith("Day 0 is 2026-12-01")
    assert clause.says.startswith("EU-15: sponsor to EudraVigilance when susar and not fatal_or_life_threatening")
    assert all(not fact.because for fact in clause.because)
    with pytest.raises(FrozenInstanceError):
        due.says = "never"  # type: ignore[misc]  # that is what is tested


@pytest.mark.parametrize(
    ("rule", "packs", "facts", "line"),
    [
        ("EU-7UP", "EU-CTR", [on(0, SUSAR), on(12, fatal=True)], "due when EU-15 was: an upgrade never postpones"),
        ("EU-15", "EU-CTR", [on(0, SUSAR), on(12, fatal=True)], "superseded by EU-7UP at 2026-12-13"),
        ("CN-7F", "CN-NMPA-DRUG", [on(0, FATAL), on(9, submitted="CN-7")], "no later than Day 15 of CN-7, whose Day 0"),
        ("EU-15", "EU-CTR", [on(0, SUSAR), on(1, downgraded=True)], "which a sponsor cannot downgrade"),
        ("EU-15", "EU-CTR", [on(0, SAE), on(1, downgraded=True, related_sponsor=False)], "its condition still holds"),
        ("EU-15", "EU-CTR", [on(0, SAE), on(1, downgraded=True, unexpected=False)], "cancelled by the downgrade of 2026-12-02"),
        ("EU-15", "EU-CTR", [on(0, SAE), on(1, nullified=True)], "cancelled: the case was nullified at 2026-12-02"),
        ("US-LATE", "US-FDA-IND", [on(0, SAE, related_sponsor=False), on(1, related_sponsor=True)], "judged not reportable before"),
        ("CN-818-STOP", "CN-818", [site(0, urgent_measure=True)], "UNSURE: the limit of CN-818-STOP could not be confirmed"),
        ("CN-818-STOP", "CN-818", [site(0, urgent_measure=True)], "due UNSURE, to be confirmed by a person"),
        ("CN-SC-24H", "CN-STEMCELL-2015", [site(0, serious=True)], "UNSURE: Infection, permanent damage"),
        ("CN-SC-24H", "CN-STEMCELL-2015", [site(0, serious=True)], "due by 2026-12-02T09:30:00+08:00, hours elapsed"),
        ("CN-SC-15F", "CN-STEMCELL-2015", [site(0, serious=True), site(3, handled=True)], "CN-SC-24H was owed since"),
        ("CN-REC-26", "CN-NMPA-DRUG", [on(0, SUSAR)], "due promptly"),
    ],
)  # fmt: skip
def test_an_explanation_says(rule: str, packs: str, facts: list[Fact], line: str) -> None:
    assert any(line in one for one in told(the(rule, packs, *facts)))


def test_a_word_of_the_configuration_is_told_as_configured() -> None:
    lines = told(the("CN-15", "CN-NMPA-DRUG", on(0, SUSAR), configuration={"cde_standard_binds": True}))
    assert any(line.startswith("cde_standard_binds: true by the trial's configuration") for line in lines)


# --- what is refused -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"seriuos": True}, "seriuos: unknown fact; did you mean serious?"),
        ({"serious": "yes"}, "serious: must be true, false or null"),
        ({"serious": 1}, "serious: must be true, false or null"),
        ({"downgraded": False}, "downgraded: is an act and can only be true"),
        ({"submitted": ""}, "submitted: must be the id of a rule"),
    ],
)
def test_a_fact_that_nobody_can_state_is_refused(said: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidFacts) as refused:
        on(0, said)
    assert str(refused.value).startswith(sentence)


def test_an_instant_needs_a_zone_and_a_calendar() -> None:
    with pytest.raises(InvalidFacts, match="at: an instant needs a zone"):
        Fact(datetime(2026, 1, 1), "site", {})  # noqa: DTZ001, that is what is tested
    with pytest.raises(InvalidFacts, match="at: must lie within the years 1 to 9999"):
        Fact(datetime(9999, 12, 31, 23, tzinfo=UTC), "site", {})


def test_a_rule_or_zone_that_is_not_there_is_refused() -> None:
    with pytest.raises(InvalidFacts) as refused:
        evaluated("EU-CTR", on(0, submitted="EU-8"), zone="Asia/Gotham")
    assert refused.value.faults[0].startswith("facts[0].submitted: there is no rule EU-8; did you mean EU-")
    assert refused.value.faults[1] == "zone: must be an IANA time zone such as Asia/Shanghai"
