"""What each party is on record as knowing of an adverse event, fact by fact; what nobody stated is told as not stated."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from safety.aggregates.facts_of_record import Told
from safety.aggregates.telling import facts
from safety.regulation.counting import Causality
from safety.regulation.facts import ACTS, STATES, Fact
from safety.values import Party


class Known(NamedTuple):
    """One fact in the view of one party: `value` None is not stated; since when, and by which version of the stream."""

    party: str
    fact: str
    meaning: str
    value: bool | None
    since: datetime | None
    version: int | None


def known(told: Sequence[Told], causality: Causality, *, sponsor_investigator: bool) -> list[Known]:
    """Give every fact that a rule may ask for, as the evaluator is told it; site and sponsor in one person are one view."""
    of_parties = [one for one in told if one.obligation is None]
    found = facts(of_parties, causality, {}, frozenset(), sponsor_investigator=sponsor_investigator)
    if sponsor_investigator:
        return list(in_view("sponsor-investigator", found))
    parties: tuple[Party, ...] = ("site", "sponsor")
    return [one for party in parties for one in in_view(party, [fact for fact in found if fact.party == party])]


def in_view(party: str, own: Iterable[Fact]) -> Iterator[Known]:
    """Tell each fact as it stands after all that a party was told; of an act, when it was done last."""
    last = {name: fact for fact in own for name in fact.said}
    for name, meaning in {**STATES, **ACTS}.items():
        fact = last.get(name)
        value = None if fact is None else fact.said[name]
        stated = fact if value is not None else None
        yield Known(
            party,
            name,
            meaning,
            bool(value) if value is not None else None,
            None if stated is None else stated.at,
            None if stated is None else stated.ref,
        )
