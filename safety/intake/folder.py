"""Reads an import folder: finds the files of the three tables, reads them once, and keeps their digests."""

import io
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, TypeAlias

from safety.intake import csv_file, dataset_json, xpt_file
from safety.intake.columns import Shape, shapes
from safety.intake.fingerprint import FingerprintedFile
from safety.intake.mapping import FolderMap, TableMap
from safety.intake.rows import TABLES, Dataset, Row, Table, Unreadable, Values, place

Progress: TypeAlias = Callable[[str, int], None]

READERS: Mapping[str, Callable[[BinaryIO, str], Dataset]] = {
    ".csv": csv_file.read,
    ".xpt": xpt_file.read,
    ".json": dataset_json.read,
    ".ndjson": dataset_json.read,
}
# The usual names: words for people who export by hand, domains (in any format) for those whose system does.
_DOMAINS: Mapping[Table, str] = {"subjects": "dm", "exposures": "ex", "adverse_events": "ae"}
_EVERY = 1000  # rows between two calls of progress


@dataclass(frozen=True, slots=True)
class Folder:
    """What an import folder holds: the rows in the order of the files, and what to tell about the files themselves.

    `variables` gives the SDTM variables that a table's file can state, for the tables that are there: one that is not
    there says nothing. `digests` gives the SHA-256 of each file that was read, `ignored` the columns that nothing was
    taken from, both by base name; a file all of whose columns were taken is not in `ignored`.
    """

    subjects: tuple[Row, ...]
    exposures: tuple[Row, ...]
    adverse_events: tuple[Row, ...]
    variables: Mapping[Table, frozenset[str]]
    digests: Mapping[str, str]
    ignored: Mapping[str, tuple[str, ...]]


def read_folder(
    folder: Path,
    mapping: FolderMap | None = None,
    *,
    known: Mapping[Table, Collection[str]],
    progress: Progress | None = None,
) -> Folder:
    """Everything the folder's files say about subjects, exposures and adverse events; a missing file says nothing.

    `known` are the SDTM variables that the import takes, by table. `progress` is told a file's name and how many of its
    rows have been read. A row all of whose cells are empty is left out. Raises Unreadable.
    """
    mapping = mapping or FolderMap()
    files = _files(folder)
    found = {table: _find(table, mapping.table(table), files, folder) for table in TABLES}
    if not any(found.values()):
        raise Unreadable(f"{folder} holds none of the files of an import; it takes {_usual_names()}")
    reading = _Reading(known, progress or _silent)
    rows = {table: tuple(reading.rows(table, path, mapping.table(table))) for table, path in found.items() if path}
    return Folder(
        rows.get("subjects", ()),
        rows.get("exposures", ()),
        rows.get("adverse_events", ()),
        reading.variables,
        reading.digests,
        reading.ignored(),
    )


def _silent(file: str, rows: int) -> None:
    """Nobody is watching."""


def _names(table: Table) -> list[str]:
    return [f"{table}.csv", *(f"{_DOMAINS[table]}{suffix}" for suffix in READERS)]


def _usual_names() -> str:
    suffixes = ", ".join(READERS)
    return f"{', '.join(f'{table}.csv or {domain}.*' for table, domain in _DOMAINS.items())} ({suffixes})"


def _files(folder: Path) -> list[Path]:
    try:
        entries = sorted(folder.iterdir())
        files = [path for path in entries if path.is_file()]
    except OSError as error:
        raise Unreadable(
            f"{folder} is not a folder that can be read ({error.strerror}); name the folder that holds the files"
        ) from None
    if not entries:
        raise Unreadable(f"{folder} is empty; it takes {_usual_names()}")
    return files


def _find(table: Table, given: TableMap, files: list[Path], folder: Path) -> Path | None:
    """The one file of a table; names are compared without regard to case."""
    names = [given.file.lower()] if given.file else _names(table)
    found = [path for path in files if path.name.lower() in names]
    if len(found) > 1:
        raise Unreadable(
            f"{folder} holds {' and '.join(path.name for path in found)}, which are both {table}; keep one of them"
        )
    if given.file and not found:
        raise Unreadable(f"{folder} has no file {given.file}, which the import map's import.{table} reads; correct one")
    return found[0] if found else None


@dataclass(slots=True)
class _Reading:
    """One pass over a folder: what must be remembered from file to file."""

    known: Mapping[Table, Collection[str]]
    progress: Progress
    variables: dict[Table, frozenset[str]] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    _unused: dict[str, tuple[str, ...]] = field(default_factory=dict)
    # Every different text is held once: a table of adverse events is mostly the same few hundred.
    _texts: dict[str, str] = field(default_factory=dict)

    def rows(self, table: Table, path: Path, given: TableMap) -> Iterator[Row]:
        """The rows of one table."""
        try:
            raw = FingerprintedFile(path)
            with io.BufferedReader(raw) as stream:
                dataset = READERS[path.suffix.lower()](stream, path.name)
                made = shapes(table, path.name, dataset.columns, given, self.known[table])
                self.variables[table] = frozenset(variable for shape in made for variable in shape.places)
                self._note_unused(dataset, made)
                yield from self._rows(table, dataset, made)
                self._note_digest(path.name, raw.hexdigest())
        except OSError as error:
            raise Unreadable(f"{path.name} cannot be read ({error.strerror}); check the file and the disk") from None

    def _rows(self, table: Table, dataset: Dataset, made: list[Shape]) -> Iterator[Row]:
        file, number, count = dataset.file, 0, 0
        places = [shape.places for shape in made]
        for count, (number, cells) in enumerate(dataset.rows, 1):
            texts = [self._text(cell, file, number) for cell in cells]
            if any(texts):
                for shape, place_of in zip(made, places, strict=True):
                    if (values := shape.apply(texts)) is not None:
                        yield Row(table, file, number, Values(place_of, values))
            if count % _EVERY == 0:
                self.progress(file, count)
        if count % _EVERY or not count:
            self.progress(file, count)

    def _text(self, cell: str, file: str, number: int) -> str:
        """The one copy of a text; blanks alone are empty, as they are in a SAS dataset."""
        text = self._texts.get(cell)
        if text is None:
            if "\0" in cell:
                raise Unreadable(f"{place(file, number)} holds a NUL character, which is no text; remove it")
            text = self._texts[cell] = cell if cell.strip() else ""
        return text

    def _note_unused(self, dataset: Dataset, made: list[Shape]) -> None:
        """A file that feeds two tables has unused columns where neither takes them."""
        used = {index for shape in made for index in shape.sources.values()}
        unused = tuple(name for index, name in enumerate(dataset.columns) if index not in used)
        before = self._unused.get(dataset.file, unused)
        self._unused[dataset.file] = tuple(name for name in unused if name in before)

    def _note_digest(self, file: str, digest: str) -> None:
        if self.digests.setdefault(file, digest) != digest:
            raise Unreadable(f"{file} changed while it was read; import again when nothing writes to it")

    def ignored(self) -> dict[str, tuple[str, ...]]:
        """The columns that nothing was taken from, of the files that have such columns."""
        return {file: columns for file, columns in self._unused.items() if columns}
