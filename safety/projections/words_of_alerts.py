"""The sentences of those who are on duty and of what is owed to them, beside those of the record itself."""

from safety.aggregates import account, alert, message
from safety.projections.words import numbers, says


@says(account.Added)
def _(event: account.Added) -> str:
    trials = numbers(event.trials) if event.trials else "all trials"
    return f"Account {event.account} was added as {numbers(event.roles)} in {trials}."


@says(account.Changed)
def _(event: account.Changed) -> str:
    trials = numbers(event.trials) if event.trials else "all trials"
    return f"Account {event.account} acts as {numbers(event.roles)} in {trials} from here on."


@says(account.Revoked)
def _(event: account.Revoked) -> str:
    return f"Account {event.account} was revoked."


@says(account.AbsenceSet)
def _(event: account.AbsenceSet) -> str:
    if event.from_at == event.until_at:
        return f"Account {event.account} is not away at {event.from_at:%Y-%m-%d %H:%M} UTC after all."
    cover = "nobody covers" if event.covered_by is None else f"{event.covered_by} covers"
    span = f"from {event.from_at:%Y-%m-%d %H:%M} until {event.until_at:%Y-%m-%d %H:%M} UTC"
    return f"Account {event.account} is away {span}; {cover}."


@says(alert.Raised)
def _(event: alert.Raised) -> str:
    about = f" for {numbers(event.concerning)}" if event.concerning else ""
    due = "" if event.due_at is None else f", due {event.due_at:%Y-%m-%d %H:%M} UTC"
    again = "" if event.repeat is None else f", repeat {event.repeat}"
    rung = "" if event.root is None else f" (rung {event.rung} of alert {event.root}{again})"
    held = " with the digest" if event.urgency == "digest" and event.root is None else ""
    return f"Alert {event.rule} is owed to the {event.role.replace('_', ' ')}{held}{about}{due}{rung}."


@says(alert.Released)
def _(event: alert.Released) -> str:
    return f"Alert {event.alert} goes out with the digest."


@says(alert.Acknowledged)
def _(event: alert.Acknowledged) -> str:
    through = "" if event.through is None else f" (through {event.through})"
    return f"{event.acknowledged_by or 'Somebody'} acknowledged alert {event.alert}{through}."


@says(alert.Settled)
def _(event: alert.Settled) -> str:
    return f"What alert {event.alert} is about is settled; nobody is reminded of it again."


@says(message.Faulted)
def _(event: message.Faulted) -> str:
    came = "plain text went out instead" if event.what == "template" else "it is tried again"
    return f"The program failed at the {event.what} of message {event.message}: {event.error}; {came}."
