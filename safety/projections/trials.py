"""The trials and the definition that governs each at a moment."""

from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Label, Row, func, select

from safety.aggregates.trial import Definition, UnknownTrial
from safety.projections import given
from safety.projections.adverse_event import ADVERSE_EVENT
from safety.projections.at import At
from safety.projections.rows import OPEN, Versioned
from safety.projections.subject import SUBJECT
from safety.projections.trial import TRIAL

_read = lru_cache(maxsize=1_024)(Definition.model_validate_json)
"""Ticks read the definition of every trial every few seconds; reading one takes a millisecond."""


GOVERNS = select(TRIAL.table.c.definition).where(TRIAL.table.c.trial == given.TRIAL, given.NOW.stands(TRIAL.table))


def definition(connection: Connection, trial: str, at: At) -> Definition:
    """Give the definition that governed a trial at a moment.

    Raises:
        UnknownTrial: there was no such trial.

    """
    found = connection.execute(GOVERNS, given.values(trial, at)).scalar_one_or_none()
    if found is None:
        raise UnknownTrial(trial=trial)
    return _read(found)


def governing(connection: Connection) -> list[tuple[str, Definition]]:
    """List the trials with the definition that governs each now."""
    table = TRIAL.table
    ask = select(table.c.trial, table.c.definition).where(table.c.to_position == OPEN).order_by(table.c.trial)
    return [(row.trial, _read(row.definition)) for row in connection.execute(ask)]


def trials(connection: Connection, at: At) -> list[dict[str, Any]]:
    """List the trials: id, title, what they hold, hash of the file that governs, zone, phase, sponsor, arms and sites.

    `subjects` and `adverse_events` count all that is on record, before any rule of counting.
    """
    table = TRIAL.table
    ask = select(table, _size(SUBJECT, at), _size(ADVERSE_EVENT, at)).where(at.stands(table)).order_by(table.c.trial)
    return [_told(row, _read(row.definition)) for row in connection.execute(ask)]


def registered_at(connection: Connection, trial: str) -> int:
    """Give the position at which a trial came to the log; it stays so for ever."""
    table = TRIAL.table
    return int(connection.execute(select(func.min(table.c.from_position)).where(table.c.trial == trial)).scalar_one())


def _size(of: Versioned, at: At) -> Label[int]:
    table = of.table
    counted = select(func.count()).select_from(table).where(table.c.trial == TRIAL.table.c.trial, at.stands(table))
    return counted.scalar_subquery().label(f"{of.name}s")


def _told(row: Row[Any], governs: Definition) -> dict[str, Any]:
    return {
        "trial": row.trial,
        "title": governs.title,
        "subjects": row.subjects,
        "adverse_events": row.adverse_events,
        "phase": governs.phase,
        "sponsor": governs.sponsor,
        "zone": governs.zone,
        "arms": [arm.name for arm in governs.arms],
        "sites": [site.id for site in governs.sites],
        "sha256": row.sha256,
        "provenance": governs.provenance,
    }
