"""Every command of the screens as one endpoint: generated from the register of commands and the policy, none by hand."""

from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Header
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from starlette.datastructures import FormData

from safety.aggregates.adverse_event import Reported
from safety.aggregates.alert import Raised
from safety.aggregates.deciding import COMMANDS, Form
from safety.aggregates.obligation import Cancelled, Opened, Submitted, Superseded
from safety.desk import Done, OtherContent
from safety.journal import decode
from safety.web.api.answers import Part
from safety.web.api.declaring import Endpoints
from safety.web.api.forms import (
    FORMS,
    MEANINGS,
    AddAccount,
    Body,
    JudgingBody,
    SignedBody,
    Signing,
    body_of,
    preview_of,
)
from safety.web.api.people import added, followed
from safety.web.api.sent import Sent, read
from safety.web.api.whose import admitted_to
from safety.web.asking import Ask, Asked
from safety.web.judged import changes_a_judgement
from safety.web.policy import RULES
from safety.web.signing import NotSigned, signature

endpoints = Endpoints()

BESIDE: Mapping[str, str] = {
    "account.set_absence": "rota.change",
    "account.change": "people.change",
    "account.revoke": "people.change",
}
"""Commands whose action has another name in the policy."""
KEY = "The id of the act, made when it begins, such as a UUID: sent again with the same body, it is done once."
Key = Annotated[
    str,
    Header(alias="Idempotency-Key", min_length=8, max_length=128, pattern=r"^[A-Za-z0-9._:~-]+$", description=KEY),
]
UNSIGNED = "this changes what a party has judged, so it is signed: send `signature` with it; nothing was stored"
PREVIEWED = (
    "adverse_event.report",
    "adverse_event.follow_up",
    "adverse_event.correct",
    "adverse_event.assess_seriousness",
    "adverse_event.assess_causality",
    "adverse_event.assess_expectedness",
    "adverse_event.state_reportability",
    "adverse_event.merge",
    "adverse_event.unmerge",
    "obligation.submit",
    "obligation.cancel",
    "subject.correct",
    "trial.register",
    "trial.amend",
    "trial.adopt_rule_pack",
)
"""Commands of which a screen says what they would come to before they are done."""


class Due(Part):
    """A clock that the command started."""

    obligation: str
    rule: str
    to: list[str]
    due_at: datetime | None


class Told(Part):
    """An alert that the command owes."""

    alert: str
    rule: str
    role: str
    urgency: str


class Ended(Part):
    """A clock that the command ended, or a report that it put on record, by the event that says so."""

    obligation: str
    how: str


class Came(Part):
    """What a command came to, or would come to."""

    number: int | None = None
    """The number that an adverse event was given."""
    obligations: list[Due]
    ended: list[Ended]
    alerts: list[Told]


class Did(Came):
    """What a command came to: its positions in the log, none where it changed nothing."""

    positions: list[int]
    repeated: bool
    """Whether the key was used before, for the same: nothing was done twice."""


def offered() -> dict[str, str]:
    """Give every command that the policy knows, with its action."""
    named = {name: name for name in COMMANDS if name in RULES and RULES[name].kind == "writes"}
    return named | {name: action for name, action in BESIDE.items() if name in COMMANDS}


BODIES: Mapping[str, type[Body]] = {name: body_of(name) for name in offered()}
PREVIEWS: Mapping[str, type[Body]] = {name: preview_of(name, BODIES[name]) for name in PREVIEWED}


def came_to(events: tuple[Form, ...]) -> dict[str, Any]:
    """Tell what events came to: a number, clocks and alerts; never free text."""
    clocks = [event for event in events if isinstance(event, Opened)]
    raised = [event for event in events if isinstance(event, Raised)]
    ended = [event for event in events if isinstance(event, Superseded | Cancelled | Submitted)]
    return {
        "number": next((event.number for event in events if isinstance(event, Reported)), None),
        "obligations": [
            {"obligation": one.obligation, "rule": one.rule, "to": one.to, "due_at": one.due_at} for one in clocks
        ],
        "ended": [{"obligation": one.obligation, "how": one.TOPIC} for one in ended],
        "alerts": [{"alert": one.alert, "rule": one.rule, "role": one.role, "urgency": one.urgency} for one in raised],
    }


def filled(ask: Asked, form: Form) -> Form:
    """Fill in what a screen fills in: what is read from a file, and the printed name of who signs."""
    whole = form.form() if type(form) in FORMS.values() else form  # type: ignore[attr-defined]  # each of those has it
    if "printed_name" in type(whole).model_fields:
        whole = whole.model_copy(update={"printed_name": ask.name})
    return whole


def done(ask: Asked, command: str, body: Body, key: str) -> Done:
    """Have the desk do a command, signed where it has to be; a key that was used is not asked to sign again.

    Raises:
        NotThere: it is about something that is not theirs.
        NotSigned: it has to be signed and is not, or the signature does not prove who is signed in.
        Refused: by a rule of the domain.

    """
    form = filled(ask, body.form)
    act = ask.own(key)
    asked: dict[str, Any] = {"by": ask.account, "command_id": act, "reason": body.reason, "read_at": body.read_at}
    if isinstance(body, SignedBody | JudgingBody) and not decided(ask, act):
        given = signing(ask, body, form)
        if given is not None:
            ask.form = FormData(given.model_dump())
            return ask.home.desk.do(command, form, **asked, signature=signature(ask, *MEANINGS[command]))
    if isinstance(body.form, AddAccount):
        return added(ask, body.form, asked)
    came = ask.home.desk.do(command, form, **asked)
    if came.repeated and came.positions and reason_of(ask, came.positions[0]) != body.reason:
        raise OtherContent(command_id=key)
    followed(ask, form)
    return came


def signing(ask: Asked, body: SignedBody | JudgingBody, form: Form) -> Signing | None:
    """Give the signature that a body brings; raises NotSigned where it has to bring one and does not."""
    if body.signature is None and changes_a_judgement(ask, form):
        raise NotSigned(UNSIGNED)
    return body.signature


def reason_of(ask: Asked, position: int) -> str | None:
    """Give the reason that stands beside an entry of the log."""
    return next(decode(row).about().reason for row in ask.home.journal.page(position - 1, position, 1))


def decided(ask: Asked, act: str) -> bool:
    """Say whether an act was done before: then the desk gives what it came to, or refuses another content."""
    return ask.home.journal.turns.run(lambda turn: turn.decided_before(act)) is not None


def endpoint(command: str, model: type[Body]) -> Callable[..., Response]:
    """Make the endpoint of one command."""

    def do(ask: Ask, raw: Sent, key: Key) -> Response:
        body = read(model, raw)
        about = admitted_to(ask, body.form)
        came = done(about, command, body, key)
        told = Did(**came_to(came.events), positions=list(came.positions), repeated=came.repeated)
        fresh = bool(came.positions) and not came.repeated
        return JSONResponse(told.model_dump(mode="json"), HTTPStatus.CREATED if fresh else HTTPStatus.OK)

    do.__doc__ = COMMANDS[command].decide.__doc__
    return do


def preview(command: str) -> Callable[..., dict[str, Any]]:
    """Make the endpoint that says what a command would set off."""

    def would(ask: Ask, raw: Sent) -> dict[str, Any]:
        form = read(PREVIEWS[command], raw).form
        about = admitted_to(ask, form)
        return came_to(about.home.desk.would(command, filled(about, form), by=about.account))

    would.__doc__ = (
        "Say what it would come to if it were done now: who is alerted, which clocks start and end; nothing is written."
    )
    return would


def declare() -> None:
    """Declare every command, and the previews."""
    for command, action in offered().items():
        does(f"/commands/{command}", action, BODIES[command], Did)(endpoint(command, BODIES[command]))
    for command, body in PREVIEWS.items():
        action = "adverse_event.preview" if command == "adverse_event.report" else command
        does(f"/commands/{command}/preview", action, body, Came)(preview(command))


def does(path: str, action: str, body: type[Body], answers: type[BaseModel]) -> Callable[[Any], Any]:
    """Declare one endpoint, whose body is described by its model."""
    created = {"description": "It is in the log.", "model": answers}
    return endpoints.does(
        path,
        action,
        answers,
        body=body,
        operation_id=path.removeprefix("/commands/"),
        tags=[path.split("/")[2].partition(".")[0]],
        responses={} if path.endswith("preview") else {HTTPStatus.CREATED: created},
    )


declare()
