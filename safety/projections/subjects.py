"""The subjects of a trial as an investigator follows them: doses given and next planned, adverse events, what is missing."""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select, true

from safety.aggregates.adverse_event import CRITERIA, serious_for_duties
from safety.aggregates.trial import Definition
from safety.projections.adverse_event import ADVERSE_EVENT
from safety.projections.assessment import ASSESSMENT, PLAIN
from safety.projections.at import At
from safety.projections.exposure import EXPOSURE
from safety.projections.subject import SUBJECT
from safety.projections.trials import definition

Row = dict[str, Any]
EXPECTED = ("term", "started_on", "serious", "causality", "outcome", "action_taken", "ended_on")
"""What the regulator's form asks of every adverse event, beside its severity and, where it goes on, without its end."""
RESOLVED = frozenset({"RECOVERED/RESOLVED", "RECOVERED/RESOLVED WITH SEQUELAE", "FATAL"})
A_DAY = 10
"""So many characters write a date that is known to the day."""


def subject_list(
    connection: Connection,
    trial: str,
    at: At,
    *,
    sites: AbstractSet[str] | None,
    limit: int = 50,
    offset: int = 0,
) -> dict[str, Any]:
    """Give a page of subjects, each as `subject_of` gives it, how many there are in all, and whether more follow."""
    person = SUBJECT.table
    wanted = [person.c.trial == trial, at.stands(person), of_sites(sites)]
    ask = select(person).where(*wanted).order_by(person.c.subject).limit(limit + 1).offset(offset)
    rows = [dict(row) for row in connection.execute(ask).mappings()]
    total = connection.execute(select(func.count()).select_from(person).where(*wanted)).scalar_one()
    return {
        "rows": filled(connection, trial, at, rows[:limit]),
        "more": len(rows) > limit,
        "subjects": total,
    }


def subject_of(
    connection: Connection,
    trial: str,
    subject: str,
    at: At,
    *,
    sites: AbstractSet[str] | None,
) -> Row | None:
    """Give one subject of these sites with `doses`, `planned`, `events` and `lacks`; None where there is none."""
    person = SUBJECT.table
    named = (person.c.trial == trial, person.c.subject == subject, at.stands(person), of_sites(sites))
    row = connection.execute(select(person).where(*named)).mappings().first()
    return None if row is None else filled(connection, trial, at, [dict(row)])[0]


TERMS_OF = 2_000


def terms_on_record(
    connection: Connection, trial: str, at: At, sites: AbstractSet[str] | None, *, of: str = "term"
) -> list[str]:
    """Give the terms that adverse events of these sites were reported in, to choose from; each once, in order.

    `of` names another field that holds what somebody wrote of an event, such as the preferred term.

    Only the latest subjects' two thousand events are looked at: a suggestion must not cost what a listing costs.
    """
    event, person = ADVERSE_EVENT.table, SUBJECT.table
    term = event.c[of]
    named = [event.c.trial == trial, at.stands(event), term.is_not(None)]
    if sites is not None:
        theirs = select(person.c.subject).where(person.c.trial == trial, at.stands(person), of_sites(sites))
        named.append(event.c.subject.in_(theirs))
    latest = select(term.label("term")).where(*named).order_by(event.c.subject.desc()).limit(TERMS_OF).subquery()
    return list(connection.execute(select(latest.c.term).distinct().order_by(latest.c.term)).scalars())


def subject_codes(
    connection: Connection, trial: str, at: At, sites: AbstractSet[str] | None, *, most: int | None = None
) -> list[str]:
    """Name the subjects of these sites, in order: all, or the first so many."""
    person = SUBJECT.table
    ask = select(person.c.subject).where(person.c.trial == trial, at.stands(person), of_sites(sites))
    return list(connection.execute(ask.order_by(person.c.subject).limit(most)).scalars())


def site_of(connection: Connection, trial: str, subject: str, at: At) -> tuple[str | None] | None:
    """Give the site of a subject, None in it where nobody stated one; None where there is no such subject."""
    person = SUBJECT.table
    ask = select(person.c.site).where(person.c.trial == trial, person.c.subject == subject, at.stands(person))
    row = connection.execute(ask).first()
    return None if row is None else (row.site,)


def of_sites(sites: AbstractSet[str] | None) -> ColumnElement[bool]:
    """Choose the subjects of some sites; one whose site nobody stated is of none of them."""
    return true() if sites is None else SUBJECT.table.c.site.in_(sites)


def filled(connection: Connection, trial: str, at: At, rows: Sequence[Row]) -> list[Row]:
    """Put beside subjects their doses, what is planned next, their adverse events, and what is missing of each."""
    governs, codes = definition(connection, trial, at), [row["subject"] for row in rows]
    doses = by_subject(connection, EXPOSURE.table, trial, at, codes)
    events = by_subject(connection, ADVERSE_EVENT.table, trial, at, codes)
    said = causalities(connection, trial, at, codes)
    return [
        row
        | {
            "doses": doses[row["subject"]],
            "planned": None if ended(row) else next_planned(governs, doses[row["subject"]]),
            "events": [with_gaps(one, said.get((one["subject"], one["number"]))) for one in events[row["subject"]]],
        }
        for row in rows
    ]


def by_subject(
    connection: Connection,
    table: Any,  # noqa: ANN401, one of the tables of a subject's numbered things
    trial: str,
    at: At,
    codes: Iterable[str],
) -> dict[str, list[Row]]:
    """Give the rows of subjects in the order of their numbers."""
    found: dict[str, list[Row]] = {code: [] for code in codes}
    ask = select(table).where(table.c.trial == trial, at.stands(table), table.c.subject.in_(found))
    for row in connection.execute(ask.order_by(table.c.subject, table.c.number)).mappings():
        found[row["subject"]].append(dict(row))
    return found


def causalities(connection: Connection, trial: str, at: At, codes: Sequence[str]) -> dict[tuple[str, int], str | None]:
    """Give the investigator's plain causality of each adverse event of subjects."""
    table, (assessor, product, method) = ASSESSMENT.table, PLAIN
    plain = (table.c.assessor == assessor, table.c.product == product, table.c.method == method)
    ask = select(table).where(table.c.trial == trial, at.stands(table), table.c.subject.in_(codes), *plain)
    return {(row["subject"], row["number"]): row["causality"] for row in connection.execute(ask).mappings()}


def ended(row: Row) -> bool:
    """Say whether nothing more is given to a subject."""
    return bool(row["died"] or row["completed"] or "treatment" in (row["withdrawn"] or "").split(","))


def with_gaps(row: Row, causality: str | None) -> Row:
    """Put beside an adverse event the investigator's causality, the duties' reading of serious, and what is missing."""
    whole = row | {"causality": causality}
    counts = serious_for_duties(row) or row["serious_for_sponsor"] == "Y"
    stands = not row["nullified"] and row["merged_into"] is None
    return whole | {"counts_as_serious": counts, "lacks": lacking(whole) if stands else []}


def lacking(said: Row) -> list[str]:
    """Name what an adverse event does not say yet, by field; seriousness is said by a criterion too."""
    found = [name for name in EXPECTED if not said.get(name)]
    if not said.get("grade") and not said.get("severity"):
        found.append("grade")
    if any(said.get(name) == "Y" for name in CRITERIA) and "serious" in found:
        found.remove("serious")
    if "ended_on" in found and said.get("outcome") not in RESOLVED:
        found.remove("ended_on")
    return found


def next_planned(governs: Definition, doses: Sequence[Row]) -> Row | None:
    """Give the next planned dose: its number, how many are planned, and its day where the first dose's is known.

    None where all were given or withheld, where nothing tells which plan holds, or where nothing is planned one by one.
    """
    weeks = planned_weeks(governs, doses)
    handled = {row["number"] for row in doses}
    number = next((n for n in range(1, len(weeks) + 1) if n not in handled), None)
    if number is None:
        return None
    days = (row["started_on"] for row in doses if not row["withheld"] and row["started_on"])
    first: str = next(days, "")
    if len(first) < A_DAY:
        return {"number": number, "of": len(weeks), "on": None}
    on = date.fromisoformat(first[:A_DAY]) + timedelta(weeks=weeks[number - 1])
    return {"number": number, "of": len(weeks), "on": on.isoformat()}


def planned_weeks(governs: Definition, doses: Sequence[Row]) -> tuple[int, ...]:
    """Give the weeks after the first dose at which doses are planned; none where the plans differ and none fits alone."""
    treatments = {(row["treatment"] or "").upper() for row in doses}
    fitting = [plan for plan in governs.dosing if plan.treatment.upper() in treatments] or governs.dosing
    plans = {plan.weeks for plan in fitting}
    return plans.pop() if len(plans) == 1 else ()
