"""How an answer reaches standard output: one JSON document, or CSV, or a table for people, and nothing else beside it."""

import io
import json
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from itertools import accumulate
from operator import gt
from typing import TYPE_CHECKING, Annotated, Any

import typer

from safety.spreadsheets import harmless

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

Rows = Sequence[Mapping[str, Any]]
PIPE_WIDTH = 120
"""How wide a table may be where no terminal says how wide it is; `COLUMNS` says otherwise."""
GAP = 2
"""Blanks between two columns."""
NUMBERS = re.compile(r"(< )?[\d.,]*( (of|to) [\d.,]+)?( %)?")
"""What stands at the right of its column: a number, a share, an interval, or nothing."""
NARROW = 6
"""How narrow a column may get where a table does not fit; only then words are broken."""


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

    names = list(dict.fromkeys(name for row in rows for name in row))
    if names:
        for values in (names, *([harmless(cell(row.get(name))) for name in names] for row in rows)):
            line = io.StringIO()
            # With this line end, and no shorter one, the library also quotes a cell that holds a lone carriage return.
            csv.writer(line, lineterminator="\r\n").writerow(values)
            sys.stdout.write(line.getvalue().removesuffix("\r\n") + "\n")


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


def plain(value: Any) -> str:  # noqa: ANN401, whatever a row holds
    """Write one value on one line: what a terminal would obey, an escape or a line end, does not reach it."""
    text = cell(value)
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


def console() -> "Console":
    """Where people read: as wide as their terminal."""
    from rich.console import Console  # noqa: PLC0415, keeps --help light

    page = Console(highlight=False, markup=False, emoji=False)
    if not page.is_terminal and "COLUMNS" not in os.environ:
        page.width = PIPE_WIDTH
    return page


def words_in(texts: Sequence[str]) -> int:
    """How wide the widest word of a column is."""
    from rich.cells import cell_len  # noqa: PLC0415, keeps --help light

    return max(cell_len(word) for text in texts for word in text.split() or [""])


def fitting(columns: Sequence[Sequence[str]], room: int) -> int:
    """How many columns, from the left, fit a line without a broken word; three are always shown."""
    used = list(accumulate(words_in(texts) + GAP for texts in columns))
    return max(3, sum(width - GAP <= room for width in used))


def widths(columns: Sequence[Sequence[str]], room: int) -> list[int]:
    """Share a line among columns of texts: nothing is folded that fits, lines break between words, and words at last."""
    from rich.cells import cell_len  # noqa: PLC0415, keeps --help light

    wanted = [max(map(cell_len, texts)) for texts in columns]
    words = [words_in(texts) for texts in columns]
    for floor in (words, [min(NARROW, width) for width in words]):
        while sum(wanted) + GAP * (len(wanted) - 1) > room and any(map(gt, wanted, floor)):
            widest = max(range(len(wanted)), key=lambda n: (wanted[n] > floor[n], wanted[n]))
            wanted[widest] -= 1
    return wanted


def print_table(title: str, rows: Rows, columns: Mapping[str, str], empty: str) -> None:
    """Print rows as a table with the named columns, or say what to do when there are none.

    Columns that a terminal has no room for are named below it. A row with `heads` true begins a group: it stands out.
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
    texts = [[heading, *(plain(row.get(name)) for row in rows)] for name, heading in columns.items()]
    shown = texts[: fitting(texts, page.width)]
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for (heading, *cells), width in zip(shown, widths(shown, page.width), strict=True):
        numbers = all(NUMBERS.fullmatch(text) for text in cells)
        table.add_column(heading, justify="right" if numbers else "left", width=width, overflow="fold")
    for row, *line in zip(rows, *(column[1:] for column in shown), strict=True):
        table.add_row(*map(indented, line), style="bold" if row.get("heads") else None)
    page.print(table)
    if hidden := [heading for heading, *_ in texts[len(shown) :]]:
        page.print(Text(f"No room for: {', '.join(hidden)}. Take a wider terminal, or --format csv.", style="dim"))


def indented(text: str) -> "RenderableType":
    """A cell whose blanks at the beginning stand before all of its lines."""
    from rich.padding import Padding  # noqa: PLC0415, keeps --help light
    from rich.text import Text  # noqa: PLC0415

    return Padding(Text(text.lstrip()), (0, 0, 0, len(text) - len(text.lstrip())))


def print_blank() -> None:
    """Leave a line between two things."""
    console().print()


def print_notes(notes: Mapping[str, str]) -> None:
    """Print what a reader must know beside a table, each with its name."""
    from rich.table import Table  # noqa: PLC0415, keeps --help light
    from rich.text import Text  # noqa: PLC0415

    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(overflow="fold")
    for name, words in notes.items():
        grid.add_row(name, Text(words))
    console().print(grid)
