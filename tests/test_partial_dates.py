"""Partial dates: kept as given, refused where no calendar has them, compared as far as they are known."""

import calendar
from datetime import date, datetime
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from safety.values import PARTIAL_FORM, PartialDate, PartialDateText, span
from tests.given import unhurried

PARTIAL = TypeAdapter(PartialDateText)


def refusal(value: object) -> str:
    with pytest.raises(ValidationError) as refused:
        PARTIAL.validate_python(value)
    (fault,) = refused.value.errors(include_input=False, include_url=False)
    return fault["msg"]


@pytest.mark.parametrize(
    ("text", "earliest", "latest"),
    [
        ("2018", date(2018, 1, 1), date(2018, 12, 31)),
        ("2018-02", date(2018, 2, 1), date(2018, 2, 28)),
        ("2020-02", date(2020, 2, 1), date(2020, 2, 29)),
        ("2000-02", date(2000, 2, 1), date(2000, 2, 29)),
        ("1900-02", date(1900, 2, 1), date(1900, 2, 28)),
        ("2018-12", date(2018, 12, 1), date(2018, 12, 31)),
        ("2020-02-29", date(2020, 2, 29), date(2020, 2, 29)),
        ("2018-03-05", date(2018, 3, 5), date(2018, 3, 5)),
        ("2018-03-05T00:00", date(2018, 3, 5), date(2018, 3, 5)),
        ("2018-03-05T23:59:59", date(2018, 3, 5), date(2018, 3, 5)),
        ("0001", date(1, 1, 1), date(1, 12, 31)),
        ("9999-12-31T23:59:59", date(9999, 12, 31), date(9999, 12, 31)),
        ("9999", date(9999, 1, 1), date(9999, 12, 31)),
    ],
)
def test_a_partial_date_is_kept_as_given_with_the_days_it_may_mean(text: str, earliest: date, latest: date) -> None:
    kept = PARTIAL.validate_python(text)
    assert (kept, PartialDate(kept).earliest, PartialDate(kept).latest) == (text, earliest, latest)
    assert PARTIAL.dump_json(kept) == f'"{text}"'.encode()


IMPOSSIBLE = [
    "2018-02-30",
    "2018-02-29",
    "1900-02-29",
    "2018-04-31",
    "2018-13",
    "2018-00",
    "2018-00-05",
    "2018-03-00",
    "2018-03-32",
    "0000",
    "0000-01",
    "0000-01-01",
    "2018-03-05T24:00",
    "2018-03-05T23:60",
    "2018-03-05T23:59:60",
    "2018-03-05T99:99",
]
MALFORMED = [
    "2018-3-5",
    "2018-3",
    "20180305",
    "2018-03-5",
    "201803",
    "18-03-05",
    "12018",
    "-2018",
    "+2018",
    "2018-",
    "2018-03-",
    "2018-T09:30",
    "2018-03T09:30",
    "2018--05",
    "--03-05",
    "2018-03-05T",
    "2018-03-05T09",
    "2018-03-05T9:30",
    "2018-03-05T09:3",
    "2018-03-05T0930",
    "2018-03-05T09:30:",
    "T09:30",
    "2018-03-05T09:30Z",
    "2018-03-05T09:30+08:00",
    "2018-03-05T09:30:00.5",
    "2018-03-05t09:30",
    "2018-W10",
    "2018-064",
    "2018/03/05",
    "05.03.2018",
    "05-MAR-2018",
    "２０１８",
    "２０１８-０３-０５",
    "2018年3月5日",
    "2018-03-0５",
    "2018‐03‐05",
    "2018−03−05",
    "٢٠١٨",
    "UNK",
    "2018-UN-UN",
    "2018-03-UN",
    "....-03-05",
    "null",
]
BLANK_INSIDE = ["", "2018-03-05 09:30", "2018 -03", "2018-03 -05", "2018\n2019", "2018-03-05\x00", "2018-03-05\u200b"]


@pytest.mark.parametrize("text", [*IMPOSSIBLE, *MALFORMED, *BLANK_INSIDE])
def test_anything_but_a_date_of_the_form_that_exists_is_refused(text: str) -> None:
    sentence = "must be a date of the form YYYY[-MM[-DD[Thh:mm[:ss]]]] that exists in the calendar"
    assert refusal(text) == sentence
    with pytest.raises(ValueError, match="must be a date of the form"):
        PartialDate(text)


@pytest.mark.parametrize("value", [2018, 2018.0, date(2018, 3, 5), True, None])
def test_a_partial_date_is_text(value: object) -> None:
    assert refusal(value) == PARTIAL_FORM


@pytest.mark.parametrize("blank", [" ", "\t", "\n", "\u3000", "\u00a0"])
def test_blanks_around_a_date_are_not_part_of_it(blank: str) -> None:
    assert PARTIAL.validate_python(f"{blank}2018-03-05{blank}") == "2018-03-05"
    with pytest.raises(ValueError, match="must be a date of the form"):
        PartialDate(f"2018-03-05{blank}")


Order = Literal["before", "after", "undecidable"]
MIRRORED: dict[Order, Order] = {"before": "after", "after": "before", "undecidable": "undecidable"}


@pytest.mark.parametrize(
    ("one", "other", "order"),
    [
        ("2018-03-01", "2018-03-02", "before"),
        ("2018-03-01", "2018-03", "undecidable"),
        ("2018-02-28", "2018-03", "before"),
        ("2018-04-01", "2018-03", "after"),
        ("2018-03-02", "2018", "undecidable"),
        ("2017-12-31", "2018", "before"),
        ("2018", "2018", "undecidable"),
        ("2018", "2018-12", "undecidable"),
        ("2018", "2019", "before"),
        ("2018-03", "2018-03-31T23:59:59", "undecidable"),
        ("2018-03-05", "2018-03-05", "undecidable"),
        ("2018-03-05", "2018-03-05T00:00", "undecidable"),
        ("2018-03-05T09:29", "2018-03-05T09:30", "before"),
        ("2018-03-05T09:30", "2018-03-05T09:30", "undecidable"),
        ("2018-03-05T09:30", "2018-03-05T09:30:59", "undecidable"),
        ("2018-03-05T09:30:00", "2018-03-05T09:30:01", "before"),
        ("2018-03-05T09:30:01", "2018-03-05T09:30:01", "undecidable"),
        ("2018-03-05T23:59:59", "2018-03-06", "before"),
        ("2018-03-05T23:59", "2018-03-06T00:00:00", "before"),
        ("2018-02-28", "2018-03-01T00:00", "before"),
        ("2018-12", "2019", "before"),
    ],
)
def test_dates_compare_as_before_after_or_undecidable(one: str, other: str, order: Order) -> None:
    assert PartialDate(one).compare(PartialDate(other)) == order
    assert PartialDate(other).compare(PartialDate(one)) == MIRRORED[order]


FULL = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59)).map(lambda at: at.isoformat("T", "seconds"))  # noqa: DTZ001, local wall time
LENGTHS = (4, 7, 10, 16, 19)


@unhurried
@given(FULL, st.sampled_from(LENGTHS), st.sampled_from(LENGTHS))
def test_a_date_with_less_of_it_known_means_all_that_it_may_have_been(full: str, more: int, less: int) -> None:
    inner, outer = PartialDate(full[: max(more, less)]), PartialDate(full[: min(more, less)])
    assert span(outer)[0] <= span(inner)[0] <= span(inner)[1] <= span(outer)[1]
    assert outer.earliest <= inner.earliest <= inner.latest <= outer.latest
    assert inner.compare(outer) == "undecidable"


@unhurried
@given(FULL, FULL)
def test_whole_dates_compare_as_the_calendar_does(one: str, other: str) -> None:
    expected = "before" if one < other else "after" if one > other else "undecidable"
    assert PartialDate(one).compare(PartialDate(other)) == expected


@unhurried
@given(st.integers(1, 9999), st.integers(1, 12))
def test_a_month_ends_on_its_last_day(year: int, month: int) -> None:
    assert PartialDate(f"{year:04}-{month:02}").latest.day == calendar.monthrange(year, month)[1]


# A form's pattern and the calendar say the same


def taken(text: str) -> bool:
    try:
        return bool(PARTIAL.validate_python(text))
    except ValidationError:
        return False


def exists(text: str) -> bool:
    try:
        return bool(PartialDate(text))
    except ValueError:
        return False


@pytest.mark.parametrize("day", ["02-28", "02-29", "02-30"])
def test_every_year_has_the_february_that_the_calendar_gives_it(day: str) -> None:
    last = {year: calendar.monthrange(year, 2)[1] for year in range(1, 10_000)}
    for year in range(10_000):
        text = f"{year:04}-{day}"
        assert taken(text) == exists(text) == (int(day[3:]) <= last.get(year, 0)), text


@pytest.mark.parametrize("year", ["1999", "2000"])
def test_every_month_and_day_of_a_year_is_one_of_the_calendars_or_refused(year: str) -> None:
    for month in range(100):
        texts = [f"{year}-{month:02}", *(f"{year}-{month:02}-{day:02}" for day in range(100))]
        assert [text for text in texts if taken(text)] == [text for text in texts if exists(text)]


def test_every_minute_and_second_is_one_of_the_clocks_or_refused() -> None:
    for number in range(100):
        for time in (f"{number:02}:00", f"00:{number:02}", f"00:00:{number:02}", f"23:{number:02}:59"):
            assert taken(f"2018-03-05T{time}") == exists(f"2018-03-05T{time}")


SHAPED = st.from_regex(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2})?)?)?)?", fullmatch=True)


@unhurried
@given(SHAPED | st.text("0123456789-T:", max_size=20))
def test_a_form_takes_what_the_calendar_has(text: str) -> None:
    assert taken(text) == exists(text)
