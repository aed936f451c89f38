"""What becomes of an obligation: its report recorded as sent, acknowledged or rejected, its clock struck through by name."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from fastapi import Response

from safety.aggregates.deciding import Form
from safety.aggregates.obligation import Acknowledged, Cancelled, Rejected, Submitted, Taken
from safety.web.acting import CASE, Fault, Misfilled, acted, back_to, built, chosen, instant, local_now, named, unsigned
from safety.web.asking import Ask, Asked, NotThere
from safety.web.clocks import REASONS
from safety.web.consequences import Consequences, Told, consequences
from safety.web.declaring import Pages
from safety.web.pages.case import case_of
from safety.web.signing import Meaning, wanted
from safety.web.words import N_

pages = Pages()

Row = dict[str, Any]
Fill = Callable[[Asked, Row, Row], Form]
"""Fills in a form about an obligation of a case; raises Misfilled."""


def taking(ask: Asked, case: Row, duty: Row) -> Form:
    """Fill in that an obligation is taken in hand, in one's own name; it stops no clock."""
    return built(ask, Taken, **of(ask, case, duty), reason=ask.text("reason"))


def sending(ask: Asked, case: Row, duty: Row) -> Form:
    """Fill in that a report was sent."""
    to = tuple(str(name) for name in ask.form.getlist("to"))
    said = {"sent_at": instant(ask, "sent_at"), "to": to, "reference": ask.text("reference")}
    return built(ask, Submitted, **of(ask, case, duty), **said)


def sending_now(ask: Asked, case: Row, duty: Row) -> Form:
    """Fill in that a report is sent now, to all that do not have it."""
    return built(ask, Submitted, **of(ask, case, duty), sent_at=ask.moment)


def acknowledging(ask: Asked, case: Row, duty: Row) -> Form:
    """Fill in that a recipient has the report."""
    when, who = instant(ask, "acknowledged_at"), chosen(ask, "recipient", duty["sent_to"])
    said = {"recipient": who, "acknowledged_at": when, "reference": ask.text("reference")}
    return built(ask, Acknowledged, **of(ask, case, duty), **said)


def rejecting(ask: Asked, case: Row, duty: Row) -> Form:
    """Fill in that a recipient did not take the report: the clock goes on."""
    when, who = instant(ask, "rejected_at"), chosen(ask, "recipient", duty["sent_to"])
    return built(ask, Rejected, **of(ask, case, duty), recipient=who, rejected_at=when, reason=ask.text("why"))


def striking(ask: Asked, case: Row, duty: Row) -> Form:
    """Fill in that a clock is struck through, with a reason and by name; it stays on record."""
    said = {"reason": chosen(ask, "reason", tuple(REASONS)), "explanation": ask.text("explanation")}
    return built(ask, Cancelled, **of(ask, case, duty), **said, printed_name=ask.name)


def striking_anyhow(ask: Asked, case: Row, duty: Row) -> Form:
    """Fill in that a clock is struck through, whatever the reason."""
    return built(ask, Cancelled, **of(ask, case, duty), reason="not_applicable", printed_name=ask.name)


def of(ask: Asked, case: Row, duty: Row) -> Row:
    """Say in a form which obligation is meant."""
    return {**named(ask, case), "obligation": duty["obligation"]}


class Step(NamedTuple):
    """What can be done to an obligation: its command, title and button, its form, and the meanings a signature may have."""

    name: str
    command: str
    title: str
    button: str
    fill: Fill
    meanings: tuple[Meaning, ...] = ()
    key_field: str = ""
    supposed: Fill | None = None
    """While `key_field` is empty: with what the step would set off is worked out; None where that is not asked."""


STEPS = (
    Step("take", "obligation.take", N_("Take an obligation in hand"), N_("I take this"), taking),
    Step(
        "submit",
        "obligation.submit",
        N_("Record a report as sent"),
        N_("Sign and record as sent"),
        sending,
        ("responsibility", "approval"),
        "sent_at",
        sending_now,
    ),
    Step(
        "acknowledgement",
        "obligation.acknowledge",
        N_("Record an acknowledgement"),
        N_("Record the acknowledgement"),
        acknowledging,
    ),
    Step(
        "rejection",
        "obligation.reject",
        N_("Record a rejection"),
        N_("Record the rejection, the clock goes on"),
        rejecting,
    ),
    Step(
        "cancel",
        "obligation.cancel",
        N_("Strike a clock through"),
        N_("Sign and strike through"),
        striking,
        ("approval", "review"),
        "reason",
        striking_anyhow,
    ),
)


def declare(step: Step) -> None:
    """Give a step its page, and the place where its form goes."""

    @pages.shows(f"{CASE}/{step.name}", step.command)
    def ask_step(ask: Ask, subject: str, number: str, obligation: str = "") -> Response:
        """Ask for what the step records."""
        return shown(ask, step, *duty_of(ask, subject, number, obligation))

    @pages.takes(f"{CASE}/{step.name}", step.command)
    def take_step(ask: Ask, subject: str, number: str) -> Response:
        """Take the step, or say what it would set off where that was asked."""
        case, duty = duty_of(ask, subject, number, ask.text("obligation"))
        if ask.text("do") == "check":
            return shown(ask, step, case, duty)
        fault = acted(ask, step.command, partial(step.fill, ask, case, duty), step.meanings)
        return done(ask, step, case, duty, fault)


for step in STEPS:
    declare(step)


def set_off(ask: Asked, step: Step, case: Row, duty: Row) -> Consequences | None:
    """Say what a signed step would come to as far as it is filled in; of the others, which are not signed, nothing."""
    if step.supposed is None:
        return None
    fill = step.fill if ask.text(step.key_field) else step.supposed
    try:
        return consequences(ask, step.command, fill(ask, case, duty))
    except Misfilled as fault:
        return Consequences(refused=str(fault))


def duty_of(ask: Asked, subject: str, number: str, obligation: str) -> tuple[Row, Row]:
    """Find a case and one of its obligations, of the sites that may be seen; raises NotThere."""
    case = case_of(ask, subject, number)
    duty = next((one for one in case["duties"] if one["obligation"] == obligation), None)
    if duty is None:
        raise NotThere
    return case, duty


def shown(ask: Asked, step: Step, case: Row, duty: Row, fault: Fault | None = None) -> Response:
    """Show the form of a step; what was typed stays."""
    said: Row = {
        "step": step,
        "case": case,
        "duty": duty,
        "fault": fault,
        "signing": wanted(ask, *step.meanings, error=unsigned(fault)) if step.meanings else None,
        "reasons": [(name, ask.words(text), "", "") for name, text in REASONS.items()],
        "given": set_off(ask, step, case, duty),
        "told": Told(ask, duty),
        "now": local_now(ask),
    }
    title, button = ask.words(step.title), ask.words(step.button)
    return ask.render("case/duty.html.j2", 422 if fault else 200, **said, title=title, button=button)


def done(ask: Asked, step: Step, case: Row, duty: Row, fault: Fault | None) -> Response:
    """Go back to where the step was taken from, else to the case, or show the form again with what is wrong."""
    if fault is not None:
        return shown(ask, step, case, duty, fault)
    back = ask.text("back")
    if back.startswith(f"/trials/{ask.trial}/"):
        return ask.go(back)
    return back_to(ask, case, f"#duty-{duty['obligation']}")
