"""The accounts: which roles they hold in which trials, and when they are away."""

import json
from collections.abc import Iterable

from safety.aggregates.account import AbsenceSet, Account, Added, evolve
from safety.projections.rows import Change, Projection, Recorded, Rows, versioned

ACCOUNT = versioned("account", {"account": str}, {"roles": str, "trials": str, "absences": str})
"""`roles` and `trials` with blanks between them, no trials for all; `absences` as JSON, each as in its event."""
PROJECTION = Projection("account", (ACCOUNT,))


@PROJECTION.on(Added)
def added(event: Added, *_: object) -> Iterable[Change]:
    """A person may act."""
    values = {"roles": " ".join(event.roles), "trials": " ".join(event.trials), "absences": "[]"}
    yield Change(ACCOUNT, (event.account,), values, "opens")


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
