"""An SMTP server that answers by a script and misbehaves at one verb: it refuses, falls silent, or hangs up."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import Literal

Misdeed = Literal["hangs up", "is silent", "says nonsense"]
VERBS = ("greeting", "EHLO", "MAIL", "RCPT", "DATA", "body")
ANSWERS = {
    "EHLO": "250 here",
    "MAIL": "250 fine",
    "RCPT": "250 fine",
    "DATA": "354 go on",
    "RSET": "250 fine",
    "QUIT": "221 bye",
}


class ScriptedSmtp:
    """Misbehaves at `verb` until it is told to behave; `bodies` are the mails that it has read to their end."""

    def __init__(self, verb: str, misdeed: Misdeed) -> None:
        self.verb: str | None = verb
        self.misdeed = misdeed
        self.bodies: list[bytes] = []
        self._over = Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"smtp://127.0.0.1:{self._listening.getsockname()[1]}"

    @contextmanager
    def running(self) -> Iterator["ScriptedSmtp"]:
        """Run in threads of this process."""
        Thread(target=self._accept, daemon=True).start()
        try:
            yield self
        finally:
            self._over.set()
            self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            if self._misbehaves("greeting", connection):
                return
            connection.sendall(b"220 scripted\r\n")
            with connection.makefile("rb") as lines:
                while line := lines.readline():
                    verb = line[:4].decode().upper()
                    if self._misbehaves(verb, connection):
                        return
                    connection.sendall(f"{ANSWERS.get(verb, '500 what')}\r\n".encode())
                    if verb == "DATA":
                        self.bodies.append(b"".join(iter(lines.readline, b".\r\n")))
                        if self._misbehaves("body", connection):
                            return
                        connection.sendall(b"250 taken\r\n")

    def _misbehaves(self, verb: str, connection: socket.socket) -> bool:
        if self.verb != verb:
            return False
        if self.misdeed == "is silent":
            self._over.wait(30)
        if self.misdeed == "says nonsense":
            connection.sendall(b"\xff\xfe CANARY\r\n")
        return True
