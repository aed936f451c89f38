"""Whose an entry of the log is: of which trial, and of the subjects of which sites, before it is shown whole."""

from collections.abc import Iterable

from safety.journal import Stored, decode
from safety.projections.subjects import subject_codes
from safety.web.asking import Asked, NotThere
from safety.web.policy import granted

OF_NO_TRIAL = "-"


def check_shown(ask: Asked, row: Stored, action: str) -> None:
    """Settle the trial of an entry and raise NotThere where who asks may not read it; the answer is that of no entry at all.

    What is of no trial is for who reads the whole log. Who is of a site is shown what is of its own subjects alone: an
    alert or a message where every subject that it concerns is one of them; what is of the trial itself may tell of others.
    """
    trial, kind, _ = (*row.stream.split("/"), "", "")[:3]
    if trial == OF_NO_TRIAL:
        if not ask.may("log.verify"):
            raise NotThere
        return
    grant = granted(ask.state, action, trial)
    if grant is None:
        raise NotThere
    ask.grant, ask.role = grant, grant.role
    ask.look_at(trial)
    if row.position > ask.at.position:
        raise NotThere
    if ask.sites is not None:
        subjects = set(concerned(ask, row, kind))
        with ask.reading() as connection:
            if not subjects or not subjects <= set(subject_codes(connection, trial, ask.at, ask.sites)):
                raise NotThere


def concerned(ask: Asked, row: Stored, kind: str) -> Iterable[str]:
    """Name the subjects that an entry is about; none where it is about something else."""
    if kind == "subject":
        return [row.stream.rpartition("/")[2]]
    if kind == "alert":
        return of_alert(ask, row.stream)
    if kind == "message":
        return of_message(ask, row.stream)
    return []


def of_alert(ask: Asked, stream: str) -> list[str]:
    """Name the subjects that an alert concerns."""
    raised = decode(ask.home.journal.stream(stream)[0]).event.__dict__
    return [one.rpartition("/")[0] or one for one in raised["concerning"]]


def of_message(ask: Asked, stream: str) -> list[str]:
    """Name the subjects that the alerts of a message concern."""
    composed = decode(ask.home.journal.stream(stream)[0]).event.__dict__
    return [subject for alert in composed["alerts"] for subject in of_alert(ask, f"{ask.trial}/alert/{alert}")]
