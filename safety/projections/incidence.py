"""Incidence of adverse events by arm, term and grade, with exact intervals, and the rules printed beside."""

from collections.abc import Sequence
from functools import reduce
from operator import mul
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, FromClause, Select, case, func, null, select

from safety.aggregates.deciding import Refused
from safety.aggregates.trial import Definition
from safety.projections import counted
from safety.projections.at import At
from safety.projections.audit_trail import recorded_at
from safety.projections.exact import fisher, interval
from safety.projections.trials import definition

By = Literal["arm", "soc", "pt", "grade"]
Window = Literal["all", "primary"]
AE = counted.AE

MEASURES = {
    "teae": ("teae",),
    "related": ("teae", "related"),
    "serious": ("teae", "serious"),
    "related_serious": ("teae", "related", "serious"),
    "fatal": ("teae", "fatal"),
    "related_fatal": ("teae", "related", "fatal"),
    "severe": ("teae", "severe"),
}
"""What is counted: by name, the marks that an adverse event must have; the first is being treatment-emergent."""
SCALES = {"severity": ("MILD", "MODERATE", "SEVERE"), "grade": ("1", "2", "3", "4", "5")}
SOC = func.coalesce(AE.c.body_system, AE.c.system_organ_class)
WHOLE_RECORD = "the whole record"


class NoPrimaryWindow(Refused):
    """Trial {trial} states no primary window; add `counting.primary_window` to its file, or ask for the whole record."""


class NoSuchArm(Refused):
    """Trial {trial} has no arm {arm}; use one of: {arms}."""


def incidence(
    connection: Connection, trial: str, at: At, *, by: By = "arm", window: Window = "all", compare: str | None = None
) -> dict[str, Any]:
    """Count subjects and events of a trial by the contract of the command line, with the rules in words.

    `compare` names an arm to test every other against, by Fisher's exact test for each measure.

    Raises:
        UnknownTrial: there was no such trial at the moment asked about.
        NoPrimaryWindow: the primary window is asked for and the trial states none.
        NoSuchArm: the arm to compare with is not one of the trial's.

    """
    governs = definition(connection, trial, at)
    arms = [arm.name for arm in governs.arms]
    if compare is not None and compare not in arms:
        raise NoSuchArm(trial=trial, arm=compare, arms=", ".join(arms))
    counting = Counting(trial, governs, at, window)
    groups = counting.groups(connection, arms)
    sizes = {group["arm"]: group["subjects"] for group in groups}
    table = {**counting.stated(connection), "groups": groups}
    if by in {"soc", "pt"}:
        table["terms"] = counting.terms(connection, sizes, by_term=by == "pt")
    if by == "grade":
        table["grades"] = counting.grades(connection, sizes)
    if compare is not None:
        table["comparisons"] = comparisons(groups, compare)
    return table


def by_class(
    connection: Connection, trial: str, at: At, sizes: dict[str, int], *, window: Window = "all"
) -> list[dict[str, Any]]:
    """Count by system organ class alone, beside a table that has told the `sizes` of its arms.

    Raises:
        UnknownTrial: there was no such trial at the moment asked about.
        NoPrimaryWindow: the primary window is asked for and the trial states none.

    """
    return Counting(trial, definition(connection, trial, at), at, window).terms(connection, sizes, by_term=False)


def measure(subjects: int, events: int, of: int) -> dict[str, Any]:
    """Give subjects, events, proportion and exact interval; of an empty arm the last two are None."""
    bounds = interval(subjects, of)
    return {
        "subjects": subjects,
        "events": events,
        "proportion": None if of == 0 else round(subjects / of, 6),
        "ci95": None if bounds is None else list(bounds),
    }


def comparisons(groups: Sequence[dict[str, Any]], reference: str) -> list[dict[str, Any]]:
    """Test every arm against the reference, measure by measure."""
    by_arm = {group["arm"]: group for group in groups}

    def pair(arm: str, name: str) -> tuple[int, int]:
        return by_arm[arm]["measures"][name]["subjects"], by_arm[arm]["subjects"]

    return [
        {"measure": name, "arms": [reference, arm], "p": fisher(pair(reference, name), pair(arm, name))}
        for name in MEASURES
        for arm in by_arm
        if arm != reference
    ]


class Counting:
    """The statements of one table: all of them count the same adverse events of the same population."""

    def __init__(self, trial: str, governs: Definition, at: At, window: Window) -> None:
        """Compile the trial's rules; refuses with NoPrimaryWindow."""
        self._trial, self._governs, self._at, self._window = trial, governs, at, window
        if window == "primary" and governs.counting.primary_window is None:
            raise NoPrimaryWindow(trial=trial)
        self.members = counted.members(trial, governs, at, counted.doses(trial, at))

    def stated(self, connection: Connection) -> dict[str, Any]:
        """Say of which trial, which moment, which population and which rules the numbers are."""
        counting = self._governs.counting
        primary = counting.primary_window
        said = WHOLE_RECORD if self._window == "all" or primary is None else primary.words
        return {
            "trial": self._trial,
            "position": self._at.position,
            "as_of": recorded_at(connection, self._at),
            "population": {"name": counting.population.name, "rule": counting.population.words},
            "rules": {
                "treatment_emergent": counting.treatment_emergent.words,
                "related": self._governs.causality.words,
                "serious": counting.serious.words,
            },
            "window": {"name": self._window, "rule": said},
            "provenance": self._governs.provenance,
        }

    def _counts(self) -> ColumnElement[bool]:
        """Choose the adverse events that are counted at all: treatment-emergent, and of the window that is asked for."""
        rule, primary = self._governs.counting.treatment_emergent, self._governs.counting.primary_window
        counts = counted.emergent(rule, self.members) == 1
        if self._window == "primary" and primary is not None:
            counts &= counted.inside(primary, rule, self.members) == 1
        return counts

    def _is_of(self) -> ColumnElement[bool]:
        """Join a member with the adverse events on record."""
        return (AE.c.subject == self.members.c.subject) & counted.on_record(self._trial, self._at)

    def emergent(self, *columns: ColumnElement[Any]) -> Select[Any]:
        """Give the counted adverse events of the population."""
        of = self.members
        return select(of.c.arm, of.c.subject, *columns).select_from(of.join(AE, self._is_of())).where(self._counts())

    def marks(self) -> dict[str, ColumnElement[int]]:
        """Give what an adverse event may be beside treatment-emergent: 1 where it is, 0 where not."""
        return {
            "related": counted.related(self._governs, self._trial, self._at),
            "serious": counted.serious(self._governs),
            "fatal": _yes(AE.c.results_in_death == "Y"),
            "severe": _yes(AE.c.severity == "SEVERE"),
        }

    def groups(self, connection: Connection, arms: Sequence[str]) -> list[dict[str, Any]]:
        """Count every measure in every arm."""
        of = self.members
        marks = {"teae": _yes(AE.c.number.is_not(None) & self._counts()), **self.marks()}
        each = (
            select(of.c.subject, of.c.arm, *(mark.label(name) for name, mark in marks.items()))
            .select_from(of.outerjoin(AE, self._is_of()))
            .cte("each_adverse_event")
        )
        told = (func.sum(_all(each, needs)).label(name) for name, needs in MEASURES.items())
        by_subject = select(each.c.arm, *told).group_by(each.c.subject, each.c.arm).subquery("by_subject")
        counts = [
            func.sum(what).label(f"{name}_{title}")
            for name in MEASURES
            for title, what in (("subjects", _yes(by_subject.c[name] > 0)), ("events", by_subject.c[name]))
        ]
        ask = select(by_subject.c.arm, func.count().label("size"), *counts).group_by(by_subject.c.arm)
        found = {row["arm"]: row for row in connection.execute(ask).mappings()}
        return [_group(arm, found.get(arm)) for arm in arms]

    def terms(self, connection: Connection, sizes: dict[str, int], *, by_term: bool) -> list[dict[str, Any]]:
        """Count by system organ class, and by preferred term within it; a subject counts once a term."""
        soc = SOC.label("soc")
        term = (AE.c.preferred_term if by_term else null()).label("pt")
        events = self.emergent(soc, term).subquery("events")
        names = [events.c.arm, events.c.soc, events.c.pt]
        ask = select(
            *names, func.count(events.c.subject.distinct()).label("subjects"), func.count().label("events")
        ).group_by(*names)
        order = {arm: place for place, arm in enumerate(sizes)}
        rows = sorted(connection.execute(ask), key=lambda row: (order[row.arm], _last(row.soc), _last(row.pt)))
        return [{"arm": row.arm, "soc": row.soc, "pt": row.pt, "measure": _measure(row, sizes)} for row in rows]

    def grades(self, connection: Connection, sizes: dict[str, int]) -> list[dict[str, Any]]:
        """Count subjects at their worst grade of each scale, and events at the grade they have."""
        version = self._governs.severity.ctcae_version
        titles = {"severity": "AESEV", "grade": f"CTCAE {version}" if version else "CTCAE, version not stated"}
        order = {arm: place for place, arm in enumerate(sizes)}
        told = []
        for column, steps in SCALES.items():
            rows = {(row.arm, row.rank): row for row in connection.execute(self._grades(column, steps))}
            told += [
                {"arm": arm, "scale": titles[column], "grade": steps[rank], "measure": _measure(rows[arm, rank], sizes)}
                for arm, rank in sorted(rows, key=lambda place: (order[place[0]], place[1]))
            ]
        return told

    def _grades(self, column: str, steps: Sequence[str]) -> Select[Any]:
        rank = case({step: place for place, step in enumerate(steps)}, value=AE.c[column], else_=null())
        events = self.emergent(rank.label("rank")).where(AE.c[column].in_(steps)).subquery("events")
        names = [events.c.arm, events.c.subject, events.c.rank]
        worst = func.max(events.c.rank).over(partition_by=events.c.subject) == events.c.rank
        each = select(*names, func.count().label("events"), _yes(worst).label("worst")).group_by(*names)
        of = each.subquery("by_subject")
        sums = (func.sum(of.c.worst).label("subjects"), func.sum(of.c.events).label("events"))
        return select(of.c.arm, of.c.rank, *sums).group_by(of.c.arm, of.c.rank)


def _yes(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


def _all(events: FromClause, needs: Sequence[str]) -> ColumnElement[int]:
    """1 where an adverse event has every mark that is needed."""
    return reduce(mul, (events.c[need] for need in needs))


def _last(text: str | None) -> tuple[bool, str]:
    """Sort what is not coded to the end."""
    return (text is None, text or "")


def _measure(row: Any, sizes: dict[str, int]) -> dict[str, Any]:  # noqa: ANN401, a row of counts
    # PostgreSQL sums integers into decimals.
    return measure(int(row.subjects), int(row.events), sizes[row.arm])


def _group(arm: str, row: Any) -> dict[str, Any]:  # noqa: ANN401, a row of counts
    size = 0 if row is None else row["size"]
    counts = {
        name: (0, 0) if row is None else (int(row[f"{name}_subjects"]), int(row[f"{name}_events"])) for name in MEASURES
    }
    measures = {name: measure(subjects, events, size) for name, (subjects, events) in counts.items()}
    return {"arm": arm, "subjects": size, "measures": measures}
