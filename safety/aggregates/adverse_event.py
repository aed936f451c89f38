"""An adverse event from the first report on: followed up, corrected, assessed, coded, merged, nullified; never renumbered."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from safety.aggregates.deciding import Form, SubjectForm, UnknownEvent, event, folds
from safety.aggregates.subject import put_right, stated
from safety.values import (
    ActionTaken,
    Assessor,
    Awareness,
    Code,
    Grade,
    Number,
    Outcome,
    PartialDateText,
    Severity,
    Source,
    Text,
    YesNo,
)

Causality = Annotated[str, StringConstraints(to_upper=True, strip_whitespace=True, min_length=1, max_length=64)]
AssessmentKey = tuple[Assessor, str | None, str | None]
"""Who assessed, which product, by which method: each keeps its own causality, none overwrites another."""


class Seriousness(SubjectForm):
    """Seriousness as stated and its criteria (ICH E2A II.B; 21 CFR 312.32(a)); two readings are made of it."""

    serious: YesNo | None = Field(None, alias="AESER")
    results_in_death: YesNo | None = Field(None, alias="AESDTH")
    life_threatening: YesNo | None = Field(None, alias="AESLIFE")
    hospitalisation: YesNo | None = Field(None, alias="AESHOSP")
    disability: YesNo | None = Field(None, alias="AESDISAB")
    congenital_anomaly: YesNo | None = Field(None, alias="AESCONG")
    medically_important: YesNo | None = Field(None, alias="AESMIE")
    involves_cancer: YesNo | None = Field(None, alias="AESCAN")
    occurred_with_overdose: YesNo | None = Field(None, alias="AESOD")


EXEMPTION = ("protocol_exempt", "exemption_agreed")
REPORTABILITY = ("determined", "anticipated", *EXEMPTION, "infection_transmission", "after_trial")
"""What is stated of an adverse event's reportability and holds."""
CRITERIA = tuple(name for name in Seriousness.model_fields if name not in {"trial", "subject", "serious"})


def serious_for_duties(said: Mapping[str, Any]) -> bool:
    """Give the reading that duties use: AESER = Y or any criterion = Y."""
    return any(said.get(name) == "Y" for name in ("serious", *CRITERIA))


class Coding(SubjectForm):
    """Terms of a dictionary, with code, hierarchy and the dictionary's version."""

    low_level_term: str | None = Field(None, alias="AELLT", max_length=250)
    preferred_term: str | None = Field(None, alias="AEDECOD", max_length=250)
    preferred_term_code: str | None = Field(None, alias="AEPTCD", max_length=20)
    body_system: str | None = Field(None, alias="AEBODSYS", max_length=250)
    system_organ_class: str | None = Field(None, alias="AESOC", max_length=250)
    dictionary: str | None = Field(None, max_length=64)
    dictionary_version: str | None = Field(None, max_length=32)


class Particulars(Seriousness, Coding):
    """What may be said of an adverse event; all of it may be missing, a report is never refused for being incomplete."""

    number: Number | None = Field(None, alias="AESEQ")
    source_id: Code | None = Field(None, alias="AESPID")
    term: Text | None = Field(None, alias="AETERM")
    narrative: Text | None = None
    started_on: PartialDateText | None = Field(None, alias="AESTDTC")
    ended_on: PartialDateText | None = Field(None, alias="AEENDTC")
    severity: Severity | None = Field(None, alias="AESEV")
    grade: Grade | None = Field(None, alias="AETOXGR")
    causality: Causality | None = Field(None, alias="AEREL")
    action_taken: ActionTaken | None = Field(None, alias="AEACN")
    outcome: Outcome | None = Field(None, alias="AEOUT")
    after_dose: Number | None = None
    aware: Awareness | None = None
    source: Source | None = None


@event("adverse_event.reported.v1")
class Reported(Particulars):
    """An adverse event came to the record for the first time."""


TakesBack = Literal["new_information", "medical_review", "entered_in_error"]
"""Why an assessment takes back what was said before: without a reason a changed value stops no clock."""


class Numbered(SubjectForm):
    """An event about an adverse event that has its number."""

    number: Number = Field(alias="AESEQ")


class Assessment(Numbered):
    """How one party judges an adverse event from a moment on; `takes_back`: why it says less than was said before."""

    aware: Awareness | None = None
    takes_back: TakesBack | None = None


@event("adverse_event.followed_up.v1")
class FollowedUp(Particulars, Numbered):
    """New information, with an awareness of its own: it may start clocks."""

    number: Number = Field(alias="AESEQ")


@event("adverse_event.corrected.v1")
class Corrected(Particulars, Numbered):
    """The record was wrong: the named variables now hold what stands here, or nothing; it starts no clock."""

    number: Number = Field(alias="AESEQ")
    variables: tuple[str, ...] = Field(min_length=1)


@event("adverse_event.seriousness_assessed.v1")
class SeriousnessAssessed(Seriousness, Assessment):
    """Serious or no longer serious in the view of one party: escalation to SAE, and back."""

    assessor: Assessor


@event("adverse_event.causality_assessed.v1")
class CausalityAssessed(Assessment):
    """Related or not in the view of one party, for one product, by one method; kept beside all others."""

    assessor: Assessor
    causality: Causality = Field(alias="AEREL")
    product: str | None = Field(None, max_length=200)
    method: str | None = Field(None, max_length=64)


@event("adverse_event.expectedness_assessed.v1")
class ExpectednessAssessed(Assessment):
    """Expected or not against one version of the reference safety information."""

    expected: YesNo
    reference_safety_information: Code | None = None


@event("adverse_event.reportability_stated.v1")
class ReportabilityStated(Assessment):
    """What else decides whether a report is due, as a party states it; states hold until it says otherwise, acts happen.

    `determined`: that it qualifies (21 CFR 312.32(c)(1)). `anticipated`: by the safety surveillance plan (312.32(c)(1)(i)(C)).
    `protocol_exempt`: from immediate reporting; it counts only where `exemption_agreed`, with its `evidence` (ICH E6(R3) 3.13.2).
    `infection_transmission`: suspected, by the product. `after_trial`: after the window of reporting. Acts: its handling was
    finished (`handled`), an urgent safety measure was taken (`urgent_measure`).
    """

    determined: YesNo | None = None
    anticipated: YesNo | None = None
    protocol_exempt: YesNo | None = None
    exemption_agreed: YesNo | None = None
    evidence: str | None = Field(None, min_length=1, max_length=200)
    infection_transmission: YesNo | None = None
    after_trial: YesNo | None = None
    handled: Literal["Y"] | None = None
    urgent_measure: Literal["Y"] | None = None


@event("adverse_event.coded.v1")
class Coded(Coding, Numbered):
    """The reported term was coded."""


@event("adverse_event.merged.v1")
class Merged(Numbered):
    """The same occurrence was reported twice: this number points to the one that stays."""

    into: Number


@event("adverse_event.unmerged.v1")
class Unmerged(Numbered):
    """The merge was wrong: the number stands for itself again."""


@event("adverse_event.nullified.v1")
class Nullified(Numbered):
    """There was no such event: a wrong subject, no subject, a duplicate (E2B C.1.11.1 = 1); the number stays taken."""

    reason: Literal["duplicate", "wrong_subject", "not_an_adverse_event", "other"]
    explanation: Text | None = None
    aware: Awareness | None = None


@event("adverse_event.row_vanished.v1")
class RowVanished(Numbered):
    """A later import no longer holds this row: a query, never a nullification."""


@event("adverse_event.row_reappeared.v1")
class RowReappeared(Numbered):
    """A vanished row is in the data again."""


@dataclass(frozen=True, slots=True)
class AdverseEvent:
    """What one adverse event has come to: particulars by field name, and each party's assessments.

    `imported` is what the imported data last said: a later import is compared with that, not with what people put right.
    """

    particulars: Mapping[str, Any]
    imported: Mapping[str, Any] = field(default_factory=dict)
    causality: Mapping[AssessmentKey, str] = field(default_factory=dict)
    serious_for_sponsor: bool = False
    expected: str | None = None
    reportability: Mapping[str, str] = field(default_factory=dict)
    merged_into: int | None = None
    nullified: bool = False
    vanished: bool = False

    @property
    def serious(self) -> bool:
        """The reading that duties use, in the view of either party (21 CFR 312.32(a)); EU GVP VI: suspected transmission too."""
        transmitted = self.reportability.get("infection_transmission") == "Y"
        return transmitted or self.serious_for_sponsor or serious_for_duties(self.particulars)


@dataclass(frozen=True, slots=True)
class AdverseEvents:
    """The adverse events of one subject, by number."""

    by_number: Mapping[int, AdverseEvent] = field(default_factory=dict)

    def next_number(self) -> int:
        """Give the number after the highest ever given within the subject."""
        return max(self.by_number, default=0) + 1


def investigators_view(known: Mapping[AssessmentKey, str], causality: str | None) -> dict[AssessmentKey, str]:
    """Put AEREL of a report, follow-up or correction where the investigator's plain assessment stands."""
    key: AssessmentKey = ("investigator", None, None)
    return {k: v for k, v in {**known, key: causality}.items() if v is not None}


def changed(ae: AdverseEvent, happened: Form) -> AdverseEvent:
    """Fold an event about an adverse event that is on record into it."""
    match happened:
        case FollowedUp():
            now: Mapping[str, Any] = {**ae.particulars, **stated(happened)}
            return replace(ae, particulars=now, causality=investigators_view(ae.causality, now.get("causality")))
        case Corrected():
            now = put_right(ae.particulars, happened)
            imported = put_right(ae.imported or ae.particulars, happened) if happened.source else ae.imported
            view = investigators_view(ae.causality, now.get("causality"))
            return replace(ae, particulars=now, imported=imported, causality=view)
        case SeriousnessAssessed(assessor="sponsor"):
            return replace(ae, serious_for_sponsor=serious_for_duties(happened.__dict__))
        case SeriousnessAssessed():
            others = {name: value for name, value in ae.particulars.items() if name not in CRITERIA}
            said = {name: value for name, value in stated(happened).items() if name in {"serious", *CRITERIA}}
            return replace(ae, particulars={**others, **said})
        case CausalityAssessed():
            key = (happened.assessor, happened.product, happened.method)
            plain = key == ("investigator", None, None)
            now = {**ae.particulars, "causality": happened.causality} if plain else ae.particulars
            return replace(ae, particulars=now, causality={**ae.causality, key: happened.causality})
        case ExpectednessAssessed():
            return replace(ae, expected=happened.expected)
        case ReportabilityStated():
            said = {name: value for name, value in stated(happened).items() if name in REPORTABILITY}
            return replace(ae, reportability={**ae.reportability, **said})
        case Coded():
            return replace(ae, particulars={**ae.particulars, **stated(happened)})
        case Merged():
            return replace(ae, merged_into=happened.into)
        case Unmerged():
            return replace(ae, merged_into=None)
        case Nullified():
            return replace(ae, nullified=True)
        case RowVanished():
            return replace(ae, vanished=True)
        case RowReappeared():
            return replace(ae, vanished=False)
        case _:
            raise UnknownEvent(happened)


@folds("adverse_event", AdverseEvents)
def evolve(state: AdverseEvents, happened: Form) -> AdverseEvents:
    """Fold one event into the adverse events of a subject."""
    if isinstance(happened, Reported):
        number = happened.number or state.next_number()
        entered = stated(happened)
        ae = AdverseEvent(entered, entered if happened.source else {}, investigators_view({}, happened.causality))
    else:
        number = happened.__dict__["number"]
        ae = changed(state.by_number[number], happened)
    return AdverseEvents({**state.by_number, number: ae})
