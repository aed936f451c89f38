"""History: what was known and what had happened at a moment, what changed between two, and who changed a field and why."""

import unicodedata
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Response

from safety.aggregates.trial import UnknownTrial
from safety.projections import At, Connection
from safety.projections.assessment import PLAIN
from safety.projections.changes import changes, neighbours
from safety.projections.knowledge import AHEAD, Moment, counted, happened, known
from safety.values import DAY_SECONDS, FieldClass, code, microseconds, moment, seconds, span
from safety.web.addresses import whole
from safety.web.asking import Ask, Asked, NotThere, Unclear
from safety.web.declaring import Pages
from safety.web.looking_back import NoMoment, looked_back
from safety.web.record_fields import DATES, FIELDS, MARKS, TEXTS
from safety.web.signing import with_signatures
from safety.web.words import N_

pages = Pages()

NO_RECORD = N_("A record is a subject's code and, if you like, the number of an adverse event.")
MOST = 200
"""Rows that one table shows; how many more there are is said."""
COMPARED = ("preferred_term", "onset", "end", "severity", "grade", "serious", "outcome", "expected", "causality")
COUNTED = ("teae", "related", "serious", "related_serious")
FIELD_OF = {"onset": "started_on", "end": "ended_on"}
NEW = {"reported", "enrolled", "given", "withheld"}
KINDS = {"corrected": "corrected", "followed_up": "followed_up", "coded": "recoded"}
Row = dict[str, Any]


@pages.shows("/trials/{trial}/history", "history.read")
def history_page(  # noqa: PLR0917, one parameter a field of its forms; FastAPI gives them by name
    ask: Ask, a: str = "", b: str = "", subject: str = "", number: str = "", field: str = ""
) -> Response:
    """Show the record at the moment that is looked at, and how it came to be so."""
    if ask.governs is None:
        raise NotThere
    with ask.reading() as connection:
        head = ask.home.views.now(connection)
        earlier, later = neighbours(connection, ask.trial, ask.at, head, ask.sites)
        unknown = gaps(connection, ask, head)
        compared = comparison(connection, ask, a, b, head) if a.strip() and b.strip() else None
        fields = of_a_record(connection, ask, subject, number, field) if subject.strip() else None
    if compared is not None:
        compared["rows"] = list(with_signatures(ask, compared["rows"]))
    if fields is not None:
        fields = list(with_signatures(ask, fields))
    said = {"a": a, "b": b, "subject": subject, "number": number, "field": field}
    return ask.render(
        "history/page.html.j2", head=head.position, earlier=earlier, later=later, said=said, unknown=unknown,
        compared=compared, fields=fields, names=FIELDS, marks=MARKS, dates=DATES, most=MOST,
    )  # fmt: skip


def local_second(when: datetime, zone: str) -> int:
    """Give a moment as the views compare what had happened by it: seconds of the trial's wall time from 0001-01-01."""
    local = when.astimezone(ZoneInfo(zone))
    return seconds(local.date()) + (local.hour * 60 + local.minute) * 60 + local.second


def asked_moment(ask: Asked, head: At) -> Moment:
    """Say what is asked for: what the sponsor knew by the moment that is looked at."""
    by, zone = moment(ask.stamped), ask.governs.zone if ask.governs else "UTC"
    journal = ask.home.journal
    return Moment(
        ask.trial,
        "sponsor",
        ask.governs is not None and ask.governs.sponsor_investigator,
        by,
        head.position,
        held=min(head.position, journal.position_at(microseconds(by))),
        happened_by=local_second(by, zone),
        after=min(head.position, journal.position_at(microseconds(by - AHEAD))),
        sites=ask.sites,
        measures=COUNTED if ask.may("comparison.read") else (),
    )


def gaps(connection: Connection, ask: Asked, head: At, *, most: int = MOST) -> Row:
    """Set what had happened beside what the sponsor knew: the counts, each event or value that differs, and what has no onset."""
    of = asked_moment(ask, head)
    keys, knew = known(connection, ask.home.journal, of)
    begun, had, undated = happened(connection, ask.home.journal, of, keys, knew)
    rows: list[Row] = []
    for key, row in had.events.items():
        before = knew.events.get(key)
        if before is None:
            rows.append({"key": key, "row": row, "field": None})
        else:
            rows += [
                {"key": key, "row": row, "field": FIELD_OF.get(name, name), "true": row[name], "held": before[name]}
                for name in COMPARED
                if row[name] != before[name]
            ]
    apart: list[Row] = [{"key": key, "row": row, "field": None} for key, row in undated.items()]
    shown = rows[:most] + apart[:most]
    told = learned(connection, ask, head, shown)
    for gap in shown:
        gap["told"] = told.get((gap["key"], gap["field"]))
    return {
        "counts": [(name, had.counts[name], knew.counts[name]) for name in had.counts],
        "happened": begun,
        "missing": sum(row["field"] is None for row in rows),
        "other": sum(row["field"] is not None for row in rows),
        "undated": len(apart),
        "rows": rows[:most],
        "undated_rows": apart[:most],
        "more": max(0, len(rows) - most) + max(0, len(apart) - most),
    }


def learned(connection: Connection, ask: Asked, head: At, rows: list[Row]) -> dict[Any, Row]:
    """Find the entries that told what the sponsor did not know: of an event its first, of a value the last that set it."""
    subjects = {gap["key"][0] for gap in rows}
    few = subjects if len(subjects) <= MOST else None
    found: dict[Any, Row] = {}
    for change in changes(connection, ask.trial, head, subjects=few, sites=ask.sites) if rows else ():
        key = (change["subject"], change["number"])
        found.setdefault((key, None), change)
        if change["whose"] in {(), PLAIN}:
            found[key, change["field"]] = change
    return found


def comparison(connection: Connection, ask: Asked, a: str, b: str, head: At, most: int = MOST) -> Row:  # noqa: PLR0917, two moments and how much of what lies between
    """Compare two moments, the earlier one first; raises Unclear where one is none, NotThere where one may not compare."""
    if not ask.may("comparison.read") or ask.governs is None:
        raise NotThere
    zone = ask.governs.zone
    try:
        first, last = sorted(
            looked_back(ask.home.journal, text.strip(), zone=zone, head=head.position, now=ask.now) for text in (a, b)
        )
        of = asked_moment(ask, head)
        counts = [counted(connection, of, At(position)) for position, _ in (first, last)]
    except NoMoment as fault:
        raise Unclear(ask.words(str(fault), head=head.position)) from None
    except UnknownTrial:
        raise Unclear(ask.words("The trial was not registered yet at that moment; choose a later one.")) from None
    began = local_second(moment(first[1]), zone)
    found = changes(connection, ask.trial, At(last[0]), after=first[0], sites=ask.sites)
    rows = attributed(clear(ask, found), began)
    return {
        "first": first,
        "last": last,
        "counts": [(name, counts[0][name], counts[1][name]) for name in COUNTED],
        "rows": rows[:most],
        "all": len(rows),
    }


def attributed(found: list[Row], began: int) -> list[Row]:
    """Say of each change what kind it is; what one entry says of a new record is one change, with all its values."""
    rows: list[Row] = []
    opened: dict[tuple[Any, ...], Row] = {}
    for change in found:
        verb = change["topic"].split(".")[1]
        thing = "adverse_event" if change["record"] == "assessment" else change["record"]
        key = (thing, change["subject"], change["number"], change["position"])
        if verb not in NEW:
            rows.append({**change, "kind": kind(verb, change), "values": [change]})
            continue
        if key not in opened:
            opened[key] = {**change, "record": thing, "kind": "new", "values": []}
            rows.append(opened[key])
        opened[key]["values"].append(change)
        if thing == "adverse_event" and change["field"] == "started_on" and span(change["new"])[1] <= began:
            opened[key]["kind"] = "late"
    return rows


def kind(verb: str, change: Row) -> str:
    """Name a change of what was there already, by the entry that made it."""
    if verb.endswith("_assessed"):
        return "assessed" if change["old"] is None else "reassessed"
    return KINDS.get(verb, "status")


def clear(ask: Asked, found: list[Row]) -> list[Row]:
    """Leave out the values of free text for whom they are not."""
    return found if FieldClass.TEXT in ask.grant.fields else [row for row in found if row["field"] not in TEXTS]


def of_a_record(connection: Connection, ask: Asked, subject: str, number: str, field: str) -> list[Row]:
    """Give the history of a subject or of one adverse event, the newest change first; raises Unclear and NotThere."""
    typed = unicodedata.normalize("NFKC", number).strip()
    try:
        whose = code(subject)
    except ValueError:
        raise Unclear(ask.words(NO_RECORD)) from None
    which = whole(typed)
    if which is None and typed:
        raise NotThere if typed.isdecimal() else Unclear(ask.words(NO_RECORD))
    if which is not None and not 0 < which < DAY_SECONDS:
        raise NotThere
    found = changes(connection, ask.trial, ask.at, subject=whose, number=which, sites=ask.sites)
    if not found:
        raise NotThere
    return [row for row in reversed(clear(ask, found)) if field in {"", row["field"]}]
