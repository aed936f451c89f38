"""Messages for machines: a JSON POST, signed where a secret is set, so that the receiver knows who speaks."""

import asyncio
import http.client
from hashlib import sha256
from hmac import digest
from typing import Literal
from urllib.parse import SplitResult

from notifications.channels import NotDelivered, Written, tls, usable

TIMEOUT_SECONDS = 20
TAKEN = range(200, 300)
SIGNATURE = "X-Vigilog-Signature"
"""`sha256=` and the HMAC-SHA256 of the body under the shared secret, in hexadecimal digits."""


class Webhook:
    """A receiver of JSON at an http(s) URL; it is handed the same id again when a message is sent again."""

    name: Literal["webhook"] = "webhook"

    def __init__(self, url: str, secret: str | None) -> None:
        """Remember where to post, and with which secret to sign."""
        self._url = url
        self._secret = secret

    async def send(self, written: Written) -> int | None:
        """Post the message in a thread: http.client blocks."""
        return await asyncio.to_thread(self.post, written)

    def post(self, written: Written) -> int:
        """Post the message; any answer from 200 to 299 is the receipt, a redirection is a refusal."""
        body = written.body.encode()
        try:
            status = answer(usable(self._url, self.name, "http", "https"), body, self.headers(written, body))
        except (OSError, http.client.HTTPException) as fault:
            raise NotDelivered(type(fault).__name__.upper()) from None
        if status not in TAKEN:
            raise NotDelivered(f"HTTP-{status}")
        return status

    def headers(self, written: Written, body: bytes) -> dict[str, str]:
        """What the receiver needs beside the body: its kind, which message, which attempt, and who says so."""
        said = {
            "Content-Type": "application/json",
            "X-Vigilog-Message": str(written.mail["Message-ID"]),
            "X-Vigilog-Attempt": str(written.mail["X-Vigilog-Attempt"]),
        }
        if self._secret:
            said[SIGNATURE] = "sha256=" + digest(self._secret.encode(), body, sha256).hex()
        return said


def answer(url: SplitResult, body: bytes, headers: dict[str, str]) -> int:
    """Post once and give the status; certificates are checked, redirections are not followed."""
    host = url.hostname or ""
    connection = (
        http.client.HTTPSConnection(host, url.port, timeout=TIMEOUT_SECONDS, context=tls())
        if url.scheme == "https"
        else http.client.HTTPConnection(host, url.port, timeout=TIMEOUT_SECONDS)
    )
    try:
        path = (url.path or "/") + (f"?{url.query}" if url.query else "")
        connection.request("POST", path, body, headers)
        return connection.getresponse().status
    finally:
        connection.close()
