"""Pays what is owed: composes one message a person, hands it to each channel, and brings the receipts to the log.

Any number of sweeps, crashes and repeats come to the same: a message's id follows from whom it is for and what it carries.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import NamedTuple, Protocol

from notifications.channels import Channel, NotDelivered
from notifications.rendering import OwedAlert, mail
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
            for person in self._people(role):
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

    def _people(self, role: str) -> list[Person]:
        """Who hears of it: the role's holders; of a role with nobody in it, the operators, so that somebody does."""
        holders = list(self._directory.holders(role)) or list(self._directory.holders("operator"))
        return holders or [Person(OPERATOR, "Operator", None, ("operator",))]

    def _send(self, message: Pending, alerts: dict[str, OwedAlert]) -> list[Delivered]:
        carried = [alerts[alert] for alert in message.alerts if alert in alerts]
        if not carried:
            return []
        person = self._directory.find(message.account) or Person(message.account, message.account, None, ())
        written = mail(
            message.message,
            message.trial,
            carried,
            name=person.name,
            address=person.email or f"{person.account.lower()}@localhost",
            sender=self._sender,
            link=self._link,
            vacant=carried[0].role not in person.roles,
        )
        channels = [c for c in self._channels if c.name not in message.sent and (c.name == "maildir" or person.email)]
        return [self._deliver(message, channel, lambda c=channel: c.send(written)) for channel in channels]  # type: ignore[misc]  # mypy cannot type the default

    def _deliver(self, message: Pending, channel: Channel, send: Callable[[], int | None]) -> Delivered:
        named = {"trial": message.trial, "message": message.message, "channel": channel.name}
        try:
            code = send()
        except NotDelivered as fault:
            failed = Failed.model_validate({**named, "error": fault.error})
            self._desk.do(
                "message.record_failed", failed, by=OPERATOR, command_id=self._desk_id(message, channel, fault)
            )
            return Delivered(message.message, message.account, channel.name, fault.error)
        sent = Sent.model_validate({**named, "smtp_code": code})
        self._desk.do("message.record_sent", sent, by=OPERATOR, command_id=f"sent-{message.message}-{channel.name}")
        return Delivered(message.message, message.account, channel.name, None)

    def _desk_id(self, message: Pending, channel: Channel, fault: NotDelivered) -> str:
        """A failure is recorded at every change of its class, so the moment is part of what names it."""
        return f"failed-{message.message}-{channel.name}-{fault.error}-{self._desk.clock().isoformat()}"


def _trial_and_role(alert: OwedAlert) -> tuple[str, str]:
    return alert.trial, alert.role
