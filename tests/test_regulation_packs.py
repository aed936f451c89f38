"""Rule packs: the packaged ones load and cite, and each kind of fault is named by its table path."""

from collections.abc import Callable
from datetime import date
from hashlib import sha256
from typing import Any

import pytest

from safety.packaged import (
    NotPackaged,
    pack_texts,
    packaged,
    packaged_pack,
    packaged_packs,
    packaged_profiles,
    read_either,
)
from safety.regulation.evaluator import evaluate
from safety.regulation.pack import InvalidPack, Pack, read_pack, read_profile, refuse_contradicting
from tests.clocks import FATAL, SUSAR, ZONE, evaluated, on, owed, shown
from tests.pack_text import HEAD, RULES, rule


def faults(text: str) -> tuple[str, ...]:
    with pytest.raises(InvalidPack) as refused:
        read_pack(text)
    assert str(refused.value) == "; ".join(refused.value.faults)
    return refused.value.faults


# --- the packaged ones -----------------------------------------------------------------------------------------------


def test_the_packs_of_the_reference_are_packaged() -> None:
    assert {pack.id for pack in packaged_packs()} == {
        *(
            "ICH-E2A",
            "US-FDA-IND",
            "EU-CTR",
            "CN-NMPA-DRUG",
            "CN-STEMCELL-2015",
            "CN-IIT-2021",
            "CN-818",
            "UK-MHRA-2026",
        ),
        *("JP-PMDA", "CA-HC", "SITE-EC", "CH-SWISSMEDIC", "KR-MFDS", "AU-TGA", "BR-ANVISA"),
    }
    assert [profile.id for profile in packaged_profiles()] == ["CN-ADMSC-DEMO"]


@pytest.mark.parametrize("pack", packaged_packs(), ids=lambda pack: pack.id)
def test_a_packaged_pack_shows_what_is_unsure(pack: Pack) -> None:
    assert pack.sha256 == sha256(pack_texts()[pack.id].encode()).hexdigest()
    for one in pack.rules:
        # What could not be confirmed has no number, and says what is to be confirmed.
        assert not one.requires_confirmation or (one.limit is None and one.confidence == "UNSURE")
        assert one.confidence != "UNSURE" or one.note
        assert "UNSURE" not in one.citation or one.confidence == "UNSURE"


NOT_PACKAGED: list[tuple[Callable[[str], object], str, str]] = [
    (packaged, "EU-CTC", "did you mean EU-CTR"),
    (packaged_pack, "CN-ADMSC-DEMO", "is a profile; name one of its packs: CN-NMPA-DRUG"),
]


@pytest.mark.parametrize(("ask", "name", "sentence"), NOT_PACKAGED, ids=[case[1] for case in NOT_PACKAGED])
def test_what_is_not_packaged_is_told(ask: Callable[[str], object], name: str, sentence: str) -> None:
    with pytest.raises(NotPackaged) as refused:
        ask(name)
    assert sentence in str(refused.value)


# --- a pack that is well -----------------------------------------------------------------------------------------------


def test_a_pack_is_known_by_the_hash_of_its_text() -> None:
    pack = read_pack(HEAD + RULES)
    assert pack.sha256 == sha256((HEAD + RULES).encode()).hexdigest()
    assert pack.rules[0].limit_words == "7 calendar days"
    assert read_pack(HEAD + rule(limit=3650, unit="hour")).rules[0].limit == 3650
    assert read_pack(HEAD + rule(limit=1, unit="hour")).rules[0].limit_words == "1 hour"


def test_no_two_rules_contradict_that_differ_in_date_recipient_basis_or_have_no_number() -> None:
    law: dict[str, Any] = {"when": "susar and fatal", "unit": "calendar_day", "limit": 9}
    for fine in (
        {**law, "basis": "policy"},
        {**law, "to": ["ethics committee"]},
        {**law, "limit": 7},
        {**law, "from": "investigator"},
        {**law, "when": "susar and fatal and binds"},
        {**law, "starts": "determined"},
        {"when": "susar and fatal", "unit": "promptly"},
    ):
        read_pack(HEAD + RULES + rule(**fine))
    old = RULES.replace('citation = "clause 1"', 'effective_to = 2021-12-31\ncitation = "clause 1"')
    read_pack(HEAD + old + rule(**law, effective_from="2022-01-01"))
    read_pack(HEAD + RULES + rule(effective_from="2022-01-01", effective_to="2022-01-01"))
    assert "contradicts" in faults(HEAD + old + rule(**law, effective_from="2021-12-31"))[0]


def test_dates_are_inclusive_and_within_the_packs_own() -> None:
    pack = read_pack(
        HEAD.replace("effective_from", "effective_to = 2030-12-31\neffective_from")
        + RULES
        + rule(effective_from="2019-01-01", effective_to="2020-06-30")
    )
    first, last, own = date(2020, 1, 1), date(2030, 12, 31), date(2020, 6, 30)
    assert [pack.in_force(pack.rules[0], day) for day in (date(2019, 12, 31), first, last, date(2031, 1, 1))] == [
        False,
        True,
        True,
        False,
    ]
    assert [pack.in_force(pack.rules[2], day) for day in (date(2019, 12, 31), first, own, date(2020, 7, 1))] == [
        False,
        True,
        True,
        False,
    ]


def test_packs_of_one_version_with_different_texts_contradict() -> None:
    one, same, other = read_pack(HEAD + RULES), read_pack(HEAD + RULES), read_pack(HEAD + RULES + rule())
    refuse_contradicting([one, same])
    with pytest.raises(InvalidPack, match="two packs TEST version 1 have different texts"):
        evaluate([one, other], [on(0, SUSAR)], zone=ZONE)
    assert len(evaluate([one, same], [on(0, FATAL)], zone=ZONE).obligations) == 1


def test_a_pack_may_say_that_its_parties_are_one() -> None:
    pack = read_pack(HEAD.replace("[define]", "sponsor_investigator = true\n[define]") + RULES)
    found = evaluate([pack], [on(0, FATAL, party="site")], zone=ZONE)
    assert [shown(due) for due in found.obligations] == ["T-7 open 0->7"]


def test_a_profile_names_packs() -> None:
    text = """id = "P"\nversion = "1"\ntitle = "T"\nauthority = "A"\npacks = ["EU-CTR"]\neffective_from = 2020-01-01
rules_of = "today"\nsources = ["s"]\n[configuration]\nbinds = true\n"""
    assert read_profile(text).configuration == {"binds": True}
    assert read_either(text) == read_profile(text)
    with pytest.raises(InvalidPack, match=r"packs\[0\]: String should match"):
        read_profile(text.replace("EU-CTR", "eu ctr"))
    with pytest.raises(InvalidPack, match="pakcs: unknown key; did you mean packs"):
        read_profile(text.replace("packs", "pakcs") + "shoe = 1\n")


# --- faults ------------------------------------------------------------------------------------------------------------

NINE: dict[str, Any] = {"when": "susar and fatal", "unit": "calendar_day", "limit": 9}
FAULTS = [
    ("a typo in a condition", rule(when="seriuos"), "rule[2].when: unknown fact 'seriuos'; did you mean serious?"),
    ("a typo in since", rule(since="susr"), "rule[2].since: unknown fact 'susr'; did you mean susar?"),
    ("a condition that computes", rule(when="serious > 1"), "rule[2].when: only names, and, or, not"),
    ("a determination in a condition", rule(when="determined"), "rule[2].when: unknown fact 'determined'"),
    ("no condition", rule(when=""), "rule[2].when: a rule with the trigger qualifies needs a condition"),
    ("an unknown key", rule(limt=3), "rule[2].limt: unknown key; did you mean limit?"),
    ("an unknown trigger", rule(trigger="sometimes"), "rule[2].trigger: Input should be 'qualifies'"),
    ("an unknown unit", rule(unit="week", limit=1), "rule[2].unit: Input should be 'calendar_day'"),
    ("no recipient", rule(to=[]), "rule[2].to: Tuple should have at least 1 item"),
    ("a limit of text", rule(unit="hour", limit="24"), "rule[2].limit: Input should be a valid integer"),
    ("a limit of nothing", rule(unit="hour", limit=0), "rule[2].limit: 0 is no limit a report can have"),
    ("a limit before the start", rule(unit="calendar_day", limit=-7), "rule[2].limit: -7 is no limit"),
    ("a limit of eleven years", rule(unit="calendar_day", limit=4000), "rule[2].limit: 4000 is no limit"),
    ("immediately with a number", rule(unit="immediately", limit=1), "rule[2].limit: 'immediately' has no number"),
    ("days without a number", rule(unit="calendar_day"), "rule[2].limit: a calendar_day needs a number"),
    ("working days that are counted", rule(unit="working_day", limit=5), "rule[2].limit: working days cannot be counted"),
    ("a cap on nothing", rule(cap={"limit": 15}), "rule[2].cap: only a rule with the trigger submission has one"),
    ("an impossible cap", rule(trigger="submission", of=["T-7"], cap={"limit": 0}), "rule[2].cap.limit: 0 is no limit"),
    ("a rule that is not there", rule(supersedes=["T-16"]), "rule[2].supersedes: there is no rule T-16; did you mean T-15"),
    ("an upgrade of nothing there", rule(trigger="upgrade", of=["X"]), "rule[2].of: there is no rule X; use one of: T-15"),
    ("an upgrade of nothing", rule(trigger="upgrade"), "rule[2].of: a rule with the trigger upgrade names the rules"),
    ("a first report that builds on another", rule(of=["T-7"]), "rule[2].of: a rule with the trigger qualifies builds on no other"),
    ("a determined act", rule(trigger="urgent_measure", starts="determined"), "rule[2].starts: a rule with the trigger urgent"),
    ("an id twice", rule(id="T-7"), "rule[2].id: T-7 is the id of rule[0] already"),
    ("an id of no form", rule(id="t 7"), "rule[2].id: String should match pattern"),
    ("an end before its start", rule(effective_from="2024-01-02", effective_to="2024-01-01"), "rule[2].effective_to: lies before"),
    ("a contradiction", rule(**NINE), "rule[2].limit: T-9 contradicts T-7 (rule[0]): the same duty at the same time to regulator"),
    ("a contradiction in other words", rule(**{**NINE, "when": "fatal and (susar)"}), "rule[2].limit: T-9 contradicts T-7"),
    ("a format by a fact", rule(formats=[{"when": "serious", "says": "x", "citation": "y"}]), "rule[2].formats[0].when: unknown fact 'serious'"),
    ("a word with a meaning", "[[outside]]\nid='X'\nsays='s'\ncitation='c'\nconfidence='maybe'\nbasis='law'", "outside[0].confidence: Input should"),
]  # fmt: skip


@pytest.mark.parametrize(("added", "sentence"), [case[1:] for case in FAULTS], ids=[case[0] for case in FAULTS])
def test_a_fault_is_named_by_its_table_path(added: str, sentence: str) -> None:
    found = faults(HEAD + RULES + added)
    assert len(found) == 1, found
    assert found[0].startswith(sentence)


WHOLE = [
    ("no TOML", "id = ", "the file is not TOML: "),
    ("a hash of its own", f'sha256 = "{"0" * 64}"\n{HEAD}{RULES}', "sha256: a text cannot hold its own hash"),
    ("far too long", "#" * 1_000_001, "the file is longer than 1000000 characters"),
    ("no rules", HEAD, "rule: Field required"),
    ("an unknown zone", (HEAD + RULES).replace("New_York", "Gotham"), "zone: must be an IANA time zone"),
    ("an unknown key", f"shoe = 1\n{HEAD}{RULES}", "shoe: unknown key; use one of: authority"),
    ("an end before its start", f"effective_to = 2019-12-31\n{HEAD}{RULES}", "effective_to: lies before effective_from"),
    ("a definition by itself", (HEAD + RULES).replace("serious and related", "susar"), "define.susar: 'susar' is defined by itself"),
    ("a word that has a meaning", (HEAD + RULES).replace("binds =", "fatal ="), "configuration.fatal: the name has a meaning"),
    ("a word defined twice", (HEAD + RULES).replace("susar =", 'binds = "serious"\nsusar ='), "define.binds: the name has a meaning"),
    ("causality that is not used", (HEAD + RULES).replace('"either"', '"not_used"'), "define.susar: unknown fact 'related'"),
    ("a name of no form", (HEAD + RULES).replace("binds =", '"Ja!" ='), "configuration.Ja!: String should match pattern"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "sentence"), [case[1:] for case in WHOLE], ids=[case[0] for case in WHOLE])
def test_a_fault_of_the_whole_is_named(text: str, sentence: str) -> None:
    assert faults(text)[0].startswith(sentence)


def test_every_fault_is_told_at_once() -> None:
    found = faults(HEAD + RULES + rule(when="seriuos", unit="hour") + rule("T-10", limit=0, unit="hour"))
    assert [fault.partition(":")[0] for fault in found] == ["rule[2].when", "rule[2].limit", "rule[3].limit"]


def test_the_authoritys_zone_is_taken_where_it_is_earlier() -> None:
    # In New York it is still the day before.
    pack = read_pack(HEAD + RULES)
    early = on(0, FATAL)
    plain, across = (evaluate([pack], [early], zone=ZONE, authority_zone=both).obligations[0] for both in (False, True))
    assert (plain.zone, across.zone) == (ZONE, "America/New_York")
    assert (plain.day0 - across.day0).days == 1
    assert plain.due_at is not None
    assert across.due_at is not None
    assert across.due_at < plain.due_at
    # Without an authority's zone, without a number, and where the file's zone is the earlier, nothing changes.
    assert owed("ICH-E2A", early, authority_zone=True) == owed("ICH-E2A", early)
    tie = evaluated("CN-NMPA-DRUG", early, authority_zone=True, zone="Asia/Singapore").obligations
    assert {due.zone for due in tie} == {"Asia/Singapore"}
    assert [due.zone for due in evaluated("EU-CTR", early, authority_zone=True).obligations] == [ZONE]
