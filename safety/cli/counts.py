"""How incidence looks: flat rows of plain numbers for programs, and a table with its rules beside it for people."""

from collections.abc import Iterator
from typing import Any

from safety.cli.printing import print_blank, print_notes, print_table
from safety.cli.shown import as_asked

MEASURES = {
    "teae": "any",
    "related": "related",
    "serious": "serious",
    "related_serious": "related and serious",
    "fatal": "fatal",
    "related_fatal": "related and fatal",
    "severe": "severe",
}
NOT_CODED = "not coded"
WINDOWS = {"all": "whole record", "primary": "primary window"}
INCIDENCE = {
    "what": "Treatment-emergent AEs",
    "subjects": "Subjects",
    "events": "Events",
    "incidence": "Incidence",
    "interval": "Exact 95 % CI",
}
COMPARED = {"measure": "Treatment-emergent AEs", "arms": "Arms", "p": "Fisher's exact p"}
SMALLEST_P = 1e-6
"""Below it six decimals say nothing."""
RULES = {"treatment_emergent": "Emergent", "related": "Related", "serious": "Serious"}


def percent(proportion: float) -> str:
    """A proportion as people read it, to one decimal."""
    return f"{100 * proportion:.1f} %"


def interval(ends: list[float] | None) -> str:
    """An interval as people read it, or nothing."""
    return "" if ends is None else f"{100 * ends[0]:.1f} to {percent(ends[1])}"


def parts(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every measure of an answer with what it is of: the groups, then the terms or grades where they were asked for."""
    for group in found["groups"]:
        for name, measured in group["measures"].items():
            yield {"arm": group["arm"], "measure": name, "of": measured}
    for term in found.get("terms", ()):
        soc = term["soc"] or NOT_CODED
        yield {"arm": term["arm"], "measure": "teae", "soc": soc, "pt": term["pt"], "of": term["measure"]}
    for grade in found.get("grades", ()):
        marks = {"scale": grade["scale"], "grade": grade["grade"]}
        yield {"arm": grade["arm"], "measure": "teae", **marks, "of": grade["measure"]}


def flat(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Every number of the answer as rows of equal columns, the numbers as they are."""
    size = {group["arm"]: group["subjects"] for group in found["groups"]}
    beside = {"terms": ("soc", "pt"), "grades": ("scale", "grade")}
    marks = [mark for table, names in beside.items() if table in found for mark in names]
    return [
        {
            "arm": part["arm"],
            "measure": part["measure"],
            **{mark: part.get(mark) for mark in marks},
            "subjects": part["of"]["subjects"],
            "of": size[part["arm"]],
            "events": part["of"]["events"],
            "proportion": part["of"]["proportion"],
            "ci95_low": (part["of"]["ci95"] or [None])[0],
            "ci95_high": (part["of"]["ci95"] or [None])[-1],
        }
        for part in parts(found)
    ]


def told(row: dict[str, Any]) -> dict[str, Any]:
    """One row in words."""
    if row.get("scale"):
        what = f"{row['scale']} {row['grade']}"
    elif row.get("soc"):
        what = " / ".join(filter(None, (row["soc"], row["pt"])))
    else:
        what = MEASURES[row["measure"]]
    ends = None if row["ci95_low"] is None else [row["ci95_low"], row["ci95_high"]]
    return {
        "what": f"  {what}",
        "subjects": f"{row['subjects']} of {row['of']}",
        "events": row["events"],
        "incidence": "" if row["proportion"] is None else percent(row["proportion"]),
        "interval": interval(ends),
    }


def arm_by_arm(found: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows in words, arm by arm, each under its arm's name."""
    rows = flat(found)
    # Where severity is graded and not put in words, a row of zeros would say that nothing was severe.
    if not any(row["measure"] == "severe" and row["events"] for row in rows):
        rows = [row for row in rows if row["measure"] != "severe"]
    shown: list[dict[str, Any]] = []
    for group in found["groups"]:
        shown.append({"what": group["arm"], "heads": True})
        shown += [told(row) for row in rows if row["arm"] == group["arm"]]
    return shown


def print_incidence(found: dict[str, Any], *, rules: bool = True) -> None:
    """Print the incidence with the rules it was counted by, and what a reader must know of the data."""
    window = WINDOWS[found["window"]["name"]]
    print_table(
        f"{found['trial']}: incidence, {window}; {as_asked(found)}",
        arm_by_arm(found),
        INCIDENCE,
        "The trial has no arms to count by.",
    )
    if "comparisons" in found:
        print_blank()
        print_table("", [compared(pair) for pair in found["comparisons"]], COMPARED, "There is no other arm.")
    if rules:
        print_blank()
        print_notes(notes(found))


def compared(pair: dict[str, Any]) -> dict[str, Any]:
    """One comparison in words."""
    p = pair["p"]
    return {
        "measure": MEASURES[pair["measure"]],
        "arms": f"{pair['arms'][1]} against {pair['arms'][0]}",
        "p": "" if p is None else "< 0.000001" if p < SMALLEST_P else f"{p:.6f}",
    }


def notes(found: dict[str, Any]) -> dict[str, str]:
    """The rules that the numbers were counted by, in words."""
    stated = {"Window": found["window"]["rule"], "Population": found["population"]["rule"]}
    stated |= {heading: found["rules"][name] for name, heading in RULES.items()}
    return stated | ({"Data": found["provenance"]} if found.get("provenance") else {})
