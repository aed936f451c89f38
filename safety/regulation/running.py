"""An obligation while the course of a case runs, and how its clock is reckoned."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from safety.regulation.dates import Reckoned, reckon
from safety.regulation.due import Grounds, State
from safety.regulation.rule import Rule
from safety.regulation.steps import Setting

RUNNING = frozenset({"open", "submitted"})
"""States in which an obligation stands in the way of another of its rule."""


@dataclass(slots=True)
class Obligation:
    """An obligation while the course runs: what is fixed at its opening, and the state it is in."""

    rule: Rule
    step: int
    opened_by: datetime
    starts_at: datetime
    reckoned: Reckoned
    grounds: Grounds
    ordinal: int
    state: State = "open"
    closed_at: datetime | None = None
    remarks: list[str] = field(default_factory=list)

    def close(self, state: State, at: datetime, remark: str) -> None:
        """Put it into its last state, and say why."""
        self.state, self.closed_at = state, at
        self.remarks.append(remark)


def reckoned_for(rule: Rule, starts_at: datetime, authority_zone: str | None, setting: Setting) -> Reckoned:
    """Reckon a rule's clock in the setting's zone; where asked for, in the authority's too, and take the earlier."""
    own = reckon(starts_at, rule.limit, rule.unit, setting.zone)
    if not setting.authority_zone or authority_zone is None or own.due_at is None:
        return own
    theirs = reckon(starts_at, rule.limit, rule.unit, authority_zone)
    return theirs if theirs.due_at is not None and theirs.due_at < own.due_at else own


def capped_by(of: Obligation | None, rule: Rule, own: Reckoned) -> tuple[Reckoned, str | None]:
    """Never later than the cap's days after the Day 0 of the obligation that was sent; says so where it made a difference."""
    if of is None or rule.cap is None or own.due_at is None:
        return own, None
    cap = reckon(of.starts_at, rule.cap.limit, "calendar_day", of.reckoned.zone)
    if cap.due_at is None or cap.due_at >= own.due_at:
        return own, None
    says = f"{rule.id} is due no later than Day {rule.cap.limit} of {of.rule.id}, whose Day 0 is {cap.day0.isoformat()}"
    return replace(own, due_on=cap.due_on, due_at=cap.due_at), says
