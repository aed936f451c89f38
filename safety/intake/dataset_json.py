"""Reads one CDISC Dataset-JSON 1.1 file, .json (one document) or .ndjson (one line a row), into numbered rows."""

import codecs
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, BinaryIO

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from safety.intake.faults import first_fault
from safety.intake.rows import Dataset, Unreadable, number_as_text, place


class _Column(BaseModel):
    """Of a column only its name matters here: every value becomes text, and the import's form judges it."""

    name: str


class _Metadata(BaseModel):
    """What is read of a dataset's attributes (Dataset-JSON 1.1, "Top-level attributes"); others are left alone."""

    model_config = ConfigDict(strict=True)

    version: Annotated[str, Field(alias="datasetJSONVersion", pattern=r"^1\.1(\.\d+)?$")]
    records: Annotated[int | None, Field(ge=0)] = None
    columns: Annotated[list[_Column], Field(min_length=1)]


def read(stream: BinaryIO, file: str) -> Dataset:
    """The columns at once, the rows as they are walked; the name `file` tells which of the two forms it is.

    Raises Unreadable, also while the rows are walked, for a file that is not JSON or not Dataset-JSON 1.1, for a row
    that is not a list as wide as the columns, and for another number of rows than `records` states.
    """
    return _read_lines(stream, file) if file.lower().endswith(".ndjson") else _read_document(stream, file)


def _read_document(stream: BinaryIO, file: str) -> Dataset:
    document = _parsed(stream.read().removeprefix(codecs.BOM_UTF8), file)
    metadata = _metadata(document, file)
    rows = document.get("rows", None if metadata.records != 0 else [])
    if not isinstance(rows, list):
        raise Unreadable(f"{file} is not Dataset-JSON 1.1: it has no list of rows; export it again")
    return _dataset(metadata, rows, file)


def _read_lines(stream: BinaryIO, file: str) -> Dataset:
    document = _parsed(stream.readline().removeprefix(codecs.BOM_UTF8), f"{file}, line 1,")
    metadata = _metadata(document, file)
    if "rows" in document:
        raise Unreadable(f"{file} has its rows in line 1, so it is one document; rename it to end in .json")
    lines = ((number, line) for number, line in enumerate(stream, 2) if line.strip())
    return _dataset(metadata, (_parsed(line, f"{file}, line {number},") for number, line in lines), file)


def _parsed(text: bytes, where: str) -> Any:  # noqa: ANN401  (what JSON holds is known only when it is looked at)
    try:
        # Repeated texts are kept once, which is most of an adverse event table.
        return from_json(text, allow_inf_nan=False, cache_strings="all")
    except ValueError as error:
        # The parser names a rule and a place, never the text it stood at.
        raise Unreadable(f"{where} is not JSON in UTF-8 ({error}); export it again") from None


def _metadata(document: object, file: str) -> _Metadata:
    try:
        return _Metadata.model_validate(document)
    except ValidationError as error:
        raise Unreadable(f"{file} is not Dataset-JSON 1.1 ({first_fault(error)}); export it as that") from None


def _dataset(metadata: _Metadata, rows: Iterable[object], file: str) -> Dataset:
    columns = tuple(column.name.strip() for column in metadata.columns)
    return Dataset(file, columns, _rows(rows, len(columns), metadata.records, file))


def _rows(rows: Iterable[object], width: int, records: int | None, file: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    number = 0
    for number, row in enumerate(rows, 1):
        if not isinstance(row, list) or len(row) != width:
            raise Unreadable(f"{place(file, number)} is not a list of {width} values, one a column; export it again")
        try:
            yield number, tuple(map(_text, row))
        except ValueError as error:
            raise Unreadable(f"{place(file, number)} holds {error}; a value is text, a number or null") from None
    if records is not None and records != number:
        raise Unreadable(f"{file} states {records} records and holds {number}; it is cut short: export it again")


def _text(value: object) -> str:
    """One value as text, null as empty; raises ValueError, saying what it is, for what is not a single value."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return number_as_text(value)
    raise ValueError("a list or an object")
