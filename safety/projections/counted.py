"""A trial's counting rules as SQL: who is in the population, and which adverse events count as what (regulation/counting)."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from sqlalchemy import CTE, ScalarSelect, Table, and_, case, func, null, or_, select, true
from sqlalchemy.sql import ColumnElement, FromClause

from safety.aggregates.adverse_event import CRITERIA
from safety.aggregates.trial import Definition
from safety.projections.adverse_event import ADVERSE_EVENT
from safety.projections.assessment import ASSESSMENT
from safety.projections.at import At
from safety.projections.exposure import EXPOSURE
from safety.projections.subject import SUBJECT
from safety.regulation.counting import PrimaryWindow, TreatmentEmergent
from safety.values import DAY_SECONDS

Number = ColumnElement[int]
AE = ADVERSE_EVENT.table
DATE_LENGTHS = {"missing_day": 7, "missing_month": 4}
"""How long `started_on` is when the day, or the day and the month, are missing."""
MINUTE = 60


def day(moment: Number) -> Number:
    """Give the day a second lies in."""
    return moment // DAY_SECONDS


def end_of_day(of: Number, days: int = 0) -> Number:
    """Give the last second of a day that lies some days after the given one."""
    return (of + days) * DAY_SECONDS + (DAY_SECONDS - 1)


@dataclass(frozen=True, slots=True)
class Span:
    """The first and the last second that something may mean."""

    low: Number
    high: Number


def among(table: Table, subjects: AbstractSet[str] | None) -> ColumnElement[bool]:
    """Choose the rows of some subjects; of all, with None."""
    return true() if subjects is None else table.c.subject.in_(subjects)


def doses(trial: str, at: At, subjects: AbstractSet[str] | None = None) -> CTE:
    """Give each dosed subject's first and last dose as spans; a dose without a date says nothing where others have one."""
    table = EXPOSURE.table
    last_high = func.coalesce(table.c.end_high, table.c.start_high)
    last_low = func.coalesce(table.c.end_low, table.c.start_low)
    return (
        select(
            table.c.subject,
            func.min(table.c.start_low).label("first_low"),
            func.min(table.c.start_high).label("first_high"),
            func.max(last_low).label("last_low"),
            func.max(last_high).label("last_high"),
        )
        .where(table.c.trial == trial, at.stands(table), table.c.withheld == 0, table.c.vanished == 0)
        .where(at.happened(table.c.start_low), among(table, subjects))
        .group_by(table.c.subject)
        .cte("doses")
    )


def members(trial: str, governs: Definition, at: At, given: CTE, subjects: AbstractSet[str] | None = None) -> CTE:
    """Give the population: subject, arm, whether dosed, and the spans of its `doses`."""
    table = SUBJECT.table
    population = governs.counting.population
    arm = table.c.arm if population.arm == "planned" else table.c.actual_arm
    wanted = (
        select(
            table.c.subject,
            arm.label("arm"),
            case((given.c.subject.is_not(None), 1), else_=0).label("dosed"),
            given.c.first_low,
            given.c.first_high,
            given.c.last_low,
            given.c.last_high,
        )
        .select_from(table.outerjoin(given, given.c.subject == table.c.subject))
        .where(table.c.trial == trial, at.stands(table), arm.in_([planned.name for planned in governs.arms]))
        .where(among(table, subjects))
    )
    if population.members == "dosed":
        wanted = wanted.where(given.c.subject.is_not(None))
    # Written out where there are no statistics yet: a guess of one member makes PostgreSQL count all again for each.
    return wanted.cte("members").prefix_with("MATERIALIZED", dialect="postgresql")


def onset(rule: TreatmentEmergent) -> Span:
    """Give the onset as the rule reads dates without a day or a month; of one that counts as unknown, no onset."""
    readings = [(getattr(rule, part), length) for part, length in DATE_LENGTHS.items()]
    low = [(func.length(AE.c.started_on) == length, null()) for reading, length in readings if reading == "unknown"]
    first = end_of_day(day(AE.c.onset_low))
    high = low + [(func.length(AE.c.started_on) == length, first) for reading, length in readings if reading == "first"]
    return Span(
        case(*low, else_=AE.c.onset_low) if low else AE.c.onset_low,
        case(*high, else_=AE.c.onset_high) if high else AE.c.onset_high,
    )


def number(*, counted: bool) -> int:
    """Write a decided doubt."""
    return 1 if counted else 0


def emergent(rule: TreatmentEmergent, of: FromClause) -> Number:
    """1 for adverse events that began with or after the first dose of a member, 0 for the others."""
    began = onset(rule)
    first = Span(of.c.first_low, of.c.first_high)
    whens = [
        (of.c.dosed == 0, 0),
        (began.low.is_(None), number(counted=rule.unknown == "emergent")),
        (began.high < first.low, 0),
    ]
    if rule.until_days_after_last_dose is not None:
        whens.append((began.low > end_of_day(day(of.c.last_high), rule.until_days_after_last_dose), 0))
    same_instant = and_(began.low == first.low, began.high == first.high, began.high - began.low < MINUTE)
    one_day = and_(
        day(began.low) == day(began.high), day(began.low) == day(first.low), day(began.low) == day(first.high)
    )
    whens += [
        (or_(began.low >= first.high, same_instant), 1),
        (one_day, number(counted=rule.same_day == "emergent")),
    ]
    return case(*whens, else_=number(counted=rule.undecidable == "emergent"))


def inside(window: PrimaryWindow, rule: TreatmentEmergent, of: FromClause) -> Number:
    """1 for adverse events whose onset lies in the primary window of a member, 0 for the others; whole days count."""
    began = onset(rule)
    anchor = Span(of.c.first_low, of.c.first_high)
    if window.anchor == "last_dose":
        anchor = Span(of.c.last_low, of.c.last_high)
    surely = and_(
        day(began.low) >= day(anchor.high),
        began.high <= end_of_day(day(anchor.low), window.days),
    )
    surely_not = or_(
        day(began.high) < day(anchor.low),
        began.low > end_of_day(day(anchor.high), window.days),
    )
    return case((surely, 1), (surely_not, 0), else_=number(counted=window.undecidable == "inside"))


def related(governs: Definition, trial: str, at: At) -> ColumnElement[int]:
    """1 for adverse events that an assessor whom the tables follow called related; where none spoke, as the trial says."""
    table, rule = ASSESSMENT.table, governs.causality
    says: ScalarSelect[int] = (
        select(func.max(case((table.c.causality.in_(rule.related), 1), else_=0)))
        .where(table.c.trial == trial, table.c.subject == AE.c.subject, table.c.number == AE.c.number)
        .where(at.stands(table), table.c.causality.is_not(None))
        .where(*([] if rule.by == "either" else [table.c.assessor == rule.by]))
        .correlate(AE)
        .scalar_subquery()
    )
    return func.coalesce(says, number(counted=rule.missing == "related"))


def serious(governs: Definition) -> Number:
    """1 for adverse events that the trial's tables call serious."""
    named = ("serious",) if governs.counting.serious.reading == "stated" else ("serious", *CRITERIA)
    return case((or_(*(AE.c[name] == "Y" for name in named)), 1), else_=0)


def on_record(trial: str, at: At) -> ColumnElement[bool]:
    """Choose the adverse events that count: not nullified, not merged; a vanished row is a query and still counts."""
    stands = and_(AE.c.trial == trial, at.stands(AE), at.happened(AE.c.onset_low))
    return and_(stands, AE.c.nullified == 0, AE.c.merged_into.is_(None))
