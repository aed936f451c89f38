"""What a party says and when: the vocabulary of facts, what a party knows, and how what it has not stated is read."""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from safety.regulation.conditions import close_matches, shortly
from safety.values import Party, instant

STATES: Mapping[str, str] = {
    "minimum_criteria": "the minimum criteria of a valid case (ICH E2A III.B.3)",
    "serious": "serious",
    "fatal": "results in death",
    "life_threatening": "life-threatening",
    "related_investigator": "related, by the investigator",
    "related_sponsor": "related, by the sponsor",
    "unexpected": "unexpected against the RSI in force at onset",
    "exposed": "exposed to the investigational product before onset",
    "determined": "the sponsor determined that it qualifies",
    "anticipated": "anticipated, by the safety surveillance plan",
    "protocol_exempt": "exempt from immediate reporting by the protocol",
    "exemption_agreed": "evidence that the exemption was agreed with the authority",
    "infection_transmission": "suspected transmission of an infectious agent by the product",
    "after_trial": "after the end of the trial's reporting window",
}
"""States: true, false, or null for not yet stated; they hold until the party says otherwise."""
ACTS: Mapping[str, str] = {
    "new_information": "new information received",
    "downgraded": "downgraded by a signed assessment",
    "nullified": "nullified: the case is void",
    "handled": "handling of the event finished",
    "urgent_measure": "urgent safety measure taken",
}
"""Acts: they happen at a moment and can only be true."""
SUBMITTED = "submitted"
"""The act that names the rule whose report was sent."""
COUNTS_AS_TRUE = frozenset({"unexpected", "exposed"})
"""What counts as true while nobody has stated it: without an RSI all is unexpected (ICH E2F), and only a stated false excludes exposure."""
PARTS: Mapping[str, tuple[str, ...]] = {
    "serious": ("serious", "fatal", "life_threatening", "infection_transmission"),
    "related": ("related_investigator", "related_sponsor"),
    "exempt": ("protocol_exempt", "exemption_agreed"),
}
"""What a condition may name that is read from several states."""
CONDITION_NAMES: AbstractSet[str] = (STATES.keys() | PARTS.keys()) - {"determined"}
"""What a rule's condition may name besides its pack's own words; a determination starts clocks, it decides nothing."""

Said = Mapping[str, "bool | str | None"]


class InvalidFacts(ValueError):
    """Facts that nobody can state: every fault with its place."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(self.faults))


@dataclass(frozen=True, slots=True)
class Fact:
    """What a party came to know or did at an instant.

    `said`: states (true, false, null), acts (true) and `submitted` (a rule's id). `ref`: version in its stream of the event
    behind it. `assumed`: names in `said` that nobody stated and the reader took as met.

    Raises:
        InvalidFacts: an unknown name, with close matches; a value that its name cannot take; an instant without a zone.

    """

    at: datetime
    party: Party
    said: Said
    ref: int | None = None
    assumed: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Refuse what nobody can state."""
        if self.at.tzinfo is None:
            raise InvalidFacts(["at: an instant needs a zone, such as +08:00 or Z"])
        try:
            instant(self.at)
        except ValueError as fault:
            raise InvalidFacts([f"at: {fault}"]) from fault
        faults = list(faults_of(self.said))
        if faults:
            raise InvalidFacts(faults)

    @property
    def acts(self) -> Iterator[str]:
        """The acts of this fact, without submissions."""
        return (name for name in self.said if name in ACTS)


def faults_of(said: Mapping[str, Any]) -> Iterator[str]:
    """Name what is wrong with what a fact says: `name: why`."""
    for name, value in said.items():
        if name in STATES:
            if value is not None and not isinstance(value, bool):
                yield f"{name}: must be true, false or null"
        elif name in ACTS:
            if value is not True:
                yield f"{name}: is an act and can only be true; leave it out where it did not happen"
        elif name != SUBMITTED:
            yield f"{shortly(name)}: unknown fact; {close_matches(name, STATES.keys() | ACTS.keys() | {SUBMITTED})}"
        elif not isinstance(value, str) or not value:
            yield f"{name}: must be the id of a rule"


@dataclass(slots=True)
class Knowledge:
    """What a party has stated up to a step, each with the fact that said it last; null takes a statement back."""

    stated: dict[str, tuple[bool, Fact]] = field(default_factory=dict)

    def merge(self, facts: Iterable[Fact]) -> frozenset[str]:
        """Take in what the facts of one step say; answer the names whose statement changed."""
        before: dict[str, bool | None] = {}
        for fact in facts:
            for name, value in fact.said.items():
                if name not in STATES:
                    continue
                before.setdefault(name, self.get(name))
                if value is None:
                    self.stated.pop(name, None)
                elif self.get(name) is not value:
                    self.stated[name] = (value is True, fact)
        return frozenset(name for name, value in before.items() if self.get(name) is not value)

    def get(self, name: str) -> bool | None:
        """What the party says of a state; None where it says nothing."""
        found = self.stated.get(name)
        return None if found is None else found[0]

    def counts(self, name: str) -> bool:
        """What a state counts as: as stated, else by the reading of what is not stated."""
        found = self.stated.get(name)
        return name in COUNTS_AS_TRUE if found is None else found[0]

    def related(self, rule: str) -> bool:
        """Read the causality by a pack's rule.

        `sponsor` (21 CFR 312.32(c)(1)(i)): the sponsor's judgement. `either`: any party's yes; a sponsor's no does not
        outweigh an investigator's silence (EU CTR Annex III 2.1 para 4). Missing causality counts as related.
        """
        sponsor = self.get("related_sponsor")
        if rule == "sponsor":
            return sponsor is not False
        return sponsor is True or self.get("related_investigator") is not False

    def readings(self, related: str) -> dict[str, bool]:
        """Give every state, and what is read from several of them, as conditions ask for it."""
        found = {name: self.counts(name) for name in STATES}
        found["serious"] = any(found[name] for name in PARTS["serious"])
        found["related"] = self.related(related)
        found["exempt"] = all(found[name] for name in PARTS["exempt"])
        return found
