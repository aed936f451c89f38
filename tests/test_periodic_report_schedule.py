"""When periodic reports fall due: ICH E2F for the DSUR, DRR 2020 Art. 28 for China, a charter's meetings; pure dates."""

from calendar import isleap
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from safety.aggregates.trial import Definition, InvalidTrialFile
from safety.regulation.periodic import Period, Periodic, period_ending, schedule
from tests.command_line import TRIAL_FILE, TRIALS
from tests.given import unhurried

SHANGHAI = "Asia/Shanghai"
SAID = {"confidence": "stated", "source": "the protocol"}


def owed(**kinds: dict[str, Any]) -> Periodic:
    return Periodic.model_validate({kind: {**SAID, **dates} for kind, dates in kinds.items()})


def dsur(dibd: str, align: str = "day") -> Periodic:
    return owed(dsur={"dibd": dibd, "align": align})


def ends_and_dues(periods: list[Period], kind: str = "dsur") -> list[tuple[str, str]]:
    return [(str(period.ends_on), str(period.due_on)) for period in periods if period.kind == kind]


@pytest.mark.parametrize(
    ("dibd", "align", "expected"),
    [
        # The example of the guideline's reading: 1 November, locked on 31 October, 60 days end on 30 December.
        ("2017-11-01", "day", [("2018-10-31", "2018-12-30"), ("2019-10-31", "2019-12-30")]),
        # A birth date of 29 February: each year ends on 28 February, in leap years too.
        ("2016-02-29", "day", [("2017-02-28", "2017-04-29"), ("2018-02-28", "2018-04-29")]),
        # A birth date of 1 March locks on 29 February in a leap year; 60 days later is 29 April.
        ("2015-03-01", "day", [("2016-02-29", "2016-04-29"), ("2017-02-28", "2017-04-29")]),
        ("2011-03-17", "day", [("2012-03-16", "2012-05-15"), ("2013-03-16", "2013-05-15")]),
        ("2011-03-17", "month_end", [("2012-02-29", "2012-04-29"), ("2013-02-28", "2013-04-29")]),
        ("2016-02-29", "month_end", [("2017-01-31", "2017-04-01"), ("2018-01-31", "2018-04-01")]),
        ("2017-01-01", "month_end", [("2017-12-31", "2018-03-01"), ("2018-12-31", "2019-03-01")]),
    ],
)
def test_dsur_e2f_locks_on_the_last_day_of_each_year_and_is_due_60_days_later(
    dibd: str, align: str, expected: list[tuple[str, str]]
) -> None:
    assert ends_and_dues(schedule(dsur(dibd, align), SHANGHAI, date(2040, 1, 1)))[:2] == expected


def test_the_periods_of_20_years_leave_no_day_out_and_count_none_twice() -> None:
    for dibd, align in (("2016-02-29", "day"), ("2011-03-17", "month_end"), ("2015-12-31", "day")):
        periods = schedule(dsur(dibd, align), SHANGHAI, date(2036, 1, 1))
        assert periods[0].begins_on == date.fromisoformat(dibd)
        assert all(later.begins_on == earlier.ends_on + timedelta(days=1) for earlier, later in pairwise(periods))
        assert len(periods) >= 20


@unhurried
@given(st.dates(date(2010, 8, 17), date(2100, 1, 1)), st.integers(0, 12))
def test_dsur_against_a_calendar_that_is_walked_day_by_day(dibd: date, years: int) -> None:
    def begins_a_year(day: date) -> bool:
        no_such_day = (dibd.month, dibd.day) == (2, 29) and not isleap(day.year)
        return (day.month, day.day) == ((3, 1) if no_such_day else (dibd.month, dibd.day))

    day = dibd
    for _ in range(years + 1):
        day += timedelta(days=1)
        while not begins_a_year(day):
            day += timedelta(days=1)
    last = day - timedelta(days=1)
    period = schedule(dsur(str(dibd)), SHANGHAI, last)[years]
    assert period.ends_on == last
    assert period.due_on is not None
    walked = last
    for _ in range(60):
        walked += timedelta(days=1)
    assert period.due_on == walked


@pytest.mark.parametrize(
    ("approved", "end", "due"),
    [
        ("2020-01-01", "2020-12-31", "2021-02-28"),  # two months after 31 December: February has no 31st
        ("2023-01-01", "2023-12-31", "2024-02-29"),
        ("2020-07-01", "2021-06-30", "2021-08-30"),  # the day of the same number, although the month ends later
        ("2020-11-15", "2021-11-14", "2022-01-14"),
        ("2023-03-01", "2024-02-29", "2024-04-29"),
    ],
)
def test_china_drr_2020_art_28_is_due_within_two_months_after_each_full_year(approved: str, end: str, due: str) -> None:
    periods = schedule(owed(china_annual={"approved_on": approved}), SHANGHAI, date.fromisoformat(end))
    assert (end, due) in ends_and_dues(periods, "china_annual")
    assert "UNSURE" in periods[0].note


def test_china_drr_2020_owes_nothing_of_years_that_ended_before_it_was_in_force() -> None:
    periods = schedule(owed(china_annual={"approved_on": "2017-07-01"}), SHANGHAI, date(2021, 1, 1))
    assert ends_and_dues(periods, "china_annual") == [("2021-06-30", "2021-08-30")]


def test_a_board_gets_its_report_before_each_meeting_from_data_locked_so_many_days_ahead() -> None:
    board = {"since": "2018-01-01", "lead_days": 14, "meetings": ["2018-03-14", "2018-09-01"]}
    periods = schedule(owed(dsmb=board), SHANGHAI, date(2030, 1, 1))
    assert [(str(p.begins_on), str(p.ends_on), str(p.due_on)) for p in periods] == [
        ("2018-01-01", "2018-02-28", "2018-03-13"),
        ("2018-03-01", "2018-08-18", "2018-08-31"),
    ]


def test_limits_are_the_first_instants_that_are_too_late_in_the_trials_zone() -> None:
    (first, _) = schedule(dsur("2017-11-01"), SHANGHAI, date(2018, 10, 31))
    assert first.locked_at == datetime(2018, 10, 31, 16, tzinfo=UTC)
    assert first.due_at == datetime(2018, 12, 30, 16, tzinfo=UTC)
    # Midnight of 2018-11-04 does not exist in São Paulo: the day begins at 01:00, which is 03:00 UTC.
    (gap, _) = schedule(dsur("2017-11-04"), "America/Sao_Paulo", date(2018, 11, 3))
    assert gap.locked_at == datetime(2018, 11, 4, 3, tzinfo=UTC)
    # Midnight of 2019-11-03 comes twice in Havana: the first of them counts.
    (twice, _) = schedule(dsur("2018-11-03"), "America/Havana", date(2019, 11, 2))
    assert twice.locked_at == datetime(2019, 11, 3, 4, tzinfo=UTC)


def test_each_report_says_by_which_text_it_is_owed_and_what_is_unsure() -> None:
    unsure = Periodic.model_validate({"dsur": {"dibd": "2017-11-01", "confidence": "UNSURE", "source": "assumed"}})
    (first, upcoming) = schedule(unsure, SHANGHAI, date(2018, 10, 31))
    assert (first.rule, first.citation, first.confidence, first.basis) == ("E2F-DSUR", "ICH E2F", "medium", "guidance")
    assert (first.sure, first.source) == (False, "assumed")
    assert upcoming.ends_on == date(2019, 10, 31)


def test_a_trial_that_states_nothing_owes_nothing() -> None:
    assert schedule(None, SHANGHAI, date(2030, 1, 1)) == []
    assert schedule(Periodic(), SHANGHAI, date(2030, 1, 1)) == []


@pytest.mark.parametrize(
    ("last", "begins", "due"),
    [
        ("2018-10-31", "2017-11-01", "2018-12-30"),
        ("2018-05-05", "2017-11-01", None),
        ("2019-02-01", "2018-11-01", None),
        ("2017-06-30", "2016-07-01", None),
    ],
)
def test_any_lock_point_ends_a_period(last: str, begins: str, due: str | None) -> None:
    period = period_ending(dsur("2017-11-01"), "dsur", SHANGHAI, date.fromisoformat(last))
    assert (str(period.begins_on), str(period.ends_on)) == (begins, last)
    assert period.due_on == (None if due is None else date.fromisoformat(due))


def test_after_the_last_meeting_a_period_begins_the_day_after_its_lock_point() -> None:
    board = owed(dsmb={"since": "2018-01-01", "lead_days": 14, "meetings": ["2018-03-14"]})
    assert period_ending(board, "dsmb", SHANGHAI, date(2019, 1, 1)).begins_on == date(2018, 3, 1)


def test_without_dates_the_year_up_to_the_lock_point_is_reported_on() -> None:
    period = period_ending(None, "dsur", SHANGHAI, date(2016, 2, 29))
    assert (period.begins_on, period.due_on, period.sure) == (date(2015, 3, 1), None, False)


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ({"dsur": {"dibd": "2017-13-01"}}, "dsur.dibd"),
        ({"dsur": {"dibd": "0201-01-01"}}, "dsur.dibd"),
        ({"dsur": {"dibd": "2017-11-01", "align": "year_end"}}, "dsur.align"),
        ({"dsmb": {"since": "2018-01-01", "lead_days": 0, "meetings": ["2018-03-14"]}}, "dsmb.lead_days"),
        ({"dsmb": {"since": "2018-01-01", "lead_days": 14, "meetings": []}}, "dsmb.meetings"),
        ({"dsmb": {"since": "2018-01-01", "lead_days": 90, "meetings": ["2018-03-14"]}}, "dsmb"),
        ({"dsmb": {"since": "2018-01-01", "lead_days": 9, "meetings": ["2018-03-14", "2018-03-14"]}}, "dsmb"),
        ({"psur": {"dibd": "2017-11-01"}}, "psur"),
    ],
)
def test_impossible_dates_are_refused_by_table_path(table: dict[str, dict[str, Any]], fault: str) -> None:
    with pytest.raises(ValidationError) as refused:
        owed(**table)
    assert ".".join(map(str, refused.value.errors()[0]["loc"])) == fault


def test_a_trial_file_states_its_dates_and_its_faults_are_named_by_table_path() -> None:
    table = '\n[periodic.dsur]\ndibd = 2017-11-01\nconfidence = "UNSURE"\nsource = "assumed"\n'
    governs = Definition.from_toml(TRIAL_FILE + table)
    assert governs.periodic is not None
    assert governs.periodic.dsur is not None
    assert governs.periodic.dsur.dibd == date(2017, 11, 1)
    with pytest.raises(InvalidTrialFile, match=r"periodic\.dsur\.source"):
        Definition.from_toml(TRIAL_FILE + table.replace("source", "sauce"))


def test_the_dates_of_the_projects_first_trial_are_marked_unsure() -> None:
    governs = Definition.from_toml((TRIALS / "nct03265613.toml").read_text(encoding="utf-8"))
    periods = schedule(governs.periodic, governs.zone, date(2019, 12, 31))
    assert ends_and_dues(periods)[:2] == [("2018-10-31", "2018-12-30"), ("2019-10-31", "2019-12-30")]
    assert not any(period.sure for period in periods)
