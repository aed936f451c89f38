"""The tick, through a real desk and the real views, on both databases: what fell due is raised, told, and owed to be delivered."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from safety.aggregates.alert import Acknowledged, Raised, Settled
from safety.aggregates.deciding import Form
from safety.aggregates.ladder import Ladder
from safety.desk import Desk
from safety.journal import Journal, open_journal
from safety.projections import Connection, Views
from safety.projections.alert import ALERT
from safety.projections.at import At
from safety.projections.falling_due import reminders_due, rungs_due
from safety.projections.inbox import inbox, owed
from safety.tick import CLOCK_JUMPED, DUTIES, DUTIES_OF_DEMO, TOLERANCE, tick
from safety.values import microseconds
from tests.builders import (
    T0,
    TRIAL,
    account_added,
    amended,
    append,
    built,
    composed,
    definition,
    enrolled,
    nullified,
    opened,
    registered,
    sent,
    views_beside,
)
from tests.conftest import Store
from tests.desks import heard

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Night:
    """A desk whose clock stands where it is put, and its views, on one database."""

    def __init__(self, store: Store, *beside: Form) -> None:
        self.now = T0
        self.journal: Journal = open_journal(store, lambda: microseconds(self.now))
        self.views: Views = views_beside(store)
        self.desk = Desk(self.journal, lambda: self.now, lambda: b"0123456789abcdef")
        people = [account_added("OPERATOR", roles=("operator",)), account_added("CHEN"), account_added("LIN")]
        append(self.journal, opened(), *people, *beside, registered(), enrolled())

    def do(self, command: str, form: Any, by: str = "CHEN", command_id: str | None = None) -> Any:  # noqa: ANN401, a form and its first event
        done = self.desk.do(command, form, by=by, command_id=command_id or f"C-{self.journal.head().position}")
        return done.events

    def tick(self, at: datetime, **options: Any) -> dict[str, int]:  # noqa: ANN401, the tick's own
        self.now = at
        return dict(tick(self.desk, self.views, at, **options))

    def file_sae(self) -> Raised:
        _, alert = self.do("adverse_event.report", heard(serious="Y"))
        assert isinstance(alert, Raised)
        return alert

    def alerts(self, trial: str = TRIAL) -> list[dict[str, Any]]:
        """The alerts of a trial in the order in which the log took them."""
        self.views.catch_up(self.journal)
        assert self.views.faults() == []
        with self.views.connect() as connection:
            return list(inbox(connection, trial, At(self.journal.head().position))["alerts"])

    def owed(self) -> list[dict[str, Any]]:
        self.views.catch_up(self.journal)
        with self.views.connect() as connection:
            return owed(connection)


@pytest.fixture
def night(store: Store) -> Iterator[Night]:
    found = Night(store, account_added("HEAD", roles=("operator",)))
    yield found
    assert found.views.check(found.journal) == []
    found.views.close()
    found.journal.close()


def test_nothing_is_due_and_nothing_is_written(night: Night) -> None:
    night.file_sae()
    before = night.journal.head()
    assert night.tick(T0 + 15 * MINUTE - timedelta(microseconds=1)) == {}
    assert night.journal.head() == before


def test_a_silent_officer_is_heard_of_further_up(night: Night) -> None:
    root = night.file_sae()
    append(night.journal, composed("M-1", (root.alert,)), sent("M-1"))
    assert night.owed() == []
    assert night.tick(T0 + 15 * MINUTE) == {"ladders": 1}
    (rung,) = night.owed()
    assert (rung["role"], rung["rung"], rung["root"], rung["repeat"]) == ("safety_officer", 2, root.alert, 0)
    assert rung["concerning"] == ("S1/1",)
    assert night.tick(T0 + 15 * MINUTE) == {}
    assert night.tick(T0 + 2 * HOUR) == {"ladders": 3}
    assert [(alert["rung"], alert["role"], alert["repeat"]) for alert in night.owed()] == [
        (2, "safety_officer", 0),
        (3, "operator", 0),
        (4, "operator", 0),
        (5, "operator", 1),
    ]
    night.do("alert.acknowledge", built(Acknowledged, alert=rung["alert"]), by="LIN")
    assert night.owed() == []
    assert night.tick(T0 + 30 * DAY) == {}
    told = [(alert["state"], alert["acknowledged_by"], alert["next_at"]) for alert in night.alerts()]
    assert told == [("acknowledged", "LIN", None)] * 5


def test_a_trials_own_ladder_calls_the_deputy(night: Night) -> None:
    stated = [{"role": "deputy_safety_officer", "after_minutes": 10}, {"role": "operator", "after_minutes": 45}]
    own = definition(ladder=Ladder.model_validate({"urgent": stated}))
    append(night.journal, account_added("XU", roles=("deputy_safety_officer",)), amended(own))
    night.file_sae()
    assert night.tick(T0 + 10 * MINUTE) == {"ladders": 1}
    rung = night.owed()[-1]
    assert rung["role"] == "deputy_safety_officer"
    night.do("alert.acknowledge", built(Acknowledged, alert=rung["alert"]), by="XU")
    assert {alert["acknowledged_by"] for alert in night.alerts()} == {"XU"}
    assert night.tick(T0 + DAY) == {}


def test_a_message_that_arrives_after_the_acknowledgement_makes_nothing_undone(night: Night) -> None:
    root = night.file_sae()
    append(night.journal, composed("M-1", (root.alert,)))
    night.do("alert.acknowledge", built(Acknowledged, alert=root.alert))
    append(night.journal, sent("M-1"))
    assert [alert["state"] for alert in night.alerts()] == ["acknowledged"]


def test_what_is_not_urgent_is_owed_from_its_digest_on_and_said_once(night: Night) -> None:
    night.file_sae()
    _, held = night.do("adverse_event.nullify", nullified())
    assert held.next_at == (T0 + DAY).replace(hour=0)
    assert [alert["rule"] for alert in night.owed()] == ["SAE-REPORTED"]
    assert night.tick(held.next_at - MINUTE)["ladders"] > 0
    assert "SAE-NULLIFIED" not in [alert["rule"] for alert in night.owed()]
    assert night.tick(held.next_at)["ladders"] > 0
    assert "SAE-NULLIFIED" in [alert["rule"] for alert in night.owed()]
    night.tick(held.next_at + 10 * DAY)
    assert [alert["rule"] for alert in night.alerts()].count("SAE-NULLIFIED") == 1


def test_a_due_time_is_reminded_of_after_its_alert_was_acknowledged_until_it_is_settled(night: Night) -> None:
    due = T0 + 5 * DAY
    form = built(Raised, alert="A-1", rule="REPORT-DUE", role="safety_officer", concerning=("S1/1",), due_at=due)
    night.do("alert.raise", form, by="OPERATOR")
    night.do("alert.acknowledge", built(Acknowledged, alert="A-1"))
    assert night.tick(due - 3 * DAY) == {"reminders": 1}
    assert night.owed() == [], "days ahead it waits for the digest"
    assert night.tick(due - 2 * DAY) == {"ladders": 1}
    night.do("alert.acknowledge", built(Acknowledged, alert=night.owed()[-1]["alert"]))
    assert night.tick(due - 240 * MINUTE) == {"reminders": 2, "ladders": 1}
    assert night.tick(due - 225 * MINUTE) == {"ladders": 1}
    assert {alert["reminds"] for alert in night.owed()} == {"A-1"}
    assert night.owed()[0]["due_at"] == microseconds(due)
    night.do("alert.settle", built(Settled, alert="A-1"))
    assert night.tick(due + 30 * DAY) == {}


def test_reminders_that_were_missed_are_all_raised_late(night: Night) -> None:
    form = built(Raised, alert="A-1", rule="X", role="safety_officer", concerning=(), due_at=T0 + 5 * DAY)
    night.do("alert.raise", form, by="OPERATOR")
    assert night.tick(T0 + 5 * DAY)["reminders"] == 4


# What a tick is made of


def test_other_duties_hook_into_the_tick(night: Night) -> None:
    asked: list[datetime] = []

    def reviews(desk: Desk, connection: Connection, now: datetime) -> int:
        asked.append(now)
        assert desk is night.desk
        return int(len(asked) == 1)

    assert night.tick(T0, duties=(*DUTIES, reviews)) == {"reviews": 1}
    assert asked == [T0, T0], "another round, because what was raised may have made more due"


def test_a_duty_that_fails_keeps_no_other_from_being_done(night: Night) -> None:
    def failing(desk: Desk, connection: Connection, now: datetime) -> int:
        raise LookupError(str(now))

    root = night.file_sae()
    with pytest.raises(LookupError):
        night.tick(T0 + 15 * MINUTE, duties=(failing, *DUTIES), drift=HOUR)
    assert [alert["root"] for alert in night.alerts()] == [None, root.alert]
    assert [alert["rule"] for alert in night.alerts("-")] == [CLOCK_JUMPED]


def test_one_tick_raises_so_much_and_the_next_goes_on(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("safety.tick.MOST", 5)
    night.file_sae()
    counts = [night.tick(T0 + 7 * DAY)["ladders"] for _ in range(2)]
    assert counts == [5, 5]
    assert [alert["rung"] for alert in night.alerts()] == list(range(1, 12))


# The clock


def test_a_clock_behind_the_log_is_told_once_and_refuses_nothing(night: Night) -> None:
    night.file_sae()
    assert night.tick(T0 - TOLERANCE + timedelta(seconds=1)) == {}
    assert night.tick(T0 - HOUR) == {"clock": 1}
    (alert,) = night.alerts("-")
    assert (alert["rule"], alert["role"], alert["concerning"]) == (CLOCK_JUMPED, "operator", [])
    for later in (-HOUR, -HOUR / 2, -2 * MINUTE, timedelta(0)):
        assert night.tick(T0 + later).get("clock", 0) == 0
    assert len(night.do("adverse_event.report", heard(serious="Y"), command_id="WHILE-BEHIND")) == 2
    night.tick(T0 + HOUR)
    assert night.tick(T0 + 5 * HOUR).get("clock", 0) == 0
    assert night.tick(T0)["clock"] == 1, "another jump"
    assert len({found["id"] for found in night.alerts("-") if found["rung"] == 1}) == 2


@pytest.mark.parametrize(("drift", "jumps"), [(HOUR, 1), (-HOUR, 1), (TOLERANCE, 0), (-TOLERANCE, 0)])
def test_a_clock_that_went_another_way_than_the_monotonic_one_is_told(
    night: Night, drift: timedelta, jumps: int
) -> None:
    assert night.tick(T0 + HOUR, drift=drift).get("clock", 0) == jumps
    assert night.tick(T0 + HOUR).get("clock", 0) == 0


def test_an_alert_about_the_log_is_acknowledged_by_who_may_in_every_trial(night: Night) -> None:
    night.tick(T0 - HOUR)
    (alert,) = night.alerts("-")
    night.do("alert.acknowledge", Acknowledged(trial="-", alert=alert["id"]))
    assert [found["state"] for found in night.alerts("-")] == ["acknowledged"]


# How it is asked


def test_what_fell_due_more_than_a_day_ago_is_the_past_of_a_demo(night: Night) -> None:
    due = T0 + 2 * HOUR
    night.file_sae()
    night.do("alert.raise", built(Raised, alert="DUE", rule="R", role="operator", concerning=(), due_at=due), by="HEAD")
    assert night.tick(T0 + 3_000 * DAY, duties=DUTIES_OF_DEMO) == {}
    assert night.tick(T0 + 15 * MINUTE, duties=DUTIES_OF_DEMO) == {"ladders": 2}
    assert night.tick(due, duties=DUTIES_OF_DEMO)["reminders"] > 0
    assert night.tick(T0 + 3_000 * DAY, duties=DUTIES_OF_DEMO) == {}
    assert night.tick(T0 + 2 * DAY)["ladders"] > 0


@pytest.mark.parametrize(
    ("ask", "used"),
    [
        (rungs_due, "alert_next (next_at>? AND next_at<?)"),
        (reminders_due, "alert_remind (remind_at>? AND remind_at<?)"),
    ],
)
def test_what_is_due_is_found_by_an_index_of_its_own(tmp_path: Path, ask: Any, used: str) -> None:  # noqa: ANN401, one of the two views
    night = Night(tmp_path / "log.db", account_added("HEAD", roles=("operator",)))
    night.file_sae()
    night.views.catch_up(night.journal)
    statements: list[str] = []
    with night.views.connect() as connection:
        driver: Any = connection.connection.dbapi_connection
        driver.set_trace_callback(statements.append)
        ask(connection, microseconds(T0 + DAY))
        driver.set_trace_callback(None)
        (statement,) = [found for found in statements if "alert" in found]
        plan = connection.execute(text(f"EXPLAIN QUERY PLAN {statement.replace(':', '')}")).all()
    assert [row.detail for row in plan] == [f"SEARCH {ALERT.name} USING INDEX {used}"]
    night.views.close()
    night.journal.close()


def test_a_release_of_what_was_acknowledged_meanwhile_is_no_fault(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    night.file_sae()
    _, held = night.do("adverse_event.nullify", nullified())
    night.views.catch_up(night.journal)
    monkeypatch.setattr(night.views, "catch_up", lambda _: 0)
    night.do("alert.acknowledge", built(Acknowledged, alert=held.alert))
    night.tick(held.next_at)
    topics = [row.topic for row in night.journal.rows(prefix=f"{TRIAL}/alert/{held.alert}")]
    assert topics == ["alert.raised.v1", "alert.acknowledged.v1"]
    monkeypatch.undo()
