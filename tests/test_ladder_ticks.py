"""Whatever the ticks do, late, doubled, missed or backwards: the same alerts, none early, none twice, none once acknowledged."""

import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from safety.aggregates.adverse_event import Reported
from safety.aggregates.alert import Acknowledged, Raised, Settled, alert_id
from safety.aggregates.alerting import rung_id
from safety.aggregates.deciding import Form
from safety.aggregates.ladder import Ladder
from safety.journal import decode
from safety.projections import Views
from safety.tick import tick
from tests.builders import T0, TRIAL, account_added, built, nullified
from tests.desks import Office, heard

MINUTE = timedelta(minutes=1)
DAY = 24 * 60
unhurried = settings(deadline=None, max_examples=40)
"""An example is a home of its own with a week of ticks."""


class Night:
    """A desk on a clock that goes wherever it is told, with one SAE on file at T0, and its views."""

    def __init__(self, folder: Path, *beside: Form) -> None:
        self.now = T0
        self.office = Office(folder / "log.db", lambda: self.now).begin(account_added("HEAD", roles=("operator",)))
        self.views = Views.in_memory()
        for form in beside or (heard(serious="Y"),):
            command = "adverse_event.report" if isinstance(form, Reported) else "adverse_event.nullify"
            self.office.do(command, form)

    def tick(self, at: datetime) -> int:
        self.now = at
        return tick(self.office.desk, self.views, at).total()

    def acknowledge(self, at: datetime, alert: str) -> None:
        self.now = at
        self.office.do("alert.acknowledge", built(Acknowledged, alert=alert), by="CHEN")

    def raised(self) -> Iterator[tuple[Raised, datetime]]:
        """Every alert of the trial with the moment at which it was decided."""
        for row in self.office.journal.rows(prefix=f"{TRIAL}/alert/"):
            found = decode(row)
            if isinstance(found.event, Raised):
                yield found.event, datetime.fromisoformat(found.about().at)

    def close(self) -> None:
        self.views.close()
        self.office.close()


SCHEDULE = [0, 15, 30, 60, 120, 240, 480, 960, 1920, 3360, 4800, 6240, 7680, 9120]
"""When the alerts of one chain are owed, in minutes, by the program's own ladder; written by hand."""


@unhurried
@for_all(
    ticks=st.lists(st.integers(0, 7 * DAY) | st.sampled_from(SCHEDULE), max_size=12),
    acknowledged=st.none() | st.integers(0, 7 * DAY),
    times=st.sampled_from([1, 2]),
)
def test_any_ticks_raise_what_is_due_once_and_nothing_early_or_after_acknowledgement(
    ticks: list[int], acknowledged: int | None, times: int
) -> None:
    with TemporaryDirectory() as folder:
        night = Night(Path(folder))
        moments = ticks * times
        paid = len(moments) // 2 if acknowledged is not None else len(moments)
        (root, _) = next(night.raised())
        for count, minutes in enumerate(moments):
            if count == paid:
                night.acknowledge(T0 + (acknowledged or 0) * MINUTE, root.alert)
            night.tick(T0 + minutes * MINUTE)
        found = [(event.rung, event.alert, decided) for event, decided in night.raised()]
        reached = max(moments[:paid], default=0)
        expected = [minutes for minutes in SCHEDULE if minutes <= reached]
        assert [rung for rung, *_ in found] == list(range(1, len(expected) + 1))
        assert [alert for _, alert, _ in found] == [rung_id(root, number) for number in range(1, len(expected) + 1)]
        assert all(decided >= T0 + minutes * MINUTE for minutes, (_, _, decided) in zip(expected, found, strict=True))
        night.close()


@pytest.mark.parametrize("minutes", SCHEDULE[1:])
def test_a_rung_is_raised_at_its_minute_and_not_a_microsecond_before(tmp_path: Path, minutes: int) -> None:
    night = Night(tmp_path)
    night.tick(T0 + minutes * MINUTE - timedelta(microseconds=1))
    before = len(list(night.raised()))
    assert night.tick(T0 + minutes * MINUTE) == 1
    assert night.tick(T0 + minutes * MINUTE) == 0
    assert len(list(night.raised())) == before + 1
    assert before == SCHEDULE.index(minutes)
    night.close()


@unhurried
@for_all(ticks=st.lists(st.integers(0, 3 * DAY), max_size=8))
def test_a_digest_goes_out_once_and_no_earlier_than_its_time(ticks: list[int]) -> None:
    with TemporaryDirectory() as folder:
        night = Night(Path(folder), heard(serious="Y"), nullified())
        held = [event for event, _ in night.raised() if event.urgency == "digest"]
        (at,) = [event.next_at for event in held]
        assert at is not None
        for minutes in ticks:
            night.tick(T0 + minutes * MINUTE)
        out = [
            decode(row).about().at
            for row in night.office.journal.rows(prefix=f"{TRIAL}/alert/")
            if row.topic == "alert.released.v1"
        ]
        assert len(out) == any(T0 + minutes * MINUTE >= at for minutes in ticks)
        assert all(datetime.fromisoformat(moment) >= at for moment in out)
        night.close()


@unhurried
@for_all(ticks=st.lists(st.integers(0, 4 * DAY), max_size=8), settled=st.none() | st.integers(0, 8))
def test_reminders_of_a_due_time_are_raised_once_each_until_it_is_settled(
    ticks: list[int], settled: int | None
) -> None:
    with TemporaryDirectory() as folder:
        night = Night(Path(folder))
        due = T0 + timedelta(days=3, hours=1)
        form = Raised(
            trial=TRIAL,
            alert=alert_id(f"{TRIAL}/subject/S1", 9, "REPORT-DUE", "safety_officer", 1),
            rule="REPORT-DUE",
            role="safety_officer",
            concerning=("S1/1",),
            due_at=due,
        )
        night.office.do("alert.raise", form, by="OPERATOR")
        stop = len(ticks) if settled is None else settled
        for count, minutes in enumerate(ticks):
            if count == stop:
                night.office.do("alert.settle", built(Settled, alert=form.alert), by="CHEN")
            night.tick(T0 + minutes * MINUTE)
        reached = T0 + max(ticks[:stop], default=0) * MINUTE
        times = [due - timedelta(minutes=before) for before in Ladder().reminders]
        found = [(event, decided) for event, decided in night.raised() if event.reminds and event.root is None]
        assert [event.reminder for event, _ in found] == list(range(1, sum(at <= reached for at in times) + 1))
        assert all(decided >= at for at, (_, decided) in zip(times, found, strict=False))
        night.close()


def test_two_ticks_at_once_raise_each_rung_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    night = Night(tmp_path)
    stale = Views.in_memory()
    stale.catch_up(night.office.journal)
    night.tick(T0 + 60 * MINUTE)
    # The moment between its look and its asking:
    monkeypatch.setattr(stale, "catch_up", lambda _: 0)
    assert tick(night.office.desk, stale, night.now).total() == 0
    assert len(list(night.raised())) == 4
    other = itertools.islice(night.raised(), 1, None)
    assert [event.rung for event, _ in other] == [2, 3, 4]
    stale.close()
    night.close()
