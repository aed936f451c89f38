"""The log about itself: opened once, and redacted by two persons where free text held what must not be kept."""

from dataclasses import dataclass, field, replace
from typing import Literal

from safety.aggregates.deciding import Act, Form, LogForm, Refused, States, UnknownEvent, command, event, folds
from safety.values import AccountId, Code, Position

Purpose = Literal["production", "demo", "drill"]


@event("log.opened.v1")
class Opened(LogForm):
    """Position 1: which log this is, what for, and by which version of the program it was begun."""

    log: Code
    purpose: Purpose
    code_version: str


@event("log.redaction_requested.v1")
class RedactionRequested(LogForm):
    """One person asks that the sealed text of a position be emptied (ICH E6(R3) 4.2.2(b)); `at_position` says which."""

    at_position: Position
    reason: Literal["identifies_a_person", "wrong_subject", "legal_duty"]
    requested_by: AccountId | None = None


@event("log.redacted.v1")
class Redacted(LogForm):
    """A second person agreed: the sealed text of that position is empty from here on; its digest stays in the body."""

    at_position: Position


@dataclass(frozen=True, slots=True)
class Log:
    """What the log says of itself: by position, who asked for its redaction, and what is redacted."""

    opened: bool = False
    requested: dict[int, str] = field(default_factory=dict)
    redacted: frozenset[int] = frozenset()


@folds("log", Log)
def evolve(state: Log, happened: Form) -> Log:
    """Fold one event into the log's own state."""
    match happened:
        case Opened():
            return replace(state, opened=True)
        case RedactionRequested():
            requested = {**state.requested, happened.at_position: happened.requested_by or ""}
            return replace(state, requested=requested)
        case Redacted():
            return replace(state, redacted=state.redacted | {happened.at_position})
        case _:
            raise UnknownEvent(happened)


class RedactionNotRequested(Refused):
    """Nobody asked for the redaction of position {position}; one person asks, another agrees."""


class SamePerson(Refused):
    """The redaction of position {position} was asked for by you; another person has to agree."""


class AlreadyRedacted(Refused):
    """Position {position} is redacted already."""


@command("log.request_redaction", RedactionRequested, "operator", "safety_officer")
def request_redaction(states: States, form: RedactionRequested, act: Act) -> tuple[Form, ...]:
    """Ask for the redaction of one position."""
    if form.at_position in states(form.stream, Log).redacted:
        raise AlreadyRedacted(position=form.at_position)
    return (form.model_copy(update={"requested_by": act.by}),)


@command("log.redact", Redacted, "operator", "safety_officer")
def redact(states: States, form: Redacted, act: Act) -> tuple[Form, ...]:
    """Agree to a redaction another person asked for; the journal empties the sealed text in the same append."""
    log = states(form.stream, Log)
    if form.at_position in log.redacted:
        raise AlreadyRedacted(position=form.at_position)
    asked_by = log.requested.get(form.at_position)
    if asked_by is None:
        raise RedactionNotRequested(position=form.at_position)
    if asked_by == act.by:
        raise SamePerson(position=form.at_position)
    return (form,)
