"""What the desk's pages may ask of the channels: which there are, and whether a test message comes through."""

import asyncio
import json
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import urlsplit

from notifications.channels import Channel, NotDelivered, Written
from notifications.composition import channels_of, desk_of
from notifications.handler import CHANNEL_SECONDS
from notifications.leading import desk_line
from notifications.rendering import SEVEN_BITS, named_by
from notifications.wording import BANNERS, words
from safety.home import Home
from safety.web.outward import Outward, Tested, Way

PORTS = {"smtp": 25, "smtps": 465, "http": 80, "https": 443}


class Ways:
    """The channels of a home."""

    def __init__(self, home: Home, reached: str | None) -> None:
        """Remember the home, whose settings say which channels there are, and where this process serves the desk."""
        self._home = home
        self._desk = desk_of(home, reached)

    def ways(self) -> Sequence[Way]:
        """Name the channels that messages go out by."""
        said = self._home.settings
        urls = {"maildir": None, "smtp": said.smtp_url, "webhook": said.webhook_url}
        return [Way(one.name, place_of(urls[one.name])) for one in channels_of(self._home)]

    def test(self, channel: str, account: str, address: str | None) -> Tested:
        """Send a test message to a person over one of the channels, through the very code that carries alerts."""
        way = next(one for one in channels_of(self._home) if one.name == channel)
        return asyncio.run(tried(way, self._written(channel, account, address or f"{account.lower()}@localhost")))

    def _written(self, channel: str, account: str, address: str) -> Written:
        """Write the test message: it says what it is, and nothing else; the mail in the language of who asked."""
        settings, now, name = self._home.settings, self._home.doors.clock(), f"test-{self._home.doors.new_id()}".lower()
        said = words(self._home.directory.language(account))
        mail = EmailMessage(policy=SEVEN_BITS)
        mail["Subject"] = said("[Vigilog] Test of the channel %(channel)s", channel=channel)
        mail["From"], mail["To"] = settings.mail_from, address
        mail["Date"] = format_datetime(now)
        mail["Message-ID"] = named_by(settings.mail_from, name)
        mail["X-Vigilog-Attempt"] = "1"
        banner = BANNERS.get(self._home.opened.purpose)
        text = said(
            "%(account)s asked for this test of the channel %(channel)s. It came through. No alert stands behind it.",
            account=account,
            channel=channel,
        )
        first = [said(banner)] if banner else []
        mail.set_content("\n".join([*first, text, "", desk_line(self._desk, said), ""]))
        body = {
            "message": name,
            "test": channel,
            "to": account,
            "at": now.isoformat(),
            "purpose": self._home.opened.purpose,
        }
        return Written(mail, json.dumps(body))


def outward_of(home: Home, reached: str | None = None) -> Outward:
    """Give what the desk's pages may ask of the channels of a home; `reached`: where this process serves the desk."""
    return Ways(home, reached)


async def tried(channel: Channel, written: Written) -> Tested:
    """Hand a message to a channel and say what came of it."""
    try:
        async with asyncio.timeout(CHANNEL_SECONDS):
            return Tested(await channel.send(written), None)
    except NotDelivered as fault:
        return Tested(None, fault.error)
    except Exception as fault:  # noqa: BLE001, whatever ails a channel is the answer of its test
        return Tested(None, type(fault).__name__.upper())


def place_of(url: str | None) -> str:
    """Say where a channel leads, by host and port alone: what else a URL holds may be a secret."""
    if url is None:
        return ""
    try:
        parts = urlsplit(url)
        return f"{parts.hostname}:{parts.port or PORTS.get(parts.scheme, 0)}" if parts.hostname else "?"
    except ValueError:  # a port that is no number
        return "?"
