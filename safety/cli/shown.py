"""How answers look as tables: which columns, in which words."""

from typing import Any

FAULTS = {"trial": "Trial", "role": "Role", "message": "What is wrong"}
LISTING = {
    "subject": "Subject",
    "number": "AE",
    "term": "Reported term",
    "state": "State",
    "onset": "Onset",
    "serious": "Serious",
    "causality": "Causality",
    "grade": "Grade",
    "severity": "Severity",
    "treatment_emergent": "TEAE",
    "outcome": "Outcome",
    "end": "End",
    "preferred_term": "Coded as",
}
"""From left to right as they matter: where there is no room for all, the last are left out first."""
ALERTS = {
    "raised_at": "Raised",
    "rule": "Rule",
    "role": "Owed to",
    "concerning": "Concerning",
    "state": "State",
}
CHAIN = {"rung": "Rung", "acknowledged_by": "Acknowledged by"}
"""Beside those, where any alert of the trial went up the ladder or was acknowledged."""
QUERIES = {"subject": "Subject", "number": "AE", "message": "Why", "fields": "Fields", "rule": "Query"}
IMPORTED_QUERIES = {"place": "Row", **QUERIES}
TIMELINE = {"on": "When", "what": "What", "words": "In words"}
AUDIT = {"position": "Position", "recorded_at": "Recorded", "by": "By", "words": "What"}
TRIALS = {"trial": "Trial", "title": "Title", "subjects": "Subjects", "adverse_events": "AEs"}


def minute(moment: str) -> str:
    """An instant of an answer as people read it: UTC, to the minute."""
    return f"{moment[:10]} {moment[11:16]} UTC"


def as_asked(found: dict[str, Any]) -> str:
    """Say in a heading as of which position an answer is, and what the log held that it leaves out."""
    moment = f", {minute(found['as_of'])}" if found.get("as_of") else ""
    said = [f"as of position {found['position']}{moment}"]
    if found.get("known_to"):
        said.append(f"only what the {found['known_to']} was aware of by the end of {found['by_date']}")
    if found.get("happened_by"):
        said.append(f"only what had happened by the end of {found['happened_by']}")
    return "; ".join(said)


def with_minutes(rows: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """The rows with one of their instants as people read it."""
    return [row | {name: minute(row[name])} for row in rows]


def state_of(row: dict[str, Any]) -> str:
    """What is to be known of an adverse event's standing: nullified, merged, or gone from the data."""
    said = ["nullified"] * row["nullified"] + ["row vanished"] * row["vanished"]
    return ", ".join(said if row["merged_into"] is None else [*said, f"merged into {row['merged_into']}"])


def listed(rows: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """The rows of a line listing with their standing in words, and the columns in which any of them says anything."""
    told = [row | {"state": state_of(row)} for row in rows]
    twice = all(row["preferred_term"] in {None, row["term"]} for row in rows)
    kept = {name for name in LISTING if any(row[name] for row in told)} - ({"preferred_term"} if twice else set())
    return told, {name: heading for name, heading in LISTING.items() if name in kept}
