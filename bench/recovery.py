"""Recovery: each piece is killed without a word; how long after it is back until everybody has been told what was owed meanwhile."""

import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from notifications.record import LEASE_SECONDS
from notifications.working import ROUND_SECONDS
from tests.hospital import Crashing, Hospital, wait_until

ROUNDS = int(os.environ.get("VIGILOG_ROUNDS", "7"))
AWAY_SECONDS = 1.0
LIMIT_SECONDS = ROUND_SECONDS + LEASE_SECONDS
"""A sweep, and the lease of whoever died over a message."""

TOGETHER: list[list[str]] = [[]]
APART = [["--only", "dispatcher"], ["--only", "worker"], ["--only", "ticks"]]


@contextmanager
def running(parts: list[list[str]], *, apart: bool) -> Iterator[Hospital]:
    """Run a hospital: in one process on SQLite, or each part apart on PostgreSQL and NATS."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as held:
        database = Crashing().start() if apart else None
        if database is not None:
            held.callback(database.remove)
        hospital = Hospital(Path(folder), held, parts, nats=apart, database=database)
        for name, process in hospital.processes.items():
            if name != "postgresql":
                process.start()
        hospital.file()
        all_told(hospital)
        yield hospital


def all_told(hospital: Hospital) -> None:
    """Wait until every officer has a mail of every alert, and the log has every receipt."""
    wait_until(lambda: hospital.owed() <= hospital.told().keys(), hospital.told, every=0.02)


def recovery(hospital: Hospital, name: str, dice: random.Random) -> float:
    """Kill a piece while it is owed something; seconds from its coming back until all of it is told."""
    hospital.file()
    time.sleep(dice.uniform(0, 0.03))
    hospital.processes[name].kill()
    hospital.file()
    time.sleep(AWAY_SECONDS)
    hospital.processes[name].start()
    back = time.monotonic()
    all_told(hospital)
    wait_until(lambda: hospital.unsent() == 0, hospital.unsent, every=0.02)
    return time.monotonic() - back


def main() -> None:
    """Measure every piece of both set-ups."""
    dice = random.Random(20261123)
    set_ups = (("in one process on SQLite", TOGETHER, False), ("apart, on PostgreSQL and NATS", APART, True))
    for of, parts, apart in set_ups:
        with running(parts, apart=apart) as hospital:
            for name in sorted(hospital.processes):
                took = sorted(recovery(hospital, name, dice) for _ in range(ROUNDS))
                print(
                    f"{of}, {name}: median {statistics.median(took):.1f} s, longest {took[-1]:.1f} s = "
                    f"{took[-1] / LIMIT_SECONDS:.2f} of sweep and lease ({LIMIT_SECONDS:.0f} s)",
                    flush=True,
                )


if __name__ == "__main__":
    main()
