"""What the record holds of an adverse event, told as the evaluator's facts: by party, in the order in which each knew."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from safety.aggregates.adverse_event import REPORTABILITY
from safety.aggregates.facts_of_record import DIES, SERIOUSNESS, Key, Told
from safety.aggregates.obligation import Obligation
from safety.regulation.counting import Causality
from safety.regulation.facts import Fact
from safety.values import Party


def is_more(key: Key, value: str | None, causality: Causality) -> bool:
    """Say whether a correction's value makes more due than its absence: it then counts from the fact that it puts right."""
    if key[0] == "causality":
        return value not in causality.not_related
    return value == DIES.get(str(key[0]), "Y") and key[0] not in {"expected", "listed"}


def parted(told: Told, causality: Causality) -> Iterator[Told]:
    """Part a correction: what is more is said with the fact it puts right, what is less from its own filing on.

    So a correction has no Day 0 of its own, and takes no clock back.
    """
    if told.corrects is None:
        yield told
        return
    more = {key: value for key, value in told.said.items() if is_more(key, value, causality)}
    less = {key: value for key, value in told.said.items() if key not in more}
    at, filed_at = told.corrects
    if more:
        yield told._replace(said=more, at=at, filed_at=filed_at)
    if less:
        yield told._replace(said=less, at=told.filed_at)


def known_to(party: Party, told: Told) -> Iterator[Told]:
    """Give what a party knows of what was told: its own from its awareness on, the sponsor the site's from the filing on."""
    if told.party == party:
        yield told
    elif party == "sponsor":
        yield told._replace(at=told.filed_at, party="sponsor")


def answers(values: Iterable[str | None]) -> bool | None:
    """Read several answers as one: any Y, else any answer at all."""
    said = [value for value in values if value is not None]
    return ("Y" in said) if said else None


def states_of(said: Mapping[Key, str | None], causality: Causality) -> dict[str, bool | None]:
    """Read all that is said as the evaluator's states; None is not stated."""
    views = [{name: said.get((who, name)) for name in SERIOUSNESS} for who in ("investigator", "sponsor")]
    died = ["Y" for name, value in DIES.items() if said.get((name,)) == value]
    judged: dict[str | None, list[bool]] = {"investigator": [], "sponsor": []}
    for key, value in said.items():
        if key[0] == "causality" and value is not None:
            # A value of an earlier scale counts as related until somebody judges by the present one.
            judged[key[1]].append(value not in causality.not_related)
    assessed, listed, exposed = (said.get((name,)) for name in ("expected", "listed", "exposed"))
    return {
        "minimum_criteria": True if said.get(("described",)) or died else None,
        "serious": answers([*(value for view in views for value in view.values()), *died]),
        "fatal": answers([*(view["results_in_death"] for view in views), *died]),
        "life_threatening": answers(view["life_threatening"] for view in views),
        "related_investigator": any(judged["investigator"]) if judged["investigator"] else None,
        "related_sponsor": any(judged["sponsor"]) if judged["sponsor"] else None,
        "unexpected": assessed == "N" if assessed else (False if listed == "Y" else None),
        "exposed": None if exposed is None else exposed == "Y",
        **{name: None if (value := said.get((name,))) is None else value == "Y" for name in REPORTABILITY},
    }


def present(told: Iterable[Told], causality: Causality) -> dict[str, bool | None]:
    """Read all that was told by anybody, in the order of the stream, as the record stands now."""
    said: dict[Key, str | None] = {}
    for one in told:
        said |= one.said
    return states_of(said, causality)


DOWNGRADES = ("serious", "fatal", "life_threatening", "related_investigator", "related_sponsor", "unexpected")
MISSING_COUNTS = frozenset({"related_investigator", "related_sponsor", "unexpected"})
"""What counts as true while it is not stated, so that a first no takes something back."""


def is_less(was: Mapping[str, bool | None], now: Mapping[str, bool | None]) -> bool:
    """Say whether anything that makes reports due was taken back."""
    return any(
        now[name] is False and (was[name] or (was[name] is None and name in MISSING_COUNTS)) for name in DOWNGRADES
    )


def facts(
    told: Iterable[Told],
    causality: Causality,
    obligations: Mapping[str, Obligation],
    rules: frozenset[str],
    *,
    sponsor_investigator: bool,
    as_filed: bool = False,
) -> list[Fact]:
    """Turn what was told of one adverse event into the evaluator's facts, by party and in the order of their instants.

    `rules`: the ids of the packs that are asked; a report sent by another pack's rule is none of theirs. `as_filed`: in the
    order of the stream, each no earlier than the one before it.
    """
    parts = [part for one in told for part in ([one] if as_filed else parted(one, causality))]
    if as_filed:
        parts = list(in_stream_order(parts))
    if sponsor_investigator:
        return list(_one_view(parts, causality, obligations, rules))
    found: list[Fact] = []
    for party in ("site", "sponsor"):
        known = [seen for part in parts if part.obligation is None for seen in known_to(party, part)]
        known += [p for p in parts if p.obligation is not None and _owed_by(p.obligation, obligations) == party]
        found += _one_view(known, causality, obligations, rules)
    return found


def in_stream_order(parts: Iterable[Told]) -> Iterator[Told]:
    """Put what was told with an earlier moment than what stands before it in the stream just after that."""
    at = filed_at = datetime.min.replace(tzinfo=UTC)
    for told in parts:
        at = told.at if told.at >= at else at + timedelta.resolution
        filed_at = told.filed_at if told.filed_at >= filed_at else filed_at + timedelta.resolution
        yield told._replace(at=at, filed_at=filed_at)


def _owed_by(obligation: str, obligations: Mapping[str, Obligation]) -> Party:
    return obligations[obligation].opened.party


def _one_view(
    known: Iterable[Told], causality: Causality, obligations: Mapping[str, Obligation], rules: frozenset[str]
) -> Iterator[Fact]:
    stated_so_far: dict[Key, str | None] = {}
    was = states_of({}, causality)
    for told in sorted(known, key=lambda part: (part.at, part.version)):
        said: dict[str, Any] = dict.fromkeys(told.acts, True)
        party = told.party
        if told.obligation is not None:
            opened = obligations[told.obligation].opened
            party = opened.party
            said |= {"submitted": opened.rule} if opened.rule in rules else {}
        stated_so_far |= told.said
        now = states_of(stated_so_far, causality)
        said |= {name: value for name, value in now.items() if value is not was[name]}
        if told.takes_back and is_less(was, now):
            said["downgraded"] = True
        was = now
        if said:
            yield Fact(told.at, party, said, told.version)
