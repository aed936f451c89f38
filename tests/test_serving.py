"""`vigilog serve` as a process: it says where it is, stops when it is told to, and refuses in one sentence what it cannot do."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from safety.home import Doors, open_home
from safety.settings import Settings
from tests.builders import T0
from tests.manual_clock import counted_salt

PROGRAM = Path(sys.executable).with_name("vigilog")
PATIENCE = 60
"""Seconds after which a process that should have ended is taken for one that never will."""


def command(home: Path, *arguments: str, **settings: str) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VIGILOG_")}
    return subprocess.Popen(
        [sys.executable, PROGRAM, "serve", *arguments],
        env={**environment, "VIGILOG_HOME": str(home), **settings},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def refused(home: Path, *arguments: str) -> tuple[int, str, str]:
    """Give exit code, output and complaint of a start that comes to nothing."""
    process = command(home, *arguments)
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out, err


@contextmanager
def serving(home: Path, *arguments: str, **settings: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start the desk on a free port; give the process and the address it tells."""
    process = command(home, "--port", "0", *arguments, **settings)
    try:
        assert process.stderr is not None
        told = process.stderr.readline()
        found = re.fullmatch(r"The desk runs at (http://\S+/) until Ctrl-C or SIGTERM\.\n", told)
        assert found is not None, told + process.stderr.read()
        yield process, found[1]
    finally:
        process.kill()
        process.communicate()


def begun(home: Path, purpose: str = "production") -> Path:
    """Begin a log and leave it."""
    doors = Doors(clock=lambda: T0, salt=counted_salt(), new_id=lambda: "LOG-1")
    open_home(Settings(home=home), doors, purpose=purpose).close()  # type: ignore[arg-type]  # one of three words
    return home


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_it_answers_until_it_is_told_to_stop_and_then_leaves_in_order(tmp_path: Path, told: signal.Signals) -> None:
    with serving(tmp_path) as (process, address):
        with urllib.request.urlopen(f"{address}healthz", timeout=PATIENCE) as answer:
            assert answer.read() == b'{"status":"ok"}'
            assert "server" not in answer.headers
        process.send_signal(told)
        process.wait(timeout=PATIENCE)
        assert process.stdout is not None
        assert process.stderr is not None
        # Not communicate(): it passes over what readline() had already taken out of the pipe with the first line.
        out, err = process.stdout.read(), process.stderr.read()
        assert (process.returncode, out) == (0, "")
        link = r"Nobody can sign in yet\. OPERATOR chooses a passphrase, once and within 24 hours: (\S+)\n"
        found = re.fullmatch(link, err)
        assert found is not None, err
        assert found[1].startswith(f"{address}first/")
    assert not list(tmp_path.glob("log.db-*")), "who closes the log last leaves no files beside it"


@pytest.mark.parametrize(
    ("stated", "begins"),
    [
        ({"VIGILOG_PUBLIC_URL": "https://desk.example.org"}, "https://desk.example.org/first/"),
        ({}, "http://localhost:{port}/first/"),
    ],
    ids=["stated", "at every address"],
)
def test_the_first_link_leads_to_where_the_desk_is_reached(tmp_path: Path, stated: dict[str, str], begins: str) -> None:
    with serving(tmp_path, "--host", "0.0.0.0", **stated) as (process, address):
        assert process.stderr is not None
        link = process.stderr.readline().split()[-1]
        assert link.startswith(begins.format(port=address.rpartition(":")[2].rstrip("/")))


def unsent(server_port: int, client_port: int) -> str:
    """How much the kernel holds for a client who does not read (Linux tells: proc(5), net/tcp)."""
    rows = [row.split() for row in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
    ends = f":{server_port:04X}", f":{client_port:04X}"
    found = [row[4].partition(":")[0] for row in rows if row[1].endswith(ends[0]) and row[2].endswith(ends[1])]
    return found[0] if found else ""


def asked_and_not_read(lazy: socket.socket, address: str) -> None:
    """Ask for more than any buffer takes and read none of it, until the answers stand still half way."""
    lazy.sendall(b"GET /static/vigilog.css HTTP/1.1\r\nHost: desk\r\n\r\n" * 4_000)
    seen: list[str] = []
    while len(seen) < 4 or len(set(seen[-4:])) > 1 or not int(seen[-1], 16):
        for _ in range(20):  # other answers go on meanwhile; they are what tells that time has passed
            urllib.request.urlopen(f"{address}healthz", timeout=PATIENCE).close()
        seen.append(unsent(lazy.getpeername()[1], lazy.getsockname()[1]))


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="only Linux tells what a connection has not sent yet")
def test_it_stops_although_somebody_does_not_read_the_answer(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, address), socket.socket() as lazy:
        host, _, port = address.removeprefix("http://").rstrip("/").partition(":")
        lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        lazy.connect((host, int(port)))
        asked_and_not_read(lazy, address)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
        assert process.returncode == 0


def test_it_serves_an_ipv6_address(tmp_path: Path) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError as fault:
        pytest.skip(f"this machine has no IPv6: {fault}")
    with serving(tmp_path, "--host", "::1") as (_, address):
        assert address.startswith("http://[::1]:")
        with urllib.request.urlopen(f"{address}readyz", timeout=PATIENCE) as answer:
            assert answer.read() == b'{"status":"ready","position":2}'


def test_a_taken_port_is_told_in_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        sentence = f"the web door cannot open at 127.0.0.1 port {port}: address already in use; choose another with --port or --host\n"
        assert refused(tmp_path, "--port", port) == (3, "", sentence)


def test_an_address_of_no_machine_is_told_in_one_sentence(tmp_path: Path) -> None:
    code, out, err = refused(tmp_path, "--host", "desk.invalid", "--port", "0")
    assert (code, out) == (3, "")
    assert re.fullmatch(
        r"the web door cannot open at desk\.invalid port 0: [^\n;]+; choose another with --port or --host\n", err
    )


@pytest.mark.parametrize(
    ("file", "told"), [("directory.db", "directory of people"), ("scratch.db", "sessions"), ("access.db", "log")]
)
def test_a_part_that_cannot_be_opened_is_told_in_one_sentence(tmp_path: Path, file: str, told: str) -> None:
    (begun(tmp_path) / file).mkdir()
    code, out, err = refused(tmp_path, "--port", "0")
    assert (code, out, err.count("\n")) == (3, "", 1)
    assert told in err
    assert "cannot be used" in err


def test_a_port_that_cannot_be_is_an_unusable_argument(tmp_path: Path) -> None:
    code, out, err = refused(tmp_path, "--port", "65536")
    assert (code, out) == (2, "")
    assert "'--port'" in err


def test_a_demo_log_is_served_only_when_that_is_said(tmp_path: Path) -> None:
    home = begun(tmp_path, "demo")
    code, out, err = refused(home, "--port", "0")
    assert (code, out) == (3, "")
    assert "--into-demo" in err
    with serving(home, "--into-demo") as (_, address), urllib.request.urlopen(address, timeout=PATIENCE) as answer:
        assert "Demonstration" in answer.read().decode()
