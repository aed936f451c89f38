"""Reference safety information is issued here: a version, since when it is in force, and which serious reactions it lists."""

from datetime import date

from fastapi import Response

from safety import written
from safety.aggregates.trial import ListedReaction, ReferenceSafetyInformationIssued
from safety.web.acting import Misfilled, acted, built
from safety.web.asking import Ask, Asked
from safety.web.declaring import Pages
from safety.web.trial_file import FileFaults, sent_text
from safety.web.words import N_

pages = Pages()

REFERENCE = "/trials/{trial}/reference"
ISSUE = "trial.issue_reference_safety_information"
NO_VERSION = N_("A version is a short code, such as IB-3.")
NO_DAY = N_("Write the day as 2018-05-31.")
NO_REACTION = N_(
    "Write one preferred term a line; behind a term, if it is listed as such: ; life_threatening or ; fatal."
)
WORST = ("serious", "life_threatening", "fatal")


@pages.shows(REFERENCE, ISSUE)
def ask_reference(ask: Ask) -> Response:
    """Ask for the document and what it lists."""
    return ask.render("admin/reference.html.j2", fault=None)


@pages.takes(REFERENCE, ISSUE)
def issue(ask: Ask) -> Response:
    """Issue a version; what was judged against an earlier one stays as it was."""

    def form() -> ReferenceSafetyInformationIssued:
        try:
            text, _ = sent_text(ask)
        except FileFaults as wrong:
            raise Misfilled("upload", wrong.faults[0]) from wrong
        if not ask.text("version"):
            raise Misfilled("version", ask.words(NO_VERSION))
        return built(
            ask,
            ReferenceSafetyInformationIssued,
            trial=ask.trial,
            file=text,
            version=ask.text("version"),
            effective_on=day(ask, "effective_on"),
            approved_on=day(ask, "approved_on") if ask.text("approved_on") else None,
            listed=tuple(listed(ask)),
        )

    fault = acted(ask, ISSUE, form)
    if fault is not None:
        return ask.render("admin/reference.html.j2", 422, fault=fault)
    return ask.go(ask.in_trial("/definition"))


def day(ask: Asked, field: str) -> date:
    """Read a day of the calendar; raises Misfilled."""
    try:
        return written.day(ask.text(field))
    except ValueError:
        raise Misfilled(field, ask.words(NO_DAY)) from None


def listed(ask: Asked) -> list[ListedReaction]:
    """Read the serious reactions that the document lists as expected, one a line; raises Misfilled."""
    found = []
    for line in ask.text("listed").splitlines():
        term, _, worst = (part.strip() for part in line.partition(";"))
        if term and (worst or "serious") in WORST:
            found.append(ListedReaction.model_validate({"preferred_term": term, "worst_listed": worst or "serious"}))
        elif line.strip():
            raise Misfilled("listed", ask.words(NO_REACTION))
    return found
