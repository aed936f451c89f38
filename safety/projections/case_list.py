"""The cases of a trial as a person looks through them: a page of adverse events, each with what makes it reportable."""

from collections.abc import Set as AbstractSet
from typing import Any, Literal

from sqlalchemy import Connection, func, select

from safety.projections.at import At
from safety.projections.line_listing import AE, line_listing, of_sites

Answer = Literal["y", "n", "q"]
"""Yes, no, or not yet stated, which duties count as yes."""


def case_list(
    connection: Connection,
    trial: str,
    at: At,
    *,
    sites: AbstractSet[str] | None = None,
    serious: bool = False,
    related: bool = False,
    subject: str | None = None,
    limit: int = 50,
    offset: int = 0,
) -> dict[str, Any]:
    """Give a page of cases and how many there are in all: `cases` and `subjects` on record, without the nullified and merged.

    Each row is one of `line_listing` with `sur`: whether it is serious, unexpected and related.

    Raises:
        UnknownTrial: there was no such trial at the moment asked about.

    """
    page = line_listing(
        connection,
        trial,
        at,
        sites=sites,
        serious=serious,
        related=related,
        subject=subject,
        limit=limit + 1,
        offset=offset,
    )
    listed = page["rows"]
    standing = [AE.c.trial == trial, at.stands(AE), AE.c.nullified == 0, AE.c.merged_into.is_(None)]
    if sites is not None:
        standing.append(of_sites(trial, at, sites))
    counted = connection.execute(select(func.count(), func.count(AE.c.subject.distinct())).where(*standing)).one()
    return {
        "rows": [row | {"sur": serious_unexpected_related(row)} for row in listed[:limit]],
        "more": len(listed) > limit,
        "cases": counted[0],
        "subjects": counted[1],
    }


def serious_unexpected_related(row: dict[str, Any]) -> dict[str, Answer]:
    """Say of a line whether it is serious, unexpected and related; yes as soon as one party says so.

    Of a serious one the sponsor too has to say whether it is related; of any other the investigator's word is enough.
    """
    said = {row["serious"], row["serious_for_sponsor"], "Y" if row["criteria"] else None}
    serious: Answer = "y" if "Y" in said else "n" if "N" in said else "q"
    parties = {assessment["assessor"] for assessment in row["assessments"]}
    needed = {"investigator", "sponsor"} if serious == "y" else {"investigator"}
    related: Answer = "y" if row["related"] == "Y" else "n" if needed <= parties else "q"
    unexpected: dict[str | None, Answer] = {"N": "y", "Y": "n"}
    return {"serious": serious, "unexpected": unexpected.get(row["expected"], "q"), "related": related}
