"""Partial dates as columns: the text as given, and beside it the first and last second it may mean, which SQL compares."""

from collections.abc import Mapping
from typing import Any

from safety.values import span

Bounds = Mapping[str, tuple[str, str]]
"""By the column of a partial date, the columns of its first and last second (local, from 0001-01-01)."""


def bounded(values: dict[str, Any], bounds: Bounds) -> dict[str, Any]:
    """Put plain text and its bounds where a row holds partial dates; an emptied date empties its bounds."""
    for column, (low, high) in bounds.items():
        if column in values:
            text = values[column]
            values[low], values[high] = (None, None) if text is None else span(text)
            values[column] = text if text is None else str(text)
    return values
