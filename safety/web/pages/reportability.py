"""What else decides whether a report of an adverse event is due, as a party states it: asked, told what it sets off, signed."""

from collections.abc import Iterator, Sequence
from typing import Any

from fastapi import Response

from safety.aggregates.adverse_event import ReportabilityStated
from safety.aggregates.assessing import SPONSORS_OWN
from safety.aggregates.deciding import Form
from safety.web.acting import CASE, Fault, Misfilled, acted, back_to, built, chosen, named, reason_in
from safety.web.as_read import event_at, read_at_if_said, since
from safety.web.asking import Ask, Asked
from safety.web.consequences import Answer, Consequences, Told, consequences, of_answers
from safety.web.declaring import Pages
from safety.web.pages.assessing import MEANINGS, TAKES_BACK, taken_back
from safety.web.pages.case import case_of
from safety.web.reasons import SPOKEN
from safety.web.record_fields import RECORD_FIELDS
from safety.web.signing import wanted
from safety.web.words import N_

pages = Pages()

STATE = CASE + "/reportability"
COMMAND = "adverse_event.state_reportability"
QUESTIONS = {
    "determined": (N_("Does the sponsor determine that it qualifies for reporting?"),
                   N_("21 CFR 312.32(c)(1). While nobody says so, the clocks that wait for it run from when the facts were known.")),
    "anticipated": (N_("Is it anticipated by the safety surveillance plan?"),
                    N_("21 CFR 312.32(c)(1)(i)(C): what is anticipated is looked at in aggregate, not one by one.")),
    "protocol_exempt": (N_("Does the protocol exempt it from immediate reporting?"),
                        N_("It counts only where the authority agreed: the next question.")),
    "exemption_agreed": (N_("Has the authority agreed to that exemption?"),
                         N_("ICH E6(R3) 3.13.2. Say below which document of which date says so.")),
    "infection_transmission": (N_("Is it suspected that the product transmitted an infectious agent?"),
                               N_("It then counts as serious.")),
    "after_trial": (N_("Did it happen after the end of the trial's reporting window?"),
                    N_("The window is the one that the protocol sets.")),
}  # fmt: skip
"""Each state with its question and its clause; it holds until somebody says otherwise."""
ACTS = {
    "handled": N_("The handling of the event is finished"),
    "urgent_measure": N_("An urgent safety measure was taken"),
}
"""What is done once, and then has happened."""
NOTHING = N_("Answer at least one question, or tick what was done.")
NO_EVIDENCE = N_(
    "Say which document of which date says that the authority agreed: without it the exemption does not count."
)
AGREED = {"protocol_exempt": "Y", "exemption_agreed": "Y", "evidence": "-"}
Case = dict[str, Any]


@pages.shows(STATE, COMMAND)
def ask_reportability(ask: Ask, subject: str, number: str) -> Response:
    """Ask what else decides whether a report is due."""
    return shown(ask, case_of(ask, subject, number))


@pages.takes(STATE, COMMAND)
def take_reportability(ask: Ask, subject: str, number: str) -> Response:
    """Record what a party states, signed, or say what it would set off where that was asked."""
    case = case_of(ask, subject, number)
    if ask.text("do") == "check":
        return shown(ask, case)

    def form() -> Form:
        reason_in(ask)
        return stating(ask, case)

    position = read_at_if_said(ask)
    fault = acted(ask, COMMAND, form, MEANINGS, ask.text("why") or None, read_at=position)
    if fault is None:
        return back_to(ask, case)
    ask.look_at(ask.trial)
    moved = [] if position is None else since(ask, case, position)
    return shown(ask, case_of(ask, subject, number), fault, moved)


def offered(ask: Asked) -> tuple[str, ...]:
    """Name the states that one may speak of: two are the sponsor's to say, who may be the investigator too (21 CFR 312.3)."""
    both = ask.governs is not None and ask.governs.sponsor_investigator
    return tuple(name for name in QUESTIONS if name not in SPONSORS_OWN or ask.role != "investigator" or both)


def answers(ask: Asked) -> dict[str, str]:
    """Give what is answered and ticked; raises Misfilled where an answer is none of what was offered."""
    said = {name: chosen(ask, name, ("", "Y", "N")) for name in offered(ask)}
    done = {name: "Y" for name in ACTS if name in ask.form.getlist("done")}
    return {name: value for name, value in said.items() if value} | done


def stating(ask: Asked, case: Case) -> Form:
    """Fill in what is stated; raises Misfilled."""
    said = answers(ask)
    if not said:
        raise Misfilled("act", ask.words(NOTHING))
    evidence = ask.text("evidence")
    if said.get("exemption_agreed") == "Y" and not evidence:
        raise Misfilled("evidence", ask.words(NO_EVIDENCE))
    return built(ask, ReportabilityStated, **named(ask, case), **said, evidence=evidence, **taken_back(ask))


def set_off(ask: Asked, case: Case, held: dict[str, str]) -> tuple[Consequences | None, tuple[Answer, ...]]:
    """Say what it would come to as far as it is filled in; while nothing is, what each thing that could be said would."""
    try:
        if answers(ask):
            return consequences(ask, COMMAND, stating(ask, case)), ()
    except Misfilled as fault:
        return Consequences(refused=str(fault)), ()
    return None, of_answers(ask, COMMAND, list(possible(ask, case, held)))


def possible(ask: Asked, case: Case, held: dict[str, str]) -> Iterator[tuple[str, Form]]:
    """Give what could be said and is not on record, each as the form it would fill in."""
    of = named(ask, case)
    for name in (*offered(ask), *ACTS):
        if held.get(name) == "Y" or name in {"protocol_exempt", "exemption_agreed"}:
            continue
        yield ask.words(SPOKEN[name]), built(ask, ReportabilityStated, **of, **{name: "Y"})
    if held.get("exemption_agreed") != "Y":
        text = SPOKEN["exemption_agreed"]
        yield ask.words.gettext(text), built(ask, ReportabilityStated, **of, **AGREED)


def shown(ask: Asked, case: Case, fault: Fault | None = None, moved: Sequence[dict[str, Any]] = ()) -> Response:
    """Show the form with what is on record; what was chosen stays."""
    held = {name: str(value) for name, value in event_at(ask, case, ask.at.position).reportability.items()}
    given, could = set_off(ask, case, held)
    said = {
        "questions": [(name, *map(ask.words, QUESTIONS[name]), held.get(name)) for name in offered(ask)],
        "acts": [(name, ask.words(text), "", "") for name, text in ACTS.items()],
        "takes_back": [(name, ask.words(text), "", "") for name, text in TAKES_BACK.items()],
        "given": given,
        "answers": could,
        "told": Told(ask),
        "moved": moved,
        "names": RECORD_FIELDS,
        "signing": wanted(ask, *MEANINGS, error=fault.text if fault and fault.signing else ""),
    }
    status = 409 if moved else 422 if fault else 200
    return ask.render("case/reportability.html.j2", status, case=case, fault=fault, **said)
