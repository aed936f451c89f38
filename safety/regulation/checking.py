"""What can be wrong with a pack whose tables read well: each fault named by its table path."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

from safety.regulation.conditions import Condition, InvalidCondition, Values, close_matches, read_condition
from safety.regulation.facts import CONDITION_NAMES, PARTS, STATES
from safety.regulation.rule import BUILDS_ON, LONGEST_LIMIT, NUMBERED, STARTED_BY_TRUTH, Rule


@dataclass(frozen=True, slots=True)
class RuleConditions:
    """A rule's conditions ready to be asked.

    `uses`: the states that `when` rests on, whatever reads them; `judges`: the states that it names, causality as its parts;
    `configured`: the words of the trial's configuration in it. Without a `when` it always holds.
    """

    when: Condition | None
    since: Condition | None
    uses: frozenset[str]
    judges: frozenset[str]
    configured: frozenset[str]

    def holds(self, values: Values) -> bool:
        """Answer `when`."""
        return self.when is None or self.when.test(values)

    def runs(self, values: Values) -> bool:
        """Answer `since`, by default `when`: whether the time that a clock counts from is running."""
        return self.holds(values) if self.since is None else self.since.test(values)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the conditions of one pack may name."""

    define: Mapping[str, str]
    configuration: Mapping[str, str]
    related: str

    @property
    def known(self) -> frozenset[str]:
        """Every name but the defined ones; a pack that does not use causality has no `related`."""
        without = frozenset({"related"}) if self.related == "not_used" else frozenset()
        return (frozenset(CONDITION_NAMES) | self.configuration.keys()) - without

    def parts(self, name: str) -> frozenset[str]:
        """The states that a name is read from; under the sponsor's rule causality is the sponsor's alone."""
        if name == "related" and self.related == "sponsor":
            return frozenset({"related_sponsor"})
        return frozenset(PARTS.get(name, (name,)))

    def conditions(self, rule: Rule) -> RuleConditions:
        """Read a rule's conditions; raises InvalidCondition."""
        when = None if rule.when is None else read_condition(rule.when, self.known, self.define)
        since = None if rule.since is None else read_condition(rule.since, self.known, self.define)
        names = frozenset() if when is None else when.names
        configured = names & self.configuration.keys()
        stated = names - configured
        uses = frozenset[str]().union(*(self.parts(name) for name in stated))
        causality = self.parts("related") if "related" in stated else frozenset[str]()
        return RuleConditions(when, since, uses, (stated & STATES.keys()) | causality, configured)


def faults_of(rules: Sequence[Rule], vocabulary: Vocabulary, of_pack: tuple[date, date | None]) -> Iterator[str]:
    """Name everything that is wrong with a pack's rules and words."""
    yield from _faults_of_words(vocabulary)
    yield from _ended_before(*of_pack)
    ids = [rule.id for rule in rules]
    faults = []
    for place, rule in enumerate(rules):
        at = f"rule[{place}]"
        if rule.id in ids[:place]:
            faults.append(f"{at}.id: {rule.id} is the id of rule[{ids.index(rule.id)}] already; give it another")
        faults += [f"{at}{fault}" for fault in _faults_of_rule(rule, frozenset(ids), vocabulary)]
    yield from faults
    if not faults:
        yield from _contradictions(rules, vocabulary, of_pack)


def _faults_of_words(vocabulary: Vocabulary) -> Iterator[str]:
    taken = CONDITION_NAMES | STATES.keys() | {"sponsor_investigator"}
    for table, words in (("define", vocabulary.define), ("configuration", vocabulary.configuration)):
        for name in words:
            if name in taken or (table == "define" and name in vocabulary.configuration):
                yield f"{table}.{name}: the name has a meaning already; choose another"
    for name, text in vocabulary.define.items():
        yield from (f"define.{name}: {fault}" for fault in _unreadable(text, vocabulary.known, vocabulary.define))


def _unreadable(text: str | None, known: frozenset[str], define: Mapping[str, str]) -> Iterator[str]:
    if text is None:
        return
    try:
        read_condition(text, known, define)
    except InvalidCondition as fault:
        yield str(fault)


def _ended_before(first: date | None, last: date | None) -> Iterator[str]:
    if first is not None and last is not None and last < first:
        yield "effective_to: lies before effective_from; correct one of them"


def _faults_of_rule(rule: Rule, ids: frozenset[str], vocabulary: Vocabulary) -> Iterator[str]:
    for name, text in (("when", rule.when), ("since", rule.since)):
        yield from (f".{name}: {fault}" for fault in _unreadable(text, vocabulary.known, vocabulary.define))
    if rule.when is None and rule.trigger in STARTED_BY_TRUTH:
        yield f".when: a rule with the trigger {rule.trigger} needs a condition"
    yield from _faults_of_limit(rule)
    yield from _faults_of_links(rule, ids)
    yield from (f".{fault}" for fault in _ended_before(rule.effective_from, rule.effective_to))
    known = frozenset(vocabulary.configuration) | {"sponsor_investigator"}
    for place, form in enumerate(rule.formats):
        yield from (f".formats[{place}].when: {fault}" for fault in _unreadable(form.when, known, {}))


def _faults_of_limit(rule: Rule) -> Iterator[str]:
    if rule.unit not in NUMBERED:
        if rule.limit is not None:
            yield f".limit: '{rule.unit}' has no number; leave the limit out or name its unit"
    elif rule.limit is None:
        if not rule.requires_confirmation:
            yield f".limit: a {rule.unit} needs a number; give it, or say requires_confirmation = true"
    elif rule.unit == "working_day":
        yield ".limit: working days cannot be counted without a confirmed calendar; leave the limit out"
    for name, limit in (("limit", rule.limit), ("cap.limit", None if rule.cap is None else rule.cap.limit)):
        if limit is not None and not 0 < limit <= LONGEST_LIMIT:
            yield f".{name}: {limit} is no limit a report can have; give 1 to {LONGEST_LIMIT}"


def _faults_of_links(rule: Rule, ids: frozenset[str]) -> Iterator[str]:
    for name, named in (("of", rule.of), ("supersedes", rule.supersedes)):
        for unknown in (found for found in named if found not in ids):
            yield f".{name}: there is no rule {unknown}; {close_matches(unknown, ids)}"
    if not rule.of and rule.trigger in BUILDS_ON:
        yield f".of: a rule with the trigger {rule.trigger} names the rules it builds on"
    if rule.of and rule.trigger not in BUILDS_ON | {"late"}:
        yield f".of: a rule with the trigger {rule.trigger} builds on no other; leave it out"
    if rule.cap is not None and rule.trigger != "submission":
        yield ".cap: only a rule with the trigger submission has one"
    if rule.starts == "determined" and rule.trigger not in {"qualifies", "late"}:
        yield f".starts: a rule with the trigger {rule.trigger} starts by its act; leave it out"


def _contradictions(rules: Sequence[Rule], vocabulary: Vocabulary, of_pack: tuple[date, date | None]) -> Iterator[str]:
    """Two rules that say the same of the same duty, and another number.

    A duty without a number beside a number, or a policy beside a law, is no contradiction: both are owed.
    """
    alike: dict[tuple[object, ...], list[int]] = {}
    for place, rule in enumerate(rules):
        if rule.limit is not None:
            alike.setdefault(_duty(rule, vocabulary.conditions(rule)), []).append(place)
    for places in alike.values():
        for one, other in combinations(places, 2):
            first, second = rules[one], rules[other]
            if (first.limit, first.unit) == (second.limit, second.unit) or not set(first.to) & set(second.to):
                continue
            if _overlap(_effective(first, of_pack), _effective(second, of_pack)):
                yield (
                    f"rule[{other}].limit: {second.id} contradicts {first.id} (rule[{one}]): the same duty at the same time "
                    f"to {', '.join(sorted(set(first.to) & set(second.to)))}, another limit; correct one, or its dates"
                )


def _duty(rule: Rule, conditions: RuleConditions) -> tuple[object, ...]:
    when = "" if conditions.when is None else conditions.when.form
    return rule.trigger, when, rule.sender, rule.basis, rule.starts, frozenset(rule.of)


def _effective(rule: Rule, of_pack: tuple[date, date | None]) -> tuple[date, date]:
    return max(rule.effective_from or of_pack[0], of_pack[0]), min(
        rule.effective_to or date.max, of_pack[1] or date.max
    )


def _overlap(one: tuple[date, date], other: tuple[date, date]) -> bool:
    return max(one[0], other[0]) <= min(one[1], other[1])


def same_version_other_text(packs: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    """Name packs, given as id, version and hash, that claim to be one and are not."""
    seen: dict[tuple[str, str], str] = {}
    for pack_id, version, digest in packs:
        if seen.setdefault((pack_id, version), digest) != digest:
            yield f"two packs {pack_id} version {version} have different texts; give one of them another version"
