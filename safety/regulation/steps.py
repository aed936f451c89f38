"""Facts in the order a party came to know them: all of one instant are one step."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby

from safety.regulation.facts import SUBMITTED, Fact


@dataclass(frozen=True, slots=True)
class Setting:
    """What holds for a whole evaluation.

    `rules_on`: the date whose rules are applied to all, instead of the date each clock starts. `authority_zone`: reckon in the
    authority's zone too and take the earlier (a convention for trials across borders).
    """

    zone: str
    configuration: Mapping[str, bool | None]
    sponsor_investigator: bool
    rules_on: date | None
    authority_zone: bool


@dataclass(frozen=True, slots=True)
class Step:
    """All that a party came to know or did at one instant (UTC).

    `acts`: submissions aside. `submitted`: the rules whose reports were sent, each once. `determined_later`: whether a later
    step states a determination.
    """

    number: int
    at: datetime
    facts: tuple[Fact, ...]
    acts: frozenset[str]
    submitted: tuple[str, ...]
    determined_later: bool


def steps(facts: Iterable[Fact]) -> Sequence[Step]:
    """Sort facts by instant, keeping their order within one, and join those of one instant."""
    by_instant = sorted(facts, key=lambda fact: fact.at)
    joined = [(at, tuple(group)) for at, group in groupby(by_instant, key=lambda fact: fact.at.astimezone(UTC))]
    stating = [n for n, (_, group) in enumerate(joined) if any(f.said.get("determined") is not None for f in group)]
    last = stating[-1] if stating else -1
    return [
        Step(
            number,
            at,
            group,
            frozenset(act for fact in group for act in fact.acts),
            tuple(dict.fromkeys(str(fact.said[SUBMITTED]) for fact in group if SUBMITTED in fact.said)),
            number < last,
        )
        for number, (at, group) in enumerate(joined)
    ]
