"""What an evaluation answers: obligations with their clocks and states, each able to say why it exists."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Literal

from safety.regulation.explaining import Because, explain, sentences
from safety.regulation.facts import Fact
from safety.regulation.pack import Pack
from safety.regulation.rule import Rule

__all__ = ["Because", "Due", "Grounds", "HeldBack", "State"]

State = Literal["open", "superseded", "cancelled", "submitted"]


@dataclass(frozen=True, slots=True)
class Grounds:
    """What an obligation rests on, as it was when the obligation was opened: kept plain, put in words only when asked.

    `acts`: the facts of the step that opened it. `builds_on`: what it was opened by, in words. `since`: the instant the
    condition has held from, `determined` the one of the determination that its clock waits for. `replaces`: rule and due time
    of what it superseded. `replayed_on`: the date whose rules were applied instead of the date of the fact.
    """

    zone: str
    stated: Mapping[str, tuple[bool, Fact]]
    acts: tuple[Fact, ...]
    configuration: Mapping[str, bool | None]
    builds_on: str | None = None
    since: datetime | None = None
    determined: datetime | None = None
    replaces: tuple[str, ...] = ()
    capped: str | None = None
    replayed_on: date | None = None
    format: str | None = None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Due:
    """An obligation: who owes what to whom by when, by which rule, and in which state the facts have left it.

    `opened_by`: the instant of the step that opened it; `starts_at`: of its clock; `day0` its local date in `zone`.
    `due_on`: the last day that is in time; `due_at`: the first instant that is too late, UTC; both None where the rule has no
    number. `ordinal`: 1, 2, ... within its rule, in the order of opening. `because` is composed when it is asked for.
    """

    pack: Pack
    rule: Rule
    to: tuple[str, ...]
    opened_by: datetime
    starts_at: datetime
    zone: str
    day0: date
    due_on: date | None
    due_at: datetime | None
    state: State
    closed_at: datetime | None
    ordinal: int
    grounds: Grounds

    @cached_property
    def because(self) -> tuple[Because, ...]:
        """Why: from the facts over the clause and Day 0 to the due time, and what closed it."""
        return explain(self)

    @property
    def sentences(self) -> tuple[str, ...]:
        """The same as flat text, each sentence after those it rests on."""
        return sentences(self)

    @property
    def refs(self) -> tuple[int, ...]:
        """Versions of the events behind the facts it rests on."""
        used = self.pack.conditions[self.rule.id].uses
        facts = [fact for name, (_, fact) in self.grounds.stated.items() if name in used]
        return tuple(sorted({fact.ref for fact in (*facts, *self.grounds.acts) if fact.ref is not None}))

    @property
    def format(self) -> str | None:
        """In which form the report goes, where the authority prescribes one."""
        return self.grounds.format


@dataclass(frozen=True, slots=True)
class HeldBack:
    """What would be due one by one, were the event not anticipated by the safety surveillance plan; it is reviewed in aggregate."""

    pack: Pack
    rule: Rule
    at: datetime
    says: str
