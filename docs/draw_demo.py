"""Draws docs/demo.svg: the demo's outcome as a terminal of 80 columns shows it. `python docs/draw_demo.py`."""

import io
import re
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.text import Text
from typer.testing import CliRunner

from notifications.main import app

PICTURE = Path(__file__).with_name("demo.svg")
FIRST, BEYOND = "4  The primary outcome", "7  The periodic reports"
COLUMNS = 80


def told() -> str:
    """The part of the demo's story that is drawn, with its colours."""
    with TemporaryDirectory() as home:
        terminal = {"VIGILOG_HOME": home, "COLUMNS": str(COLUMNS), "FORCE_COLOR": "1", "TERM": "xterm-256color"}
        shown = CliRunner().invoke(app, ["demo", "--headless"], env=terminal, color=True, catch_exceptions=False).stdout
    lines = shown.splitlines()
    first, beyond = (next(n for n, line in enumerate(lines) if part in line) for part in (FIRST, BEYOND))
    return "\n".join(lines[first:beyond]).rstrip()


def drawn() -> str:
    """The picture; its letters are the reader's own, nothing is fetched for it."""
    page = Console(record=True, width=COLUMNS, file=io.StringIO())
    page.print(Text.from_ansi(told()))
    return re.sub(r"@font-face \{.*?\}\s*", "", page.export_svg(title="python3 run.py demo"), flags=re.DOTALL)


if __name__ == "__main__":
    PICTURE.write_text(drawn(), encoding="utf-8")
