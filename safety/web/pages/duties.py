"""What becomes of an obligation: its report recorded as sent, acknowledged or rejected, its clock struck through by name."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from fastapi import Response

from safety.aggregates.deciding import Form
from safety.aggregates.obligation import Acknowledged, Cancelled, Rejected, Submitted
from safety.web.acting import Fault, Misfilled, acted, built, chosen, instant, local_now
from safety.web.asking import Ask, Asked, NotThere
from safety.web.clocks import REASONS
from safety.web.consequences import Consequences, Told, consequences
from safety.web.declaring import Pages
from safety.web.pages.case import case_of
from safety.web.signing import Meaning, wanted
from safety.web.words import N_

pages = Pages()

CASE = "/trials/{trial}/cases/{subject}/{number}"


class Step(NamedTuple):
    """What can be done to an obligation: its command, title and button, and the meanings that a signature may have."""

    name: str
    command: str
    title: str
    button: str
    meanings: tuple[Meaning, ...] = ()


SUBMIT = Step(
    "submit",
    "obligation.submit",
    N_("Record a report as sent"),
    N_("Sign and record as sent"),
    ("responsibility", "approval"),
)
ANSWER = Step(
    "acknowledgement", "obligation.acknowledge", N_("Record an acknowledgement"), N_("Record the acknowledgement")
)
REJECT = Step("rejection", "obligation.reject", N_("Record a rejection"), N_("Record the rejection, the clock goes on"))
CANCEL = Step(
    "cancel", "obligation.cancel", N_("Strike a clock through"), N_("Sign and strike through"), ("approval", "review")
)


@pages.shows(CASE + "/submit", "obligation.submit")
def ask_sending(ask: Ask, subject: str, number: str, obligation: str = "") -> Response:
    """Ask when and to whom a report was sent."""
    return shown(ask, SUBMIT, *duty_of(ask, subject, number, obligation))


@pages.takes(CASE + "/submit", "obligation.submit")
def take_sending(ask: Ask, subject: str, number: str) -> Response:
    """Record that a report was sent; signed."""
    case, duty = duty_of(ask, subject, number, ask.text("obligation"))
    return taken(ask, SUBMIT, case, duty, partial(sending, ask, case, duty))


@pages.shows(CASE + "/acknowledgement", "obligation.acknowledge")
def ask_acknowledgement(ask: Ask, subject: str, number: str, obligation: str = "") -> Response:
    """Ask who acknowledged a report, and when."""
    return shown(ask, ANSWER, *duty_of(ask, subject, number, obligation))


@pages.takes(CASE + "/acknowledgement", "obligation.acknowledge")
def take_acknowledgement(ask: Ask, subject: str, number: str) -> Response:
    """Record that a recipient has the report."""
    case, duty = duty_of(ask, subject, number, ask.text("obligation"))

    def form() -> Form:
        when, who = instant(ask, "acknowledged_at"), chosen(ask, "recipient", duty["sent_to"])
        said = {"recipient": who, "acknowledged_at": when, "reference": ask.text("reference")}
        return built(ask, Acknowledged, **named(ask, case, duty), **said)

    return done(ask, ANSWER, case, duty, acted(ask, ANSWER.command, form))


@pages.shows(CASE + "/rejection", "obligation.reject")
def ask_rejection(ask: Ask, subject: str, number: str, obligation: str = "") -> Response:
    """Ask who rejected a report, when and why."""
    return shown(ask, REJECT, *duty_of(ask, subject, number, obligation))


@pages.takes(CASE + "/rejection", "obligation.reject")
def take_rejection(ask: Ask, subject: str, number: str) -> Response:
    """Record that a recipient did not take the report: the clock goes on."""
    case, duty = duty_of(ask, subject, number, ask.text("obligation"))

    def form() -> Form:
        when, who = instant(ask, "rejected_at"), chosen(ask, "recipient", duty["sent_to"])
        said = {"recipient": who, "rejected_at": when, "reason": ask.text("why")}
        return built(ask, Rejected, **named(ask, case, duty), **said)

    return done(ask, REJECT, case, duty, acted(ask, REJECT.command, form))


@pages.shows(CASE + "/cancel", "obligation.cancel")
def ask_cancellation(ask: Ask, subject: str, number: str, obligation: str = "") -> Response:
    """Ask why a clock is to be struck through."""
    return shown(ask, CANCEL, *duty_of(ask, subject, number, obligation))


@pages.takes(CASE + "/cancel", "obligation.cancel")
def take_cancellation(ask: Ask, subject: str, number: str) -> Response:
    """Strike a clock through, with a reason and by name; it stays on record."""
    case, duty = duty_of(ask, subject, number, ask.text("obligation"))
    return taken(ask, CANCEL, case, duty, partial(striking, ask, case, duty))


def sending(ask: Asked, case: dict[str, Any], duty: dict[str, Any]) -> Form:
    """Fill in that a report was sent; raises Misfilled."""
    to = tuple(str(name) for name in ask.form.getlist("to"))
    said = {"sent_at": instant(ask, "sent_at"), "to": to, "reference": ask.text("reference")}
    return built(ask, Submitted, **named(ask, case, duty), **said)


def striking(ask: Asked, case: dict[str, Any], duty: dict[str, Any]) -> Form:
    """Fill in that a clock is struck through; raises Misfilled."""
    said = {"reason": chosen(ask, "reason", tuple(REASONS)), "explanation": ask.text("explanation")}
    return built(ask, Cancelled, **named(ask, case, duty), **said, printed_name=ask.name)


def taken(ask: Asked, step: Step, case: dict[str, Any], duty: dict[str, Any], fill: Callable[[], Form]) -> Response:
    """Take a step that was signed, or say what it would set off where that was asked."""
    if ask.text("do") == "check":
        return shown(ask, step, case, duty)
    return done(ask, step, case, duty, acted(ask, step.command, fill, step.meanings))


def set_off(ask: Asked, step: Step, case: dict[str, Any], duty: dict[str, Any]) -> Consequences | None:
    """Say what a signed step would come to as far as it is filled in; of the others, which are not signed, nothing."""
    try:
        if step is SUBMIT:
            filled = ask.text("sent_at")
            now = built(ask, Submitted, **named(ask, case, duty), sent_at=ask.moment)
            return consequences(ask, step.command, sending(ask, case, duty) if filled else now)
        if step is CANCEL:
            filled = ask.text("reason")
            any_reason = {"reason": "not_applicable", "printed_name": ask.name}
            struck = built(ask, Cancelled, **named(ask, case, duty), **any_reason)
            return consequences(ask, step.command, striking(ask, case, duty) if filled else struck)
    except Misfilled as fault:
        return Consequences(refused=str(fault))
    return None


def duty_of(ask: Asked, subject: str, number: str, obligation: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Find a case and one of its obligations, of the sites that may be seen; raises NotThere."""
    case = case_of(ask, subject, number)
    duty = next((one for one in case["duties"] if one["obligation"] == obligation), None)
    if duty is None:
        raise NotThere
    return case, duty


def named(ask: Asked, case: dict[str, Any], duty: dict[str, Any]) -> dict[str, Any]:
    """Say in a form which obligation is meant."""
    return {"trial": ask.trial, "subject": case["subject"], "number": case["number"], "obligation": duty["obligation"]}


def shown(ask: Asked, step: Step, case: dict[str, Any], duty: dict[str, Any], fault: Fault | None = None) -> Response:
    """Show the form of a step; what was typed stays."""
    signing = (
        wanted(ask, *step.meanings, error=fault.text if fault and fault.signing else "") if step.meanings else None
    )
    reasons = [(name, ask.words(text), "", "") for name, text in REASONS.items()]
    said: dict[str, Any] = {
        "step": step,
        "case": case,
        "duty": duty,
        "fault": fault,
        "signing": signing,
        "reasons": reasons,
    }
    said |= {"given": set_off(ask, step, case, duty), "told": Told(ask, duty)}
    title, button = ask.words(step.title), ask.words(step.button)
    return ask.render(
        "case/duty.html.j2", 422 if fault else 200, **said, title=title, button=button, now=local_now(ask)
    )


def done(ask: Asked, step: Step, case: dict[str, Any], duty: dict[str, Any], fault: Fault | None) -> Response:
    """Go back to the case, or show the form again with what is wrong."""
    if fault is not None:
        return shown(ask, step, case, duty, fault)
    return ask.go(ask.in_trial(f"/cases/{case['subject']}/{case['number']}") + f"#duty-{duty['obligation']}")
