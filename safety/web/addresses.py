"""What addresses and forms name: codes, positions of the log, numbers of things, pages of a list."""

from safety.values import code
from safety.web.asking import NotThere

A_PAGE = 50
"""Rows of a list that are shown at once."""
POSITION_DIGITS, NUMBER_DIGITS = 18, 9
"""How many digits are read: what is longer is the number of nothing, and would fit no database."""


def coded(text: str) -> str:
    """Bring a code of an address to its form; raises NotThere, for what has no such form is nobody's."""
    try:
        return code(text)
    except ValueError:
        raise NotThere from None


def whole(text: str, digits: int = NUMBER_DIGITS) -> int | None:
    """Read a whole number; None where it is none, or has more digits than are read."""
    return int(text) if text.isdecimal() and text.isascii() and len(text) <= digits else None


def page_number(text: str) -> int:
    """Read which page of a list is asked for; the first where that is none."""
    return whole(text) or 1
