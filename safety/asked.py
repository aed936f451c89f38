"""What reaches the desk: a command as it is asked for, who may ask for it, and when the same is asked for again."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from pydantic import BaseModel

from safety.aggregates.account import NotPermitted, OtherTrial, acting, there
from safety.aggregates.deciding import Act, Command, Form, Refused, States, variables
from safety.aggregates.record import RedactionRequested
from safety.aggregates.relied_on import ChangedSince, concerns
from safety.journal import Head, Signature, Turn, decode
from safety.values import REDACTED, Role


class OtherContent(Refused):
    """The command id {command_id} was used before for something else; open the form again to get a new one."""


class NoSuchPosition(Refused):
    """The log has no position {position} yet; find the position of the text with `vigilog history`."""


class NotByHand(Refused):
    """source says that a row of an import stated this; leave it out of a form that a person fills in."""


class NotText(Refused):
    """{field} holds a NUL character, which is no text and no database keeps; remove it."""


class Asked(NamedTuple):
    """A command as it reached the desk."""

    command: Command
    form: Form
    by: str
    command_id: str
    reason: str | None
    signature: Signature | None = None
    read_at: int | None = None

    @property
    def digest(self) -> str:
        """Fingerprint of what was asked, without free text: a digest of text would survive its redaction."""
        said = self.form.model_dump_json(by_alias=True, exclude_none=True, exclude=set(self.form.SEALED.values()))
        return sha256(f"{self.command.name}|{self.by}|{said}".encode()).hexdigest()


def authorised(states: States, what: str, *, roles: Collection[Role], trial: str | None, by: str, at: datetime) -> Act:
    """Say as what somebody acts, or refuse with UnknownAccount, AccountRevoked, NotPermitted or OtherTrial."""
    account = there(states, by)
    role = next((role for role in map(acting, account.roles) if role in roles), None)
    if role is None:
        raise NotPermitted(account=by, command=what, roles=", ".join(sorted(roles)))
    if trial is not None and account.trials and trial not in account.trials:
        raise OtherTrial(account=by, trial=trial)
    return Act(by, role, at)


def check_positions(events: Iterable[Form], head: Head) -> None:
    """Refuse to ask for the redaction of what is not there yet: it would stand as redacted before it is written."""
    for event in events:
        if isinstance(event, RedactionRequested) and event.at_position > head.position:
            raise NoSuchPosition(position=event.at_position)


def check_unchanged(turn: Turn, asked: Asked) -> None:
    """Refuse with ChangedSince where the thing that a form is about was changed after the position it was filled in from.

    It is looked up in the log's own turn: between this look and the append nobody else decides.
    """
    if asked.read_at is None:
        return
    since = [row for row in turn.stream(asked.form.stream) if row.position > asked.read_at]
    if any(concerns(decode(row).event, asked.form) for row in since):
        raise ChangedSince(position=asked.read_at)


def check_text(form: Form, reason: str | None) -> None:
    """Refuse a NUL character anywhere in a form: PostgreSQL holds none, and a view that meets one would stop."""
    if "\0" in (reason or ""):
        raise NotText(field="reason")
    for name, value in form.__dict__.items():
        if value is not None and any("\0" in text for text in texts(value)):
            raise NotText(field=variables(type(form))[name])


def texts(value: object) -> Iterator[str]:
    """Give every text that a value of a form holds."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, BaseModel):
        yield from texts(value.__dict__)
    elif isinstance(value, Mapping):
        yield from texts([*value, *value.values()])
    elif isinstance(value, list | tuple):
        for part in value:
            yield from texts(part)


def same_text(form: Form, events: Iterable[Form]) -> bool:
    """Say whether the free text of a form is what its event holds; text that was redacted since cannot differ."""
    first = next((event for event in events if type(event) is type(form)), form)
    pairs = ((form.__dict__[name], first.__dict__[name]) for name in form.SEALED.values())
    return all(there in (here, REDACTED) for here, there in pairs)
