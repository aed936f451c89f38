"""The file form of facts: a JSON document, read into facts with every fault named by its place; nothing is guessed but what it says."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from safety import written
from safety.regulation.conditions import close_matches, shortly
from safety.regulation.facts import ACTS, STATES, SUBMITTED, Fact, InvalidFacts, faults_of
from safety.values import instant, zone_name

KEYS = frozenset({"zone", "facts", "sponsor_investigator", "authority_zone", "configuration"})
MOST_FACTS = 10_000
"""Facts of one case; more are not one case."""


@dataclass(frozen=True, slots=True)
class FactsFile:
    """What a file of facts says: the zone in which Day 0 is read, the facts, and what the trial says of itself."""

    zone: str
    facts: tuple[Fact, ...]
    sponsor_investigator: bool = False
    authority_zone: bool = False
    configuration: Mapping[str, bool | None] = field(default_factory=dict)


def read_facts(text: str) -> FactsFile:
    """Read a file of facts.

    `{"zone": "Asia/Shanghai", "facts": [{"at": "2018-03-06T09:30:00+08:00", "party": "sponsor", "serious": true}, ...]}`,
    and optionally `sponsor_investigator`, `authority_zone` (booleans) and `configuration`. The party is the sponsor where
    none is named. If no fact states `minimum_criteria`, it is taken as met from each party's first fact, and marked so.

    Raises:
        InvalidFacts: naming the place of each fault.

    """
    document = _document(text)
    faults = list(_faults_of_document(document))
    if faults:
        raise InvalidFacts(faults)
    entries: Sequence[Mapping[str, Any]] = document["facts"]
    faults = [f"facts[{place}].{fault}" for place, entry in enumerate(entries) for fault in _faults_of_entry(entry)]
    if faults:
        raise InvalidFacts(faults)
    facts = tuple(_fact(entry) for entry in entries)
    return FactsFile(
        document["zone"],
        facts if any("minimum_criteria" in fact.said for fact in facts) else tuple(_assumed_valid(facts)),
        document.get("sponsor_investigator", False),
        document.get("authority_zone", False),
        document.get("configuration", {}),
    )


def _document(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text, object_pairs_hook=_each_key_once)
    except json.JSONDecodeError as fault:
        raise InvalidFacts([f"the file is not JSON: {fault}"]) from fault
    except RecursionError as fault:
        raise InvalidFacts(["the file nests too deep to be facts"]) from fault
    if not isinstance(document, dict):
        raise InvalidFacts(['the file must hold one object, {"zone": ..., "facts": [...]}'])
    return document


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for place, (key, _) in enumerate(pairs) if key in {name for name, _ in pairs[:place]})
        raise InvalidFacts([f"the key '{shortly(twice)}' stands twice in one object; give it once"])
    return found


def _faults_of_document(document: Mapping[str, Any]) -> Iterator[str]:
    for key in document.keys() - KEYS:
        yield f"{shortly(key)}: unknown key; {close_matches(key, KEYS)}"
    try:
        zone_name(_text(document.get("zone")))
    except ValueError as fault:
        yield f"zone: {fault}"
    entries = document.get("facts")
    if not isinstance(entries, list) or not entries:
        yield "facts: must be a list of one fact or more"
    elif len(entries) > MOST_FACTS:
        yield f"facts: more than {MOST_FACTS} are not one case"
    for key in ("sponsor_investigator", "authority_zone"):
        if not isinstance(document.get(key, False), bool):
            yield f"{key}: must be true or false"
    configuration = document.get("configuration", {})
    if not isinstance(configuration, dict):
        yield "configuration: must be an object of true, false and null"
    else:
        yield from (
            f"configuration.{shortly(name)}: must be true, false or null"
            for name, value in configuration.items()
            if value is not None and not isinstance(value, bool)
        )


def _faults_of_entry(entry: Any) -> Iterator[str]:  # noqa: ANN401, whatever JSON can hold
    if not isinstance(entry, dict):
        yield "at: missing; a fact is an object with at, party and what is stated"
        return
    try:
        _instant(entry.get("at"))
    except ValueError as fault:
        yield f"at: {fault}"
    if entry.get("party", "sponsor") not in ("site", "sponsor"):
        yield "party: must be site or sponsor"
    ref = entry.get("ref")
    if ref is not None and (not isinstance(ref, int) or isinstance(ref, bool) or ref < 1):
        yield "ref: must be a version of its stream, 1 or more"
    yield from faults_of({name: value for name, value in entry.items() if name not in {"at", "party", "ref"}})


def _text(value: Any) -> str:  # noqa: ANN401, whatever JSON can hold
    return value if isinstance(value, str) else ""


def _instant(value: Any) -> datetime:  # noqa: ANN401, whatever JSON can hold
    try:
        at = written.moment(_text(value))
    except ValueError as fault:
        message = "must be an instant with its zone, such as 2018-03-06T09:30:00+08:00"
        raise ValueError(message) from fault
    if at.tzinfo is None:
        raise ValueError("has no zone; say +08:00 or Z, so that it is one instant")
    instant(at)
    return at


def _fact(entry: Mapping[str, Any]) -> Fact:
    said = {name: value for name, value in entry.items() if name in STATES or name in ACTS or name == SUBMITTED}
    return Fact(_instant(entry["at"]), entry.get("party", "sponsor"), said, entry.get("ref"))


def _assumed_valid(facts: Sequence[Fact]) -> Iterator[Fact]:
    """Take the minimum criteria as met from the first fact of each party."""
    first = {
        party: min((fact for fact in facts if fact.party == party), key=lambda f: f.at)
        for party in {f.party for f in facts}
    }
    for fact in facts:
        if fact is first[fact.party]:
            yield replace(fact, said={"minimum_criteria": True, **fact.said}, assumed=frozenset({"minimum_criteria"}))
        else:
            yield fact
