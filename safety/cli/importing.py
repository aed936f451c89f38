"""The import command: a folder of SDTM-named data into a trial, its summary, and the queries its rows raise."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from safety.cli.door import (
    ByOption,
    CommandId,
    Format,
    FormatOption,
    IntoDemo,
    TrialOption,
    by_whom,
    home,
    print_table,
    show,
)

if TYPE_CHECKING:
    from safety.home import Home
    from safety.intake import Folder, FolderMap
    from safety.intake.importer import Summary

app = typer.Typer()

Tell = Callable[[str, int, int | None], None]
"""Tell what is being done, how many are done, and of how many where that is known."""


@app.command("import")
def import_folder(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="Folder of subjects, exposures, AEs.")],
    *,
    trial: TrialOption,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would come of it; store nothing.")] = False,
    history: Annotated[
        bool, typer.Option("--history", help="The record was handled elsewhere: serious events raise no alert.")
    ] = False,
    mapping: Annotated[
        Path | None, typer.Option("--map", exists=True, dir_okay=False, help="Import map (TOML) of the folder.")
    ] = None,
    form: FormatOption = Format.TABLE,
    by: ByOption = None,
    command_id: CommandId = None,
    into_demo: IntoDemo = False,
) -> None:
    """Import a folder of SDTM-named data (CSV, XPT, Dataset-JSON): all or nothing; the same data again adds nothing."""
    with home(into_demo=into_demo, reads_only=dry_run) as opened, progress() as tell:
        from safety.intake.folder import read_folder  # noqa: PLC0415
        from safety.intake.importer import KNOWN, Importer  # noqa: PLC0415, keeps --help light

        trial = trial.upper()
        files = read_folder(folder, map_of(opened, trial, mapping), known=KNOWN, progress=lambda f, n: tell(f, n, None))
        importer = Importer(
            opened.desk,
            trial,
            by=by_whom(by, opened),
            command_id=command_id or opened.doors.new_id(),
            history=history,
            progress=lambda done, of: tell("subjects", done, of),
        )
        summary = importer.run(files, dry=dry_run)
        answer = summary_of(opened, summary, dry=dry_run)
    show(answer, answer["queries"], form, lambda: print_import(answer, files, dry=dry_run))


def map_of(opened: "Home", trial: str, mapping: Path | None) -> "FolderMap":
    """The import map: the file that was named, else the [import] table of the trial file in force."""
    from safety.aggregates.trial import Trial, UnknownTrial  # noqa: PLC0415, keeps --help light
    from safety.intake import FolderMap  # noqa: PLC0415
    from safety.journal.states import folded  # noqa: PLC0415

    if mapping is not None:
        return FolderMap.from_toml(mapping.read_text(encoding="utf-8"), mapping.name)
    governing = folded(opened.journal.stream(f"{trial}/trial")).slice(Trial)
    if governing.definition is None:
        raise UnknownTrial(trial=trial)
    return FolderMap.from_toml(governing.file, f"the trial file of {trial}", required=False)


def summary_of(opened: "Home", summary: "Summary", *, dry: bool) -> dict[str, Any]:
    """The answer of the contract: what was added, what was not, and the queries that the imported rows are part of."""
    tally = summary.tally
    found = queries_of(opened, summary, dry=dry)
    added = {"subjects": tally.subjects, "exposures": tally.exposures, "adverse_events": tally.adverse_events}
    return {
        "trial": summary.trial,
        "added": dict.fromkeys(added, 0) if summary.repeated else added,
        "unchanged": tally.unchanged,
        "corrected": tally.corrected,
        "queries": [query | {"row": row_of(summary, query)} for query in found],
        "position": summary.position,
    }


def queries_of(opened: "Home", summary: "Summary", *, dry: bool) -> list[dict[str, Any]]:
    """The open queries of the trial; of a dry run, as they would be, folded in memory."""
    from safety.intake.would_be import WouldBe  # noqa: PLC0415, keeps --help light
    from safety.projections.open_queries import open_queries  # noqa: PLC0415
    from safety.projections.views import Views  # noqa: PLC0415

    would_be = WouldBe(opened.journal, summary.events if dry else ())
    views = Views.in_memory() if would_be.differs else opened.views
    views.catch_up(would_be if would_be.differs else opened.journal)
    with views.connect() as connection:
        return open_queries(connection, summary.trial, views.now(connection))


def row_of(summary: "Summary", query: dict[str, Any]) -> dict[str, Any] | None:
    """Where in the imported files a query's adverse event stands, if it stands there."""
    for key in (query.get("source_id"), query.get("number")):
        row = summary.places.get((query["subject"], str(key)))
        if row is not None:
            return {"file": row.file, "number": row.number}
    return None


def print_import(answer: dict[str, Any], files: "Folder", *, dry: bool) -> None:
    """Print the summary for a person."""
    from safety.cli.shown import QUERIES  # noqa: PLC0415, keeps --help light

    added = answer["added"]
    typer.echo(
        f"{answer['trial']}: {'would add' if dry else 'added'} {added['subjects']} subjects, {added['exposures']} doses, "
        f"{added['adverse_events']} adverse events; {answer['unchanged']} rows unchanged, {answer['corrected']} corrected; "
        f"the log is at position {answer['position']}."
    )
    for file, columns in files.ignored.items():
        typer.echo(f"Not kept of {file}: {', '.join(columns)}.", err=True)
    rows = [query | {"place": place_of(query)} for query in answer["queries"]]
    print_table(f"Open queries ({len(rows)})", rows, QUERIES | {"place": "Row"}, "No open queries.")


def place_of(query: dict[str, Any]) -> str:
    """A query's row in words."""
    row = query["row"]
    return f"{row['file']} {row['number']}" if row else ""


@contextmanager
def progress() -> Iterator[Tell]:
    """Show long work as a bar on standard error, where a person watches."""
    from rich.console import Console  # noqa: PLC0415, keeps --help light
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, Any] = {}

        def tell(what: str, done: int, of: int | None) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=of)
            bars.update(tasks[what], completed=done, total=of if of is not None else done)

        yield tell
