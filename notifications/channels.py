"""The ways a message leaves the house: a maildir on this machine, e-mail, and a webhook, where they are named."""

import asyncio
import mailbox
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple, NoReturn, Protocol
from urllib.parse import SplitResult, unquote, urlsplit

SMTP_TIMEOUT_SECONDS = 20
TAKEN = 250
"""What a server answers when it has taken a mail (RFC 5321 4.2)."""

ChannelName = Literal["maildir", "smtp", "webhook"]


class NotDelivered(Exception):
    """The channel did not take the message; `error` is the class of what went wrong, in capitals, without any text."""

    def __init__(self, error: str) -> None:
        """Keep the class of the error: a receipt never carries a server's words."""
        super().__init__(error)
        self.error = error


class Written(NamedTuple):
    """A message as it leaves: a mail for people, and the same in JSON for machines."""

    mail: EmailMessage
    body: str


class Channel(Protocol):
    """A way for messages to leave."""

    @property
    def name(self) -> ChannelName:
        """What a receipt calls it."""
        ...

    async def send(self, written: Written) -> int | None:
        """Deliver a message and give the code of the answer, if there is one; raises NotDelivered."""
        ...


class Maildir:
    """A folder of mails that any mail reader opens; what is owed is on disk even where no server can be reached."""

    name: Literal["maildir"] = "maildir"

    def __init__(self, folder: Path) -> None:
        """Remember the folder; it is made when the first mail comes."""
        self._folder = folder

    async def send(self, written: Written) -> int | None:
        """Write the mail to disk, synced."""
        await asyncio.to_thread(self.put, written.mail)
        return None

    def put(self, mail: EmailMessage) -> None:
        """Write the mail to disk, synced."""
        try:
            # Before the library does: two threads that make it at once would each find half of it.
            for folder in (self._folder, *(self._folder / part for part in ("tmp", "new", "cur"))):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            mailbox.Maildir(self._folder, create=False).add(mail)
        except (OSError, mailbox.Error) as fault:
            raise NotDelivered(type(fault).__name__.upper()) from fault


class Smtp:
    """An SMTP server, named as smtp://[user:password@]host[:port]; smtps:// for TLS from the first byte.

    A password is sent under TLS only: with one, smtp:// asks the server for STARTTLS and does without it never.
    """

    name: Literal["smtp"] = "smtp"

    def __init__(self, url: str) -> None:
        """Remember the URL; it is read, and the server connected, when a mail is to be sent."""
        self._url = url

    async def send(self, written: Written) -> int | None:
        """Hand the mail to the server, in a thread: smtplib blocks."""
        return await asyncio.to_thread(self.hand_over, written.mail)

    def hand_over(self, mail: EmailMessage) -> int:
        """Hand the mail to the server; its 250 after DATA is the receipt, whatever it says to our goodbye."""
        try:
            with connected(usable(self._url, self.name, "smtp", "smtps")) as server:
                server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as fault:
            refuse(*(code for code, _ in fault.recipients.values()))
        except smtplib.SMTPResponseException as fault:
            refuse(fault.smtp_code)
        except (smtplib.SMTPException, OSError) as fault:
            raise NotDelivered(type(fault).__name__.upper()) from None
        return TAKEN


def refuse(*codes: int) -> NoReturn:
    """Say with which code a server refused; `from None`, for what it said may quote the mail."""
    raise NotDelivered(f"SMTP-{max(codes)}") from None


def usable(url: str, channel: ChannelName, *schemes: str) -> SplitResult:
    """Take a channel's URL apart; one without scheme or host is refused, so that nothing goes to a server nobody named."""
    try:
        parts = urlsplit(url)
        if parts.scheme in schemes and parts.hostname and parts.port != 0:
            return parts
    except ValueError:  # a port that is no number
        pass
    raise NotDelivered(f"{channel.upper()}-URL-UNUSABLE")


@cache
def tls() -> ssl.SSLContext:
    """How TLS is spoken: certificates are checked. Made once and where it is needed, for reading the roots takes 20 ms."""
    return ssl.create_default_context()


@contextmanager
def connected(url: SplitResult) -> Iterator[smtplib.SMTP]:
    """Connect, log in where the URL says as whom, and say goodbye at the end."""
    host = url.hostname or ""
    server = (
        smtplib.SMTP_SSL(host, url.port or 465, timeout=SMTP_TIMEOUT_SECONDS, context=tls())
        if url.scheme == "smtps"
        else smtplib.SMTP(host, url.port or 25, timeout=SMTP_TIMEOUT_SECONDS)
    )
    try:
        if url.username and url.password:
            if url.scheme == "smtp":
                server.starttls(context=tls())
            server.login(unquote(url.username), unquote(url.password))
        yield server
    finally:
        # The mail is taken or refused by now: how the goodbye goes changes nothing.
        with suppress(smtplib.SMTPException, OSError):
            server.quit()
        server.close()
