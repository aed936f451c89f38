"""What every aggregate file is made of: forms that are events, states that fold them, commands that decide or refuse."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, Literal, Protocol, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field

from safety.values import AccountId, Code, FieldClass, Role, SubjectCode, TrialId


class Refused(Exception):
    """The command is refused."""

    def __init__(self, **named: object) -> None:
        """Fill the names of the class's docstring, which is the message a person reads; they are kept for other languages."""
        super().__init__((type(self).__doc__ or "").format(**named))
        self.named = named


class UnknownEvent(Exception):
    """An event reached a state that has no case for it: history must never be skipped silently."""

    def __init__(self, event: "Form") -> None:
        """Name the class of the event, never its content."""
        super().__init__(f"no state knows what to do with {type(event).__name__}")


class Form(BaseModel):
    """A filled-in form: the body of an event, the API's request, an import row and a command's options in one class."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        validate_by_name=True,
        validate_by_alias=True,
        hide_input_in_errors=True,
        str_strip_whitespace=True,
    )
    TOPIC: ClassVar[str] = ""
    SEALED: ClassVar[Mapping[str, str]] = {}
    """Field name by wire name of what is sealed: free text, unblinding values and contacts."""

    @property
    def stream(self) -> str:
        """The stream this event belongs to."""
        raise NotImplementedError


class TrialForm(Form):
    """An event of a trial's own stream."""

    trial: TrialId = Field(alias="STUDYID")

    @property
    def stream(self) -> str:
        """`<trial>/trial`."""
        return f"{self.trial}/trial"


class SubjectForm(TrialForm):
    """An event of a subject's stream: the subject, the doses and the adverse events share it."""

    subject: SubjectCode = Field(alias="USUBJID")

    @property
    def stream(self) -> str:
        """`<trial>/subject/<code>`."""
        return f"{self.trial}/subject/{self.subject}"


class OwedForm(Form):
    """An event of what is owed in a trial; of what is owed for the log itself the trial is `-`, as in its stream's name."""

    trial: TrialId | Literal["-"] = Field(alias="STUDYID")


class AlertForm(OwedForm):
    """An event of an alert's stream."""

    alert: Code

    @property
    def stream(self) -> str:
        """`<trial>/alert/<id>`."""
        return f"{self.trial}/alert/{self.alert}"


class MessageForm(OwedForm):
    """An event of a message's stream."""

    message: Code

    @property
    def stream(self) -> str:
        """`<trial>/message/<id>`."""
        return f"{self.trial}/message/{self.message}"


class AccountForm(Form):
    """An event of an account's stream."""

    account: AccountId

    @property
    def stream(self) -> str:
        """`-/account/<id>`."""
        return f"-/account/{self.account}"


class LogForm(Form):
    """An event about the log itself."""

    @property
    def stream(self) -> str:
        """`-/log`."""
        return "-/log"


TOPICS: dict[str, type[Form]] = {}
"""Every event class by its topic; the version stands in the topic only."""

F = TypeVar("F", bound=Form)
S = TypeVar("S")


@cache
def variables(form: type[Form]) -> Mapping[str, str]:
    """Give of each field of a form its name on the wire: the CDISC variable, or its own name where there is none."""
    return {name: described.alias or name for name, described in form.model_fields.items()}


def sealed_fields(form: type[Form]) -> dict[str, str]:
    """Find the fields whose type is marked with a FieldClass, by wire name."""
    found = {}
    for name, described in form.model_fields.items():
        inner = (mark for part in get_args(described.annotation) for mark in getattr(part, "__metadata__", ()))
        marks = [*described.metadata, *inner]
        if any(isinstance(mark, FieldClass) for mark in marks):
            found[variables(form)[name]] = name
    return found


def event(topic: str) -> Callable[[type[F]], type[F]]:
    """Register a form as the body of an event; a topic is given once and for ever."""

    def register(form: type[F]) -> type[F]:
        if topic in TOPICS:
            message = f"the topic {topic} is taken"
            raise ValueError(message)
        form.TOPIC = topic
        form.SEALED = sealed_fields(form)
        TOPICS[topic] = form
        return form

    return register


Evolve = Callable[[Any, Any], Any]
FOLDS: dict[str, tuple[type, Evolve]] = {}
"""By the first part of a topic: the class of the slice of state (built with no arguments: nothing yet) and its evolve."""


def folds(topic_group: str, slice_class: type) -> Callable[[Evolve], Evolve]:
    """Register the function that folds all events `<topic_group>.*` into one slice of a stream's state."""

    def register(evolve: Evolve) -> Evolve:
        FOLDS[topic_group] = (slice_class, evolve)
        return evolve

    return register


Heed = Callable[[Any, Any, int], Any]
HEEDS: dict[str, tuple[tuple[type, Heed], ...]] = {}
"""By the first part of a topic: slices that are folded beside its own, from the event and its version in the stream."""


def heeds(slice_class: type, *topic_groups: str) -> Callable[[Heed], Heed]:
    """Register a function that folds the events of other groups, with their versions, into a slice of its own."""

    def register(heed: Heed) -> Heed:
        for group in topic_groups:
            HEEDS[group] = (*HEEDS.get(group, ()), (slice_class, heed))
        return heed

    return register


@dataclass(frozen=True, slots=True)
class StreamState:
    """What a stream has come to: how many events, and one slice of state for each aggregate that shares it."""

    version: int = 0
    slices: Mapping[type, Any] = field(default_factory=dict)

    def slice(self, of: type[S]) -> S:
        """Give one aggregate's slice; of a stream without its events, the slice as it is before anything happened."""
        found = self.slices.get(of)
        return of() if found is None else found


NOTHING = StreamState()


def fold(state: StreamState, happened: Form) -> StreamState:
    """Take one more event into a stream's state: the only fold there is."""
    group = happened.TOPIC.partition(".")[0]
    of, evolve = FOLDS[group]
    version = state.version + 1
    slices = {**state.slices, of: evolve(state.slice(of), happened)}
    for beside, heed in HEEDS.get(group, ()):
        slices[beside] = heed(state.slice(beside), happened, version)
    return StreamState(version, slices)


class States(Protocol):
    """The states a command may read; each stream it reads guards the decision."""

    def __call__(self, stream: str, of: type[S], /) -> S:
        """Give one slice of one stream's state."""
        ...


@dataclass(frozen=True, slots=True)
class Act:
    """Who decides, in which role, and when: the desk's clock, never the form's."""

    by: str
    role: Role
    at: datetime


Decide = Callable[[States, Any, Act], tuple[Form, ...]]


@dataclass(frozen=True, slots=True)
class Command:
    """A decision a person may ask for: its name, its form, the roles that may, and the function that decides."""

    name: str
    form: type[Form]
    roles: frozenset[Role]
    decide: Decide


COMMANDS: dict[str, Command] = {}


def command(name: str, form: type[Form], *roles: Role) -> Callable[[Decide], Decide]:
    """Register a command under `aggregate.verb`."""

    def register(decide: Decide) -> Decide:
        COMMANDS[name] = Command(name, form, frozenset(roles), decide)
        return decide

    return register
