"""What was known beside what had happened: read from the tables as far as they say it, it is what folding everything would give."""

import random
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from safety.journal import Journal, open_journal
from safety.projections import At, Views
from safety.projections.incidence import incidence
from safety.projections.knowledge import AHEAD, Moment, happened, known
from safety.projections.known_to import fold_known
from safety.projections.line_listing import line_listing
from safety.values import Party, microseconds
from tests import builders as b
from tests.manual_clock import ManualClock

START = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
MEASURES = ("teae", "related", "serious")
COMPARED = ("preferred_term", "onset", "end", "severity", "grade", "serious", "outcome", "expected", "causality")
SUBJECTS = [f"S{n}" for n in range(1, 9)]


@pytest.fixture
def journal(tmp_path: Path, clock: ManualClock) -> Iterator[Journal]:
    opened = open_journal(tmp_path / "log.db", clock)
    yield opened
    opened.close()


def told_late(chance: random.Random, at: datetime) -> dict[str, Any]:  # fields of an event
    """An awareness: none, just now, or some while before the log took it, of either party."""
    before = chance.choice([None, 0, 0, 0, 30, 90])
    if before is None:
        return {}
    return {"aware": b.aware(at - before * HOUR, chance.choice(["site", "sponsor"]))}


def lived_through(journal: Journal, clock: ManualClock, seed: int) -> list[datetime]:
    """File at random for some days; give moments before, between and after."""
    chance, at, known = random.Random(seed), START, dict[str, int]()
    clock.set(microseconds(at))
    b.append(journal, b.opened(), b.registered(), *(b.enrolled(code) for code in SUBJECTS), *map(b.given, SUBJECTS))
    for _ in range(60):
        at += chance.randint(1, 20) * HOUR
        clock.set(microseconds(at))
        code, late = chance.choice(SUBJECTS), told_late(chance, at)
        number = chance.randint(1, known.get(code, 0)) if known.get(code) else 0
        onset = f"2026-03-{chance.randint(1, 28):02}"
        what = chance.randint(0, 6)
        if what <= 2 or not number:
            known[code] = known.get(code, 0) + 1
            serious = chance.choice("YN")
            b.append(journal, b.reported(code, known[code], onset, serious=serious, causality="POSSIBLE", **late))
        elif what == 3:
            b.append(journal, b.followed_up(code, number, severity=chance.choice(["MILD", "SEVERE"]), **late))
        elif what == 4:
            causality = chance.choice(["NONE", "PROBABLE"])
            b.append(journal, b.causality_assessed(code, number, "investigator", causality, **late))
        elif what == 5:
            b.append(journal, b.corrected(code, number, "AESTDTC", started_on=onset, **late))
        else:
            b.append(journal, b.nullified(code, number, **late))
    return [START - HOUR, START, *(START + day * 24 * HOUR for day in range(1, 28, 6)), at, at + HOUR]


def folded(journal: Journal, party: Party, by: datetime, head: int, *, both: bool) -> tuple[dict, dict]:  # type: ignore[type-arg]  # compared as they are
    """What folding everything gives: the events that stand, and the counts."""
    with (
        closing(fold_known(journal, b.TRIAL, party, by, head, sponsor_investigator=both)) as views,
        views.connect() as connection,
    ):
        rows = line_listing(connection, b.TRIAL, At(head))["rows"]
        groups = incidence(connection, b.TRIAL, At(head))["groups"]
    events = {(row["subject"], row["number"]): row for row in rows if not row["nullified"]}
    parts = {name: [group["measures"][name] for group in groups] for name in MEASURES}
    counts = {
        name: (sum(of["subjects"] for of in each), sum(of["events"] for of in each)) for name, each in parts.items()
    }
    return events, counts


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("both", [False, True])
def test_it_is_what_folding_everything_gives(journal: Journal, clock: ManualClock, seed: int, *, both: bool) -> None:
    moments = lived_through(journal, clock, seed)
    head = journal.head().position
    differing = 0
    with closing(Views.in_memory()) as views:
        views.catch_up(journal)
        with views.connect() as connection:
            for by in moments:
                held, after = (journal.position_at(microseconds(at)) for at in (by, by - AHEAD))
                of = Moment(b.TRIAL, "sponsor", both, by, head, held, 10**12, after, measures=MEASURES)
                keys, knew = known(connection, journal, of)
                count, had, undated = happened(connection, journal, of, keys, knew)
                events, counts = folded(journal, "sponsor", by, head, both=both)
                whole = {
                    (row["subject"], row["number"]): row
                    for row in line_listing(connection, b.TRIAL, At(head))["rows"]
                    if not row["nullified"]
                }
                assert (count, undated) == (len(whole), {})
                assert {n: (c["subjects"], c["events"]) for n, c in knew.counts.items()} == counts, by
                for key, row in whole.items():
                    mine = knew.events.get(key) if keys is None or key in keys else row
                    theirs = events.get(key)
                    assert (mine is None) == (theirs is None), (by, key)
                    if mine is not None and theirs is not None:
                        assert [mine[name] for name in COMPARED] == [theirs[name] for name in COMPARED], (by, key)
                        assert keys is None or key not in keys or had.events[key] == row
                differing += held < head and keys is not None
    assert differing > 1, "some moments were answered from the tables and a few subjects"


def test_where_another_definition_governed_everything_is_folded(journal: Journal, clock: ManualClock) -> None:
    clock.set(microseconds(START))
    b.append(journal, b.opened(), b.registered(), b.enrolled(), b.given(), b.reported())
    clock.set(microseconds(START + HOUR))
    b.append(journal, b.amended(b.definition(title="Another title")))
    with closing(Views.in_memory()) as views:
        views.catch_up(journal)
        with views.connect() as connection:
            of = Moment(b.TRIAL, "sponsor", False, START, 6, 5, 10**12, 0, measures=MEASURES)  # noqa: FBT003, a tuple's place
            keys, knew = known(connection, journal, of)
    assert keys is None
    assert list(knew.events) == [("S1", 1)]
    assert knew.counts["teae"] == {"subjects": 1, "events": 1, "of": 1}
