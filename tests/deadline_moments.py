"""What a party knew and did, moment after moment, as the deadline oracle looks back on it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from tests.deadline_clauses import ACTS, Condition

Said = dict[str, bool | str | None]


class Told(NamedTuple):
    """What a party learned, stated or did at an instant."""

    at: datetime
    party: str
    said: Mapping[str, bool | str | None]


class Moment(NamedTuple):
    """An instant at which a party learned something: what it had stated before and after, its acts, what it sent."""

    at: datetime
    before: dict[str, bool | None]
    after: dict[str, bool | None]
    states: frozenset[str]
    acts: frozenset[str]
    sent: tuple[str, ...]


def moments(told: Sequence[Told], configuration: Mapping[str, bool | None]) -> list[Moment]:
    """Things told at one instant are one moment; of two that contradict, the one told last stands."""
    known: dict[str, bool | None] = dict(configuration)
    found = []
    # In UTC: Python holds an hour that a zone writes twice to be equal to no other zone's.
    told = [fact._replace(at=fact.at.astimezone(UTC)) for fact in told]
    for at in sorted({fact.at for fact in told}):
        before, acts, sent, states = dict(known), set(), [], set()
        for word, value in (pair for fact in told if fact.at == at for pair in fact.said.items()):
            if word in ACTS:
                acts.add(word)
            elif isinstance(value, str):
                sent.append(value)
            else:
                known[word] = value
                if value is not None:
                    states.add(word)
        found.append(Moment(at, before, dict(known), frozenset(states), frozenset(acts), tuple(sent)))
    return found


def changed(moment: Moment, condition: Condition) -> bool:
    """Whether anything stated that the condition asks about became another."""
    return any(moment.before.get(word) != moment.after.get(word) for word in condition.asks)
