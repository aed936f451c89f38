"""A clock and a salt that are told what to be."""

import itertools
from hashlib import sha256

from safety.journal import Salt


class ManualClock:
    """Microseconds from 1970 UTC, as the log wants them; it moves when it is told to."""

    def __init__(self, now: int = 1_700_000_000_000_000) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def set(self, now: int) -> None:
        self.now = now


def counted_salt() -> Salt:
    """Sixteen bytes that differ at each call, and are the same in each run."""
    count = itertools.count()
    return lambda: sha256(str(next(count)).encode()).digest()[:16]
