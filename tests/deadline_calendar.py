"""Days and hours counted one by one; the beginning of a local day found by walking through its minutes."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo


def local_day(instant: datetime, zone: str) -> date:
    """The calendar date that people in the zone write at an instant."""
    return instant.astimezone(ZoneInfo(zone)).date()


def days_later(day: date, count: int) -> date:
    """Day 0 is the day itself; every further day counts, weekend, holiday or not."""
    for _ in range(count):
        day += timedelta(days=1)
    return day


def hours_later(instant: datetime, count: int) -> datetime:
    """Hours elapse; no clock on a wall has a say in it."""
    instant = instant.astimezone(UTC)
    for _ in range(count):
        instant += timedelta(hours=1)
    return instant


@cache
def beginning(day: date, zone: str) -> datetime:
    """The first instant at which people in the zone write this date or, where they skip it, a later one."""
    instant = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=2)
    while local_day(instant, zone) < day:
        instant += timedelta(hours=1)
    # Further back than a clock is ever put: a day may last one minute before its clock goes back to the day before.
    instant -= timedelta(hours=3)
    while local_day(instant, zone) < day:
        instant += timedelta(minutes=1)
    return instant
