"""Reads one CSV file (RFC 4180, UTF-8 with or without a byte order mark) into numbered rows."""

import codecs
import csv
from collections.abc import Iterator
from typing import BinaryIO

from safety.intake.rows import Dataset, Unreadable, place


def read(stream: BinaryIO, file: str) -> Dataset:
    """The columns at once, the rows as they are walked; `file` is the name used in refusals.

    Raises Unreadable, also while the rows are walked, for a file that is empty, binary or not UTF-8, for quotes that do
    not match, and for a row with more or fewer cells than the header.
    """
    records = _records(_lines(stream, file), file)
    number, header = next(records, (1, []))
    if number > 1 or not header:
        raise Unreadable(f"{file} is empty or begins with an empty line; its first line must name the columns")
    columns = tuple(name.strip() for name in header)
    return Dataset(file, columns, _rows(records, len(columns), file))


def _lines(stream: BinaryIO, file: str) -> Iterator[str]:
    """The file's lines, decoded one by one, so that a fault has a line and a large file is never held whole."""
    for number, line in enumerate(stream, 1):
        if b"\0" in line:
            raise Unreadable(
                f"{place(file, number)} holds a NUL byte, so this is not a text file; save it as CSV UTF-8"
            )
        try:
            yield line.removeprefix(codecs.BOM_UTF8).decode() if number == 1 else line.decode()
        except UnicodeDecodeError:
            # `from None`: the cause would carry the line itself into a traceback.
            raise Unreadable(f"{place(file, number)} is not UTF-8 text; save the file as CSV UTF-8") from None


def _records(lines: Iterator[str], file: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line it begins on, for a quoted cell may run over several; blank lines are left out."""
    reader = csv.reader(lines, strict=True)
    while True:
        begins = reader.line_num + 1
        try:
            record = next(reader, None)
        except csv.Error as error:
            raise Unreadable(f"{place(file, begins)} {_fault(error)}") from None
        if record is None:
            return
        if record:
            yield begins, record


def _fault(error: csv.Error) -> str:
    """What the csv module found, in words that say what to do."""
    if "new-line character" in str(error):
        return "has a bare carriage return outside quotes; save the file with ordinary line ends (LF or CRLF)"
    return "opens a quote that is never closed or is closed amid a cell; close it, and double a quote that is text"


def _rows(records: Iterator[tuple[int, list[str]]], width: int, file: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The records below the header, each as wide as it."""
    for number, record in records:
        if len(record) != width:
            raise Unreadable(
                f"{place(file, number)} has {_cells(len(record))} where the header has {width}; "
                "put a cell that holds a comma between quotes, and give every row all its commas"
            )
        yield number, tuple(record)


def _cells(count: int) -> str:
    return f"{count} cell" if count == 1 else f"{count} cells"
