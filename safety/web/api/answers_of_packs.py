"""What the API answers about rule packs: which there are, every rule of each, which govern a trial, what others would change."""

from typing import Any

from pydantic import Field

from safety.web.api.answers import Part, Stamped
from safety.web.api.answers_of_duties import Signature


class Cap(Part):
    """Never later than so many calendar days after Day 0."""

    limit: int


class Rule(Part):
    """One rule as its pack states it; `words` says its condition in words, `unsure` that a person has to confirm it.

    `doubts`: what nobody could confirm of the pack and of the rule beside the rule's text, as the pack says it.
    """

    id: str
    sender: str = Field(alias="from")
    to: list[str]
    when: str | None
    words: str
    trigger: str
    of: list[str]
    limit: int | None
    unit: str
    cap: Cap | None
    supersedes: list[str]
    effective_from: str | None
    effective_to: str | None
    citation: str
    confidence: str
    basis: str
    note: str | None
    unsure: bool
    doubts: list[str]


class OutsideRule(Part):
    """What the instrument also demands and the facts of one case cannot start."""

    id: str
    says: str
    citation: str
    confidence: str
    basis: str


class PackInBrief(Part):
    """A pack, with how many of its rules a person has to confirm."""

    id: str
    version: str
    title: str
    authority: str
    effective_from: str
    effective_to: str | None
    sha256: str
    rules: int
    unsure: int


class PackOffered(PackInBrief):
    """A pack that comes with the program, with those of one's trials that it governs."""

    governs: list[str]


class ProfileInBrief(Part):
    """Packs that govern together."""

    id: str
    version: str
    title: str
    packs: list[str]
    sha256: str


class Packs(Part):
    """The packs and profiles that come with the program."""

    position: int
    packs: list[PackOffered]
    profiles: list[ProfileInBrief]


class WholePack(Part):
    """Every rule of a pack, and the very text; of a profile the text and its packs, with no rule of its own."""

    id: str
    version: str
    title: str
    authority: str
    sha256: str
    note: str | None
    sources: list[str]
    configuration: dict[str, Any] = Field(description="What the trial has to answer, or what a profile answers.")
    packs: list[str]
    rules: list[Rule]
    outside: list[OutsideRule]
    text: str


class Adoption(Part):
    """What of an adoption still governs: the packs, the settings, and who signed for it."""

    position: int
    at: str | None
    packs: list[PackInBrief]
    profile: str | None
    zone: str | None
    sponsor_investigator: bool | None
    configuration: dict[str, bool]
    rules_of: str
    rules_on: str | None
    signature: Signature | None


class GoverningPacks(Stamped):
    """The packs that govern a trial."""

    adoptions: list[Adoption]


class Obliged(Part):
    """An obligation as a comparison tells it; `late` and `because` are of what would have been, the last three of what is on record."""

    subject: str
    number: int
    obligation: str
    pack: str
    owed_by: str
    to: list[str]
    day0: str
    due_on: str | None
    due_at: str | None
    unit: str
    citation: str
    confidence: str
    late: bool | None = None
    because: list[str] | None = None
    state: str | None = None
    timeliness: str | None = None


class OtherDates(Part):
    """One obligation as it is, and as it would have been."""

    now: Obliged
    under_it: Obliged


class WhatIf(Stamped):
    """The same history under other packs, beside what was decided."""

    packs: list[str]
    only_under_it: list[Obliged]
    not_under_it: list[Obliged]
    other_dates: list[OtherDates]
    same: int
