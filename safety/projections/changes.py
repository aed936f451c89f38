"""What changed in a trial's record: every field that got another value, with who, when, what before, what after, and why."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, func, literal, select

from safety.projections.adverse_event import ADVERSE_EVENT
from safety.projections.assessment import ASSESSMENT
from safety.projections.at import At
from safety.projections.audit import AUDIT
from safety.projections.exposure import EXPOSURE
from safety.projections.rows import Versioned
from safety.projections.subject import SUBJECT

RECORDS = (SUBJECT, EXPOSURE, ADVERSE_EVENT, ASSESSMENT)
COMPUTED = frozenset({
    "trial", "from_position", "to_position", "start_low", "start_high", "end_low", "end_high", "onset_low", "onset_high",
    "aware_at",
})  # fmt: skip
"""What a row holds beside what somebody stated."""
SAID_BY = ("position", "topic", "by", "role", "recorded_at", "reason")


def changes(
    connection: Connection,
    trial: str,
    at: At,
    *,
    after: int = 0,
    subject: str | None = None,
    number: int | None = None,
    subjects: AbstractSet[str] | None = None,
    sites: AbstractSet[str] | None = None,
) -> list[dict[str, Any]]:
    """List the changes beyond a position and up to a moment, in the order of the log; with `sites`, of their subjects.

    Each has `record` (subject, exposure, adverse_event or assessment), `subject`, `number`, `field`, `old`, `new`, `opens`
    (the record begins with it), `whose` (of an assessment: assessor, product, method) and who said it: `position`, `topic`,
    `by`, `role`, `recorded_at`, `reason`. `number` asks for one adverse event with its assessments,
    `subjects` for all adverse events of some subjects with theirs.
    """
    found: list[dict[str, Any]] = []
    for of in RECORDS if number is None and subjects is None else (ADVERSE_EVENT, ASSESSMENT):
        table = of.table
        wanted = [table.c.trial == trial, table.c.from_position > after, table.c.from_position <= at.position]
        if subject is not None:
            wanted.append(table.c.subject == subject)
        if subjects is not None:
            wanted.append(table.c.subject.in_(subjects))
        if number is not None:
            wanted.append(table.c.number == number)
        if sites is not None:
            wanted.append(_of_sites(table.c.subject, trial, at, sites))
        for row in _versions(connection, of, wanted):
            found.extend(_changed(of, row))
    return sorted(found, key=lambda change: change["position"])


def neighbours(
    connection: Connection, trial: str, at: At, head: At, sites: AbstractSet[str] | None = None
) -> tuple[int | None, int | None]:
    """Give the positions of the trial's entries right before and right after a moment; None where there is none.

    With `sites`, of the entries about subjects that are theirs as of `head`: who steps from one to the next would else count
    what others do.
    """
    of = AUDIT.c.trial == trial
    if sites is not None:
        theirs = select(literal(f"{trial}/subject/") + SUBJECT.table.c.subject)
        of &= AUDIT.c.stream.in_(theirs.where(_of_sites(SUBJECT.table.c.subject, trial, head, sites)))
    before = select(func.max(AUDIT.c.position)).where(of, AUDIT.c.position < at.position)
    after = select(func.min(AUDIT.c.position)).where(of, AUDIT.c.position > at.position)
    return connection.execute(before).scalar_one(), connection.execute(after).scalar_one()


def _of_sites(subject: ColumnElement[str], trial: str, at: At, sites: AbstractSet[str]) -> ColumnElement[bool]:
    person = SUBJECT.table
    return subject.in_(
        select(person.c.subject).where(person.c.trial == trial, at.stands(person), person.c.site.in_(sites))
    )


def _versions(connection: Connection, of: Versioned, wanted: list[ColumnElement[bool]]) -> Iterator[RowMapping]:
    """Give each version beside the one it replaced and the entry of the log that made it."""
    table, before = of.table, of.table.alias("before")
    follows = and_(*(before.c[key] == table.c[key] for key in of.keys), before.c.to_position == table.c.from_position)
    ask = (
        select(
            table,
            *(before.c[column.name].label(f"old_{column.name}") for column in table.columns),
            *(AUDIT.c[name].label(f"said_{name}") for name in SAID_BY),
        )
        .select_from(table.outerjoin(before, follows).join(AUDIT, AUDIT.c.position == table.c.from_position))
        .where(*wanted)
    )
    yield from connection.execute(ask).mappings()


def _changed(of: Versioned, row: RowMapping) -> Iterator[dict[str, Any]]:
    opens = row["old_from_position"] is None
    for column in of.table.columns:
        name = column.name
        old, new = row[f"old_{name}"], row[name]
        if name in COMPUTED or name in of.keys or old == new or (opens and not new):
            continue
        yield {
            "record": of.name,
            "subject": row["subject"],
            "number": row["number"] if "number" in of.keys else None,
            "whose": tuple(row[key] for key in of.keys[3:]),
            "field": name,
            "old": old,
            "new": new,
            "opens": opens,
            **{part: row[f"said_{part}"] for part in SAID_BY},
        }
