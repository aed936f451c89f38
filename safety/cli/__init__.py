"""The door for scripts: every command of the contract, each a thin translation of arguments into desk and views."""

import typer

from safety.cli import absences, alerts, importing, reading, record, upkeep

app = typer.Typer(
    name="vigilog",
    help="The safety desk of a clinical trial: an immutable record, and everything that is computed from it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # drawing boxes around --help costs as much as the rest of the start
    add_completion=False,
)
record.account_app.registered_commands += absences.app.registered_commands
for part in (record.app, importing.app, reading.app, alerts.app, upkeep.app):
    app.registered_commands += part.registered_commands
    app.registered_groups += part.registered_groups

__all__ = ["app"]
