"""Whose the thing is that a command is about: what is not of one's trial or sites is not there."""

from safety.aggregates.deciding import AlertForm, Form, SubjectForm
from safety.aggregates.record import Redacted, RedactionRequested
from safety.aggregates.subject import CodeNotForSite, Enrolled, SubjectCorrected
from safety.projections.subjects import site_of
from safety.web.api.admission import about
from safety.web.api.duties import alerts_of
from safety.web.api.forms import RegisterTrial
from safety.web.asking import Asked, NotThere


def admitted_to(ask: Asked, form: Form) -> Asked:
    """Admit who asks to the trial that a form is of, and to the very thing; raises NotThere."""
    if isinstance(form, RegisterTrial):
        return ask  # of a trial that is not there yet
    if isinstance(form, RedactionRequested | Redacted):
        return about(ask, trial_at(ask, form.at_position))
    trial = form.__dict__.get("trial")
    if trial is None:
        return ask
    admitted = about(ask, trial)
    if isinstance(form, SubjectForm):
        check_subject(admitted, form)
    if isinstance(form, AlertForm):
        check_alert(admitted, form)
    return admitted


def trial_at(ask: Asked, position: int) -> str:
    """Name the trial that an entry of the log is of; raises NotThere where there is none, or it is of no trial."""
    for row in ask.home.journal.page(position - 1, position, 1):
        trial = row.stream.partition("/")[0]
        if trial != "-":
            return trial
    raise NotThere


def check_subject(ask: Asked, form: SubjectForm) -> None:
    """See to it that a subject is of one's sites and stays there; raises NotThere.

    Its site is one row of a view, there or not: folding its record would take as long as there is of it, and tell who waits.
    """
    with ask.reading() as connection:
        found = site_of(connection, ask.trial, form.subject, ask.at)
    if isinstance(form, Enrolled):
        if ask.sites is not None and form.site in ask.sites and found and found[0] not in ask.sites:
            raise CodeNotForSite(subject=form.subject, site=form.site)  # the same as for a code of another site
        sites = [form.site]
    elif found is None:
        raise NotThere
    elif isinstance(form, SubjectCorrected) and "SITEID" in form.variables:
        sites = [found[0], form.site]
    else:
        sites = [found[0]]
    if ask.sites is not None and not ask.sites.issuperset(sites):
        raise NotThere


def check_alert(ask: Asked, form: AlertForm) -> None:
    """See to it that an alert concerns what one may see; raises NotThere."""
    with ask.reading() as connection:
        if form.alert not in {alert["id"] for alert in alerts_of(connection, ask)}:
            raise NotThere
