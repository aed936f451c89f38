"""Killed or failed at any write or sync: what was acknowledged is there, nothing is half stored, every SAE has its alert."""

import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from safety.aggregates.adverse_event import Reported
from safety.home import LOG
from tests.crash_driver import SOURCE_IDS, file_one, import_folder, new_home, opened, write_folder
from tests.fault_injection import DRIVER, Answer, Workload, calls_of, environment, fresh, hit_drivers, needs_strace
from tests.stored_whole import acknowledged, commands, damage

pytestmark = pytest.mark.uncovered

LONG = "VIGILOG_LONG" in os.environ
only_long = pytest.mark.skipif(not LONG, reason="the long form: set VIGILOG_LONG=1")


@pytest.fixture(scope="module")
def workloads(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Workload]:
    there = tmp_path_factory.mktemp("workloads")
    filing, empty = new_home(there / "enrolled", enrolled=True), new_home(there / "empty", enrolled=False)
    folder, two = write_folder(there / "folder"), ("two-0-0", "two-0-1")
    return {
        "first start": Workload(("start",), None),
        "one filing": Workload(("file", "one", "1", "1"), filing, ("one-0-0",), ("ONE-0-0",)),
        "two filings": Workload(("file", "two", "1", "2"), filing, two, tuple(map(str.upper, two))),
        "import": Workload(("import", str(folder), "imported"), empty, ("imported",), SOURCE_IDS),
    }


def after_restart(home: Path, workload: Workload, answer: Answer) -> list[str]:
    """Open the home anew and list what is wrong, before and after the same commands are given again."""
    with opened(home) as found:
        wrong = damage(found, acknowledged(answer.said))
        before = set(commands(found))
        for command_id in workload.command_ids:
            if workload.arguments[0] == "import":
                import_folder(found, Path(workload.arguments[1]), command_id)
            elif file_one(found, command_id).repeated != (command_id in before):
                wrong.append(
                    f"{command_id} {'was' if command_id in before else 'was not'} stored and is not answered so"
                )
        reported = sorted(
            known.event.source_id or "" for known in found.journal.read() if isinstance(known.event, Reported)
        )
        if reported != sorted(workload.reported):
            wrong.append(f"reported after the repetition: {reported}")
        return wrong + damage(found, {})


# --- killed ----------------------------------------------------------------------------------------------------------


@needs_strace
@pytest.mark.parametrize("what", ["first start", "one filing", "import"])
def test_killed_at_any_call(what: str, workloads: dict[str, Workload], tmp_path: Path) -> None:
    workload, home, wrong = workloads[what], tmp_path / "home", []
    calls = calls_of(workload, home)
    assert calls["pwrite64"] >= 10
    assert calls["fdatasync"] + calls["fsync"] >= 4
    for call, total in calls.items():
        with hit_drivers(home, call, "signal=KILL") as killed:
            for k in range(1, total + 1):
                answer = killed.run(workload, k)
                assert answer.code == -signal.SIGKILL, (call, k, answer)
                wrong += [f"{call} {k}: {finding}" for finding in after_restart(home, workload, answer)]
            assert killed.run(workload, total + 1).code == 0
    assert not wrong


def kill_while_filing(home: Path, arguments: Iterable[str], delay: float) -> list[str]:
    """Kill the driver some time after its first acknowledgement; give what it had said."""
    run = [sys.executable, str(DRIVER), str(home), *arguments]
    with subprocess.Popen(run, stdout=subprocess.PIPE, text=True, env=environment()) as driver:
        assert driver.stdout is not None
        said = [driver.stdout.readline(), driver.stdout.readline()]
        time.sleep(delay)
        driver.kill()
        said += driver.stdout.readlines()
    assert driver.returncode == -signal.SIGKILL, "the driver was through before it was killed: let it file more"
    return said


def known_of(word: str, acked: Iterable[str]) -> list[str]:
    """What was acknowledged, and for each of four threads the filing that it was at when it was killed."""
    filed = Counter(int(command_id.split("-")[1]) for command_id in acked)
    return [*acked, *(f"{word}-{thread}-{filed[thread]}" for thread in range(4))]


def test_killed_at_any_moment_while_four_threads_file(workloads: dict[str, Workload], tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    chance, wrong = random.Random(seed), []
    filing = Workload(("file", "many", "4", "2000"), workloads["one filing"].home)
    for turn in range(100 if LONG else 20):
        home = fresh(filing, tmp_path / "home")
        said = kill_while_filing(home, filing.arguments, chance.uniform(0, 0.15))
        ids = tuple(known_of("many", acknowledged(said)))
        again = filing._replace(command_ids=ids, reported=tuple(map(str.upper, ids)))
        found = after_restart(home, again, Answer(-signal.SIGKILL, said))
        wrong += [f"seed {seed}, turn {turn}: {finding}" for finding in found]
    assert not wrong


# --- a disk that refuses ---------------------------------------------------------------------------------------------


def not_told(answer: Answer) -> list[str]:
    """List what was wrong with how a fault was told: a crash, an answer and a refusal of the same act, a bad sentence."""
    refusals = {line.split()[1]: line for line in answer.said if line.startswith("NOT ")}
    wrong = [] if answer.code in (0, 3) else [f"the driver left with {answer.code}"]
    wrong += [f"{one} was refused and acknowledged" for one in refusals.keys() & acknowledged(answer.said)]
    return wrong + [
        line for line in refusals.values() if not re.search("nothing was stored|send the same command", line)
    ]


@needs_strace
@pytest.mark.parametrize("when", ["once", "ever after"])
@pytest.mark.parametrize("fault", ["fdatasync EIO", "pwrite64 ENOSPC", pytest.param("pwrite64 EIO", marks=only_long)])
@pytest.mark.parametrize("what", ["first start", "two filings", "import"])
def test_the_disk_refuses_a_call(
    what: str, fault: str, when: str, workloads: dict[str, Workload], tmp_path: Path
) -> None:
    workload, home, wrong, refused = workloads[what], tmp_path / "home", [], 0
    call, error = fault.split()
    calls = calls_of(workload, home)[call]
    with hit_drivers(home, call, f"error={error}", ever_after=when == "ever after") as failing:
        for k in range(1, calls + 1):
            answer = failing.run(workload, k)
            refused += sum(line.startswith("NOT ") for line in answer.said)
            found = [*not_told(answer), *after_restart(home, workload, answer)]
            wrong += [f"{call} {k}: {finding}" for finding in found]
    assert not wrong
    assert refused, "no fault reached a caller: the fault is not where the program writes"


# --- the check can fail ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tampering", "finding"),
    [
        (
            "DELETE FROM log WHERE position > 10; DELETE FROM command WHERE first_position > 10",
            "was acknowledged and is lost",
        ),
        ("DELETE FROM log WHERE topic = 'alert.raised.v1'", "was acknowledged at 12 and ends at 11"),
        ("DELETE FROM log WHERE topic = 'adverse_event.reported.v1'", "is half stored"),
        ("UPDATE log SET recorded_at = recorded_at + 1 WHERE position = 12", "was recorded in more than one moment"),
        ("UPDATE log SET meta = replace(meta, 'one-0-0', 'other')", "claims positions of another command"),
        (
            "UPDATE log SET body = replace(body, 'S01/1', 'S02/1')",
            "['S01/1'] are serious, alerts were raised for ['S02/1']",
        ),
        ("UPDATE command SET first_position = 12 WHERE first_position = 11", "begins at 12 instead of 11"),
        ("DELETE FROM log WHERE position > 10", "claims positions that are not there"),
        ("DELETE FROM command WHERE first_position = 11", "no command claims what is from position 11 on"),
    ],
)
def test_damage_is_found(tampering: str, finding: str, workloads: dict[str, Workload], tmp_path: Path) -> None:
    home = fresh(workloads["one filing"], tmp_path / "home")
    with opened(home) as found:
        acked = {"one-0-0": file_one(found, "one-0-0").positions[-1]}
        assert damage(found, acked) == []
    connection = sqlite3.connect(home / LOG)
    for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {trigger}")
    connection.executescript(tampering)
    connection.close()
    with opened(home) as found:
        assert any(finding in said for said in damage(found, acked))
