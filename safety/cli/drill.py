"""The command that pages the real ladder with nothing behind it, so that a night with something behind it goes well."""

from typing import Annotated

import typer

from safety.cli.asking import governing
from safety.cli.door import ByOption, IntoDemo, by_whom, code_of, home
from safety.cli.printing import Format, FormatOption, show

app = typer.Typer()


@app.command()
def drill(
    *,
    trial: Annotated[str, typer.Option("--trial", help="Id of the trial whose ladder is to be climbed.")],
    by: ByOption = None,
    form: FormatOption = Format.TABLE,
    into_demo: IntoDemo = False,
) -> None:
    """Page the people on duty as a serious adverse event would, under a DRILL banner, until one of them acknowledges."""
    trial = code_of(trial, "--trial")
    with home(into_demo=into_demo) as opened:
        from safety.drill import raise_drill  # noqa: PLC0415, keeps --help light

        words = governing(opened, trial).ladder.words
        alert = raise_drill(opened.desk, opened.views, trial, by_whom(by, opened))
    said = (
        f"Drill {alert} of trial {trial} is owed to the safety officer now. {words[0]}",
        f"It ends with: vigilog alerts acknowledge {alert} --by ACCOUNT",
    )
    found = {"trial": trial, "alert": alert, "ladder": words}
    show(found, [{"trial": trial, "alert": alert}], form, lambda: typer.echo("\n".join(said)))
