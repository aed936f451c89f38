"""Records what the real program does to its files, and builds the disks that a power cut at any moment may leave.

The model (ALICE, OSDI 2014): what was synced is there; of what was written since, any part is, in any order, and a write may be
torn at a sector; a file's name is there as soon as it was made. Every call in between is a moment at which power may go.
"""

import random
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from tests.fault_injection import DRIVER, Workload, environment, fresh

TRACED = "pwrite64,write,fsync,fdatasync,ftruncate,unlink"
SECTOR = 512
LINE = re.compile(r"\d+ +(?P<call>\w+)\((?P<arguments>.*)\) += \d+")
QUOTED = r'"((?:\\x[0-9a-f]{2})*)"'
ON_FILE = re.compile(rf"\d+<(?P<path>(?:\\x[0-9a-f]{{2}})+)>(?:, {QUOTED}, \d+)?(?:, (?P<number>\d+))?")


class Call(NamedTuple):
    """One thing the program did: `write`, `truncate`, `sync` or `unlink` of a file of the home, or `say` to its caller."""

    kind: str
    file: str = ""
    data: bytes = b""
    at: int = 0
    """Where the write begins, or the length that is left."""


Disk = dict[str, bytearray]
"""The files of a home by name."""


def unescaped(text: str) -> bytes:
    """Read strace's -xx notation."""
    return bytes.fromhex(text.replace("\\x", ""))


def parsed(line: str, home: Path) -> Call | None:
    """Read one line of the trace; None for what is not about the home's log or an answer."""
    whole = LINE.match(line)
    if whole is None:
        return None
    call, arguments = whole["call"], whole["arguments"]
    if call == "unlink":
        path = unescaped(arguments.strip('"')).decode()
        return Call("unlink", Path(path).name) if Path(path).parent == home else None
    on = ON_FILE.match(arguments)
    if on is None:
        return None
    path, data = unescaped(on["path"]).decode(), unescaped(on[2] or "")
    if call == "write":
        return Call("say", data=data) if arguments.startswith("1<") else None
    if Path(path).parent != home or path.endswith("-shm"):
        return None
    kind = {"pwrite64": "write", "ftruncate": "truncate"}.get(call, "sync")
    return Call(kind, Path(path).name, data, int(on["number"] or 0))


def recorded(workload: Workload, home: Path) -> list[Call]:
    """Run the driver under strace and give what it did."""
    trace = home.with_name("trace")
    options = [
        "-f",
        "-qq",
        "-y",
        "-xx",
        "-s",
        "1000000",
        "-e",
        f"trace={TRACED}",
        "-e",
        "signal=none",
        "-o",
        str(trace),
    ]
    run = ["strace", *options, sys.executable, str(DRIVER), str(fresh(workload, home)), *workload.arguments]
    subprocess.run(run, check=True, timeout=60, stdout=subprocess.DEVNULL, env=environment())
    calls = (parsed(line, home) for line in trace.read_text(encoding="ascii").splitlines())
    return [call for call in calls if call is not None]


def applied(disk: Disk, call: Call) -> None:
    """Do a write or a truncation to a disk."""
    file = disk.setdefault(call.file, bytearray())
    if call.kind == "truncate":
        del file[call.at :]
        file.extend(bytes(call.at - len(file)))
    else:
        file.extend(bytes(max(0, call.at - len(file))))
        file[call.at : call.at + len(call.data)] = call.data


def torn(call: Call, chance: random.Random) -> Call:
    """Cut a write, now and then, where a sector ends."""
    sectors = len(call.data) // SECTOR
    if sectors < 2 or chance.random() > 0.15:
        return call
    return call._replace(data=call.data[: SECTOR * chance.randrange(1, sectors)])


def survivals(pending: int, chance: random.Random, random_ones: int) -> set[tuple[int, ...]]:
    """Choose which of the pending writes reach the disk: none, all, the first few, all but one, and some at random."""
    every = range(pending)
    chosen = {(), tuple(every), *(tuple(range(count)) for count in every[-3:])}
    chosen |= {tuple(one for one in every if one != missing) for missing in every[:3]}
    return chosen | {tuple(one for one in every if chance.random() < 0.5) for _ in range(random_ones if pending else 0)}


def states(
    workload: Workload, calls: list[Call], chance: random.Random, random_ones: int
) -> Iterator[tuple[str, Disk]]:
    """Give every chosen state of the disk with what had been said by then."""
    durable: Disk = (
        {file.name: bytearray(file.read_bytes()) for file in workload.home.iterdir()} if workload.home else {}
    )
    pending: list[Call] = []
    said = ""
    for call in calls:
        if call.kind == "say":
            said += call.data.decode()
        elif call.kind == "sync":
            for one in pending:
                if one.file == call.file:
                    applied(durable, one)
            pending = [one for one in pending if one.file != call.file]
        elif call.kind == "unlink":
            durable.pop(call.file, None)
            pending = [one for one in pending if one.file != call.file]
        else:
            pending.append(call)
        for survived in sorted(survivals(len(pending), chance, random_ones)):
            disk = {name: bytearray(data) for name, data in durable.items()}
            for place in survived:
                applied(disk, torn(pending[place], chance))
            yield said, disk


def laid_out(disk: Mapping[str, bytearray], home: Path) -> Path:
    """Write a disk's files into a folder."""
    home.mkdir(exist_ok=True)
    for file in home.iterdir():
        file.unlink()
    for name, data in disk.items():
        home.joinpath(name).write_bytes(data)
    return home
