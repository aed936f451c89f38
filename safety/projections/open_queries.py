"""Contradictions of the record, kept as given and listed as queries until somebody corrects them; computed, never stored."""

from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from functools import lru_cache, reduce
from operator import add
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Connection,
    Row,
    Select,
    Subquery,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.sql import ColumnElement

from safety.aggregates.adverse_event import CRITERIA, Seriousness
from safety.aggregates.deciding import variables
from safety.aggregates.trial import Definition
from safety.projections import counted
from safety.projections.adverse_event import ADVERSE_EVENT
from safety.projections.assessment import ASSESSMENT, PLAIN
from safety.projections.at import At
from safety.projections.exposure import EXPOSURE
from safety.projections.given import SITES, TRIAL, moment_of, values
from safety.projections.rows import OPEN, WORD
from safety.projections.subject import SUBJECT
from safety.projections.trials import definition

AE = ADVERSE_EVENT.table
PERSON = SUBJECT.table
VARIABLE = variables(Seriousness)
SAME = (
    "term", "preferred_term", "started_on", "ended_on", "severity", "grade", "serious", *CRITERIA, "outcome",
    "action_taken",
)  # fmt: skip
"""Two adverse events that are equal in all of these, and in the investigator's causality, differ in number only."""
KEPT = 16
"""So many statements are kept built: one for each definition and each way of asking."""

Query = dict[str, Any]
Told = tuple[list[str], str]
"""The fields that contradict each other (CDISC names), and the sentence that says how; codes only."""
Found = Select[Any]
"""Subject, number and source_id of what a rule finds, and two texts that its sentence names: `said` and `other`."""


class Rule(NamedTuple):
    """A contradiction: what finds it, given what governs the trial and the moment, and how one of them is told."""

    name: str
    finds: Callable[[Definition, At], Iterator[Found]]
    tells: Callable[[Row[Any]], Told]


def open_queries(
    connection: Connection,
    trial: str,
    at: At,
    *,
    sites: AbstractSet[str] | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> list[Query]:
    """List a trial's contradictions: rule, subject, number, source_id, fields (CDISC names), message; codes only.

    Sorted by subject, number and rule; with `sites`, those of the subjects of these sites alone. A nullified adverse event
    has none: it is not on record as an event.

    Raises:
        UnknownTrial: there was no such trial at the moment asked about.

    """
    asked = _page(definition(connection, trial, at), moment_of(at), sited=sites is not None)
    said = values(trial, at) | {"sites": sites, "limit": OPEN if limit is None else limit, "offset": offset}
    return [_told(row) for row in connection.execute(asked, said)]


def count_queries(connection: Connection, trial: str, at: At, *, sites: AbstractSet[str] | None = None) -> int:
    """Count the contradictions that `open_queries` lists; raises what that raises."""
    asked = _count(definition(connection, trial, at), moment_of(at), sited=sites is not None)
    return int(connection.execute(asked, values(trial, at) | {"sites": sites}).scalar_one())


def _told(row: Row[Any]) -> Query:
    rule = RULES[row.rule]
    fields, message = rule.tells(row)
    place = {"subject": row.subject, "number": row.number, "source_id": row.source_id}
    return {"rule": rule.name, **place, "fields": fields, "message": message}


@lru_cache(maxsize=KEPT)
def _page(governs: Definition, at: At, *, sited: bool) -> Found:
    found = _found(governs, at)
    order = (found.c.subject, func.coalesce(found.c.number, 0), found.c.rule, found.c.other, found.c.said)
    page = select(found).where(*_of_sites(found, at, sited=sited)).order_by(*order)
    return page.limit(bindparam("limit", type_=BigInteger)).offset(bindparam("offset", type_=BigInteger))


@lru_cache(maxsize=KEPT)
def _count(governs: Definition, at: At, *, sited: bool) -> Select[int]:
    found = _found(governs, at)
    return select(func.count()).select_from(found).where(*_of_sites(found, at, sited=sited))


def _found(governs: Definition, at: At) -> Subquery:
    """Give what every rule finds, each with the place of its rule."""
    asked = [
        found.add_columns(literal(place).label("rule"))
        for place, rule in enumerate(RULES)
        for found in rule.finds(governs, at)
    ]
    return union_all(*asked).subquery("found")


def _of_sites(found: Subquery, at: At, *, sited: bool) -> list[ColumnElement[bool]]:
    theirs = select(PERSON.c.subject).where(PERSON.c.trial == TRIAL, at.stands(PERSON), PERSON.c.site.in_(SITES))
    return [found.c.subject.in_(theirs)] if sited else []


def text(column: ColumnElement[Any] | None) -> ColumnElement[Any]:
    """Give what a sentence names as text; nothing where it names nothing."""
    return cast(null() if column is None else column, WORD)


def adverse_events(
    at: At, said: ColumnElement[Any] | None = None, other: ColumnElement[Any] | None = None
) -> Select[Any]:
    """Choose a trial's adverse events that are not nullified, with what the sentence of a rule names."""
    named = (AE.c.subject, AE.c.number, AE.c.source_id, text(said).label("said"), text(other).label("other"))
    return select(*named).where(AE.c.trial == TRIAL, at.stands(AE), at.happened(AE.c.onset_low), AE.c.nullified == 0)


def serious_flag(_: Definition, at: At) -> Iterator[Found]:
    """A seriousness criterion is Y while AESER is N or missing."""
    flags = [AE.c[name] == "Y" for name in CRITERIA]
    named = reduce(add, (case((AE.c[name] == "Y", f"{VARIABLE[name]} "), else_="") for name in CRITERIA))
    yield adverse_events(at, AE.c.serious, named).where(or_(AE.c.serious == "N", AE.c.serious.is_(None)), or_(*flags))


def of_serious_flag(row: Row[Any]) -> Told:
    """Name the criteria."""
    named = row.other.split()
    return ["AESER", *named], f"{', '.join(named)} is Y while AESER is {row.said or 'missing'}."


def end_before_start(_: Definition, at: At) -> Iterator[Found]:
    """The adverse event ends before it starts, whatever the missing parts of its dates are."""
    yield adverse_events(at, AE.c.ended_on, AE.c.started_on).where(AE.c.end_high < AE.c.onset_low)


def of_end_before_start(row: Row[Any]) -> Told:
    """Name both dates."""
    return ["AESTDTC", "AEENDTC"], f"AEENDTC {row.said} lies before AESTDTC {row.other}."


def onset_before_first_dose_related(governs: Definition, at: At) -> Iterator[Found]:
    """The adverse event is called related although it began before the first dose."""
    doses = counted.doses(TRIAL, at)
    began = adverse_events(at, AE.c.started_on).join(doses, doses.c.subject == AE.c.subject)
    yield began.where(AE.c.onset_high < doses.c.first_low, counted.related(governs, TRIAL, at) == 1)


def of_onset_before_first_dose_related(row: Row[Any]) -> Told:
    """Name the onset."""
    message = f"AESTDTC {row.said} lies before the first dose (EXSTDTC) and the event counts as related."
    return ["AESTDTC", "AEREL", "EXSTDTC"], message


def fatal_without_death(_: Definition, at: At) -> Iterator[Found]:
    """The adverse event was fatal and the subject is not recorded as dead."""
    alive = and_(PERSON.c.trial == TRIAL, PERSON.c.subject == AE.c.subject, at.stands(PERSON), PERSON.c.died == 0)
    fatal = or_(AE.c.outcome == "FATAL", AE.c.results_in_death == "Y")
    yield adverse_events(at, AE.c.outcome, AE.c.results_in_death).join(PERSON, alive).where(fatal)


def of_fatal_without_death(row: Row[Any]) -> Told:
    """Name what says that it was fatal."""
    said = [("AEOUT", "FATAL")] * (row.said == "FATAL") + [("AESDTH", "Y")] * (row.other == "Y")
    message = f"{' and '.join(f'{name} is {value}' for name, value in said)} while no death is recorded (DTHDTC)."
    return [*(name for name, _ in said), "DTHDTC"], message


def equal_but_number(_: Definition, at: At) -> Iterator[Found]:
    """Two adverse events of a subject are equal in all that is said of them: one occurrence reported twice, or two."""
    lower = AE.alias("lower")
    same = [AE.c[name].is_not_distinct_from(lower.c[name]) for name in SAME]
    of_one = and_(lower.c.trial == TRIAL, lower.c.subject == AE.c.subject, lower.c.number < AE.c.number)
    stand = (at.stands(lower), lower.c.nullified == 0, lower.c.merged_into.is_(None), AE.c.merged_into.is_(None))
    pairs = adverse_events(at, lower.c.number).join(lower, of_one).where(*stand, *same)
    yield pairs.where(_causality(AE, at).is_not_distinct_from(_causality(lower, at)))


def _causality(of: Any, at: At) -> ColumnElement[Any]:  # noqa: ANN401, the table or its alias
    table = ASSESSMENT.table
    assessor, product, method = PLAIN
    said = (
        select(func.max(table.c.causality))
        .where(table.c.trial == TRIAL, table.c.subject == of.c.subject, table.c.number == of.c.number, at.stands(table))
        .where(table.c.assessor == assessor, table.c.product == product, table.c.method == method)
    )
    return said.correlate(of).scalar_subquery()


def of_equal_but_number(row: Row[Any]) -> Told:
    """Name both numbers."""
    return ["AESEQ"], f"Adverse event {row.number} equals adverse event {row.said} in all but its number (AESEQ)."


def vanished(_: Definition, at: At) -> Iterator[Found]:
    """A later import no longer holds the row of an adverse event, a dose or a subject."""
    yield adverse_events(at, other=literal("AESEQ")).where(AE.c.vanished == 1)
    dose = EXPOSURE.table
    for table, said, field in ((PERSON, None, "USUBJID"), (dose, dose.c.number, "EXSEQ")):
        place = (table.c.subject, cast(null(), BigInteger).label("number"), text(None).label("source_id"))
        gone = (table.c.trial == TRIAL, at.stands(table), table.c.vanished == 1)
        yield select(*place, text(said).label("said"), text(literal(field)).label("other")).where(*gone)


def of_vanished(row: Row[Any]) -> Told:
    """Name whose row it was."""
    whose = {
        "AESEQ": f"adverse event {row.number}",
        "EXSEQ": f"dose {row.said} of subject {row.subject}",
        "USUBJID": f"subject {row.subject}",
    }
    return [row.other], f"The row of {whose[row.other]} is no longer in the data."


RULES: tuple[Rule, ...] = (
    Rule("END_BEFORE_START", end_before_start, of_end_before_start),
    Rule("EQUAL_BUT_NUMBER", equal_but_number, of_equal_but_number),
    Rule("FATAL_WITHOUT_DEATH", fatal_without_death, of_fatal_without_death),
    Rule("ONSET_BEFORE_FIRST_DOSE_RELATED", onset_before_first_dose_related, of_onset_before_first_dose_related),
    Rule("SERIOUS_FLAG", serious_flag, of_serious_flag),
    Rule("VANISHED", vanished, of_vanished),
)
"""Every rule, by name: in this order a subject's queries are listed."""
