"""A message: all that is owed to one person at one time, and the receipts of its delivery."""

import re
from dataclasses import dataclass, field, replace
from typing import Literal, Self
from uuid import UUID, uuid5

from pydantic import Field, model_validator

from safety.aggregates.deciding import Act, Form, MessageForm, Refused, States, UnknownEvent, command, event, folds
from safety.values import AccountId, Code, Role, TrialId
from safety.written import Count

MESSAGES = UUID("b1d7a5ce-2f6d-5a9e-8f10-77b3a1f0c9d2")

Channel = Literal["maildir", "smtp", "webhook"]

# RFC 5321 4.2.1: 5yz is for good; RFC 9110 15.5: 4xx is the request's fault, but for "later", "too early" and "too many".
PERMANENT = re.compile(r"SMTP-5\d\d|NO-ADDRESS|HTTP-4(?!08|25|29)\d\d")


def permanent(error: str) -> bool:
    """Say whether an error of this class stays as it is until somebody puts it right: an address that bounces."""
    return PERMANENT.fullmatch(error) is not None


def message_id(trial: str, account: str, number: int) -> str:
    """Derive a message's id from whom it is for and how many that person has had in the trial before it.

    Two processes that compose for one person at the same moment come to the same id, so the log takes one of them.
    """
    return str(uuid5(MESSAGES, f"{trial}|{account}|{number}")).upper()


@event("message.composed.v1")
class Composed(MessageForm):
    """What is owed to a person goes out as one message; its Message-ID follows from its id, so a resend is the same mail.

    `channels` are due: the message is done when each has taken it. `because` says why this person hears; a cover stands in for
    `instead_of`. Messages from before these were kept have none of them.
    """

    to: AccountId
    role: Role
    alerts: tuple[Code, ...] = Field(min_length=1)
    channels: tuple[Channel, ...] | None = None
    because: Literal["holder", "cover", "vacant"] | None = None
    instead_of: AccountId | None = None


@event("message.sent.v1")
class Sent(MessageForm):
    """A channel took the message; of its answer only the code is kept. `attempt` counts the tries, from 1."""

    channel: Channel
    smtp_code: Count | None = None
    http_code: Count | None = None
    attempt: Count | None = None


@event("message.failed.v1")
class Failed(MessageForm):
    """A channel did not take the message; recorded when the class of the error changes, not at every try."""

    channel: Channel
    error: Code


@event("message.faulted.v1")
class Faulted(MessageForm):
    """The program itself failed at the message: its template, so that plain text went out, or its delivery, again and again."""

    what: Literal["template", "delivery"]
    error: Code


class Compose(Form):
    """What is owed in a trial at one sweep, one message a person: composed together or not at all.

    Were the first composed alone, it could be sent, and so pay the alert, before the next person's is composed.
    """

    trial: TrialId | Literal["-"] = Field(alias="STUDYID")
    messages: tuple[Composed, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def of_one_trial(self) -> Self:
        """Refuse messages of another trial."""
        if any(message.trial != self.trial for message in self.messages):
            raise ValueError("messages must be of this trial")
        return self


@dataclass(frozen=True, slots=True)
class Message:
    """What a message has come to: for whom, as what, and by channel the last receipt."""

    to: str | None = None
    role: Role | None = None
    sent: frozenset[str] = frozenset()
    failed: dict[str, str] = field(default_factory=dict)
    faults: frozenset[tuple[str, str]] = frozenset()


@folds("message", Message)
def evolve(state: Message, happened: Form) -> Message:
    """Fold one event into the message."""
    match happened:
        case Composed():
            return replace(state, to=happened.to, role=happened.role)
        case Sent():
            return replace(state, sent=state.sent | {happened.channel})
        case Failed():
            return replace(state, failed={**state.failed, happened.channel: happened.error})
        case Faulted():
            return replace(state, faults=state.faults | {(happened.what, happened.error)})
        case _:
            raise UnknownEvent(happened)


class UnknownMessage(Refused):
    """There is no message {message}."""


class MessageExists(Refused):
    """Message {message} is composed already."""


@command("message.compose", Compose, "operator")
def compose(states: States, form: Compose, act: Act) -> tuple[Form, ...]:
    """Compose messages; an id that is taken says that somebody composed meanwhile, so what is owed must be asked again."""
    for message in form.messages:
        if states(message.stream, Message).to is not None:
            raise MessageExists(message=message.message)
    return form.messages


def known(states: States, form: MessageForm) -> Message:
    """Give a message that was composed."""
    message = states(form.stream, Message)
    if message.to is None:
        raise UnknownMessage(message=form.message)
    return message


@command("message.record_sent", Sent, "operator")
def record_sent(states: States, form: Sent, act: Act) -> tuple[Form, ...]:
    """Record that a channel took the message; a second receipt of the same channel says nothing new."""
    return () if form.channel in known(states, form).sent else (form,)


@command("message.record_failed", Failed, "operator")
def record_failed(states: States, form: Failed, act: Act) -> tuple[Form, ...]:
    """Record that a channel did not take the message, when the class of the error is a new one."""
    message = known(states, form)
    return () if form.channel in message.sent or message.failed.get(form.channel) == form.error else (form,)


@command("message.record_fault", Faulted, "operator")
def record_fault(states: States, form: Faulted, act: Act) -> tuple[Form, ...]:
    """Record that the program failed at the message, once for each class of error."""
    return () if (form.what, form.error) in known(states, form).faults else (form,)
