"""Day 0 and due: calendar days in a zone, hours on the UTC line, and nothing that a weekend or a holiday extends."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo


class Unreckonable(ValueError):
    """A due date lies beyond the year 9999."""


@dataclass(frozen=True, slots=True)
class Reckoned:
    """A clock: its Day 0, and the first instant that is too late with the local date it makes the last good one."""

    zone: str
    day0: date
    due_on: date | None
    due_at: datetime | None


def local_date(at: datetime, zone: str) -> date:
    """Give the calendar date of an instant in a zone: Day 0, whatever the hour."""
    return _local_date(at.astimezone(UTC), zone)


@lru_cache(maxsize=4_096)
def _local_date(at: datetime, zone: str) -> date:
    # In UTC: elsewhere two instants of an hour that is repeated would be taken for one.
    return at.astimezone(ZoneInfo(zone)).date()


@lru_cache(maxsize=4_096)
def first_instant(day: date, zone: str) -> datetime:
    """Give the UTC instant at which a local date begins.

    Where midnight occurs twice it is the first of the two; where the clocks jump over it, the instant of the jump; where the
    whole date is left out, the instant at which the following one begins.
    """
    tz = ZoneInfo(zone)
    midnight = datetime.combine(day, time(), tz)  # fold 0: the first of two
    at = midnight.astimezone(UTC)
    if at.astimezone(tz).replace(tzinfo=None) == midnight.replace(tzinfo=None):
        return at
    # Midnight lies in a gap. Fold 0 reads it by the offset before the jump, fold 1 by the one after: the jump lies between.
    low, high = sorted((at, midnight.replace(fold=1).astimezone(UTC)))
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        low, high = (low, middle) if middle.astimezone(tz).date() >= day else (middle, high)
    return high.replace(microsecond=0)


def reckon(start: datetime, limit: int | None, unit: str, zone: str) -> Reckoned:
    """Count from a clock's start: `limit` in days or hours; without a number, nothing is due at a moment.

    Raises:
        Unreckonable: the due date lies beyond the year 9999.

    """
    day0 = local_date(start, zone)
    try:
        if limit is None or unit not in {"calendar_day", "hour"}:
            return Reckoned(zone, day0, None, None)
        if unit == "hour":
            due_at = start.astimezone(UTC) + timedelta(hours=limit)
            return Reckoned(zone, day0, local_date(due_at, zone), due_at)
        due_on = day0 + timedelta(days=limit)
        return Reckoned(zone, day0, due_on, first_instant(due_on + timedelta(days=1), zone))
    except OverflowError as fault:
        message = f"{limit} {unit}s from {day0.isoformat()} lie beyond the year 9999; correct the date"
        raise Unreckonable(message) from fault
