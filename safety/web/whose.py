"""Whose an entry of the log is: of which trial, and of the subjects of which sites, before it is shown whole."""

from safety.journal import Stored
from safety.projections.inbox import carried_by, concerned
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
    if ask.sites is not None and not all_of_sites(ask, kind, row.stream.rpartition("/")[2]):
        raise NotThere


def all_of_sites(ask: Asked, kind: str, name: str) -> bool:
    """Say whether an entry is about subjects of one's sites alone.

    The views are asked the same of every entry: how long the answer takes does not tell what it is that is not there.
    """
    with ask.reading() as connection:
        about = {
            "subject": {name},
            "alert": concerned(connection, ask.trial, [name], ask.at),
            "message": concerned(connection, ask.trial, carried_by(connection, ask.trial, name, ask.at), ask.at),
        }.get(kind, set())
        return bool(about) and about <= set(subject_codes(connection, ask.trial, ask.at, ask.sites))
