"""One adverse event put to the packs that govern: its grounds by the record, its facts, and what they come to."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import NamedTuple, TypedDict

from safety.aggregates.adverse_event import AdverseEvents
from safety.aggregates.deciding import Act, StreamState, SubjectForm, fold
from safety.aggregates.dose import Doses
from safety.aggregates.facts_of_record import FactsOfRecord, Told
from safety.aggregates.grounds import Grounds, grounds
from safety.aggregates.obligation import GroundsFound, Obligation, Obligations
from safety.aggregates.rule_pack import Governing, known_pack
from safety.aggregates.subject import Subject
from safety.aggregates.telling import facts, present
from safety.aggregates.trial import Definition, Trial
from safety.regulation.counting import Causality
from safety.regulation.due import Due
from safety.regulation.evaluator import evaluate
from safety.regulation.facts import Fact
from safety.regulation.rule import STARTED_BY_TRUTH
from safety.values import Awareness


class Governed(NamedTuple):
    """What governs a trial's duties: its definition and reference safety information, and its packs."""

    trial: Trial
    packs: tuple[Governing, ...]

    @property
    def definition(self) -> Definition:
        """The trial's definition; who has subjects has one."""
        if self.trial.definition is None:
            raise LookupError("a trial with subjects has a definition")
        return self.trial.definition


class Named(TypedDict):
    """Which adverse event an event is about."""

    trial: str
    subject: str
    number: int


class Case:
    """One adverse event, and the decision that it is looked at in."""

    def __init__(
        self, governed: Governed, about: SubjectForm, number: int, act: Act, heard: frozenset[int] = frozenset()
    ) -> None:
        """`about` names trial and subject; `act` is whose decision it is; `heard`: versions of what it has just told."""
        self.number = number
        self.act = act
        self.heard = heard
        self.named: Named = {"trial": about.trial, "subject": about.subject, "number": number}
        self._governed = governed

    @property
    def causality(self) -> Causality:
        """The trial's scale of causality."""
        return self._governed.definition.causality

    def both(self, pack: str) -> bool:
        """Say whether site and sponsor are one in the reading of a pack."""
        of = (governing for governing in self._governed.packs if pack in {document.id for document in governing.packs})
        return any(bool(governing.adoption.sponsor_investigator) for governing in of)

    def followed_by(self, sent: Collection[str]) -> bool:
        """Say whether a rule that governs starts with the sending of a report of one of these rules."""
        packs = (known_pack(document.file) for governing in self._governed.packs for document in governing.packs)
        rules = (rule for pack in packs for rule in pack.rules)
        return any(rule.trigger == "submission" and not set(sent).isdisjoint(rule.of) for rule in rules)

    def told(self, state: StreamState) -> tuple[Told, ...]:
        """Give all that was told of it; nothing where all of it was handled elsewhere."""
        told = state.slice(FactsOfRecord).of(self.number)
        return () if all(one.history for one in told) else told

    def grounds_found(self, state: StreamState, told: tuple[Told, ...]) -> GroundsFound | None:
        """Give the grounds that the record has, where they are not those it had.

        Found for the first time they hold from the first fact on; found changed, from what changed them.
        """
        now = self._grounds(state, told)
        last = next((one.said for one in reversed(told) if ("exposed",) in one.said), None)
        was = Grounds() if last is None else Grounds(last["exposed",] == "Y", last["listed",] == "Y")
        if now[:2] == was[:2]:
            return None
        first = last is None and not state.slice(Obligations).of(self.number)
        since = told[0] if first else told[-1] if self.heard else None
        return GroundsFound(
            **self.named,
            aware=self._aware(since),
            exposed="Y" if now.exposed else "N",
            expected="Y" if now.expected else "N",
            reference_safety_information=now.by,
        )

    def _aware(self, since: Told | None) -> Awareness:
        zone = self._governed.definition.zone
        if since is None:
            return Awareness(at=self.act.at, zone=zone, party="site", basis="filed")
        return Awareness(
            at=since.at,
            zone=zone,
            party=since.party,
            basis="history" if since.history else "filed",
            filed_at=since.filed_at,
        )

    def _grounds(self, state: StreamState, told: tuple[Told, ...]) -> Grounds:
        states = present(told, self.causality)
        particulars = state.slice(AdverseEvents).by_number[self.number].particulars
        issued = self._governed.trial.reference_safety_information
        return grounds(particulars, states, state.slice(Doses), issued)

    def asked(self, state: StreamState) -> Iterator[tuple[list[Fact], Due]]:
        """Ask every pack that governs: each obligation with the facts of its adoption, but what history handled elsewhere."""
        told = self.told(state)
        history = tuple(one for one in told if one.history)
        for governing in self._governed.packs:
            handled = {key(due) for due in self.dues(governing, state, history)[1]} if history else set()
            known, dues = self.dues(governing, state, told)
            if self._lost(governing, state, dues):
                as_filed = self.dues(governing, state, told, as_filed=True)[1]
                follow = [due for due in as_filed if due.rule.trigger not in STARTED_BY_TRUTH]
                dues += [due for due in follow if key(due) not in {key(one) for one in dues}]
            yield from ((known, due) for due in dues if key(due) not in handled)

    def would_owe(self, state: StreamState) -> list[Due]:
        """Give all that these packs would have made due of what is on record."""
        told = self.told(state)
        found = self.grounds_found(state, told) if told else None
        return [due for _, due in self.asked(state if found is None else fold(state, found))] if told else []

    def dues(
        self, governing: Governing, state: StreamState, told: tuple[Told, ...], *, as_filed: bool = False
    ) -> tuple[list[Fact], list[Due]]:
        """Ask the packs of one adoption: the facts, and what they come to in the order in which it came to be owed."""
        adoption = governing.adoption
        packs = [known_pack(document.file) for document in governing.packs]
        both = bool(adoption.sponsor_investigator)
        rules = frozenset(rule.id for pack in packs for rule in pack.rules)
        obligations = state.slice(Obligations).of(self.number)
        known = facts(told, self.causality, obligations, rules, sponsor_investigator=both, as_filed=as_filed)
        asked = {name for pack in packs for name in pack.configuration}
        found = evaluate(
            packs,
            known,
            zone=adoption.zone or self._governed.definition.zone,
            site_zone=self._governed.definition.site_zone(state.slice(Subject).particulars.get("site")),
            sponsor_investigator=both,
            configuration={name: value for name, value in adoption.configuration.items() if name in asked},
            rules_on=adoption.rules_on,
        )
        in_order = sorted(found.obligations, key=lambda due: (due.opened_by, due.ordinal))
        return known, list(by_their_acts(in_order, obligations))

    def _lost(self, governing: Governing, state: StreamState, dues: list[Due]) -> bool:
        """Say whether a report was sent that the facts, in the order of awareness, do not come to any more.

        A fact that was filed late, with an earlier awareness, can do that. What was sent must still be followed up: then
        the facts are asked once more in the order in which they were filed.
        """
        packs = {document.id for document in governing.packs}
        sent = {key(due) for due in dues if due.state == "submitted"}
        return any(
            one.opened.pack in packs
            and one.state in {"submitted", "acknowledged"}
            and (one.opened.rule, one.opened.ordinal) not in sent
            for one in state.slice(Obligations).of(self.number).values()
        )


def by_their_acts(dues: Sequence[Due], on_record: Mapping[str, Obligation]) -> Iterator[Due]:
    """Number what an act started as the record numbers it, by the act; what the record does not have gets numbers of its own.

    An act that is filed late, with an earlier awareness, comes to stand before others of its rule: counted by their order, its
    clock would be taken for one of theirs.
    """
    known: dict[tuple[str, int], set[int]] = {}
    for one in on_record.values():
        known.setdefault((one.opened.rule, one.opened.ordinal), set()).update(one.opened.facts)
    given: set[tuple[str, int]] = set()
    numbered: list[tuple[Due, int | None]] = []
    for due in dues:
        acts = {fact.ref for fact in due.grounds.acts}
        same = (name for name, facts in known.items() if name[0] == due.rule.id and name not in given and acts & facts)
        found = None if due.rule.trigger in STARTED_BY_TRUTH else next(same, None)
        given |= set() if found is None else {found}
        numbered.append((due, None if found is None else found[1]))
    for due, number in numbered:
        if due.rule.trigger in STARTED_BY_TRUTH:
            yield due
            continue
        ordinal = number or next(n for n in count(1) if (due.rule.id, n) not in known.keys() | given)
        given.add((due.rule.id, ordinal))
        yield replace(due, ordinal=ordinal)


def key(due: Due) -> tuple[str, int]:
    """Say which obligation of its adverse event it is."""
    return due.rule.id, due.ordinal
