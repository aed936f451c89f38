"""How an answer reaches standard output: one JSON document, or CSV, or a table for people, and nothing else beside it."""

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

Rows = Sequence[Mapping[str, Any]]
PIPE_WIDTH = 120
"""How wide a table may be where no terminal says how wide it is; `COLUMNS` says otherwise."""
SHORT = 20
"""Up to so many characters a cell is a code, a date or a number, and is never broken."""


class Format(StrEnum):
    """How an answer is printed: a table for people, or one JSON document, or CSV for programs."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


FormatOption = Annotated[Format, typer.Option("--format", help="table for people, json or csv for programs.")]


def show(answer: Any, rows: Rows, form: Format, table: Callable[[], None]) -> None:  # noqa: ANN401, whatever JSON can hold
    """Print an answer in the asked form: the whole document as JSON, its rows as CSV, or the table."""
    if form is Format.JSON:
        print_json(answer)
    elif form is Format.CSV:
        print_csv(rows)
    else:
        table()


def print_json(answer: Any) -> None:  # noqa: ANN401, whatever JSON can hold
    """Print one JSON document."""
    sys.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2) + "\n")


def print_csv(rows: Rows) -> None:
    """Print rows as CSV with a header; a cell that a spreadsheet would run as a formula is made text."""
    import csv  # noqa: PLC0415, keeps --help light

    if not rows:
        return
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(rows[0])
    writer.writerows([harmless(cell(value)) for value in row.values()] for row in rows)


def harmless(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would take for a formula; a plain negative number stays."""
    is_number = text.lstrip("-").replace(".", "", 1).isdigit()
    return f"'{text}" if text.startswith(tuple("=+-@\t\r")) and not is_number else text


def cell(value: Any) -> str:  # noqa: ANN401, whatever a row holds
    """Write one value of a row in words."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(cell(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{name}: {cell(item)}" for name, item in value.items())
    return str(value)


def console() -> "Console":
    """Where people read: as wide as their terminal."""
    from rich.console import Console  # noqa: PLC0415, keeps --help light

    found = Console(highlight=False, markup=False, emoji=False)
    return found if found.is_terminal or "COLUMNS" in os.environ else Console(
        highlight=False, markup=False, emoji=False, width=PIPE_WIDTH
    )


def print_table(title: str, rows: Rows, columns: Mapping[str, str], empty: str) -> None:
    """Print rows as a table with the named columns, or say what to do when there are none.

    A row with `heads` true begins a group: it stands out.
    """
    from rich import box  # noqa: PLC0415, keeps --help light
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    page = console()
    if title:
        page.print(Text(title, style="bold"))
    if not rows:
        page.print(Text(empty))
        return
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for name, heading in columns.items():
        cells = [cell(row.get(name)) for row in rows]
        numbers = all(isinstance(row.get(name), int | float | None) for row in rows)
        table.add_column(heading, justify="right" if numbers else "left", no_wrap=max(map(len, cells)) <= SHORT)
    for row in rows:
        table.add_row(*(Text(cell(row.get(name))) for name in columns), style="bold" if row.get("heads") else None)
    page.print(table)


def print_notes(notes: Mapping[str, str]) -> None:
    """Print what a reader must know beside a table, each with its name."""
    from rich.table import Table  # noqa: PLC0415, keeps --help light
    from rich.text import Text  # noqa: PLC0415

    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, style="dim")
    for name, words in notes.items():
        grid.add_row(name, Text(words))
    console().print(grid)
