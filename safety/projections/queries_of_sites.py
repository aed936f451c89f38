"""The open queries of one's sites: contradictions of the record about the subjects that one may see."""

from collections.abc import Set as AbstractSet

from sqlalchemy import Connection

from safety.projections.at import At
from safety.projections.open_queries import Query, open_queries
from safety.projections.subjects import subject_codes


def queries_of_sites(connection: Connection, trial: str, at: At, sites: AbstractSet[str] | None) -> list[Query]:
    """Give the trial's open queries about the subjects of some sites; about all, with None.

    Raises:
        UnknownTrial: there was no such trial at the moment asked about.

    """
    found = open_queries(connection, trial, at)
    if sites is None:
        return found
    own = frozenset(subject_codes(connection, trial, at, sites))
    return [query for query in found if query["subject"] in own]
