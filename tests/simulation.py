"""Runs the program's own delivery for a few virtual minutes on a world that its seed makes hostile; `python -m tests.simulation SEED`.

One run is one trial, three people, two dispatchers and, in half of the runs, a broker and two workers, over one log.
"""

import asyncio
import atexit
import contextlib
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from notifications.record import LEASE_SECONDS
from safety.aggregates.account import Added
from safety.directory import Directory, Person
from safety.home import Doors, open_home
from safety.projections import Views
from safety.scratch import Scratch
from safety.settings import Settings
from tests.builders import T0, append, built, definition, enrolled, registered
from tests.simulated_broker import SimulatedBroker
from tests.simulated_due import Timetable
from tests.simulated_faults import CALM_AT, Plan, drawn, staffed
from tests.simulated_loop import simulate
from tests.simulated_process import Parts, Process, dispatching, owned, working
from tests.simulated_story import HOLDERS, LADDER, PEOPLE, TIMETABLE, happens
from tests.simulated_verdict import Expected, Onlooker
from tests.simulated_world import EVER, SWEEP_SECONDS, Databases, World

PARTS = Parts()
LOOKS_EVERY = 10.0
ENDS_AT = 900.0
"""Seconds from the start at which what has not arrived is lost: the calm, two leases and the longest delay."""


@dataclass(frozen=True)
class Ran:
    """What came of a run."""

    seed: int
    faults: list[str]
    trace: str
    worst: float
    lasted: float
    story: list[str] | None = None
    staffed: bool = False


def shared_memory() -> str | None:
    """A place in memory, where there is one: nothing here has to survive the machine."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


@cache
def _kept() -> TemporaryDirectory[str]:
    folder = TemporaryDirectory(prefix="vigilog-simulated-", dir=shared_memory())
    atexit.register(folder.cleanup)
    return folder


@cache
def prepared() -> Path:
    """A home with its trial and its people, made once; each run begins with a copy."""
    home = Path(_kept().name) / "home"
    doors = Doors(clock=lambda: T0, salt=lambda: b"0" * 16, new_id=iter("begins").__next__)
    opened = open_home(Settings(home=home), doors)
    with contextlib.closing(opened):
        people = [built(Added, account=name, roles=roles) for name, roles in PEOPLE.items()]
        append(opened.journal, *people, registered(definition(ladder=LADDER)), enrolled())
        for name, roles in PEOPLE.items():
            opened.directory.put(Person(name, name.title(), f"{name.lower()}@hospital.org", roles))
        opened.views.catch_up(opened.journal)
        opened.scratch  # noqa: B018, looking at it makes it
    return home


@cache
def databases(home: Path, scratch: Callable[[str], Scratch]) -> Databases:
    """What lies in a home beside its log, the leases in a scratch of the program or of a planted bug."""
    directory = Directory(f"sqlite:///{home / 'directory.db'}")
    return Databases(directory, scratch(f"sqlite:///{home / 'scratch.db'}"), Views(home))


@contextlib.contextmanager
def copied() -> Iterator[Path]:
    """A home of one run, in the place where the one of the run before it was."""
    home = Path(_kept().name) / "run"
    shutil.rmtree(home, ignore_errors=True)
    yield shutil.copytree(prepared(), home)


def run(seed: int, parts: Parts = PARTS, plan: Plan | None = None, *, tell: bool = False) -> Ran:
    """Run one seed to its end and judge it."""
    planned = drawn(seed) if plan is None else plan
    with copied() as home:
        world = World(home, seed, planned, databases(home, parts.scratch))
        world.told = [] if tell else None
        with contextlib.closing(world), parts.patched():
            return simulate(lambda: _run(world, parts, seed), seed)


async def _run(world: World, parts: Parts, seed: int) -> Ran:
    asyncio.get_running_loop().set_task_factory(owned)  # type: ignore[arg-type]  # its stub knows no context
    broker = SimulatedBroker(world) if world.plan.brokered else None
    processes = [
        Process(world, f"dispatcher{n}", parts, dispatching(parts, broker))
        for n in range(1, world.plan.dispatchers + 1)
    ]
    if broker is not None:
        processes += [Process(world, f"worker{n}", parts, working(parts, broker)) for n in (1, 2)]
    running = [asyncio.create_task(process.run()) for process in processes]
    try:
        return await _until_paid(world, broker, seed)
    finally:
        for task in running:
            task.cancel()
        for process in processes:
            process.end()


async def _until_paid(world: World, broker: SimulatedBroker | None, seed: int) -> Ran:
    happens(world, broker)
    # What falls due with time is nobody's commit: without sweeps nobody looks.
    timetable = TIMETABLE if world.plan.sweeper else Timetable((), ())
    expected = Expected(HOLDERS, world.channels, timetable, world.plan.bounces)
    while world.time < ENDS_AT:
        await asyncio.sleep(LOOKS_EVERY)
        onlooker = Onlooker(world.seen, expected, world.time)
        if world.time > CALM_AT and onlooker.paid():
            break
    onlooker = Onlooker(world.seen, expected, world.time)
    verdict = onlooker.verdict(bound=longest(world.plan, onlooker.round))
    return Ran(seed, verdict.faults, world.trace, verdict.worst, world.time, world.told, world.plan.staffed)


def longest(plan: Plan, round_: float) -> float:
    """The longest that anything may wait where one crash is all that goes wrong: a sweep and a lease.

    Where rings at a commit are not heard either, what was committed waits for a sweep of its own before that.
    """
    if plan.only is None or not plan.sweeper:
        return EVER
    return LEASE_SECONDS + round_ + (SWEEP_SECONDS if plan.unheard else 0.0)


def main() -> int:
    """Tell one run, line by line, and what was found."""
    seed, *how = sys.argv[1:] or [""]
    if not seed.isdecimal() or how not in ([], ["staffed"]):
        print("Name one seed, a whole number: python -m tests.simulation SEED [staffed]", file=sys.stderr)  # noqa: T201, it is a program for people
        return 2
    ran = run(int(seed), plan=staffed(int(seed)) if how else None, tell=True)
    print(*(ran.story or []), *ran.faults, sep="\n")  # noqa: T201, the same
    print(f"seed {ran.seed}: {len(ran.faults)} faults, worst delay {ran.worst:.1f} s, trace {ran.trace}")  # noqa: T201, the same
    return 1 if ran.faults else 0


if __name__ == "__main__":
    sys.exit(main())
