"""Real processes under kill -9: every alert reaches its people once, whatever is killed when; what is sent again is recognisable.

VIGILOG_LONG=1 runs 200 kills a set-up; otherwise 10, each piece at least once, the database among them.
"""

import os
import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from safety.journal.verification import verify
from tests.hospital import Crashing, Hospital, wait_until

pytestmark = pytest.mark.uncovered

KILLS = 200 if os.environ.get("VIGILOG_LONG") == "1" else 10
SEED = int(os.environ.get("VIGILOG_SEED", "20261123"))


def kill_at_random(hospital: Hospital, dice: random.Random) -> Counter[str]:
    """File, kill somebody, let them come again; give how often each was killed."""
    killed: Counter[str] = Counter()
    names = sorted(hospital.processes)
    for name, process in hospital.processes.items():
        if name != "postgresql":
            process.start()
    # Whatever starts slowly has started: from here on the kills fall among deliveries.
    hospital.file()
    wait_until(lambda: hospital.owed() <= hospital.told().keys(), hospital.mails)
    # Each of them once, whatever the dice say.
    for name in dice.sample(names, len(names)) + dice.choices(names, k=KILLS - len(names)):
        until = time.monotonic() + dice.uniform(0.2, 4)
        while time.monotonic() < until:
            hospital.file()
            time.sleep(dice.uniform(0.02, 0.2))
        hospital.processes[name].kill()
        hospital.file()
        time.sleep(dice.uniform(0, 0.3))
        hospital.processes[name].start()
        killed[name] += 1
    return killed


SETS_UP = {
    "SQLite, in process": ("sqlite", [[]]),
    "SQLite and NATS": ("sqlite nats", [[]]),
    "PostgreSQL and NATS, two dispatchers and two workers": (
        "postgresql nats",
        [["--only", "dispatcher"]] * 2 + [["--only", "worker"]] * 2 + [["--only", "ticks"]],
    ),
}


@pytest.fixture
def held() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.mark.parametrize(("of", "parts"), SETS_UP.values(), ids=SETS_UP)
def test_nothing_is_lost_and_nothing_is_told_twice(
    tmp_path: Path, held: ExitStack, of: str, parts: list[list[str]]
) -> None:
    database = None
    if "postgresql" in of:
        database = Crashing().start()
        held.callback(database.remove)
    hospital = Hospital(tmp_path, held, parts, nats="nats" in of, database=database)
    killed = kill_at_random(hospital, random.Random(SEED))
    wait_until(
        lambda: hospital.owed() <= hospital.told().keys(), lambda: (killed, hospital.owed() - hospital.told().keys())
    )
    wait_until(lambda: hospital.unsent() == 0, lambda: (killed, hospital.unsent()))

    told = hospital.told()
    assert told.keys() == hospital.owed()
    assert {names for names, ids in told.items() if len(ids) > 1} == set(), killed
    tries = defaultdict(list)
    for mail in hospital.mails():
        tries[mail["Message-ID"]].append(int(mail["X-Vigilog-Attempt"]))
    # What was sent again says so, and counts.
    assert all(attempts == sorted(set(attempts)) for attempts in tries.values()), (killed, tries)
    receipts = Counter(
        (row.event.__dict__["message"], row.event.__dict__["channel"])
        for row in hospital.home.journal.read()
        if row.topic == "message.sent.v1"
    )
    assert set(receipts.values()) == {1}
    assert list(verify(hospital.home.journal)) == []
    again = sum(len(attempts) - 1 for attempts in tries.values())
    figures = f"{of}: kills {dict(killed)}, alerts {len(told) // 2}, messages {len(tries)}, mails sent again {again}"
    print(figures)  # noqa: T201, `pytest -s` shows it
