"""How a clock is told to a person: the time left or lost in words first, then the date, then how much of it is used."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from safety.values import moment
from safety.web.asking import Asked
from safety.web.words import N_

SECOND = 1_000_000
SOON = 48 * 3600 * SECOND

STOPPED = {
    "met": ("ok", N_("Sent in time")),
    "met_late": ("late", N_("Sent late")),
    "sent": ("ok", N_("Sent")),
    "missed": ("void", N_("Struck through after it was due")),
    "not_needed": ("void", N_("Struck through")),
}
"""How a clock that no longer runs is told, by its timeliness."""
REASONS = {
    "downgraded": N_("what made it due was taken back"),
    "nullified": N_("the event was nullified"),
    "duplicate": N_("the event is a duplicate"),
    "not_applicable": N_("it does not apply here"),
    "opened_in_error": N_("it was opened in error"),
}
"""Why a clock was struck through."""
OWED_BY = {"investigator": N_("Investigator"), "institution": N_("Institution"), "sponsor": N_("Sponsor")}
ALERTS = {
    "SAE-REPORTED": N_("Serious event reported"),
    "SAE-ESCALATED": N_("Event has become serious"),
    "SAE-WORSENED": N_("Serious event has worsened"),
    "SAE-DOWNGRADED": N_("Event is no longer called serious"),
    "SAE-MERGED": N_("Serious event merged into another number"),
    "SAE-NULLIFIED": N_("Serious event nullified"),
    "SAE-IMPORTED": N_("Serious events imported"),
    "OBLIGATION-OPENED": N_("Report owed"),
    "OBLIGATIONS-IMPORTED": N_("Reports owed for imported events"),
    "OBLIGATION-REJECTED": N_("Report rejected, owed again"),
    "OBLIGATION-ANTEDATED": N_("Report due earlier than first told"),
    "OBLIGATION-LATE": N_("Sent report turned out late"),
    "DUE-REMINDER": N_("Reminder: a report is due"),
    "PERIODIC-REPORT-ISSUED": N_("Periodic report issued"),
    "PERIODIC-REPORT-FAILED": N_("A periodic report that is due could not be issued"),
    "UNDELIVERABLE": N_("A message could not be delivered"),
    "TEMPLATE-FAILED": N_("A message could not be written"),
    "DELIVERY-FAILED": N_("A channel did not take a message"),
    "CLOCK-JUMPED": N_("The clock of this machine jumped"),
    "ROLE-VACANT": N_("Nobody is on duty for a role"),
    "DRILL": N_("Drill"),
}
"""What an alert is about, by its rule; a rule that is not here is named by its id."""
UNITS = {
    "calendar_day": N_("%(n)d calendar days"),
    "working_day": N_("%(n)d working days"),
    "hour": N_("%(n)d hours"),
    "immediately": N_("at once, without a number of days"),
    "promptly": N_("promptly, without a number of days"),
}


class Clock(NamedTuple):
    """A clock in words: `kind` as the macro takes it, the time left, the date, and the part that is used in per cent.

    Of one that runs, `at` is what it runs to since `began`; of one without `began`, `at` is what it runs from. Microseconds.
    """

    kind: str
    left: str
    due: str
    used: int | None = None
    at: int | None = None
    began: int | None = None


def waited(ask: Asked, since: int) -> str:
    """Say how long ago something was, at the moment of the page."""
    return ask.show.lasted(max(0, ask.stamped - since) / SECOND)


def clock_of(ask: Asked, duty: Mapping[str, Any]) -> Clock:
    """Tell the clock of an obligation with `due` and `starts` in microseconds; one without a number is due at once."""
    due, starts = duty["due"], duty["starts"]
    if duty["timeliness"] in STOPPED:
        return stopped(ask, duty)
    if due is None:
        return Clock("late", ask.words("Due now"), limit_of(ask, duty))
    told = ask.words("due %(when)s", when=ask.show.due(moment(due)))
    if due <= ask.stamped:
        return Clock("late", ask.words("Overdue by %(time)s", time=waited(ask, due)), told, 100, due, starts)
    used = round(100 * (ask.stamped - starts) / (due - starts)) if due > starts else 100
    left = ask.words("%(time)s left", time=ask.show.lasted((due - ask.stamped) / SECOND))
    return Clock("soon" if due <= ask.stamped + SOON else "", left, told, max(0, used), due, starts)


def stopped(ask: Asked, duty: Mapping[str, Any]) -> Clock:
    """Tell a clock that no longer runs: what was due stays in sight."""
    kind, said = STOPPED[duty["timeliness"]]
    due = duty["due"]
    was = limit_of(ask, duty) if due is None else ask.words("was due %(when)s", when=ask.show.due(moment(due)))
    if duty["state"] == "superseded":
        return Clock("void", ask.words("Gave way to %(other)s", other=duty["superseded_by"]), was)
    return Clock(kind, ask.words(said), was)


def limit_of(ask: Asked, duty: Mapping[str, Any]) -> str:
    """Say the limit as the clause has it; what could not be confirmed is said to be unsure."""
    unit = UNITS.get(duty["unit"])
    if unit is None or (duty["limit"] is None and "%(n)d" in unit):
        return ask.words("UNSURE: the limit could not be confirmed; a person must confirm it")
    return ask.words(unit) if duty["limit"] is None else ask.words(unit, n=duty["limit"])


def about(ask: Asked, rule: str) -> str:
    """Say what an alert of a rule is about."""
    return ask.words(ALERTS[rule]) if rule in ALERTS else rule
