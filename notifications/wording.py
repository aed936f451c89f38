"""What a message says of alerts, people and time, in the language of who reads it; codes and accounts stay as they are."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import cache
from typing import NamedTuple, get_args
from zoneinfo import ZoneInfo

from notifications.leading import ACCOUNT
from safety.catalogues import ENGLISH, N_, Words, catalogue
from safety.values import Language, Role, moment

RULES = {
    "SAE-REPORTED": N_("a serious adverse event was reported"),
    "SAE-ESCALATED": N_("an adverse event became serious"),
    "SAE-WORSENED": N_("a serious adverse event became fatal or life-threatening"),
    "SAE-DOWNGRADED": N_("an adverse event is no longer serious"),
    "SAE-MERGED": N_("a serious adverse event was merged into another number"),
    "SAE-NULLIFIED": N_("a serious adverse event was nullified"),
    "SAE-IMPORTED": N_("an import brought serious adverse events"),
    "PERIODIC-REPORT-ISSUED": N_("a periodic safety report was issued and is to be submitted"),
    "PERIODIC-REPORT-FAILED": N_("a periodic safety report that is due could not be rendered"),
    "OBLIGATION-OPENED": N_("a report is owed, its clock runs"),
    "OBLIGATIONS-IMPORTED": N_("an import brought reports that are owed"),
    "OBLIGATION-REJECTED": N_("a report was rejected, its clock goes on"),
    "OBLIGATION-ANTEDATED": N_("a report that is still owed is due earlier than was told: its party knew sooner"),
    "OBLIGATION-LATE": N_("a report that was sent turned out late: its party knew sooner"),
    "DUE-REMINDER": N_("a report is still owed"),
    "ROLE-VACANT": N_("a role that alerts go to has nobody in it, now or soon"),
    "CLOCK-JUMPED": N_("the machine's clock jumped"),
    "DRILL": N_("this is a drill: acknowledge it as you would a serious adverse event"),
    "UNDELIVERABLE": N_("a message could not be delivered: put the address right"),
    "TEMPLATE-FAILED": N_("a template failed and plain text went out instead"),
    "DELIVERY-FAILED": N_("the program fails at a message again and again"),
}
BANNERS = {
    "drill": N_("*** DRILL *** This is an exercise: nothing has happened to anybody. Act as if it had. *** DRILL ***"),
    "demo": N_("*** DEMO *** This comes from a demonstration, not from a trial. *** DEMO ***"),
}
"""By the purpose of the log; what comes from a real one needs none, unless it is a drill."""
EXERCISES = {"drill": N_("DRILL"), "demo": N_("DEMO")}
"""What a subject begins with there."""
DRILL = "DRILL"
"""The rule of an alert that only exercises the ladder, and what such an alert is about."""

ROLES = {role.upper(): role for role in get_args(Role)}
"""By how an alert about a role names it."""
MESSAGE = "MESSAGE/"
"""How an alert names a message."""

MOST_NAMED = 20
"""How many adverse events an alert names in a mail; an import may bring hundreds."""


@cache
def words(language: Language) -> Words:
    """Give the words of the mails in a language."""
    return Words(language, catalogue(language, "notifications"))


class Wording(NamedTuple):
    """Says things to one reader: in a language, in the zone of the trial, as of the moment at which a message was composed."""

    words: Words
    zone: str
    composed_at: int

    def what(self, rule: str) -> str:
        """Say what happened, by the rule of an alert."""
        return self.words.gettext(RULES.get(rule, rule))

    def named(self, concerning: Sequence[str]) -> str:
        """Say which adverse events, by the codes of subject and number, or what else an alert is about."""
        match concerning:
            case (role, site) if role in ROLES:
                return self.words("%(role)s at site %(site)s", role=self.role(ROLES[role]), site=site)
        few = self.listed(self.name(one) for one in concerning[:MOST_NAMED])
        more = len(concerning) - MOST_NAMED
        return self.words("%(names)s and %(n)d more", names=few, n=more) if more > 0 else few

    def name(self, concerning: str) -> str:
        """Name an adverse event by subject and number; anything else as it is called."""
        what, _, number = concerning.rpartition("/")
        if concerning in ROLES:
            return self.role(ROLES[concerning])
        if concerning == DRILL:
            return self.words("DRILL")
        if concerning.startswith(ACCOUNT):
            return self.words("ACCOUNT:%(account)s", account=concerning.removeprefix(ACCOUNT))
        if concerning.startswith(MESSAGE):
            return self.words("MESSAGE %(message)s", message=concerning.removeprefix(MESSAGE))
        return f"{what} AE {number}" if number.isdecimal() else concerning.replace("/", " ")

    def alert(self, rule: str, concerning: Sequence[str]) -> str:
        """Say what happened to what."""
        named = self.named(concerning)
        return self.words("%(what)s: %(which)s", what=self.what(rule), which=named) if named else self.what(rule)

    def place(self, rung: int, repeat: int | None) -> str:
        """Say where on the ladder an alert stands, if not at its foot."""
        if rung <= 1:
            return ""
        at = self.words(", rung %(n)d", n=rung)
        return at + self.words(", repeat %(n)d", n=repeat) if repeat else at

    def role(self, role: str) -> str:
        """Name a role."""
        return str(self.words.spoken("role", role)).replace("_", " ")

    def changes(self, kinds: Iterable[str]) -> str:
        """Say what kinds of events happened."""
        return self.listed(str(self.words.spoken("event", kind)) for kind in kinds)

    def listed(self, names: Iterable[str]) -> str:
        """Give what is in words already, one after the other."""
        return self.words(", ").join(names)

    def local(self, at: int) -> str:
        """Write a moment in the trial's zone, with the offset: an hour that the clocks repeat is two moments."""
        there = moment(at).astimezone(ZoneInfo(self.zone))
        return f"{there:%Y-%m-%d %H:%M} {self.zone} (UTC{there:%z})"

    def due(self, due_at: int) -> str:
        """Write the first instant that is too late as people count: midnight is the end of the day before."""
        there = moment(due_at).astimezone(ZoneInfo(self.zone))
        if (there.hour, there.minute) != (0, 0):
            return self.local(due_at)
        day, zone = f"{there - timedelta(days=1):%Y-%m-%d}", f"{self.zone} (UTC{there:%z})"
        return self.words("by the end of %(day)s %(zone)s", day=day, zone=zone)

    def since(self, at: int) -> str:
        """Say since when something goes on, and for how long that is."""
        span = spelled(timedelta(microseconds=max(0, self.composed_at - at)), self.words)
        return self.words("since %(when)s: %(span)s", when=self.local(at), span=span)

    def left(self, due_at: int) -> str:
        """Say how long is left until a due time, or since when it has passed."""
        apart = timedelta(microseconds=due_at - self.composed_at)
        if apart > timedelta(0):
            return self.words("%(span)s left", span=spelled(apart, self.words))
        return self.words("OVERDUE by %(span)s", span=spelled(-apart, self.words))


def spelled(span: timedelta, said: Words = ENGLISH) -> str:
    """Write a span in days, hours and minutes, the two largest of them; rounded down, so that nobody counts on too much."""
    minutes = int(span / timedelta(minutes=1))
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = (
        (days, said.ngettext("%(n)d day", "%(n)d days", days)),
        (hours, said.ngettext("%(n)d hour", "%(n)d hours", hours)),
        (rest, said.ngettext("%(n)d minute", "%(n)d minutes", rest)),
    )
    told = [text % {"n": count} for count, text in parts if count]
    return " ".join(told[:2]) or said("less than a minute")
