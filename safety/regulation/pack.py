"""A rule pack: what one instrument demands, as a versioned text with its hash; and a profile, which puts packs together."""

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

from pydantic import Field, ValidationError

from safety.regulation.checking import RuleConditions, Vocabulary, faults_of, same_version_other_text
from safety.regulation.conditions import Condition, close_matches, read_condition, shortly
from safety.regulation.rule import Identifier, Line, Name, Outside, ReportFormat, Rule, Table
from safety.values import Day, Zone

__all__ = ["InvalidPack", "Outside", "Pack", "Profile", "Rule", "read_pack", "read_profile", "refuse_contradicting"]

MOST_TRUTHS = 4_096
"""Answers of its conditions that a pack keeps."""
LONGEST_TEXT = 1_000_000
"""Characters of a pack's file."""


class InvalidPack(ValueError):
    """A pack or profile that cannot govern: every fault with its table path."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(self.faults))


class Truths(NamedTuple):
    """The rules whose `when` holds, and those whose `since`, or `when`, runs."""

    holds: frozenset[str]
    runs: frozenset[str]


def within(on: date, first: date | None, last: date | None) -> bool:
    """Whether a date lies between two, both inclusive; a missing one is no bound."""
    return (first is None or first <= on) and (last is None or on <= last)


class Pack(Table):
    """What one instrument demands.

    `zone`: the authority's; left out where the instrument has no authority of its own. `related`: who says that an event is
    related: any party (`either`), the sponsor alone (`sponsor`), or nobody has to (`not_used`). `define`: named conditions.
    `configuration`: what the trial has to say before some rules are sure, each with its meaning. `outside`: what the
    instrument also demands and no rule here starts. `unsure`: what nobody could confirm of the whole pack, told with each of
    its rules, as a rule's own `unsure` is with that rule. `sha256`: of the text that it was read from.
    """

    id: Identifier
    version: Line
    title: Line
    authority: Line
    zone: Zone | None = None
    related: Literal["either", "sponsor", "not_used"]
    effective_from: Day
    effective_to: Day | None = None
    sources: Annotated[tuple[Line, ...], Field(min_length=1)]
    note: Line | None = None
    unsure: Line | None = None
    sponsor_investigator: bool = False
    define: Mapping[Name, str] = {}
    configuration: Mapping[Name, Line] = {}
    rules: Annotated[tuple[Rule, ...], Field(alias="rule", min_length=1)]
    outside: tuple[Outside, ...] = ()
    sha256: str

    @property
    def vocabulary(self) -> Vocabulary:
        """What its conditions may name."""
        return Vocabulary(self.define, self.configuration, self.related)

    @cached_property
    def conditions(self) -> Mapping[str, RuleConditions]:
        """Each rule's conditions, ready to be asked, by the rule's id."""
        return {rule.id: self.vocabulary.conditions(rule) for rule in self.rules}

    @cached_property
    def _truths(self) -> dict[tuple[bool, ...], Truths]:
        return {}

    def truths(self, values: Mapping[str, bool]) -> Truths:
        """Which rules' conditions hold for the values of every name, given in one order always; cases repeat, answers are kept."""
        asked = tuple(values.values())
        found = self._truths.get(asked)
        if found is None:
            if len(self._truths) >= MOST_TRUTHS:
                self._truths.clear()
            found = self._truths[asked] = Truths(
                frozenset(rule_id for rule_id, conditions in self.conditions.items() if conditions.holds(values)),
                frozenset(rule_id for rule_id, conditions in self.conditions.items() if conditions.runs(values)),
            )
        return found

    @cached_property
    def superseded_by(self) -> Mapping[str, frozenset[str]]:
        """By a rule's id, the other rules that replace its open obligations."""
        return {
            rule.id: frozenset(other.id for other in self.rules if rule.id in other.supersedes and other is not rule)
            for rule in self.rules
        }

    @cached_property
    def _formats(self) -> Mapping[str, tuple[tuple[ReportFormat, Condition | None], ...]]:
        known = self.configuration.keys() | {"sponsor_investigator"}
        return {
            rule.id: tuple(
                (form, None if form.when is None else read_condition(form.when, known)) for form in rule.formats
            )
            for rule in self.rules
        }

    def doubts(self, rule: Rule) -> tuple[str, ...]:
        """What nobody could confirm of the pack and of one of its rules."""
        return tuple(said for said in (self.unsure, rule.unsure) if said is not None)

    def format_of(
        self, rule: Rule, on: date, configuration: Mapping[str, bool | None], *, sponsor_investigator: bool
    ) -> str | None:
        """In which form a report goes whose clock starts on a date, by the trial's configuration; None where nothing is said."""
        values = {name: value is not False for name, value in configuration.items()}
        values["sponsor_investigator"] = sponsor_investigator
        for form, when in self._formats[rule.id]:
            if within(on, form.effective_from, form.effective_to) and (when is None or when.holds(values)):
                asked = frozenset[str]() if when is None else when.names
                silent = sorted(name for name in asked if configuration.get(name, False) is None)
                unsure = [f"; UNSURE: {name} is not configured by the trial and counts as true" for name in silent]
                return f"{form.says} ({form.citation}){''.join(unsure)}"
        return None

    def in_force(self, rule: Rule, on: date) -> bool:
        """Whether a rule governs a clock that starts on a date: within its own dates and the pack's, both inclusive."""
        governs = within(on, self.effective_from, self.effective_to)
        return governs and within(on, rule.effective_from, rule.effective_to)


class Profile(Table):
    """Packs that govern together, and what a trial says of itself; `rules_of = "today"` replays history under today's rules."""

    id: Identifier
    version: Line
    title: Line
    authority: Line
    packs: Annotated[tuple[Identifier, ...], Field(min_length=1)]
    effective_from: Day
    sponsor_investigator: bool = False
    configuration: Mapping[Name, bool] = {}
    rules_of: Literal["today"] | None = None
    sources: Annotated[tuple[Line, ...], Field(min_length=1)]
    note: Line | None = None
    sha256: str


Read = TypeVar("Read", Pack, Profile)


@lru_cache(maxsize=64)
def read_pack(text: str) -> Pack:
    """Read a rule pack; the same text is read once.

    Raises:
        InvalidPack: naming the table path of each fault.

    """
    pack = _read(Pack, text)
    faults = tuple(faults_of(pack.rules, pack.vocabulary, (pack.effective_from, pack.effective_to)))
    if faults:
        raise InvalidPack(faults)
    return pack


def read_profile(text: str) -> Profile:
    """Read a profile; whether its packs exist is for whoever has them.

    Raises:
        InvalidPack: naming the table path of each fault.

    """
    return _read(Profile, text)


def refuse_contradicting(packs: Iterable[Pack]) -> None:
    """Refuse packs that claim one id and version and have different texts.

    Raises:
        InvalidPack: naming them.

    """
    faults = tuple(same_version_other_text((pack.id, pack.version, pack.sha256) for pack in packs))
    if faults:
        raise InvalidPack(faults)


def _read(kind: type[Read], text: str) -> Read:
    if len(text) > LONGEST_TEXT:
        raise InvalidPack([f"the file is longer than {LONGEST_TEXT} characters; that is no rule pack"])
    try:
        tables: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise InvalidPack([f"the file is not TOML: {fault}"]) from fault
    if "sha256" in tables:
        raise InvalidPack(["sha256: a text cannot hold its own hash; leave it out"])
    try:
        return kind.model_validate({**tables, "sha256": sha256(text.encode()).hexdigest()})
    except ValidationError as fault:
        raise InvalidPack(
            _fault(kind, found) for found in fault.errors(include_input=False, include_url=False)
        ) from fault


def _fault(kind: type[Table], error: Any) -> str:  # noqa: ANN401, pydantic's own dictionary
    """One fault of pydantic's as table path and sentence."""
    path = ""
    for part in error["loc"]:
        path += f"[{part}]" if isinstance(part, int) else "" if part == "[key]" else f".{shortly(part)}"
    if error["type"] == "extra_forbidden":
        return f"{path.lstrip('.')}: unknown key; {close_matches(str(error['loc'][-1]), _keys(kind, error['loc']))}"
    return f"{path.lstrip('.') or 'the file'}: {error['msg'].removeprefix('Value error, ')}"


def _keys(kind: type[Table], loc: tuple[int | str, ...]) -> frozenset[str]:
    """The keys of the table that a fault stands in."""
    tables: Mapping[int | str, type[Table]] = {"rule": Rule, "outside": Outside}
    table = kind if len(loc) == 1 else tables.get(loc[0], kind)
    return frozenset(field.alias or name for name, field in table.model_fields.items()) - {"sha256"}
