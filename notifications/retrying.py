"""When a channel that did not take a message is tried again: pure, from the receipts in the log and the class of the error.

A later start of the program comes to the same moments: it neither hammers a server nor forgets a message.
"""

from safety.aggregates.message import permanent

SECOND = 1_000_000
FIRST_DELAY_SECONDS = 5
LONGEST_DELAY_SECONDS = 300
PERMANENT_DELAY_SECONDS = 86_400
"""An address that bounces is told to the operator at once, and tried daily in case it was put right."""
A_TRY_TAKES = 600 * SECOND
"""A failure that was recorded longer after its try than this was recorded on a clock that has been set back since."""

DOUBLINGS = (LONGEST_DELAY_SECONDS // FIRST_DELAY_SECONDS).bit_length()
"""How many delays there are before they are as long as they get: 5, 10, 20, 40, 80, 160."""


def delays_before(tries: int) -> int:
    """Give the seconds from the first failure to the try after `tries` more: 5, 15, 35, 75, ... doubling, then every 5 minutes."""
    doubled = FIRST_DELAY_SECONDS * ((1 << min(tries, DOUBLINGS)) - 1)
    return doubled + max(0, tries - DOUBLINGS) * LONGEST_DELAY_SECONDS


def next_try(failing_since: int, error: str, tried_at: int) -> int:
    """Give the moment of the next try, in microseconds from 1970 UTC as all moments here.

    Tries stand on a grid that begins with the channel's first failure; the next one is the first after the last try.
    """
    since = failing_since if failing_since - tried_at < A_TRY_TAKES else tried_at
    past = max(0, tried_at - since)
    if permanent(error):
        day = PERMANENT_DELAY_SECONDS * SECOND
        return since + (past // day + 1) * day
    over = past - delays_before(DOUBLINGS) * SECOND
    tries = DOUBLINGS + over // (LONGEST_DELAY_SECONDS * SECOND) if over >= 0 else 0
    while delays_before(tries) * SECOND <= past:
        tries += 1
    return since + delays_before(tries) * SECOND


def is_due(failing_since: int, error: str, tried_at: int, now: int) -> bool:
    """Say whether the next try is due; a last try much later than now was made before the clock was set back, and binds nobody.

    A little later is another machine's clock.
    """
    return tried_at - now >= A_TRY_TAKES or now >= next_try(failing_since, error, tried_at)
