"""How answers look as tables: which columns, in which words."""

from typing import Any

from safety.cli.door import print_table

LISTING = {
    "subject": "Subject",
    "number": "AE",
    "term": "Reported term",
    "preferred_term": "Coded",
    "onset": "Onset",
    "end": "End",
    "severity": "Severity",
    "grade": "Grade",
    "serious": "Serious",
    "causality": "Causality",
    "outcome": "Outcome",
    "treatment_emergent": "TEAE",
}
ALERTS = {
    "raised_at": "Raised",
    "rule": "Rule",
    "role": "Owed to",
    "concerning": "Concerning",
    "state": "State",
}
QUERIES = {"rule": "Query", "subject": "Subject", "number": "AE", "fields": "Fields", "message": "Why"}
TIMELINE = {"on": "When", "what": "What", "number": "No.", "words": "In words"}
AUDIT = {"position": "#", "recorded_at": "Recorded", "by": "By", "words": "What"}
MEASURES = {
    "teae": "any",
    "related": "related",
    "serious": "serious",
    "related_serious": "related, serious",
    "fatal": "fatal",
    "related_fatal": "related, fatal",
    "severe": "severe",
}
WINDOWS = {"all": "whole record", "primary": "primary window"}
INCIDENCE = {
    "arm": "Arm",
    "measure": "Emergent AEs",
    "subjects": "Subjects",
    "events": "Events",
    "incidence": "Incidence",
    "interval": "Exact 95 % CI",
}


def minute(moment: str) -> str:
    """An instant of an answer as people read it: UTC, to the minute."""
    return f"{moment[:10]} {moment[11:16]} UTC"


def with_minutes(rows: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """The rows with one of their instants as people read it."""
    return [r | {name: minute(r[name])} for r in rows]


def percent(proportion: float) -> str:
    """A proportion as people read it, to one decimal."""
    return f"{100 * proportion:.1f} %"


def row(arm: str, name: str, found: dict[str, Any], of: int | None) -> dict[str, Any]:
    """One measure as a flat row."""
    interval = found["ci95"]
    return {
        "arm": arm,
        "measure": name,
        "subjects": found["subjects"] if of is None else f"{found['subjects']} of {of}",
        "events": found["events"],
        "incidence": None if found["proportion"] is None else percent(found["proportion"]),
        "interval": None if interval is None else f"{100 * interval[0]:.1f} to {percent(interval[1])}",
    }


def incidence_rows(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Every number of the answer as flat rows: the groups, then the terms or grades where they were asked for."""
    size = {group["arm"]: group["subjects"] for group in found["groups"]}
    # Where severity is graded and not put in words, a row of zeros would say that nothing was severe.
    in_words = any(group["measures"]["severe"]["events"] for group in found["groups"])
    rows = []
    for group in found["groups"]:
        for name, words in MEASURES.items():
            if name != "severe" or in_words:
                rows.append(row(group["arm"], words, group["measures"][name], group["subjects"]))
    for term in found.get("terms", ()):
        name = " / ".join(term[part] for part in ("soc", "pt") if term.get(part)) or "not coded"
        rows.append(row(term["arm"], name, term["measure"], size[term["arm"]]))
    for grade in found.get("grades", ()):
        name = f"{grade['scale']} {grade['grade'] or 'not graded'}"
        rows.append(row(grade["arm"], name, grade["measure"], size[grade["arm"]]))
    return rows


def once(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Write each arm's name only where it begins."""
    return [r | {"arm": "" if n and rows[n - 1]["arm"] == r["arm"] else r["arm"]} for n, r in enumerate(rows)]


def print_incidence(found: dict[str, Any]) -> None:
    """Print the incidence with the rules it was counted by, and what a reader must know of the data."""
    from rich.console import Console  # noqa: PLC0415, keeps --help light

    window = WINDOWS[found["window"]["name"]]
    title = f"{found['trial']}: incidence, {window}; as of position {found['position']}, {minute(found['as_of'])}"
    print_table(title, once(incidence_rows(found)), INCIDENCE, "The trial has no arms to count by.")
    console = Console(highlight=False, markup=False)
    console.print(f"Window: {found['window']['rule']}.")
    console.print(f"Population: {found['population']['rule']}.")
    for name, words in found["rules"].items():
        console.print(f"{name.replace('_', ' ').capitalize()}: {words}.")
    if found.get("provenance"):
        console.print(f"Data: {found['provenance']}")
    for compared in found.get("comparisons", ()):
        console.print(
            f"{compared['measure']}: {compared['arms'][1]} against {compared['arms'][0]}, p = {compared['p']:.6f}"
        )
