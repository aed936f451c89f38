"""Puts the delivery of a home together: its record, its channels, and what rings for whom."""

from pathlib import Path

from notifications.channels import Channel, Maildir, Smtp
from notifications.dispatcher import Dispatcher, Doorbell, InProcess
from notifications.handler import Handler
from notifications.owing import Owing
from notifications.record import Record
from notifications.rendering import Letterhead
from notifications.webhook import Webhook
from safety.home import Home


def ways_out(place: Path, smtp_url: str | None, webhook_url: str | None, webhook_secret: str | None) -> list[Channel]:
    """A maildir in a folder always, e-mail and a webhook where they are named."""
    found: list[Channel] = [Maildir(place / "mail")]
    if smtp_url:
        found.append(Smtp(smtp_url))
    if webhook_url:
        found.append(Webhook(webhook_url, webhook_secret))
    return found


def channels_of(home: Home) -> list[Channel]:
    """The ways out of a home."""
    said = home.settings
    return ways_out(said.home, said.smtp_url, said.webhook_url, said.webhook_secret)


def record_of(home: Home) -> Record:
    """The record of a home as delivery sees it."""
    return Record(home.desk, Owing(home.journal, home.views), home.directory, home.scratch, home.doors.new_id)


def desk_of(home: Home, reached: str | None) -> str | None:
    """Where people reach the desk, for links: as the environment says, else where this process itself serves it (`reached`).

    None in a process that cannot know: a wrong link is worse than none.
    """
    return home.settings.stated_url or reached


def handler_of(home: Home, reached: str | None = None) -> Handler:
    """The one handler of messages, whichever process runs it and whatever calls it; `reached`: where this one serves the desk."""
    letterhead = Letterhead(home.settings.mail_from, desk_of(home, reached), home.opened.purpose)
    return Handler(record_of(home), channels_of(home), letterhead)


def dispatcher_of(home: Home, handler: Handler, doorbell: Doorbell) -> Dispatcher:
    """What composes and rings."""
    return Dispatcher(record_of(home), handler.ways, doorbell)


def dispatcher_here(home: Home, reached: str | None = None, *, at_once: bool = False) -> Dispatcher:
    """What composes, and handles in this process; `reached`: where it serves the desk, or is about to."""
    handler = handler_of(home, reached)
    return dispatcher_of(home, handler, InProcess(handler, at_once=at_once))
