"""What every command of the door for scripts shares: the environment read once, a home opened, faults told, answers printed."""

import json
import os
import secrets
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from safety.home import Doors, Home

REFUSED, UNUSABLE_ARGUMENTS, MACHINE_REFUSED = 1, 2, 3

DELIVERY: ContextVar[Callable[["Home"], object] | None] = ContextVar("delivery", default=None)
"""What brings alerts to people; the composition root sets it, because this door must not know who delivers."""


class Format(StrEnum):
    """How an answer is printed: a table for people, or one JSON document, or CSV, and nothing else on standard output."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


FormatOption = Annotated[Format, typer.Option("--format", help="table for people, json or csv for programs.")]
TrialOption = Annotated[str, typer.Option("--trial", help="Id of the trial, such as NCT03265613.")]
IntoDemo = Annotated[bool, typer.Option("--into-demo", help="Use the home although it holds a demo log.")]
ByOption = Annotated[str | None, typer.Option("--by", help="Account that acts; VIGILOG_ACCOUNT, else OPERATOR.")]
CommandId = Annotated[
    str | None, typer.Option("--command-id", help="Id of this act; the same id again does nothing twice.")
]


def system_doors() -> "Doors":
    """The machine's own clock and randomness: named here and nowhere below."""
    from safety.home import Doors  # noqa: PLC0415, keeps --help light

    return Doors(clock=lambda: datetime.now(UTC), salt=lambda: os.urandom(16), new_id=lambda: secrets.token_hex(16))


def fail(sentence: str, status: int) -> NoReturn:
    """Tell one sentence on standard error and leave."""
    typer.echo(sentence, err=True)
    raise typer.Exit(status)


@contextmanager
def told_faults() -> Iterator[None]:
    """Turn what was refused into one sentence and its exit code; anything else is a fault of ours and shows itself."""
    from pydantic import ValidationError  # noqa: PLC0415, keeps --help light

    from safety.aggregates.deciding import Refused  # noqa: PLC0415
    from safety.home import Unusable  # noqa: PLC0415
    from safety.intake import Unreadable  # noqa: PLC0415
    from safety.journal import Newer, Unavailable, UnknownTopic  # noqa: PLC0415

    try:
        yield
    except (Refused, Unreadable) as refusal:
        fail(str(refusal), REFUSED)
    except ValidationError as fault:
        first = fault.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the form"
        fail(f"{where}: {first['msg']}; correct it and try again", REFUSED)
    except (Unusable, Unavailable, Newer, UnknownTopic) as fault:
        fail(str(fault), MACHINE_REFUSED)


@contextmanager
def home(*, into_demo: bool = False, reads_only: bool = False) -> Iterator["Home"]:
    """Open the home that the environment names, for one command."""
    from safety.home import open_home  # noqa: PLC0415, keeps --help light
    from safety.settings import Settings  # noqa: PLC0415

    with told_faults():
        opened = open_home(Settings(), system_doors(), into_demo=into_demo, reads_only=reads_only)
        try:
            before = opened.journal.head().position
            yield opened
            bring_alerts(opened, before)
        finally:
            opened.close()


def bring_alerts(opened: "Home", before: int) -> None:
    """Deliver at once what this command has come to owe, where the program is composed with a delivery."""
    deliver = DELIVERY.get()
    if deliver is not None and any(row.topic.startswith("alert.") for row in opened.journal.rows(before)):
        deliver(opened)


def by_whom(by: str | None, opened: "Home") -> str:
    """The account that acts."""
    return (by or opened.settings.account).upper()


def print_json(answer: Any) -> None:  # noqa: ANN401, whatever JSON can hold
    """Print one JSON document."""
    sys.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2) + "\n")


def print_csv(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print rows as CSV with a header; a cell that a spreadsheet would run as a formula is made text."""
    import csv  # noqa: PLC0415

    if not rows:
        return
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(rows[0])
    for row in rows:
        writer.writerow([harmless(cell(value)) for value in row.values()])


def harmless(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would take for a formula; a plain negative number stays."""
    return (
        f"'{text}" if text[:1] in "=+-@\t\r" and not text.lstrip("-").replace(".", "", 1).isdigit() and text else text
    )


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


def print_table(title: str, rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], empty: str) -> None:
    """Print rows as a table with the named columns, or say what to do when there are none."""
    from rich.console import Console  # noqa: PLC0415, keeps --help light
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console = Console()
    if not rows:
        console.print(Text(empty))
        return
    table = Table(title=title, title_justify="left", title_style="bold", header_style="bold", expand=False)
    for name, heading in columns.items():
        numbers = all(isinstance(row.get(name), int | float) for row in rows)
        table.add_column(heading, justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell(row.get(name))) for name in columns))
    console.print(table)


def show(answer: Any, rows: Sequence[Mapping[str, Any]], form: Format, table: Callable[[], None]) -> None:  # noqa: ANN401
    """Print an answer in the asked form: the whole document as JSON, its rows as CSV, or the table."""
    if form is Format.JSON:
        print_json(answer)
    elif form is Format.CSV:
        print_csv(rows)
    else:
        table()
