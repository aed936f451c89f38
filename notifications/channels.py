"""The ways a message leaves the house: a maildir on this machine, and e-mail where an SMTP server is named."""

import mailbox
import smtplib
from email.message import EmailMessage
from pathlib import Path
from typing import Literal, Protocol
from urllib.parse import urlsplit

SMTP_TIMEOUT_SECONDS = 20


class NotDelivered(Exception):
    """The channel did not take the message; `error` is the class of what went wrong, in capitals, without any text."""

    def __init__(self, error: str) -> None:
        """Keep the class of the error: a receipt never carries a server's words."""
        super().__init__(error)
        self.error = error


class Channel(Protocol):
    """A way for messages to leave."""

    @property
    def name(self) -> Literal["maildir", "smtp"]:
        """What a receipt calls it."""
        ...

    def send(self, message: EmailMessage) -> int | None:
        """Deliver a message and give the SMTP code, if there is one; raises NotDelivered."""
        ...


class Maildir:
    """A folder of mails that any mail reader opens; what is owed is on disk even where no server can be reached."""

    name: Literal["maildir"] = "maildir"

    def __init__(self, folder: Path) -> None:
        """Make the folder if it is not there."""
        self._folder = folder

    def send(self, message: EmailMessage) -> int | None:
        """Write the mail to disk, synced."""
        try:
            mailbox.Maildir(self._folder, create=True).add(message)
        except OSError as fault:
            raise NotDelivered(type(fault).__name__.upper()) from fault
        return None


class Smtp:
    """An SMTP server, named as smtp://[user:password@]host[:port]; smtps:// for TLS from the first byte."""

    name: Literal["smtp"] = "smtp"

    def __init__(self, url: str) -> None:
        """Remember where it is; nothing is connected yet."""
        part = urlsplit(url)
        self._tls = part.scheme == "smtps"
        self._host = part.hostname or "localhost"
        self._port = part.port or (465 if self._tls else 25)
        self._login = (part.username, part.password) if part.username and part.password else None

    def send(self, message: EmailMessage) -> int | None:
        """Hand the mail to the server; its 250 after DATA is the receipt."""
        make = smtplib.SMTP_SSL if self._tls else smtplib.SMTP
        try:
            with make(self._host, self._port, timeout=SMTP_TIMEOUT_SECONDS) as server:
                if self._login:
                    server.login(*self._login)
                server.send_message(message)
        except smtplib.SMTPResponseException as fault:
            raise NotDelivered(f"SMTP-{fault.smtp_code}") from fault
        except (smtplib.SMTPException, OSError) as fault:
            raise NotDelivered(type(fault).__name__.upper()) from fault
        return 250
