"""The commands that check and mend: rebuild the views from the log, verify the log itself, redact."""

from typing import Annotated

import typer

from safety.cli.door import REFUSED, ByOption, CommandId, IntoDemo, fail, home
from safety.cli.record import do, print_done

app = typer.Typer()


@app.command()
def rebuild(
    *,
    check: Annotated[bool, typer.Option("--check", help="Only compare what is stored with a rebuild.")] = False,
    into_demo: IntoDemo = False,
) -> None:
    """Rebuild the views from the log; --check compares with what is stored and changes nothing."""
    with home(into_demo=into_demo, reads_only=check) as opened:
        if not check:
            typer.echo(f"The views are rebuilt from {opened.views.rebuild(opened.journal)} events.")
            return
        if not opened.views.place.exists():
            typer.echo("There are no views yet, so none differ; the next read builds them.")
            return
        # What is stored is compared as it is: catching up first would mend some of what has to be told.
        differences = [*opened.views.faults(), *opened.views.check(opened.journal)]
        for difference in differences:
            typer.echo(difference)
        if differences:
            fail(f"{len(differences)} rows differ from the log; run `vigilog rebuild`.", REFUSED)
        with opened.views.connect() as connection:
            typer.echo(f"The views equal a rebuild, up to position {opened.views.position(connection)}.")


@app.command()
def verify(*, into_demo: IntoDemo = False) -> None:
    """Check the log: dense positions and versions, rising times, every event loads, every digest fits; the access log too."""
    with home(into_demo=into_demo, reads_only=True) as opened:
        from safety.journal.access_entries import verify_access  # noqa: PLC0415, keeps --help light
        from safety.journal.verification import verify as findings  # noqa: PLC0415, keeps --help light

        found = list(findings(opened.journal))
        for finding in found:
            typer.echo(str(finding))
        has_access = (opened.settings.home / "access.db").exists()
        access = list(verify_access(opened.access)) if has_access else []
        for finding in access:
            typer.echo(f"access log, {finding}")
        if found or access:
            which = "log" if found else "access log"
            fail(f"The {which} is not as it was written; restore it from a backup and find out why.", REFUSED)
        typer.echo(f"The log is sound: {opened.journal.head().position} events.")
        if has_access:
            typer.echo(f"The access log is sound: {opened.access.head().position} entries.")


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
