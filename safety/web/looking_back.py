"""The moment of the past that an address names: a position of the log, a date (its end), or a time, in the trial's zone."""

import re
from contextlib import suppress
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from safety import written
from safety.journal import Journal
from safety.values import end_of_day, microseconds
from safety.web.words import N_

POSITIONS = N_("The log has positions 1 to %(head)d; choose one of them.")
FORMS = N_(
    "Write the moment as a log position up to %(head)d, a date such as 2018-05-31, or a time such as 2018-05-31 18:00."
)


class NoMoment(Exception):
    """What was asked for is no moment of the log; the text is marked for translation and names `head`."""


def looked_back(journal: Journal, asked: str, *, zone: str, head: int, now: int) -> tuple[int, int]:
    """Give the position of the log, and the moment in microseconds from 1970 UTC; raises NoMoment."""
    if re.fullmatch(r"\d{1,18}", asked, re.ASCII):
        position = int(asked)
        if not 1 <= position <= head:
            raise NoMoment(POSITIONS)
        return position, journal.recorded_at(position) or now
    at = microseconds(instant(asked, zone))
    return min(journal.position_at(at), head), at


def instant(asked: str, zone: str) -> datetime:
    """Read a date, which stands for its end, or a time; one without a zone is of the trial's. Raises NoMoment."""
    with suppress(ValueError, OverflowError):
        if re.fullmatch(written.DAY, asked):
            return end_of_day(written.day(asked), zone)
        at = written.moment(asked)
        return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
    raise NoMoment(FORMS)
