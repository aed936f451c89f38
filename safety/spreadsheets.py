"""Keeps text from being run by the spreadsheet that opens a table of ours."""

import re

FORMULA = tuple("=+-@\t\r\n\0＝＋－＠")
"""With what a cell begins that a spreadsheet runs, some of them in full width too (OWASP, CSV injection)."""


def harmless(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would take for a formula, blanks passed over; a plain negative number stays."""
    is_number = re.fullmatch(r"-\d+(\.\d+)?", text, re.ASCII)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) and not is_number else text
