"""What is owed to whom: alerts read, and acknowledged in one's own name."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from safety.cli.asking import Asked, AsOf, answer, caught_up, governing, position_of
from safety.cli.door import (
    REFUSED,
    UNUSABLE_ARGUMENTS,
    ByOption,
    CommandId,
    IntoDemo,
    code_of,
    fail,
    home,
    say,
)
from safety.cli.printing import Format, FormatOption, print_table, show
from safety.cli.record import do

if TYPE_CHECKING:
    from safety.projections.at import At

app = typer.Typer()
alerts_app = typer.Typer(help="What is owed to whom: alerts owed, sent, acknowledged.", invoke_without_command=True)
app.add_typer(alerts_app, name="alerts")

Trial = Annotated[
    str | None,
    typer.Option("--trial", help="Id of the trial, such as NCT03265613; - for what is about the log itself."),
]


@alerts_app.callback()
def alerts(
    context: typer.Context,
    *,
    trial: Trial = None,
    as_of: AsOf = None,
    form: FormatOption = Format.TABLE,
    into_demo: IntoDemo = False,
) -> None:
    """What is owed to whom: alerts owed, sent, acknowledged."""
    if context.invoked_subcommand is not None:
        return
    if trial is None:
        fail("alerts takes --trial: the id of a trial, such as NCT03265613", UNUSABLE_ARGUMENTS)
    from safety.cli.shown import ALERTS, CHAIN, as_asked, with_minutes  # noqa: PLC0415, keeps --help light

    def ask(connection: Any, trial: str, at: "At") -> Any:  # noqa: ANN401, a connection and the view's document
        from safety.projections.inbox import inbox  # noqa: PLC0415, keeps --help light

        return {"trial": trial, **inbox(connection, trial, at)}

    found = (
        of_the_log(as_of, into_demo=into_demo)
        if trial == "-"
        else answer(trial, Asked(as_of), ask, into_demo=into_demo)
    )
    rows = [row | {"rung": row["rung"] if row["root"] else None} for row in with_minutes(found["alerts"], "raised_at")]
    title = f"{found['trial']}: alerts; {as_asked(found)}"
    columns = ALERTS | {name: heading for name, heading in CHAIN.items() if any(row[name] for row in rows)}
    show(found, found["alerts"], form, lambda: print_table(title, rows, columns, "No alert was ever owed."))


def of_the_log(as_of: str | None, *, into_demo: bool) -> dict[str, Any]:
    """The alerts about the log itself, whose dates end in UTC."""
    with home(into_demo=into_demo, reads_only=True) as opened:
        from safety.projections.at import At  # noqa: PLC0415, keeps --help light
        from safety.projections.inbox import inbox  # noqa: PLC0415

        with caught_up(opened).connect() as connection:
            return {"trial": "-", **inbox(connection, "-", At(position_of(opened, as_of, "UTC")))}


@alerts_app.command()
def ladder(
    *,
    trial: Annotated[str, typer.Option("--trial", help="Id of the trial.")],
    form: FormatOption = Format.TABLE,
    into_demo: IntoDemo = False,
) -> None:
    """Who hears of an alert, in what order and after how long, until somebody acknowledges it: the trial's own, or the program's."""
    trial = code_of(trial, "--trial")
    with home(into_demo=into_demo, reads_only=True) as opened:
        governs = governing(opened, trial)
    rows = [{"ladder": sentence} for sentence in governs.ladder.words]
    found = {"trial": trial, "ladder": governs.ladder.model_dump(mode="json"), "words": governs.ladder.words}
    show(found, rows, form, lambda: typer.echo("\n".join(governs.ladder.words)))


@alerts_app.command()
def faults(*, form: FormatOption = Format.TABLE, into_demo: IntoDemo = False) -> None:
    """What would keep an alert from reaching anybody: roles that nobody fills now or soon, and people without an address."""
    with home(into_demo=into_demo, reads_only=True) as opened:
        from safety.cli.shown import FAULTS  # noqa: PLC0415, keeps --help light
        from safety.reachability import faults as found_by  # noqa: PLC0415

        views = caught_up(opened)
        with views.connect() as connection:
            rows = found_by(connection, opened.directory, opened.doors.clock())
            position = views.position(connection)
    show({"position": position, "faults": rows}, rows, form, lambda: print_table("Faults", rows, FAULTS, "No fault."))


@alerts_app.command()
def acknowledge(
    alert: Annotated[
        str, typer.Argument(help="Id of the alert, of any rung, as the mail and `vigilog alerts` name it.")
    ],
    *,
    by: ByOption = None,
    command_id: CommandId = None,
    into_demo: IntoDemo = False,
) -> None:
    """Take an alert on in your own name: nobody further up the ladder hears of it."""
    alert = code_of(alert, "the alert")
    with home(into_demo=into_demo) as opened:
        from safety.aggregates.alert import Acknowledged  # noqa: PLC0415, keeps --help light
        from safety.projections.inbox import where_from  # noqa: PLC0415

        with caught_up(opened).connect() as connection:
            found = where_from(connection, alert)
        if found is None:
            fail(f"there is no alert {alert}; `vigilog alerts` names those of a trial", REFUSED)
        form = Acknowledged(trial=found, alert=alert)
        done = do(opened, "alert.acknowledge", form, by=by, command_id=command_id)
        say(f"Alert {alert} is acknowledged{'' if done.events else ' already'}.")
