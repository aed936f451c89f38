"""What a party knew by a moment beside what had happened by it: only what may differ is read, and only what must be is folded anew."""

from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, exists, func, select

from safety.aggregates.adverse_event import Numbered, Reported
from safety.aggregates.trial import UnknownTrial
from safety.projections.adverse_event import ADVERSE_EVENT, key
from safety.projections.assessment import ASSESSMENT
from safety.projections.at import At
from safety.projections.incidence import incidence
from safety.projections.known_to import WholeLog, fold_known, fold_subjects, knows, of_event, otherwise_known
from safety.projections.line_listing import line_listing, of_sites
from safety.projections.rows import Key, Log, Recorded
from safety.projections.trials import definition
from safety.values import Party

AE = ADVERSE_EVENT.table
AHEAD = timedelta(minutes=10)
"""Nobody is aware further in the future than clocks differ by: what was told longer before a moment was known by it."""
MOST_FOLDED = 300
"""Of more subjects it costs less to fold the whole trial than each by itself."""
PARTS = ("subjects", "events")
Row = dict[str, Any]
Counts = dict[str, Row]


@dataclass(frozen=True, slots=True)
class Moment:
    """Whose knowledge is asked for, and when: the log's head, the last position recorded by then, and the last second that counts."""

    trial: str
    party: Party
    sponsor_investigator: bool
    by: datetime
    head: int
    held: int
    happened_by: int
    after: int
    """The last position recorded well before the moment (see `AHEAD`)."""
    sites: AbstractSet[str] | None = None
    measures: tuple[str, ...] = ()
    """What is counted, of the whole trial; nothing for who may not see it."""


@dataclass(frozen=True, slots=True)
class Side:
    """One side: how many adverse events stand, those that may differ from the other side by subject and number, and the counts."""

    events: dict[tuple[str, int], Row]
    counts: Counts


class Happened(NamedTuple):
    """What had happened: how many adverse events are known now to have begun, this side, and those of which nobody can say.

    `undated` have no onset, and neither the log held them by the moment nor the party knew of them: they may have begun by then.
    """

    begun: int
    side: Side
    undated: dict[tuple[str, int], Row]


def happened(
    connection: Connection, log: Log, of: Moment, keys: AbstractSet[tuple[str, int]] | None, knew: Side
) -> Happened:
    """Give what had happened by the moment of what may differ, beside what the party `knew` of it."""
    at = At(of.head, of.happened_by)
    standing = [AE.c.trial == of.trial, at.stands(AE), at.happened(AE.c.onset_low)]
    standing += [AE.c.nullified == 0, AE.c.merged_into.is_(None)]
    if of.sites is not None:
        standing.append(of_sites(of.trial, at, of.sites))
    count = connection.execute(select(func.count()).select_from(AE).where(*standing)).scalar_one()
    events = listed(connection, of, at, keys)
    later = [one for one in undated_later(connection, of) if one in events and one not in knew.events]
    undated = {one: events.pop(one) for one in later}
    return Happened(count - len(undated), Side(events, counted_without(connection, log, of, undated.keys())), undated)


def undated_later(connection: Connection, of: Moment) -> list[tuple[str, int]]:
    """Name the adverse events without an onset that the log took after the moment: what it held by then had begun."""
    before = AE.alias()
    names = ("trial", "subject", "number")
    held = exists().where(*(before.c[name] == AE.c[name] for name in names), before.c.from_position <= of.held)
    later = [AE.c.trial == of.trial, At(of.head).stands(AE), AE.c.onset_low.is_(None), ~held]
    order = (AE.c.subject, AE.c.number)
    return [(row.subject, row.number) for row in connection.execute(select(*order).where(*later).order_by(*order))]


def counted_without(connection: Connection, log: Log, of: Moment, undated: AbstractSet[tuple[str, int]]) -> Counts:
    """Count what had happened without some adverse events: their subjects are counted anew, with them and without."""
    at, subjects = At(of.head, of.happened_by), {subject for subject, _ in undated}
    counts = counted(connection, of, at)
    if not counts or not undated:
        return counts
    with folded_of(log, of, subjects, lambda _: True) as anew:
        counts = combined(counts, counted(anew, of, at), -1)
    with folded_of(log, of, subjects, lambda one: about(one) not in undated) as anew:
        return combined(counts, counted(anew, of, at), 1)


def about(recorded: Recorded) -> Key | None:
    """Name the adverse event that an entry is about; None where it is about none."""
    event = recorded.event
    return key(event)[1:] if isinstance(event, Reported | Numbered) else None


def known(connection: Connection, log: WholeLog, of: Moment) -> tuple[AbstractSet[tuple[str, int]] | None, Side]:
    """Give what may differ from what had happened, None for all of it, and what the party knew of that by the moment.

    Where nobody told late, it is what the log held; the subjects of whom somebody did are folded anew.
    """
    is_known = knows(of.party, of.by, sponsor_investigator=of.sponsor_investigator)
    other = otherwise_known(log, of.trial, is_known, of.held, after=of.after, upto=of.head)
    if len(other) > MOST_FOLDED or not counts_as_now(connection, of):
        folded = fold_known(log, of.trial, of.party, of.by, of.head, sponsor_investigator=of.sponsor_investigator)
        with closing(folded) as views, views.connect() as anew:
            return None, Side(listed(anew, of, At(of.head), None), counted(anew, of, At(of.head)))
    keys = changed(connection, of, other)
    held = At(of.held)
    events = {key: row for key, row in listed(connection, of, held, keys).items() if key[0] not in other}
    counts = counted(connection, of, held)
    if other:
        with folded_of(log, of, other, of_event(is_known)) as anew:
            events |= listed(anew, of, At(of.head), None)
            counts = combined(counts, counted(anew, of, At(of.head)), 1)
        with folded_of(log, of, other, lambda one: one.position <= of.held) as anew:
            counts = combined(counts, counted(anew, of, At(of.head)), -1)
    return keys, Side(events, counts)


@contextmanager
def folded_of(
    log: Log, of: Moment, subjects: AbstractSet[str], chosen: Callable[[Recorded], bool]
) -> Iterator[Connection]:
    """Open the tables of some subjects alone, folded from chosen events."""
    folded = fold_subjects(log, of.trial, subjects, of.head, chosen)
    with closing(folded) as views, views.connect() as connection:
        yield connection


def counts_as_now(connection: Connection, of: Moment) -> bool:
    """Say whether the definition that governed at the moment is the one that governs now."""
    try:
        before = definition(connection, of.trial, At(of.held))
    except UnknownTrial:
        return False
    return before == definition(connection, of.trial, At(of.head))


def changed(connection: Connection, of: Moment, other: AbstractSet[str]) -> frozenset[tuple[str, int]]:
    """Name the adverse events that have changed since the moment, with all those of some subjects: no other can differ."""
    now, found = At(of.head), set[tuple[str, int]]()
    for table in (AE, ASSESSMENT.table):
        ask = select(table.c.subject, table.c.number).where(table.c.trial == of.trial, now.stands(table))
        found.update(
            (row.subject, row.number) for row in connection.execute(ask.where(table.c.from_position > of.held))
        )
        if other:
            found.update((row.subject, row.number) for row in connection.execute(ask.where(table.c.subject.in_(other))))
    return frozenset(found)


def listed(
    connection: Connection, of: Moment, at: At, keys: AbstractSet[tuple[str, int]] | None
) -> dict[tuple[str, int], Row]:
    """Give the adverse events that stand, all or those named, by subject and number."""
    if keys is not None and not keys:
        return {}
    rows = line_listing(connection, of.trial, at, sites=of.sites, only=keys)["rows"]
    return {(row["subject"], row["number"]): row for row in rows if not row["nullified"] and row["merged_into"] is None}


def counted(connection: Connection, of: Moment, at: At) -> Counts:
    """Give subjects and events of the whole trial as the incidence tables count them, all arms together."""
    if not of.measures:
        return {}
    groups = incidence(connection, of.trial, at)["groups"]
    return {
        name: {part: sum(group["measures"][name][part] for group in groups) for part in PARTS}
        | {"of": sum(group["subjects"] for group in groups)}
        for name in of.measures
    }


def combined(counts: Counts, others: Counts, sign: int) -> Counts:
    """Add the counts of other subjects, or take them away: each count is a sum over subjects."""
    return {
        name: {part: number + sign * others[name][part] for part, number in row.items()} for name, row in counts.items()
    }
