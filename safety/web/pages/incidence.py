"""Incidence: how many subjects had what, how sure that is, and the way from each number to the events behind it."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Response

from safety.projections import Connection
from safety.projections.behind import over_time, population
from safety.projections.incidence import MEASURES, By, Window, by_class, incidence, measure
from safety.projections.line_listing import line_listing
from safety.projections.subject_timeline import subject_timeline
from safety.values import DAY_SECONDS, span
from safety.web.addresses import page_number
from safety.web.asking import Ask, Asked
from safety.web.counting_in_words import counting
from safety.web.declaring import Pages
from safety.web.plots import arm_dot, climbing, courses, share

pages = Pages()

A_FIGURE = 20
"""Subjects whose courses are drawn at once."""
SCALES = {"AESEV": "severity"}
"""The scale of a listing by the title that the table gives it; every other title is of the grades."""
Row = dict[str, Any]


@pages.shows("/trials/{trial}/incidence", "incidence.read")
def incidence_page(ask: Ask, by: str = "", window: str = "", page: str = "1") -> Response:
    """Show what was counted, in tables and figures, of the whole trial: the policy gives no site its own incidence."""
    primary = ask.governs.counting.primary_window if ask.governs else None
    number = page_number(page)
    with ask.reading() as connection:
        found, other, details = tables(connection, ask, by=by, window=window)
        times = over_time(connection, ask.trial, ask.at, window=found["window"]["name"])
        drawn, more = drawn_courses(connection, ask, number)
    shaded = primary.days if primary and primary.anchor == "first_dose" else None
    climbed = {group["arm"]: times.get(group["arm"], {}) for group in found["groups"]}
    return ask.render(
        "incidence/page.html.j2",
        found=found,
        other=other,
        overview=overview(ask, found),
        rules=counting(ask.words, ask.governs, found["window"]["name"]) if ask.governs else {},
        details=details,
        by="grade" if by == "grade" else "pt",
        primary=primary,
        course=courses(drawn, shaded) if drawn else None,
        undated=sum(one["undated"] for one in drawn),
        climb=climbing({arm: {d: n for d, n in days.items() if d is not None} for arm, days in climbed.items()}),
        unclimbed=sum(days.get(None, 0) for days in climbed.values()),
        keys=[arm_dot(place) for place in range(len(found["groups"]))],
        page=number,
        more=more,
        link=lambda arm, **cell: link(ask, found, arm, **cell),
    )


def tables(connection: Connection, ask: Asked, *, by: str, window: str) -> tuple[Row, Row | None, list[Row]]:
    """Count: in the window, over the whole record where the window is the primary one, and row by row."""
    primary = ask.governs.counting.primary_window if ask.governs else None
    within: Window = "primary" if primary and window != "all" else "all"
    rows_by: By = "grade" if by == "grade" else "pt"
    found = incidence(connection, ask.trial, ask.at, by=rows_by, window=within)
    other = incidence(connection, ask.trial, ask.at, window="all") if within == "primary" else None
    details = graded(ask, found) if rows_by == "grade" else coded(ask, found, classes(connection, ask, found, within))
    return found, other, details


def link(ask: Asked, found: Row, arm: str, **cell: object) -> str | None:
    """Give the listing behind a number; None for who may not read it."""
    if not ask.may("listing.read"):
        return None
    return ask.in_trial("/listing", window=found["window"]["name"], arm=arm, **cell)


def cells(ask: Asked, found: Row, measures: Mapping[str, Row], told: Row, worst: Row | None = None) -> list[Row]:
    """Put one row's numbers arm by arm, each with its links and its place in the plot; an arm without the row has none."""
    made = []
    for place, group in enumerate(found["groups"]):
        arm = group["arm"]
        measured = measures.get(arm) or measure(0, 0, group["subjects"])
        made.append({
            "arm": arm,
            "of": group["subjects"],
            "measure": measured,
            "subjects_link": link(ask, found, arm, **told, **(worst or {})),
            "events_link": link(ask, found, arm, **told),
            "plot": share(measured, place),
        })  # fmt: skip
    return made


def overview(ask: Asked, found: Row) -> list[Row]:
    """Give a row for each measure; where severity is not put in words, zeros would say that nothing was severe."""
    by_arm = {group["arm"]: group["measures"] for group in found["groups"]}
    rows: list[Row] = [
        {"name": name, "cells": cells(ask, found, {arm: of[name] for arm, of in by_arm.items()}, {"measure": name})}
        for name in MEASURES
    ]
    return [row for row in rows if row["name"] != "severe" or any(cell["measure"]["events"] for cell in row["cells"])]


def classes(connection: Connection, ask: Asked, found: Row, within: Window) -> list[Row]:
    """Give the table's rows by system organ class."""
    sizes = {group["arm"]: group["subjects"] for group in found["groups"]}
    return by_class(connection, ask.trial, ask.at, sizes, window=within)


def coded(ask: Asked, found: Row, by_class: Sequence[Row]) -> list[Row]:
    """Give a row for each system organ class with its terms under it, both in the order of the alphabet."""
    by_row: dict[tuple[str | None, ...], dict[str, Row]] = {}
    for term in by_class:
        by_row.setdefault((term["soc"],), {})[term["arm"]] = term["measure"]
    for term in found["terms"]:
        by_row.setdefault((term["soc"], term["pt"]), {})[term["arm"]] = term["measure"]
    rows = []
    for key in sorted(by_row, key=lambda key: [(part is None, part or "") for part in key]):
        told = {"of": "soc" if len(key) == 1 else "pt", "soc": key[0], "pt": key[-1] if len(key) > 1 else None}
        rows.append({"name": key[-1], "sub": len(key) > 1, "cells": cells(ask, found, by_row[key], told)})
    return rows


def graded(ask: Asked, found: Row) -> list[Row]:
    """Give a row for each grade that there is; subjects count at their worst."""
    by_row: dict[tuple[str, str], dict[str, Row]] = {}
    for row in found["grades"]:
        by_row.setdefault((row["scale"], row["grade"]), {})[row["arm"]] = row["measure"]
    rows = []
    for (scale, grade), measures in by_row.items():
        told = {"of": "grade", "scale": SCALES.get(scale, "grade"), "grade": grade}
        rows.append({"scale": scale, "name": grade, "cells": cells(ask, found, measures, told, {"worst": "1"})})
    return rows


def drawn_courses(connection: Connection, ask: Asked, page: int) -> tuple[list[Row], bool]:
    """Give the courses of a page of subjects, and whether there are more; none to who may not read subjects."""
    if not ask.may("subject.read"):
        return [], False
    named = population(connection, ask.trial, ask.at, limit=A_FIGURE + 1, offset=(page - 1) * A_FIGURE)
    several = ask.governs is not None and len(ask.governs.arms) > 1
    drawn = [course(connection, ask, subject) | {"arm": arm if several else None} for subject, arm in named[:A_FIGURE]]
    return drawn, len(named) > A_FIGURE


def course(connection: Connection, ask: Asked, subject: str) -> Row:
    """Give one subject's doses and adverse events by the day from the first dose; `undated` counts those without one."""
    entries = subject_timeline(connection, ask.trial, subject, ask.at)
    given = [entry for entry in entries if entry["what"] == "dose" and entry["state"] == "given"]
    listed = line_listing(connection, ask.trial, ask.at, subject=subject)["rows"]
    standing = [row for row in listed if not row["nullified"] and row["merged_into"] is None]
    doses = [(day_of(dose["on"]), dose["number"]) for dose in given]
    first = min((day for day, _ in doses if day is not None), default=None)
    events = [placed(row, first) for row in standing]
    return {
        "subject": subject,
        "doses": [{"day": day - first, "number": n} for day, n in doses if day is not None and first is not None],
        "events": [event for event in events if event["day"] is not None],
        "undated": sum(day is None for day, _ in doses) + sum(event["day"] is None for event in events),
    }


def placed(row: Row, first: int | None) -> Row:
    """Put a listed adverse event at its days from the first dose; None where a date does not say the day."""
    began, ended = day_of(row["onset"]), day_of(row["end"])
    return {
        "number": row["number"],
        "row": row,
        "serious": row["serious"] == "Y" or bool(row["criteria"]),
        "related": row["related"] == "Y",
        "day": None if began is None or first is None else began - first,
        "until": None if ended is None or first is None else ended - first,
    }


def day_of(text: str | None) -> int | None:
    """Give the day that a date says; None where it says only a month or a year, or nothing."""
    if text is None:
        return None
    low, high = span(text)
    return low // DAY_SECONDS if low // DAY_SECONDS == high // DAY_SECONDS else None
