"""What-if: other packs asked the whole history of 10,000 subjects with 51,000 adverse events, 1,000 serious, against reading it.

`python -m bench.what_if [SUBJECTS [PACK ...]]`: 10,000 and US-FDA-IND if left out. The other side reads and folds the same
streams, which no answer can do without.
"""

import resource
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from bench.f_pages import A_BLOCK, OF_A_SUBJECT, told
from bench.trial_at_hand import DOORS, TRIAL, home_at, serious_event
from safety.adopting import packaged_adoption
from safety.aggregates.adverse_event import Reported
from safety.aggregates.deciding import Act, Form
from safety.home import Home
from safety.journal import Decision
from safety.journal.states import folded
from safety.projections.obligations import obligations
from safety.projections.trials import definition
from safety.values import Awareness
from safety.what_if import AskedAgain

PACKS = ("US-FDA-IND",)
A_SERIOUS_ONE_IN = 10


def filled(folder: Path, subjects: int) -> Home:
    """A home with the trial, each of its events known from the moment on at which it was filed."""
    home, act = home_at(folder), Act("OPERATOR", "operator", DOORS.clock())
    for block in range(subjects // A_BLOCK):
        codes, command = [f"S{block:03}-{n:03}" for n in range(A_BLOCK)], DOORS.new_id()
        writes = [home.desk.encoded(form, n, act, command) for code in codes for n, form in enumerate(known(code), 1)]
        home.journal.append(Decision(writes, command, digest=""))
    return home


def known(code: str) -> Iterator[Form]:
    """One subject's events with who was aware of them; of one subject in ten a serious one beside."""
    aware = Awareness(at=DOORS.clock(), zone="Asia/Shanghai", party="site", basis="filed")
    for form in told(code):
        yield form.model_copy(update={"aware": aware}) if isinstance(form, Reported) else form
    if int(code[-3:]) % A_SERIOUS_ONE_IN == 0:
        yield serious_event(code, OF_A_SUBJECT - 1).model_copy(update={"aware": aware})


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
