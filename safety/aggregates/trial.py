"""A trial as its protocol defines it, its amendments, its reference safety information, and what was imported into it."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, ValidationError, model_validator

from safety.aggregates.deciding import Act, Form, Refused, States, TrialForm, UnknownEvent, command, event, folds
from safety.aggregates.ladder import Ladder
from safety.regulation.counting import Causality, Counting, Part
from safety.regulation.periodic import Periodic
from safety.values import Code, Day, DecimalText, SiteId, TrialId, Zone

VersionText = Annotated[str, Field(coerce_numbers_to_str=True)]
"""A version as people write it, also where TOML takes it for a number."""
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Arm(Part):
    """A planned arm: the name that ARM holds and the short code of ARMCD."""

    name: str
    code: str


class Dosing(Part):
    """What is planned to be given: amount and unit a dose, route, and the weeks after the first dose."""

    treatment: str
    amount: DecimalText
    unit: str
    route: str
    weeks: tuple[int, ...]
    per_kg: bool = False


class Site(Part):
    """A site: its code, the zone in which its dates are local, and what the codes of its subjects begin with.

    With `subject_prefix` nobody enrols under another site's code, so that no refusal tells which of them are taken.
    """

    id: SiteId
    zone: Zone
    country: str | None = None
    subject_prefix: Code | None = None


class Severity(Part):
    """How severity is stated: a CTCAE version for graded trials, AESEV words, or both."""

    ctcae_version: VersionText | None = None
    words: bool = False


class Dictionary(Part):
    """The dictionary that AEDECOD and AEBODSYS are coded in; a version that is not published says so."""

    name: str
    version: VersionText


class Definition(Part):
    """What a trial file states."""

    protocol: str
    registry: str | None = None
    title: str
    phase: str
    sponsor: str
    zone: Zone
    sponsor_investigator: bool
    arms: tuple[Arm, ...] = Field(min_length=1)
    unassigned: tuple[str, ...] = ()
    dosing: tuple[Dosing, ...] = Field(min_length=1)
    treatment_period_weeks: int = Field(ge=0)
    sites: tuple[Site, ...] = Field(min_length=1)
    severity: Severity
    causality: Causality
    counting: Counting
    ladder: Ladder = Ladder()
    dictionary: Dictionary | None = None
    periodic: Periodic | None = None
    """Which periodic safety reports are owed, and from which dates; none where the file says nothing."""
    provenance: str | None = None
    """What a reader must know of the data before reading the numbers, such as that rows are reconstructed."""

    @model_validator(mode="after")
    def _prefixes_apart(self) -> Self:
        prefixes = sorted(site.subject_prefix for site in self.sites if site.subject_prefix is not None)
        if any(later.startswith(earlier) for earlier, later in pairwise(prefixes)):
            raise ValueError("sites: no subject_prefix may begin with that of another site")
        return self

    @classmethod
    def from_toml(cls, text: str) -> Self:
        """Read a trial file; its `[import]` table is for the door that reads files and is left alone here.

        Raises:
            InvalidTrialFile: naming the table path of each fault.

        """
        try:
            tables = tomllib.loads(text)
        except tomllib.TOMLDecodeError as fault:
            raise InvalidTrialFile([str(fault)]) from fault
        tables.pop("import", None)
        try:
            return cls.model_validate(tables)
        except ValidationError as fault:
            named = ((".".join(map(str, e["loc"])), e["msg"].removeprefix("Value error, ")) for e in fault.errors())
            raise InvalidTrialFile([f"{where}: {what}" for where, what in named]) from fault

    def arm_names(self) -> frozenset[str]:
        """Every value ARM and ACTARM may hold."""
        return frozenset(arm.name for arm in self.arms) | frozenset(self.unassigned)

    def site_zone(self, site: str | None) -> str:
        """Give the zone of a site; without a site, the trial's own."""
        return next((s.zone for s in self.sites if s.id == site), self.zone)


class WithFile(Form):
    """A document that governs enters the log whole, as text with its hash."""

    file: Annotated[str, StringConstraints(strip_whitespace=False)] = Field(min_length=1, max_length=1_000_000)
    sha256: Sha256 = ""

    @model_validator(mode="before")
    @classmethod
    def _hashed(cls, values: Any) -> Any:  # noqa: ANN401, the signature pydantic fixes
        if isinstance(values, Mapping) and "file" in values and "sha256" not in values:
            return {**values, "sha256": sha256(str(values["file"]).encode()).hexdigest()}
        return values


@event("trial.registered.v1")
class Registered(TrialForm, WithFile):
    """The trial exists, as its file defines it."""

    definition: Definition


@event("trial.amended.v1")
class Amended(TrialForm, WithFile):
    """The protocol or its counting rules changed: the new file governs from here on, the old one stays true of its time."""

    definition: Definition
    reason: str = Field(min_length=1, max_length=2_000)


class ListedReaction(Part):
    """A serious reaction that the reference safety information lists as expected."""

    preferred_term: str
    worst_listed: Literal["serious", "life_threatening", "fatal"] = "serious"


@event("trial.reference_safety_information_issued.v1")
class ReferenceSafetyInformationIssued(TrialForm, WithFile):
    """A version of the reference safety information, in force from a day on (EU CTR Annex III 2.2; CTFG RSI Q&A 2017).

    `effective_on`: as the sponsor dates it; `approved_on`: the authority's approval, before which nothing is expected by it.
    """

    version: Code
    effective_on: Day
    approved_on: Day | None = None
    listed: tuple[ListedReaction, ...] = ()

    @property
    def in_force_from(self) -> date:
        """The first day whose events it judges: the later of its two dates."""
        return max(self.effective_on, self.approved_on or self.effective_on)


@event("trial.data_imported.v1")
class DataImported(TrialForm):
    """A folder was taken in: digests and counts, never a path; `history`: handled elsewhere, no alert owed."""

    digests: dict[str, Sha256]
    history: bool
    subjects: int
    exposures: int
    adverse_events: int
    corrected: int
    vanished: int


@dataclass(frozen=True, slots=True)
class Trial:
    """What a trial has come to."""

    id: TrialId | None = None
    definition: Definition | None = None
    file: str = ""
    sha256: str = ""
    reference_safety_information: tuple[ReferenceSafetyInformationIssued, ...] = ()
    imports: int = 0


@folds("trial", Trial)
def evolve(state: Trial, happened: Form) -> Trial:
    """Fold one event into the trial."""
    match happened:
        case Registered() | Amended():
            return replace(
                state,
                id=happened.trial,
                definition=happened.definition,
                file=happened.file,
                sha256=happened.sha256,
            )
        case ReferenceSafetyInformationIssued():
            issued = (*state.reference_safety_information, happened)
            return replace(state, reference_safety_information=issued)
        case DataImported():
            return replace(state, imports=state.imports + 1)
        case _:
            raise UnknownEvent(happened)


class InvalidTrialFile(Refused):
    """The trial file cannot be used: {faults}. Mend the file and try again."""

    def __init__(self, faults: Sequence[str]) -> None:
        """Keep each fault, which begins with its table path."""
        self.faults = tuple(faults)
        super().__init__(faults="; ".join(faults))


class TrialExists(Refused):
    """Trial {trial} is registered already; use `vigilog trial amend` to change it."""


class UnknownTrial(Refused):
    """There is no trial {trial}; register it with `vigilog trial create FILE.toml`, or see `vigilog trial list`."""


class NothingAmended(Refused):
    """The file is the one that governs trial {trial} already; nothing to amend."""


class OtherHash(Refused):
    """The sha256 given for a file of trial {trial} is not the one of its text; leave it out, it is computed."""


class VersionIssued(Refused):
    """Reference safety information {version} of trial {trial} was issued already; give the new one another version."""


def definition(states: States, trial: TrialId) -> Definition:
    """Give the definition that governs a trial now, or refuse with UnknownTrial."""
    found = states(f"{trial}/trial", Trial).definition
    if found is None:
        raise UnknownTrial(trial=trial)
    return found


def check_file(form: Registered | Amended | ReferenceSafetyInformationIssued) -> None:
    """Refuse a hash that is not the file's: what governs is found by its hash."""
    if form.sha256 != sha256(form.file.encode()).hexdigest():
        raise OtherHash(trial=form.trial)


@command("trial.register", Registered, "operator")
def register(states: States, form: Registered, act: Act) -> tuple[Form, ...]:
    """Register a trial."""
    check_file(form)
    if states(form.stream, Trial).definition is not None:
        raise TrialExists(trial=form.trial)
    return (form,)


@command("trial.amend", Amended, "operator")
def amend(states: States, form: Amended, act: Act) -> tuple[Form, ...]:
    """Put a new trial file in force."""
    definition(states, form.trial)
    check_file(form)
    if states(form.stream, Trial).sha256 == form.sha256:
        raise NothingAmended(trial=form.trial)
    return (form,)


@command("trial.issue_reference_safety_information", ReferenceSafetyInformationIssued, "operator", "safety_officer")
def issue(states: States, form: ReferenceSafetyInformationIssued, act: Act) -> tuple[Form, ...]:
    """Issue a version of the reference safety information."""
    definition(states, form.trial)
    check_file(form)
    issued = states(form.stream, Trial).reference_safety_information
    if any(earlier.version == form.version for earlier in issued):
        raise VersionIssued(version=form.version, trial=form.trial)
    return (form,)
