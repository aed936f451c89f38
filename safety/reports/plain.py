"""Plain text in a hundred columns: lines broken between words, Chinese between characters, tables that always fit."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.cells import cell_len, chop_cells

WIDTH = 100
GAP = 2
NARROWEST = 6
MOST_COLUMNS = 7
"""A table with more columns is printed in parts, each with the first column again."""


def wrapped(text: str, width: int = WIDTH) -> list[str]:
    """Break a text into lines of at most so many columns of a terminal; a Chinese character takes two."""
    lines = [""]
    for word in text.split():
        for piece in chop_cells(word, width):
            joined = f"{lines[-1]} {piece}".lstrip()
            if cell_len(joined) <= width:
                lines[-1] = joined
            else:
                lines.append(piece)
    return lines


def paragraph(text: str, indent: int = 0) -> str:
    """Write a text as lines, each begun with so many blanks."""
    return "\n".join(" " * indent + line for line in wrapped(text, WIDTH - indent))


def padded(text: str, width: int, *, right: bool) -> str:
    """Fill a text with blanks up to a width."""
    blanks = " " * (width - cell_len(text))
    return blanks + text if right else text + blanks


def widths(columns: Sequence[Sequence[str]]) -> list[int]:
    """Share a line among columns: the widest gives way first."""
    found = [max(NARROWEST, *map(cell_len, column)) for column in columns]
    while sum(found) + GAP * (len(found) - 1) > WIDTH:
        found[found.index(max(found))] -= 1
    return found


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write rows under a head: the first column to the left, the others, which are numbers, to the right."""
    body = [list(row) for row in rows]
    if len(head) > MOST_COLUMNS:
        parts = []
        for start in range(1, len(head), MOST_COLUMNS - 1):
            chosen = [0, *range(start, min(start + MOST_COLUMNS - 1, len(head)))]
            parts.append(table([head[n] for n in chosen], [[row[n] for n in chosen] for row in body]))
        return "\n\n".join(parts)
    indents = [len(row[0]) - len(row[0].lstrip()) for row in body]
    shared = widths(list(zip(head, *body, strict=True)))
    lines = [*row_lines(head, shared), "-" * (sum(shared) + GAP * (len(shared) - 1))]
    for row, indent in zip(body, indents, strict=True):
        lines += row_lines(row, shared, indent)
    return "\n".join(lines)


def row_lines(row: Sequence[str], shared: Sequence[int], indent: int = 0) -> list[str]:
    """Write one row as as many lines as its longest cell needs."""
    cells = [wrapped(row[0], shared[0] - indent), *(wrapped(c, w) for c, w in zip(row[1:], shared[1:], strict=True))]
    cells[0] = [" " * indent + line for line in cells[0]]
    height = max(map(len, cells))
    filled = [cell + [""] * (height - len(cell)) for cell in cells]
    return [
        (" " * GAP)
        .join(padded(text, width, right=n > 0) for n, (text, width) in enumerate(zip(line, shared, strict=True)))
        .rstrip()
        for line in zip(*filled, strict=True)
    ]


def pairs(named: Mapping[str, Any], indent: int = 0) -> str:
    """Write names and what they stand for, one a line; what nothing is known of is left out."""
    said = {name: str(value) for name, value in named.items() if value not in (None, "")}
    column = max(map(cell_len, said), default=0) + GAP
    lines = []
    for name, value in said.items():
        first, *more = wrapped(value, WIDTH - indent - column)
        lines.append(" " * indent + padded(name, column, right=False) + first)
        lines += [" " * (indent + column) + line for line in more]
    return "\n".join(lines)
