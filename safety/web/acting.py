"""How a form about a case is taken: filled in, signed where it has to be, done; what does not fit is said at its field."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from fastapi import Response
from pydantic import ValidationError

from safety import written
from safety.aggregates.deciding import Form, Refused, variables
from safety.values import REASON_LENGTH
from safety.web.asking import Asked
from safety.web.signing import Meaning, NotSigned, signature
from safety.web.words import N_

F = TypeVar("F", bound=Form)

CASE = "/trials/{trial}/cases/{subject}/{number}"
"""Where the forms about a case stand."""
A_MINUTE = timedelta(minutes=1)
CHOOSE = N_("Choose one of these.")
WHEN = N_("Write the date and time as 2018-05-31 18:00, in the zone of the trial.")
LONG_REASON = N_("The reason may hold %(n)d characters and holds %(long)d. Shorten it.")
NOT_FIT = N_("This does not fit here; it may be too long. Shorten or change it.")


class Misfilled(Exception):
    """A field does not hold what it has to: its id, and what to do in the reader's words."""

    def __init__(self, field: str, text: str) -> None:
        """Name the field and say what to write instead."""
        super().__init__(text)
        self.field = field


class Fault(NamedTuple):
    """What is wrong with a form: at which field, in which words; `signing` where it is the signature, `refusal` where the desk's."""

    field: str
    text: str
    signing: bool = False
    refusal: type[Refused] | None = None


def acted(
    ask: Asked,
    command: str,
    fill: Callable[[], Form],
    meanings: Sequence[Meaning] = (),
    reason: str | None = None,
    *,
    read_at: int | None = None,
) -> Fault | None:
    """Do a command with the form that `fill` gives, signed where meanings are offered; give what is wrong, if anything.

    The form is filled in before the signature is taken: who mistypes a date is not asked to sign twice. `read_at` is the
    position that the form was filled in from.
    """
    try:
        form = fill()
        signed = signature(ask, *meanings) if meanings else None
        ask.do(command, form, signature=signed, reason=reason, read_at=read_at)
    except Misfilled as fault:
        return Fault(fault.field, str(fault))
    except NotSigned as fault:
        return Fault("sign-passphrase", str(fault), signing=True)
    except Refused as fault:
        return Fault("act", ask.words.refusal(fault), refusal=type(fault))
    return None


def unsigned(fault: Fault | None) -> str:
    """Say what is wrong with the signature, where that is what is wrong with the form."""
    return fault.text if fault and fault.signing else ""


def named(ask: Asked, case: Mapping[str, Any]) -> dict[str, Any]:
    """Say in a form which adverse event is meant."""
    return {"trial": ask.trial, "subject": case["subject"], "number": case["number"]}


def back_to(ask: Asked, case: Mapping[str, Any], place: str = "") -> Response:
    """Go back to a place on the page of a case, or to its head, which then says what was recorded."""
    recorded = "" if place else "y"
    return ask.go(ask.in_trial(f"/cases/{case['subject']}/{case['number']}", recorded=recorded) + place)


def built(ask: Asked, form: type[F], **said: object) -> F:
    """Fill in a form; raises Misfilled at the first field that does not fit, without echoing what it holds."""
    try:
        return form.model_validate({name: value for name, value in said.items() if value not in (None, "", ())})
    except ValidationError as fault:
        wire = str(fault.errors()[0]["loc"][0])
        names = {variable: name for name, variable in variables(form).items()}
        raise Misfilled(names.get(wire, wire), ask.words(NOT_FIT)) from None


def reason_in(ask: Asked, field: str = "why", place: str = "", most: int = REASON_LENGTH) -> str | None:
    """Give the reason that stands beside an act, where one is given; raises Misfilled where it is too long to be kept.

    `place` is the id of the field on the page, where that is not its name.
    """
    said = ask.text(field)
    if len(said) > most:
        raise Misfilled(place or field, ask.words(LONG_REASON, n=most, long=len(said)))
    return said or None


def chosen(ask: Asked, field: str, among: Sequence[str]) -> str:
    """Give what was chosen; raises Misfilled where it is none of what was offered."""
    said = ask.text(field)
    if said not in among:
        raise Misfilled(field, ask.words(CHOOSE))
    return said


def instant(ask: Asked, field: str) -> datetime:
    """Read a local time of the trial's zone; raises Misfilled where it is none.

    The present minute means now: what is sent in the minute in which its clock began was not sent before.
    """
    zone = ZoneInfo(ask.governs.zone if ask.governs else "UTC")
    try:
        said = written.moment(ask.text(field))
    except ValueError:
        raise Misfilled(field, ask.words(WHEN)) from None
    at = said if said.tzinfo is not None else said.replace(tzinfo=zone)
    return ask.moment if at <= ask.moment < at + A_MINUTE else at


def local_now(ask: Asked) -> str:
    """Write the present moment as a field for date and time takes it, in the zone of the trial."""
    zone = ZoneInfo(ask.governs.zone if ask.governs else "UTC")
    return ask.moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M")
