"""What time brings about for clocks: reviews that are owed are paid once, and what falls due is reminded of until it is sent."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from safety.aggregates.obligation import Obligations, Submitted
from safety.journal.states import folded
from safety.projections.obligations import reviews_owed
from tests.builders import T0, TRIAL, built, given, pack_adopted
from tests.conftest import Store
from tests.desks import heard
from tests.rule_packs import OTHER, PACK
from tests.test_tick import DAY, HOUR, Night


@pytest.fixture
def night(store: Store) -> Iterator[Night]:
    """A desk on each database in turn."""
    found = Night(store)
    yield found
    found.views.close()
    found.journal.close()


def adopt(night: Night, *files: str) -> None:
    night.do("trial.adopt_rule_pack", pack_adopted(*files))


def opened(night: Night) -> set[str]:
    return set(folded(night.journal.stream(f"{TRIAL}/subject/S1")).slice(Obligations).of(1))


def to_review(night: Night) -> int:
    night.views.catch_up(night.journal)
    with night.views.connect() as connection:
        return len(reviews_owed(connection, night.views.now(connection)))


def test_a_review_that_is_owed_is_paid_once(night: Night) -> None:
    night.do("adverse_event.report", heard(serious="Y"), by="OPERATOR")
    adopt(night, PACK)
    assert (to_review(night), opened(night)) == (1, set())
    assert night.tick(T0 + timedelta(minutes=1)).get("reviews") == 1
    assert (to_review(night), opened(night)) == (0, {"T-SITE/1", "T-15/1"})
    assert "reviews" not in night.tick(T0 + timedelta(minutes=2))
    adopt(night, OTHER)
    assert night.tick(T0 + timedelta(minutes=3)).get("reviews") == 1
    night.do("dose.give", given())
    assert night.tick(T0 + timedelta(minutes=4)).get("reviews") == 1
    assert opened(night) == {"T-SITE/1", "T-15/1", "O-SITE/1", "O-15/1"}


def reminders(night: Night) -> list[str]:
    """The obligations that reminders were raised for, in order."""
    return [alert["concerning"][1] for alert in night.alerts() if alert["rule"] == "DUE-REMINDER"]


def test_what_falls_due_is_reminded_of_until_it_is_sent(night: Night) -> None:
    adopt(night, PACK)
    night.do("adverse_event.report", heard(serious="Y", results_in_death="Y"), by="OPERATOR")
    night.tick(T0 + 5 * DAY)
    assert "T-7:1" in reminders(night), "three days before it is due"
    before = reminders(night).count("T-7:1")
    form = built(Submitted, subject="S1", number=1, obligation="T-7/1", sent_at=T0 + 5 * DAY)
    night.now = T0 + 5 * DAY + HOUR
    night.do("obligation.submit", form)
    night.tick(T0 + 14 * DAY)
    assert reminders(night).count("T-7:1") == before
    assert reminders(night).count("T-7F:1") > 1, "overdue and not sent"
    assert "T-SITE:1" not in reminders(night), "the filing was the report"
