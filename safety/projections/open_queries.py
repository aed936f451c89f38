"""Contradictions of the record, kept as given and listed as queries until somebody corrects them; computed, never stored."""

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, or_, select
from sqlalchemy.sql import ColumnElement

from safety.aggregates.adverse_event import CRITERIA, Seriousness
from safety.aggregates.deciding import variables
from safety.aggregates.trial import Definition
from safety.projections import counted
from safety.projections.adverse_event import ADVERSE_EVENT
from safety.projections.assessment import ASSESSMENT, PLAIN
from safety.projections.at import At
from safety.projections.exposure import EXPOSURE
from safety.projections.subject import SUBJECT
from safety.projections.trials import definition

AE = ADVERSE_EVENT.table
VARIABLE = variables(Seriousness)
SAME = (
    "term", "preferred_term", "started_on", "ended_on", "severity", "grade", "serious", *CRITERIA, "outcome",
    "action_taken",
)  # fmt: skip
"""Two adverse events that are equal in all of these, and in the investigator's causality, differ in number only."""

Query = dict[str, Any]
Rule = Callable[[Connection, str, At, Definition], Iterator[Query]]


def open_queries(connection: Connection, trial: str, at: At) -> list[Query]:
    """List a trial's contradictions: rule, subject, number, source_id, fields (CDISC names), message; codes only.

    Sorted by subject, number and rule. A nullified adverse event has none: it is not on record as an event.

    Raises:
        UnknownTrial: there was no such trial at the moment asked about.

    """
    governs = definition(connection, trial, at)
    found = [query for rule in RULES for query in rule(connection, trial, at, governs)]
    return sorted(found, key=lambda query: (query["subject"], query["number"] or 0, query["rule"]))


def query(rule: str, row: Row[Any], fields: list[str], message: str) -> Query:
    """Make a query about an adverse event."""
    source_id = row.source_id
    place = {"subject": row.subject, "number": row.number, "source_id": source_id}
    return {"rule": rule, **place, "fields": fields, "message": message}


def adverse_events(trial: str, at: At, *columns: ColumnElement[Any]) -> Select[Any]:
    """Choose a trial's adverse events that are not nullified."""
    named = (AE.c.subject, AE.c.number, AE.c.source_id, *columns)
    return select(*named).where(AE.c.trial == trial, at.stands(AE), at.happened(AE.c.onset_low), AE.c.nullified == 0)


def serious_flag(connection: Connection, trial: str, at: At, _: Definition) -> Iterator[Query]:
    """A seriousness criterion is Y while AESER is N or missing."""
    flags = [AE.c[name] for name in CRITERIA]
    contradicted = and_(or_(AE.c.serious == "N", AE.c.serious.is_(None)), or_(*(flag == "Y" for flag in flags)))
    for row in connection.execute(adverse_events(trial, at, AE.c.serious, *flags).where(contradicted)):
        named = [VARIABLE[name] for name in CRITERIA if getattr(row, name) == "Y"]
        aeser = "missing" if row.serious is None else "N"
        message = f"{', '.join(named)} is Y while AESER is {aeser}."
        yield query("SERIOUS_FLAG", row, ["AESER", *named], message)


def end_before_start(connection: Connection, trial: str, at: At, _: Definition) -> Iterator[Query]:
    """The adverse event ends before it starts, whatever the missing parts of its dates are."""
    dates = adverse_events(trial, at, AE.c.started_on, AE.c.ended_on)
    for row in connection.execute(dates.where(AE.c.end_high < AE.c.onset_low)):
        message = f"AEENDTC {row.ended_on} lies before AESTDTC {row.started_on}."
        yield query("END_BEFORE_START", row, ["AESTDTC", "AEENDTC"], message)


def onset_before_first_dose_related(connection: Connection, trial: str, at: At, governs: Definition) -> Iterator[Query]:
    """The adverse event is called related although it began before the first dose."""
    doses = counted.doses(trial, at)
    early = (
        adverse_events(trial, at, AE.c.started_on)
        .join(doses, doses.c.subject == AE.c.subject)
        .where(AE.c.onset_high < doses.c.first_low, counted.related(governs, trial, at) == 1)
    )
    for row in connection.execute(early):
        message = f"AESTDTC {row.started_on} lies before the first dose (EXSTDTC) and the event counts as related."
        yield query("ONSET_BEFORE_FIRST_DOSE_RELATED", row, ["AESTDTC", "AEREL", "EXSTDTC"], message)


def fatal_without_death(connection: Connection, trial: str, at: At, _: Definition) -> Iterator[Query]:
    """The adverse event was fatal and the subject is not recorded as dead."""
    person = SUBJECT.table
    alive = and_(person.c.trial == trial, person.c.subject == AE.c.subject, at.stands(person), person.c.died == 0)
    fatal = or_(AE.c.outcome == "FATAL", AE.c.results_in_death == "Y")
    rows = adverse_events(trial, at, AE.c.outcome, AE.c.results_in_death).join(person, alive).where(fatal)
    for row in connection.execute(rows):
        said = [("AEOUT", "FATAL")] * (row.outcome == "FATAL") + [("AESDTH", "Y")] * (row.results_in_death == "Y")
        message = f"{' and '.join(f'{name} is {value}' for name, value in said)} while no death is recorded (DTHDTC)."
        yield query("FATAL_WITHOUT_DEATH", row, [*(name for name, _ in said), "DTHDTC"], message)


def equal_but_number(connection: Connection, trial: str, at: At, _: Definition) -> Iterator[Query]:
    """Two adverse events of a subject are equal in all that is said of them: one occurrence reported twice, or two."""
    lower = AE.alias("lower")
    same = [AE.c[name].is_not_distinct_from(lower.c[name]) for name in SAME]
    pairs = (
        adverse_events(trial, at, lower.c.number.label("lower"))
        .join(lower, and_(lower.c.trial == trial, lower.c.subject == AE.c.subject, lower.c.number < AE.c.number))
        .where(at.stands(lower), lower.c.nullified == 0, lower.c.merged_into.is_(None), AE.c.merged_into.is_(None))
        .where(*same, _causality(AE, trial, at).is_not_distinct_from(_causality(lower, trial, at)))
    )
    for row in connection.execute(pairs):
        message = f"Adverse event {row.number} equals adverse event {row.lower} in all but its number (AESEQ)."
        yield query("EQUAL_BUT_NUMBER", row, ["AESEQ"], message)


def _causality(of: Any, trial: str, at: At) -> ColumnElement[Any]:  # noqa: ANN401, the table or its alias
    table = ASSESSMENT.table
    assessor, product, method = PLAIN
    said = (
        select(func.max(table.c.causality))
        .where(table.c.trial == trial, table.c.subject == of.c.subject, table.c.number == of.c.number, at.stands(table))
        .where(table.c.assessor == assessor, table.c.product == product, table.c.method == method)
    )
    return said.correlate(of).scalar_subquery()


def vanished(connection: Connection, trial: str, at: At, _: Definition) -> Iterator[Query]:
    """A later import no longer holds the row of a subject, a dose or an adverse event."""
    for row in connection.execute(adverse_events(trial, at).where(AE.c.vanished == 1)):
        yield query("VANISHED", row, ["AESEQ"], f"The row of adverse event {row.number} is no longer in the data.")
    for of, fields in ((SUBJECT, ["USUBJID"]), (EXPOSURE, ["EXSEQ"])):
        table = of.table
        gone = select(table).where(table.c.trial == trial, at.stands(table), table.c.vanished == 1)
        for found in connection.execute(gone).mappings():
            what = f"dose {found['number']} of " if of is EXPOSURE else ""
            message = f"The row of {what}subject {found['subject']} is no longer in the data."
            place = {"subject": found["subject"], "number": None, "source_id": None}
            yield {"rule": "VANISHED", **place, "fields": fields, "message": message}


RULES: tuple[Rule, ...] = (
    serious_flag,
    end_before_start,
    onset_before_first_dose_related,
    fatal_without_death,
    equal_but_number,
    vanished,
)
