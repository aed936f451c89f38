"""Puts the delivery of a home together: its record, its channels, and what rings for whom."""

from notifications.channels import Channel, Maildir, Smtp
from notifications.dispatcher import Dispatcher, Doorbell, InProcess
from notifications.handler import Handler
from notifications.owing import Owing
from notifications.record import Record
from notifications.rendering import Letterhead
from notifications.webhook import Webhook
from safety.home import Home


def channels_of(home: Home) -> list[Channel]:
    """The ways out of a home: a maildir always, e-mail and a webhook where they are named."""
    said = home.settings
    found: list[Channel] = [Maildir(said.home / "mail")]
    if said.smtp_url:
        found.append(Smtp(said.smtp_url))
    if said.webhook_url:
        found.append(Webhook(said.webhook_url, said.webhook_secret))
    return found


def record_of(home: Home) -> Record:
    """The record of a home as delivery sees it."""
    return Record(home.desk, Owing(home.journal, home.views), home.directory, home.scratch, home.doors.new_id)


def handler_of(home: Home) -> Handler:
    """The one handler of messages, whichever process runs it and whatever calls it."""
    said = home.settings
    letterhead = Letterhead(said.mail_from, said.public_url, home.opened.purpose)
    return Handler(record_of(home), channels_of(home), letterhead)


def dispatcher_of(home: Home, handler: Handler, doorbell: Doorbell) -> Dispatcher:
    """What composes and rings."""
    return Dispatcher(record_of(home), handler.ways, doorbell)


def dispatcher_here(home: Home, *, at_once: bool = False) -> Dispatcher:
    """What composes, and handles in this process."""
    handler = handler_of(home)
    return dispatcher_of(home, handler, InProcess(handler, at_once=at_once))
