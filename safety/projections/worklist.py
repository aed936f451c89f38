"""The worklist of a trial: the clocks that run and the alerts that nobody has acknowledged, the most urgent first."""

import json
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Connection, Select, bindparam, case, exists, func, select

from safety.aggregates.trial import Definition
from safety.projections import counted
from safety.projections.adverse_event import ADVERSE_EVENT, serious_in_duties
from safety.projections.alert import ALERT
from safety.projections.assessment import ASSESSMENT
from safety.projections.at import At
from safety.projections.case_list import serious_unexpected_related
from safety.projections.given import NOW, SITES, TRIAL, values
from safety.projections.inbox import as_told as alert_as_told
from safety.projections.line_listing import line_listing
from safety.projections.obligation import OBLIGATION
from safety.projections.obligations import as_told, clocks_that_run, tells_of_clock
from safety.projections.review import GOVERNANCE
from safety.projections.subject import SUBJECT
from safety.projections.trials import definition
from safety.values import microseconds

SOON = timedelta(hours=48)
"""A clock that runs out within this is soon."""
_SOON = SOON // timedelta(microseconds=1)
DUE_NOW, DUE_SOON = bindparam("now", type_=BigInteger), bindparam("soon", type_=BigInteger)
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
    instant = microseconds(now)
    asked = _asked(definition(connection, trial, at), narrow, sited=sites is not None)
    said = values(trial, at) | {"sites": sites, "now": instant, "soon": instant + _SOON, "since": since}
    rows = connection.execute(asked.page, said | {"limit": limit + 1, "offset": offset}).all()
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
        "counts": _counts(connection, asked.counts, said),
        "all": _counts(connection, asked.all, said) if narrow != Narrow() else None,
        "new": 0 if since is None else connection.execute(asked.new, said).scalar_one(),
        "governed": connection.execute(GOVERNED, said).first() is not None,
        "ended": tuple(connection.execute(asked.ended, said).one()),
    }


class Asked(NamedTuple):
    """The statements of one way of asking, built once: a page, its counts, those of all, what is new, what runs no more."""

    page: Select[Any]
    counts: Select[int, int, int]
    all: Select[int, int, int]
    new: Select[int]
    ended: Select[int, Any]


_LATE = OBLIGATION.table.c.due_at.is_(None) | (OBLIGATION.table.c.due_at <= DUE_NOW)
"""A clock that is due at once, or was due before."""


@lru_cache(maxsize=64)
def _asked(governs: Definition, narrow: Narrow, *, sited: bool) -> Asked:
    """Build what is asked; trial, moment, sites, time and page are given when it is."""
    table = OBLIGATION.table
    of = [table.c.trial == TRIAL, NOW.stands(table), *([_of(SITES)] if sited else [])]
    runs = [*of, table.c.runs == 1]
    chosen = [*runs, *_narrowed(narrow, governs)]
    order = (table.c.due_at.is_not(None), table.c.due_at, table.c.subject, table.c.number, table.c.obligation)
    soon = table.c.due_at <= DUE_SOON
    counts = select(func.count(), func.count().filter(_LATE), func.count().filter(soon | _LATE))
    return Asked(
        select(table).where(*chosen).order_by(*order).limit(bindparam("limit")).offset(bindparam("offset")),
        counts.where(*chosen),
        counts.where(*runs),
        select(func.count()).where(*runs, _changed(bindparam("since", type_=BigInteger))),
        select(func.count(), func.max(table.c.closed_at)).where(*of, table.c.runs == 0),
    )


def urgency(due: int | None, now: int) -> str:
    """Say how urgent a clock that runs is: `late` also where no number was given, for that is due at once."""
    if due is None or due <= now:
        return "late"
    return "soon" if due <= now + _SOON else "later"


def _narrowed(narrow: Narrow, governs: Definition) -> Iterator[ColumnElement[bool]]:
    """Give the conditions of what is asked for."""
    table = OBLIGATION.table
    by_urgency = {
        "late": _LATE,
        "soon": (table.c.due_at > DUE_NOW) & (table.c.due_at <= DUE_SOON),
        "later": table.c.due_at > DUE_SOON,
    }
    if narrow.urgency:
        yield by_urgency[narrow.urgency]
    if narrow.owed_by:
        yield table.c.owed_by == narrow.owed_by
    if narrow.taken_by is not None:
        yield table.c.taken_by == narrow.taken_by if narrow.taken_by else table.c.taken_by.is_(None)
    if narrow.site:
        yield _of({narrow.site})
    if narrow.serious:
        unstated = AE.c.serious.is_(None) & AE.c.serious_for_sponsor.is_(None)
        yield _of_cases((_is_serious() == 1) | unstated)
    if narrow.unexpected:
        yield _of_cases(AE.c.expected.is_(None) | (AE.c.expected == "N"))
    if narrow.related:
        unasked = ~_judged_by("investigator") | ((_is_serious() == 1) & ~_judged_by("sponsor"))
        yield _of_cases((counted.related(governs, TRIAL, NOW) == 1) | unasked)
    if narrow.after is not None:
        yield _changed(narrow.after)


def _is_serious() -> ColumnElement[int]:
    """1 where an adverse event is serious in the reading of duties."""
    return case((serious_in_duties(), 1), else_=0)


def _judged_by(party: str) -> ColumnElement[bool]:
    """Say whether a party has judged the causality of an adverse event."""
    of = (JUDGED.c.trial == TRIAL, JUDGED.c.subject == AE.c.subject, JUDGED.c.number == AE.c.number, NOW.stands(JUDGED))
    return exists().where(*of, JUDGED.c.assessor == party, JUDGED.c.causality.is_not(None)).correlate(AE)


def _of_cases(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Choose the duties of adverse events of a kind."""
    table = OBLIGATION.table
    same = (AE.c.trial == TRIAL, AE.c.subject == table.c.subject, AE.c.number == table.c.number, NOW.stands(AE))
    return exists().where(*same, condition).correlate(table)


def _changed(since: int | ColumnElement[int]) -> ColumnElement[bool]:
    """Choose the duties that changed beyond a position, or whose adverse event did."""
    return (OBLIGATION.table.c.from_position > since) | _of_cases(AE.c.from_position > since)


def _of(sites: AbstractSet[str]) -> ColumnElement[bool]:
    """Choose the duties of the subjects of some sites."""
    person = SUBJECT.table
    theirs = select(person.c.subject).where(person.c.trial == TRIAL, NOW.stands(person), person.c.site.in_(sites))
    return OBLIGATION.table.c.subject.in_(theirs)


def _counts(connection: Connection, ask: Select[int, int, int], said: Mapping[str, Any]) -> dict[str, int]:
    all_of_them, overdue, pressing = connection.execute(ask, said).one()
    return {"late": overdue, "soon": pressing - overdue, "later": all_of_them - pressing, "all": all_of_them}


GOVERNED = select(GOVERNANCE.table.c.adopted).where(
    GOVERNANCE.table.c.trial == TRIAL, NOW.stands(GOVERNANCE.table), GOVERNANCE.table.c.adopted.is_not(None)
)


def _cases(
    connection: Connection, trial: str, at: At, named: AbstractSet[tuple[str, int]]
) -> dict[tuple[str, int], dict[str, Any]]:
    listed = line_listing(connection, trial, at, only=named)["rows"] if named else []
    return {(row["subject"], row["number"]): row for row in listed}


CHAINS = (
    select(ALERT.table)
    .where(ALERT.table.c.trial == TRIAL, NOW.stands(ALERT.table), ALERT.table.c.root.is_(None))
    .order_by(ALERT.table.c.raised_at, ALERT.table.c.alert)
)
OPEN_CHAINS = CHAINS.where(ALERT.table.c.acknowledged_at.is_(None), func.coalesce(ALERT.table.c.settled, 0) == 0)


PRESSING = {
    "overdue": select(func.count()).where(
        OBLIGATION.table.c.trial == TRIAL, NOW.stands(OBLIGATION.table), OBLIGATION.table.c.runs == 1, _LATE
    ),
    "unanswered": select(func.count()).select_from(OPEN_CHAINS.order_by(None).subquery()),
}


def pressing(connection: Connection, trial: str, at: At, now: datetime) -> dict[str, int]:
    """Count the clocks of a whole trial that are overdue or due now, and the alerts that nobody has acknowledged."""
    said = values(trial, at) | {"now": microseconds(now)}
    return {name: connection.execute(ask, said).scalar_one() for name, ask in PRESSING.items()}


def chains(
    connection: Connection, trial: str, at: At, named: AbstractSet[str], sites: AbstractSet[str] | None
) -> dict[str, dict[str, Any]]:
    """Give the chains that some alerts begin, by their ids, whether or not they are owed still; with `sites`, those that concern them."""
    found = _told(connection, CHAINS.where(ALERT.table.c.alert.in_(named)), trial, at, sites)
    return {alert["id"]: alert for alert in found}


def _unacknowledged(
    connection: Connection, trial: str, at: At, sites: AbstractSet[str] | None
) -> Iterable[dict[str, Any]]:
    """Give the chains that are owed still, the oldest first."""
    return _told(connection, OPEN_CHAINS, trial, at, sites)


def _told(
    connection: Connection, ask: Select[Any], trial: str, at: At, sites: AbstractSet[str] | None
) -> Iterator[dict[str, Any]]:
    theirs = None if sites is None else _subjects(connection, trial, at, sites)
    rows = connection.execute(ask, values(trial, at)).all()
    running = clocks_that_run(connection, trial, at) if rows else frozenset()
    for row in rows:
        cases = cases_of(json.loads(row.concerning))
        shown = [one for one in cases if theirs is None or one[0] in theirs]
        if shown or theirs is None:
            times = {"raised": row.raised_at, "next": row.next_at, "reached": row.reached or 1, "held": bool(row.held)}
            told = alert_as_told(row)
            yield told | times | {"cases": shown, "runs": tells_of_clock(told, running)}


def cases_of(concerning: Iterable[str]) -> list[tuple[str, int]]:
    """Read which adverse events an alert names: what it names beside them is left out."""
    named = (one.rpartition("/") for one in concerning)
    return [(subject, int(number)) for subject, _, number in named if subject and number.isdecimal()]


def _subjects(connection: Connection, trial: str, at: At, sites: AbstractSet[str]) -> set[str]:
    person = SUBJECT.table
    ask = select(person.c.subject).where(person.c.trial == trial, at.stands(person), person.c.site.in_(sites))
    return set(connection.scalars(ask))
