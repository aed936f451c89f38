"""Whom entries of the log are about: the subjects of a stream, also where it is that of an alert or a message."""

import json
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from sqlalchemy import Connection, select

from safety.aggregates.trial import UnknownTrial
from safety.projections.alert import ALERT, MESSAGE
from safety.projections.at import At
from safety.projections.subject import SUBJECT
from safety.projections.trials import definition
from safety.projections.worklist import cases_of
from safety.values import Role

NOBODY: frozenset[str] = frozenset()


def subjects_of(connection: Connection, streams: Iterable[str], at: At) -> dict[str, frozenset[str]]:
    """Give for each stream the subjects it is about; of a stream that is about a whole trial, or about nobody, none."""
    named = {stream: stream.split("/", 2)[1:] for stream in streams}
    messages = _alerts_of(connection, {rest[1] for rest in named.values() if rest[0] == "message"}, at)
    alerts = {rest[1] for rest in named.values() if rest[0] == "alert"} | set[str]().union(*messages.values())
    concerned = _concerned(connection, alerts, at)
    found = {}
    for stream, (kind, *rest) in named.items():
        if kind == "subject":
            found[stream] = frozenset(rest)
        elif kind == "alert":
            found[stream] = concerned.get(rest[0], NOBODY)
        else:
            theirs = messages.get(rest[0], NOBODY) if kind == "message" else NOBODY
            found[stream] = NOBODY.union(*(concerned.get(alert, NOBODY) for alert in theirs))
    return found


def sites_of(connection: Connection, trial: str, subjects: AbstractSet[str], at: At) -> Mapping[str, str | None]:
    """Give the site of each of some subjects of a trial."""
    table = SUBJECT.table
    ask = select(table.c.subject, table.c.site)
    rows = connection.execute(ask.where(table.c.trial == trial, at.stands(table), table.c.subject.in_(subjects)))
    return {row.subject: row.site for row in rows}


def sites_that_hear(
    connection: Connection, trial: str, role: Role, concerning: Iterable[str], at: At
) -> frozenset[str] | None:
    """Give the sites whose people hear of an alert, by what it concerns; None where the role hears in the whole trial.

    What is owed to the investigator is that of the subject's site, and no other site learns of it; a subject without a site
    is of none. A trial with one site has nothing to part.
    """
    if role != "investigator" or trial == "-":
        return None
    subjects = {subject for subject, _ in cases_of(concerning)}
    if not subjects or not _has_several_sites(connection, trial, at):
        return None
    return frozenset(site for site in sites_of(connection, trial, subjects, at).values() if site is not None)


def _has_several_sites(connection: Connection, trial: str, at: At) -> bool:
    """Say whether a trial has more than one site; one that nobody registered, of which alerts may be raised by hand, has none."""
    try:
        return len(definition(connection, trial, at).sites) > 1
    except UnknownTrial:
        return False


def _alerts_of(connection: Connection, messages: AbstractSet[str], at: At) -> dict[str, frozenset[str]]:
    table = MESSAGE.table
    ask = select(table.c.message, table.c.alerts).where(table.c.message.in_(messages), at.stands(table))
    return {row.message: frozenset(json.loads(row.alerts)) for row in connection.execute(ask)} if messages else {}


def _concerned(connection: Connection, alerts: AbstractSet[str], at: At) -> dict[str, frozenset[str]]:
    table = ALERT.table
    ask = select(table.c.alert, table.c.concerning).where(table.c.alert.in_(alerts), at.stands(table))
    rows = connection.execute(ask) if alerts else ()
    return {row.alert: frozenset(subject for subject, _ in cases_of(json.loads(row.concerning))) for row in rows}
