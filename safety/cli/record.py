"""The commands that write one fact: trials, accounts, and any command of the desk by name."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from safety.cli.door import (
    UNUSABLE_ARGUMENTS,
    ByOption,
    CommandId,
    Format,
    FormatOption,
    IntoDemo,
    by_whom,
    fail,
    home,
    print_json,
    print_table,
    show,
)

if TYPE_CHECKING:
    from safety.aggregates.deciding import Form
    from safety.home import Home

app = typer.Typer()
trial_app = typer.Typer(help="Register, amend and list trials.", no_args_is_help=True)
account_app = typer.Typer(help="Who may act, and as what.", no_args_is_help=True)
app.add_typer(trial_app, name="trial")
app.add_typer(account_app, name="account")

TrialFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="The trial file (TOML).")]


def trial_file(file: Path) -> tuple[str, str]:
    """The id a trial file gives its trial, which is its stem in capitals, and the file's text."""
    try:
        return file.stem.upper(), file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        fail(f"{file.name} is not UTF-8 text; save the trial file as UTF-8", 1)


def do(opened: "Home", name: str, form: "Form", by: str | None, command_id: str | None) -> Any:  # noqa: ANN401, the desk's Done
    """Do one command of the desk."""
    return opened.desk.do(name, form, by=by_whom(by, opened), command_id=command_id or opened.doors.new_id())


@trial_app.command("create")
def trial_create(
    file: TrialFile, *, by: ByOption = None, command_id: CommandId = None, into_demo: IntoDemo = False
) -> None:
    """Register a trial: arms, dosing plan, windows, populations, rules, sites."""
    with home(into_demo=into_demo) as opened:
        from safety.aggregates.trial import Definition, Registered  # noqa: PLC0415, keeps --help light
        from safety.intake import FolderMap  # noqa: PLC0415

        trial, text = trial_file(file)
        FolderMap.from_toml(text, file.name, required=False)
        form = Registered(trial=trial, file=text, definition=Definition.from_toml(text))
        do(opened, "trial.register", form, by, command_id)
        typer.echo(f"Trial {trial} is registered.", err=True)


@trial_app.command("amend")
def trial_amend(
    file: TrialFile,
    *,
    reason: Annotated[str, typer.Option("--reason", help="Why, as the audit trail will say it.")],
    by: ByOption = None,
    command_id: CommandId = None,
    into_demo: IntoDemo = False,
) -> None:
    """Put a changed trial file in force; what was decided under the old one stays as it was."""
    with home(into_demo=into_demo) as opened:
        from safety.aggregates.trial import Amended, Definition  # noqa: PLC0415, keeps --help light
        from safety.intake import FolderMap  # noqa: PLC0415

        trial, text = trial_file(file)
        FolderMap.from_toml(text, file.name, required=False)
        form = Amended(trial=trial, file=text, definition=Definition.from_toml(text), reason=reason)
        do(opened, "trial.amend", form, by, command_id)
        typer.echo(f"Trial {trial} is amended.", err=True)


@trial_app.command("list")
def trial_list(*, form: FormatOption = Format.TABLE, into_demo: IntoDemo = False) -> None:
    """List the trials."""
    with home(into_demo=into_demo, reads_only=True) as opened:
        from safety.projections.trials import trials  # noqa: PLC0415, keeps --help light

        opened.views.catch_up(opened.journal)
        with opened.views.connect() as connection:
            rows = trials(connection, opened.views.now(connection))
        columns = {"trial": "Trial", "title": "Title", "subjects": "Subjects", "adverse_events": "AEs"}
        empty = "No trial yet. Register one: vigilog trial create FILE.toml"
        show({"trials": rows}, rows, form, lambda: print_table("Trials", rows, columns, empty))


@account_app.command("add")
def account_add(
    account: Annotated[str, typer.Argument(help="Id of the account, such as WANG.")],
    *,
    role: Annotated[list[str], typer.Option("--role", help="operator, investigator, safety_officer or auditor.")],
    name: Annotated[str, typer.Option("--name", help="Name of the person; kept in the directory, not in the log.")],
    email: Annotated[str | None, typer.Option("--email", help="Where alerts go.")] = None,
    trial: Annotated[list[str] | None, typer.Option("--trial", help="Only these trials; all if left out.")] = None,
    by: ByOption = None,
    command_id: CommandId = None,
    into_demo: IntoDemo = False,
) -> None:
    """Let a person act in roles."""
    with home(into_demo=into_demo) as opened:
        from safety.aggregates.account import Added  # noqa: PLC0415, keeps --help light
        from safety.directory import Person  # noqa: PLC0415

        form = Added.model_validate({"account": account, "roles": role, "trials": trial or []})
        # The address first: an alert must not find an account that nobody stands behind.
        opened.directory.put(Person(form.account, name, email, form.roles))
        do(opened, "account.add", form, by, command_id)
        typer.echo(f"Account {form.account} is added.", err=True)


@app.command("do")
def do_command(
    command: Annotated[str, typer.Argument(help="Such as adverse_event.report; `vigilog do list` names them all.")],
    file: Annotated[str, typer.Argument(help="The form as JSON: a file, or - for standard input.")] = "-",
    *,
    reason: Annotated[str | None, typer.Option("--reason", help="Why, as the audit trail will say it.")] = None,
    by: ByOption = None,
    command_id: CommandId = None,
    into_demo: IntoDemo = False,
) -> None:
    """Do any command of the desk: the form is the event's own, with CDISC names or words."""
    from safety.aggregates.register import COMMANDS  # noqa: PLC0415, keeps --help light

    if command == "list":
        typer.echo("\n".join(sorted(COMMANDS)))
        return
    if command not in COMMANDS:
        fail(f"there is no command {command}; `vigilog do list` names them all", UNUSABLE_ARGUMENTS)
    with home(into_demo=into_demo) as opened:
        text = typer.get_text_stream("stdin").read() if file == "-" else Path(file).read_text(encoding="utf-8")
        form = COMMANDS[command].form.model_validate_json(text)
        done = opened.desk.do(
            command, form, by=by_whom(by, opened), command_id=command_id or opened.doors.new_id(), reason=reason
        )
        print_json({"positions": list(done.positions), "repeated": done.repeated})
