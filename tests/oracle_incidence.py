"""Incidence of CDISC pilot 01 counted from its rows: slow, obvious, and without a line of the program."""

from collections.abc import Iterable

Row = dict[str, str]
MEASURES: dict[str, list[str]] = {"teae": [], "related": ["related"], "serious": ["serious"], "related_serious": ["related", "serious"],
            "fatal": ["fatal"], "related_fatal": ["related", "fatal"], "severe": ["severe"]}  # fmt: skip


def standing(rows: Iterable[tuple[str, Row]]) -> dict[str, list[Row]]:
    """What stands when rows of a later time replace those of the same key."""
    last = {(table, row["USUBJID"], row.get("AESEQ", row.get("EXSEQ"))): (table, row) for table, row in rows}
    return {name: [row for table, row in last.values() if table == name] for name in ("dm", "ex", "ae")}


def incidence(rows: Iterable[tuple[str, Row]], arms: list[str], *terms: str) -> dict[tuple[str, ...], tuple[int, int]]:
    """Subjects and events by arm and measure, or by arm and the values of columns; `("size", arm)`: the arm's subjects."""
    has = standing(rows)
    arm_of = {row["USUBJID"]: row["ARM"] for row in has["dm"] if row["ARM"] in arms}
    doses = {subject: [row["EXSTDTC"] for row in has["ex"] if row["USUBJID"] == subject] for subject in arm_of}
    counted: dict[tuple[str, ...], list[str]] = {}
    for row in has["ae"]:
        subject, start = row["USUBJID"], row["AESTDTC"] + ("-01" if len(row["AESTDTC"]) == 7 else "")
        if subject not in arm_of or row.get("NULLIFIED") or len(start) < 10 or start < min(doses[subject], default="9"):
            continue
        is_ = {"related": row["AEREL"] in ("POSSIBLE", "PROBABLE"), "serious": row["AESER"] == "Y",
               "fatal": row["AESDTH"] == "Y", "severe": row["AESEV"] == "SEVERE"}  # fmt: skip
        names = [(name,) for name, needs in MEASURES.items() if all(is_[need] for need in needs)]
        for name in [tuple(row[term] for term in terms)] if terms else names:
            counted.setdefault((arm_of[subject], *name), []).append(subject)
    found = {key: (len(set(subjects)), len(subjects)) for key, subjects in counted.items()}
    return found | {("size", arm): (list(arm_of.values()).count(arm), 0) for arm in arms}
