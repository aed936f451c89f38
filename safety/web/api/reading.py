"""What the API's readings share: pages of an answer, the stamp of its moment, and free text for those alone who may read it."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from fastapi import Query

from safety.web.api.scopes import covered
from safety.web.asking import Asked
from safety.web.case_record import shows_text
from safety.written import WrittenNumber

Page = Annotated[int, WrittenNumber(), Query(ge=1, le=1_000_000, description="Which page, from 1.")]
Limit = Annotated[int, WrittenNumber(), Query(ge=1, le=200, description="Rows on a page.")]
Code = Annotated[str, Query(max_length=64, description="A subject's code; all if left out.")]
A_PAGE = 50


def stamped(ask: Asked) -> dict[str, Any]:
    """Say of which trial and which moment an answer is."""
    return {"trial": ask.trial, "position": ask.at.position, "as_of": ask.stamped_iso}


def paged(ask: Asked, page: int, *, more: bool) -> dict[str, Any]:
    """Say beside that which page it is."""
    return stamped(ask) | {"page": page, "more": more}


def in_clear(ask: Asked, rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Leave out the reported term for whom the free text of cases is not, or whose token is not made for cases."""
    told, scopes = [dict(row) for row in rows], ask.request.state.scopes
    wide = scopes is None or covered(scopes, "case.read")
    if wide and shows_text(ask, (row["term"] for row in told)):
        return told
    return [{**row, "term": None} for row in told]
