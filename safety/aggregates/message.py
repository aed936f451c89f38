"""A message: all that is owed to one person at one time, and the receipts of its delivery."""

from dataclasses import dataclass, field, replace
from typing import Literal
from uuid import UUID, uuid5

from pydantic import Field

from safety.aggregates.deciding import Act, Form, MessageForm, Refused, States, UnknownEvent, command, event, folds
from safety.values import AccountId, Code, Role

MESSAGES = UUID("b1d7a5ce-2f6d-5a9e-8f10-77b3a1f0c9d2")

Channel = Literal["maildir", "smtp"]


def message_id(account: str, alerts: tuple[str, ...]) -> str:
    """Derive a message's id from whom it is for and what it carries: composing it twice is composing it once."""
    return str(uuid5(MESSAGES, "|".join((account, *sorted(alerts))))).upper()


@event("message.composed.v1")
class Composed(MessageForm):
    """What is owed to a person goes out as one message; its Message-ID follows from its id, so a resend is the same mail."""

    to: AccountId
    role: Role
    alerts: tuple[Code, ...] = Field(min_length=1)


@event("message.sent.v1")
class Sent(MessageForm):
    """A channel took the message; of an SMTP reply only the code is kept."""

    channel: Channel
    smtp_code: int | None = None


@event("message.failed.v1")
class Failed(MessageForm):
    """A channel did not take the message; recorded when the class of the error changes, not at every try."""

    channel: Channel
    error: Code


@dataclass(frozen=True, slots=True)
class Message:
    """What a message has come to: for whom, and by channel the last receipt."""

    to: str | None = None
    sent: frozenset[str] = frozenset()
    failed: dict[str, str] = field(default_factory=dict)


@folds("message", Message)
def evolve(state: Message, happened: Form) -> Message:
    """Fold one event into the message."""
    match happened:
        case Composed():
            return replace(state, to=happened.to)
        case Sent():
            return replace(state, sent=state.sent | {happened.channel})
        case Failed():
            return replace(state, failed={**state.failed, happened.channel: happened.error})
        case _:
            raise UnknownEvent(happened)


class UnknownMessage(Refused):
    """There is no message {message}."""


class MessageExists(Refused):
    """Message {message} is composed already."""


@command("message.compose", Composed, "operator")
def compose(states: States, form: Composed, act: Act) -> tuple[Form, ...]:
    """Compose a message; its id says that the same one is composed once."""
    if states(form.stream, Message).to is not None:
        raise MessageExists(message=form.message)
    return (form,)


@command("message.record_sent", Sent, "operator")
def record_sent(states: States, form: Sent, act: Act) -> tuple[Form, ...]:
    """Record that a channel took the message; a second receipt of the same channel says nothing new."""
    message = states(form.stream, Message)
    if message.to is None:
        raise UnknownMessage(message=form.message)
    return () if form.channel in message.sent else (form,)


@command("message.record_failed", Failed, "operator")
def record_failed(states: States, form: Failed, act: Act) -> tuple[Form, ...]:
    """Record that a channel did not take the message, when the class of the error is a new one."""
    message = states(form.stream, Message)
    if message.to is None:
        raise UnknownMessage(message=form.message)
    return () if message.failed.get(form.channel) == form.error else (form,)
