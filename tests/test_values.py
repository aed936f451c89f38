"""The words of the trade: what is taken, in which form it is kept, and what is refused."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from safety.values import (
    ActionTaken,
    Awareness,
    Code,
    DecimalText,
    Grade,
    Instant,
    Outcome,
    PartialDateText,
    Sex,
    YesNo,
    Zone,
    code,
    end_of_day,
    microseconds,
    moment,
)
from safety.written import INSTANT_FORM
from tests.given import unhurried

SHANGHAI, NEW_YORK = "Asia/Shanghai", "America/New_York"

PARTIAL = TypeAdapter(PartialDateText)


def read(kind: Any, value: object) -> object:  # noqa: ANN401, any annotation can be read
    return TypeAdapter(kind).validate_python(value)


def refusal(kind: Any, value: object) -> str:  # noqa: ANN401, any annotation can be read
    with pytest.raises(ValidationError) as refused:
        read(kind, value)
    (fault,) = refused.value.errors(include_input=False, include_url=False)
    return fault["msg"]


# Codes


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        pytest.param("S01", "S01", id="as stored"),
        pytest.param("s01", "S01", id="lower case"),
        pytest.param("Ｓ０１", "S01", id="full width of a Chinese keyboard"),
        pytest.param("ｓ０１－Ａ．１＿２", "S01-A.1_2", id="full-width punctuation and lower case"),
        pytest.param("\u3000S01 ", "S01", id="ideographic and plain space around"),
        pytest.param("①", "1", id="NFKC of an enclosed digit"),
        pytest.param(701, "701", id="a site typed as a number"),
        pytest.param("01-701-1015", "01-701-1015", id="a CDISC subject"),
        pytest.param("A" * 64, "A" * 64, id="64 long"),
        pytest.param("0", "0", id="one character"),
    ],
)
def test_a_code_is_brought_to_its_stored_form(typed: object, stored: str) -> None:
    assert read(Code, typed) == stored


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "",
            " ",
            "\u3000",
            "A" * 65,
            "S 01",
            "S/01",
            "S\\01",
            "../S",
            "-S01",
            ".S01",
            "_S01",
            "S01#",
            "S01*",
            "受试者一",
        ),
        *("S\u200b01", "S01\x00", "S\n01", "É1", "s01'", '"S01"', "S,01", "S01%"),
        *(None, True, ["S01"], {"S01": 1}),
    ],
)
def test_what_does_not_fit_a_code_is_refused_with_what_would(typed: object) -> None:
    assert refusal(Code, typed).startswith("must be 1 to 64 letters, digits, dots, underscores or hyphens")


@unhurried
@given(st.text(max_size=70))
def test_a_stored_code_stays_as_it_is(text: str) -> None:
    try:
        stored = code(text)
    except ValueError:
        return
    assert code(stored) == stored == read(Code, text)


# Coded lists


@pytest.mark.parametrize(
    ("kind", "typed", "stored"),
    [
        (YesNo, "y", "Y"),
        (YesNo, " N ", "N"),
        (Sex, "undifferentiated", "UNDIFFERENTIATED"),
        (Grade, 3, "3"),
        (Grade, "5", "5"),
        (Outcome, "recovered/resolved with sequelae", "RECOVERED/RESOLVED WITH SEQUELAE"),
        (ActionTaken, "Dose Not Changed", "DOSE NOT CHANGED"),
    ],
)
def test_a_coded_value_is_read_in_any_case(kind: object, typed: object, stored: str) -> None:
    assert read(kind, typed) == stored


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        *((YesNo, value) for value in ("YES", "", "Ｙ", "1", True, None, 1)),
        *((Grade, value) for value in ("0", "6", "3.0", 3.5, "GRADE 3", "三", True)),
        (Sex, "MALE"),
        (Outcome, "RECOVERED"),
        (ActionTaken, "NONE"),
    ],
)
def test_a_value_off_its_list_is_refused_and_the_list_is_named(kind: object, typed: object) -> None:
    assert refusal(kind, typed).startswith("Input should be ")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("0.50", "0.50"),
        ("70", "70"),
        (70, "70"),
        ("9" * 20, "9" * 20),
        ("1." + "0" * 12, "1." + "0" * 12),
    ],
)
def test_a_decimal_is_kept_as_given(typed: object, kept: str) -> None:
    assert read(DecimalText, typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "",
            "-1",
            ".5",
            "5.",
            "1e5",
            "1,5",
            "1 000",
            "+1",
            "0x1",
            "NaN",
            "inf",
            "７０",
            "٧٠",
            "9" * 21,
            "1." + "0" * 13,
            "1\n",
        ),
        *(True, None, float("nan"), float("inf"), 1e30),
    ],
)
def test_what_is_not_a_plain_decimal_is_refused(typed: object) -> None:
    assert refusal(DecimalText, typed)


# Zones, moments, awareness


@pytest.mark.parametrize(
    "name", ["Beijing", "asia/nowhere", "", "/etc/passwd", "../UTC", "Asia", "UTC+8", "A" * 300, "\x00"]
)
def test_a_zone_that_is_not_in_the_database_is_refused(name: str) -> None:
    assert refusal(Zone, name) == "Value error, must be an IANA time zone such as Asia/Shanghai"


def test_a_moment_is_kept_in_utc() -> None:
    assert read(Instant, "2018-03-06T09:30:00+08:00") == datetime(2018, 3, 6, 1, 30, tzinfo=UTC)
    assert refusal(Instant, "2018-03-06T09:30:00") == INSTANT_FORM


@pytest.mark.parametrize(
    "text",
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "0001-01-01T12:00:00Z", "9999-12-31T12:00:00Z"],
)
def test_a_moment_that_has_no_date_somewhere_is_refused(text: str) -> None:
    assert refusal(Instant, text) == "Value error, must lie within the years 1 to 9999 in every time zone"


@pytest.mark.parametrize(
    ("at", "zone", "day_0"),
    [
        pytest.param(
            "2018-03-05T15:59:59Z", SHANGHAI, date(2018, 3, 5), id="regulatory 1.2(2) 23:59:59 is still Day 0"
        ),
        pytest.param("2018-03-05T16:00:00Z", SHANGHAI, date(2018, 3, 6), id="regulatory 1.2(2) local midnight"),
        pytest.param("2018-03-05T23:30:00-05:00", SHANGHAI, date(2018, 3, 6), id="told in one zone, aware in another"),
        pytest.param(
            "2018-03-11T04:59:59Z", NEW_YORK, date(2018, 3, 10), id="the day summer time begins: 23:59:59 EST"
        ),
        pytest.param("2018-03-11T05:00:00Z", NEW_YORK, date(2018, 3, 11), id="the day summer time begins: 00:00 EST"),
        pytest.param("2018-03-12T03:59:59Z", NEW_YORK, date(2018, 3, 11), id="the day summer time began: 23:59:59 EDT"),
        pytest.param("2018-03-12T04:00:00Z", NEW_YORK, date(2018, 3, 12), id="the day after: 00:00 EDT"),
        pytest.param("2018-11-04T04:00:00Z", NEW_YORK, date(2018, 11, 4), id="the day summer time ends: 00:00 EDT"),
        pytest.param("2018-11-05T04:30:00Z", NEW_YORK, date(2018, 11, 4), id="the day summer time ended: 23:30 EST"),
        pytest.param("1986-05-04T15:30:00Z", SHANGHAI, date(1986, 5, 5), id="Shanghai kept summer time in 1986"),
    ],
)
def test_day_0_is_the_local_date_of_awareness(at: str, zone: str, day_0: date) -> None:
    aware = Awareness.model_validate({"at": at, "zone": zone, "party": "site"})
    assert aware.on == day_0
    assert aware.basis == "stated"


ZONES = st.sampled_from(
    [SHANGHAI, NEW_YORK, "UTC", "Europe/Berlin", "America/Sao_Paulo", "Africa/Cairo", "Asia/Kathmandu"]
)


@unhurried
@given(st.dates(date(1970, 1, 2), date(2037, 12, 30)), ZONES)
def test_a_bare_date_ends_with_the_last_microsecond_of_the_day_in_its_zone(day: date, zone: str) -> None:
    end = end_of_day(day, zone)
    assert end.astimezone(ZoneInfo(zone)).date() == day
    assert (end + timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date() == day + timedelta(days=1)


@unhurried
@given(st.datetimes(timezones=st.just(UTC)))
def test_the_logs_microseconds_are_exact(at: datetime) -> None:
    assert moment(microseconds(at)) == at
