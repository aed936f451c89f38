"""What every command of the door for scripts shares: the environment read once, a home opened, faults told in one sentence."""

import os
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from pydantic import ValidationError

    from safety.home import Doors, Home
    from safety.settings import Settings

REFUSED, UNUSABLE_ARGUMENTS, MACHINE_REFUSED = 1, 2, 3

DELIVERY: ContextVar[Callable[["Home"], object] | None] = ContextVar("delivery", default=None)
"""What brings alerts to people; the composition root sets it, because this door must not know who delivers."""

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


def say(sentence: str) -> None:
    """Tell a person something on standard error, where it is in no program's way."""
    typer.echo(sentence, err=True)


def fail(sentence: str, status: int) -> NoReturn:
    """Tell one sentence on standard error and leave."""
    say(sentence)
    raise typer.Exit(status)


def refusals() -> tuple[type[Exception], ...]:
    """What a rule of the domain raises."""
    from safety.aggregates.deciding import Refused  # noqa: PLC0415, keeps --help light
    from safety.intake import Unreadable  # noqa: PLC0415

    return Refused, Unreadable


def machine_faults() -> tuple[type[Exception], ...]:
    """What the machine raises: a disk, a lock, a home that cannot be used; of the tables only where a command used them."""
    from safety.home import Unusable  # noqa: PLC0415, keeps --help light
    from safety.journal import Damaged, Newer, Unavailable, UnknownTopic  # noqa: PLC0415
    from safety.store import StoreUnusable  # noqa: PLC0415

    return Unusable, Unavailable, Newer, UnknownTopic, Damaged, StoreUnusable, *tables_faults()


def tables_faults() -> tuple[type[Exception], ...]:
    """What the tables raise; no command can have met it that has not imported them."""
    views = sys.modules.get("safety.projections.views")
    return () if views is None else (views.TablesUnusable,)


def invalid_forms() -> "type[ValidationError]":
    """What a form raises that is not filled in as it must be."""
    from pydantic import ValidationError  # noqa: PLC0415, keeps --help light

    return ValidationError


@contextmanager
def told_faults() -> Iterator[None]:
    """Turn what was refused into one sentence and its exit code; anything else is a fault of ours and shows itself."""
    # What an except names is looked up when something was raised: a command that goes well imports none of it.
    try:
        yield
    except refusals() as refusal:
        fail(str(refusal), REFUSED)
    except invalid_forms() as fault:
        fail(f"{in_words(fault)}; correct it and try again", REFUSED)
    except machine_faults() as fault:
        fail(str(fault), MACHINE_REFUSED)


def in_words(fault: "ValidationError") -> str:
    """Name the first field that a form cannot take, and what it takes; never what was given."""
    from safety.intake.faults import first_fault  # noqa: PLC0415, keeps --help light

    return first_fault(fault).replace("the document:", "the form:")


@contextmanager
def home(*, into_demo: bool = False, reads_only: bool = False) -> Iterator["Home"]:
    """Open the home that the environment names, for one command; what the command came to owe is delivered after it."""
    from safety.home import open_home  # noqa: PLC0415, keeps --help light

    with told_faults():
        opened = open_home(settings(), system_doors(), into_demo=into_demo, reads_only=reads_only)
        try:
            before = opened.journal.head().position
            yield opened
            if not reads_only:
                bring_alerts(opened, before)
        finally:
            opened.close()


def settings() -> "Settings":
    """What the environment says."""
    from safety.intake.faults import first_fault  # noqa: PLC0415, keeps --help light
    from safety.settings import Settings  # noqa: PLC0415

    try:
        return Settings()
    except invalid_forms() as fault:
        name, _, why = first_fault(fault).partition(": ")
        fail(f"VIGILOG_{name.upper()}: {why}; correct the environment", UNUSABLE_ARGUMENTS)


def bring_alerts(opened: "Home", before: int) -> None:
    """Deliver at once what this command has come to owe, where the program is composed with a delivery.

    The command is done and stored: what delivery cannot do is told, stays owed, and makes nothing undone.
    """
    deliver = DELIVERY.get()
    if deliver is None or all(not row.topic.startswith("alert.") for row in opened.journal.rows(before)):
        return
    try:
        deliver(opened)
    except machine_faults() as fault:
        say(f"What was asked is done and stored; its alert stays owed: {fault}")


def code_of(text: str, option: str) -> str:
    """Bring an identifier of the command line to the form it is stored in."""
    from safety.values import code  # noqa: PLC0415, keeps --help light

    try:
        return code(text)
    except ValueError as fault:
        fail(f"{option} {fault}", UNUSABLE_ARGUMENTS)


def adverse_event_of(text: str) -> tuple[str, int]:
    """Read the name of an adverse event: subject and number, S01/1."""
    subject, slash, number = text.rpartition("/")
    if not slash or not number.isascii() or not number.isdecimal():
        fail("the adverse event is named by subject and number, such as S01/1", UNUSABLE_ARGUMENTS)
    return code_of(subject, "the subject"), int(number)


def by_whom(by: str | None, opened: "Home") -> str:
    """The account that acts."""
    return code_of(by or opened.settings.account, "--by")


def text_of(file: Path, what: str) -> str:
    """Read a file that was named on the command line."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as fault:
        fail(f"{what} {file} cannot be read: {fault.strerror}; name a file that can", UNUSABLE_ARGUMENTS)
    except UnicodeDecodeError:
        fail(f"{what} {file} is not UTF-8 text; save it as UTF-8", REFUSED)
