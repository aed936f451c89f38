"""What a person who hears of an alert late has to know: who was asked before, and what has happened since it was first told."""

import json
from typing import NamedTuple

from sqlalchemy import Connection, and_, func, or_, select, union

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


def told_before(connection: Connection, alert: str) -> ToldBefore:
    """Say what went before an alert: nothing of one that is not there, or that nobody was told of yet and nothing happened."""
    table = ALERT.table
    now = table.c.to_position == OPEN
    row = connection.execute(select(table).where(table.c.alert == alert, now)).one_or_none()
    if row is None:
        return ToldBefore()
    root = row.root or alert
    chain = row if root == alert else connection.execute(select(table).where(now, table.c.alert == root)).one()
    earlier = [root, *json.loads(chain.chain or "[]")]
    earlier = earlier[: earlier.index(alert)] if alert in earlier else earlier
    began = connection.execute(select(func.min(table.c.from_position)).where(table.c.alert == root)).scalar_one()
    return ToldBefore(_asked(connection, earlier), _changes(connection, row.trial, json.loads(row.concerning), began))


def _asked(connection: Connection, alerts: list[str]) -> tuple[str, ...]:
    if not alerts:
        return ()
    table, message = ALERT.table, MESSAGE.table
    carried = connection.scalars(
        select(table.c.messages).where(table.c.alert.in_(alerts), table.c.to_position == OPEN)
    ).all()
    named = {one for text in carried for one in json.loads(text)}
    ask = select(message.c.account).where(
        message.c.message.in_(named), message.c.to_position == OPEN, message.c.sent_at.is_not(None)
    )
    return tuple(dict.fromkeys(connection.scalars(ask.order_by(message.c.sent_at, message.c.account))))


def _changes(connection: Connection, trial: str, concerning: list[str], began: int) -> tuple[str, ...]:
    about = [one.rpartition("/") for one in concerning[:MOST_LOOKED_AT]]
    keys = [(subject, int(number)) for subject, _, number in about if subject and number.isdecimal()]
    if not keys:
        return ()
    positions = union(
        *(
            select(of.c.from_position).where(
                of.c.trial == trial,
                of.c.from_position > began,
                or_(*(and_(of.c.subject == subject, of.c.number == number) for subject, number in keys)),
            )
            for of in (ADVERSE_EVENT.table, ASSESSMENT.table)
        )
    )
    ask = select(AUDIT.c.topic).where(AUDIT.c.position.in_(positions)).order_by(AUDIT.c.position)
    return tuple(dict.fromkeys(topic.split(".")[1].replace("_", " ") for topic in connection.scalars(ask)))
