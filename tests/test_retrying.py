"""When a channel is tried again: delays that double up to five minutes, daily for what bounced, the same after a restart."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.retrying import LONGEST_DELAY_SECONDS, SECOND, is_due, next_try
from tests.given import unhurried

SINCE = 1_520_000_000 * SECOND


def moments(error: str, count: int) -> list[int]:
    """Seconds from the first failure to each try, where nobody is late."""
    tries = [SINCE]
    while len(tries) <= count:
        tries.append(next_try(SINCE, error, tries[-1]))
    return [(one - SINCE) // SECOND for one in tries[1:]]


def test_trust_2_2_what_passes_is_tried_after_delays_that_double_up_to_five_minutes() -> None:
    assert moments("SMTP-451", 9) == [5, 15, 35, 75, 155, 315, 615, 915, 1215]


def test_trust_2_2_what_bounced_is_tried_daily() -> None:
    assert moments("SMTP-550", 3) == [86_400, 172_800, 259_200]


@unhurried
@given(st.integers(0, 10**13), st.sampled_from(["SMTP-451", "SMTP-550", "TIMEOUTERROR"]))
def test_the_next_try_lies_after_the_last_one_and_not_far(past: int, error: str) -> None:
    following = next_try(SINCE, error, SINCE + past)
    assert 0 < following - (SINCE + past) <= (86_400 if error == "SMTP-550" else LONGEST_DELAY_SECONDS) * SECOND


@pytest.mark.parametrize("error", ["SMTP-451", "SMTP-550"])
def test_a_restart_neither_hammers_nor_forgets(error: str) -> None:
    """Whoever looks at any moment, knowing the receipts and the last try alone, comes to the same tries."""
    tries, now = [SINCE], SINCE
    while now < SINCE + 3 * 86_400 * SECOND:
        now += 5 * SECOND
        if is_due(SINCE, error, tries[-1], now):
            tries.append(now)
    gaps = [(later - earlier) // SECOND for earlier, later in pairwise(tries)]
    assert gaps == ([86_400] * 3 if error == "SMTP-550" else [5, 10, 20, 40, 80, 160, *[300] * (len(gaps) - 6)])


def test_a_clock_that_is_set_back_holds_nothing_up() -> None:
    day = 86_400 * SECOND
    assert is_due(SINCE, "SMTP-451", tried_at=SINCE + 5 * SECOND, now=SINCE - day)
    assert not is_due(SINCE, "SMTP-451", tried_at=SINCE - day, now=SINCE - day + 4 * SECOND)
    assert is_due(SINCE, "SMTP-451", tried_at=SINCE - day, now=SINCE - day + 5 * SECOND)


def test_a_try_by_a_machine_whose_clock_is_a_little_ahead_counts() -> None:
    tried_at = SINCE + 5 * SECOND
    assert not is_due(SINCE, "SMTP-451", tried_at=tried_at, now=tried_at - SECOND)


def test_a_failure_that_was_recorded_a_little_after_its_try_counts_from_the_record() -> None:
    assert not is_due(SINCE, "SMTP-451", tried_at=SINCE - 30 * SECOND, now=SINCE + 4 * SECOND)
    assert is_due(SINCE, "SMTP-451", tried_at=SINCE - 30 * SECOND, now=SINCE + 5 * SECOND)
