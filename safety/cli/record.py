"""The commands that write one fact: trials, accounts, and any command of the desk by name."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from safety.cli.asking import caught_up
from safety.cli.door import (
    UNUSABLE_ARGUMENTS,
    ByOption,
    CommandId,
    IntoDemo,
    by_whom,
    code_of,
    fail,
    home,
    say,
    text_of,
)
from safety.cli.printing import Format, FormatOption, print_json, print_table, show

if TYPE_CHECKING:
    from safety.aggregates.account import Added
    from safety.aggregates.deciding import Form
    from safety.desk import Done
    from safety.home import Home
    from safety.values import Language

app = typer.Typer()
trial_app = typer.Typer(help="Register, amend and list trials.", no_args_is_help=True)
account_app = typer.Typer(help="Who may act, and as what.", no_args_is_help=True)
app.add_typer(trial_app, name="trial")
app.add_typer(account_app, name="account")

TrialFile = Annotated[Path, typer.Argument(help="The trial file (TOML); its name gives the trial its id.")]
Reason = Annotated[str | None, typer.Option("--reason", help="Why, as the audit trail will say it.")]


def trial_file(file: Path) -> tuple[str, str]:
    """The id a trial file gives its trial, which is its stem in capitals, and the file's text; refuses a faulty map."""
    from safety.intake import FolderMap  # noqa: PLC0415, keeps --help light

    text = text_of(file, "the trial file")
    trial = code_of(file.stem, f"the name of {file.name} is the trial's id, which")
    FolderMap.from_toml(text, file.name, required=False)
    return trial, text


def do(
    opened: "Home", name: str, form: "Form", *, by: str | None, command_id: str | None, reason: str | None = None
) -> "Done":
    """Do one command of the desk."""
    return opened.desk.do(
        name, form, by=by_whom(by, opened), command_id=command_id or opened.doors.new_id(), reason=reason
    )


def print_done(done: "Done") -> None:
    """Print what came of a command: the positions it wrote, and whether it was in the log already."""
    print_json({"positions": list(done.positions), "repeated": done.repeated})


def printed_name(opened: "Home", by: str | None) -> str | None:
    """The name under which the account that acts signs; None where the directory has none."""
    person = opened.directory.find(by_whom(by, opened))
    return None if person is None else person.name


@trial_app.command("create")
def trial_create(
    file: TrialFile, *, by: ByOption = None, command_id: CommandId = None, into_demo: IntoDemo = False
) -> None:
    """Register a trial: arms, dosing plan, windows, populations, rules, sites."""
    with home(into_demo=into_demo) as opened:
        from safety.aggregates.trial import Definition, Registered  # noqa: PLC0415, keeps --help light

        trial, text = trial_file(file)
        form = Registered(trial=trial, file=text, definition=Definition.from_toml(text))
        do(opened, "trial.register", form, by=by, command_id=command_id)
        say(f"Trial {trial} is registered.")


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

        trial, text = trial_file(file)
        form = Amended(trial=trial, file=text, definition=Definition.from_toml(text), reason=reason)
        do(opened, "trial.amend", form, by=by, command_id=command_id)
        say(f"Trial {trial} is amended.")


@trial_app.command("list")
def trial_list(*, form: FormatOption = Format.TABLE, into_demo: IntoDemo = False) -> None:
    """List the trials."""
    with home(into_demo=into_demo, reads_only=True) as opened:
        from safety.cli.shown import TRIALS  # noqa: PLC0415, keeps --help light
        from safety.projections.trials import trials  # noqa: PLC0415

        with caught_up(opened).connect() as connection:
            rows = trials(connection, opened.views.now(connection))
    empty = "No trial yet. Register one: vigilog trial create FILE.toml"
    show({"trials": rows}, rows, form, lambda: print_table("Trials", rows, TRIALS, empty))


@account_app.command("add")
def account_add(
    account: Annotated[str, typer.Argument(help="Id of the account, such as WANG.")],
    *,
    role: Annotated[
        list[str],
        typer.Option("--role", help="operator, investigator, safety_officer, deputy_safety_officer or auditor."),
    ],
    name: Annotated[str, typer.Option("--name", help="Name of the person; kept in the directory, not in the log.")],
    email: Annotated[str | None, typer.Option("--email", help="Where alerts go.")] = None,
    trial: Annotated[list[str] | None, typer.Option("--trial", help="Only these trials; all if left out.")] = None,
    language: Annotated[
        str | None,
        typer.Option("--language", help="Of the mails: en, or zh for Chinese; as it is, or English, if left out."),
    ] = None,
    by: ByOption = None,
    command_id: CommandId = None,
    into_demo: IntoDemo = False,
) -> None:
    """Let a person act in roles; said again with the same roles and trials, it changes name, address and language only."""
    with home(into_demo=into_demo) as opened:
        from safety.aggregates.account import AccountExists, Added  # noqa: PLC0415, keeps --help light
        from safety.directory import Person  # noqa: PLC0415

        form = Added.model_validate({"account": account, "roles": role, "trials": trial or []})
        # Opened before anything is stored: who cannot be written down is not let in.
        directory = opened.directory
        # Of one that nobody speaks the fault below says so.
        spoken = cast("Language", language or directory.language(form.account))
        person = Person(form.account, name.strip(), email, form.roles, form.trials, spoken)
        if (fault := person.fault()) is not None:
            fail(fault, UNUSABLE_ARGUMENTS)
        try:
            do(opened, "account.add", form, by=by, command_id=command_id)
        except AccountExists:
            if not is_the_same(opened, form):
                raise
        directory.put(person)
        say(f"Account {form.account} may act as {', '.join(form.roles)}.")


def is_the_same(opened: "Home", form: "Added") -> bool:
    """Say whether the log has this account with exactly these roles and trials."""
    from safety.aggregates.account import Account  # noqa: PLC0415, keeps --help light
    from safety.journal.states import folded  # noqa: PLC0415

    known = folded(opened.journal.stream(form.stream)).slice(Account)
    return (known.roles, known.trials) == (form.roles, form.trials)


@app.command("do")
def do_command(
    command: Annotated[str, typer.Argument(help="Such as adverse_event.report; `vigilog do list` names them all.")],
    file: Annotated[str, typer.Argument(help="The form as JSON: a file, or - for standard input.")] = "-",
    *,
    reason: Reason = None,
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
    text = typer.get_binary_stream("stdin").read() if file == "-" else text_of(Path(file), "the form")
    with home(into_demo=into_demo) as opened:
        form = COMMANDS[command].form.model_validate_json(text)
        print_done(do(opened, command, form, by=by, command_id=command_id, reason=reason))
