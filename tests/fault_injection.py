"""Puts a fault at the k-th call of one kind that the crash driver makes on the log's own files, with strace."""

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from safety.home import LOG

DRIVER = Path(__file__).with_name("crash_driver.py")
CALLS = ("pwrite64", "fdatasync", "fsync", "ftruncate", "unlink")
"""Everything SQLite does to its files; what it shares between processes in memory is gone after a crash anyway."""
BEFORE = 200
"""The fault waits for this call; a driver first makes so many others that its own k-th is that one."""

needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed: no call can be hit")


class Workload(NamedTuple):
    """What the driver does, the home it does it to (None: it is not there yet), and the acts that should be on record."""

    arguments: tuple[str, ...]
    home: Path | None
    command_ids: tuple[str, ...] = ()
    reported: tuple[str, ...] = ()
    """AESPID of the adverse events."""


class Answer(NamedTuple):
    """What became of a driver: its exit code, minus the signal that killed it, and what it said."""

    code: int
    said: list[str]


def fresh(workload: Workload, home: Path) -> Path:
    """Put a home as the workload finds it in place of what the last fault left."""
    shutil.rmtree(home, ignore_errors=True)
    if workload.home is not None:
        shutil.copytree(workload.home, home)
    return home


def environment() -> dict[str, str]:
    """The environment without coverage, which would write files of its own, and slowly: what is killed reports nothing."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COV")}


def strace(home: Path, *options: str) -> list[str]:
    """Begin a command line whose calls on the log's files, and on the decoy beside the home, are seen."""
    beside = [home.with_name("decoy"), home.with_name("never-there")]
    files = [home, home / LOG, home / f"{LOG}-wal", home / f"{LOG}-journal", *beside]
    paths = [part for file in files for part in ("-P", str(file))]
    return ["strace", "-f", "-qq", *paths, "-e", f"trace={','.join(CALLS)}", *options, sys.executable, str(DRIVER)]


def calls_of(workload: Workload, home: Path) -> Counter[str]:
    """Count the calls of a run that nothing happens to."""
    trace = home.with_name("trace")
    run = [*strace(home, "-e", "signal=none", "-o", str(trace)), str(fresh(workload, home)), *workload.arguments]
    subprocess.run(run, check=True, timeout=60, env=environment(), stdout=subprocess.DEVNULL)
    return Counter(re.findall(r"^\d+ +(\w+)\(", trace.read_text(encoding="utf-8"), re.MULTILINE))


class Drivers:
    """Drivers of one parent: each is forked warm, so that it costs little and begins when it is told to."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        """Use `drivers` or `hit_drivers`."""
        self._process = process

    def begin(self, home: Path, arguments: Sequence[str], first: str = "", times: int = 0) -> None:
        """Start a driver, which first makes so many calls of one kind elsewhere."""
        assert self._process.stdin is not None
        self._process.stdin.write("\t".join([str(home), first, str(times), *arguments]) + "\n")
        self._process.stdin.flush()

    def answer(self) -> Answer:
        """Wait until the driver is over."""
        assert self._process.stdout is not None
        said: list[str] = []
        for line in self._process.stdout:
            if line.startswith("END "):
                return Answer(int(line.split()[1]), said)
            said.append(line)
        raise AssertionError("the drivers' parent is gone")


@contextmanager
def drivers(home: Path, *under: str) -> Iterator[Drivers]:
    """Start the parent of drivers, by itself or under a tracer."""
    run = [*(under or (sys.executable, str(DRIVER))), "serve", str(home.with_name("decoy"))]
    pipe = subprocess.PIPE
    with subprocess.Popen(run, stdin=pipe, stdout=pipe, text=True, env=environment()) as process:
        yield Drivers(process)


class HitDrivers:
    """Drivers under one strace that counts the calls of each anew, and puts a fault at one."""

    def __init__(self, of: Drivers, home: Path, call: str) -> None:
        """Use `hit_drivers`."""
        self._of = of
        self._home = home
        self._call = call

    def run(self, workload: Workload, k: int) -> Answer:
        """Run a driver on a fresh home, with the fault at its k-th call."""
        assert 0 < k < BEFORE
        self._of.begin(fresh(workload, self._home), workload.arguments, self._call, BEFORE - k)
        return self._of.answer()


@contextmanager
def hit_drivers(home: Path, call: str, fault: str, *, ever_after: bool = False) -> Iterator[HitDrivers]:
    """Start drivers that meet a fault (`signal=KILL`, `error=EIO`) at one call, or at all from that one on."""
    when = f"{BEFORE}{'+' if ever_after else ''}"
    with drivers(home, *strace(home, "-o", os.devnull, "-e", f"inject={call}:{fault}:when={when}")) as tracked:
        yield HitDrivers(tracked, home, call)
