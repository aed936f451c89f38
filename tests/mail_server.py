"""A real SMTP server for tests: it takes mails, or answers with the codes it is told to."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

TAKEN = "250 taken"


class MailServer:
    """What came in, and what is answered to whom a mail is for (`rcpt`), to the mail (`data`) and to the goodbye (`bye`)."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.url = f"smtp://127.0.0.1:{self.port}"
        self.raw: list[bytes] = []
        self.rcpt = self.data = TAKEN
        self.bye = "221 bye"

    @property
    def mails(self) -> list[EmailMessage]:
        """The mails it took."""
        return [message_from_bytes(raw, policy=policy.default) for raw in self.raw]

    async def handle_RCPT(  # noqa: N802, the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802, the same
        if self.data == TAKEN:
            self.raw.append(envelope.original_content or b"")
        return self.data

    async def handle_QUIT(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802, the same
        return self.bye

    @contextmanager
    def running(self) -> Iterator["MailServer"]:
        """Run in a thread of this process."""
        controller = Controller(self, hostname="127.0.0.1", port=self.port)
        controller.start()
        try:
            yield self
        finally:
            controller.stop()
