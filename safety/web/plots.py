"""Where the marks of the figures lie, from numbers alone; the templates write them as SVG of attributes and classes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

WEEK = 7
SHAPES = ("circle", "square", "diamond", "triangle")
"""The shape of an arm's dot; with more arms they come round again, and the arm's name is written beside."""
LEFT, SHARE_WIDTH = 8.0, 284.0
FIGURE_WIDTH, FIGURE_LEFT, FIGURE_RIGHT = 1200.0, 94.0, 1180.0
HEAD, LANE, LANE_GAP, MARK, ARM_HEAD = 30.0, 38.0, 16.0, 20.0, 28.0
PLOT_TOP, PLOT_BOTTOM = 16.0, 216.0
TICKS = (1, 2, 4, 8, 13, 26, 52, 104, 260, 520)
"""Weeks between two lines of the grid."""
MOST_TICKS = 16
COUNT_STEPS = 4


def share(measured: Mapping[str, Any], shape: int = 0) -> dict[str, Any] | None:
    """Place a proportion and its interval on a line from 0 to 100 %, 300 wide; None where nobody was at risk."""
    if measured["proportion"] is None or measured["ci95"] is None:
        return None
    low, high = measured["ci95"]
    at = [round(LEFT + SHARE_WIDTH * part, 1) for part in (measured["proportion"], low, high)]
    return {"x": at[0], "low": at[1], "high": at[2], "none": measured["subjects"] == 0, "shape": SHAPES[shape % 4]}


def arm_dot(shape: int) -> dict[str, Any]:
    """Place the dot of an arm in the middle of a square of 14, for the legend."""
    return {"x": 7.0, "shape": SHAPES[shape % 4], "none": False}


@dataclass(frozen=True, slots=True)
class Axis:
    """Days from the first dose along a figure."""

    first: int
    last: int

    def x(self, day: float) -> float:
        """Give the place of a day."""
        return round(FIGURE_LEFT + (FIGURE_RIGHT - FIGURE_LEFT) * (day - self.first) / (self.last - self.first), 1)

    @property
    def ticks(self) -> list[tuple[int, float]]:
        """Give the weeks that are written, each with its place."""
        weeks = (self.last - self.first) // WEEK
        apart = next((step for step in TICKS if weeks / step <= MOST_TICKS), TICKS[-1])
        start = -(-self.first // (WEEK * apart)) * apart
        return [(week, self.x(week * WEEK)) for week in range(start, self.last // WEEK + 1, apart)]


def axis(days: Sequence[int]) -> Axis:
    """Make an axis that holds every day, and week 0 to 1 at least, with room for a mark at both ends."""
    held = (*days, 0, WEEK)
    room = max(1, round((max(held) - min(held)) * 0.02))
    return Axis(min(held) - room, max(held) + room)


def courses(subjects: Sequence[Mapping[str, Any]], window: int | None) -> dict[str, Any]:
    """Place subjects below each other: doses, and events beside or below each other where they would cover one another.

    A subject has `subject`, `doses` (each with `day`) and `events` (each with `day`, and `until` where its end is known);
    days are counted from the first dose, and what has none is not placed. `arm` is written above the first of its subjects,
    where it is said.
    """
    days = [mark["day"] for one in subjects for mark in (*one["doses"], *one["events"])]
    along, top, rows = axis([*days, *([] if window is None else [window])]), HEAD, []
    heads: list[dict[str, Any]] = []
    for one in subjects:
        if one.get("arm") and (not heads or heads[-1]["arm"] != one["arm"]):
            heads.append({"arm": one["arm"], "y": top + ARM_HEAD / 2})
            top += ARM_HEAD
        events, lanes = _lanes(one["events"], along)
        rows.append({
            "subject": one["subject"],
            "y": top + LANE / 2,
            "doses": [{**dose, "x": along.x(dose["day"])} for dose in one["doses"]],
            "events": [{**event, "y": top + LANE / 2 + LANE * event["lane"]} for event in events],
        })  # fmt: skip
        top += LANE * lanes + LANE_GAP
    shaded = None if window is None else {"x": along.x(0), "width": round(along.x(window) - along.x(0), 1)}
    return {"rows": rows, "heads": heads, "ticks": along.ticks, "bottom": top, "height": top + MARK, "window": shaded}


def _lanes(events: Sequence[Mapping[str, Any]], along: Axis) -> tuple[list[dict[str, Any]], int]:
    """Put each event into the first lane in which it covers no other."""
    ends: list[float] = []
    placed = []
    for event in sorted(events, key=lambda event: (event["day"], event["number"])):
        x = along.x(event["day"])
        lane = next((place for place, end in enumerate(ends) if x - end >= MARK), len(ends))
        ends[lane : lane + 1] = [x + MARK]
        until = event.get("until")
        placed.append({**event, "x": x, "lane": lane, "end": None if until is None else along.x(until)})
    return placed, max(1, len(ends))


def climbing(counts: Mapping[str, Mapping[int, int]]) -> dict[str, Any]:
    """Draw for each arm how many events there had been by each day, as steps; `counts` are new events by arm and day."""
    most = max((sum(by_day.values()) for by_day in counts.values()), default=0) or 1
    along = axis([day for by_day in counts.values() for day in by_day])
    step = max(1, -(-most // COUNT_STEPS))
    top = step * COUNT_STEPS

    def y(count: int) -> float:
        return round(PLOT_BOTTOM - (PLOT_BOTTOM - PLOT_TOP) * count / top, 1)

    lines = []
    for place, (arm, by_day) in enumerate(counts.items()):
        days = sorted(by_day)
        reached = list(accumulate(by_day[day] for day in days))
        path = "".join(f"H{along.x(day)}V{y(count)}" for day, count in zip(days, reached, strict=True))
        total = reached[-1] if reached else 0
        lines.append({
            "arm": arm,
            "path": f"M{FIGURE_LEFT} {y(0)}{path}H{FIGURE_RIGHT}",
            "events": total,
            "y": y(total),
            "style": place % 4,
        })  # fmt: skip
    levels = [(step * place, y(step * place)) for place in range(COUNT_STEPS + 1)]
    return {"lines": lines, "levels": levels, "ticks": along.ticks, "top": PLOT_TOP, "bottom": PLOT_BOTTOM}
