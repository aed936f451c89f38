"""What time brings about for clocks: reviews that are owed are paid once, and what falls due is reminded of until it is sent."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from safety.aggregates.alert import Acknowledged, Settled
from safety.aggregates.alerting import ClockRuns, NothingOwed
from safety.aggregates.clock_alert import running_alert
from safety.aggregates.obligation import Obligation, Obligations, Rejected, Submitted
from safety.journal.states import folded
from safety.projections.obligations import reviews_owed
from safety.regulation.evaluator import evaluate
from tests.builders import (
    T0,
    TRIAL,
    append,
    aware,
    built,
    enrolled,
    followed_up,
    given,
    obligation_opened,
    pack_adopted,
    reported,
)
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


def duties(night: Night) -> Mapping[str, Obligation]:
    return folded(night.journal.stream(f"{TRIAL}/subject/S1")).slice(Obligations).of(1)


def opened(night: Night) -> set[str]:
    return set(duties(night))


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


def test_a_subject_whose_review_fails_keeps_no_other_waiting(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    append(night.journal, enrolled("S0"))
    for code in ("S0", "S1"):
        night.do("adverse_event.report", heard(code=code, serious="Y"), by="OPERATOR")
    adopt(night, PACK)

    def failing(packs: Any, known: Any, **settings: Any) -> Any:  # noqa: ANN401, the evaluator's own
        if len(calls) < 1:
            calls.append("S0")
            raise ArithmeticError
        return evaluate(packs, known, **settings)

    calls: list[str] = []
    monkeypatch.setattr("safety.clocks.asking.evaluate", failing)
    with pytest.raises(ArithmeticError):
        night.tick(T0 + timedelta(minutes=1))
    assert (to_review(night), opened(night)) == (1, {"T-SITE/1", "T-15/1"}), "the first of the two is owed still"
    assert night.tick(T0 + timedelta(minutes=2)).get("reviews") == 1
    assert to_review(night) == 0


def reminders(night: Night) -> list[str]:
    """The obligations that reminders were raised for, in order."""
    return [alert["concerning"][1] for alert in night.alerts() if alert["rule"] == "DUE-REMINDER"]


def test_of_a_clock_without_a_number_the_digest_reminds_daily_until_it_is_sent(night: Night) -> None:
    adopt(
        night,
        PACK.replace(
            'limit = 15\nunit = "calendar_day"\ncitation = "none 4"', 'unit = "promptly"\ncitation = "none 4"'
        ),
    )
    night.do("adverse_event.report", heard(serious="Y"), by="OPERATOR")
    alert = running_alert(duties(night)["T-15/1"]).alert
    night.do("alert.acknowledge", built(Acknowledged, alert=alert))
    night.tick(T0 + DAY - timedelta(minutes=1))
    assert reminders(night).count("T-15:1") == 0
    night.tick(T0 + 3 * DAY)
    told = [one for one in night.alerts() if one["reminds"] == alert]
    assert [one["urgency"] for one in told] == ["digest"] * 3
    night.do("obligation.submit", built(Submitted, subject="S1", number=1, obligation="T-15/1", sent_at=T0 + DAY))
    night.tick(T0 + 30 * DAY)
    assert len([one for one in night.alerts() if one["reminds"] == alert]) == 3


def test_nobody_settles_the_alert_of_a_clock_that_runs(night: Night) -> None:
    adopt(night, PACK)
    night.do("adverse_event.report", heard(serious="Y", results_in_death="Y"), by="OPERATOR")
    alert = running_alert(duties(night)["T-7/1"]).alert
    settled = built(Settled, alert=alert)
    for _ in range(2):
        with pytest.raises(ClockRuns):
            night.do("alert.settle", settled)
        night.do("alert.acknowledge", built(Acknowledged, alert=alert))
    night.tick(T0 + 8 * DAY)
    told = [one for one in night.alerts() if one["reminds"] == alert and not one["root"]]
    assert len(told) == 4, "taken on, and reminded of all the same"
    night.do("obligation.submit", built(Submitted, subject="S1", number=1, obligation="T-7/1", sent_at=T0 + DAY))
    assert night.do("alert.settle", settled) == ()


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


def test_reminders_follow_a_rejected_clock_that_comes_forward(night: Night) -> None:
    adopt(night, PACK)
    night.do("adverse_event.report", heard(serious="Y", aware=aware(T0, party="sponsor")))
    night.now = T0 + 2 * DAY
    named = {"subject": "S1", "number": 1, "obligation": "T-15/1"}
    night.do("obligation.submit", built(Submitted, **named, sent_at=night.now))
    night.do("obligation.reject", built(Rejected, **named, recipient="Authority", rejected_at=night.now))
    sooner = followed_up(serious="Y", term="Fever", aware=aware(T0 - 5 * DAY, party="sponsor"))
    night.do("adverse_event.follow_up", sooner)
    (known,) = (one for name, one in duties(night).items() if name == "T-15/1")
    due_at = known.opened.due_at
    assert due_at is not None
    night.tick(due_at - 3 * DAY - timedelta(seconds=1))
    assert reminders(night) == []
    night.tick(due_at)
    reminded = [alert["due_at"] for alert in night.alerts() if alert["rule"] == "DUE-REMINDER"]
    assert len(reminded) > 1
    assert {datetime.fromisoformat(at) for at in reminded} == {due_at}
    night.do("obligation.submit", built(Submitted, **named, sent_at=night.now))
    night.tick(due_at + 10 * DAY)
    assert len(reminders(night)) == len(reminded), "nor of when it was due before"


# Clocks that were told in the digest of an import


def imported(night: Night, **fields: Any) -> None:  # noqa: ANN401, an obligation's fields
    """A clock as an import opens it: without an alert of its own."""
    said = {"starts_at": T0, "due_at": T0 + 15 * DAY, **fields}
    append(night.journal, reported(serious="Y"), obligation_opened(**said))


def told(night: Night) -> list[tuple[str, str]]:
    return [(alert["rule"], alert["urgency"]) for alert in night.alerts() if alert["concerning"][1:] == ["GOLD-15:1"]]


def test_a_clock_that_an_import_told_in_its_digest_is_told_by_itself_when_it_nears(night: Night) -> None:
    imported(night)
    assert night.tick(T0 + 12 * DAY - timedelta(seconds=1)).get("nearing") is None
    assert night.tick(T0 + 12 * DAY)["nearing"] == 1
    assert told(night) == [("OBLIGATION-OPENED", "digest")]
    assert "nearing" not in night.tick(T0 + 12 * DAY + HOUR)
    night.tick(T0 + 15 * DAY)
    assert ("DUE-REMINDER", "urgent") in told(night), "and reminded of as any other"
    form = built(Submitted, subject="S1", number=1, obligation="GOLD-15/1", sent_at=night.now)
    night.do("obligation.submit", form)
    assert [alert["settled"] for alert in night.alerts() if alert["rule"] == "OBLIGATION-OPENED"] == [True]


def test_found_late_it_calls_at_once(night: Night) -> None:
    imported(night)
    assert night.tick(T0 + 14 * DAY + HOUR)["nearing"] == 1
    assert told(night)[0] == ("OBLIGATION-OPENED", "urgent")


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"due_at": None, "due_on": None, "limit": None, "unit": "immediately"}, id="without a number"),
        pytest.param({"due_at": T0 - DAY}, id="overdue when it was imported: its digest told it"),
    ],
)
def test_what_cannot_near_is_told_in_the_digest_alone(night: Night, fields: dict[str, object]) -> None:
    imported(night, **fields)
    assert "nearing" not in night.tick(T0 + 30 * DAY)


def test_a_clock_that_ended_meanwhile_calls_nobody(night: Night) -> None:
    imported(night)
    opened = obligation_opened(starts_at=T0, due_at=T0 + 15 * DAY)
    submitted = built(Submitted, subject="S1", number=1, obligation="GOLD-15/1", sent_at=T0, to=opened.to)
    append(night.journal, submitted)
    night.now = T0 + 12 * DAY
    with pytest.raises(NothingOwed):
        night.do("alert.raise", running_alert(Obligation(opened)), by="OPERATOR")
    assert "nearing" not in night.tick(T0 + 12 * DAY)
