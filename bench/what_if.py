"""What-if: other packs asked the whole history of 10,000 subjects with 51,000 adverse events, against reading it alone.

`python -m bench.what_if [SUBJECTS [PACK ...]]`: 10,000 and US-FDA-IND if left out. The other side reads and folds the same
streams, which no answer can do without.
"""

import resource
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from bench.f_pages import filled
from bench.trial_at_hand import TRIAL
from safety.adopting import packaged_adoption
from safety.home import Home
from safety.journal.states import folded
from safety.projections.obligations import obligations
from safety.projections.trials import definition
from safety.what_if import AskedAgain

PACKS = ("US-FDA-IND",)


def most() -> float:
    """The most memory that this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def prepared(home: Home, packs: tuple[str, ...]) -> tuple[AskedAgain, int]:
    """Fill in the packs and read what was decided."""
    home.views.catch_up(home.journal)
    now = home.doors.clock()
    with home.views.connect() as connection:
        at = home.views.now(connection)
        recorded = obligations(connection, TRIAL, at, now)["obligations"]
        adopted = packaged_adoption(TRIAL, packs, definition(connection, TRIAL, at), now)
    return AskedAgain(home.journal, recorded, adopted, at.position, now), at.position


def read_alone(home: Home, position: int) -> int:
    """Read and fold every stream of a subject; how many there are."""
    streams = [name for name in home.journal.versions(position) if name.startswith(f"{TRIAL}/subject/")]
    for name in streams:
        folded(home.journal.stream(name))
    return len(streams)


def main(subjects: int, packs: tuple[str, ...]) -> None:
    """Measure, and print the row."""
    with tempfile.TemporaryDirectory() as folder:
        home = filled(Path(folder), subjects)
        try:
            asked, position = prepared(home, packs)
            before, begun = most(), perf_counter()
            found = asked.whole()
            took, after, begun = perf_counter() - begun, most(), perf_counter()
            count = read_alone(home, position)
            bare = perf_counter() - begun
        finally:
            home.close()
    counts = {name: rows if isinstance(rows, int) else len(rows) for name, rows in found.items()}
    print(
        f"what-if, {count:,} subjects under {', '.join(packs)}: {took:.1f} s / read and folded {bare:.1f} s = {took / bare:.1f}"
    )
    print(f"{1e3 * took / count:.2f} ms a subject; {before:.0f} MB before, {after:.0f} MB at the most; {counts}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, tuple(sys.argv[2:]) or PACKS)
