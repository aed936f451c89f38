"""Trials by their files: registered and amended after a preview of what the file says; read as of any moment."""

from typing import Any

from fastapi import Response

from safety.aggregates.deciding import Refused
from safety.aggregates.trial import Amended, ReferenceSafetyInformationIssued, Registered, Trial
from safety.web.acting import Misfilled, acted, reason_in
from safety.web.asking import Ask, Asked, NotThere
from safety.web.declaring import Pages
from safety.web.streams import events_of, state_of
from safety.web.trial_file import FileFaults, TrialFile, changed_lines, differences, sent_file
from safety.web.words import N_

pages = Pages()

NEW, DEFINITION, AMEND = "/admin/trials/new", "/trials/{trial}/definition", "/trials/{trial}/amend"
REASON = 2_000
NO_REASON = N_("Say why: the reason stands in the audit trail beside the amendment.")
Row = dict[str, Any]


@pages.shows(NEW, "trial.register")
def ask_file(ask: Ask) -> Response:
    """Ask for the trial file."""
    return ask.render("admin/new_trial.html.j2", faults=(), text="")


@pages.takes(NEW, "trial.register")
def take_file(ask: Ask) -> Response:
    """Show what a trial file says, and register the trial when that was looked at."""
    try:
        file = sent_file(ask)
        form = Registered(trial=file.trial, file=file.text, definition=file.definition)
        if ask.text("step") != "register":
            ask.home.desk.would("trial.register", form, by=ask.account)
            return ask.render("admin/trial_preview.html.j2", file=file, governs=file.definition)
        ask.do("trial.register", form)
    except FileFaults as fault:
        return asked_again(ask, fault.faults)
    except Refused as fault:
        return asked_again(ask, (str(fault),))
    return ask.go(f"/trials/{file.trial}/definition")


def asked_again(ask: Asked, faults: tuple[str, ...]) -> Response:
    """Ask for the file again, with what is wrong; pasted text stays."""
    return ask.render("admin/new_trial.html.j2", 422, faults=faults, text=ask.text("text"))


@pages.shows(DEFINITION, "trial.list")
def show_definition(ask: Ask) -> Response:
    """Show the trial as its file defines it at the moment, and how that came to be."""
    return ask.render("admin/definition.html.j2", **defined(ask))


@pages.shows(AMEND, "trial.amend")
def ask_amendment(ask: Ask) -> Response:
    """Ask for the changed file; the one that governs is there to be changed."""
    return ask.render("admin/amend.html.j2", faults=(), text=governing_file(ask).file)


@pages.takes(AMEND, "trial.amend")
def take_amendment(ask: Ask) -> Response:
    """Show what a changed file would change, and put it in force when that was looked at and a reason is given."""
    try:
        file = sent_file(ask, ask.trial)
    except FileFaults as fault:
        return ask.render("admin/amend.html.j2", 422, faults=fault.faults, text=ask.text("text"))
    if ask.text("step") != "amend":
        return would_change(ask, file)

    def form() -> Amended:
        reason = reason_in(ask, "reason", most=REASON)
        if reason is None:
            raise Misfilled("reason", ask.words(NO_REASON))
        return Amended(trial=ask.trial, file=file.text, definition=file.definition, reason=reason)

    wrong = acted(ask, "trial.amend", form)
    return would_change(ask, file, wrong) if wrong else ask.go(ask.in_trial("/definition"))


def would_change(ask: Asked, file: TrialFile, fault: object = None) -> Response:
    """Show what a changed file changes; one that is the same is said to be so."""
    governs = governing_file(ask)
    if governs.definition is None:
        raise NotThere
    said: Row = {
        "changes": differences(governs.definition, file.definition),
        "lines": changed_lines(governs.file, file.text),
        "same": governs.file == file.text,
        "most": REASON,
    }
    return ask.render("admin/amend_preview.html.j2", 422 if fault else 200, file=file, fault=fault, **said)


def governing_file(ask: Asked) -> Trial:
    """Give the trial with the file that governs at the moment."""
    return state_of(ask, f"{ask.trial}/trial").slice(Trial)


def defined(ask: Asked) -> Row:
    """Give the definition with its file, the amendments that led to it, and the reference safety information."""
    history: list[Row] = [
        {
            "position": one.position,
            "at": one.recorded_at,
            "by": one.about().by,
            "reason": one.event.reason if isinstance(one.event, Amended) else None,
            "sha256": one.event.sha256,
        }
        for one in events_of(ask, f"{ask.trial}/trial")
        if isinstance(one.event, Registered | Amended)
    ]
    trial = governing_file(ask)
    issued: tuple[ReferenceSafetyInformationIssued, ...] = trial.reference_safety_information
    return {"governs": trial.definition, "file": trial.file, "history": history[::-1], "issued": issued[::-1]}
