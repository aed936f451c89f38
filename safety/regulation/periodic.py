"""When periodic safety reports fall due: lock points and limits, computed from dates that a trial file states; pure.

The limits are those of ICH E2F (DSUR), of the Chinese Drug Registration Regulation (annual report) and of a board's charter.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from safety.regulation.counting import Part
from safety.values import Code, Day, Instant, end_of_day

Kind = Literal["dsur", "china_annual", "dsmb"]
Confidence = Literal["high", "medium", "low", "UNSURE"]
Alignment = Literal["day", "month_end"]

DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)
EARLIEST = date(1950, 1, 1)
LATEST = date(9000, 1, 1)
"""A date outside of these is a typing error, and its reports would have no calendar to fall into."""

DSUR_DAYS = 60
CHINA_MONTHS = 2


class Rule(Part):
    """What makes a kind of report due: to whom, by when, by which text, and how sure that text is."""

    id: Code
    title: str
    to: tuple[str, ...]
    limit: str
    citation: str
    confidence: Confidence
    basis: Literal["law", "guidance", "policy", "site"]
    effective_from: Day = EARLIEST
    note: str


RULES: dict[Kind, Rule] = {
    "dsur": Rule(
        id="E2F-DSUR",
        title="Development safety update report",
        to=("regulator", "ethics_committee"),
        limit="within 60 calendar days after the data lock point",
        citation="ICH E2F",
        confidence="medium",
        basis="guidance",
        effective_from=date(2010, 8, 17),
        note="The data lock point is the last day of each year that begins with the development international birth date.",
    ),
    "china_annual": Rule(
        id="CN-ANNUAL",
        title="Annual safety report, China",
        to=("CDE",),
        limit="within two months after each full year from the approval of the trial",
        citation="China DRR 2020 Art. 28; CDE No. 7/2020 Art. 6",
        confidence="high",
        basis="law",
        effective_from=date(2020, 7, 1),
        note=(
            "The text counts in months and says nothing of their ends (UNSURE): due on the day of the same number, or on "
            "the last day of a month that has no such day, whichever is earlier. Years that ended before the rule was "
            "in force owe nothing under it."
        ),
    ),
    "dsmb": Rule(
        id="DSMB-CHARTER",
        title="Safety report to the data and safety monitoring board",
        to=("dsmb",),
        limit="before the day of the meeting",
        citation="Charter of the board, as the trial file states it",
        confidence="medium",
        basis="policy",
        note="The data are locked so many days before each meeting as the trial file states.",
    ),
}


class Anchored(Part):
    """Dates that somebody has to vouch for: `UNSURE` shows wherever what follows from them is shown."""

    confidence: Literal["stated", "UNSURE"]
    source: str


class Dsur(Anchored):
    """The development international birth date: the first authorisation of a trial with the product, anywhere.

    `align = "month_end"` locks on the last day of the month before the birth date's own, which is never later than the
    year's own end (ICH E2F permits it).
    """

    dibd: Day = Field(ge=EARLIEST, lt=LATEST)
    align: Alignment = "day"


class ChinaAnnual(Anchored):
    """The day on which the trial was approved in China, or by which approval was implied."""

    approved_on: Day = Field(ge=EARLIEST, lt=LATEST)


class Board(Anchored):
    """The board's meetings, and how many days before each the data are locked; its first period begins with `since`."""

    since: Day = Field(ge=EARLIEST, lt=LATEST)
    lead_days: int = Field(ge=1, le=365)
    meetings: tuple[Day, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        days = (self.since + (self.lead_days - 1) * DAY, *self.meetings)
        if any(later <= earlier for earlier, later in pairwise(days)) or days[-1] >= LATEST:
            raise ValueError("meetings must stand in order, and the first lock point must not lie before `since`")
        return self


class Periodic(Part):
    """Which periodic reports a trial owes; a kind that is left out is not owed."""

    dsur: Dsur | None = None
    china_annual: ChinaAnnual | None = None
    dsmb: Board | None = None


class Period(BaseModel):
    """One report that falls due: what it covers, when its data lock, and when it is too late.

    `locked_at` and `due_at` are the first instants that are too late (UTC): of local midnight, in the trial's zone, that
    begins the day after `ends_on` and after `due_on`. `due_on` is None for a lock point that no rule asks for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    kind: Kind
    period: Code
    begins_on: Day
    ends_on: Day
    locked_at: Instant
    due_on: Day | None = None
    due_at: Instant | None = None
    rule: Code
    to: tuple[str, ...]
    citation: str
    confidence: Confidence
    basis: str
    note: str
    source: str
    sure: bool
    """Whether the dates it was computed from are stated, not UNSURE."""


def anniversary(of: date, years: int) -> date:
    """Give the same day of another year; 29 February is 1 March where there is none, so that each year ends on 28 February."""
    try:
        return of.replace(year=of.year + years)
    except ValueError:
        return date(of.year + years, 3, 1)


def months_after(day: date, months: int) -> date:
    """Give the day of the same number some months later, or the last day of a month that has no such day."""
    following = date(day.year + (day.month - 1 + months) // 12, (day.month - 1 + months) % 12 + 1, 1)
    length = (date(following.year + following.month // 12, following.month % 12 + 1, 1) - following).days
    return following.replace(day=min(day.day, length))


def first_too_late(day: date, zone: str) -> datetime:
    """Give the first instant after a day in a zone, in UTC."""
    return end_of_day(day, zone) + INSTANT


def years(begins: date, align: Alignment) -> Iterator[tuple[date, date]]:
    """Give the first and the last day of each year that is reported on, without end."""
    first, count = begins, 1
    while True:
        following = anniversary(begins, count)
        last = (date(begins.year + count, begins.month, 1) if align == "month_end" else following) - DAY
        yield first, last
        first, count = last + DAY, count + 1


class Span(NamedTuple):
    """The first and the last day of a period, and the day on which its report is due, if any rule asks for it."""

    first: date
    last: date
    due_on: date | None


def spans(owed: Periodic, kind: Kind) -> Iterator[Span]:
    """Give every period of one kind, in order."""
    match getattr(owed, kind):
        case Dsur(dibd=dibd, align=align):
            for first, last in years(dibd, align):
                yield Span(first, last, last + DSUR_DAYS * DAY)
        case ChinaAnnual(approved_on=approved_on):
            for first, last in years(approved_on, "day"):
                yield Span(first, last, months_after(last, CHINA_MONTHS))
        case Board() as board:
            first = board.since
            for meeting in board.meetings:
                last = meeting - board.lead_days * DAY
                yield Span(first, last, meeting - DAY)
                first = last + DAY


def schedule(owed: Periodic | None, zone: str, until: date) -> list[Period]:
    """List what a trial owes of periods that end by a day, and the next of each kind after it; by end, then kind."""
    listed = []
    for kind in RULES if owed is not None else ():
        for span in spans(owed or Periodic(), kind):
            if span.last >= RULES[kind].effective_from:
                listed.append(period_of(owed, kind, zone, span))
            if span.last > until:
                break
    return sorted(listed, key=lambda period: (period.ends_on, period.kind))


def period_of(owed: Periodic | None, kind: Kind, zone: str, span: Span) -> Period:
    """Say of one period what is owed, by whose rule, and how sure it is."""
    rule = RULES[kind]
    anchor: Anchored | None = getattr(owed, kind, None)
    return Period(
        kind=kind,
        period=span.last.isoformat(),
        begins_on=span.first,
        ends_on=span.last,
        locked_at=first_too_late(span.last, zone),
        due_on=span.due_on,
        due_at=None if span.due_on is None else first_too_late(span.due_on, zone),
        rule=rule.id,
        to=rule.to,
        citation=rule.citation,
        confidence=rule.confidence,
        basis=rule.basis,
        note=rule.note,
        source="the trial file states no dates for this kind of report" if anchor is None else anchor.source,
        sure=anchor is not None and anchor.confidence == "stated",
    )


def period_ending(owed: Periodic | None, kind: Kind, zone: str, last: date) -> Period:
    """Give the period that a lock point ends: the one of the schedule, or the part of one up to that day.

    A trial that states no dates for the kind, or only later ones, is reported on for the year up to that day.
    """
    first = anniversary(last + DAY, -1)
    for span in spans(owed or Periodic(), kind):
        if span.first > last:
            break
        if span.last >= last:
            return period_of(owed, kind, zone, span if span.last == last else Span(span.first, last, None))
        first = span.last + DAY
    return period_of(owed, kind, zone, Span(first, last, None))
