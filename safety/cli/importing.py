"""The import command: a folder of SDTM-named data into a trial, its summary, and the queries its rows raise."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from safety.cli.asking import caught_up, governing
from safety.cli.door import (
    UNUSABLE_ARGUMENTS,
    ByOption,
    CommandId,
    IntoDemo,
    TrialOption,
    by_whom,
    code_of,
    fail,
    home,
    say,
    tables_faults,
    text_of,
)
from safety.cli.printing import Format, FormatOption, print_table, show

if TYPE_CHECKING:
    from safety.home import Home
    from safety.intake import Folder, FolderMap
    from safety.intake.importer import Summary
    from safety.projections.views import Views

app = typer.Typer()

Tell = Callable[[str, int, int | None], None]
"""Tell what is being done, how many are done, and of how many where that is known."""


@app.command("import")
def import_folder(
    folder: Annotated[Path, typer.Argument(help="Folder of subjects, exposures and adverse events.")],
    *,
    trial: TrialOption,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would come of it; store nothing.")] = False,
    history: Annotated[
        bool, typer.Option("--history", help="The record was handled elsewhere: serious events raise no alert.")
    ] = False,
    mapping: Annotated[Path | None, typer.Option("--map", help="Import map (TOML) of the folder.")] = None,
    form: FormatOption = Format.TABLE,
    by: ByOption = None,
    command_id: CommandId = None,
    into_demo: IntoDemo = False,
) -> None:
    """Import a folder of SDTM-named data (CSV, XPT, Dataset-JSON): all or nothing; the same data again adds nothing."""
    if not folder.is_dir():
        fail(f"{folder} is not a folder; name the folder that holds the files", UNUSABLE_ARGUMENTS)
    with home(into_demo=into_demo, reads_only=dry_run) as opened:
        from safety.intake.folder import read_folder  # noqa: PLC0415, keeps --help light
        from safety.intake.importer import KNOWN, Importer  # noqa: PLC0415

        trial = code_of(trial, "--trial")
        with progress() as tell:
            found = read_folder(
                folder, map_of(opened, trial, mapping), known=KNOWN, progress=lambda f, n: tell(f, n, None)
            )
            importer = Importer(
                opened.desk,
                trial,
                by=by_whom(by, opened),
                command_id=command_id or opened.doors.new_id(),
                history=history,
                progress=lambda done, of: tell("subjects", done, of),
            )
            summary = importer.run(found, dry=dry_run)
        answer = summary_of(opened, summary, found, dry=dry_run)
        if answer["unread"]:
            say(f"What was imported is stored; its queries cannot be listed now: {answer['unread']}")
        show(answer, answer["queries"], form, lambda: print_import(answer))
        for file, columns in found.ignored.items():
            say(f"Not kept of {file}: {', '.join(columns)}.")


def map_of(opened: "Home", trial: str, mapping: Path | None) -> "FolderMap":
    """The import map: the file that was named, else the [import] table of the trial file in force."""
    from safety.aggregates.trial import Trial  # noqa: PLC0415, keeps --help light
    from safety.intake import FolderMap  # noqa: PLC0415
    from safety.journal.states import folded  # noqa: PLC0415

    governing(opened, trial)
    if mapping is not None:
        return FolderMap.from_toml(text_of(mapping, "the import map"), mapping.name)
    file = folded(opened.journal.stream(f"{trial}/trial")).slice(Trial).file
    return FolderMap.from_toml(file, f"the trial file of {trial}", required=False)


def summary_of(opened: "Home", summary: "Summary", found: "Folder", *, dry: bool) -> dict[str, Any]:
    """The answer of the contract: what was added, what was not, and the queries that are open now."""
    tally = summary.tally
    queries, unread = [], None
    try:
        queries = [query | place_of(summary, query) for query in queries_of(opened, summary, dry=dry)]
    except tables_faults() as fault:
        if dry:
            raise
        unread = str(fault)
    return {
        "trial": summary.trial,
        "added": {
            "subjects": tally.subjects,
            "exposures": tally.exposures,
            "adverse_events": tally.adverse_events,
        },
        "unchanged": tally.unchanged,
        "corrected": tally.corrected,
        "vanished": tally.vanished,
        "queries": queries,
        "unread": unread,
        "position": summary.position,
        "dry_run": dry,
        "not_kept": {file: list(columns) for file, columns in found.ignored.items()},
    }


def queries_of(opened: "Home", summary: "Summary", *, dry: bool) -> list[dict[str, Any]]:
    """The open queries of the trial; of a dry run, as they would be, folded in memory."""
    from safety.projections.open_queries import open_queries  # noqa: PLC0415, keeps --help light

    def asked(views: "Views") -> list[dict[str, Any]]:
        with views.connect() as connection:
            return open_queries(connection, summary.trial, views.now(connection))

    if not dry or not summary.events:
        return asked(caught_up(opened))
    from safety.intake.would_be import WouldBe  # noqa: PLC0415, keeps --help light
    from safety.projections.views import Views  # noqa: PLC0415

    with closing(Views.in_memory()) as views:
        views.catch_up(WouldBe(opened.journal, summary.events))
        return asked(views)


def place_of(summary: "Summary", query: dict[str, Any]) -> dict[str, Any]:
    """Where in the imported files a query's adverse event stands: file, and line or observation; None if it does not."""
    keys = (query["source_id"], query["number"])
    rows = (summary.places.get((query["subject"], key)) for key in keys if key is not None)
    row = next(filter(None, rows), None)
    return {"file": row and row.file, "row": row and row.number}


def print_import(answer: dict[str, Any]) -> None:
    """Print the summary for a person."""
    from safety.cli.shown import IMPORTED_QUERIES  # noqa: PLC0415, keeps --help light

    added = answer["added"]
    typer.echo(
        f"{answer['trial']}: {'would add' if answer['dry_run'] else 'added'} {added['subjects']} subjects, "
        f"{added['exposures']} doses, {added['adverse_events']} adverse events; {answer['unchanged']} rows unchanged, "
        f"{answer['corrected']} corrected, {answer['vanished']} vanished; the log is at position {answer['position']}."
    )
    rows = [
        query | {"place": f"{query['file']} {query['row']}" if query["file"] else ""} for query in answer["queries"]
    ]
    print_table(f"Open queries ({len(rows)})", rows, IMPORTED_QUERIES, "No open queries.")


@contextmanager
def progress() -> Iterator[Tell]:
    """Show long work as a bar on standard error, where a person watches a terminal; elsewhere show nothing."""
    from rich.console import Console  # noqa: PLC0415, keeps --help light
    from rich.progress import Progress  # noqa: PLC0415

    page = Console(stderr=True)
    with Progress(console=page, transient=True, disable=not page.is_terminal) as bars:
        tasks: dict[str, Any] = {}

        def tell(what: str, done: int, of: int | None) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=of)
            bars.update(tasks[what], completed=done, total=of)

        yield tell
