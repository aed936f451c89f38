"""What a person who hears of an alert late has to know: who was asked before, and what has happened since it was first told."""

import json
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, func, select, tuple_, union

from safety.projections.adverse_event import ADVERSE_EVENT
from safety.projections.alert import ALERT, MESSAGE
from safety.projections.assessment import ASSESSMENT
from safety.projections.audit import AUDIT
from safety.projections.rows import OPEN

MOST_LOOKED_AT = 20
"""Of how many adverse events of one alert the changes are looked up; an import may bring hundreds."""


class ToldBefore(NamedTuple):
    """`asked_before`: accounts that a message of the chain went to, in order. `changes`: kinds of events, such as `followed up`.

    The changes are those of the adverse events that the alert is about, since its chain began: what happened, never a value.
    """

    asked_before: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()


ALERTS, MESSAGES = ALERT.table, MESSAGE.table

# Written once, as they are asked for each alert of a message: putting them together would take longer than answering them.
ONE = select(ALERTS).where(ALERTS.c.alert == bindparam("one"), ALERTS.c.to_position == OPEN)
BEGAN = select(func.min(ALERTS.c.from_position)).where(ALERTS.c.alert == bindparam("root")).scalar_subquery()
CARRIED = select(ALERTS.c.messages).where(
    ALERTS.c.alert.in_(bindparam("alerts", expanding=True)), ALERTS.c.to_position == OPEN
)
REACHED = (
    select(MESSAGES.c.account)
    .where(
        MESSAGES.c.message.in_(bindparam("messages", expanding=True)),
        MESSAGES.c.to_position == OPEN,
        MESSAGES.c.sent_at.is_not(None),
    )
    .order_by(MESSAGES.c.sent_at, MESSAGES.c.account)
)
CHANGED = union(
    *(
        select(of.c.from_position).where(
            of.c.trial == bindparam("trial"),
            # Said beside the pairs, for which SQLite would not use the index and go through the whole trial.
            of.c.subject.in_(bindparam("subjects", expanding=True)),
            tuple_(of.c.subject, of.c.number).in_(bindparam("events", expanding=True)),
            of.c.from_position > BEGAN,
        )
        for of in (ADVERSE_EVENT.table, ASSESSMENT.table)
    )
)
CHANGES = select(AUDIT.c.topic).where(AUDIT.c.position.in_(CHANGED)).order_by(AUDIT.c.position)


def told_before(connection: Connection, alert: str) -> ToldBefore:
    """Say what went before an alert: nothing of one that is not there, or that nobody was told of yet and nothing happened."""
    row = connection.execute(ONE, {"one": alert}).one_or_none()
    if row is None:
        return ToldBefore()
    root = row.root or alert
    chain = row if root == alert else connection.execute(ONE, {"one": root}).one()
    earlier = [root, *json.loads(chain.chain or "[]")]
    earlier = earlier[: earlier.index(alert)] if alert in earlier else earlier
    return ToldBefore(_asked(connection, earlier), _changes(connection, row.trial, json.loads(row.concerning), root))


def _asked(connection: Connection, alerts: list[str]) -> tuple[str, ...]:
    if not alerts:
        return ()
    named = {one for text in connection.scalars(CARRIED, {"alerts": alerts}) for one in json.loads(text)}
    return tuple(dict.fromkeys(connection.scalars(REACHED, {"messages": sorted(named)})))


def _changes(connection: Connection, trial: str, concerning: list[str], root: str) -> tuple[str, ...]:
    about = [one.rpartition("/") for one in concerning[:MOST_LOOKED_AT]]
    events = [(subject, int(number)) for subject, _, number in about if subject and number.isdecimal()]
    if not events:
        return ()
    asked = {"trial": trial, "events": events, "subjects": [subject for subject, _ in events], "root": root}
    topics = connection.scalars(CHANGES, asked)
    return tuple(dict.fromkeys(topic.split(".")[1].replace("_", " ") for topic in topics))
