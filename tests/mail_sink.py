"""An SMTP server as a process of its own that can be killed: what it takes is on disk before it says so.

`python -m tests.mail_sink PORT FILE`
"""

import asyncio
import json
import os
import sys
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from aiosmtpd.controller import UnthreadedController
from aiosmtpd.smtp import SMTP, Envelope, Session


class Sink:
    """Writes a line for each mail."""

    def __init__(self, file: Path) -> None:
        self._file = file

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802, the library's name
        mail = message_from_bytes(envelope.original_content or b"", policy=policy.default)
        named = {name: str(mail[name]) for name in ("To", "Message-ID", "X-Vigilog-Attempt")}
        line = json.dumps({**named, "text": mail.get_content()}) + "\n"
        with self._file.open("a", encoding="utf-8") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        return "250 taken"


def taken(file: Path) -> list[dict[str, Any]]:
    """What the sink took, in order; a line that a kill cut short was not taken."""
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True) if file.exists() else []
    return [json.loads(line) for line in lines if line.endswith("}\n")]


async def serve(port: int, file: Path) -> None:
    """Take mails until killed."""
    controller = UnthreadedController(Sink(file), hostname="127.0.0.1", port=port, loop=asyncio.get_running_loop())
    await controller._create_server()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
