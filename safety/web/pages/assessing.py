"""How a party judges an adverse event: causality, seriousness, expectedness, each signed, none replacing the other party's."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from fastapi import Response

from safety.aggregates.adverse_event import CausalityAssessed, ExpectednessAssessed, SeriousnessAssessed
from safety.aggregates.deciding import Form
from safety.aggregates.trial import Trial
from safety.journal.states import folded
from safety.web.acting import Fault, Misfilled, acted, built, chosen, reason_in
from safety.web.as_read import read_at_if_said, since
from safety.web.asking import Ask, Asked
from safety.web.case_record import PARTIES
from safety.web.changing import RECORD_FIELDS
from safety.web.consequences import Answer, Consequences, Told, consequences, of_answers
from safety.web.declaring import Pages
from safety.web.pages.case import CRITERIA, case_of
from safety.web.signing import Meaning, wanted
from safety.web.words import N_

pages = Pages()

CASE = "/trials/{trial}/cases/{subject}/{number}"
MEANINGS: tuple[Meaning, ...] = ("assessment", "review")
TITLES = {
    "causality": N_("Assess causality"),
    "seriousness": N_("Assess seriousness"),
    "expectedness": N_("Assess expectedness"),
}
TAKES_BACK = {
    "": N_("It takes nothing back."),
    "new_information": N_("It takes back what was said before: there is new information."),
    "medical_review": N_("It takes back what was said before: medical review."),
    "entered_in_error": N_("It takes back what was said before: that was entered in error."),
}
"""Why a judgement says less than the one before it; a clock that it opened is struck through only then."""
ANSWERS = ("Y", "N")
SERIOUS: tuple[tuple[str, dict[str, str]], ...] = (
    (N_("serious, death or life-threatening"), {"serious": "Y", "life_threatening": "Y"}),
    (N_("serious, by another criterion"), {"serious": "Y"}),
    (N_("not serious"), {"serious": "N"}),
)
EXPECTED = (("N", N_("unexpected")), ("Y", N_("expected")))
COMMAND = "adverse_event.assess_"
Case = dict[str, Any]


@pages.shows(CASE + "/causality", "adverse_event.assess_causality")
def ask_causality(ask: Ask, subject: str, number: str) -> Response:
    """Ask whether the event is related, on the trial's own scale."""
    return shown(ask, "causality", case_of(ask, subject, number))


@pages.takes(CASE + "/causality", "adverse_event.assess_causality")
def take_causality(ask: Ask, subject: str, number: str) -> Response:
    """Record one party's judgement of causality; signed."""
    return taken(ask, "causality", case_of(ask, subject, number))


@pages.shows(CASE + "/seriousness", "adverse_event.assess_seriousness")
def ask_seriousness(ask: Ask, subject: str, number: str) -> Response:
    """Ask whether the event is serious, and by which criteria."""
    return shown(ask, "seriousness", case_of(ask, subject, number))


@pages.takes(CASE + "/seriousness", "adverse_event.assess_seriousness")
def take_seriousness(ask: Ask, subject: str, number: str) -> Response:
    """Record one party's judgement of seriousness; signed. Only a serious event has criteria."""
    return taken(ask, "seriousness", case_of(ask, subject, number))


@pages.shows(CASE + "/expectedness", "adverse_event.assess_expectedness")
def ask_expectedness(ask: Ask, subject: str, number: str) -> Response:
    """Ask whether the event is expected against the reference safety information."""
    return shown(ask, "expectedness", case_of(ask, subject, number))


@pages.takes(CASE + "/expectedness", "adverse_event.assess_expectedness")
def take_expectedness(ask: Ask, subject: str, number: str) -> Response:
    """Record the sponsor's judgement of expectedness; signed."""
    return taken(ask, "expectedness", case_of(ask, subject, number))


def causality(ask: Asked, case: Case) -> Form:
    """Fill in a judgement of causality; raises Misfilled."""
    said = {"assessor": party(ask), "causality": chosen(ask, "causality", scale(ask))}
    return built(ask, CausalityAssessed, **named(ask, case), **said, **taken_back(ask))


def seriousness(ask: Asked, case: Case) -> Form:
    """Fill in a judgement of seriousness; raises Misfilled."""
    serious = chosen(ask, "serious", ANSWERS)
    ticked = {name: "Y" for name in CRITERIA if serious == "Y" and name in ask.form.getlist("criteria")}
    said = {"assessor": party(ask), "serious": serious, **ticked}
    return built(ask, SeriousnessAssessed, **named(ask, case), **said, **taken_back(ask))


def expectedness(ask: Asked, case: Case) -> Form:
    """Fill in a judgement of expectedness; raises Misfilled."""
    against = chosen(ask, "against", ("", *issued(ask)))
    said = {"expected": chosen(ask, "expected", ANSWERS), "reference_safety_information": against}
    return built(ask, ExpectednessAssessed, **named(ask, case), **said, **taken_back(ask))


FILL: Mapping[str, Callable[[Asked, Case], Form]] = {
    "causality": causality,
    "seriousness": seriousness,
    "expectedness": expectedness,
}


def taken(ask: Asked, what: str, case: Case) -> Response:
    """Take a judgement that was signed, or say what it would set off where that was asked."""
    if ask.text("do") == "check":
        return shown(ask, what, case)

    def form() -> Form:
        reason_in(ask)
        return FILL[what](ask, case)

    reason, position = ask.text("why") or None, read_at_if_said(ask)
    return done(ask, what, case, acted(ask, COMMAND + what, form, MEANINGS, reason, read_at=position))


def set_off(ask: Asked, what: str, case: Case) -> tuple[Consequences | None, tuple[Answer, ...]]:
    """Say what the answer given would come to; while none is given, what each would."""
    try:
        return consequences(ask, COMMAND + what, FILL[what](ask, case)), ()
    except Misfilled:
        return None, of_answers(ask, COMMAND + what, list(possible(ask, what, case)))


def possible(ask: Asked, what: str, case: Case) -> Iterator[tuple[str, Form]]:
    """Give the answers there are, each as the form it would fill in; of the criteria, that which makes a clock shortest."""
    of = named(ask, case)
    if what == "causality":
        for value in scale(ask):
            yield value, built(ask, CausalityAssessed, **of, assessor=party(ask), causality=value)
    elif what == "seriousness":
        for text, said in SERIOUS:
            yield ask.words(text), built(ask, SeriousnessAssessed, **of, assessor=party(ask), **said)
    else:
        for value, text in EXPECTED:
            yield ask.words(text), built(ask, ExpectednessAssessed, **of, expected=value)


def party(ask: Asked) -> str:
    """Say for which party one judges: the investigator for the site, anybody else for the sponsor."""
    return "investigator" if ask.role == "investigator" else "sponsor"


def scale(ask: Asked) -> tuple[str, ...]:
    """Give the values of the trial's causality scale in its own order: those that mean related, then the others."""
    return () if ask.governs is None else (*ask.governs.causality.related, *ask.governs.causality.not_related)


def counts_as(ask: Asked, value: str) -> str:
    """Say how a value of the scale is counted."""
    related = ask.governs is not None and value in ask.governs.causality.related
    return ask.words("counts as related") if related else ask.words("counts as not related")


def issued(ask: Asked) -> list[str]:
    """Give the versions of the reference safety information, the latest first."""
    state = folded(ask.home.journal.stream(f"{ask.trial}/trial")).slice(Trial)
    return [one.version for one in reversed(state.reference_safety_information)]


def named(ask: Asked, case: Case) -> dict[str, Any]:
    """Say in a form which adverse event is meant."""
    return {"trial": ask.trial, "subject": case["subject"], "number": case["number"]}


def taken_back(ask: Asked) -> dict[str, str]:
    """Say why the judgement says less than the one before, where it does."""
    return {"takes_back": chosen(ask, "takes_back", tuple(TAKES_BACK))}


def shown(
    ask: Asked, what: str, case: Case, fault: Fault | None = None, moved: Sequence[dict[str, Any]] = ()
) -> Response:
    """Show the form of a judgement; what was chosen stays."""
    who, title = PARTIES[party(ask)], TITLES[what]
    given, answers = set_off(ask, what, case)
    said = {
        "given": given,
        "answers": answers,
        "told": Told(ask),
        "moved": moved,
        "names": RECORD_FIELDS,
        "title": ask.words(title),
        "party": ask.words(who),
        "scale": [(value, value, "", counts_as(ask, value)) for value in scale(ask)],
        "criteria": [(name, ask.words(text), "", "") for name, text in CRITERIA.items()],
        "versions": issued(ask) if what == "expectedness" else [],
        "takes_back": [(name, ask.words(text), "", "") for name, text in TAKES_BACK.items()],
        "signing": wanted(ask, *MEANINGS, error=fault.text if fault and fault.signing else ""),
    }
    return ask.render("case/assess.html.j2", 422 if fault else 200, what=what, case=case, fault=fault, **said)


def done(ask: Asked, what: str, case: Case, fault: Fault | None) -> Response:
    """Go back to the case, or show the form again with what is wrong, and with what changed since it was opened."""
    if fault is not None:
        position = read_at_if_said(ask)
        ask.look_at(ask.trial)
        case = case_of(ask, case["subject"], str(case["number"]))
        return shown(ask, what, case, fault, [] if position is None else since(ask, case, position))
    return ask.go(ask.in_trial(f"/cases/{case['subject']}/{case['number']}"))
