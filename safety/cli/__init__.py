"""The door for scripts: every command of the contract, each a thin translation of arguments into desk and views."""

import typer

from safety.cli import (
    absences,
    accounts,
    alerts,
    drill,
    facts,
    importing,
    obligations,
    reading,
    record,
    regulation,
    reports,
    upkeep,
)

app = typer.Typer(
    name="vigilog",
    help="The safety desk of a clinical trial: an immutable record, and everything that is computed from it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # drawing boxes around --help costs as much as the rest of the start
    add_completion=False,
)
record.account_app.registered_commands += absences.app.registered_commands + accounts.app.registered_commands
PARTS = (record, importing, reading, alerts, drill, obligations, regulation, facts, reports, upkeep)
for part in (module.app for module in PARTS):
    app.registered_commands += part.registered_commands
    app.registered_groups += part.registered_groups

__all__ = ["app"]
