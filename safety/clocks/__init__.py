"""Which clocks start or give way because of what has just happened: the record's facts under the packs that govern; pure."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from safety.aggregates.deciding import Act, Form, States, StreamState, SubjectForm
from safety.aggregates.facts_of_record import FactsOfRecord
from safety.aggregates.obligation import Reviewed
from safety.aggregates.rule_pack import RulePacks
from safety.aggregates.trial import Trial
from safety.clocks.asking import Case, Governed
from safety.clocks.differing import decide
from safety.clocks.reporting import by_filing, report_made

__all__ = ["Case", "Governed", "Happened", "by_filing", "governed_by", "owed", "owed_to_subject", "report_made"]


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
    numbers: set[int] = set()
    reviewed = any(isinstance(happened, Reviewed) for happened in decided)
    for happened in decided:
        if happened.TOPIC.startswith(("adverse_event.", "obligation.")) and not isinstance(happened, Reviewed):
            numbers.add(happened.__dict__["number"])
    for number in sorted(numbers.union(now.by_number) if reviewed else numbers):
        heard = frozenset(told.version for told in now.of(number)[len(was.of(number)) :])
        yield from decide(Case(governed, about, number, act, heard), after, asked=reviewed or bool(heard))
