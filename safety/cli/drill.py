"""The command that pages the real ladder with nothing behind it, so that a night with something behind it goes well."""

from typing import TYPE_CHECKING, Annotated

import typer

from safety.cli.asking import caught_up, governing
from safety.cli.door import ByOption, IntoDemo, by_whom, code_of, home

if TYPE_CHECKING:
    from safety.home import Home

app = typer.Typer()
RULE = "DRILL"
"""The rule of a drill's alerts: no table of adverse events, no incidence and no clock knows of them."""


@app.command()
def drill(
    *,
    trial: Annotated[str, typer.Option("--trial", help="Id of the trial whose ladder is to be climbed.")],
    by: ByOption = None,
    into_demo: IntoDemo = False,
) -> None:
    """Page the people on duty as a serious adverse event would, under a DRILL banner, until one of them acknowledges."""
    trial = code_of(trial, "--trial")
    with home(into_demo=into_demo) as opened:
        words = governing(opened, trial).ladder.words
        alert = raise_drill(opened, trial, by_whom(by, opened))
    typer.echo(f"Drill {alert} of trial {trial} is owed to the safety officer now. {words[0]}")
    typer.echo(f"It ends with: vigilog alerts acknowledge {alert} --by ACCOUNT")


def raise_drill(opened: "Home", trial: str, by: str) -> str:
    """Raise the next drill of a trial and give the id of its alert."""
    from safety.aggregates.alert import Raised, alert_id  # noqa: PLC0415, keeps --help light
    from safety.projections.falling_due import raised_by_rule  # noqa: PLC0415

    with caught_up(opened).connect() as connection:
        held, _ = raised_by_rule(connection, trial, RULE)
    alert = alert_id(f"{trial}/trial", held + 1, RULE, "safety_officer", 1)
    form = Raised(trial=trial, alert=alert, rule=RULE, role="safety_officer", concerning=(RULE,))
    opened.desk.do("alert.raise", form, by=by, command_id=f"drill-{alert}")
    return alert
