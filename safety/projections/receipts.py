"""What each channel last took and last refused, over the messages that it was handed."""

import json
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from safety.projections.alert import MESSAGE
from safety.projections.at import At

LATEST = 500
"""So many messages are looked at, the latest first."""


class Receipt(NamedTuple):
    """What a channel said of a message: taken, with the code of its answer, or refused, with the class of the error."""

    channel: str
    taken: bool
    at: int
    code: int | None
    error: str | None
    message: str


def last_receipts(connection: Connection, at: At) -> dict[str, Receipt]:
    """Give the last receipt of each channel that has any among the latest messages."""
    table = MESSAGE.table
    ask = select(table.c.message, table.c.receipts).where(at.stands(table))
    rows = connection.execute(ask.order_by(table.c.from_position.desc()).limit(LATEST))
    found: dict[str, Receipt] = {}
    for row in rows:
        for channel, said in json.loads(row.receipts).items():
            one = receipt(channel, said, row.message)
            if channel not in found or found[channel].at < one.at:
                found[channel] = one
    return found


def receipt(channel: str, said: dict[str, Any], message: str) -> Receipt:
    """Read a receipt as the table keeps it."""
    code = said.get("smtp_code") or said.get("http_code")
    return Receipt(channel, said["state"] == "sent", said["at"], code, said.get("error"), message)


def unfinished(connection: Connection, at: At) -> dict[str, int]:
    """Count the messages whose last receipt of a channel says failed, by channel: they are tried again."""
    table = MESSAGE.table
    ask = select(table.c.receipts).where(at.stands(table), table.c.state == "failed")
    found: dict[str, int] = {}
    for row in connection.execute(ask):
        for channel, said in json.loads(row.receipts).items():
            if said["state"] == "failed":
                found[channel] = found.get(channel, 0) + 1
    return found
