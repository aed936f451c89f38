"""How an obligation is discharged: taken in hand by name, its report sent, acknowledged or rejected, its clock struck through, its subject reviewed."""

from datetime import datetime

from safety.aggregates.deciding import Act, Form, Refused, States, command
from safety.aggregates.filing import CLOCK_TOLERANCE
from safety.aggregates.obligation import (
    Acknowledged,
    Cancelled,
    Obligation,
    Obligations,
    OfObligation,
    Rejected,
    Reviewed,
    Submitted,
    Taken,
)
from safety.aggregates.rule_pack import RulePacks
from safety.aggregates.subject import FILING, enrolled


class UnknownObligation(Refused):
    """Adverse event {number} of subject {subject} has no obligation {obligation}; see `vigilog obligations`."""


class NoLongerRuns(Refused):
    """Obligation {obligation} of adverse event {number} of subject {subject} is {state}: nothing of it is left to {verb}."""


class NotARecipient(Refused):
    """The report of obligation {obligation} of subject {subject} is owed to {to}; name one of these."""


class AlreadySent(Refused):
    """The report of obligation {obligation} of subject {subject} was sent to this recipient already; record its answer instead."""


class NotSent(Refused):
    """The report of obligation {obligation} of subject {subject} was not sent to this recipient; record first that it was."""


class NotThen(Refused):
    """{what} of obligation {obligation} of subject {subject} lies {where}; check its date, time and zone."""


class NotYourObligation(Refused):
    """Obligation {obligation} of subject {subject} is the {owed_by}'s to discharge, which your role {role} is not."""


class TakenByAnother(Refused):
    """Obligation {obligation} of subject {subject} is in the hands of {taken_by}; to take it over, give a reason."""


class TakenForAnother(Refused):
    """Everybody takes an obligation for themselves; leave out who takes it, it is filled in."""


class PartlySent(Refused):
    """The report of obligation {obligation} of subject {subject} is with a recipient: a sent report is answered by a follow-up."""


class NotSigned(Refused):
    """The clock of obligation {obligation} of subject {subject} is struck through by name; give the signer's printed name."""


class SignedByAnother(Refused):
    """The signature must be that of the account that acts; leave out whose it is, it is filled in."""


def on_record(states: States, form: OfObligation) -> Obligation:
    """Give the obligation a form is about, or refuse with UnknownObligation."""
    enrolled(states, form)
    found = states(form.stream, Obligations).of(form.number).get(form.obligation)
    if found is None:
        raise UnknownObligation(number=form.number, subject=form.subject, obligation=form.obligation)
    return found


def named(form: OfObligation) -> dict[str, object]:
    """Say in a refusal which obligation is meant."""
    return {"obligation": form.obligation, "subject": form.subject, "number": form.number}


def check_runs(known: Obligation, form: OfObligation, verb: str) -> None:
    """Refuse what is done to a clock that has ended."""
    if not known.runs:
        raise NoLongerRuns(**named(form), state=known.state, verb=verb)


def check_recipients(known: Obligation, form: OfObligation, *recipients: str) -> None:
    """Refuse a recipient that nothing is owed to."""
    if not set(recipients).issubset(known.opened.to):
        raise NotARecipient(**named(form), to=", ".join(known.opened.to))


def check_moment(known: Obligation, form: OfObligation, what: str, at: datetime, act: Act) -> None:
    """Refuse a moment before the clock began or, beyond what clocks differ by, in the future."""
    if at < known.opened.starts_at:
        raise NotThen(**named(form), what=what, where="before its clock began")
    if at > act.at + CLOCK_TOLERANCE:
        raise NotThen(**named(form), what=what, where="in the future")


def may_discharge(packs: RulePacks, pack: str, party: str, role: str) -> bool:
    """Say whether a role discharges the duties of a party under a pack; a sponsor-investigator carries both (21 CFR 312.3)."""
    parties = {"investigator": "site", "safety_officer": "sponsor"}
    return parties.get(role, party) == party or packs.sponsor_investigator(pack)


def check_whose(states: States, known: Obligation, form: OfObligation, act: Act) -> None:
    """Refuse a party that discharges the other's duty."""
    packs = states(f"{form.trial}/trial", RulePacks)
    if not may_discharge(packs, known.opened.pack, known.opened.party, act.role):
        raise NotYourObligation(**named(form), owed_by=known.opened.owed_by, role=act.role)


def check_answer(known: Obligation, form: Acknowledged | Rejected, what: str, at: datetime, act: Act) -> None:
    """Refuse the answer of a recipient that the report was not sent to, or of a moment at which there can have been none."""
    check_recipients(known, form, form.recipient)
    if form.recipient not in known.sent_to:
        raise NotSent(**named(form))
    check_moment(known, form, what, at, act)


@command("obligation.take", Taken, "safety_officer")
def take(states: States, form: Taken, act: Act) -> tuple[Form, ...]:
    """Take a running clock in hand, by name; over from somebody else only with a reason. The clock and its alerts go on."""
    known = on_record(states, form)
    check_runs(known, form, "take in hand")
    check_whose(states, known, form, act)
    if form.taken_by not in {None, act.by}:
        raise TakenForAnother
    if known.taken_by == act.by:
        return ()
    if known.taken_by is not None and form.reason is None:
        raise TakenByAnother(**named(form), taken_by=known.taken_by)
    return (form.model_copy(update={"taken_by": act.by}),)


@command("obligation.submit", Submitted, *FILING)
def submit(states: States, form: Submitted, act: Act) -> tuple[Form, ...]:
    """Record that the report was sent; with no recipient named, to all that do not have it yet."""
    known = on_record(states, form)
    check_runs(known, form, "send")
    check_whose(states, known, form, act)
    to = form.to or tuple(name for name in known.opened.to if name not in known.sent_to)
    check_recipients(known, form, *to)
    if known.sent_to.intersection(to):
        raise AlreadySent(**named(form))
    check_moment(known, form, "The sending", form.sent_at, act)
    # Which filing is itself a report is not the form's to say.
    return (form.model_copy(update={"to": to, "filed_as": None}),)


@command("obligation.acknowledge", Acknowledged, *FILING)
def acknowledge(states: States, form: Acknowledged, act: Act) -> tuple[Form, ...]:
    """Record a recipient's acknowledgement; the same again says nothing new."""
    known = on_record(states, form)
    check_answer(known, form, "The acknowledgement", form.acknowledged_at, act)
    return () if form.recipient in known.acknowledged_by else (form,)


@command("obligation.reject", Rejected, *FILING)
def reject(states: States, form: Rejected, act: Act) -> tuple[Form, ...]:
    """Record that a recipient did not take the report: it has to be sent again, and the clock goes on."""
    known = on_record(states, form)
    check_answer(known, form, "The rejection", form.rejected_at, act)
    return (form,)


@command("obligation.cancel", Cancelled, "safety_officer")
def cancel(states: States, form: Cancelled, act: Act) -> tuple[Form, ...]:
    """Strike a running clock through, with a reason and by name; it stays on record (21 CFR 11.50)."""
    known = on_record(states, form)
    check_runs(known, form, "cancel")
    if known.sent_to:
        raise PartlySent(**named(form))
    if form.printed_name is None:
        raise NotSigned(**named(form))
    if form.signed_by not in {None, act.by} or form.signed_as not in {None, act.role}:
        raise SignedByAnother
    return (form.model_copy(update={"signed_by": act.by, "signed_as": act.role}),)


@command("obligation.review", Reviewed, "operator", "safety_officer")
def review(states: States, form: Reviewed, act: Act) -> tuple[Form, ...]:
    """Look again at the duties of all of a subject's adverse events; what has come to be owed is opened beside it."""
    enrolled(states, form)
    return (form,)
