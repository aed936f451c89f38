"""What a trial counts and how: population, treatment-emergent, related, serious, primary window, as stated options.

A trial file states every choice; nothing defaults to the flattering one, and each rule prints itself beside its numbers.
"""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

ScaleValue = Annotated[str, StringConstraints(to_upper=True, min_length=1, max_length=64)]
"""A value of a causality scale, in the case that AEREL is stored in."""


class Part(BaseModel):
    """A part of a trial's definition."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, str_strip_whitespace=True)


class Population(Part):
    """Who is in the denominator, and under which arm a subject is counted.

    `assigned`: subjects whose arm is one of the trial's arms. `dosed`: those of them with at least one dose.
    """

    name: str = "safety"
    members: Literal["assigned", "dosed"]
    arm: Literal["planned", "actual"]

    @property
    def words(self) -> str:
        """Say the rule as it is printed beside the numbers."""
        who = "subjects assigned to a treatment arm" if self.members == "assigned" else "subjects dosed at least once"
        return f"{who}, by {self.arm} arm ({'ARM' if self.arm == 'planned' else 'ACTARM'})"


class TreatmentEmergent(Part):
    """Which adverse events began with or after the first dose; ICH E9 glossary, with every doubt decided in writing.

    An onset and a first dose are spans of time, as wide as what is not known of them.
    `missing_day` (2018-03) and `missing_month` (2018): `first` reads them as the first day of their span; `span` compares
    the whole span; `unknown` treats them as no date. `same_day`: onset and first dose on one day, order unknown.
    `undecidable`: spans that overlap otherwise. `unknown`: no onset date. `before_any_dose`: the subject has no dose.
    """

    missing_day: Literal["first", "span", "unknown"]
    missing_month: Literal["first", "span", "unknown"]
    same_day: Literal["emergent", "not_emergent"]
    undecidable: Literal["emergent", "not_emergent"]
    unknown: Literal["emergent", "not_emergent"]
    until_days_after_last_dose: int | None = Field(None, ge=0)

    @property
    def words(self) -> str:
        """Say the rule as it is printed beside the numbers."""
        reading = {
            "first": "read as the first of its span",
            "span": "compared as a span",
            "unknown": "taken as unknown",
        }
        counted = {"emergent": "counted", "not_emergent": "not counted"}
        limit = self.until_days_after_last_dose
        return (
            "onset on or after the first dose"
            + ("" if limit is None else f" and up to {limit} days after the last dose")
            + f"; onset without a day {reading[self.missing_day]}, without a month {reading[self.missing_month]}; "
            f"same day in unknown order {counted[self.same_day]}, undecidable {counted[self.undecidable]}, "
            f"unknown {counted[self.unknown]}; no dose: not counted"
        )


class Causality(Part):
    """The trial's causality scale, and which of its values mean related (ICH E2A II.A.2).

    `by`: whose assessment the tables use. `missing`: what no assessment counts as in the tables; for duties it always
    counts as related (EU CTR Annex III 2.1 para 4).
    """

    scale: str
    related: tuple[ScaleValue, ...] = Field(min_length=1)
    not_related: tuple[ScaleValue, ...] = Field(min_length=1)
    missing: Literal["related", "not_related"]
    by: Literal["investigator", "sponsor", "either"]

    @model_validator(mode="after")
    def _each_means_one_thing(self) -> Self:
        if set(self.related) & set(self.not_related):
            raise ValueError("a value of the scale cannot mean related and not related")
        return self

    @property
    def values(self) -> frozenset[str]:
        """Every value of the scale."""
        return frozenset(self.related) | frozenset(self.not_related)

    @property
    def words(self) -> str:
        """Say the rule as it is printed beside the numbers."""
        who = "the investigator or the sponsor" if self.by == "either" else f"the {self.by}"
        missing = "related" if self.missing == "related" else "not related"
        return f"AEREL by {who} in {', '.join(self.related)}; missing counts as {missing}"


class Serious(Part):
    """Which adverse events the tables call serious."""

    reading: Literal["stated", "any_criterion"]

    @property
    def words(self) -> str:
        """Say the rule as it is printed beside the numbers."""
        return "AESER = Y as stated" if self.reading == "stated" else "AESER = Y or any seriousness criterion = Y"


class PrimaryWindow(Part):
    """The span of the primary outcome: from the anchor to `weeks` plus `tolerance_days` after it, last day included."""

    anchor: Literal["first_dose", "last_dose"]
    weeks: int = Field(ge=0)
    tolerance_days: int = Field(ge=0)
    undecidable: Literal["inside", "outside"]
    confidence: Literal["stated", "UNSURE"]
    source: str

    @property
    def days(self) -> int:
        """Days from the anchor day to the last day inside."""
        return 7 * self.weeks + self.tolerance_days

    @property
    def words(self) -> str:
        """Say the rule as it is printed beside the numbers."""
        anchor = self.anchor.replace("_", " ")
        sure = "" if self.confidence == "stated" else f" (anchor UNSURE: {self.source})"
        return (
            f"onset from the {anchor} to {self.weeks} weeks + {self.tolerance_days} days after it; "
            f"undecidable onset {self.undecidable}{sure}"
        )


class Counting(Part):
    """All the rules by which a trial's adverse events are counted."""

    population: Population
    treatment_emergent: TreatmentEmergent
    serious: Serious
    primary_window: PrimaryWindow | None = None
