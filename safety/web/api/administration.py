"""What the API tells of the running of the desk: faults and trials, and the channels with a test that really sends."""

from typing import Any

from safety.projections.at import utc
from safety.projections.receipts import Receipt, last_receipts, unfinished
from safety.web.api.answers_of_administration import Administration, Channels, TestedChannel
from safety.web.api.declaring import Endpoints
from safety.web.asking import Ask
from safety.web.pages.admin_channels import NAMES, outward_of, tested
from safety.web.pages.admin_overview import administered, faults_now

endpoints = Endpoints()
Row = dict[str, Any]


@endpoints.reads("/administration", "administration.read", Administration)
def read_administration(ask: Ask) -> Row:
    """Give what would keep an alert from reaching anybody, and one's trials with what each still needs."""
    with ask.reading() as connection:
        found = faults_now(ask, connection)
        rows = administered(ask, connection, found)
    return {"position": ask.at.position, "faults": [fault for fault, _ in found], "trials": rows}


@endpoints.reads("/channels", "channel.read", Channels)
def read_channels(ask: Ask) -> Row:
    """Give every channel there can be, set up or not, with the last receipt of each."""
    outward = outward_of(ask)
    places = {way.channel: way.place for way in outward.ways()} if outward else {}
    with ask.reading() as connection:
        receipts, waiting = last_receipts(connection, ask.at), unfinished(connection, ask.at)
    rows = [
        {
            "channel": channel,
            "set_up": channel in places,
            "place": places.get(channel),
            "receipt": told(receipts.get(channel)),
            "waiting": waiting.get(channel, 0),
        }
        for channel in NAMES
    ]
    return {"position": ask.at.position, "channels": rows}


def told(receipt: Receipt | None) -> Row | None:
    """Tell a receipt with its moment as ISO 8601."""
    return None if receipt is None else receipt._asdict() | {"at": utc(receipt.at)}


@endpoints.does("/channels/{channel}/test", "channel.test", TestedChannel)
def test_channel(ask: Ask, channel: str) -> Row:
    """Send a test message to who asks, and say what came of it; each request sends one, nothing of it goes into the record."""
    came = tested(ask, channel)
    return {"channel": channel, "taken": came.error is None, "code": came.code, "error": came.error}
