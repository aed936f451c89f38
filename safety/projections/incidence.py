"""Incidence of adverse events by arm, term and grade, with exact intervals, and the rules printed beside (DESIGN 4)."""

from collections.abc import Sequence
from typing import Any, Literal

from sqlalchemy import CTE, ColumnElement, Connection, case, func, null, select

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
    "teae": (),
    "related": ("related",),
    "serious": ("serious",),
    "related_serious": ("related", "serious"),
    "fatal": ("fatal",),
    "related_fatal": ("related", "fatal"),
    "severe": ("severe",),
}
"""What is counted, all of it treatment-emergent: by name, the marks that an adverse event must have."""
SCALES = {"severity": ("MILD", "MODERATE", "SEVERE"), "grade": ("1", "2", "3", "4", "5")}
WHOLE_RECORD = "the whole record"


class NoPrimaryWindow(Refused):
    """Trial {trial} states no primary window; add `counting.primary_window` to its file, or ask for the whole record."""


class NoSuchArm(Refused):
    """Trial {trial} has no arm {arm}; use one of: {arms}."""


def incidence(
    connection: Connection, trial: str, at: At, *, by: By = "arm", window: Window = "all", compare: str | None = None
) -> dict[str, Any]:
    """Count subjects and events of a trial by the contract of DESIGN 4, with the rules in words.

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
        self._members = counted.members(trial, governs, at, counted.doses(trial, at))

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

    def _emergent(self, *columns: ColumnElement[Any]) -> CTE:
        """Give the treatment-emergent adverse events of the population, of the window that is asked for."""
        of, rule = self._members, self._governs.counting.treatment_emergent
        wanted = (
            select(AE.c.subject, of.c.arm, *columns)
            .select_from(of.join(AE, AE.c.subject == of.c.subject))
            .where(counted.on_record(self._trial, self._at), counted.emergent(rule, of) == 1)
        )
        primary = self._governs.counting.primary_window
        if self._window == "primary" and primary is not None:
            wanted = wanted.where(counted.inside(primary, rule, of) == 1)
        return wanted.cte("emergent")

    def groups(self, connection: Connection, arms: Sequence[str]) -> list[dict[str, Any]]:
        """Count every measure in every arm."""
        marks = {
            "related": counted.related(self._governs, self._trial, self._at),
            "serious": counted.serious(self._governs),
            "fatal": _yes(AE.c.results_in_death == "Y"),
            "severe": _yes(AE.c.severity == "SEVERE"),
        }
        events = self._emergent(*(mark.label(name) for name, mark in marks.items()))
        told = {name: func.sum(_all(events, needs)).label(name) for name, needs in MEASURES.items()}
        by_subject = select(events.c.subject, *told.values()).group_by(events.c.subject).subquery("by_subject")
        of = self._members
        counts = [
            function.label(f"{name}_{what}")
            for name in MEASURES
            for what, function in (
                ("subjects", func.sum(_yes(by_subject.c[name] > 0))),
                ("events", func.coalesce(func.sum(by_subject.c[name]), 0)),
            )
        ]
        ask = (
            select(of.c.arm, func.count().label("size"), *counts)
            .select_from(of.outerjoin(by_subject, by_subject.c.subject == of.c.subject))
            .group_by(of.c.arm)
        )
        found = {row.arm: row._mapping for row in connection.execute(ask)}  # noqa: SLF001, SQLAlchemy's public name
        return [_group(arm, found.get(arm)) for arm in arms]

    def terms(self, connection: Connection, sizes: dict[str, int], *, by_term: bool) -> list[dict[str, Any]]:
        """Count by system organ class, and by preferred term within it; a subject counts once a term."""
        soc = func.coalesce(AE.c.body_system, AE.c.system_organ_class).label("soc")
        term = (AE.c.preferred_term if by_term else null()).label("pt")
        events = self._emergent(soc, term)
        names = [events.c.arm, events.c.soc, events.c.pt]
        ask = select(*names, _subjects(events), func.count().label("events")).group_by(*names)
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

    def _grades(self, column: str, steps: Sequence[str]) -> Any:  # noqa: ANN401, a compound select
        rank = case({step: place for place, step in enumerate(steps)}, value=AE.c[column], else_=null())
        events = self._emergent(rank.label("rank"))
        worst = (
            select(events.c.arm, events.c.subject, func.max(events.c.rank).label("rank"))
            .where(events.c.rank.is_not(None))
            .group_by(events.c.arm, events.c.subject)
            .subquery("worst")
        )
        subjects = (
            select(worst.c.arm, worst.c.rank, func.count().label("subjects"))
            .group_by(worst.c.arm, worst.c.rank)
            .subquery("subjects")
        )
        at_grade = (
            select(events.c.arm, events.c.rank, func.count().label("events"))
            .where(events.c.rank.is_not(None))
            .group_by(events.c.arm, events.c.rank)
            .subquery("at_grade")
        )
        same = (subjects.c.arm == at_grade.c.arm) & (subjects.c.rank == at_grade.c.rank)
        return select(
            at_grade.c.arm,
            at_grade.c.rank,
            func.coalesce(subjects.c.subjects, 0).label("subjects"),
            at_grade.c.events,
        ).select_from(at_grade.outerjoin(subjects, same))


def _yes(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


def _all(events: CTE, needs: Sequence[str]) -> ColumnElement[int]:
    """1 where an adverse event has every mark that is needed."""
    product: ColumnElement[int] | None = None
    for need in needs:
        product = events.c[need] if product is None else product * events.c[need]
    return case((events.c.subject.is_not(None), 1), else_=0) if product is None else product


def _subjects(events: CTE) -> ColumnElement[int]:
    return func.count(events.c.subject.distinct()).label("subjects")


def _last(text: str | None) -> tuple[bool, str]:
    """Sort what is not coded to the end."""
    return (text is None, text or "")


def _measure(row: Any, sizes: dict[str, int]) -> dict[str, Any]:  # noqa: ANN401, a row of counts
    return measure(row.subjects, row.events, sizes[row.arm])


def _group(arm: str, row: Any) -> dict[str, Any]:  # noqa: ANN401, a row of counts
    size = 0 if row is None else row["size"]
    counts = {
        name: (0, 0) if row is None else (int(row[f"{name}_subjects"]), int(row[f"{name}_events"])) for name in MEASURES
    }
    measures = {name: measure(subjects, events, size) for name, (subjects, events) in counts.items()}
    return {"arm": arm, "subjects": size, "measures": measures}
