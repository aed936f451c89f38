"""Rows taken from the database many at once: one by one, taking a long list takes as long as what is done with it."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from sqlalchemy import Result

AT_ONCE = 1_000


def taken(result: Result[Any]) -> Iterator[tuple[Any, ...]]:
    """Give the rows of a result in order; no more of them are held than are taken at once."""
    return chain.from_iterable(result.partitions(AT_ONCE))
