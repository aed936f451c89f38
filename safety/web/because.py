"""The reasons of an obligation in the reader's language: the log keeps them in English, sentence by sentence, as the engine said them.

Each sentence the engine can say has a row here: how it is told apart, and what is said in its place. What a pack quotes (its
citations, notes and recipients) stays as the pack has it, and a sentence that nobody knows stays as the log has it.
"""

import re

from safety.web.words import N_, Words

AT, TOLD = r"(?P<at>\S+)", r"(?P<at>\S+) by the (?P<party>site|sponsor)(?: \(version (?P<ref>\d+)\))?"
RULE, NAME = r"(?P<rule>[A-Z0-9][A-Za-z0-9._-]*)", r"(?P<name>[a-z_]+)"
VALUE = r"(?P<value>true|false)"

SENTENCES = tuple((re.compile(pattern), said) for pattern, said in (
    (rf"(?P<act>new_information|downgraded|nullified|handled|urgent_measure): at {TOLD}", N_("%(act)s, %(at)s, told by the %(party)s %(ref)s")),
    (rf"submitted {RULE}: at {TOLD}", N_("%(rule)s submitted, %(at)s, told by the %(party)s %(ref)s")),
    (r"judged not reportable before, and qualifies now", N_("judged not reportable before, and qualifies now")),
    (rf"{RULE} was owed since {AT}", N_("%(rule)s was owed since %(at)s")),
    (rf"{RULE} was submitted at {AT}", N_("%(rule)s was submitted at %(at)s")),
    (rf"{RULE} was opened at {AT}: an upgrade", N_("%(rule)s was opened at %(at)s: an upgrade")),
    (rf"{RULE} was actually sent at {AT}", N_("%(rule)s was actually sent at %(at)s")),
    (rf"{NAME}: not stated in the file, taken as met from the first fact, {TOLD}", N_("%(name)s: not stated in the file, taken as met from the first fact, %(at)s, told by the %(party)s %(ref)s")),
    (rf"{NAME}: not stated, the sponsor's yes suffices", N_("%(name)s: not stated, the sponsor's yes suffices")),
    (rf"{NAME}: not stated, the investigator's view holds", N_("%(name)s: not stated, the investigator's view holds")),
    (rf"{NAME}: not stated, counts as true \(missing causality counts as related\)", N_("%(name)s: not stated, counts as yes (missing causality counts as related)")),
    (rf"{NAME}: not stated, counts as true by (?P<criteria>[a-z_ ]+)", N_("%(name)s: not stated, counts as yes by %(criteria)s")),
    (rf"{NAME}: not stated, counts as {VALUE}", N_("%(name)s: not stated, counts as %(value)s")),
    (rf"{NAME}: {VALUE}, stated at {TOLD}", N_("%(name)s: %(value)s, stated %(at)s by the %(party)s %(ref)s")),
    (r"(?P<setting>[a-z0-9_]+): UNSURE, not configured by the trial, counts as true \((?P<meaning>.*)\)", N_("%(setting)s: UNSURE, not configured by the trial, counts as yes (%(meaning)s)")),
    (rf"(?P<setting>[a-z0-9_]+): {VALUE} by the trial's configuration \((?P<meaning>.*)\)", N_("%(setting)s: %(value)s by the trial's configuration (%(meaning)s)")),
    (rf"{RULE}: (?P<sender>investigator|institution|sponsor) to (?P<to>.+?)(?: when (?P<when>[a-z0-9_() ]+))?; limit (?P<limit>[^;]+); (?P<cite>.*) \((?P<basis>\w+), confidence (?P<confidence>\w+)\)", N_("%(rule)s: %(sender)s to %(to)s%(when)s; limit %(limit)s; %(cite)s (%(basis)s, confidence %(confidence)s)")),
    (rf"UNSURE: the limit of {RULE} could not be confirmed; a person must confirm it", N_("UNSURE: the limit of %(rule)s could not be confirmed; a person must confirm it")),
    (rf"UNSURE: the text of {RULE} could not be confirmed", N_("UNSURE: the text of %(rule)s could not be confirmed")),
    (r"UNSURE: (?P<note>.*)", N_("UNSURE, in the words of the rule pack: %(note)s")),
    (r"determination not stated: counted from receipt", N_("determination not stated: counted from receipt")),
    (r"received (?P<at>\S+), determined (?P<then>\S+); the determination is expected promptly, as policy within (?P<n>\d+) days of receipt", N_("received %(at)s, determined %(then)s; the determination is expected promptly, as policy within %(n)s days of receipt")),
    (r"Day 0 is (?P<day>\S+): the clock starts (?P<at>\S+), local date in (?P<zone>\S+)", N_("Day 0 is %(day)s: the clock starts %(at)s, local date in %(zone)s")),
    (r"due by (?P<at>\S+), hours elapsed; too late from (?P<then>\S+)", N_("due by %(at)s, hours elapsed; too late from %(then)s")),
    (r"due by the end of (?P<day>\S+) in (?P<zone>\S+); too late from (?P<then>\S+)", N_("due by the end of %(day)s in %(zone)s; too late from %(then)s")),
    (r"due (?P<limit>.+)", N_("due %(limit)s")),
    (rf"replaces {RULE}, one combined report", N_("replaces %(rule)s, one combined report")),
    (rf"replaces {RULE}, one combined report, due when (?P=rule) was: an upgrade never postpones the first clock", N_("replaces %(rule)s, one combined report, due when that was: an upgrade never postpones the first clock")),
    (rf"{RULE} is due no later than Day (?P<n>\d+) of (?P<other>\S+), whose Day 0 is (?P<day>\S+)", N_("%(rule)s is due no later than Day %(n)s of %(other)s, whose Day 0 is %(day)s")),
    (r"format: (?P<note>.*)", N_("format: %(note)s")),
    (rf"stays open after the downgrade of {AT}: the investigator says related, which a sponsor cannot downgrade", N_("stays open after the downgrade of %(at)s: the investigator says related, which a sponsor cannot downgrade")),
    (rf"stays open after the downgrade of {AT}: its condition still holds", N_("stays open after the downgrade of %(at)s: its condition still holds")),
    (rf"superseded by {RULE} at {AT}", N_("superseded by %(rule)s at %(at)s")),
    (rf"submitted at {AT}", N_("submitted at %(at)s")),
    (rf"cancelled by the downgrade of {AT}", N_("cancelled by the downgrade of %(at)s")),
    (rf"cancelled: the case was nullified at {AT}", N_("cancelled: the case was nullified at %(at)s")),
    (r"today's rules replayed on a historic event: the rules of (?P<day>\S+)", N_("today's rules replayed on a historic event: the rules of %(day)s")),
))  # fmt: skip
"""Every sentence of `safety.regulation.explaining`, and of the reasons that the course of a clock adds, in the order of asking."""

TERMS = {
    "minimum_criteria": N_("the minimum criteria of a valid case"),
    "serious": N_("serious"),
    "fatal": N_("results in death"),
    "life_threatening": N_("life-threatening"),
    "related_investigator": N_("related, by the investigator"),
    "related_sponsor": N_("related, by the sponsor"),
    "related": N_("related"),
    "unexpected": N_("unexpected"),
    "exposed": N_("exposed to the product before onset"),
    "determined": N_("determined by the sponsor to qualify"),
    "anticipated": N_("anticipated, by the safety surveillance plan"),
    "protocol_exempt": N_("exempt from immediate reporting by the protocol"),
    "exemption_agreed": N_("the exemption was agreed with the authority"),
    "exempt": N_("exempt from immediate reporting"),
    "infection_transmission": N_("suspected transmission of an infectious agent"),
    "after_trial": N_("after the end of the reporting window"),
    "susar": N_("suspected unexpected serious adverse reaction"),
    "valid_serious": N_("valid serious case"),
    "fatal_or_life_threatening": N_("fatal or life-threatening"),
    "new_information": N_("new information received"),
    "downgraded": N_("downgraded by a signed assessment"),
    "nullified": N_("nullified: the case is void"),
    "handled": N_("handling of the event finished"),
    "urgent_measure": N_("urgent safety measure taken"),
    "site": N_("the site"),
    "sponsor": N_("the sponsor"),
    "investigator": N_("the investigator"),
    "institution": N_("the institution"),
    "true": N_("yes"),
    "false": N_("no"),
    "and": N_("and"),
    "or": N_("or"),
    "not": N_("not"),
    "law": N_("law"),
    "guidance": N_("guidance"),
    "policy": N_("policy"),
    "high": N_("high"),
    "medium": N_("medium"),
    "low": N_("low"),
    "immediately": N_("immediately"),
    "promptly": N_("promptly"),
    "no number": N_("no number of days"),
    "to be confirmed by a person": N_("to be confirmed by a person"),
}
"""The vocabulary of facts, conditions and limits; what a pack names itself is not in it and stays."""
UNITS = {
    "calendar day": N_("%(n)s calendar days"),
    "working day": N_("%(n)s working days"),
    "hour": N_("%(n)s hours"),
}
LIMIT = re.compile(r"(?P<n>\d+) (?P<unit>calendar day|working day|hour)s?")
KEPT = {"at", "then", "rule", "other", "day", "zone", "n", "to", "cite", "note", "meaning", "setting"}
"""What a sentence names as it is."""


def reason(words: Words, line: str) -> str:
    """Give a sentence of an obligation's reasons in the reader's language; in English, and where it is none we know, as it stands."""
    if words.language == "en":
        return line
    for pattern, said in SENTENCES:
        if found := pattern.fullmatch(line):
            return words(said, **{name: spoken(words, name, text) for name, text in found.groupdict().items()}).rstrip()
    return line


def spoken(words: Words, name: str, text: str | None) -> str:
    """Put what a sentence names into words, where it is of the vocabulary."""
    if name == "ref":
        return words("(version %(n)s)", n=text) if text else ""
    if text is None or name in KEPT:
        return text or ""
    if name == "limit":
        return limited(words, text)
    if name == "when":
        return words(" when %(condition)s", condition=terms(words, text))
    return terms(words, text)


def limited(words: Words, text: str) -> str:
    """Write a limit."""
    if found := LIMIT.fullmatch(text):
        return words(UNITS[found["unit"]], n=found["n"])
    return ", ".join(terms(words, part) for part in text.split(", "))


def terms(words: Words, text: str) -> str:
    """Write words of the vocabulary, a condition among them; brackets and what a pack names itself stay."""
    if text in TERMS:
        return words.gettext(TERMS[text])
    return re.sub(r"[a-z0-9_]+", lambda found: words.gettext(TERMS.get(found[0], found[0])), text)
