"""What the API tells of how the record came to be: the audit trail, the history of a record, and two moments compared."""

from typing import Annotated, Any

from fastapi import Query

from safety.journal import decode
from safety.journal.row import leaf
from safety.projections import At
from safety.projections.at import utc
from safety.projections.audit_trail import trail_of_trial
from safety.projections.subjects import subject_codes
from safety.web.addresses import coded
from safety.web.api.answers_of_history import Changes, Compared, Entry, History, Knowledge
from safety.web.api.declaring import Endpoints
from safety.web.api.reading import A_PAGE, Code, Limit, Page, paged, stamped
from safety.web.asking import Ask, NotThere
from safety.web.pages.entry import lines, row_at
from safety.web.pages.history import comparison, gaps, of_a_record
from safety.web.signing import signature_of
from safety.web.whose import check_shown
from safety.written import WrittenNumber

endpoints = Endpoints()
After = Annotated[
    int, WrittenNumber(), Query(ge=0, lt=2**63, description="Only what the log took after this position.")
]
Moment = Annotated[str, Query(min_length=1, max_length=64, description="A position, a date (its end) or a time.")]
Number = Annotated[
    Annotated[int, WrittenNumber()] | None, Query(ge=1, le=999_999_999, description="The number of an adverse event.")
]
Field = Annotated[str, Query(max_length=64, description="The name of one field; all if left out.")]
Row = dict[str, Any]


@endpoints.reads("/trials/{trial}/history", "history.read", History)
def read_history(ask: Ask, after: After = 0, limit: Limit = A_PAGE, subject: Code = "") -> Row:
    """Give the audit trail in order, in words; of a site, what concerns its subjects."""
    whose = coded(subject) if subject else None
    with ask.reading() as connection:
        if whose is not None and whose not in subject_codes(connection, ask.trial, ask.at, ask.sites):
            raise NotThere
        found = trail_of_trial(
            connection, ask.trial, ask.at, sites=ask.sites, subject=whose, after=after, limit=limit + 1
        )
    return stamped(ask) | {"more": len(found) > limit, "events": found[:limit]}


@endpoints.reads("/trials/{trial}/changes/{subject}", "history.read", Changes)
def read_changes(  # noqa: PLR0917, one parameter a part of the address; FastAPI gives them by name
    ask: Ask, subject: str, number: Number = None, field: Field = "", page: Page = 1, limit: Limit = A_PAGE
) -> Row:
    """Give every value that a subject's record, or one adverse event's, has had: who, when, old, new, why."""
    with ask.reading() as connection:
        found = of_a_record(connection, ask, coded(subject), str(number or ""), field)
    end = page * limit
    rows = [told(change) for change in found[end - limit : end]]
    return paged(ask, page, more=len(found) > end) | {"count": len(found), "rows": rows}


@endpoints.reads("/trials/{trial}/comparison", "comparison.read", Compared)
def compare(ask: Ask, a: Moment, b: Moment) -> Row:
    """Compare two moments of the record: the counts at both, and each change between them with what kind it is."""
    with ask.reading() as connection:
        found = comparison(connection, ask, a, b, At(ask.at.position))
    moments = {name: {"position": found[name][0], "at": utc(found[name][1])} for name in ("first", "last")}
    counts = [{"measure": name, "first": first, "last": last} for name, first, last in found["counts"]]
    rows = [told(row) | {"values": [told(value) for value in row["values"]]} for row in found["rows"]]
    return stamped(ask) | moments | {"counts": counts, "all": found["all"], "rows": rows}


@endpoints.reads("/trials/{trial}/knowledge", "history.read", Knowledge)
def read_knowledge(ask: Ask) -> Row:
    """Set what had happened by the moment beside what the sponsor knew by it: the counts, and each event or value that differs."""
    if ask.governs is None:
        raise NotThere
    with ask.reading() as connection:
        found = gaps(connection, ask, ask.home.views.now(connection))
    counts = [{"measure": name, "happened": had, "known": knew} for name, had, knew in found["counts"]]
    told = {name: found[name] for name in ("happened", "missing", "other", "undated", "more")}
    gaps_of = {name: [*map(gap, found[name])] for name in ("rows", "undated_rows")}
    return stamped(ask) | told | gaps_of | {"counts": counts}


def gap(row: Row) -> Row:
    """Tell one event or value that the sponsor did not know, and by which entry it was told."""
    (subject, number), line = row["key"], row["row"]
    about = {"subject": subject, "number": number, "field": row["field"], "preferred_term": line["preferred_term"]}
    change = row["told"]
    entry = None if change is None else {name: change[name] for name in ("position", "by", "role")}
    if entry is not None:
        entry["recorded_at"] = utc(change["recorded_at"])
    return about | {"onset": line["onset"], "happened": row.get("true"), "known": row.get("held"), "told_by": entry}


@endpoints.reads("/log/{position}", "history.read", Entry)
def read_entry(ask: Ask, position: str) -> Row:
    """Give one entry of the log, to whom its trial and its subject may be shown."""
    row = row_at(ask, position)
    check_shown(ask, row, "history.read")
    recorded = decode(row)
    meta, signed = recorded.about(), signature_of(ask, row.position)
    said = {name: getattr(meta, name) for name in ("by", "role", "at", "reason", "sha256")}
    where = {"position": row.position, "stream": row.stream, "version": row.version, "topic": row.topic}
    fields = [line._asdict() for line in lines(ask, recorded.event)]
    beside = {"leaf": leaf(row), "recorded_at": utc(row.recorded_at), "fields": fields}
    return where | said | beside | {"signature": None if signed is None else signed.__dict__}


def told(change: Row) -> Row:
    """Tell a change with its moment as ISO 8601."""
    return change | {"recorded_at": utc(change["recorded_at"])}
