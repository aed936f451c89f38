"""Power is cut at any moment: whatever part of the unsynced writes is lost, what was acknowledged is there, and whole."""

import os
import random
from collections import Counter
from pathlib import Path

import pytest

from safety.home import Unusable
from safety.journal import Unavailable, UnknownTopic
from tests.crash_driver import SOURCE_IDS, new_home, opened, write_folder
from tests.fault_injection import Workload, needs_strace
from tests.power_loss import laid_out, recorded, states
from tests.stored_whole import acknowledged, damage

pytestmark = [needs_strace, pytest.mark.uncovered]
LONG = "VIGILOG_LONG" in os.environ


def outcomes(workload: Workload, there: Path, random_ones: int) -> Counter[str]:
    """Cut the power at every call of a workload; count the disks by what was wrong with them."""
    found: Counter[str] = Counter()
    calls = recorded(workload, there / "home")
    for said, disk in states(workload, calls, random.Random(1), random_ones):
        try:
            with opened(laid_out(disk, there / "after")) as home:
                wrong = damage(home, acknowledged(said.splitlines(keepends=True)))
        except (Unusable, Unavailable, UnknownTopic, ValueError) as fault:
            wrong = [f"unreadable: {type(fault).__name__}"]
        found[wrong[0] if wrong else "sound"] += 1
    return found


@pytest.fixture
def enrolled(tmp_path: Path) -> Path:
    return new_home(tmp_path / "enrolled", enrolled=True)


def test_filing_survives(enrolled: Path, tmp_path: Path) -> None:
    filing = Workload(("file", "cut", "1", "60" if LONG else "16"), enrolled)
    found = outcomes(filing, tmp_path, 100 if LONG else 4)
    assert found.keys() == {"sound"}
    assert found.total() > 700


def test_a_first_start_survives(tmp_path: Path) -> None:
    found = outcomes(Workload(("start",), None), tmp_path, 100 if LONG else 2)
    assert found.keys() == {"sound"}
    assert found.total() > 100


def test_an_import_survives(tmp_path: Path) -> None:
    folder, empty = write_folder(tmp_path / "folder"), new_home(tmp_path / "empty", enrolled=False)
    found = outcomes(Workload(("import", str(folder), "cut"), empty, (), SOURCE_IDS), tmp_path, 100 if LONG else 2)
    assert found.keys() == {"sound"}
    assert found.total() > 200


def test_without_syncs_it_would_not_survive(enrolled: Path, tmp_path: Path) -> None:
    """The control: the same filings on a log that does not wait for the disk lose what was acknowledged."""
    found = outcomes(Workload(("careless", "file", "cut", "1", "16"), enrolled), tmp_path, 4)
    assert any("was acknowledged and is lost" in wrong for wrong in found)
