"""The commands of an alert: raised, held for a digest, carried up the ladder, reminded of, acknowledged, settled.

The program itself asks for all but the last two, whenever it looks; what is decided follows from the log and from what is
due, never from when it was looked, so that late, doubled and repeated requests come to the same alerts.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from safety.aggregates.account import OPERATOR, Account, acting
from safety.aggregates.alert import Acknowledged, Alert, Raised, Released, Settled, alert_id
from safety.aggregates.clock_alert import RUNNING, clock_of
from safety.aggregates.deciding import Act, Form, Refused, States, command
from safety.aggregates.ladder import Ladder, Urgency
from safety.aggregates.trial import Definition, Trial
from safety.values import Role

REMINDER = "DUE-REMINDER"
"""The rule of an alert that reminds of another one's due time."""
A_DAY = timedelta(days=1)
"""What is due later than this calls nobody out of bed: its reminder goes out with the digest."""


class UnknownAlert(Refused):
    """There is no alert {alert} in trial {trial}; see `vigilog alerts`."""


class NotByName(Refused):
    """Account {account} is the program's own hand; acknowledge in your own name with --by ACCOUNT."""


class NothingOwed(Refused):
    """Alert {alert} owes nothing further: it is acknowledged or settled, or what is asked for was raised before."""


class NotYet(Refused):
    """Nothing further is owed for alert {alert} yet; it is raised when its time comes."""


class OwedToAnother(Refused):
    """Alert {alert} is owed to the role {role}: one of theirs takes it on, and it calls them until then."""


class ClockRuns(Refused):
    """Alert {alert} tells of a clock that runs, and is settled with it: record that the report was sent, or strike the clock through."""


class Terms(NamedTuple):
    """By which ladder and in which zone a trial's alerts are owed."""

    ladder: Ladder
    zone: str


def terms(states: States, trial: str) -> Terms:
    """Give the terms of a trial now; of the log itself, and of a trial that is not registered, the program's own, in UTC."""
    return terms_of(states(f"{trial}/trial", Trial).definition if trial != "-" else None)


def terms_of(governs: Definition | None) -> Terms:
    """Give the terms that a trial's file states; the program's own where there is none."""
    return Terms(Ladder(), "UTC") if governs is None else Terms(governs.ladder, governs.zone)


def owed(raised: Raised, by: Terms, at: datetime) -> Raised:
    """Give an alert that begins a chain its times: when its digest is, or the next rung, and the first reminder."""
    ladder = by.ladder
    held = raised.urgency == "digest"
    next_at = ladder.digest_after(raised.role, at, by.zone) if held else later(at, ladder.between("urgent", 1))
    return raised.model_copy(update={"next_at": next_at, "remind_at": first_reminder(raised, ladder, at)})


def first_reminder(raised: Raised, ladder: Ladder, at: datetime) -> datetime | None:
    """Give the first reminder after a moment: of a due time by the ladder, of a clock without a number daily while it runs."""
    if raised.due_at is not None:
        return ladder.reminder_after(raised.due_at, at)
    return at + A_DAY if ladder.reminders and raised.rule in {*RUNNING.values(), REMINDER} else None


def later(at: datetime, wait: timedelta | None) -> datetime | None:
    """Give the moment so much later; None where nothing follows."""
    return None if wait is None else at + wait


def rung_id(root: Raised, rung: int) -> str:
    """Give the id of a rung: the root, which names its fact, and the number; the ladder may change, the id does not."""
    return root.alert if rung == 1 else alert_id(root.stream, 1, root.rule, root.role, rung)


def next_rung(root: Raised, rung: int, due: datetime, ladder: Ladder) -> Raised | None:
    """Give the alert of a rung that was due at a moment; None where the ladder has no such rung."""
    step = ladder.step(root.urgency, rung)
    if step is None:
        return None
    changed = {
        "alert": rung_id(root, rung),
        "root": root.alert,
        "role": step.role,
        "rung": rung,
        "repeat": step.repeat or None,
        "next_at": later(due, ladder.between(root.urgency, rung)),
        "remind_at": None,
    }
    return root.model_copy(update=changed)


def reminder_id(of: Raised, reminder: int) -> str:
    """Give the id of a reminder: the alert that is due, and the number."""
    return of.alert if reminder == 0 else alert_id(of.stream, 1, REMINDER, of.role, reminder)


def next_reminder(of: Raised, reminder: int, due: datetime, by: Terms) -> Raised:
    """Give the reminder that was due at a moment: a chain begins there, at once; days ahead it waits for the next digest.

    So does that of a clock without a number: it was told at once, and what is owed since then is no news at night.
    """
    quiet = of.due_at is None or of.due_at - due >= A_DAY
    raised = Raised(
        trial=of.trial,
        alert=reminder_id(of, reminder),
        rule=REMINDER,
        role=of.role,
        concerning=of.concerning,
        due_at=of.due_at,
        urgency="digest" if quiet else "urgent",
        reminds=of.alert,
        reminder=reminder,
    )
    return owed(raised, by, due)


def find(states: States, trial: str, alert: str) -> Alert:
    """Give what an alert has come to."""
    return states(f"{trial}/alert/{alert}", Alert)


def root_of(states: States, form: Form, trial: str, alert: str) -> tuple[Raised, Alert]:
    """Give the root of the chain that an alert belongs to, and what it has come to; refuse with UnknownAlert."""
    named = find(states, trial, alert).raised
    if named is None:
        raise UnknownAlert(alert=alert, trial=trial)
    root = find(states, trial, named.root or alert)
    if root.raised is None:
        raise UnknownAlert(alert=alert, trial=trial)
    return root.raised, root


def is_paid(states: States, raised: Raised, root: Alert) -> bool:
    """Say whether a chain owes nothing further: acknowledged, or settled together with what it reminds of."""
    settled = raised.reminds is not None and find(states, raised.trial, raised.reminds).settled
    return root.acknowledged_by is not None or root.settled or settled


def due_now(alert: str, due: datetime | None, act: Act) -> datetime:
    """Give a moment that has come; refuse one that has not."""
    if due is None or due > act.at:
        raise NotYet(alert=alert)
    return due


@command("alert.raise", Raised, "operator")
def raise_alert(states: States, form: Raised, act: Act) -> tuple[Form, ...]:
    """Raise an alert that no event of the same decision owes: a duty that time, a vacancy or the machine has brought about."""
    if find(states, form.trial, form.alert).raised is not None:
        return ()
    clock = clock_of(states, form)
    if clock is not None and not clock.runs:
        raise NothingOwed(alert=form.alert)
    plain = form.model_copy(update=dict.fromkeys(("root", "repeat", "reminds", "reminder")) | {"rung": 1})
    return (owed(plain, terms(states, form.trial), act.at),)


@command("alert.release", Released, "operator")
def release(states: States, form: Released, act: Act) -> tuple[Form, ...]:
    """Let out what was held for a digest, once its time has come."""
    alert = find(states, form.trial, form.alert)
    if alert.raised is None:
        raise UnknownAlert(alert=form.alert, trial=form.trial)
    if not alert.held or is_paid(states, alert.raised, alert):
        raise NothingOwed(alert=form.alert)
    due = due_now(form.alert, alert.next_at, act)
    wait = terms(states, form.trial).ladder.between("digest", 1)
    return (form.model_copy(update={"next_at": later(due, wait)}),)


@command("alert.escalate", Raised, "operator")
def escalate(states: States, form: Raised, act: Act) -> tuple[Form, ...]:
    """Climb the next rung of a chain that nobody has acknowledged; the form names `root` and `rung`, the rest follows."""
    raised, root = root_of(states, form, form.trial, form.root or form.alert)
    before = find(states, form.trial, rung_id(raised, form.rung - 1))
    there = find(states, form.trial, rung_id(raised, form.rung)).raised is not None
    if there or root.held or is_paid(states, raised, root):
        raise NothingOwed(alert=raised.alert)
    due = due_now(raised.alert, before.next_at, act)
    following = next_rung(raised, form.rung, due, terms(states, form.trial).ladder)
    return () if following is None else (following,)


@command("alert.remind", Raised, "operator")
def remind(states: States, form: Raised, act: Act) -> tuple[Form, ...]:
    """Remind of what falls due and is not settled; the form names `reminds` and `reminder`, the rest follows."""
    number = form.reminder or 1
    of = find(states, form.trial, form.reminds or form.alert)
    if of.raised is None or of.raised.root is not None or of.raised.reminds is not None:
        raise UnknownAlert(alert=form.reminds or form.alert, trial=form.trial)
    before = find(states, form.trial, reminder_id(of.raised, number - 1)).raised
    there = find(states, form.trial, reminder_id(of.raised, number)).raised is not None
    if there or of.settled:
        raise NothingOwed(alert=of.raised.alert)
    due = due_now(of.raised.alert, before.remind_at if before is not None else None, act)
    return (next_reminder(of.raised, number, due, terms(states, form.trial)),)


def check_reached(states: States, root: Raised, named: Raised | None, act: Act) -> None:
    """Refuse a site that answers what is owed to others: who filed would end the calls to whom it was filed for.

    What `takes_on` says of the chain holds of the rung that is named too.
    """
    held = states(f"-/account/{act.by}", Account).roles or (act.role,)
    owed_to = (root.role, named.role if named else root.role)
    if not takes_on(held, owed_to, terms(states, root.trial).ladder, root.urgency):
        raise OwedToAnother(alert=root.alert, role=root.role)


def takes_on(held: Iterable[Role], owed_to: Iterable[Role], ladder: Ladder, urgency: Urgency) -> bool:
    """Say whether who holds these roles in a trial answers an alert of it.

    Whoever is of the trial's operators or officers may, and each role that the alert is owed to or climbs to.
    """
    called = {acting(role) for role in (*owed_to, *(rung.role for rung in ladder.rungs(urgency)))}
    return not {acting(role) for role in held}.isdisjoint({"operator", "safety_officer"} | called)


@command("alert.acknowledge", Acknowledged, "operator", "investigator", "safety_officer")
def acknowledge(states: States, form: Acknowledged, act: Act) -> tuple[Form, ...]:
    """Take an alert on in one's own name; whichever rung is named, the whole chain is paid; said again it changes nothing."""
    if act.by == OPERATOR:
        raise NotByName(account=act.by)
    raised, root = root_of(states, form, form.trial, form.alert)
    if root.acknowledged_by is not None:
        return ()
    check_reached(states, raised, find(states, form.trial, form.alert).raised, act)
    through = None if form.alert == raised.alert else form.alert
    return (form.model_copy(update={"alert": raised.alert, "acknowledged_by": act.by, "through": through}),)


@command("alert.settle", Settled, "operator", "safety_officer")
def settle(states: States, form: Settled, act: Act) -> tuple[Form, ...]:
    """Say that what was due is done or no longer due; what a running clock makes due is neither, and goes on reminding."""
    raised, root = root_of(states, form, form.trial, form.alert)
    clock = clock_of(states, raised)
    if clock is not None and clock.runs and not root.settled:
        raise ClockRuns(alert=raised.alert)
    return () if root.settled else (form.model_copy(update={"alert": raised.alert}),)
