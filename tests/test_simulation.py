"""Thousands of seeded runs of the program's own delivery among faults: nothing lost, twice, early or late; and each planted bug found.

Two thousand runs, in a quarter of which the staff comes and goes; with VIGILOG_LONG=1 25,000 and a fifth. A seed that fails is
repeated, and told, by `python -m tests.simulation SEED`, with `staffed` after it where the staff comes and goes.
"""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import planted_bugs, planted_in_staff
from tests.planted_bugs import Planted
from tests.simulated_faults import Plan, drawn, staffed
from tests.simulation import Ran, run

pytestmark = pytest.mark.uncovered

SEEDS, STAFFED = (20_000, 5_000) if "VIGILOG_LONG" in os.environ else (1_500, 500)
BLOCK = SEEDS // 30
WITHIN = 1_000
BUGS = planted_bugs.BUGS | planted_in_staff.STAFF_BUGS
ROOT = Path(__file__).parent.parent


def told(ran: Ran) -> str:
    how = " staffed" if ran.staffed else ""
    return "\n".join([*ran.faults, f"repeat it with: python -m tests.simulation {ran.seed}{how}"])


BLOCK_OF_SEEDS = """
from tests.simulation import run
from tests.simulated_faults import {plan}
from tests.test_simulation import told
for seed in range({first}, {beyond}):
    ran = run(seed, plan={plan}(seed))
    if ran.faults:
        print(told(ran))
"""


@pytest.mark.parametrize("first", range(0, SEEDS, BLOCK))
def test_whatever_goes_wrong_nothing_is_lost_twice_early_or_late(first: int) -> None:
    assert faults_of_a_block("drawn", first) == ""


@pytest.mark.parametrize("first", range(0, STAFFED, BLOCK))
def test_whoever_comes_and_goes_nothing_is_lost_twice_early_or_late(first: int) -> None:
    """The same plans, while roles are vacated and filled, somebody is away, and something waits for the digest."""
    assert faults_of_a_block("staffed", first) == ""


def faults_of_a_block(plan: str, first: int) -> str:
    """Run seeds in a process of its own that no coverage slows down: what it runs is covered by the tests of each part."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    block = BLOCK_OF_SEEDS.format(plan=plan, first=first, beyond=first + BLOCK)
    environ["PYTHONPATH"] = str(ROOT)
    came = subprocess.run([sys.executable, "-c", block], cwd=ROOT, env=environ, capture_output=True, text=True, check=False)  # fmt: skip
    assert came.returncode == 0, came.stderr
    return came.stdout


def asked(*seeds: int) -> str:
    """Run seeds in a process of its own, whose sets and dicts have another order."""
    code = f"from tests.simulation import run; print([run(seed).trace for seed in {seeds}])"
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "12345"}
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environ, capture_output=True, text=True, check=True).stdout  # fmt: skip


def test_one_seed_gives_one_trace_also_in_another_process() -> None:
    seeds = tuple(range(1, 13))
    traces = [run(seed).trace for seed in seeds]
    assert traces == [run(seed).trace for seed in seeds]
    assert asked(*seeds) == f"{traces}\n"
    assert len(set(traces)) == len(seeds)


def test_a_seed_is_told_by_the_command_that_repeats_it() -> None:
    command = [sys.executable, "-m", "tests.simulation", "5"]
    came = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert f"seed 5: 0 faults, worst delay {run(5).worst:.1f} s, trace {run(5).trace}" in came
    assert "dispatcher1.1 starts" in came


LEAST = {
    "dies at": 20,
    "clock jumps": 4,
    " refused": 5,
    " unconfirmed": 2,
    " lost": 3,
    " late": 3,
    " twice": 3,
    " wiped": 2,
    " alert.raised": 100,
    " alert.acknowledged": 60,
    " message.failed": 15,
    " 2 taken": 5,
    " SMTP-550": 2,
    "/alert/A-DATE": 5,
}
"""How many lines of sixty runs at least tell of each, so that no change makes the world a peaceful one unnoticed."""


LEAST_STAFFED = {
    " account.changed": 60,
    " account.absence_set": 15,
    " alert.released": 20,
    " alert.settled": 10,
    "/alert/A-QUIET": 60,
}
"""The same of runs in which the staff comes and goes."""


@pytest.mark.parametrize(("plan", "least"), [(drawn, LEAST), (staffed, LEAST_STAFFED)], ids=["drawn", "staffed"])
def test_the_runs_meet_what_they_are_for(plan: Callable[[int], Plan], least: dict[str, int]) -> None:
    met: Counter[str] = Counter()
    for seed in range(60):
        story = run(seed, plan=plan(seed), tell=True).story or []
        met.update(what for line in story for what in least if what in line)
    assert {what: met[what] for what, count in least.items() if met[what] < count} == {}


def first_found(bug: Planted) -> Ran | None:
    """Run seeds until the bug shows as what it is."""
    for seed in range(WITHIN):
        ran = run(seed, bug.parts, None if bug.plan is None else bug.plan(seed))
        if any(fault.startswith(bug.shows) for fault in ran.faults):
            return ran
    return None


@pytest.mark.parametrize("name", BUGS)
def test_a_planted_bug_is_found_and_its_seed_finds_it_again(name: str) -> None:
    bug = BUGS[name]
    found = first_found(bug)
    assert found is not None, f"{name}: not found within {WITHIN} seeds"
    again = run(found.seed, bug.parts, None if bug.plan is None else bug.plan(found.seed))
    assert (again.trace, again.faults) == (found.trace, found.faults)


@pytest.mark.parametrize("name", [name for name, bug in BUGS.items() if bug.plan is not None])
def test_where_a_layer_is_switched_off_it_is_the_bug_that_shows_and_not_the_missing_layer(name: str) -> None:
    bug = BUGS[name]
    for seed in range(12):
        ran = run(seed, bug.without, bug.plan(seed) if bug.plan is not None else None)
        assert not ran.faults, told(ran)
