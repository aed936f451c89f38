"""The accounts: which roles they hold in which trials, and when they are away."""

import json
from collections.abc import Iterable

from safety.aggregates.account import AbsenceSet, Account, Added, Changed, Revoked, evolve
from safety.projections.rows import Change, Projection, Recorded, Rows, versioned

ACCOUNT = versioned("account", {"account": str}, {"roles": str, "trials": str, "sites": str, "absences": str})
"""`roles`, `trials` and `sites` with blanks between them, no trials for all, no roles for one that is revoked; `absences` as
JSON, each as in its event."""
PROJECTION = Projection("account", (ACCOUNT,))


@PROJECTION.on(Added)
def added(event: Added, *_: object) -> Iterable[Change]:
    """A person may act."""
    yield Change(ACCOUNT, (event.account,), {**may(event), "absences": "[]"}, "opens")


@PROJECTION.on(Changed)
def changed(event: Changed, *_: object) -> Iterable[Change]:
    """A person may do something else."""
    yield Change(ACCOUNT, (event.account,), may(event))


@PROJECTION.on(Revoked)
def revoked(event: Revoked, *_: object) -> Iterable[Change]:
    """A person may do nothing any more."""
    yield Change(ACCOUNT, (event.account,), {"roles": ""})


def may(event: Added | Changed) -> dict[str, str]:
    """Say what a person may do, as the table has it."""
    return {"roles": " ".join(event.roles), "trials": " ".join(event.trials), "sites": " ".join(event.sites or ())}


@PROJECTION.on(AbsenceSet)
def absent(event: AbsenceSet, _: Recorded, rows: Rows) -> Iterable[Change]:
    """A person is away for a while, or is not after all."""
    row = rows(ACCOUNT, (event.account,)) or {}
    now = evolve(Account(absences=absences(row.get("absences") or "[]")), event).absences
    told = [absence.model_dump(mode="json", exclude_none=True) for absence in now]
    yield Change(ACCOUNT, (event.account,), {"absences": json.dumps(told, separators=(",", ":"))})


def absences(text: str) -> tuple[AbsenceSet, ...]:
    """Read the absences of a row."""
    return tuple(AbsenceSet.model_validate(told) for told in json.loads(text))
