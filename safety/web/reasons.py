"""The reasons of a clock in the reader's language: the log keeps them as sentences of fixed forms, which are recognised here."""

import re
from contextlib import suppress
from datetime import date, datetime
from functools import cache

from safety.web.asking import Asked
from safety.web.rules_in_words import BASIS, CONFIDENCE, condition
from safety.web.words import N_

FORMS = (
    N_("%(state)s: not stated, the sponsor's yes suffices"),
    N_("%(state)s: not stated, the investigator's view holds"),
    N_("%(state)s: not stated, counts as true (missing causality counts as related)"),
    N_("%(state)s: not stated, counts as true by %(states)s"),
    N_("%(state)s: not stated, counts as %(answer)s"),
    N_("%(state)s: not stated in the file, taken as met from the first fact, %(at)s by the %(party)s (version %(n)s)"),
    N_("%(state)s: not stated in the file, taken as met from the first fact, %(at)s by the %(party)s"),
    N_("%(state)s: %(answer)s, stated at %(at)s by the %(party)s (version %(n)s)"),
    N_("%(state)s: %(answer)s, stated at %(at)s by the %(party)s"),
    N_("%(name)s: UNSURE, not configured by the trial, counts as true (%(meaning)s)"),
    N_("%(name)s: %(answer)s by the trial's configuration (%(meaning)s)"),
    N_("%(state)s: at %(at)s by the %(party)s (version %(n)s)"),
    N_("%(state)s: at %(at)s by the %(party)s"),
    N_(
        "%(rule)s: %(sender)s to %(to)s when %(condition)s; limit %(limit)s; %(clause)s (%(basis)s, confidence %(confidence)s)"
    ),
    N_("%(rule)s: %(sender)s to %(to)s; limit %(limit)s; %(clause)s (%(basis)s, confidence %(confidence)s)"),
    N_("UNSURE: the limit of %(rule)s could not be confirmed; a person must confirm it"),
    N_("UNSURE: the text of %(rule)s could not be confirmed"),
    N_("UNSURE: %(note)s"),
    N_("determination not stated: counted from receipt"),
    N_(
        "received %(at)s, determined %(later)s; the determination is expected promptly, as policy within %(n)s days of receipt"
    ),
    N_("Day 0 was read as %(day)s when the report was sent; what was told since says that it was known sooner"),
    N_("Day 0 is %(day)s: the clock starts %(at)s, local date in %(zone)s"),
    N_("due by %(at)s, hours elapsed; too late from %(later)s"),
    N_("due by the end of %(day)s in %(zone)s; too late from %(later)s"),
    N_("due UNSURE, to be confirmed by a person"),
    N_("due immediately"),
    N_("due promptly"),
    N_("format: %(format)s"),
    N_("today's rules replayed on a historic event: the rules of %(day)s"),
    N_("judged not reportable before, and qualifies now"),
    N_("%(rule)s was owed since %(at)s"),
    N_("%(rule)s was submitted at %(at)s"),
    N_("submitted at %(at)s"),
    N_("%(rule)s was opened at %(at)s: an upgrade"),
    N_("replaces %(rule)s, one combined report, due when %(other)s was: an upgrade never postpones the first clock"),
    N_("replaces %(rule)s, one combined report"),
    N_("%(rule)s was actually sent at %(at)s"),
    N_("stays open after the downgrade of %(at)s: the investigator says related, which a sponsor cannot downgrade"),
    N_("stays open after the downgrade of %(at)s: its condition still holds"),
    N_("%(rule)s is due no later than Day %(n)s of %(other)s, whose Day 0 is %(day)s"),
)
"""Every form that a sentence may have (regulation/explaining.py, course.py, running.py); the first that fits is taken."""
SPOKEN = {
    "true": N_("yes"),
    "false": N_("no"),
    "site": N_("site"),
    "sponsor": N_("sponsor"),
    "investigator": N_("investigator"),
    "institution": N_("institution"),
    "minimum_criteria": N_("the minimum criteria of a valid case"),
    "serious": N_("serious"),
    "fatal": N_("results in death"),
    "life_threatening": N_("life-threatening"),
    "related_investigator": N_("related, by the investigator"),
    "related_sponsor": N_("related, by the sponsor"),
    "unexpected": N_("unexpected"),
    "exposed": N_("exposed before onset"),
    "determined": N_("determined by the sponsor to qualify"),
    "anticipated": N_("anticipated, by the safety surveillance plan"),
    "protocol_exempt": N_("exempt by the protocol"),
    "exemption_agreed": N_("exemption agreed with the authority"),
    "infection_transmission": N_("suspected transmission of an infectious agent"),
    "after_trial": N_("after the end of the trial's reporting window"),
    "new_information": N_("new information received"),
    "downgraded": N_("downgraded by a signed assessment"),
    "nullified": N_("nullified"),
    "handled": N_("handling of the event finished"),
    "urgent_measure": N_("urgent safety measure taken"),
    "immediately, no number": N_("at once, without a number of days"),
    "promptly, no number": N_("promptly, without a number of days"),
    "UNSURE, to be confirmed by a person": N_("UNSURE, to be confirmed by a person"),
}
"""What stands in those sentences for a word of the trade."""
COUNTED = {
    "calendar day": N_("%(n)d calendar days"),
    "working day": N_("%(n)d working days"),
    "hour": N_("%(n)d hours"),
}
SURE = {"basis": BASIS, "confidence": CONFIDENCE}
FROM_A_PACK = ("note", "meaning", "format")
"""Names whose values are sentences of a pack; the catalogue has those of the packs that come with the program."""
NAME = re.compile(r"%\\\((\w+)\\\)s")
ONE_WORD = ("basis", "confidence")
"""Names whose values are one word: a clause before them may have brackets of its own."""
TRADE = ("state", "answer", "party", "sender", "limit")
"""Names whose values are words of the trade; `states` is several of them."""


@cache
def patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Make of each form what recognises it."""
    return tuple((form, re.compile(NAME.sub(any_value, re.escape(form)))) for form in FORMS)


def any_value(name: re.Match[str]) -> str:
    """Give what recognises the value of a name."""
    return rf"(?P<{name[1]}>\w+)" if name[1] in ONE_WORD else f"(?P<{name[1]}>.+?)"


def said_in_words(ask: Asked, line: str) -> str:
    """Give a sentence of a clock's reasons in the reader's language; one of no known form, and all of it in English, as the log has it."""
    if ask.words.language == "en":
        return line
    for form, pattern in patterns():
        found = pattern.fullmatch(line)
        if found is not None:
            named = {name: spoken(ask, name, value) for name, value in found.groupdict().items()}
            return ask.words(form, **named) if named else ask.words.gettext(form)
    return line


def spoken(ask: Asked, name: str, value: str) -> str:
    """Give what a sentence names in the reader's words: terms of the trade, limits, days and times; anything else as it is."""
    if name == "states":
        return ask.words(", ").join(spoken(ask, "state", one) for one in value.split(" and "))
    if name in TRADE:
        return limit(ask, value) if name == "limit" and value[:1].isdigit() else term(ask, value)
    with suppress(ValueError):
        if name in {"at", "later"}:
            return ask.show.at(datetime.fromisoformat(value), seconds=True)
        if name == "day":
            return ask.show.date(date.fromisoformat(value).isoformat())
    return of_a_pack(ask, name, value)


def of_a_pack(ask: Asked, name: str, value: str) -> str:
    """Give what a sentence takes from a pack: whom a rule names, its condition, notes and how sure it is; codes as they are."""
    words = ask.words
    if name == "to":
        return words.listed(value.split(", "))
    if name == "condition":
        return condition(words, value, {})
    if name in SURE:
        text = SURE[name].get(value)
        return value if text is None else words(text)
    return words.gettext(value) if name in FROM_A_PACK else value


def term(ask: Asked, value: str) -> str:
    """Give a term of the trade; an act that names a rule keeps the rule."""
    if value in SPOKEN:
        text = SPOKEN[value]
        return ask.words.gettext(text)
    act, _, rule = value.partition(" ")
    if act in SPOKEN and rule:
        text = SPOKEN[act]
        return f"{ask.words.gettext(text)} {rule}"
    return value


def limit(ask: Asked, value: str) -> str:
    """Give a limit such as `15 calendar days`."""
    number, _, unit = value.partition(" ")
    text = COUNTED.get(unit.removesuffix("s"))
    return value if text is None or not number.isdecimal() else ask.words(text, n=int(number))
