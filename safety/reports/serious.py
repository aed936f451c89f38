"""Serious adverse events and serious adverse reactions: which they are, listed one by one, and tabulated by term and arm."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from safety.aggregates.trial import Definition
from safety.projections import At, Connection
from safety.projections.line_listing import line_listing

Line = Mapping[str, Any]
"""A row of the line listing."""
Key = tuple[str, int]
NOT_CODED = "not coded"
NO_ARM = "No treatment arm"


class Causality(NamedTuple):
    """Whether an adverse event is a reaction, and on what that rests."""

    related: bool
    basis: str


def serious_events(connection: Connection, trial: str, at: At) -> list[dict[str, Any]]:
    """List the serious adverse events on record: those of `listing --serious` but the nullified and the merged."""
    rows: list[dict[str, Any]] = line_listing(connection, trial, at, serious=True)["rows"]
    return [row for row in rows if not row["nullified"] and row["merged_into"] is None]


def causality(line: Line, governs: Definition) -> Causality:
    """Say whether a party called an adverse event related (ICH E2F: either of them; E2A II.A.2).

    An investigator's silence counts as related, whatever the sponsor said (EU CTR Annex III 2.1 para 4).
    """
    related = frozenset(governs.causality.related)
    said = {party: [] for party in ("investigator", "sponsor")}  # type: dict[str, list[str]]
    for assessment in line["assessments"]:
        said[assessment["assessor"]].append(assessment["causality"])
    told = [f"{party}: {', '.join(values)}" for party, values in said.items() if values]
    if not said["investigator"]:
        told.append("the investigator has not stated causality, which counts as related")
    either = any(value in related for values in said.values() for value in values)
    return Causality(either or not said["investigator"], "; ".join(told))


def reactions(events: Iterable[Line], governs: Definition) -> list[Line]:
    """Keep of serious adverse events the serious adverse reactions."""
    return [event for event in events if causality(event, governs).related]


def keys(lines: Iterable[Line]) -> frozenset[Key]:
    """Name adverse events by subject and number."""
    return frozenset((line["subject"], line["number"]) for line in lines)


class Arms(NamedTuple):
    """The columns of a table: the trial's arms, and one for subjects under none of them where there are such events."""

    names: tuple[str, ...]
    of: Mapping[str, str]
    """By subject."""

    def column(self, subject: str) -> str:
        """Name the column a subject stands in."""
        return self.of.get(subject, NO_ARM)


def arms(governs: Definition, subjects: Mapping[str, Mapping[str, Any]], lines: Iterable[Line]) -> Arms:
    """Choose the columns for some adverse events."""
    of = {code: row["counted_in"] for code, row in subjects.items() if row["counted_in"] is not None}
    names = tuple(arm.name for arm in governs.arms)
    return Arms(names if all(line["subject"] in of for line in lines) else (*names, NO_ARM), of)


def count(lines: Sequence[Line], columns: Arms) -> list[dict[str, int]]:
    """Count subjects and events in each column."""
    return [
        {
            "subjects": len({line["subject"] for line in lines if columns.column(line["subject"]) == name}),
            "events": sum(columns.column(line["subject"]) == name for line in lines),
        }
        for name in columns.names
    ]


def tabulated(lines: Sequence[Line], columns: Arms) -> dict[str, Any]:
    """Tabulate adverse events by system organ class and preferred term; `pt` is None in the row of a whole class."""
    by_soc: dict[str, dict[str, list[Line]]] = {}
    for line in lines:
        terms = by_soc.setdefault(line["soc"] or NOT_CODED, {})
        terms.setdefault(line["preferred_term"] or NOT_CODED, []).append(line)
    rows: list[dict[str, Any]] = []
    for soc, terms in sorted(by_soc.items(), key=_not_coded_last):
        whole = [line for found in terms.values() for line in found]
        rows.append({"soc": soc, "pt": None, "counts": count(whole, columns)})
        for term, found in sorted(terms.items(), key=_not_coded_last):
            rows.append({"soc": soc, "pt": term, "counts": count(found, columns)})
    return {"arms": list(columns.names), "rows": rows, "total": count(lines, columns)}


def _not_coded_last(item: tuple[str, object]) -> tuple[bool, str]:
    return item[0] == NOT_CODED, item[0]
