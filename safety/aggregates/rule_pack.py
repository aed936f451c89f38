"""The rule packs a trial has adopted: their text whole, under which settings, and who signed for them by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field, StringConstraints, model_validator

from safety.aggregates.deciding import Act, Form, Refused, States, TrialForm, UnknownEvent, command, event, folds
from safety.aggregates.obligation import PrintedName
from safety.aggregates.trial import Sha256, definition
from safety.regulation.counting import Part
from safety.regulation.pack import InvalidPack, Pack, Profile, read_pack, read_profile
from safety.values import AccountId, Day, Role, Zone

Atom = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
"""What a pack leaves to the trial to answer, by its name in the pack."""
FileText = Annotated[str, StringConstraints(strip_whitespace=False, min_length=1, max_length=1_000_000)]
known_pack = lru_cache(maxsize=256)(read_pack)
"""Reads the text of a pack, once for each text."""


class Document(Part):
    """A text that governs, whole and with its hash; what else stands here is read from the text when it is adopted."""

    file: FileText
    sha256: Sha256 = ""
    id: str = ""
    version: str = ""
    effective_from: Day | None = None
    effective_to: Day | None = None

    @model_validator(mode="before")
    @classmethod
    def _hashed(cls, values: Any) -> Any:  # noqa: ANN401, the signature pydantic fixes
        if isinstance(values, Mapping) and "file" in values and not values.get("sha256"):
            return {**values, "sha256": sha256(str(values["file"]).encode()).hexdigest()}
        return values


@event("rule_pack.adopted.v1")
class Adopted(TrialForm):
    """From here on these packs govern the trial, under one set of settings; a pack of the same id that governed gives way.

    `rules_of`: a rule is chosen by the date of the `fact`, or, to replay old events under later rules, by that of `rules_on`.
    `configuration` answers what the packs leave to the trial; what is not answered counts as true and is shown as UNSURE.
    """

    packs: tuple[Document, ...] = Field(min_length=1)
    profile: Document | None = None
    zone: Zone | None = None
    sponsor_investigator: bool | None = None
    configuration: dict[Atom, bool] = Field(default_factory=dict)
    rules_of: Literal["fact", "today"] = "fact"
    rules_on: Day | None = None
    signed_by: AccountId | None = None
    signed_as: Role | None = None
    printed_name: PrintedName | None = None
    meaning: str = Field("signed off by me to govern this trial", min_length=1, max_length=500)


class Governing(NamedTuple):
    """What of an adoption still governs."""

    adoption: Adopted
    packs: tuple[Document, ...]

    def without(self, ids: frozenset[str]) -> "Governing":
        """Leave out the packs that gave way to others of the same id."""
        return Governing(self.adoption, tuple(pack for pack in self.packs if pack.id not in ids))


@dataclass(frozen=True, slots=True)
class RulePacks:
    """The packs of a trial: what governs, by adoption, and every text that was ever signed for."""

    governing: tuple[Governing, ...] = ()
    adopted: tuple[Document, ...] = ()

    def sponsor_investigator(self, pack: str) -> bool:
        """Say whether one party carries both sets of duties under a pack (21 CFR 312.3)."""
        settings = (g.adoption for g in self.governing if any(document.id == pack for document in g.packs))
        return any(adoption.sponsor_investigator for adoption in settings)


@folds("rule_pack", RulePacks)
def evolve(state: RulePacks, happened: Form) -> RulePacks:
    """Fold one event into the packs of the trial."""
    match happened:
        case Adopted():
            ids = frozenset(pack.id for pack in happened.packs)
            left = tuple(known.without(ids) for known in state.governing)
            still = tuple(known for known in left if known.packs)
            return RulePacks((*still, Governing(happened, happened.packs)), (*state.adopted, *happened.packs))
        case _:
            raise UnknownEvent(happened)


class InvalidRulePack(Refused):
    """The rule pack cannot be used: {faults}. Mend the file and try again."""


class OtherHash(Refused):
    """The sha256 given for a rule pack is not the one of its text; leave it out, or take the text that was meant."""


class OtherThanItsText(Refused):
    """What is said of rule pack {pack} is not what its text says ({field}); leave it out, it is read from the text."""


class TextChanged(Refused):
    """Rule pack {pack} {version} was adopted with another text; a changed pack needs a version of its own."""


class NothingNew(Refused):
    """Trial {trial} is governed by exactly this already; nothing to adopt."""


class RuleTaken(Refused):
    """Rule {rule} stands in rule packs {pack} and {other}; an id names one rule within a trial, so rename one."""


class NotOfProfile(Refused):
    """Profile {profile} takes the packs {packs}; adopt exactly these."""


class UnknownConfiguration(Refused):
    """The packs ask nothing named {name}; they ask: {known}."""


class DateNeeded(Refused):
    """The rules of a day other than the fact's are chosen by naming that day (rules_on), and no day is named otherwise."""


class NotSigned(Refused):
    """A rule pack governs when it is signed for by name; give the signer's printed name."""


class SignedByAnother(Refused):
    """The signature must be that of the account that acts; leave out whose it is, it is filled in."""


def read(document: Document) -> tuple[Pack, Document]:
    """Read a pack's text and write down what it says of itself; refuses what contradicts it."""
    check_hash(document)
    try:
        pack = known_pack(document.file)
    except InvalidPack as fault:
        raise InvalidRulePack(faults="; ".join(fault.faults)) from fault
    says = {name: getattr(pack, name) for name in ("id", "version", "effective_from", "effective_to")}
    for name, value in says.items():
        if getattr(document, name) not in {"", None, value}:
            raise OtherThanItsText(pack=pack.id, field=name)
    return pack, document.model_copy(update=says)


def check_hash(document: Document) -> None:
    """Refuse a hash that is not the text's: what governs is found by its hash."""
    if document.sha256 != sha256(document.file.encode()).hexdigest():
        raise OtherHash


def profile_of(form: Adopted, packs: tuple[Pack, ...]) -> Profile | None:
    """Read the profile where one is adopted; refuses other packs than its own."""
    if form.profile is None:
        return None
    check_hash(form.profile)
    try:
        profile = read_profile(form.profile.file)
    except InvalidPack as fault:
        raise InvalidRulePack(faults="; ".join(fault.faults)) from fault
    if {pack.id for pack in packs} != set(profile.packs):
        raise NotOfProfile(profile=profile.id, packs=", ".join(profile.packs))
    return profile


def settled(states: States, form: Adopted, profile: Profile | None) -> dict[str, Any]:
    """Give the settings that were left out: the profile's, else the trial's own."""
    trial = definition(states, form.trial)
    both, said = form.sponsor_investigator, form.configuration
    if both is None:
        both = trial.sponsor_investigator if profile is None else profile.sponsor_investigator
    return {
        "zone": form.zone or trial.zone,
        "sponsor_investigator": both,
        "configuration": said if profile is None else {**profile.configuration, **said},
    }


def check_settings(form: Adopted, packs: tuple[Pack, ...]) -> None:
    """Refuse an answer to what no pack asks, and a choice of rules that does not say of which day."""
    asked = sorted({name for pack in packs for name in pack.configuration})
    for name in form.configuration:
        if name not in asked:
            raise UnknownConfiguration(name=name, known=", ".join(asked) or "nothing")
    if (form.rules_of == "today") != (form.rules_on is not None):
        raise DateNeeded


def check_known(known: RulePacks, form: Adopted, packs: tuple[Pack, ...]) -> None:
    """Refuse another text under a version that was signed for, a rule id that two packs have, and what governs already."""
    for document in form.packs:
        for was in known.adopted:
            if (was.id, was.version) == (document.id, document.version) and was.sha256 != document.sha256:
                raise TextChanged(pack=document.id, version=document.version)
    others = (d for g in known.governing for d in g.without(frozenset(p.id for p in packs)).packs)
    taken: dict[str, str] = {rule.id: d.id for d in others for rule in known_pack(d.file).rules}
    for pack in packs:
        for rule in pack.rules:
            if taken.setdefault(rule.id, pack.id) != pack.id:
                raise RuleTaken(rule=rule.id, pack=taken[rule.id], other=pack.id)
    same = {"signed_by", "signed_as", "printed_name", "meaning"}
    if any(
        g.packs == form.packs and g.adoption.model_dump(exclude=same) == form.model_dump(exclude=same)
        for g in known.governing
    ):
        raise NothingNew(trial=form.trial)


@command("trial.adopt_rule_pack", Adopted, "safety_officer")
def adopt(states: States, form: Adopted, act: Act) -> tuple[Form, ...]:
    """Let packs govern a trial: read, checked, and signed for by name before they do."""
    definition(states, form.trial)
    packs, documents = zip(*(read(document) for document in form.packs), strict=True)
    profile = profile_of(form, packs)
    named = (
        form.profile
        if profile is None or form.profile is None
        else form.profile.model_copy(update={"id": profile.id, "version": profile.version})
    )
    form = form.model_copy(update={"packs": documents, "profile": named, **settled(states, form, profile)})
    check_settings(form, packs)
    check_known(states(form.stream, RulePacks), form, packs)
    if form.printed_name is None:
        raise NotSigned
    if form.signed_by not in {None, act.by} or form.signed_as not in {None, act.role}:
        raise SignedByAnother
    return (form.model_copy(update={"signed_by": act.by, "signed_as": act.role}),)
