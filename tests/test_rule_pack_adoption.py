"""Packs govern a trial once a safety officer has signed for their text by name; a changed text needs a version of its own."""

from datetime import date

import pytest

from safety.aggregates.deciding import Form, Refused
from safety.aggregates.rule_pack import (
    Adopted,
    DateNeeded,
    InvalidRulePack,
    NothingNew,
    NotOfProfile,
    NotSigned,
    OtherHash,
    OtherThanItsText,
    RulePacks,
    RuleTaken,
    SignedByAnother,
    TextChanged,
    UnknownConfiguration,
)
from safety.aggregates.trial import UnknownTrial
from tests.builders import TRIAL, definition, pack_adopted, registered
from tests.given import Given, given
from tests.golden_obligations import PACK, PROFILE

SECOND = PACK.replace('"GOLD"', '"OTHER"').replace("GOLD-15", "OTHER-15")
NEWER = PACK.replace('version = "1"', 'version = "2"')


def adopted(form: Adopted, *history: Form) -> Adopted:
    states = given(registered(), *history)
    (event,) = states.when("trial.adopt_rule_pack", form, role="safety_officer", by="CHEN")
    assert isinstance(event, Adopted)
    return event


def governing(*history: Form) -> list[tuple[str, str]]:
    states: Given = given(registered(), *history)
    return [(d.id, d.version) for g in states(f"{TRIAL}/trial", RulePacks).governing for d in g.packs]


def test_the_text_enters_the_log_whole_with_what_it_says_of_itself() -> None:
    event = adopted(pack_adopted())
    (document,) = event.packs
    assert document.file == PACK
    assert (document.id, document.version) == ("GOLD", "1")
    assert (document.effective_from, document.effective_to) == (date(2018, 1, 1), date(2030, 12, 31))
    assert (event.signed_by, event.signed_as, event.printed_name) == ("CHEN", "safety_officer", "Chen Wei")


def test_settings_left_out_are_the_trials() -> None:
    event = adopted(pack_adopted())
    assert (event.zone, event.sponsor_investigator, event.rules_of) == ("Asia/Shanghai", False, "fact")
    both = given(registered(definition(sponsor_investigator=True)))
    (event_of_both,) = both.when("trial.adopt_rule_pack", pack_adopted(), role="safety_officer", by="CHEN")
    assert event_of_both.__dict__["sponsor_investigator"] is True


def test_settings_left_out_are_the_profiles_where_there_is_one() -> None:
    text = PROFILE + "sponsor_investigator = true\n[configuration]\nbinding = false\n"
    event = adopted(pack_adopted(profile={"file": text}))
    assert (event.sponsor_investigator, event.configuration) == (True, {"binding": False})
    assert event.profile is not None
    assert event.profile.id == "GOLD-PROFILE"
    stated = adopted(pack_adopted(profile={"file": text}, sponsor_investigator=False, configuration={"binding": True}))
    assert (stated.sponsor_investigator, stated.configuration) == (False, {"binding": True})


def test_a_new_version_takes_the_place_of_the_old_and_packs_stand_beside_each_other() -> None:
    first = adopted(pack_adopted(PACK, SECOND))
    assert governing(first) == [("GOLD", "1"), ("OTHER", "1")]
    second = adopted(pack_adopted(NEWER), first)
    assert governing(first, second) == [("OTHER", "1"), ("GOLD", "2")]
    back = adopted(pack_adopted(PACK), first, second)
    assert governing(first, second, back) == [("OTHER", "1"), ("GOLD", "1")]


def test_whose_settings_hold_for_a_pack() -> None:
    first = adopted(pack_adopted(PACK, sponsor_investigator=True))
    second = adopted(pack_adopted(SECOND), first)
    packs = given(registered(), first, second)(f"{TRIAL}/trial", RulePacks)
    assert [packs.sponsor_investigator(pack) for pack in ("GOLD", "OTHER", "NONE")] == [True, False, False]


def test_other_settings_are_something_new() -> None:
    first = adopted(pack_adopted())
    assert adopted(pack_adopted(configuration={"binding": False}), first).configuration == {"binding": False}
    assert adopted(pack_adopted(rules_of="today", rules_on="2026-01-01"), first).rules_on == date(2026, 1, 1)


FIRST = adopted(pack_adopted())


@pytest.mark.parametrize(
    ("history", "form", "refusal", "says"),
    [
        pytest.param([FIRST], pack_adopted(), NothingNew, "nothing to adopt", id="the same again"),
        pytest.param(
            [FIRST],
            pack_adopted(PACK + "# changed\n"),
            TextChanged,
            "GOLD 1 was adopted with another",
            id="changed text",
        ),
        pytest.param(
            [],
            pack_adopted(packs=[{"file": PACK, "sha256": "0" * 64}]),
            OtherHash,
            "not the one of its text",
            id="a hash that does not match",
        ),
        pytest.param(
            [],
            pack_adopted(profile={"file": PROFILE, "sha256": "0" * 64}),
            OtherHash,
            "not the one of its text",
            id="a profile's hash that does not match",
        ),
        pytest.param(
            [],
            pack_adopted(packs=[{"file": PACK, "version": "9"}]),
            OtherThanItsText,
            r"GOLD is not what its text says \(version\)",
            id="another version than the text's",
        ),
        pytest.param(
            [],
            pack_adopted(PACK.replace("serious and", "seriuos and")),
            InvalidRulePack,
            r"rule\[0\]\.when.*seriuos",
            id="a typo in a pack",
        ),
        pytest.param([], pack_adopted(profile={"file": "packs ="}), InvalidRulePack, "cannot be used", id="no TOML"),
        pytest.param(
            [],
            pack_adopted(SECOND, profile={"file": PROFILE}),
            NotOfProfile,
            "takes the packs GOLD",
            id="not its packs",
        ),
        pytest.param(
            [FIRST],
            pack_adopted(SECOND.replace("OTHER-15", "GOLD-15")),
            RuleTaken,
            "Rule GOLD-15 stands in rule packs GOLD and OTHER",
            id="two packs with one rule's id",
        ),
        pytest.param(
            [], pack_adopted(configuration={"bound": True}), UnknownConfiguration, "they ask: binding", id="not asked"
        ),
        pytest.param([], pack_adopted(rules_of="today"), DateNeeded, "naming that day", id="today without a date"),
        pytest.param([], pack_adopted(rules_on="2026-01-01"), DateNeeded, "naming that day", id="a date for nothing"),
        pytest.param([], pack_adopted(printed_name=None), NotSigned, "printed name", id="21 CFR 11.50: unsigned"),
        pytest.param([], pack_adopted(signed_by="WANG"), SignedByAnother, "that acts", id="signed by another"),
        pytest.param([], pack_adopted(signed_as="operator"), SignedByAnother, "that acts", id="signed as another"),
    ],
)
def test_refused(history: list[Form], form: Adopted, refusal: type[Refused], says: str) -> None:
    with pytest.raises(refusal, match=says):
        adopted(form, *history)


def test_no_trial_nothing_to_govern() -> None:
    with pytest.raises(UnknownTrial):
        given().when("trial.adopt_rule_pack", pack_adopted(), role="safety_officer")
