"""One rule of a pack as its table says it: who owes what to whom, when, from when on, how long, by which clause."""

from functools import cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from safety.values import Day, Party

Confidence = Literal["high", "medium", "low", "UNSURE"]
"""high: the rule's text was read, or is long settled; medium: a secondary source or memory; low: in part; UNSURE: to be confirmed."""
Basis = Literal["law", "guidance", "policy", "site"]
Trigger = Literal["qualifies", "late", "upgrade", "submission", "new_information", "handled", "urgent_measure"]
Unit = Literal["calendar_day", "hour", "working_day", "immediately", "promptly"]
Sender = Literal["investigator", "institution", "sponsor"]

LONGEST_LIMIT = 3_650
"""No reporting limit is longer than ten years of days; a longer one is a typing error."""
NUMBERED = frozenset({"calendar_day", "hour", "working_day"})
"""Units that are counted."""
STARTED_BY_TRUTH = frozenset({"qualifies", "late", "upgrade"})
"""Triggers that wait for a condition to become true; the others wait for an act."""
BUILDS_ON = frozenset({"upgrade", "submission", "new_information", "handled"})
"""Triggers that must name the rules they build on."""

Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Za-z0-9._-]{0,63}$")]
Line = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


class Table(BaseModel):
    """A table of a pack; a key that is not known is refused, so a misspelt one is not silently without effect."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, str_strip_whitespace=True)


class Cap(Table):
    """Never later than `limit` calendar days after Day 0 of the obligation that the rule builds on."""

    limit: Annotated[int, Field(strict=True)]


class ReportFormat(Table):
    """In which form a report goes, where the authority prescribes one; chosen by the trial's configuration and the date."""

    when: Line | None = None
    says: Line
    effective_from: Day | None = None
    effective_to: Day | None = None
    citation: Line


class Rule(Table):
    """One rule. `sender` is the table's `from`; a limit left out with `requires_confirmation` is one that nobody could confirm.

    `unsure`: what nobody could confirm of this rule beside its text, such as its first day; told with each of its clocks.
    """

    id: Identifier
    sender: Annotated[Sender, Field(alias="from")]
    to: Annotated[tuple[Line, ...], Field(min_length=1)]
    when: str | None = None
    since: str | None = None
    trigger: Trigger = "qualifies"
    of: tuple[Identifier, ...] = ()
    starts: Literal["qualifies", "determined"] = "qualifies"
    limit: Annotated[int, Field(strict=True)] | None = None
    unit: Unit
    cap: Cap | None = None
    supersedes: tuple[Identifier, ...] = ()
    excludes_anticipated: bool = False
    requires_confirmation: bool = False
    effective_from: Day | None = None
    effective_to: Day | None = None
    citation: Line
    confidence: Confidence
    basis: Basis
    note: Line | None = None
    unsure: Line | None = None
    formats: tuple[ReportFormat, ...] = ()

    @property
    def party(self) -> Party:
        """Whose knowledge starts its clock: the site's for its investigator and institution."""
        return "sponsor" if self.sender == "sponsor" else "site"

    @property
    def limit_words(self) -> str:
        """Say the limit as people read it."""
        if self.limit is None:
            return "UNSURE, to be confirmed by a person" if self.requires_confirmation else f"{self.unit}, no number"
        return f"{self.limit} {self.unit.replace('_', ' ')}{'' if self.limit == 1 else 's'}"

    @cached_property
    def clause(self) -> str:
        """Say the rule in one sentence: who owes what to whom, when, how long, by which text and how sure that is."""
        when = "" if self.when is None else f" when {' '.join(self.when.split())}"
        return (
            f"{self.id}: {self.sender} to {', '.join(self.to)}{when}; limit {self.limit_words}; "
            f"{self.citation} ({self.basis}, confidence {self.confidence})"
        )


class Outside(Table):
    """What the instrument also demands and the facts of one case cannot start; told, so that nobody takes the pack for the whole."""

    id: Identifier
    says: Line
    citation: Line
    confidence: Confidence
    basis: Basis
