"""The words of the trade: codes that identify, CDISC and ICH coded lists, partial dates, and the classes of a field."""

import calendar
import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from safety.written import WrittenDay, WrittenDecimal, WrittenInstant, WrittenNumber

CODE = re.compile(r"[A-Z0-9][A-Z0-9._-]{0,63}\Z")
CODE_FORM = "must be 1 to 64 letters, digits, dots, underscores or hyphens and start with a letter or digit"
DAY_SECONDS = 86_400


def code(text: str) -> str:
    """Bring a typed identifier to the one form it is stored in, so that full-width `Ｓ０１` and `s01` are `S01`.

    Raises:
        ValueError: when the result is not 1 to 64 of A-Z, 0-9, dot, underscore, hyphen, starting with a letter or digit.

    """
    folded = unicodedata.normalize("NFKC", text).strip().upper()
    if not CODE.match(folded):
        raise ValueError(CODE_FORM)
    return folded


class CodedIn:
    """Marks a Literal whose values are read in any case; CDISC submission values are upper case.

    It stands in the validator's own language: a report has a dozen coded fields, and each Python call costs as much as the rest.
    """

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401, the signature pydantic fixes
        """Fold the case, then look the value up."""
        text = core_schema.str_schema(strip_whitespace=True, to_upper=True, coerce_numbers_to_str=True)
        return core_schema.chain_schema([text, handler(source)])

    def __get_pydantic_json_schema__(self, found: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Describe the values as they are stored."""
        return handler(found["steps"][-1])


class CodeSchema:
    """Marks a text that is an identifier: one in its stored form passes at once, any other is brought to it."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401, the signature pydantic fixes
        """Try the stored form first."""
        text, number = core_schema.str_schema(strict=True), core_schema.int_schema(strict=True)
        either = core_schema.lax_or_strict_schema(core_schema.union_schema([text, number]), text)
        typed = core_schema.no_info_after_validator_function(lambda given: code(str(given)), either)
        stored = core_schema.str_schema(pattern=r"^[A-Z0-9][A-Z0-9._-]{0,63}$", strict=True)
        return core_schema.union_schema(
            [stored, typed], mode="left_to_right", custom_error_type="code", custom_error_message=CODE_FORM
        )

    def __get_pydantic_json_schema__(self, found: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Describe the stored form."""
        return handler(found["choices"][0])


Code = Annotated[str, CodeSchema()]
TrialId = Code
SubjectCode = Code
SiteId = Code
AccountId = Code


class FieldClass(Enum):
    """What a field may hold, and so where it is stored: these stand sealed beside the body, which keeps their digest."""

    TEXT = "text"
    UNBLINDED = "unblinded"
    CONTACT = "contact"


REDACTED = "[redacted]"

TEXT_LENGTH = 20_000
"""Characters of free text that a field of the record holds."""
REASON_LENGTH = 500
"""Characters of the reason that is kept beside an act."""

Text = Annotated[str, FieldClass.TEXT, Field(min_length=1, max_length=TEXT_LENGTH)]

YesNo = Annotated[Literal["Y", "N"], CodedIn()]
Sex = Annotated[Literal["M", "F", "U", "UNDIFFERENTIATED"], CodedIn()]
Severity = Annotated[Literal["MILD", "MODERATE", "SEVERE"], CodedIn()]
Grade = Annotated[Literal["1", "2", "3", "4", "5"], CodedIn()]
Outcome = Annotated[
    Literal[
        "RECOVERED/RESOLVED",
        "RECOVERING/RESOLVING",
        "NOT RECOVERED/NOT RESOLVED",
        "RECOVERED/RESOLVED WITH SEQUELAE",
        "FATAL",
        "UNKNOWN",
    ],
    CodedIn(),
]
ActionTaken = Annotated[
    Literal[
        "DRUG WITHDRAWN",
        "DOSE REDUCED",
        "DOSE INCREASED",
        "DOSE NOT CHANGED",
        "DRUG INTERRUPTED",
        "DOSE RATE REDUCED",
        "NOT APPLICABLE",
        "UNKNOWN",
    ],
    CodedIn(),
]
Party = Literal["site", "sponsor"]
Assessor = Literal["investigator", "sponsor"]
Source = Literal["import"]
"""Where an entry comes from when no person typed it: the row of an import."""
Role = Literal["operator", "investigator", "safety_officer", "deputy_safety_officer", "auditor"]
"""A deputy may do what a safety officer may; only the ladder tells them apart, which calls the deputy later."""
Language = Literal["en", "zh"]

Number = Annotated[int, Field(ge=1, le=999_999_999), WrittenNumber()]
"""A number of a dose or an adverse event within its subject; beyond nine digits it is a typing error no table should hold."""
Position = Annotated[int, Field(ge=1, lt=2**63), WrittenNumber()]
"""A position of the log."""

DecimalText = Annotated[str, WrittenDecimal()]
"""An amount kept as given, beside its unit: `0.50` stays `0.50`; nothing here is ever negative."""

PARTIAL = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2}))?)?)?)?\Z")
PARTIAL_FORM = "must be a date of the form YYYY[-MM[-DD[Thh:mm[:ss]]]] that exists in the calendar"


def seconds(day: date) -> int:
    """Whole seconds from 0001-01-01 to the start of a day: local wall time as a number both databases compare."""
    return (day.toordinal() - 1) * DAY_SECONDS


@lru_cache(maxsize=65_536)
def span(text: str) -> tuple[int, int]:
    """First and last second (from 0001-01-01, local wall time) that a partial date may mean.

    Raises:
        ValueError: anything but YYYY[-MM[-DD[Thh:mm[:ss]]]] that exists in the calendar (ISO 8601 as SDTM uses it).

    """
    match = PARTIAL.match(text) if text.isascii() else None
    if match is None:
        raise ValueError(PARTIAL_FORM)
    year, month, day, hour, minute, second = (None if part is None else int(part) for part in match.groups())
    try:
        # A month or day 00 is stated and wrong, not left out.
        first = date(year or 0, 1 if month is None else month, 1 if day is None else day)
        last_month = 12 if month is None else month
        last = date(first.year, last_month, calendar.monthrange(first.year, last_month)[1] if day is None else day)
        if hour is None or minute is None:
            return seconds(first), seconds(last) + DAY_SECONDS - 1
        moment = datetime(first.year, first.month, first.day, hour, minute, second or 0, tzinfo=UTC)
    except ValueError as fault:
        raise ValueError(PARTIAL_FORM) from fault
    start = seconds(first) + moment.hour * 3600 + moment.minute * 60 + moment.second
    return start, start if second is not None else start + 59


class PartialDate(str):
    """A date or local date and time kept exactly as given, as far as it is known: `2018`, `2018-03`, `2018-03-05T09:30`."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Refuse, with a ValueError, what no calendar has."""
        span(text)
        return super().__new__(cls, text)

    @property
    def earliest(self) -> date:
        """The earliest day it may mean."""
        return date.fromordinal(span(self)[0] // DAY_SECONDS + 1)

    @property
    def latest(self) -> date:
        """The latest day it may mean."""
        return date.fromordinal(span(self)[1] // DAY_SECONDS + 1)

    def compare(self, other: "PartialDate") -> Literal["before", "after", "undecidable"]:
        """Say whether this surely lies before or surely after another partial date, or that it cannot be decided."""
        (first, last), (other_first, other_last) = span(self), span(other)
        if last < other_first:
            return "before"
        return "after" if first > other_last else "undecidable"


class PartialDateSchema:
    """Marks a text that is a partial date, kept as given: what `span` says of the calendar, in the validator's own language."""

    YEAR = "(?:000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})"
    LEAP_YEAR = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
    MONTH_DAY = (
        "(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
        "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
        "|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    )
    TIME = "T(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?"
    PATTERN = f"^(?:{YEAR}(?:-(?:0[1-9]|1[0-2]))?|(?:{YEAR}-{MONTH_DAY}|{LEAP_YEAR}-02-29)(?:{TIME})?)$"

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401, the signature pydantic fixes
        """Match the text with the calendar."""
        text = core_schema.str_schema(strip_whitespace=True, pattern=self.PATTERN)
        return core_schema.custom_error_schema(
            text, custom_error_type="partial_date", custom_error_message=PARTIAL_FORM
        )


PartialDateText = Annotated[str, PartialDateSchema()]
"""A partial date as a form holds it; `PartialDate(text)` reasons about it."""


@lru_cache(maxsize=1_024)
def zone_name(name: str) -> str:
    """Refuse, with a ValueError, a name that the IANA time zone database does not have."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as fault:
        message = "must be an IANA time zone such as Asia/Shanghai"
        raise ValueError(message) from fault
    return name


def instant(given: datetime) -> datetime:
    """Bring a moment to UTC; refuse, with a ValueError, one so near an end of the calendar that it has no date in some zone."""
    try:
        in_utc = given.astimezone(UTC)
        in_utc - timedelta(days=1), in_utc + timedelta(days=1)
    except OverflowError as fault:
        message = "must lie within the years 1 to 9999 in every time zone"
        raise ValueError(message) from fault
    return in_utc


Zone = Annotated[str, AfterValidator(zone_name)]
Day = Annotated[date, WrittenDay()]
Instant = Annotated[datetime, WrittenInstant(), AfterValidator(instant)]
Clock = Callable[[], datetime]
"""The present moment, timezone-aware in UTC; made at the doors and handed in."""


class Awareness(BaseModel):
    """When a party became aware of a fact, in whose zone, and on what basis the moment is known.

    `basis`: `stated` by the person who filed, `filed` when the form left it out and the moment of filing stands for it, a
    `column` of the imported data, the moment of the `import` itself, or `history`: imported, and its duties handled elsewhere.
    `filed_at`: when the desk took what was stated; None where that is the same moment, and in older events.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    at: Instant
    zone: Zone
    party: Party
    basis: Literal["stated", "filed", "column", "import", "history"] = "stated"
    filed_at: Instant | None = None

    @property
    def on(self) -> date:
        """The local calendar date of awareness: Day 0 of any clock it starts."""
        return self.at.astimezone(ZoneInfo(self.zone)).date()


def end_of_day(day: date, zone: str) -> datetime:
    """Give the last microsecond of a day in a zone, in UTC: what a bare date means on every axis of time."""
    following = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)) + timedelta(days=1)
    return following.astimezone(UTC) - timedelta(microseconds=1)


def iso(at: datetime) -> str:
    """Write a moment as every answer does: ISO 8601 in UTC, `2018-05-31T10:00:00Z`."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def microseconds(moment: datetime) -> int:
    """Whole microseconds from 1970 UTC: how the log writes time."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def moment(count: int) -> datetime:
    """Turn the log's microseconds back into a moment in UTC."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=count)
