"""The golden vectors of Day 0 and due, worked out by others: zones, leap day, year end, daylight saving, hours."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety.regulation.dates import Unreckonable, first_instant, reckon

VECTORS = Path(__file__).resolve().parents[2] / "shared" / "data" / "deadlines" / "deadline_vectors.json"
CASES: list[dict[str, Any]] = json.loads(VECTORS.read_text(encoding="utf-8")) if VECTORS.is_file() else []


@pytest.mark.skipif(not CASES, reason="the outside data ../shared/data/deadlines is not here")
def test_there_are_thirteen_vectors() -> None:
    assert len(CASES) == 13


@pytest.mark.parametrize("vector", CASES, ids=lambda vector: vector["name"])
def test_a_vector(vector: dict[str, Any]) -> None:
    clock = reckon(datetime.fromisoformat(vector["start"]), vector["limit"], vector["unit"], vector["tz"])
    assert clock.due_at is not None
    assert clock.due_on is not None
    expected = vector["expect"]
    if isinstance(expected, str):
        assert clock.due_at == datetime.fromisoformat(expected)
    else:
        found = {
            "day0": clock.day0.isoformat(),
            "due_date": clock.due_on.isoformat(),
            "overdue_at_utc": clock.due_at.isoformat(),
        }
        assert found == expected


# --- local midnights -------------------------------------------------------------------------------------------------

MIDNIGHTS = [
    ("Asia/Shanghai", "2026-03-06", "2026-03-05T16:00:00+00:00"),
    ("Asia/Beirut", "2026-03-29", "2026-03-28T22:00:00+00:00"),  # 00:00 does not exist: clocks jump to 01:00
    ("America/Havana", "2026-11-01", "2026-11-01T04:00:00+00:00"),  # 00:00 occurs twice: the first
    ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00+00:00"),  # the date does not exist
    ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00+00:00"),
    ("Asia/Shanghai", "1900-01-01", "1899-12-31T15:54:17+00:00"),  # local mean time
]


@pytest.mark.parametrize(("zone", "day", "instant"), MIDNIGHTS, ids=[f"{zone} {day}" for zone, day, _ in MIDNIGHTS])
def test_the_first_instant_of_a_local_date(zone: str, day: str, instant: str) -> None:
    assert first_instant(date.fromisoformat(day), zone).isoformat() == instant


@given(
    st.dates(date(1950, 1, 1), date(2060, 1, 1)),
    st.sampled_from(
        ["Asia/Shanghai", "America/New_York", "Europe/London", "Asia/Beirut", "Pacific/Apia", "America/Sao_Paulo"]
    ),
)
def test_a_date_begins_where_the_one_before_ends(day: date, zone: str) -> None:
    at, tz = first_instant(day, zone), ZoneInfo(zone)
    assert at.astimezone(tz).date() >= day
    assert (at - timedelta(seconds=1)).astimezone(tz).date() < day


def test_hours_elapse_and_nothing_without_a_number_is_due() -> None:
    start = datetime(2026, 10, 31, 12, tzinfo=UTC)
    assert reckon(start, 24, "hour", "America/New_York").due_at == start + timedelta(hours=24)
    assert reckon(start, None, "immediately", "UTC").due_at is None
    assert reckon(start, None, "calendar_day", "UTC").due_on is None


@pytest.mark.parametrize(("limit", "unit"), [(1, "calendar_day"), (24, "hour")])
def test_a_due_date_beyond_the_calendar_is_refused(limit: int, unit: str) -> None:
    with pytest.raises(Unreckonable, match="beyond the year 9999"):
        reckon(datetime(9999, 12, 31, 12, tzinfo=UTC), limit, unit, "UTC")
