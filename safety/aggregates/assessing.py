"""How an adverse event is judged: seriousness, causality, expectedness, coding; each party speaks for itself."""

from safety.aggregates.adverse_event import (
    REPORTABILITY,
    CausalityAssessed,
    Coded,
    ExpectednessAssessed,
    ReportabilityStated,
    SeriousnessAssessed,
)
from safety.aggregates.deciding import Act, Form, Refused, States, command
from safety.aggregates.filing import UnknownCausality, awareness, on_record
from safety.aggregates.subject import FILING
from safety.aggregates.trial import Trial, definition
from safety.values import Assessor


class NotYours(Refused):
    """The role {role} cannot record an assessment of the {assessor}; record it as your own party's."""


class NothingStated(Refused):
    """Nothing is stated of adverse event {number} of subject {subject}; state at least one of: {names}."""


class TheSponsorsToSay(Refused):
    """Whether adverse event {number} of subject {subject} is {what} is the sponsor's to say; leave it out."""


class NoEvidence(Refused):
    """An exemption counts only where it was agreed with the authority; give as evidence which document of which date says so."""


class UnknownReferenceSafetyInformation(Refused):
    """Reference safety information {version} was not issued in trial {trial}; issue it first."""


def check_assessor(assessor: Assessor, act: Act, *, sponsor_investigator: bool) -> None:
    """Refuse a party that speaks for the other; a sponsor-investigator is both (21 CFR 312.3)."""
    other = {"investigator": "sponsor", "safety_officer": "investigator"}.get(act.role)
    if assessor == other and not (sponsor_investigator and act.role == "investigator"):
        raise NotYours(role=act.role, assessor=assessor)


@command("adverse_event.assess_seriousness", SeriousnessAssessed, *FILING)
def assess_seriousness(states: States, form: SeriousnessAssessed, act: Act) -> tuple[Form, ...]:
    """Escalate to SAE or take it back, in the view of one party."""
    on_record(states, form)
    trial = definition(states, form.trial)
    check_assessor(form.assessor, act, sponsor_investigator=trial.sponsor_investigator)
    return (form.model_copy(update={"aware": awareness(states, form, form.number, form.aware, act)}),)


@command("adverse_event.assess_causality", CausalityAssessed, *FILING)
def assess_causality(states: States, form: CausalityAssessed, act: Act) -> tuple[Form, ...]:
    """Judge causality for one product by one method, on the trial's scale."""
    on_record(states, form)
    trial = definition(states, form.trial)
    check_assessor(form.assessor, act, sponsor_investigator=trial.sponsor_investigator)
    if form.causality not in trial.causality.values:
        values = ", ".join(sorted(trial.causality.values))
        raise UnknownCausality(subject=form.subject, trial=form.trial, values=values)
    return (form.model_copy(update={"aware": awareness(states, form, form.number, form.aware, act)}),)


@command("adverse_event.assess_expectedness", ExpectednessAssessed, "operator", "safety_officer")
def assess_expectedness(states: States, form: ExpectednessAssessed, act: Act) -> tuple[Form, ...]:
    """Judge expectedness against an issued reference safety information; the sponsor's to say (E2A II.C)."""
    on_record(states, form)
    issued = {rsi.version for rsi in states(f"{form.trial}/trial", Trial).reference_safety_information}
    if form.reference_safety_information is not None and form.reference_safety_information not in issued:
        raise UnknownReferenceSafetyInformation(version=form.reference_safety_information, trial=form.trial)
    return (form.model_copy(update={"aware": awareness(states, form, form.number, form.aware, act)}),)


SPONSORS_OWN = ("determined", "anticipated")
STATES_AND_ACTS = (*REPORTABILITY, "handled", "urgent_measure")


@command("adverse_event.state_reportability", ReportabilityStated, *FILING)
def state_reportability(states: States, form: ReportabilityStated, act: Act) -> tuple[Form, ...]:
    """State what else decides whether a report is due; determination and anticipation are the sponsor's (21 CFR 312.32(c))."""
    on_record(states, form)
    said = [name for name in STATES_AND_ACTS if form.__dict__[name] is not None]
    if not said:
        raise NothingStated(number=form.number, subject=form.subject, names=", ".join(STATES_AND_ACTS))
    both = definition(states, form.trial).sponsor_investigator
    for name in SPONSORS_OWN:
        if name in said and act.role == "investigator" and not both:
            raise TheSponsorsToSay(number=form.number, subject=form.subject, what=name)
    if form.exemption_agreed == "Y" and form.evidence is None:
        raise NoEvidence
    return (form.model_copy(update={"aware": awareness(states, form, form.number, form.aware, act)}),)


@command("adverse_event.code", Coded, *FILING)
def code(states: States, form: Coded, act: Act) -> tuple[Form, ...]:
    """Code the reported term; what dictionary and version were used stands with the code."""
    on_record(states, form)
    return (form,)
