"""Reads one SAS transport file, version 5 (SAS technical note TS-140), into numbered rows of text."""

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from safety.intake.rows import Dataset, Unreadable, number_as_text, place

RECORD = 80  # bytes; the whole file is made of records of this size
_AHEAD = 800  # records read at a time
# The part of a description of a variable that is used: kind, length, name, and the position in the observation.
_NAMESTR = struct.Struct(">H2xH2x8s68xL")
# A missing value: one of these in the first byte, zeros behind.
_MISSING = b"._ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class _Variable:
    """Where a variable stands in an observation, in bytes, and how it is read."""

    name: str
    is_number: bool
    start: int
    stop: int


def read(stream: BinaryIO, file: str) -> Dataset:
    """The columns at once, the rows as they are walked; `file` is the name used in refusals.

    Trailing blanks fill a character variable up, so they are not text; a missing number is empty. Raises Unreadable,
    also while the rows are walked, for a file that is no transport file, of version 8, cut short, of several datasets,
    or whose text is not UTF-8.
    """
    variables = _variables(stream, file)
    return Dataset(file, tuple(variable.name for variable in variables), _rows(stream, variables, file))


def _header(kind: str) -> bytes:
    return f"HEADER RECORD*******{kind:8}HEADER RECORD!!!!!!!".encode()


def _variables(stream: BinaryIO, file: str) -> list[_Variable]:
    """The descriptions of the variables; leaves the stream at the first observation."""
    _refuse_other_formats(stream.read(RECORD), file)
    _skip(stream, 2, file)  # who wrote it and when
    size = _count(_expect(stream, "MEMBER", file)[74:78], file)
    _expect(stream, "DSCRPTR", file)
    _skip(stream, 2, file)  # the dataset's name, label and times
    count = _count(_expect(stream, "NAMESTR", file)[54:58], file)
    # Descriptions follow one another without a gap; blanks fill the last record up.
    descriptions = _exactly(stream, -(-size * count // RECORD) * RECORD, file)
    _expect(stream, "OBS", file)
    if size < _NAMESTR.size or not count:
        raise _damaged(file)
    variables = [_variable(descriptions[index * size :], file) for index in range(count)]
    if not _fill_the_observation(variables):
        raise _damaged(file)
    return variables


def _refuse_other_formats(first: bytes, file: str) -> None:
    if first.startswith(_header("LIBV8")):
        raise Unreadable(f"{file} is a SAS transport file of version 8; export it as version 5 or as Dataset-JSON 1.1")
    if not first.startswith(_header("LIBRARY")):
        raise Unreadable(f"{file} is not a SAS transport file; export it as version 5 (XPORT engine, not PROC CPORT)")


def _exactly(stream: BinaryIO, size: int, file: str) -> bytes:
    part = stream.read(size)
    if len(part) < size:
        raise _cut_short(file)
    return part


def _skip(stream: BinaryIO, records: int, file: str) -> None:
    _exactly(stream, records * RECORD, file)


def _expect(stream: BinaryIO, kind: str, file: str) -> bytes:
    record = _exactly(stream, RECORD, file)
    if not record.startswith(_header(kind)):
        raise _damaged(file)
    return record


def _count(digits: bytes, file: str) -> int:
    if not digits.isdigit():
        raise _damaged(file)
    return int(digits)


def _variable(description: bytes, file: str) -> _Variable:
    kind, length, name, start = _NAMESTR.unpack_from(description)
    is_number = kind == 1
    if kind not in (1, 2) or length == 0 or (is_number and not 2 <= length <= 8):  # noqa: PLR2004  (TS-140's lengths)
        raise _damaged(file)
    try:
        return _Variable(name.decode("ascii").rstrip(), is_number, start, start + length)
    except UnicodeDecodeError:
        raise _damaged(file) from None


def _fill_the_observation(variables: list[_Variable]) -> bool:
    """Whether the variables neither share bytes nor leave any between them; no writer does either."""
    end = 0
    for start, stop in sorted((variable.start, variable.stop) for variable in variables):
        if start != end:
            return False
        end = stop
    return True


def _rows(stream: BinaryIO, variables: list[_Variable], file: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    size = max(variable.stop for variable in variables)
    for number, observation in enumerate(_observations(stream, size, file), 1):
        try:
            yield number, tuple(_text(observation[v.start : v.stop], v.is_number) for v in variables)
        except UnicodeDecodeError:
            raise Unreadable(
                f"{place(file, number)} holds text that is not UTF-8; export it from a session with UTF-8 encoding"
            ) from None


def _observations(stream: BinaryIO, size: int, file: str) -> Iterator[bytes]:
    """The observations' bytes, without those that only fill up the last record.

    An observation that is all blank may be such a filling, so it is handed out only when another one follows it.
    """
    blank, blanks, rest = b" " * size, 0, b""
    for part in _records(stream, file):
        rest += part
        whole = len(rest) // size * size
        for start in range(0, whole, size):
            observation = rest[start : start + size]
            if observation == blank:
                blanks += 1
                continue
            yield from [blank] * blanks
            blanks = 0
            yield observation
        rest = rest[whole:]
    if rest.strip(b" "):
        raise _cut_short(file)


def _records(stream: BinaryIO, file: str) -> Iterator[bytes]:
    """The rest of the file in whole records; a header among them begins a second dataset."""
    while part := stream.read(_AHEAD * RECORD):
        if len(part) % RECORD:
            raise _cut_short(file)
        found = part.find(_header("MEMBER"))
        if found >= 0 and found % RECORD == 0:
            raise Unreadable(f"{file} holds several datasets; export each into a file of its own")
        yield part


def _text(field: bytes, is_number: bool) -> str:  # noqa: FBT001  (called for every cell: a keyword costs time)
    return _number(field) if is_number else field.rstrip(b" ").decode()


def _number(field: bytes) -> str:
    """A number in IBM's format: a sign, seven bits of exponent to base 16 (excess 64), a fraction of up to 56 bits.

    A field shorter than eight bytes lost its last bytes when it was written; the shortest decimal number that would
    have been written as these bytes is what was meant.
    """
    if field[0] in _MISSING and not any(field[1:]):
        return ""
    fraction = int.from_bytes(field[1:])
    exponent = 4 * ((field[0] & 0x7F) - 64) - 8 * (len(field) - 1)
    size = math.ldexp(fraction, exponent)
    text = number_as_text(size if len(field) == 8 else _shortest(size, math.ldexp(1, exponent)))  # noqa: PLR2004
    return f"-{text}" if field[0] & 0x80 and fraction else text


def _shortest(lowest: float, step: float) -> float:
    """The number of fewest digits that is at least `lowest` and less than a `step` above it."""
    candidates = (float(f"{lowest:.{digits}g}") for digits in range(1, 17))
    return next((near for near in candidates if lowest <= near < lowest + step), lowest)


def _damaged(file: str) -> Unreadable:
    return Unreadable(f"{file} is a damaged SAS transport file: its headers do not fit together; export it again")


def _cut_short(file: str) -> Unreadable:
    return Unreadable(f"{file} is cut short: it ends within a record; export it again")
