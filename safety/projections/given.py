"""What a statement that is built once is given each time that it is sent: of which trial, at which moment, which subjects.

SQLAlchemy takes longer to build a statement of a page than SQLite to answer it, so those of the pages are built once for
each way of asking, with these in the places of what differs.
"""

from collections.abc import Set as AbstractSet
from typing import Any, cast

from sqlalchemy import bindparam

from safety.projections.at import At

# Each stands in a statement where its value would; `values` and the caller give the values under the same names.
TRIAL = cast("str", bindparam("trial"))
SUBJECTS = cast("AbstractSet[str]", bindparam("subjects", expanding=True))
SITES = cast("AbstractSet[str]", bindparam("sites", expanding=True))
NOW = At(cast("int", bindparam("at")))
HAPPENED_BY = At(NOW.position, cast("int", bindparam("happened_by")))


def moment_of(at: At) -> At:
    """Give what stands for a moment in a statement: of one that counts what had happened by a time, that too."""
    return NOW if at.happened_by is None else HAPPENED_BY


def values(trial: str, at: At) -> dict[str, Any]:
    """Give the values of a trial and a moment."""
    return {"trial": trial, "at": at.position, "happened_by": at.happened_by}
