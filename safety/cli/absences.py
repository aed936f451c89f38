"""Who is away and who covers, said on the command line."""

import re
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from safety.cli.door import UNUSABLE_ARGUMENTS, ByOption, CommandId, IntoDemo, code_of, fail, home, say
from safety.cli.record import do

app = typer.Typer()
Zone = Annotated[str, typer.Option("--zone", help="Zone of dates and times without one, such as Asia/Shanghai.")]


@app.command("absence")
def absence(
    account: Annotated[str, typer.Argument(help="Id of the account that is away.")],
    *,
    first: Annotated[str, typer.Option("--from", help="A date (its start) or a time.")],
    until: Annotated[
        str, typer.Option("--until", help="A date (its end) or a time; the time of --from takes it back.")
    ],
    cover: Annotated[str | None, typer.Option("--cover", help="Account that hears and acts instead.")] = None,
    zone: Zone = "UTC",
    by: ByOption = None,
    command_id: CommandId = None,
    into_demo: IntoDemo = False,
) -> None:
    """Say when somebody is away and who covers; nobody on duty goes without cover."""
    with home(into_demo=into_demo) as opened:
        from safety.aggregates.account import AbsenceSet  # noqa: PLC0415, keeps --help light

        away = code_of(account, "the account")
        form = AbsenceSet(
            account=away,
            from_at=moment(first, zone, "--from"),
            until_at=moment(until, zone, "--until"),
            covered_by=None if cover is None else code_of(cover, "--cover"),
        )
        do(opened, "account.set_absence", form, by=by, command_id=command_id)
        covers = "" if form.covered_by is None else f"; {form.covered_by} covers"
        span = f"from {form.from_at:%Y-%m-%d %H:%M} until {form.until_at:%Y-%m-%d %H:%M} UTC"
        say(f"Account {away} is {'away ' + span if form.from_at < form.until_at else 'not away after all'}{covers}.")


def moment(text: str, zone: str, option: str) -> datetime:
    """Read a date or a time of the command line; --until a date includes the date."""
    from safety import written  # noqa: PLC0415, keeps --help light
    from safety.values import instant, zone_name  # noqa: PLC0415

    with suppress(ValueError):
        whole_day = option == "--until" and re.fullmatch(written.DAY, text) is not None
        local = written.day_or_moment(text)
        local = local if local.tzinfo is not None else local.replace(tzinfo=ZoneInfo(zone_name(zone)))
        return instant(local + timedelta(days=1 if whole_day else 0))
    return fail(
        f"{option} takes a date such as 2026-12-24 or a time such as 2026-12-24T18:00; --zone an IANA time zone",
        UNUSABLE_ARGUMENTS,
    )
