"""How a party judges an adverse event: causality, seriousness, expectedness, each signed, none replacing the other party's."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from fastapi import Response

from safety.aggregates.adverse_event import CausalityAssessed, ExpectednessAssessed, SeriousnessAssessed
from safety.aggregates.deciding import Form
from safety.aggregates.trial import Trial
from safety.journal.states import folded
from safety.web.acting import CASE, Fault, Misfilled, acted, back_to, built, chosen, named, reason_in, unsigned
from safety.web.as_read import read_at_if_said, since
from safety.web.asking import Ask, Asked
from safety.web.case_record import PARTIES
from safety.web.consequences import Answer, Consequences, Told, consequences, of_answers
from safety.web.declaring import Pages
from safety.web.pages.case import CRITERIA, case_of
from safety.web.record_fields import RECORD_FIELDS
from safety.web.signing import Meaning, wanted
from safety.web.words import N_

pages = Pages()

MEANINGS: tuple[Meaning, ...] = ("assessment", "review")
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
Case = dict[str, Any]


def causality(ask: Asked, case: Case) -> Form:
    """Fill in a judgement of causality, on the trial's own scale; raises Misfilled."""
    said = {"assessor": party(ask), "causality": chosen(ask, "causality", scale(ask))}
    return built(ask, CausalityAssessed, **named(ask, case), **said, **taken_back(ask))


def causalities(ask: Asked, case: Case) -> Iterator[tuple[str, Form]]:
    """Give each judgement of causality there is."""
    for value in scale(ask):
        yield (
            ask.show.coded(value),
            built(ask, CausalityAssessed, **named(ask, case), assessor=party(ask), causality=value),
        )


def seriousness(ask: Asked, case: Case) -> Form:
    """Fill in a judgement of seriousness; raises Misfilled."""
    serious = chosen(ask, "serious", ANSWERS)
    ticked = {name: "Y" for name in CRITERIA if serious == "Y" and name in ask.form.getlist("criteria")}
    said = {"assessor": party(ask), "serious": serious, **ticked}
    return built(ask, SeriousnessAssessed, **named(ask, case), **said, **taken_back(ask))


def degrees(ask: Asked, case: Case) -> Iterator[tuple[str, Form]]:
    """Give each judgement of seriousness; of the criteria, that which makes a clock shortest."""
    for text, said in SERIOUS:
        yield ask.words(text), built(ask, SeriousnessAssessed, **named(ask, case), assessor=party(ask), **said)


def expectedness(ask: Asked, case: Case) -> Form:
    """Fill in a judgement of expectedness; raises Misfilled."""
    against = chosen(ask, "against", ("", *issued(ask)))
    said = {"expected": chosen(ask, "expected", ANSWERS), "reference_safety_information": against}
    return built(ask, ExpectednessAssessed, **named(ask, case), **said, **taken_back(ask))


def expectations(ask: Asked, case: Case) -> Iterator[tuple[str, Form]]:
    """Give each judgement of expectedness."""
    for value, text in EXPECTED:
        yield ask.words(text), built(ask, ExpectednessAssessed, **named(ask, case), expected=value)


class Judgement(NamedTuple):
    """What is judged, under which title; how its form is filled in, and the answers there are, each with its form."""

    name: str
    title: str
    fill: Callable[[Asked, Case], Form]
    answers: Callable[[Asked, Case], Iterator[tuple[str, Form]]]

    @property
    def command(self) -> str:
        """The command that records it, which is also the action of its routes."""
        return f"adverse_event.assess_{self.name}"


JUDGEMENTS = (
    Judgement("causality", N_("Assess causality"), causality, causalities),
    Judgement("seriousness", N_("Assess seriousness"), seriousness, degrees),
    Judgement("expectedness", N_("Assess expectedness"), expectedness, expectations),
)


def declare(what: Judgement) -> None:
    """Give a judgement its page, and the place where its form goes."""

    @pages.shows(f"{CASE}/{what.name}", what.command)
    def ask_judgement(ask: Ask, subject: str, number: str) -> Response:
        """Ask for one party's judgement."""
        return shown(ask, what, case_of(ask, subject, number))

    @pages.takes(f"{CASE}/{what.name}", what.command)
    def take_judgement(ask: Ask, subject: str, number: str) -> Response:
        """Record the judgement, signed, or say what it would set off where that was asked."""
        case = case_of(ask, subject, number)
        if ask.text("do") == "check":
            return shown(ask, what, case)

        def form() -> Form:
            reason_in(ask)
            return what.fill(ask, case)

        reason, position = ask.text("why") or None, read_at_if_said(ask)
        return done(ask, what, case, acted(ask, what.command, form, MEANINGS, reason, read_at=position))


for judgement in JUDGEMENTS:
    declare(judgement)


def set_off(ask: Asked, what: Judgement, case: Case) -> tuple[Consequences | None, tuple[Answer, ...]]:
    """Say what the answer given would come to; while none is given, what each would."""
    try:
        return consequences(ask, what.command, what.fill(ask, case)), ()
    except Misfilled:
        return None, of_answers(ask, what.command, list(what.answers(ask, case)))


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


def taken_back(ask: Asked) -> dict[str, str]:
    """Say why the judgement says less than the one before, where it does."""
    return {"takes_back": chosen(ask, "takes_back", tuple(TAKES_BACK))}


def shown(
    ask: Asked, what: Judgement, case: Case, fault: Fault | None = None, moved: Sequence[dict[str, Any]] = ()
) -> Response:
    """Show the form of a judgement; what was chosen stays."""
    who = PARTIES[party(ask)]
    given, answers = set_off(ask, what, case)
    said = {
        "given": given,
        "answers": answers,
        "told": Told(ask),
        "moved": moved,
        "names": RECORD_FIELDS,
        "title": ask.words(what.title),
        "party": ask.words(who),
        "scale": [(value, ask.show.coded(value), "", counts_as(ask, value)) for value in scale(ask)],
        "criteria": [(name, ask.words(text), "", "") for name, text in CRITERIA.items()],
        "versions": issued(ask) if what.name == "expectedness" else [],
        "takes_back": [(name, ask.words(text), "", "") for name, text in TAKES_BACK.items()],
        "signing": wanted(ask, *MEANINGS, error=unsigned(fault)),
    }
    return ask.render("case/assess.html.j2", 422 if fault else 200, what=what.name, case=case, fault=fault, **said)


def done(ask: Asked, what: Judgement, case: Case, fault: Fault | None) -> Response:
    """Go back to the case, or show the form again with what is wrong, and with what changed since it was opened."""
    if fault is not None:
        position = read_at_if_said(ask)
        ask.look_at(ask.trial)
        case = case_of(ask, case["subject"], str(case["number"]))
        return shown(ask, what, case, fault, [] if position is None else since(ask, case, position))
    return back_to(ask, case)
