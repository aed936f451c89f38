"""Pays what is owed: composes one message a person, hands it to each channel, and brings the receipts to the log.

Any number of sweeps, crashes and repeats come to the same: a message's id follows from whom it is for and what it carries.
"""

from collections.abc import Iterable, Mapping, Sequence
from email.message import EmailMessage
from itertools import groupby
from typing import NamedTuple, Protocol

from notifications.channels import Channel, NotDelivered
from notifications.rendering import OwedAlert, Recipient, mail
from safety.aggregates.account import OPERATOR
from safety.aggregates.message import Composed, Failed, Sent, message_id
from safety.desk import Desk
from safety.directory import Directory, Person


class Pending(NamedTuple):
    """A message that is composed and that no channel has taken, or that one refused; `sent` names those that took it."""

    message: str
    trial: str
    account: str
    alerts: tuple[str, ...]
    sent: frozenset[str]


class Owing(Protocol):
    """What the record owes, as its views say it after catching up."""

    def owed(self) -> Sequence[OwedAlert]:
        """Every alert that no message has brought to anybody."""
        ...

    def carried(self) -> Sequence[OwedAlert]:
        """Every alert that an unsent message carries, also when another person has it already."""
        ...

    def pending(self) -> Sequence[Pending]:
        """Every message that is not sent."""
        ...


class Delivered(NamedTuple):
    """What one sweep did for one message on one channel; `error` is None when the channel took it."""

    message: str
    account: str
    channel: str
    error: str | None


class Tried(NamedTuple):
    """What came of handing a message to a channel."""

    channel: str
    code: int | None
    error: str | None


UNNAMED = Person(OPERATOR, "Operator", None, ("operator",))
"""The operator of a home in which nobody has said who that is."""


class Dispatcher:
    """Brings alerts to people."""

    def __init__(
        self, desk: Desk, owing: Owing, directory: Directory, channels: Sequence[Channel], *, sender: str, link: str
    ) -> None:
        """Hand in the record's two sides and the ways out; `link` is where people read on."""
        self._desk = desk
        self._owing = owing
        self._directory = directory
        self._channels = channels
        self._sender = sender
        self._link = link

    def sweep(self) -> list[Delivered]:
        """Compose what is owed and not composed, then send what is composed and not sent."""
        owed = self._owing.owed()
        alerts = {alert.alert: alert for alert in (*self._owing.carried(), *owed)}
        pending = list(self._owing.pending())
        pending += self._compose(owed, pending)
        return [receipt for message in pending for receipt in self._send(message, alerts)]

    def _compose(self, owed: Iterable[OwedAlert], pending: Sequence[Pending]) -> list[Pending]:
        carried = {(message.account, alert) for message in pending for alert in message.alerts}
        composed = []
        for (trial, role), group in groupby(sorted(owed, key=_trial_and_role), key=_trial_and_role):
            of_role = tuple(alert.alert for alert in group)
            for person in self._people(role, trial):
                alerts = tuple(alert for alert in of_role if (person.account, alert) not in carried)
                if alerts:
                    composed.append(self._compose_one(trial, role, person, alerts))
        return composed

    def _compose_one(self, trial: str, role: str, person: Person, alerts: tuple[str, ...]) -> Pending:
        message = message_id(person.account, alerts)
        form = Composed.model_validate(
            {"trial": trial, "message": message, "to": person.account, "role": role, "alerts": alerts}
        )
        self._desk.do("message.compose", form, by=OPERATOR, command_id=f"compose-{message}")
        return Pending(message, trial, person.account, alerts, frozenset())

    def _people(self, role: str, trial: str) -> list[Person]:
        """Who hears of it: the role's holders; of a role with nobody in it, the operators, so that somebody does."""
        return self._directory.holders(role, trial) or self._directory.holders("operator", trial) or [UNNAMED]

    def _send(self, message: Pending, alerts: Mapping[str, OwedAlert]) -> list[Delivered]:
        carried = [alerts[alert] for alert in message.alerts]
        nobody = UNNAMED if message.account == OPERATOR else Person(message.account, message.account, None, ())
        person = self._directory.find(message.account) or nobody
        to = Recipient(
            person.name, person.email or f"{person.account.lower()}@localhost", carried[0].role not in person.roles
        )
        written = mail(message.message, message.trial, carried, to, sender=self._sender, link=self._link)
        ways = [c for c in self._channels if c.name not in message.sent and (c.name == "maildir" or person.email)]
        tries = [_tried(channel, written) for channel in ways]
        # Failures first: a message is not done for as long as the log knows of one, wherever this is interrupted.
        return [self._record(message, tried) for tried in sorted(tries, key=lambda tried: tried.error is None)]

    def _record(self, message: Pending, tried: Tried) -> Delivered:
        """Bring a receipt to the log."""
        named = {"trial": message.trial, "message": message.message, "channel": tried.channel}
        if tried.error is None:
            sent = Sent.model_validate({**named, "smtp_code": tried.code})
            self._desk.do(
                "message.record_sent", sent, by=OPERATOR, command_id=f"sent-{message.message}-{tried.channel}"
            )
        else:
            failed = Failed.model_validate({**named, "error": tried.error})
            # A failure is recorded at every change of its class, so the moment is part of what names it.
            now = f"{message.message}-{tried.channel}-{self._desk.clock().isoformat()}"
            self._desk.do("message.record_failed", failed, by=OPERATOR, command_id=f"failed-{now}")
        return Delivered(message.message, message.account, tried.channel, tried.error)


def _tried(channel: Channel, written: EmailMessage) -> Tried:
    try:
        return Tried(channel.name, channel.send(written), None)
    except NotDelivered as fault:
        return Tried(channel.name, None, fault.error)


def _trial_and_role(alert: OwedAlert) -> tuple[str, str]:
    return alert.trial, alert.role
