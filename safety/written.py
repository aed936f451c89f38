"""How dates, instants and whole numbers are written where the desk takes them: what only looks like one is refused."""

import re
from abc import ABC, abstractmethod
from datetime import date, datetime, time
from typing import Annotated, Any, Literal

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

DAY_FORM = "must be a date of the form YYYY-MM-DD that exists in the calendar"
INSTANT_FORM = (
    "must be an instant with its offset from UTC (ISO 8601), such as 2026-03-01T09:00:00+08:00 or 2026-03-01T01:00:00Z"
)
NUMBER_FORM = "must be a whole number in digits, such as 12"
DECIMAL_FORM = "must be a number such as 54 or 0.5, without a sign and of no more than twenty digits"

DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?"
OFFSET = "(?:Z|[+-](?:(?:0[0-9]|1[0-3]):?[0-5][0-9]|14:?00))"
"""No clock of the world is more than 14 hours from UTC."""
INSTANT = f"{DAY}[T ]{CLOCK}{OFFSET}"
WHOLE = "[0-9]{1,18}"
DECIMAL = r"[0-9]{1,20}(\.[0-9]{1,12})?"
_DAY = re.compile(DAY)
_MOMENT = re.compile(f"{DAY}[T ]{CLOCK}{OFFSET}?")


def day(text: str) -> date:
    """Read a date of the form YYYY-MM-DD; raises ValueError, also for a week date or a date without hyphens."""
    if not _DAY.fullmatch(text):
        raise ValueError(DAY_FORM)
    try:
        return date.fromisoformat(text)
    except ValueError as fault:
        raise ValueError(DAY_FORM) from fault


def moment(text: str) -> datetime:
    """Read a date with a time, and its offset where it has one; raises ValueError."""
    if not _MOMENT.fullmatch(text):
        raise ValueError(INSTANT_FORM)
    try:
        return datetime.fromisoformat(text)
    except ValueError as fault:
        raise ValueError(INSTANT_FORM) from fault


def day_or_moment(text: str) -> datetime:
    """Read a date, which stands for its first instant, or a date with a time; without an offset it is local. Raises ValueError."""
    return datetime.combine(day(text), time()) if _DAY.fullmatch(text) else moment(text)


class Written(ABC):
    """Marks a type that is read from text of one form alone; what is of the type already passes.

    The validator would take `1772355600` for a moment, `0` for a date, and `true` or `1_000` for a number. It stands in the
    validator's own language, for a log is read through it.
    """

    __slots__ = ()
    IN_JSON = False
    """Whether JSON has such values of its own, which are taken beside the text."""
    KIND: Literal["day", "instant", "whole_number"]
    FORM: str
    PATTERN: str

    @abstractmethod
    def typed(self, *, strict: bool) -> CoreSchema:
        """Give the schema of the type."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401, the signature pydantic fixes
        """Match the text with the form, read it, and hand it on to what a field says beside."""
        text = core_schema.str_schema(strip_whitespace=True, pattern=f"^{self.PATTERN}$")
        read = core_schema.chain_schema([text, self.typed(strict=False)])
        either = core_schema.union_schema([self.typed(strict=True), read], mode="left_to_right")
        form = core_schema.custom_error_schema(
            core_schema.json_or_python_schema(json_schema=either if self.IN_JSON else read, python_schema=either),
            custom_error_type=self.KIND,
            custom_error_message=self.FORM,
        )
        inner = handler(source)

        def described(found: CoreSchema, describe: GetJsonSchemaHandler) -> JsonSchemaValue:  # noqa: ARG001, the signature pydantic fixes
            return describe(inner)

        return core_schema.chain_schema([form, inner], metadata={"pydantic_js_functions": [described]})


class WrittenDay(Written):
    """A `date`."""

    KIND, FORM, PATTERN = "day", DAY_FORM, DAY

    def typed(self, *, strict: bool) -> CoreSchema:
        """Give the schema of a date."""
        return core_schema.date_schema(strict=strict)


class WrittenInstant(Written):
    """A `datetime` with an offset."""

    KIND, FORM, PATTERN = "instant", INSTANT_FORM, INSTANT

    def typed(self, *, strict: bool) -> CoreSchema:
        """Give the schema of an instant."""
        return core_schema.datetime_schema(strict=strict, tz_constraint="aware")


class WrittenNumber(Written):
    """An `int`: a number in JSON, digits alone where a form is filled in from a row of a file."""

    IN_JSON = True
    KIND, FORM, PATTERN = "whole_number", NUMBER_FORM, WHOLE

    def typed(self, *, strict: bool) -> CoreSchema:
        """Give the schema of a whole number."""
        return core_schema.int_schema(strict=strict)


class WrittenDecimal:
    """Marks a text that is an amount, kept as given: `0.50` stays `0.50`."""

    pattern = f"^{DECIMAL}$"

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401, the signature pydantic fixes
        """Match the text with the form; a number of a file is as good as its text."""
        text = core_schema.str_schema(pattern=self.pattern, coerce_numbers_to_str=True)
        return core_schema.custom_error_schema(
            text, custom_error_type="decimal_text", custom_error_message=DECIMAL_FORM
        )


Count = Annotated[int, Field(ge=0, lt=2**63), WrittenNumber()]
"""How many, or which: what a column of the databases can hold."""
