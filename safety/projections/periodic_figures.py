"""What a periodic report reads beside the listing and the incidence: people, doses, withdrawals, references, trial files."""

from typing import Any

from sqlalchemy import Connection, select

from safety.aggregates.trial import Definition
from safety.projections import counted
from safety.projections.at import At
from safety.projections.audit_trail import recorded_at
from safety.projections.exposure import EXPOSURE
from safety.projections.periodic_report import REFERENCE, WITHDRAWAL
from safety.projections.rows import Said, Versioned
from safety.projections.subject import SUBJECT
from safety.projections.trial import TRIAL


def standing(connection: Connection, of: Versioned, trial: str, at: At) -> list[Said]:
    """Give a trial's rows of a table as they stood, by key: sorted here, because databases sort text each in their own way."""
    table = of.table
    rows = connection.execute(select(table).where(table.c.trial == trial, at.stands(table))).mappings()
    return sorted(map(dict, rows), key=lambda row: tuple(row[name] for name in of.keys))


def subjects(connection: Connection, trial: str, governs: Definition, at: At) -> dict[str, Said]:
    """Give every subject by code; `counted_in` is the arm under which the tables count them, None outside the population."""
    given = counted.doses(trial, at)
    of = counted.members(trial, governs, at, given)
    arms = {row.subject: row.arm for row in connection.execute(select(of.c.subject, of.c.arm))}
    found = standing(connection, SUBJECT, trial, at)
    return {row["subject"]: {**row, "counted_in": arms.get(row["subject"])} for row in found}


def doses(connection: Connection, trial: str, at: At) -> list[Said]:
    """List the doses that were given, by subject and number, in the reading of the incidence: a vanished row is none."""
    rows = standing(connection, EXPOSURE, trial, at)
    return [row for row in rows if not row["withheld"] and not row["vanished"]]


def withdrawals(connection: Connection, trial: str, at: At) -> list[Said]:
    """List the withdrawals by subject and mode, with the number of the adverse event that was the cause, if any was stated."""
    return standing(connection, WITHDRAWAL, trial, at)


def references(connection: Connection, trial: str, at: At) -> list[Said]:
    """List the versions of the reference safety information by the day they are in force from, then as they were recorded."""
    rows = standing(connection, REFERENCE, trial, at)
    return sorted(rows, key=lambda row: (row["effective_on"], row["from_position"]))


def trial_files(connection: Connection, trial: str, at: At) -> list[dict[str, Any]]:
    """List the trial files up to a moment in order: position, when the log took it, and its hash; the first registered it."""
    table = TRIAL.table
    ask = select(table.c.from_position, table.c.sha256).where(
        table.c.trial == trial, table.c.from_position <= at.position
    )
    rows = sorted(connection.execute(ask), key=lambda row: row.from_position)
    return [
        {
            "position": row.from_position,
            "recorded_at": recorded_at(connection, At(row.from_position)),
            "sha256": row.sha256,
        }
        for row in rows
    ]
