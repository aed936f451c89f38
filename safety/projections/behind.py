"""What stands behind the numbers of an incidence table: the adverse events of one of them, and all of them over time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, func, null, select

from safety.projections import counted
from safety.projections.at import At
from safety.projections.incidence import AE, MEASURES, SCALES, SOC, Counting, Window
from safety.projections.trials import definition


@dataclass(frozen=True, slots=True)
class Cell:
    """One number of an incidence table: of an arm, a measure, a term or a grade.

    `soc` and `pt` are read where `of` says so; None is what is not coded. `worst` keeps the events of the subjects whose
    worst grade it is, which is how a table by grade counts subjects.
    """

    arm: str
    measure: str = "teae"
    of: str = "arm"
    soc: str | None = None
    pt: str | None = None
    scale: str = "grade"
    grade: str = ""
    worst: bool = False


def behind(connection: Connection, trial: str, at: At, cell: Cell, *, window: Window) -> list[tuple[str, int]]:
    """Name the adverse events that one number counts, by subject and number, chosen by the conditions that counted it.

    Raises:
        UnknownTrial: there was no such trial at the moment asked about.
        NoPrimaryWindow: the primary window is asked for and the trial states none.
        KeyError: the cell names no measure or no scale of the table.

    """
    counting = Counting(trial, definition(connection, trial, at), at, window)
    marks = counting.marks()
    conditions: list[ColumnElement[bool]] = [counting.members.c.arm == cell.arm]
    conditions += [marks[name] == 1 for name in MEASURES[cell.measure] if name != "teae"]
    if cell.of in {"soc", "pt"}:
        conditions.append(SOC.is_not_distinct_from(cell.soc))
    if cell.of == "pt":
        conditions.append(AE.c.preferred_term.is_not_distinct_from(cell.pt))
    if cell.of == "grade":
        conditions.append(AE.c[cell.scale] == cell.grade)
    ask = counting.emergent(AE.c.number).where(*conditions).order_by(counting.members.c.subject, AE.c.number)
    found = [(row.subject, row.number) for row in connection.execute(ask)]
    if cell.of == "grade" and cell.worst:
        worse = _with_a_worse_grade(connection, counting, cell)
        found = [key for key in found if key[0] not in worse]
    return found


def _with_a_worse_grade(connection: Connection, counting: Counting, cell: Cell) -> set[str]:
    steps = SCALES[cell.scale]
    above = steps[steps.index(cell.grade) + 1 :] if cell.grade in steps else ()
    ask = counting.emergent().where(counting.members.c.arm == cell.arm, AE.c[cell.scale].in_(above))
    return {row.subject for row in connection.execute(ask)}


def population(
    connection: Connection, trial: str, at: At, *, limit: int | None = None, offset: int = 0
) -> Sequence[tuple[str, str]]:
    """Name the subjects whom the tables count, each with the arm, in order.

    Raises:
        UnknownTrial: there was no such trial at the moment asked about.

    """
    of = Counting(trial, definition(connection, trial, at), at, "all").members
    ask = select(of.c.arm, of.c.subject).order_by(of.c.arm, of.c.subject).limit(limit).offset(offset)
    return [(row.subject, row.arm) for row in connection.execute(ask)]


def over_time(connection: Connection, trial: str, at: At, *, window: Window) -> dict[str, dict[int | None, int]]:
    """Count the table's adverse events by arm and the whole days from the first dose to the onset; None is not known.

    Raises:
        UnknownTrial: there was no such trial at the moment asked about.
        NoPrimaryWindow: the primary window is asked for and the trial states none.

    """
    counting = Counting(trial, definition(connection, trial, at), at, window)
    first, began = counting.members.c.first_low, AE.c.onset_low
    same = [counted.day(low) == counted.day(high) for low, high in _spans(counting)]
    days = case((same[0] & same[1], counted.day(began) - counted.day(first)), else_=null())
    each = counting.emergent(days.label("days")).subquery("each_adverse_event")
    ask = select(each.c.arm, each.c.days, func.count().label("events")).group_by(each.c.arm, each.c.days)
    found: dict[str, dict[int | None, int]] = {}
    for row in connection.execute(ask):
        found.setdefault(row.arm, {})[row.days] = row.events
    return found


def _spans(counting: Counting) -> list[tuple[Any, Any]]:
    of = counting.members.c
    return [(AE.c.onset_low, AE.c.onset_high), (of.first_low, of.first_high)]
