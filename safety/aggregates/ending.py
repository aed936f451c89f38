"""How a subject's time in the trial ends: withdrawn, completed, died; each is recorded once."""

from safety.aggregates.adverse_event import Numbered
from safety.aggregates.deciding import Act, Form, Refused, States, command
from safety.aggregates.filing import on_record
from safety.aggregates.subject import FILING, Completed, Died, Withdrawn, enrolled


class AlreadyEnded(Refused):
    """{what} of subject {subject} is recorded already."""


@command("subject.withdraw", Withdrawn, *FILING)
def withdraw(states: States, form: Withdrawn, act: Act) -> tuple[Form, ...]:
    """Record a withdrawal; each mode once, and for an adverse event that is on record."""
    if form.mode in enrolled(states, form).withdrawn:
        raise AlreadyEnded(what=f"withdrawal from {form.mode.replace('_', ' ')}", subject=form.subject)
    if form.because_of_adverse_event is not None:
        on_record(states, Numbered(trial=form.trial, subject=form.subject, number=form.because_of_adverse_event))
    return (form,)


@command("subject.complete", Completed, *FILING)
def complete(states: States, form: Completed, act: Act) -> tuple[Form, ...]:
    """Record that the subject completed the trial."""
    if enrolled(states, form).completed:
        raise AlreadyEnded(what="completion", subject=form.subject)
    return (form,)


@command("subject.record_death", Died, *FILING)
def record_death(states: States, form: Died, act: Act) -> tuple[Form, ...]:
    """Record a death; the adverse event that led to it is filed as its own fact."""
    if enrolled(states, form).died:
        raise AlreadyEnded(what="death", subject=form.subject)
    return (form,)
