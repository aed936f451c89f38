"""Puts an obligation's reasons in words: from the facts over the clause to Day 0 and the due time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from safety.regulation.facts import COUNTS_AS_TRUE, PARTS, STATES, Fact

if TYPE_CHECKING:
    from safety.regulation.due import Due

GUARD_DAYS = 15
"""Where a clock waits for a determination, the determination itself is expected this many days from receipt at the latest."""


@dataclass(frozen=True, slots=True)
class Because:
    """A sentence of an explanation, and what it rests on."""

    says: str
    because: tuple["Because", ...] = ()

    def lines(self) -> list[str]:
        """The sentence after those it rests on, as flat text."""
        return [*(line for ground in self.because for line in ground.lines()), self.says]


def explain(due: "Due") -> tuple[Because, ...]:
    """Compose the explanation of an obligation."""
    clause = Because(due.rule.clause, tuple(map(Because, _facts(due))))
    day0 = Because(_day0(due), (clause, *map(Because, _doubts(due))))
    return (*map(Because, _replayed(due)), Because(_due(due), (day0,)), *map(Because, _ends(due)))


def sentences(due: "Due") -> tuple[str, ...]:
    """Compose the same as flat text, each sentence after those it rests on: what the log keeps of it."""
    clause = due.rule.clause
    return (*_replayed(due), *_facts(due), clause, *_doubts(due), _day0(due), _due(due), *_ends(due))


def _replayed(due: "Due") -> Iterator[str]:
    on = due.grounds.replayed_on
    if on is not None:
        yield f"today's rules replayed on a historic event: the rules of {on.isoformat()}"


def local(at: datetime, zone: str) -> str:
    """An instant as people of a zone read it, with its offset."""
    return _local(at.astimezone(UTC), zone)


@lru_cache(maxsize=1_024)
def _local(at: datetime, zone: str) -> str:
    # In UTC: elsewhere two instants of an hour that is repeated would be taken for one.
    return at.astimezone(ZoneInfo(zone)).isoformat()


def _facts(due: "Due") -> Iterator[str]:
    grounds = due.grounds
    for fact in grounds.acts:
        for act in sorted(set(fact.said) - STATES.keys()):
            named = f" {fact.said[act]}" if isinstance(fact.said[act], str) else ""
            yield f"{act}{named}: at {_told(fact, grounds.zone)}"
    if grounds.builds_on is not None:
        yield grounds.builds_on
    conditions = due.pack.conditions[due.rule.id]
    names = frozenset[str]() if conditions.when is None else conditions.when.names
    for name in STATES:
        if name in conditions.uses and (name in grounds.stated or _worth_saying(name, names)):
            yield _state(name, due)
    for name in sorted(conditions.configured):
        yield _configured(name, due)


def _worth_saying(name: str, names: frozenset[str]) -> bool:
    """Whether it matters that a state was not stated: where the condition names it, or reads causality from it."""
    return name in names or (name in PARTS["related"] and "related" in names)


def _told(fact: Fact, zone: str) -> str:
    ref = "" if fact.ref is None else f" (version {fact.ref})"
    return f"{local(fact.at, zone)} by the {fact.party}{ref}"


def _state(name: str, due: "Due") -> str:
    grounds = due.grounds
    found = grounds.stated.get(name)
    if found is None:
        return f"{name}: not stated, {_counts_as(name, due)}"
    value, fact = found
    if name in fact.assumed:
        return f"{name}: not stated in the file, taken as met from the first fact, {_told(fact, grounds.zone)}"
    return f"{name}: {'true' if value else 'false'}, stated at {_told(fact, grounds.zone)}"


def _counts_as(name: str, due: "Due") -> str:
    stated = due.grounds.stated
    if name == "related_investigator":
        yes = "related_sponsor" in stated and stated["related_sponsor"][0]
        return "the sponsor's yes suffices" if yes else "counts as true (missing causality counts as related)"
    if name == "related_sponsor":
        alone = due.pack.related == "sponsor"
        return "counts as true (missing causality counts as related)" if alone else "the investigator's view holds"
    if name == "serious":
        criteria = [part for part in PARTS["serious"] if part in stated and stated[part][0]]
        return f"counts as true by {' and '.join(criteria)}" if criteria else "counts as false"
    return f"counts as {'true' if name in COUNTS_AS_TRUE else 'false'}"


def _configured(name: str, due: "Due") -> str:
    value = due.grounds.configuration.get(name)
    meaning = due.pack.configuration[name]
    if value is None:
        return f"{name}: UNSURE, not configured by the trial, counts as true ({meaning})"
    return f"{name}: {'true' if value else 'false'} by the trial's configuration ({meaning})"


def _doubts(due: "Due") -> Iterator[str]:
    rule, grounds = due.rule, due.grounds
    yield from (f"UNSURE: {said}" for said in due.pack.doubts(rule))
    if rule.requires_confirmation:
        yield f"UNSURE: the limit of {rule.id} could not be confirmed; a person must confirm it"
    elif rule.confidence == "UNSURE":
        yield f"UNSURE: {rule.note or f'the text of {rule.id} could not be confirmed'}"
    if rule.starts == "determined" and grounds.since is not None:
        if grounds.determined is None:
            yield "determination not stated: counted from receipt"
        elif grounds.determined > grounds.since:
            yield (
                f"received {local(grounds.since, grounds.zone)}, determined {local(grounds.determined, grounds.zone)}; "
                f"the determination is expected promptly, as policy within {GUARD_DAYS} days of receipt"
            )


def _day0(due: "Due") -> str:
    return (
        f"Day 0 is {due.day0.isoformat()}: the clock starts {local(due.starts_at, due.zone)}, local date in {due.zone}"
    )


def _due(due: "Due") -> str:
    if due.due_at is None or due.due_on is None:
        return f"due {due.rule.limit_words}" if due.rule.requires_confirmation else f"due {due.rule.unit}"
    if due.rule.unit == "hour":
        return f"due by {local(due.due_at, due.zone)}, hours elapsed; too late from {_utc(due.due_at)}"
    return f"due by the end of {due.due_on.isoformat()} in {due.zone}; too late from {_utc(due.due_at)}"


def _utc(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _ends(due: "Due") -> Iterator[str]:
    grounds = due.grounds
    yield from grounds.replaces
    if grounds.capped is not None:
        yield grounds.capped
    if grounds.format is not None:
        yield f"format: {grounds.format}"
    yield from grounds.remarks
