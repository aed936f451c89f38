"""What would have been due under another pack: the same history asked again, and how that differs from what was decided."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from safety.aggregates.account import OPERATOR
from safety.aggregates.deciding import NOTHING, Act, StreamState, SubjectForm, fold
from safety.aggregates.facts_of_record import FactsOfRecord
from safety.aggregates.rule_pack import Adopted, Governing
from safety.aggregates.trial import Trial
from safety.clocks import Case, Governed, by_filing, report_made
from safety.journal import Journal
from safety.regulation.due import Due
from safety.values import iso

Recorded = Mapping[str, Any]
"""An obligation as the view of what is owed tells it."""
ENDED = frozenset({"superseded", "cancelled"})


class Would(NamedTuple):
    """An obligation that another pack would have opened for an adverse event; `made_at`: when a filing was its report."""

    subject: str
    number: int
    due: Due
    made_at: datetime | None


def would_owe(trial: str, states: Mapping[str, StreamState], packs: Adopted, now: datetime) -> Iterator[Would]:
    """Ask packs what the states of a trial's streams come to, as if they had governed from the first event on."""
    governed = Governed(states[f"{trial}/trial"].slice(Trial), (Governing(packs, packs.packs),))
    act = Act(OPERATOR, "operator", now)
    for stream, state in sorted(states.items()):
        if "/subject/" not in stream:
            continue
        about = SubjectForm(trial=trial, subject=stream.rpartition("/")[2])
        for number in sorted(state.slice(FactsOfRecord).by_number):
            case = Case(governed, about, number, act)
            for due in case.would_owe(state):
                if due.state not in ENDED:
                    yield Would(about.subject, number, due, made_at(case, state, due))


def made_at(case: Case, state: StreamState, due: Due) -> datetime | None:
    """Say when a filing in the desk was the report of an obligation; None where none was."""
    if not by_filing(due.rule.party, due.to):
        return None
    both = case.both(due.pack.id)
    made = report_made(case.told(state), due.refs, both=both, causality=case.causality)
    return None if made is None else max(made.filed_at, due.starts_at)


def compared(
    journal: Journal, recorded: Sequence[Recorded], packs: Adopted, position: int, now: datetime
) -> dict[str, Any]:
    """Ask packs the history of their trial up to a position, and compare what they come to with what was decided."""
    trial = packs.trial
    states: dict[str, StreamState] = {}
    for one in journal.read(0, position, f"{trial}/"):
        if one.stream.startswith((f"{trial}/subject/", f"{trial}/trial")):
            states[one.stream] = fold(states.get(one.stream, NOTHING), one.event)
    return compare(recorded, list(would_owe(trial, states, packs, now)), now)


def compare(recorded: Sequence[Recorded], would: Sequence[Would], now: datetime) -> dict[str, Any]:
    """Compare what was decided and still counts with what would have been due.

    An obligation is the other's counterpart where rule and ordinal are the same; of what is left, where the same party owes
    the same recipients a report of the same adverse event, in the order of their due times. `late`: before it would have been
    due neither was its counterpart sent nor a filing in the desk its report.
    """
    left = [row for row in recorded if row["state"] not in ENDED]
    counterparts: dict[int, Recorded] = {}
    for by in (by_rule, by_recipient):
        for place, one in enumerate(would):
            found = None if place in counterparts else next((row for row in left if by(row, one)), None)
            if found is not None:
                left.remove(found)
                counterparts[place] = found
    told = [(told_of(one, counterparts.get(n), now), counterparts.get(n)) for n, one in enumerate(would)]
    both = [(one, found) for one, found in told if found is not None]
    return {
        "only_under_it": [one for one, found in told if found is None],
        "not_under_it": [brief(row) for row in left],
        "other_dates": [
            {"now": brief(found), "under_it": one} for one, found in both if found["due_at"] != one["due_at"]
        ],
        "same": sum(found["due_at"] == one["due_at"] for one, found in both),
    }


def by_rule(row: Recorded, one: Would) -> bool:
    """Say whether rule and ordinal are the same."""
    rule, _, ordinal = row["obligation"].rpartition("/")
    about = (row["subject"], row["number"], rule, int(ordinal.partition(".")[0]))
    return bool(about == (one.subject, one.number, one.due.rule.id, one.due.ordinal))


def by_recipient(row: Recorded, one: Would) -> bool:
    """Say whether the same party owes the same recipients a report of the same adverse event."""
    about = (row["subject"], row["number"], row["owed_by"], set(row["to"]))
    return bool(about == (one.subject, one.number, one.due.rule.sender, set(one.due.to)))


def told_of(one: Would, counterpart: Recorded | None, now: datetime) -> dict[str, Any]:
    """Tell what would have been due, and whether it would be late."""
    due = one.due
    sent = None if counterpart is None or counterpart["closed_at"] is None else counterpart["closed_at"]
    ended = (one.made_at or now) if sent is None else datetime.fromisoformat(sent)
    return {
        "subject": one.subject,
        "number": one.number,
        "obligation": f"{due.rule.id}/{due.ordinal}",
        "pack": due.pack.id,
        "owed_by": due.rule.sender,
        "to": list(due.to),
        "day0": due.day0.isoformat(),
        "due_on": None if due.due_on is None else due.due_on.isoformat(),
        "due_at": None if due.due_at is None else iso(due.due_at),
        "unit": due.rule.unit,
        "late": due.due_at is not None and ended >= due.due_at,
        "citation": due.rule.citation,
        "confidence": due.rule.confidence,
        "because": list(due.sentences),
    }


def brief(row: Recorded) -> dict[str, Any]:
    """Tell of an obligation on record what a comparison needs."""
    names = ("subject", "number", "obligation", "pack", "owed_by", "to", "day0", "due_on", "due_at", "unit")
    return {name: row[name] for name in (*names, "state", "timeliness", "citation", "confidence")}
