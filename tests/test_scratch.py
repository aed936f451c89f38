"""Leases: one holder at a time, given back only by its holder, run out by themselves; heartbeats: the last moment of each part."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from safety.home import dialect_url
from safety.scratch import Lease, Scratch, ScratchUnusable

NOW, LENGTH = 1_000_000, 100


@pytest.fixture(params=["sqlite", "postgresql"])
def scratch(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scratch]:
    on_sqlite = request.param == "sqlite"
    url = (
        f"sqlite:///{tmp_path / 'scratch.db'}"
        if on_sqlite
        else dialect_url(request.getfixturevalue("fresh_postgres_url"))
    )
    opened = Scratch(url)
    yield opened
    opened.close()


def take(scratch: Scratch, holder: str, now: int = NOW) -> Lease | None:
    return scratch.take("M-1", holder, now=now, length=LENGTH)


def test_one_holds_it_until_it_is_given_back_or_runs_out(scratch: Scratch) -> None:
    first = take(scratch, "A")
    assert first == Lease("M-1", "A", NOW + LENGTH, 1, NOW)
    assert take(scratch, "B") is None
    assert take(scratch, "A") is None
    assert take(scratch, "B", NOW + LENGTH - 1) is None
    late = take(scratch, "B", NOW + LENGTH)
    assert late is not None
    assert late.tries == 2
    assert first is not None
    scratch.release(first)
    assert take(scratch, "C", NOW + LENGTH) is None
    scratch.release(late)
    assert scratch.lease("M-1") == late._replace(until=0)
    again = take(scratch, "C", NOW + LENGTH)
    assert again is not None
    assert again.tries == 3
    scratch.forget(again)
    assert scratch.lease("M-1") is None


def test_a_lease_is_held_for_longer_by_its_holder_alone(scratch: Scratch) -> None:
    first = take(scratch, "A")
    assert first is not None
    scratch.renew(first, now=NOW + 90, length=LENGTH)
    assert take(scratch, "B", NOW + LENGTH) is None
    second = take(scratch, "B", NOW + 90 + LENGTH)
    assert second is not None
    scratch.renew(first, now=NOW + 10 * LENGTH, length=LENGTH)
    assert take(scratch, "C", second.until) is not None


def test_a_lease_from_before_the_clock_was_set_back_holds_nobody_up(scratch: Scratch) -> None:
    assert take(scratch, "A", NOW) is not None
    assert take(scratch, "B", NOW - LENGTH) is None  # as far as that, clocks may differ
    assert take(scratch, "B", NOW - LENGTH - 1) is not None


def test_a_lease_holds_against_a_clock_that_is_a_little_behind(scratch: Scratch) -> None:
    assert take(scratch, "A", NOW) is not None
    assert take(scratch, "B", NOW - 1) is None


def test_of_many_who_take_at_once_one_has_it(scratch: Scratch) -> None:
    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(lambda holder: take(scratch, str(holder)), range(32)))
    assert len([lease for lease in taken if lease is not None]) == 1


def test_each_part_leaves_its_last_beat(scratch: Scratch) -> None:
    assert scratch.beats() == {}
    for part, now in (("ticks", 1), ("worker", 2), ("ticks", 3)):
        scratch.beat(part, now=now)
    assert scratch.beats() == {"ticks": 3, "worker": 2}


def test_what_cannot_be_used_says_so_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "scratch.db").mkdir()
    with pytest.raises(ScratchUnusable, match="the scratch database cannot be used: unable to open"):
        Scratch(f"sqlite:///{tmp_path / 'scratch.db'}")
