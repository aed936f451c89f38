"""Enrolling a subject by code, and how its course ends: withdrawn in one of four ways, completed, died."""

from fastapi import Response

from safety.aggregates.deciding import Form
from safety.aggregates.subject import Completed, Died, Enrolled, SubjectEnrolled, Withdrawn
from safety.values import code
from safety.web.acting import Fault, Misfilled, acted, built, chosen
from safety.web.as_read import read_at
from safety.web.asking import Ask, Asked
from safety.web.declaring import Pages
from safety.web.pages.subjects import SEXES
from safety.web.subject_form import Plate, Row, date_in, parts_of, shown, since, subject_in
from safety.web.words import N_

pages = Pages()

ENROL = "/trials/{trial}/enrol"
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
def ask_enrolment(ask: Ask) -> Response:
    """Ask for the code of a new subject and what is known of it."""
    return enrolment(ask)


@pages.takes(ENROL, "subject.enrol")
def take_enrolment(ask: Ask) -> Response:
    """Enrol a subject at a site of one's own."""
    named = []

    def form() -> Form:
        subject = coded(ask)
        named.append(subject)
        site = chosen(ask, "site", sites(ask))
        plain = {name: ask.text(name) for name in ("sex", "arm", "age", "birth_year", "weight_kg")}
        return built(ask, Enrolled, trial=ask.trial, subject=subject, site=site, enrolled_on=date_in(ask), **plain)

    fault = acted(ask, "subject.enrol", form)
    if fault is None:
        return ask.go(ask.in_trial(f"/subjects/{named[0]}"))
    if fault.refusal is SubjectEnrolled:
        # Whose subject it is, or that there is one at another site, is not for everybody to learn.
        fault = Fault("subject", ask.words(NOT_FREE))
    return enrolment(ask, fault)


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


def enrolment(ask: Asked, fault: Fault | None = None) -> Response:
    """Show the form of an enrolment."""
    arms = [] if ask.governs is None else [arm.name for arm in ask.governs.arms]
    mine = sites(ask)
    said = dict.fromkeys(("subject", "sex", "age", "birth_year", "weight_kg"), "") | parts_of(None)
    said |= {"site": mine[0] if len(mine) == 1 else "", "arm": arms[0] if len(arms) == 1 else ""}
    beside = {
        "subject": None,
        "sites": [(one, one) for one in mine],
        "arms": [(one, one) for one in arms],
        "sexes": [(value, ask.words(text)) for value, text in SEXES.items()],
    }
    plate = Plate(
        "bedside/enrol.html.j2", ask.in_trial("/enrol"), ask.words("Enrol a subject"), ask.words("Enrol"), beside
    )
    return shown(ask, plate, said, fault)


@pages.shows(SUBJECT + "/withdraw", "subject.withdraw")
def ask_withdrawal(ask: Ask, subject: str) -> Response:
    """Ask from what a subject withdraws."""
    return ending(ask, "withdraw", subject_in(ask, subject))


@pages.takes(SUBJECT + "/withdraw", "subject.withdraw")
def take_withdrawal(ask: Ask, subject: str) -> Response:
    """Record a withdrawal."""
    person = subject_in(ask, subject)

    def form() -> Form:
        event = chosen(ask, "because_of", ("", *(str(one["number"]) for one in person["events"])))
        said = {
            "mode": chosen(ask, "mode", tuple(MODES)),
            "withdrawn_on": date_in(ask),
            "because_of_adverse_event": event,
        }
        return built(ask, Withdrawn, trial=ask.trial, subject=person["subject"], **said)

    return ended(ask, "withdraw", person, acted(ask, "subject.withdraw", form, read_at=read_at(ask)))


@pages.shows(SUBJECT + "/complete", "subject.complete")
def ask_completion(ask: Ask, subject: str) -> Response:
    """Ask when a subject completed the trial."""
    return ending(ask, "complete", subject_in(ask, subject))


@pages.takes(SUBJECT + "/complete", "subject.complete")
def take_completion(ask: Ask, subject: str) -> Response:
    """Record that a subject completed the trial."""
    person = subject_in(ask, subject)

    def form() -> Form:
        return built(ask, Completed, trial=ask.trial, subject=person["subject"], completed_on=date_in(ask))

    return ended(ask, "complete", person, acted(ask, "subject.complete", form, read_at=read_at(ask)))


@pages.shows(SUBJECT + "/death", "subject.record_death")
def ask_death(ask: Ask, subject: str) -> Response:
    """Ask when a subject died."""
    return ending(ask, "death", subject_in(ask, subject))


@pages.takes(SUBJECT + "/death", "subject.record_death")
def take_death(ask: Ask, subject: str) -> Response:
    """Record a death; the event that led to it is filed as a fact of its own."""
    person = subject_in(ask, subject)

    def form() -> Form:
        return built(ask, Died, trial=ask.trial, subject=person["subject"], died_on=date_in(ask))

    return ended(ask, "death", person, acted(ask, "subject.record_death", form, read_at=read_at(ask)))


ENDS = {
    "withdraw": (N_("Record a withdrawal"), N_("Record the withdrawal")),
    "complete": (N_("Record the completion"), N_("Record the completion")),
    "death": (N_("Record a death"), N_("Record the death")),
}


def ending(ask: Asked, how: str, person: Row, fault: Fault | None = None, moved: list[Row] | None = None) -> Response:
    """Show the form of an end."""
    title, button = (ask.words(text) for text in ENDS[how])
    modes = [(mode, ask.words(label), ask.words(means), "") for mode, (label, means) in MODES.items()]
    done = (person["withdrawn"] or "").split(",")
    standing = [one for one in person["events"] if not one["nullified"] and one["merged_into"] is None]
    beside = {"subject": person, "how": how, "modes": [one for one in modes if one[0] not in done], "events": standing}
    action = ask.in_trial(f"/subjects/{person['subject']}/{how}")
    said = {"mode": "", "because_of": ""} | parts_of(None)
    return shown(ask, Plate("bedside/ending.html.j2", action, title, button, beside), said, fault, moved)


def ended(ask: Asked, how: str, person: Row, fault: Fault | None) -> Response:
    """Go back to the subject, or show the form again with what is wrong and what came in between."""
    if fault is None:
        return ask.go(ask.in_trial(f"/subjects/{person['subject']}", recorded=how))
    position = read_at(ask)
    ask.look_at(ask.trial)
    moved = since(ask, person["subject"], position)
    return ending(ask, how, subject_in(ask, person["subject"]), fault, moved)
