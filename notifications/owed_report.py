"""The report that an alert calls for, read from the log: to whom it goes, who owes it, and its limit where that is no date."""

from typing import Any, NamedTuple, get_args

from safety.aggregates.alerting import REMINDER
from safety.aggregates.clock_alert import OBLIGATION_LATE, RUNNING, clock_named
from safety.aggregates.deciding import States
from safety.aggregates.obligation import Obligation, Opened
from safety.aggregates.periodic_report import PeriodicReport, stream_of
from safety.regulation.periodic import Kind, Period
from safety.regulation.rule import NUMBERED
from safety.values import microseconds

UNSURE = "UNSURE"
OF_REPORTS = {*RUNNING.values(), OBLIGATION_LATE, REMINDER}


class OwedReport(NamedTuple):
    """`to`: its recipients, `has`: those that have it; `limit`: the limit in words where the text gives no date to count to.

    `runs_from`: when its clock began, microseconds from 1970 UTC; `unsure`: what makes it due could not be confirmed.
    """

    to: tuple[str, ...]
    owed_by: str | None = None
    has: tuple[str, ...] = ()
    limit: str | None = None
    runs_from: int | None = None
    unsure: bool = False

    @property
    def words(self) -> str:
        """Say to whom it goes and from whom."""
        of = "" if self.owed_by is None else f", owed by the {self.owed_by}"
        has = f"; sent already to {listed(self.has)}" if self.has else ""
        unsure = f" ({UNSURE}: what makes it due is not confirmed)" if self.unsure else ""
        return f"report to {listed(self.to)}{of}{has}{unsure}"

    @property
    def told(self) -> dict[str, Any]:
        """Tell the same to machines."""
        return {"to": self.to, "owed_by": self.owed_by, "sent_to": self.has, "limit": self.limit, "unsure": self.unsure}


def listed(names: tuple[str, ...]) -> str:
    """Write recipients as a pack or a trial names them."""
    return ", ".join(name.replace("_", " ") for name in names)


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
    return OwedReport(
        to=opened.to,
        owed_by=opened.owed_by,
        has=tuple(name for name in opened.to if name in clock.sent_to),
        limit=None if opened.due_at is not None else without_a_date(opened),
        runs_from=microseconds(opened.starts_at),
        unsure=opened.confidence == UNSURE,
    )


def of_period(owed: Period) -> OwedReport:
    """Tell a periodic report; one that was asked for outside of its schedule has no due time."""
    limit = None if owed.due_at is not None else "no due time: its period is none of the schedule"
    return OwedReport(to=owed.to, limit=limit, unsure=owed.confidence == UNSURE or not owed.sure)


def without_a_date(opened: Opened) -> str:
    """Say a limit that gives no due time: `immediately`, one that nobody could confirm, or days that are not counted here."""
    unit = opened.unit.replace("_", " ")
    if opened.unit not in NUMBERED:
        return f"due {unit}: the text gives no number"
    if opened.limit is None:
        return f"{UNSURE}: its limit could not be confirmed; a person must confirm it"
    return f"due within {opened.limit} {unit}{'' if opened.limit == 1 else 's'}: a person must count them"
