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
    "id": "Alert",
    "rule": "Rule",
    "role": "Owed to",
    "concerning": "Concerning",
    "state": "State",
    "raised_at": "Raised",
}
QUERIES = {"rule": "Query", "subject": "Subject", "number": "AE", "fields": "Fields", "message": "Why"}
TIMELINE = {"on": "When", "what": "What", "number": "No.", "words": "In words"}
AUDIT = {"position": "Position", "recorded_at": "Recorded", "by": "By", "role": "Role", "words": "What"}
MEASURES = {
    "teae": "treatment-emergent AE",
    "related": "related",
    "serious": "serious",
    "related_serious": "related and serious",
    "fatal": "fatal",
    "related_fatal": "related and fatal",
}


def measure(found: dict[str, Any]) -> dict[str, Any]:
    """One measure flat, with its interval in words."""
    interval = found["ci95"]
    return {
        "subjects": found["subjects"],
        "events": found["events"],
        "proportion": None if found["proportion"] is None else f"{100 * found['proportion']:.1f} %",
        "ci95": None if interval is None else f"{100 * interval[0]:.1f} to {100 * interval[1]:.1f} %",
    }


def incidence_rows(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Every number of the answer as flat rows: the groups, then the terms or grades where they were asked for."""
    rows = []
    for group in found["groups"]:
        of = {"arm": group["arm"], "of": group["subjects"]}
        rows += [of | {"measure": words} | measure(group["measures"][name]) for name, words in MEASURES.items()]
    for term in found.get("terms", ()):
        name = " / ".join(str(term[part]) for part in ("soc", "pt") if term.get(part)) or "not coded"
        rows.append({"arm": term["arm"], "of": None, "measure": name} | measure(term["measure"]))
    for grade in found.get("grades", ()):
        name = f"{grade['scale']} {grade['grade'] or 'not graded'}"
        rows.append({"arm": grade["arm"], "of": None, "measure": name} | measure(grade["measure"]))
    return rows


def print_incidence(found: dict[str, Any]) -> None:
    """Print the incidence with the rules it was counted by, and what a reader must know of the data."""
    from rich.console import Console  # noqa: PLC0415, keeps --help light

    columns = {
        "arm": "Arm",
        "of": "N",
        "measure": "Adverse events",
        "subjects": "Subjects",
        "events": "Events",
        "proportion": "Incidence",
        "ci95": "Exact 95 % interval",
    }
    title = f"{found['trial']}: incidence at position {found['position']}, {found['as_of']}"
    print_table(title, incidence_rows(found), columns, "The trial has no arms to count by.")
    console = Console(highlight=False, markup=False)
    console.print(f"Population: {found['population']['rule']}.")
    for name, words in found["rules"].items():
        console.print(f"{name.replace('_', ' ').capitalize()}: {words}.")
    if found.get("provenance"):
        console.print(f"Data: {found['provenance']}")
    for compared in found.get("comparisons", ()):
        console.print(
            f"{compared['measure']}: {compared['arms'][1]} against {compared['arms'][0]}, p = {compared['p']:.6f}"
        )
