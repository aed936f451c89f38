"""How an adverse event comes to the record and changes there: report, follow up, correct, merge, nullify."""

from datetime import UTC, datetime, timedelta

from safety.aggregates.adverse_event import (
    CRITERIA,
    AdverseEvent,
    AdverseEvents,
    Corrected,
    FollowedUp,
    Merged,
    Nullified,
    Numbered,
    Particulars,
    Reported,
    Unmerged,
    changed,
)
from safety.aggregates.deciding import Act, Form, Refused, States, SubjectForm, command, variables
from safety.aggregates.dose import Doses, UnknownDose
from safety.aggregates.subject import FILING, Subject, check_variables, enrolled
from safety.aggregates.trial import definition
from safety.values import Awareness, Party

CLOCK_TOLERANCE = timedelta(minutes=5)
LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)
"""Clocks at the bedside differ a little; an awareness further in the future than this is a typing error."""


class NumberTaken(Refused):
    """AESEQ {number} of subject {subject} is given already, and a number is given once; leave it out to get the next."""


class UnknownAdverseEvent(Refused):
    """Subject {subject} has no adverse event {number}; check the number with `vigilog listing`."""


class IsNullified(Refused):
    """Adverse event {number} of subject {subject} is nullified; report a new one if it happened after all."""


class UnknownCausality(Refused):
    """AEREL of subject {subject} is not on the causality scale of trial {trial}; use one of: {values}."""


class AwareInFuture(Refused):
    """The awareness of adverse event {number} of subject {subject} lies in the future; check its date, time and zone."""


class AwareLongAgo(Refused):
    """The awareness of adverse event {number} of subject {subject} lies before 1900; check its year."""


class NotTheSponsors(Refused):
    """{variable} is the investigator's to say; record the sponsor's own assessment beside it instead."""


class CannotMerge(Refused):
    """Adverse event {number} of subject {subject} cannot be merged into {into}: {why}."""


def on_record(states: States, form: Numbered) -> AdverseEvent:
    """Give the adverse event a form is about, or refuse with UnknownAdverseEvent or IsNullified."""
    enrolled(states, form)
    found = states(form.stream, AdverseEvents).by_number.get(form.number)
    if found is None:
        raise UnknownAdverseEvent(subject=form.subject, number=form.number)
    if found.nullified:
        raise IsNullified(subject=form.subject, number=form.number)
    return found


def awareness(states: States, form: SubjectForm, number: int, stated: Awareness | None, act: Act) -> Awareness:
    """Give the stated awareness, or the moment of filing in the zone of the subject's site; never one in the future."""
    if stated is None:
        site = states(form.stream, Subject).particulars.get("site")
        party: Party = "sponsor" if act.role == "safety_officer" else "site"
        zone = definition(states, form.trial).site_zone(site)
        return Awareness(at=act.at, zone=zone, party=party, basis="filed")
    if stated.at > act.at + CLOCK_TOLERANCE:
        raise AwareInFuture(number=number, subject=form.subject)
    if stated.at < LONG_AGO:
        # Before every rule there is: no clock would start, and nobody would see that none did.
        raise AwareLongAgo(number=number, subject=form.subject)
    if form.__dict__.get("source") is not None:
        return stated
    # When it came to the desk, and that it came from a person, is not the form's to say.
    return stated.model_copy(update={"filed_at": act.at, "basis": "stated"})


def check_codes(states: States, form: Particulars) -> None:
    """Refuse a causality that is not on the trial's scale, and a link to a dose that is not recorded."""
    scale = definition(states, form.trial).causality.values
    if form.causality is not None and form.causality not in scale:
        raise UnknownCausality(subject=form.subject, trial=form.trial, values=", ".join(sorted(scale)))
    if form.after_dose is not None and form.after_dose not in states(form.stream, Doses).by_number:
        raise UnknownDose(dose=form.after_dose, subject=form.subject)


def check_party(known: AdverseEvent, form: Particulars, act: Act) -> None:
    """Keep the sponsor from stating the investigator's causality, or taking back a seriousness (E2A; CTR Annex III 2.1)."""
    if act.role != "safety_officer":
        return
    was, now = known.particulars, changed(known, form).particulars
    if was.get("causality") != now.get("causality"):
        raise NotTheSponsors(variable="AEREL")
    for name in ("serious", *CRITERIA):
        if was.get(name) == "Y" and now.get(name) != "Y":
            raise NotTheSponsors(variable=variables(type(form))[name])


@command("adverse_event.report", Reported, *FILING)
def report(states: States, form: Reported, act: Act) -> tuple[Form, ...]:
    """Take an adverse event to the record, however incomplete; it gets the next number unless it brings one."""
    enrolled(states, form)
    check_codes(states, form)
    if act.role == "safety_officer" and form.causality is not None:
        raise NotTheSponsors(variable="AEREL")
    known = states(form.stream, AdverseEvents)
    number = form.number or known.next_number()
    if number in known.by_number:
        raise NumberTaken(number=number, subject=form.subject)
    aware = awareness(states, form, number, form.aware, act)
    return (form.model_copy(update={"number": number, "aware": aware}),)


@command("adverse_event.follow_up", FollowedUp, *FILING)
def follow_up(states: States, form: FollowedUp, act: Act) -> tuple[Form, ...]:
    """Add new information; it has an awareness of its own."""
    known = on_record(states, form)
    check_codes(states, form)
    check_party(known, form, act)
    return (form.model_copy(update={"aware": awareness(states, form, form.number, form.aware, act)}),)


@command("adverse_event.correct", Corrected, *FILING)
def correct(states: States, form: Corrected, act: Act) -> tuple[Form, ...]:
    """Put the record right where it was wrong; no clock starts."""
    known = on_record(states, form)
    check_variables(form)
    check_codes(states, form)
    check_party(known, form, act)
    return (form.model_copy(update={"aware": awareness(states, form, form.number, form.aware, act)}),)


@command("adverse_event.merge", Merged, *FILING)
def merge(states: States, form: Merged, act: Act) -> tuple[Form, ...]:
    """Point a number that reports the same occurrence to the one that stays."""
    known = on_record(states, form)
    target = on_record(states, Numbered(trial=form.trial, subject=form.subject, number=form.into))
    named = {"number": form.number, "subject": form.subject, "into": form.into}
    pointed_at = {ae.merged_into for ae in states(form.stream, AdverseEvents).by_number.values()}
    if form.into == form.number:
        raise CannotMerge(**named, why="it is the same number")
    if known.merged_into is not None or form.number in pointed_at:
        raise CannotMerge(**named, why="it is part of a merge already")
    if target.merged_into is not None:
        raise CannotMerge(**named, why="that one is merged itself")
    return (form,)


@command("adverse_event.unmerge", Unmerged, *FILING)
def unmerge(states: States, form: Unmerged, act: Act) -> tuple[Form, ...]:
    """Let a merged number stand for itself again."""
    if on_record(states, form).merged_into is None:
        raise CannotMerge(number=form.number, subject=form.subject, into="itself", why="it is not merged")
    return (form,)


@command("adverse_event.nullify", Nullified, *FILING)
def nullify(states: States, form: Nullified, act: Act) -> tuple[Form, ...]:
    """Say that there was no such event; nothing is erased and its number stays taken."""
    on_record(states, form)
    return (form.model_copy(update={"aware": awareness(states, form, form.number, form.aware, act)}),)
