"""Enrolling a subject by code, and how its course ends: withdrawn in one of four ways, completed, died."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from fastapi import Response

from safety.aggregates.deciding import Form
from safety.aggregates.subject import CodeNotForSite, Completed, Died, Enrolled, SubjectEnrolled, Withdrawn
from safety.values import code
from safety.web.acting import Fault, Misfilled, acted, built, chosen
from safety.web.as_read import read_at
from safety.web.asking import Ask, Asked
from safety.web.declaring import Pages
from safety.web.showing import SEXES
from safety.web.subject_form import Plate, Row, back_to_subject, date_in, parts_of, shown, since, subject_in
from safety.web.words import N_

pages = Pages()

ENROL = "/trials/{trial}/enrol"
FILE = "file"
SUBJECT = "/trials/{trial}/subjects/{subject}"
NO_CODE = N_("A code is 1 to 64 letters, digits, dots, underscores or hyphens, and starts with a letter or digit.")
NOT_FREE = N_("This code cannot be given in this trial; check it against the enrolment list.")
MODES = {
    "treatment": (N_("From the treatment"), N_("Nothing more is given. Visits and reporting go on: new events are filed as before.")),
    "follow_up": (N_("From the visits"), N_("No more visits. What becomes known of events, from records or by telephone, is still filed.")),
    "data_collection": (N_("From the collection of data"), N_("Nothing new is collected. What was recorded before stays, and open events are followed as far as consent goes.")),
    "further_use": (N_("From further use of what was collected"), N_("Data and samples are not used for anything beyond this trial; its safety record is kept.")),
}  # fmt: skip
"""The modes of withdrawal, with what each means for adverse events."""


@pages.shows(ENROL, "subject.enrol")
def ask_enrolment(ask: Ask, then: str = "") -> Response:
    """Ask for the code of a new subject and what is known of it; `then` is file where an event is to be filed after it."""
    return enrolment(ask, then=then)


@pages.takes(ENROL, "subject.enrol")
def take_enrolment(ask: Ask) -> Response:
    """Enrol a subject at a site of one's own; who came to file an event goes on to its form."""
    named = []

    def form() -> Form:
        subject = coded(ask)
        named.append(subject)
        site = chosen(ask, "site", sites(ask))
        plain = {name: ask.text(name) for name in ("sex", "arm", "age", "birth_year", "weight_kg")}
        return built(ask, Enrolled, trial=ask.trial, subject=subject, site=site, enrolled_on=date_in(ask), **plain)

    fault = acted(ask, "subject.enrol", form)
    if fault is None:
        filing = ask.text("then") == FILE and ask.may("adverse_event.report")
        return ask.go(ask.in_trial("/file", subject=named[0]) if filing else ask.in_trial(f"/subjects/{named[0]}"))
    if fault.refusal in {SubjectEnrolled, CodeNotForSite}:
        # Whose subject it is, or that there is one at another site, is not for everybody to learn.
        fault = Fault("subject", ask.words(NOT_FREE))
    return enrolment(ask, fault, then=ask.text("then"))


def coded(ask: Asked) -> str:
    """Read the code of a subject; raises Misfilled."""
    try:
        return code(ask.text("subject"))
    except ValueError:
        raise Misfilled("subject", ask.words(NO_CODE)) from None


def sites(ask: Asked) -> tuple[str, ...]:
    """Name the sites at which one may enrol."""
    known = () if ask.governs is None else tuple(site.id for site in ask.governs.sites)
    return tuple(site for site in known if ask.sites is None or site in ask.sites)


def enrolment(ask: Asked, fault: Fault | None = None, *, then: str) -> Response:
    """Show the form of an enrolment."""
    arms = [] if ask.governs is None else [arm.name for arm in ask.governs.arms]
    mine = sites(ask)
    said = dict.fromkeys(("subject", "sex", "age", "birth_year", "weight_kg"), "") | parts_of(None)
    said |= {"site": mine[0] if len(mine) == 1 else "", "arm": arms[0] if len(arms) == 1 else ""}
    beside = {
        "subject": None,
        "then": FILE if then == FILE else "",
        "sites": [(one, one) for one in mine],
        "arms": [(one, one) for one in arms],
        "sexes": [(value, ask.words(text)) for value, text in SEXES.items()],
    }
    plate = Plate(
        "bedside/enrol.html.j2", ask.in_trial("/enrol"), ask.words("Enrol a subject"), ask.words("Enrol"), beside
    )
    return shown(ask, plate, said, fault)


def withdrawal(ask: Asked, person: Row) -> Form:
    """Fill in from what a subject withdraws, and because of which of its events."""
    said = {
        "mode": chosen(ask, "mode", tuple(MODES)),
        "because_of_adverse_event": chosen(ask, "because_of", ("", *(str(one["number"]) for one in person["events"]))),
        "withdrawn_on": date_in(ask),
    }
    return built(ask, Withdrawn, trial=ask.trial, subject=person["subject"], **said)


def completion(ask: Asked, person: Row) -> Form:
    """Fill in that a subject completed the trial."""
    return built(ask, Completed, trial=ask.trial, subject=person["subject"], completed_on=date_in(ask))


def death(ask: Asked, person: Row) -> Form:
    """Fill in that a subject died; the event that led to it is filed as a fact of its own."""
    return built(ask, Died, trial=ask.trial, subject=person["subject"], died_on=date_in(ask))


class End(NamedTuple):
    """How the course of a subject ends: its command, title and button, and how its form is filled in; raises Misfilled."""

    name: str
    command: str
    title: str
    button: str
    fill: Callable[[Asked, Row], Form]


ENDS = (
    End("withdraw", "subject.withdraw", N_("Record a withdrawal"), N_("Record the withdrawal"), withdrawal),
    End("complete", "subject.complete", N_("Record the completion"), N_("Record the completion"), completion),
    End("death", "subject.record_death", N_("Record a death"), N_("Record the death"), death),
)


def declare(end: End) -> None:
    """Give an end its page, and the place where its form goes."""

    @pages.shows(f"{SUBJECT}/{end.name}", end.command)
    def ask_end(ask: Ask, subject: str) -> Response:
        """Ask how and when it ended."""
        return ending(ask, end, subject_in(ask, subject))

    @pages.takes(f"{SUBJECT}/{end.name}", end.command)
    def take_end(ask: Ask, subject: str) -> Response:
        """Record the end; where it cannot be, show the form again with what is wrong and what came in between."""
        person, position = subject_in(ask, subject), read_at(ask)
        fault = acted(ask, end.command, partial(end.fill, ask, person), read_at=position)
        if fault is None:
            return back_to_subject(ask, person, end.name)
        ask.look_at(ask.trial)
        moved = since(ask, person["subject"], position)
        return ending(ask, end, subject_in(ask, subject), fault, moved)


for end in ENDS:
    declare(end)


def ending(ask: Asked, end: End, person: Row, fault: Fault | None = None, moved: list[Row] | None = None) -> Response:
    """Show the form of an end."""
    modes = [(mode, ask.words(label), ask.words(means), "") for mode, (label, means) in MODES.items()]
    done = (person["withdrawn"] or "").split(",")
    standing = [one for one in person["events"] if not one["nullified"] and one["merged_into"] is None]
    beside = {
        "subject": person,
        "how": end.name,
        "modes": [one for one in modes if one[0] not in done],
        "events": standing,
    }
    action = ask.in_trial(f"/subjects/{person['subject']}/{end.name}")
    said = {"mode": "", "because_of": ""} | parts_of(None)
    plate = Plate("bedside/ending.html.j2", action, ask.words(end.title), ask.words(end.button), beside)
    return shown(ask, plate, said, fault, moved)
