"""The line listing: one row an adverse event, with what was judged of it and how it lies to the doses."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cache, lru_cache
from typing import Any, NamedTuple, cast

from sqlalchemy import BigInteger, ColumnElement, Connection, RowMapping, Select, bindparam, case, select, tuple_

from safety.aggregates.trial import Definition
from safety.projections import counted
from safety.projections.adverse_event import ADVERSE_EVENT, CRITERIA_OF_DUTIES, serious_in_duties
from safety.projections.assessment import ASSESSMENT, PLAIN
from safety.projections.at import At
from safety.projections.audit_trail import recorded_at
from safety.projections.exposure import EXPOSURE
from safety.projections.given import NOW, SITES, SUBJECTS, TRIAL, moment_of, values
from safety.projections.rows import OPEN, marks
from safety.projections.subject import SUBJECT
from safety.projections.taking import taken
from safety.projections.trials import definition
from safety.values import DAY_SECONDS

AE = ADVERSE_EVENT.table
AS_STATED = (
    "severity", "grade", "serious", "serious_for_sponsor", "outcome", "action_taken", "expected", "aware_on",
    "aware_party", "merged_into",
)  # fmt: skip
FEW = 500
"""Up to so many subjects are asked for by name; for more it is cheaper to read the whole trial."""


KEPT = 64
"""So many statements are kept built: one for each definition and each way of asking."""
LISTED = cast("AbstractSet[str]", bindparam("listed", expanding=True))


class Which(NamedTuple):
    """What the listed adverse events are narrowed by; which subjects, pairs and sites is given when they are asked for."""

    serious: bool
    related: bool
    subjects: bool
    pairs: bool
    sites: bool


class Dose(NamedTuple):
    """A dose that was given, and its day counted from 0001-01-01; None where the date does not say the day."""

    number: int
    day: int | None


class Beside(NamedTuple):
    """What stands beside the listed adverse events: assessments by subject and number, doses by subject."""

    judged: dict[tuple[str, int], list[dict[str, Any]]]
    doses: dict[str, list[Dose]]


def line_listing(
    connection: Connection,
    trial: str,
    at: At,
    *,
    serious: bool = False,
    related: bool = False,
    subject: str | None = None,
    sites: AbstractSet[str] | None = None,
    only: AbstractSet[tuple[str, int]] | None = None,
    subjects: AbstractSet[str] | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> dict[str, Any]:
    """List a trial's adverse events by subject and number; with `sites`, those of the subjects of these sites alone.

    `only` names some by subject and number.
    With `subjects`, those of these subjects alone.

    `serious` keeps those that duties call serious: AESER, any criterion (suspected transmission of an infectious agent is
    one) or the sponsor's view; `related` those that the trial's tables call related. Nullified and merged ones are listed and marked. `study_day` has no day 0 (CDISC); it and
    the days after a dose are None where a date is not known to the day.

    Raises:
        UnknownTrial: there was no such trial at the moment asked about.

    """
    governs = definition(connection, trial, at)
    pairs = only if only is not None and len(only) <= FEW else None
    named = _named(subject, subjects, pairs)
    which = Which(serious, related, named is not None, pairs is not None, sites is not None)
    given = values(trial, at) | {"subjects": named, "pairs": pairs, "sites": sites}
    of, keys = named, pairs
    if named is None or len(named) > FEW or limit is not None or offset:
        page = given | {"limit": OPEN if limit is None else limit, "offset": offset}
        keys = {(row.subject, row.number) for row in connection.execute(_page(governs, which, moment_of(at)), page)}
        keys = keys if only is None else keys & only
        of = {code for code, _ in keys}
    few, given = of is not None and len(of) <= FEW, given | {"listed": of}
    lines = connection.execute(_lines(governs, which, moment_of(at), few=few), given).mappings()
    beside = Beside(_judged(connection, given, few=few), _doses(connection, at, given, few=few))
    listed = [_line(row, beside) for row in lines if keys is None or (row["subject"], row["number"]) in keys]
    return {"trial": trial, "position": at.position, "as_of": recorded_at(connection, at), "rows": listed}


def _named(
    subject: str | None, subjects: AbstractSet[str] | None, pairs: AbstractSet[tuple[str, int]] | None
) -> AbstractSet[str] | None:
    """Give the subjects that are asked for by name, in whichever way; None where none is."""
    said = (
        None if subject is None else {subject},
        subjects,
        # Of pairs the subjects too: an index leads to them, none to pairs.
        None if pairs is None else {code for code, _ in pairs},
    )
    named = [one for one in said if one is not None]
    return frozenset.intersection(*map(frozenset, named)) if named else None


def of_sites(trial: str, at: At, sites: AbstractSet[str]) -> ColumnElement[bool]:
    """Choose the adverse events of the subjects of some sites; a subject whose site nobody stated is of none."""
    person = SUBJECT.table
    theirs = select(person.c.subject).where(person.c.trial == trial, at.stands(person), person.c.site.in_(sites))
    return AE.c.subject.in_(theirs)


def _wanted(governs: Definition, which: Which, at: At) -> Iterator[ColumnElement[bool]]:
    """Give the conditions of what is listed."""
    yield from (AE.c.trial == TRIAL, at.stands(AE), at.happened(AE.c.onset_low))
    if which.serious:
        yield serious_in_duties()
    if which.related:
        yield counted.related(governs, TRIAL, at) == 1
    if which.subjects:
        yield AE.c.subject.in_(SUBJECTS)
    if which.pairs:
        yield tuple_(AE.c.subject, AE.c.number).in_(bindparam("pairs", expanding=True))
    if which.sites:
        yield of_sites(TRIAL, at, SITES)


@lru_cache(maxsize=KEPT)
def _page(governs: Definition, which: Which, at: At) -> Select[Any]:
    """Give the keys of what is listed, by subject and number."""
    order = (AE.c.subject, AE.c.number)
    page = select(AE.c.subject, AE.c.number).where(*_wanted(governs, which, at)).order_by(*order)
    return page.limit(bindparam("limit", type_=BigInteger)).offset(bindparam("offset", type_=BigInteger))


@lru_cache(maxsize=KEPT)
def _lines(governs: Definition, which: Which, at: At, *, few: bool) -> Select[Any]:
    """Give the adverse events of the listed subjects, or of all, beside their subjects and first doses."""
    listed = LISTED if few else None
    person, given = SUBJECT.table, counted.doses(TRIAL, at, listed)
    of = counted.members(TRIAL, governs, at, given, listed)
    is_person = (person.c.trial == AE.c.trial) & (person.c.subject == AE.c.subject) & at.stands(person)
    emergent = counted.emergent(governs.counting.treatment_emergent, of)
    return (
        select(
            AE,
            person.c.site,
            person.c.arm,
            given.c.first_low,
            given.c.first_high,
            case((of.c.subject.is_(None), 0), else_=emergent).label("emergent"),
            counted.related(governs, TRIAL, at).label("related"),
        )
        .select_from(
            AE.outerjoin(person, is_person)
            .outerjoin(of, of.c.subject == AE.c.subject)
            .outerjoin(given, given.c.subject == AE.c.subject)
        )
        .where(counted.among(AE, listed), *_wanted(governs, which, at))
        .order_by(AE.c.subject, AE.c.number)
    )


def _judged(
    connection: Connection, given: Mapping[str, Any], *, few: bool
) -> dict[tuple[str, int], list[dict[str, Any]]]:
    """Give every assessment of the listed adverse events."""
    judged: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for subject, number, assessor, product, method, causality in taken(
        connection.execute(_assessments(few=few), given)
    ):
        said = {"assessor": assessor, "product": product or None, "method": method or None, "causality": causality}
        judged.setdefault((subject, number), []).append(said)
    return judged


@cache
def _assessments(*, few: bool) -> Select[Any]:
    table = ASSESSMENT.table
    of = (table.c.trial == TRIAL, counted.among(table, LISTED if few else None), NOW.stands(table))
    order = (table.c.subject, table.c.number, table.c.assessor, table.c.product, table.c.method)
    return select(*order, table.c.causality).where(*of, table.c.causality.is_not(None)).order_by(*order)


def _doses(connection: Connection, at: At, given: Mapping[str, Any], *, few: bool) -> dict[str, list[Dose]]:
    """Give the doses of the listed subjects."""
    doses: dict[str, list[Dose]] = {}
    for subject, number, low, high in taken(connection.execute(_given(moment_of(at), few=few), given)):
        doses.setdefault(subject, []).append(Dose(number, _day(low, high)))
    return doses


@cache
def _given(at: At, *, few: bool) -> Select[Any]:
    table = EXPOSURE.table
    of = (table.c.trial == TRIAL, counted.among(table, LISTED if few else None), at.stands(table))
    happened = (at.happened(table.c.start_low), table.c.withheld == 0, table.c.vanished == 0)
    return select(table.c.subject, table.c.number, table.c.start_low, table.c.start_high).where(*of, *happened)


def _day(low: int | None, high: int | None) -> int | None:
    """Give the day that a span of seconds lies in; None where it is longer than a day or not known."""
    if low is None or high is None or low // DAY_SECONDS != high // DAY_SECONDS:
        return None
    return low // DAY_SECONDS


def study_day(day: int | None, first: int | None) -> int | None:
    """Count days from the first dose, which is day 1; the day before it is day -1 (SDTMIG 4.4.4)."""
    if day is None or first is None:
        return None
    return day - first + (day >= first)


def dose_before(day: int | None, doses: Sequence[Dose], stated: int | None) -> tuple[int | None, int | None]:
    """Give the dose that an adverse event came after and the days since: the stated one, else the last up to that day."""
    if stated is not None:
        given = next((dose.day for dose in doses if dose.number == stated), None)
        return stated, None if day is None or given is None else day - given
    known = [(dose.day, dose.number) for dose in doses if dose.day is not None]
    if day is None or len(known) < len(doses):
        return None, None
    last = max((dose for dose in known if dose[0] <= day), default=None)
    return (None, None) if last is None else (last[1], day - last[0])


def _line(row: RowMapping, beside: Beside) -> dict[str, Any]:
    judged = beside.judged.get((row["subject"], row["number"]), [])
    plain = {"assessor": PLAIN[0], "product": None, "method": None}
    day = _day(row["onset_low"], row["onset_high"])
    after_dose, days_after_dose = dose_before(day, beside.doses.get(row["subject"], []), row["after_dose"])
    return {
        "subject": row["subject"],
        "site": row["site"],
        "arm": row["arm"],
        "number": row["number"],
        "source_id": row["source_id"],
        "term": row["term"],
        "preferred_term": row["preferred_term"],
        "soc": row["body_system"] or row["system_organ_class"],
        "onset": row["started_on"],
        "end": row["ended_on"],
        "study_day": study_day(day, _day(row["first_low"], row["first_high"])),
        "after_dose": after_dose,
        "days_after_dose": days_after_dose,
        **{name: row[name] for name in AS_STATED},
        "criteria": marks(row, CRITERIA_OF_DUTIES),
        "causality": next((said["causality"] for said in judged if plain.items() <= said.items()), None),
        "assessments": judged,
        "treatment_emergent": "Y" if row["emergent"] else "N",
        "related": "Y" if row["related"] else "N",
        "nullified": bool(row["nullified"]),
        "vanished": bool(row["vanished"]),
        "position": row["from_position"],
    }
