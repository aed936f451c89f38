"""The report that an alert calls for, read from the log: to whom it goes, who owes it, and its limit where that is no date."""

from collections.abc import Iterable
from typing import Any, NamedTuple, get_args

from safety.aggregates.alerting import REMINDER
from safety.aggregates.clock_alert import OBLIGATION_LATE, RUNNING, clock_named
from safety.aggregates.deciding import States
from safety.aggregates.obligation import Obligation
from safety.aggregates.periodic_report import PeriodicReport, stream_of
from safety.catalogues import ENGLISH, Words
from safety.regulation.periodic import Kind, Period
from safety.regulation.rule import NUMBERED
from safety.values import microseconds

UNSURE = "UNSURE"
OF_REPORTS = {*RUNNING.values(), OBLIGATION_LATE, REMINDER}


class Limit(NamedTuple):
    """A limit that gives no due time: its unit and number as the text has them; neither of a period that no schedule has."""

    unit: str | None = None
    number: int | None = None

    @property
    def is_unsure(self) -> bool:
        """Whether nobody could confirm it."""
        return self.unit in NUMBERED and self.number is None

    def words(self, said: Words = ENGLISH) -> str:
        """Say it: `immediately`, one that nobody could confirm, or days that are not counted here."""
        if self.unit is None:
            return said("no due time: its period is none of the schedule")
        if self.is_unsure:
            return said("UNSURE: its limit could not be confirmed; a person must confirm it")
        if self.number is None or self.unit not in NUMBERED:
            unit = said.spoken("unit", self.unit.replace("_", " "))
            return said("due %(unit)s: the text gives no number", unit=unit)
        return said("due within %(span)s: a person must count them", span=counted(self.number, self.unit, said))


class OwedReport(NamedTuple):
    """`to`: its recipients, `has`: those that have it; `limit`: of one whose text gives no date to count to.

    `runs_from`: when its clock began, microseconds from 1970 UTC; `unsure`: what makes it due could not be confirmed;
    `rests_on_unsure`: something else could not that it rests on, of the pack or of how the trial answered it.
    """

    to: tuple[str, ...]
    owed_by: str | None = None
    has: tuple[str, ...] = ()
    limit: Limit | None = None
    runs_from: int | None = None
    unsure: bool = False
    rests_on_unsure: bool = False

    def words(self, said: Words = ENGLISH) -> str:
        """Say to whom it goes and from whom, and what is not sure of it."""
        party = said.spoken("owed_by", self.owed_by)
        of = "" if self.owed_by is None else said(", owed by the %(party)s", party=party)
        has = said("; sent already to %(names)s", names=listed(self.has, said)) if self.has else ""
        doubt = ""
        if self.unsure:
            doubt = said(" (UNSURE: what makes it due is not confirmed)")
        elif self.rests_on_unsure:
            doubt = said(" (UNSURE: it rests on something that is not confirmed)")
        return said("report to %(names)s", names=listed(self.to, said)) + of + has + doubt

    @property
    def told(self) -> dict[str, Any]:
        """Tell the same to machines, in English whoever reads the mail."""
        limit = None if self.limit is None else self.limit.words()
        unsure = self.unsure or self.rests_on_unsure
        return {"to": self.to, "owed_by": self.owed_by, "sent_to": self.has, "limit": limit, "unsure": unsure}


def listed(names: Iterable[str], said: Words) -> str:
    """Write recipients as a pack or a trial names them."""
    return said.listed(name.replace("_", " ") for name in names)


def counted(number: int, unit: str, said: Words) -> str:
    """Write so many of a unit that is counted."""
    match unit:
        case "hour":
            text = said.ngettext("%(n)d hour", "%(n)d hours", number)
        case "working_day":
            text = said.ngettext("%(n)d working day", "%(n)d working days", number)
        case _:
            text = said.ngettext("%(n)d calendar day", "%(n)d calendar days", number)
    return text % {"n": number}


def report_of(states: States, trial: str, rule: str, concerning: tuple[str, ...]) -> OwedReport | None:
    """Give the report that an alert of a rule calls for; None where it calls for none, or for several."""
    match concerning:
        case (about, name) if rule in OF_REPORTS and ":" in name:
            clock = clock_named(states, trial, about, name)
            return None if clock is None else of_clock(clock)
        case (name,) if name.partition(" ")[0] in get_args(Kind):
            kind, _, period = name.partition(" ")
            owed = states(stream_of(trial, kind, period), PeriodicReport).owed
            return None if owed is None else of_period(owed)
        case _:
            return None


def of_clock(clock: Obligation) -> OwedReport:
    """Tell the report of a clock."""
    opened = clock.opened
    limit = None if opened.due_at is not None else Limit(opened.unit, opened.limit)
    return OwedReport(
        to=opened.to,
        owed_by=opened.owed_by,
        has=tuple(name for name in opened.to if name in clock.sent_to),
        limit=limit,
        runs_from=microseconds(opened.starts_at),
        unsure=opened.confidence == UNSURE,
        # As the page of the case marks it; a limit that could not be confirmed says so itself.
        rests_on_unsure=not (limit is not None and limit.is_unsure) and any(UNSURE in line for line in opened.because),
    )


def of_period(owed: Period) -> OwedReport:
    """Tell a periodic report; one that was asked for outside of its schedule has no due time."""
    limit = None if owed.due_at is not None else Limit()
    return OwedReport(to=owed.to, limit=limit, unsure=owed.confidence == UNSURE or not owed.sure)
