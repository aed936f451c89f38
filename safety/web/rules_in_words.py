"""Rules of packs in the reader's words: their conditions, limits, what starts their clocks, and how sure their text is."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from safety.regulation.pack import Pack
from safety.regulation.rule import Rule
from safety.web.clocks import OWED_BY, UNITS
from safety.web.words import N_, Words

FACTS = {
    "minimum_criteria": N_("valid (the minimum criteria are met)"),
    "serious": N_("serious"),
    "fatal": N_("fatal"),
    "life_threatening": N_("life-threatening"),
    "related": N_("related"),
    "related_investigator": N_("related in the investigator's view"),
    "related_sponsor": N_("related in the sponsor's view"),
    "unexpected": N_("unexpected"),
    "exposed": N_("after exposure to the product"),
    "anticipated": N_("anticipated by the surveillance plan"),
    "exempt": N_("exempt from immediate reporting"),
    "protocol_exempt": N_("exempt by the protocol"),
    "exemption_agreed": N_("with an exemption that the authority agreed to"),
    "infection_transmission": N_("a suspected transmission of an infectious agent"),
    "after_trial": N_("after the reporting window of the trial"),
    "sponsor_investigator": N_("the investigator is the sponsor too"),
    "susar": N_("a SUSAR"),
    "fatal_or_life_threatening": N_("fatal or life-threatening"),
    "reaction": N_("a reaction"),
    "valid_serious": N_("valid and serious"),
}
"""What a condition may name; what a pack leaves to the trial is said in the pack's own words."""
JOINED = {"and": N_("and"), "or": N_("or"), "not": N_("not")}
STARTS = {
    "qualifies": N_("when all of this is known"),
    "late": N_("when an event that was judged not to qualify qualifies after all"),
    "upgrade": N_("when the event comes to qualify for more: %(of)s"),
    "submission": N_("when a report was sent: %(of)s"),
    "new_information": N_("with every new information on what was owed: %(of)s"),
    "handled": N_("when the handling of the event is finished: %(of)s"),
    "urgent_measure": N_("when an urgent safety measure is taken"),
}
CONFIDENCE = {"high": N_("high"), "medium": N_("medium"), "low": N_("low"), "UNSURE": N_("UNSURE")}
BASIS = {"law": N_("law"), "guidance": N_("guidance"), "policy": N_("policy"), "site": N_("rule of the site")}
PERIODIC = frozenset({
    N_("within 60 calendar days after the data lock point"),
    N_("The data lock point is the last day of each year that begins with the development international birth date."),
    N_("within two months after each full year from the approval of the trial"),
    N_("The text counts in months and says nothing of their ends (UNSURE): due on the day of the same number, or on the last day of a month that has no such day, whichever is earlier. Years that ended before the rule was in force owe nothing under it."),
    N_("before the day of the meeting"),
    N_("The data are locked so many days before each meeting as the trial file states."),
})  # fmt: skip
"""What the rules of periodic reports say of their limits, as `safety.regulation.periodic` has it."""
RELATED = {
    "either": N_("related if investigator or sponsor says so"),
    "sponsor": N_("related if the sponsor says so"),
    "not_used": N_("causality is not asked"),
}


class RuleInWords(NamedTuple):
    """A rule as a page shows it; `unsure`: a person has to confirm it."""

    rule: Rule
    when: str
    sender: str
    limit: str
    starts: str
    confidence: str
    basis: str
    unsure: bool


def in_words(words: Words, pack: Pack) -> list[RuleInWords]:
    """Say every rule of a pack, in the order of the pack."""
    return [
        RuleInWords(
            rule,
            condition(words, rule.when, pack.configuration),
            words(OWED_BY[rule.sender]),
            limit(words, rule),
            words(STARTS[rule.trigger], of=", ".join(rule.of)),
            words(CONFIDENCE[rule.confidence]),
            words(BASIS[rule.basis]),
            is_unsure(pack, rule),
        )
        for rule in pack.rules
    ]


def is_unsure(pack: Pack, rule: Rule) -> bool:
    """Say whether a person has to confirm a rule, its limit, something beside its text, or the pack as a whole."""
    return rule.confidence == "UNSURE" or rule.requires_confirmation or bool(pack.doubts(rule))


def unsure_of(packs: Iterable[Pack]) -> list[tuple[Pack, Rule]]:
    """List the rules of some packs that a person has to confirm."""
    return [(pack, rule) for pack in packs for rule in pack.rules if is_unsure(pack, rule)]


def condition(words: Words, text: str | None, configuration: Mapping[str, str]) -> str:
    """Say a condition: what is named in words, what the pack leaves to the trial as the pack asks it."""
    if text is None:
        return words("whatever the event is")
    said = [named(words, part, configuration) for part in re.findall(r"[()]|\w+", text)]
    return " ".join(said).replace("( ", "(").replace(" )", ")")


def named(words: Words, part: str, configuration: Mapping[str, str]) -> str:
    """Say one name or one joining word of a condition."""
    if part in JOINED:
        return words(JOINED[part])
    if part in FACTS:
        return words(FACTS[part])
    return f"“{words.gettext(configuration[part])}”" if part in configuration else part


def limit(words: Words, rule: Rule) -> str:
    """Say how long there is; a limit that nobody could confirm is said to be so."""
    if rule.limit is None and rule.requires_confirmation:
        return words("UNSURE, a person has to confirm it")
    said = words(UNITS[rule.unit], n=rule.limit)
    return said if rule.cap is None else said + words(", and no later than day %(n)d", n=rule.cap.limit)
