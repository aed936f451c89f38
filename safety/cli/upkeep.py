"""The commands that check and mend: rebuild the views from the log, verify the log itself, redact."""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from safety.cli.door import REFUSED, ByOption, CommandId, IntoDemo, fail, home
from safety.cli.printing import Format, FormatOption, show
from safety.cli.record import do, print_done

if TYPE_CHECKING:
    from safety.home import Home
    from safety.journal import Journal
    from safety.journal.verification import Finding

app = typer.Typer()


@app.command()
def rebuild(
    *,
    check: Annotated[bool, typer.Option("--check", help="Only compare what is stored with a rebuild.")] = False,
    form: FormatOption = Format.TABLE,
    into_demo: IntoDemo = False,
) -> None:
    """Rebuild the views from the log; --check compares with what is stored and changes nothing."""
    with home(into_demo=into_demo, reads_only=check) as opened:
        found = compared(opened) if check else rebuilt(opened)
        rows = [{"difference": difference} for difference in found["differences"]]
        show(found, rows, form, lambda: typer.echo("\n".join(found["differences"]) or outcome(found)))
        if rows:
            fail(f"{len(rows)} rows differ from the log; run `vigilog rebuild`.", REFUSED)


def rebuilt(opened: "Home") -> dict[str, Any]:
    """Rebuild the views, and say up to which position."""
    return {"rebuilt": True, "position": opened.views.rebuild(opened.journal), "differences": []}


def compared(opened: "Home") -> dict[str, Any]:
    """Compare the views with a rebuild; the position is None where there are none yet."""
    if not opened.views.place.exists():
        return {"rebuilt": False, "position": None, "differences": []}
    # What is stored is compared as it is: catching up first would mend some of what has to be told.
    differences = [*opened.views.faults(), *opened.views.check(opened.journal)]
    with opened.views.connect() as connection:
        return {"rebuilt": False, "position": opened.views.position(connection), "differences": differences}


def outcome(found: dict[str, Any]) -> str:
    """Say what a rebuild, or a check that found no difference, came to."""
    if found["rebuilt"]:
        return f"The views are rebuilt from {found['position']} events."
    if found["position"] is None:
        return "There are no views yet, so none differ; the next read builds them."
    return f"The views equal a rebuild, up to position {found['position']}."


@app.command()
def verify(*, form: FormatOption = Format.TABLE, into_demo: IntoDemo = False) -> None:
    """Check the log: dense positions and versions, rising times, every event loads, every digest fits; the access log too."""
    with home(into_demo=into_demo, reads_only=True) as opened:
        from safety.journal.access_entries import verify_access  # noqa: PLC0415, keeps --help light
        from safety.journal.verification import verify as findings  # noqa: PLC0415, keeps --help light

        log, access = checked(opened.journal, findings), None
        if (opened.settings.home / "access.db").exists():
            access = checked(opened.access, verify_access)
    of = {"log": log} | ({"access log": access} if access is not None else {})
    unsound = [name for name, one in of.items() if not one["sound"]]
    rows = [{"of": name, **finding} for name, one in of.items() for finding in one["findings"]]
    found = {"sound": not unsound, "log": log, "access_log": access}
    show(found, rows, form, lambda: typer.echo("\n".join(told(of, unsound))))
    if unsound:
        fail(f"The {unsound[0]} is not as it was written; restore it from a backup and find out why.", REFUSED)


def checked(journal: "Journal", findings: "Callable[[Journal], Iterable[Finding]]") -> dict[str, Any]:
    """Check a log, and say how long it is and what is not as it was written."""
    found = [finding._asdict() for finding in findings(journal)]
    return {"sound": not found, "position": journal.head().position, "findings": found}


def told(of: dict[str, dict[str, Any]], unsound: list[str]) -> Iterator[str]:
    """Say each finding of each log; where there is none, that they are sound."""
    counted = {"log": "events", "access log": "entries"}
    for name, one in of.items():
        place = "" if name == "log" else f"{name}, "
        yield from (f"{place}position {finding['position']}: {finding['text']}" for finding in one["findings"])
        if not unsound:
            yield f"The {name} is sound: {one['position']} {counted[name]}."


@app.command()
def redact(
    position: Annotated[int, typer.Argument(min=1, help="Position whose free text must go.")],
    *,
    reason: Annotated[
        str | None, typer.Option("--reason", help="Ask for it: identifies_a_person, wrong_subject or legal_duty.")
    ] = None,
    by: ByOption = None,
    command_id: CommandId = None,
    into_demo: IntoDemo = False,
) -> None:
    """Empty the free text of one position: one person asks with --reason, another person agrees without."""
    with home(into_demo=into_demo) as opened:
        from safety.aggregates.record import Redacted, RedactionRequested  # noqa: PLC0415, keeps --help light

        if reason is None:
            done = do(opened, "log.redact", Redacted(at_position=position), by=by, command_id=command_id)
        else:
            asked = RedactionRequested.model_validate({"at_position": position, "reason": reason})
            done = do(opened, "log.request_redaction", asked, by=by, command_id=command_id)
        # The views keep what they have read: brought up to date, they hold the text no longer.
        opened.views.catch_up(opened.journal)
        print_done(done)
