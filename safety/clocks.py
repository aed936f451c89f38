"""Which clocks start or give way because of what has just happened: the record's facts under the packs that govern; pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, Protocol, TypedDict

from safety.aggregates.adverse_event import AdverseEvents
from safety.aggregates.deciding import Act, Form, States, StreamState, SubjectForm, fold
from safety.aggregates.dose import Doses
from safety.aggregates.facts_of_record import FactsOfRecord, Told, facts, present
from safety.aggregates.grounds import Grounds, grounds
from safety.aggregates.obligation import (
    Cancelled,
    GroundsFound,
    Obligation,
    Obligations,
    Opened,
    Reviewed,
    Superseded,
)
from safety.aggregates.rule_pack import Governing, RulePacks, known_pack
from safety.aggregates.trial import Definition, Trial
from safety.regulation.due import Due
from safety.regulation.evaluator import evaluate
from safety.regulation.facts import Fact
from safety.values import Awareness

MEANING = {
    "nullified": "struck through with the nullification that I filed",
    "downgraded": "struck through with the assessment by which I took its ground back",
}


class Happened(Protocol):
    """An event that a decision has just made, and its stream's state before and after it."""

    @property
    def event(self) -> Form:
        """What happened."""
        ...

    @property
    def before(self) -> StreamState:
        """The state it met."""
        ...

    @property
    def after(self) -> StreamState:
        """The state it left."""
        ...


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


def owed(states: States, happened: Sequence[Happened], act: Act) -> list[Form]:
    """Give the events that what has happened comes to: obligations opened, superseded, struck through, beside it."""
    subjects: dict[str, tuple[str, list[Happened]]] = {}
    for one in happened:
        if isinstance(one.event, SubjectForm):
            subjects.setdefault(one.event.stream, (one.event.trial, []))[1].append(one)
    events: list[Form] = []
    for trial, found in subjects.values():
        governed = governed_by(states, trial)
        if governed is not None:
            decided = [one.event for one in found]
            events += owed_to_subject(governed, decided, found[0].before, found[-1].after, act)
    return events


def governed_by(states: States, trial: str) -> Governed | None:
    """Give what governs a trial's duties; None where no pack does."""
    governing = states(f"{trial}/trial", RulePacks).governing
    return Governed(states(f"{trial}/trial", Trial), governing) if governing else None


def owed_to_subject(
    governed: Governed,
    decided: Sequence[Form],
    before: StreamState,
    after: StreamState,
    act: Act,
) -> Iterator[Form]:
    """Give what the events decided of one subject come to; the rules are asked only where a party has told something new."""
    about = next((one for one in decided if isinstance(one, SubjectForm)), None)
    if about is None:
        return
    was, now = before.slice(FactsOfRecord), after.slice(FactsOfRecord)
    numbers: dict[int, bool] = {}
    for happened in decided:
        if isinstance(happened, Reviewed):
            numbers |= dict.fromkeys(now.by_number, True)
        elif happened.TOPIC.startswith(("adverse_event.", "obligation.")):
            number = happened.__dict__["number"]
            numbers[number] = numbers.get(number, False) or was.of(number) is not now.of(number)
    for number, asked in sorted(numbers.items()):
        heard = was.of(number) is not now.of(number)
        yield from Clocks(governed, about, number, act).decide(after, asked=asked, heard=heard)


class Named(TypedDict):
    """Which adverse event an event is about."""

    trial: str
    subject: str
    number: int


class Clocks:
    """The clocks of one adverse event."""

    def __init__(self, governed: Governed, about: SubjectForm, number: int, act: Act) -> None:
        """`about` names trial and subject; `act` is whose decision it is."""
        self._governed = governed
        self._number = number
        self._act = act
        self._named: Named = {"trial": about.trial, "subject": about.subject, "number": number}

    def decide(self, state: StreamState, *, asked: bool, heard: bool) -> Iterator[Form]:
        """Give what is owed now and was not; with `asked` false the rules are asked only where the grounds have changed."""
        told = state.slice(FactsOfRecord).of(self._number)
        if all(one.history for one in told):
            return
        found = self.grounds_found(state, told, heard=heard)
        if found is not None:
            yield found
            state = fold(state, found)
        if asked or found is not None:
            yield from self._differences(state)

    def grounds_found(self, state: StreamState, told: tuple[Told, ...], *, heard: bool) -> GroundsFound | None:
        """Give the grounds that the record has, where they are not those it had.

        Found for the first time they hold from the first fact on; found changed, from what changed them.
        """
        now = self._grounds(state, told)
        last = next((one.said for one in reversed(told) if ("exposed",) in one.said), None)
        was = Grounds() if last is None else Grounds(last["exposed",] == "Y", last["listed",] == "Y")
        if now[:2] == was[:2]:
            return None
        first = last is None and not state.slice(Obligations).of(self._number)
        since = told[0] if first else told[-1] if heard else None
        return GroundsFound(
            **self._named,
            aware=self._aware(since),
            exposed="Y" if now.exposed else "N",
            expected="Y" if now.expected else "N",
            reference_safety_information=now.by,
        )

    def _aware(self, since: Told | None) -> Awareness:
        zone = self._governed.definition.zone
        if since is None:
            return Awareness(at=self._act.at, zone=zone, party="site", basis="filed")
        return Awareness(
            at=since.at,
            zone=zone,
            party=since.party,
            basis="history" if since.history else "filed",
            filed_at=since.filed_at,
        )

    def _grounds(self, state: StreamState, told: tuple[Told, ...]) -> Grounds:
        states = present(told, self._governed.definition.causality)
        particulars = state.slice(AdverseEvents).by_number[self._number].particulars
        issued = self._governed.trial.reference_safety_information
        return grounds(particulars, states, state.slice(Doses), issued)

    def dues(self, governing: Governing, state: StreamState, told: tuple[Told, ...]) -> tuple[list[Fact], list[Due]]:
        """Ask the packs of one adoption: the facts, and what they come to in the order in which it came to be owed."""
        adoption = governing.adoption
        packs = [known_pack(document.file) for document in governing.packs]
        both = bool(adoption.sponsor_investigator)
        rules = frozenset(rule.id for pack in packs for rule in pack.rules)
        causality = self._governed.definition.causality
        obligations = state.slice(Obligations).of(self._number)
        known = facts(told, causality, obligations, rules, sponsor_investigator=both)
        asked = {name for pack in packs for name in pack.configuration}
        found = evaluate(
            packs,
            known,
            zone=adoption.zone or self._governed.definition.zone,
            sponsor_investigator=both,
            configuration={name: value for name, value in adoption.configuration.items() if name in asked},
            rules_on=adoption.rules_on,
        )
        return known, sorted(found.obligations, key=lambda due: (due.opened_by, due.ordinal))

    def asked(self, state: StreamState) -> Iterator[tuple[list[Fact], Due]]:
        """Ask every pack that governs: each obligation with the facts of its adoption, but what history handled elsewhere."""
        told = state.slice(FactsOfRecord).of(self._number)
        history = tuple(one for one in told if one.history)
        for governing in self._governed.packs:
            handled = {key(due) for due in self.dues(governing, state, history)[1]} if history else set()
            known, dues = self.dues(governing, state, told)
            yield from ((known, due) for due in dues if key(due) not in handled)

    def would_owe(self, state: StreamState) -> list[Due]:
        """Give all that these packs would have made due of what is on record."""
        told = state.slice(FactsOfRecord).of(self._number)
        if all(one.history for one in told):
            return []
        found = self.grounds_found(state, told, heard=False)
        return [due for _, due in self.asked(state if found is None else fold(state, found))]

    def _differences(self, state: StreamState) -> Iterator[Form]:
        for known, due in self.asked(state):
            for event in self._difference(state, due, known):
                state = fold(state, event)
                yield event

    def _difference(self, state: StreamState, due: Due, known: Sequence[Fact]) -> Iterator[Form]:
        """Compare one obligation with what is on record: once opened it is never postponed, and never opened again."""
        on_record = state.slice(Obligations).of(self._number)
        revisions = [one for one in on_record.values() if (one.opened.rule, one.opened.ordinal) == key(due)]
        if not revisions:
            if due.state in {"open", "submitted"}:
                yield from self._opened(due, f"{due.rule.id}/{due.ordinal}", on_record)
            return
        latest = revisions[-1]
        if not latest.runs:
            return
        if due.state == "open" and is_earlier(due, latest):
            yield from self._opened(due, f"{due.rule.id}/{due.ordinal}.{len(revisions) + 1}", on_record, latest)
        elif due.state == "cancelled" and not latest.sent_to and self._act.role == "safety_officer":
            yield from self._struck_through(due, latest, known)

    def _opened(
        self, due: Due, name: str, on_record: Mapping[str, Obligation], revised: Obligation | None = None
    ) -> Iterator[Form]:
        """Open an obligation in the place of those it supersedes, no later than they were due."""
        replaced = [
            one
            for one in on_record.values()
            if one.runs
            and (one is revised or (one.opened.pack == due.pack.id and one.opened.rule in due.rule.supersedes))
        ]
        due_at, due_on = due.due_at, due.due_on
        for one in replaced:
            if due_at is not None and one.opened.due_at is not None and one.opened.due_at < due_at:
                due_at, due_on = one.opened.due_at, one.opened.due_on
        yield Opened(
            **self._named,
            obligation=name,
            rule=due.rule.id,
            ordinal=due.ordinal,
            pack=due.pack.id,
            pack_version=due.pack.version,
            pack_sha256=due.pack.sha256,
            owed_by=due.rule.sender,
            to=due.to,
            limit=due.rule.limit,
            unit=due.rule.unit,
            party=due.rule.party,
            starts_at=due.starts_at,
            zone=due.zone,
            day0=due.day0,
            due_on=due_on,
            due_at=due_at,
            citation=due.rule.citation,
            confidence=due.rule.confidence,
            basis=due.rule.basis,
            because=tuple(line for ground in due.because for line in ground.lines()),
            facts=due.refs,
        )
        for one in replaced:
            yield Superseded(**self._named, obligation=one.opened.obligation, by=name)

    def _struck_through(self, due: Due, on_record: Obligation, known: Sequence[Fact]) -> Iterator[Form]:
        """Strike a clock through where the safety officer who acts has taken back what it rests on."""
        step = [fact.said for fact in known if fact.at == due.closed_at]
        nullified = any("nullified" in said for said in step)
        uses = due.pack.conditions[due.rule.id].uses
        if nullified or any(uses & said.keys() for said in step):
            reason: Literal["nullified", "downgraded"] = "nullified" if nullified else "downgraded"
            yield Cancelled(
                **self._named,
                obligation=on_record.opened.obligation,
                reason=reason,
                signed_by=self._act.by,
                signed_as=self._act.role,
                meaning=MEANING[reason],
            )


def key(due: Due) -> tuple[str, int]:
    """Say which obligation of its adverse event it is."""
    return due.rule.id, due.ordinal


def is_earlier(due: Due, known: Obligation) -> bool:
    """Say whether an obligation is due before what is on record of it: then the earlier one takes its place."""
    was = known.opened.due_at
    return due.due_at is not None and was is not None and due.due_at < was
