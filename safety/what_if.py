"""What would have been due under another pack: the same history asked again, and how that differs from what was decided."""

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from safety.aggregates.account import OPERATOR
from safety.aggregates.deciding import NOTHING, Act, StreamState, SubjectForm, fold
from safety.aggregates.facts_of_record import FactsOfRecord
from safety.aggregates.rule_pack import Adopted, Governing
from safety.aggregates.trial import Trial
from safety.clocks import Case, Governed, by_filing, report_made
from safety.journal import Journal, decode
from safety.regulation.due import Due
from safety.values import iso

Recorded = Mapping[str, Any]
"""An obligation as the view of what is owed tells it."""
Key = tuple[object, ...]
"""What an obligation on record and one that would have been due have in common."""
A_STEP = 100
"""Subjects between two words on how far it is."""
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


class AskedAgain:
    """The history of a trial under other packs, asked subject by subject: iterated it says how far it is, then holds `found`.

    Each subject is read and forgotten before the next, so that a large trial takes time and no more memory than a small one.
    """

    def __init__(
        self, journal: Journal, recorded: Sequence[Recorded], packs: Adopted, position: int, now: datetime
    ) -> None:
        """`recorded`: what was decided by the position, as the view of what is owed tells it at `now`."""
        self._journal, self._recorded, self._packs = journal, recorded, packs
        self._position, self._now = position, now
        self.found: dict[str, Any] = {}
        """What differs, as `compare` tells it; there once all subjects were asked."""

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """Ask every subject; now and then give how many were, and of how many."""
        trial, would = self._packs.trial, list[Would]()
        definition = {f"{trial}/trial": self._state(f"{trial}/trial")}
        streams = sorted(
            name for name in self._journal.versions(self._position) if name.startswith(f"{trial}/subject/")
        )
        for asked, stream in enumerate(streams):
            if asked and asked % A_STEP == 0:
                yield asked, len(streams)
            would += would_owe(trial, definition | {stream: self._state(stream)}, self._packs, self._now)
        self.found = compare(self._recorded, would, self._now)

    def whole(self) -> dict[str, Any]:
        """Ask every subject, and give what differs."""
        deque(self, maxlen=0)
        return self.found

    def _state(self, stream: str) -> StreamState:
        rows = (row for row in self._journal.stream(stream) if row.position <= self._position)
        state = NOTHING
        for row in rows:
            state = fold(state, decode(row).event)
        return state


def compare(recorded: Sequence[Recorded], would: Sequence[Would], now: datetime) -> dict[str, Any]:
    """Compare what was decided and still counts with what would have been due.

    An obligation is the other's counterpart where rule and ordinal are the same; of what is left, where the same party owes
    the same recipients a report of the same adverse event, in the order of their due times. `late`: before it would have been
    due neither was its counterpart sent nor a filing in the desk its report.
    """
    counted = [row for row in recorded if row["state"] not in ENDED]
    beside = counterparts(counted, would)
    taken = {id(row) for row in beside.values()}
    told = [(told_of(one, beside.get(place), now), beside.get(place)) for place, one in enumerate(would)]
    both = [(one, found) for one, found in told if found is not None]
    return {
        "only_under_it": [one for one, found in told if found is None],
        "not_under_it": [brief(row) for row in counted if id(row) not in taken],
        "other_dates": [
            {"now": brief(found), "under_it": one} for one, found in both if found["due_at"] != one["due_at"]
        ],
        "same": sum(found["due_at"] == one["due_at"] for one, found in both),
    }


def counterparts(counted: Sequence[Recorded], would: Sequence[Would]) -> dict[int, Recorded]:
    """Give, by the place of what would have been due, the obligation on record that it stands beside."""
    found: dict[int, Recorded] = {}
    for of_record, of_would in ((rule_on_record, rule), (recipients_on_record, recipients)):
        taken = {id(row) for row in found.values()}
        waiting = defaultdict[Key, deque[Recorded]](deque)
        for row in counted:
            if id(row) not in taken:
                waiting[of_record(row)].append(row)
        for place, one in enumerate(would):
            if place not in found and (same := waiting.get(of_would(one))):
                found[place] = same.popleft()
    return found


def rule_on_record(row: Recorded) -> Key:
    """Name the adverse event, rule and ordinal of an obligation on record."""
    of, _, ordinal = row["obligation"].rpartition("/")
    return (row["subject"], row["number"], of, int(ordinal.partition(".")[0]))


def rule(one: Would) -> Key:
    """Name the adverse event, rule and ordinal of what would have been due."""
    return (one.subject, one.number, one.due.rule.id, one.due.ordinal)


def recipients_on_record(row: Recorded) -> Key:
    """Name the adverse event, and who owes whom a report of it."""
    return (row["subject"], row["number"], row["owed_by"], frozenset(row["to"]))


def recipients(one: Would) -> Key:
    """Name the adverse event, and who would have owed whom a report of it."""
    return (one.subject, one.number, one.due.rule.sender, frozenset(one.due.to))


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
