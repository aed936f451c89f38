"""Bugs planted in who hears and when: of a role that nobody fills, of somebody who is away, of the day's digest."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from functools import partial
from typing import Any
from unittest.mock import patch

from notifications.owing import Owing
from safety.aggregates.alert import Raised
from safety.projections.alert import PROJECTION
from safety.projections.on_duty import Recipient, Sites
from safety.projections.rows import Change, Recorded, Rows
from safety.tick import DUTIES, tick, vacant_roles
from safety.values import Role
from tests.planted_bugs import Planted
from tests.simulated_faults import staffed
from tests.simulated_process import Parts


class NobodyInstead(Owing):
    """Writes to nobody where a role is vacant."""

    def recipients(self, role: Role, trial: str, now: datetime, sites: Sites = None) -> Sequence[Recipient]:
        return [one for one in super().recipients(role, trial, now, sites) if one.reason != "vacant"]


def nobody_is_away() -> AbstractContextManager[object]:
    """Take everybody for present."""
    return patch("safety.projections.on_duty.away", lambda _account, _now: None)


def never_let_out() -> AbstractContextManager[object]:
    """Let no digest out."""
    return patch("safety.tick.release", lambda _desk, _due: 0)


def never_settled() -> AbstractContextManager[object]:
    """See no vacancy that was filled."""
    return patch("safety.tick.unpaid", lambda _connection, _rule: [])


@contextmanager
def does_not_wait() -> Iterator[None]:
    """Fold what waits for the digest as if it were urgent."""
    handler: Any = PROJECTION.handlers[Raised]

    def fold(event: Raised, recorded: Recorded, rows: Rows) -> Iterable[Change]:
        return [one._replace(values={**one.values, "held": 0}) for one in handler(event, recorded, rows)]

    PROJECTION.handlers[Raised] = fold
    try:
        yield
    finally:
        PROJECTION.handlers[Raised] = handler


UNSEEN = partial(tick, duties=[duty for duty in DUTIES if duty is not vacant_roles])
"""A tick that does not look for vacant roles."""

STAFF_BUGS = {
    "vacancy that nobody tells": Planted(Parts(tick=UNSEEN), ("LATE",), staffed),
    "vacancy that is never settled": Planted(Parts(patched=never_settled), ("LATE",), staffed),
    "vacant role for which nobody hears": Planted(Parts(owing=NobodyInstead), ("LATE", "LOST"), staffed),
    "written to who is away": Planted(Parts(patched=nobody_is_away), ("WRONG PERSON",), staffed),
    "digest that is never let out": Planted(Parts(patched=never_let_out), ("LATE",), staffed),
    "digest that does not wait": Planted(Parts(patched=does_not_wait), ("EARLY",), staffed),
}
