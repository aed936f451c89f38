"""The worklist of a trial: the clocks that run and the alerts that nobody has acknowledged, the most urgent first."""

import json
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, exists, func, select

from safety.aggregates.trial import Definition
from safety.projections import counted
from safety.projections.adverse_event import ADVERSE_EVENT, serious_in_duties
from safety.projections.alert import ALERT
from safety.projections.assessment import ASSESSMENT
from safety.projections.at import At
from safety.projections.case_list import serious_unexpected_related
from safety.projections.inbox import as_told as alert_as_told
from safety.projections.line_listing import line_listing
from safety.projections.obligation import OBLIGATION
from safety.projections.obligations import as_told
from safety.projections.review import GOVERNANCE
from safety.projections.subject import SUBJECT
from safety.projections.trials import definition
from safety.values import microseconds

SOON = timedelta(hours=48)
"""A clock that runs out within this is soon."""
AE = ADVERSE_EVENT.table
JUDGED = ASSESSMENT.table


@dataclass(frozen=True, slots=True)
class Narrow:
    """Which clocks are asked for; nothing said is all of them.

    `serious`, `unexpected` and `related` keep what is so or not stated, which counts as so; `after` keeps what changed
    beyond a position of the log, the clock itself or its case.
    """

    urgency: str = ""
    owed_by: str = ""
    site: str = ""
    serious: bool = False
    unexpected: bool = False
    related: bool = False
    taken_by: str | None = None
    """By whom it is taken in hand; "" is by nobody."""
    after: int | None = None


def worklist(
    connection: Connection,
    trial: str,
    at: At,
    now: datetime,
    *,
    sites: AbstractSet[str] | None = None,
    narrow: Narrow = Narrow(),
    since: int | None = None,
    limit: int = 100,
    offset: int = 0,
) -> dict[str, Any]:
    """Give a page of the clocks that run, how many there are of each urgency, and the alerts that nobody has acknowledged.

    What is due at once comes first, then by due time. Each duty is one of `obligations` with `urgency` (`late`, `soon`,
    `later`), the `case` it is of (a line of `line_listing`) and its `sur`. An alert concerns `cases`, those of `sites` alone;
    one that concerns none of them is not told. Of a chain of alerts the first stands for all: `reached` is how far it went.
    `all`: the counts without `narrow`. `new`: of each row, whether it changed beyond the position `since`; and how many did.
    `governed`: whether packs govern the trial, without which no clock runs; `ended`: how many clocks run no more, and since
    when (microseconds) the last of them.

    Raises:
        UnknownTrial: there was no such trial at the moment asked about.

    """
    table, instant = OBLIGATION.table, microseconds(now)
    of = [table.c.trial == trial, at.stands(table)]
    if sites is not None:
        of.append(_of(sites, trial, at))
    runs = [*of, table.c.runs == 1]
    chosen = [*runs, *_narrowed(narrow, definition(connection, trial, at), trial, at, instant)]
    order = (table.c.due_at.is_not(None), table.c.due_at, table.c.subject, table.c.number, table.c.obligation)
    rows = connection.execute(select(table).where(*chosen).order_by(*order).limit(limit + 1).offset(offset)).all()
    duties = [
        as_told(row, instant) | {"due": row.due_at, "starts": row.starts_at, "position": row.from_position}
        for row in rows[:limit]
    ]
    alerts = list(_unacknowledged(connection, trial, at, sites))
    cases = _cases(connection, trial, at, frozenset((one["subject"], one["number"]) for one in duties))
    for duty in duties:
        duty["urgency"] = urgency(duty["due"], instant)
        line = duty["case"] = cases.get((duty["subject"], duty["number"]))
        duty["new"] = since is not None and max(duty["position"], line["position"] if line else 0) > since
        duty["sur"] = None if duty["case"] is None else serious_unexpected_related(duty["case"])
    return {
        "duties": duties,
        "more": len(rows) > limit,
        "alerts": alerts,
        "counts": _counts(connection, chosen, instant),
        "all": _counts(connection, runs, instant) if narrow != Narrow() else None,
        "new": 0 if since is None else _counts(connection, [*runs, _changed(trial, at, since)], instant)["all"],
        "governed": _governed(connection, trial, at),
        "ended": _ended(connection, [*of, table.c.runs == 0]),
    }


def urgency(due: int | None, now: int) -> str:
    """Say how urgent a clock that runs is: `late` also where no number was given, for that is due at once."""
    if due is None or due <= now:
        return "late"
    return "soon" if due <= now + SOON // timedelta(microseconds=1) else "later"


def _narrowed(narrow: Narrow, governs: Definition, trial: str, at: At, now: int) -> Iterator[ColumnElement[bool]]:
    """Give the conditions of what is asked for."""
    table = OBLIGATION.table
    soon = now + SOON // timedelta(microseconds=1)
    late = table.c.due_at.is_(None) | (table.c.due_at <= now)
    by_urgency = {
        "late": late,
        "soon": (table.c.due_at > now) & (table.c.due_at <= soon),
        "later": table.c.due_at > soon,
    }
    if narrow.urgency:
        yield by_urgency[narrow.urgency]
    if narrow.owed_by:
        yield table.c.owed_by == narrow.owed_by
    if narrow.taken_by is not None:
        yield table.c.taken_by == narrow.taken_by if narrow.taken_by else table.c.taken_by.is_(None)
    if narrow.site:
        yield _of({narrow.site}, trial, at)
    if narrow.serious:
        unstated = AE.c.serious.is_(None) & AE.c.serious_for_sponsor.is_(None)
        yield _of_cases(trial, at, (_is_serious() == 1) | unstated)
    if narrow.unexpected:
        yield _of_cases(trial, at, AE.c.expected.is_(None) | (AE.c.expected == "N"))
    if narrow.related:
        unasked = ~_judged_by("investigator", trial, at) | ((_is_serious() == 1) & ~_judged_by("sponsor", trial, at))
        yield _of_cases(trial, at, (counted.related(governs, trial, at) == 1) | unasked)
    if narrow.after is not None:
        yield _changed(trial, at, narrow.after)


def _is_serious() -> ColumnElement[int]:
    """1 where an adverse event is serious in the reading of duties."""
    return case((serious_in_duties(), 1), else_=0)


def _judged_by(party: str, trial: str, at: At) -> ColumnElement[bool]:
    """Say whether a party has judged the causality of an adverse event."""
    of = (JUDGED.c.trial == trial, JUDGED.c.subject == AE.c.subject, JUDGED.c.number == AE.c.number, at.stands(JUDGED))
    return exists().where(*of, JUDGED.c.assessor == party, JUDGED.c.causality.is_not(None)).correlate(AE)


def _of_cases(trial: str, at: At, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Choose the duties of adverse events of a kind."""
    table = OBLIGATION.table
    same = (AE.c.trial == trial, AE.c.subject == table.c.subject, AE.c.number == table.c.number, at.stands(AE))
    return exists().where(*same, condition).correlate(table)


def _changed(trial: str, at: At, since: int) -> ColumnElement[bool]:
    """Choose the duties that changed beyond a position, or whose adverse event did."""
    return (OBLIGATION.table.c.from_position > since) | _of_cases(trial, at, AE.c.from_position > since)


def _of(sites: AbstractSet[str], trial: str, at: At) -> ColumnElement[bool]:
    """Choose the duties of the subjects of some sites."""
    person = SUBJECT.table
    theirs = select(person.c.subject).where(person.c.trial == trial, at.stands(person), person.c.site.in_(sites))
    return OBLIGATION.table.c.subject.in_(theirs)


def _counts(connection: Connection, runs: Iterable[ColumnElement[bool]], now: int) -> dict[str, int]:
    due = OBLIGATION.table.c.due_at
    late, soon = due.is_(None) | (due <= now), due <= now + SOON // timedelta(microseconds=1)
    ask = select(func.count(), func.count().filter(late), func.count().filter(soon | late)).where(*runs)
    all_of_them, overdue, pressing = connection.execute(ask).one()
    return {"late": overdue, "soon": pressing - overdue, "later": all_of_them - pressing, "all": all_of_them}


def _governed(connection: Connection, trial: str, at: At) -> bool:
    table = GOVERNANCE.table
    ask = select(table.c.adopted).where(table.c.trial == trial, at.stands(table), table.c.adopted.is_not(None))
    return connection.execute(ask).first() is not None


def _ended(connection: Connection, which: Iterable[ColumnElement[bool]]) -> tuple[int, int | None]:
    ask = select(func.count(), func.max(OBLIGATION.table.c.closed_at)).where(*which)
    count, last = connection.execute(ask).one()
    return count, last


def _cases(
    connection: Connection, trial: str, at: At, named: AbstractSet[tuple[str, int]]
) -> dict[tuple[str, int], dict[str, Any]]:
    listed = line_listing(connection, trial, at, only=named)["rows"] if named else []
    return {(row["subject"], row["number"]): row for row in listed}


def _unacknowledged(
    connection: Connection, trial: str, at: At, sites: AbstractSet[str] | None
) -> Iterable[dict[str, Any]]:
    """Give the chains that are owed still, the oldest first."""
    table = ALERT.table
    open_chains = [table.c.root.is_(None), table.c.acknowledged_at.is_(None), func.coalesce(table.c.settled, 0) == 0]
    ask = select(table).where(table.c.trial == trial, at.stands(table), *open_chains)
    theirs = None if sites is None else _subjects(connection, trial, at, sites)
    for row in connection.execute(ask.order_by(table.c.raised_at, table.c.alert)):
        cases = cases_of(json.loads(row.concerning))
        shown = [one for one in cases if theirs is None or one[0] in theirs]
        if shown or theirs is None:
            times = {"raised": row.raised_at, "next": row.next_at, "reached": row.reached or 1, "held": bool(row.held)}
            yield alert_as_told(row) | times | {"cases": shown}


def cases_of(concerning: Iterable[str]) -> list[tuple[str, int]]:
    """Read which adverse events an alert names: what it names beside them is left out."""
    named = (one.rpartition("/") for one in concerning)
    return [(subject, int(number)) for subject, _, number in named if subject and number.isdecimal()]


def _subjects(connection: Connection, trial: str, at: At, sites: AbstractSet[str]) -> set[str]:
    person = SUBJECT.table
    ask = select(person.c.subject).where(person.c.trial == trial, at.stands(person), person.c.site.in_(sites))
    return set(connection.scalars(ask))
