"""The worklist of a trial: the clocks that run and the alerts that nobody has acknowledged, the most urgent first."""

import json
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, func, select

from safety.projections.alert import ALERT
from safety.projections.at import At
from safety.projections.case_list import serious_unexpected_related
from safety.projections.inbox import as_told as alert_as_told
from safety.projections.line_listing import line_listing
from safety.projections.obligation import OBLIGATION
from safety.projections.obligations import as_told
from safety.projections.review import GOVERNANCE
from safety.projections.subject import SUBJECT
from safety.values import microseconds

SOON = timedelta(hours=48)
"""A clock that runs out within this is soon."""


def worklist(
    connection: Connection,
    trial: str,
    at: At,
    now: datetime,
    *,
    sites: AbstractSet[str] | None = None,
    owed_by: str | None = None,
    within: str | None = None,
    since: int | None = None,
    limit: int = 100,
    offset: int = 0,
) -> dict[str, Any]:
    """Give a page of the clocks that run, how many there are of each urgency, and the alerts that nobody has acknowledged.

    What is due at once comes first, then by due time. Each duty is one of `obligations` with `urgency` (`late`, `soon`,
    `later`), the `case` it is of (a line of `line_listing`) and its `sur`. An alert concerns `cases`, those of `sites` alone;
    one that concerns none of them is not told. Of a chain of alerts the first stands for all: `reached` is how far it went.
    `governed`: whether packs govern the trial, without which no clock runs; `ended`: how many clocks run no more, and since
    when (microseconds) the last of them. Only the clocks that one party owes (`owed_by`), that are as urgent as `within`
    (`late`, or `soon` and `late`), that changed after the position `since`; the counts are of all.

    Raises:
        UnknownTrial: there was no such trial at the moment asked about.

    """
    table, instant = OBLIGATION.table, microseconds(now)
    of = [table.c.trial == trial, at.stands(table)]
    if sites is not None:
        of.append(_of(sites, trial, at))
    runs = [*of, table.c.runs == 1]
    order = (table.c.due_at.is_not(None), table.c.due_at, table.c.subject, table.c.number, table.c.obligation)
    only = [*runs, *_only(table, instant, owed_by, within, since)]
    rows = connection.execute(select(table).where(*only).order_by(*order).limit(limit + 1).offset(offset)).all()
    duties = [
        as_told(row, instant) | {"due": row.due_at, "starts": row.starts_at, "changed": row.from_position}
        for row in rows[:limit]
    ]
    alerts = list(_unacknowledged(connection, trial, at, sites))
    cases = _cases(connection, trial, at, {one["subject"] for one in duties})
    for duty in duties:
        duty["urgency"] = urgency(duty["due"], instant)
        duty["case"] = cases.get((duty["subject"], duty["number"]))
        duty["sur"] = None if duty["case"] is None else serious_unexpected_related(duty["case"])
    return {
        "duties": duties,
        "more": len(rows) > limit,
        "alerts": alerts,
        "counts": _counts(connection, runs, instant),
        "governed": _governed(connection, trial, at),
        "ended": _ended(connection, [*of, table.c.runs == 0]),
    }


def _only(
    table: Table, now: int, owed_by: str | None, within: str | None, since: int | None
) -> Iterator[ColumnElement[bool]]:
    """Choose what somebody asks to see alone."""
    if owed_by is not None:
        yield table.c.owed_by == owed_by
    if within is not None:
        until = now if within == "late" else now + SOON // timedelta(microseconds=1)
        yield table.c.due_at.is_(None) | (table.c.due_at <= until)
    if since is not None:
        yield table.c.from_position > since


def urgency(due: int | None, now: int) -> str:
    """Say how urgent a clock that runs is: `late` also where no number was given, for that is due at once."""
    if due is None or due <= now:
        return "late"
    return "soon" if due <= now + SOON // timedelta(microseconds=1) else "later"


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
    connection: Connection, trial: str, at: At, subjects: AbstractSet[str]
) -> dict[tuple[str, int], dict[str, Any]]:
    listed = line_listing(connection, trial, at, subjects=subjects)["rows"]
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
        shown = [case for case in cases if theirs is None or case[0] in theirs]
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
