"""The clocks of a trial as scripts read them: what is owed, what another pack would have made due, and packs adopted."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from safety.cli import discharging
from safety.cli.asking import AsOf, caught_up, governing, moment_of, position_of
from safety.cli.door import (
    UNUSABLE_ARGUMENTS,
    ByOption,
    CommandId,
    IntoDemo,
    TrialOption,
    code_of,
    fail,
    home,
    say,
    text_of,
)
from safety.cli.printing import Format, FormatOption, print_blank, print_table, show
from safety.cli.record import do, printed_name
from safety.cli.regulation import regulation_app
from safety.cli.shown import minute

if TYPE_CHECKING:
    from safety.aggregates.rule_pack import Adopted
    from safety.aggregates.trial import Definition
    from safety.home import Home
    from safety.regulation.pack import Profile

app = typer.Typer()
obligations_app = typer.Typer(
    help="What is owed to whom by when, and what became of it: taken in hand, sent, answered, struck through.",
    invoke_without_command=True,
)
obligations_app.registered_commands += discharging.app.registered_commands
app.add_typer(obligations_app, name="obligations")

OWED = {
    "concerning": "AE",
    "obligation": "Obligation",
    "to": "To",
    "due": "Due",
    "timeliness": "Clock",
    "state": "State",
    "taken_by": "In hand",
    "day0": "Day 0",
    "confidence": "Confidence",
    "citation": "By",
}
Packs = Annotated[
    list[str], typer.Option("--pack", help="Id of a rule pack or profile, or a file .toml of one; may be given again.")
]


@obligations_app.callback()
def obligations(
    context: typer.Context,
    *,
    trial: Annotated[str | None, typer.Option("--trial", help="Id of the trial, such as NCT03265613.")] = None,
    at: Annotated[
        str | None, typer.Option("--at", help="How the clocks stand at this time or date's end; now if left out.")
    ] = None,
    as_of: AsOf = None,
    due_within: Annotated[
        int | None, typer.Option("--due-within", min=0, help="Only clocks that run and end within so many days.")
    ] = None,
    what_if: Annotated[
        list[str] | None,
        typer.Option("--what-if", help="Compare with this pack, profile or file .toml; may be given again."),
    ] = None,
    form: FormatOption = Format.TABLE,
    into_demo: IntoDemo = False,
) -> None:
    """What is owed to whom by when: every clock, those struck through too, and how each stands."""
    if context.invoked_subcommand is not None:
        return
    if trial is None:
        fail("obligations takes --trial: the id of a trial, such as NCT03265613", UNUSABLE_ARGUMENTS)
    trial = code_of(trial, "--trial")
    with home(into_demo=into_demo, reads_only=True) as opened:
        governs = governing(opened, trial)
        position = position_of(opened, as_of, governs.zone)
        now = time_of(opened, at, as_of, position, governs.zone)
        found = {"trial": trial, **asked(opened, trial, position, now)}
        if what_if:
            found = compared(opened, found, what_if, governs, now)
    if what_if:
        show(found, differences(found), form, lambda: print_comparison(found))
        return
    if due_within is not None:
        found["obligations"] = [
            row for row in found["obligations"] if ends_within(row, now, timedelta(days=due_within))
        ]
    show(found, found["obligations"], form, lambda: print_obligations(found))


def time_of(opened: "Home", at: str | None, as_of: str | None, position: int, zone: str) -> datetime:
    """When the clocks are read: as asked, else when the log stood as it is asked about, else now."""
    from safety.values import moment  # noqa: PLC0415, keeps --help light

    if at is not None:
        return moment_of(at, zone, "--at")
    if as_of is None:
        return opened.doors.clock()
    if not as_of.isdecimal():
        return moment_of(as_of, zone, "--as-of")
    recorded_at = opened.journal.recorded_at(position)
    return opened.doors.clock() if recorded_at is None else moment(recorded_at)


def asked(opened: "Home", trial: str, position: int, now: datetime) -> dict[str, Any]:
    """Ask the view of what is owed."""
    from safety.projections.at import At  # noqa: PLC0415, keeps --help light
    from safety.projections.obligations import obligations as view  # noqa: PLC0415

    with caught_up(opened).connect() as connection:
        return view(connection, trial, At(position), now)


def ends_within(row: dict[str, Any], now: datetime, within: timedelta) -> bool:
    """Say whether a clock runs and is due at once, overdue, or due within a time."""
    if row["timeliness"] == "running":
        return datetime.fromisoformat(row["due_at"]) <= now + within
    return row["timeliness"] in {"due_now", "overdue"}


def compared(
    opened: "Home", found: dict[str, Any], names: list[str], governs: "Definition", now: datetime
) -> dict[str, Any]:
    """Ask the named packs the same history, and compare."""
    from safety.what_if import AskedAgain  # noqa: PLC0415, keeps --help light

    packs = adoption(found["trial"], names, governs, now)
    comparison = AskedAgain(opened.journal, found["obligations"], packs, found["position"], now).whole()
    told = [{"id": pack.id, "version": pack.version, "sha256": pack.sha256} for pack in packs.packs]
    return {"trial": found["trial"], "position": found["position"], "at": found["at"], "packs": told, **comparison}


def adoption(
    trial: str, names: Sequence[str], governs: "Definition", now: datetime, rules_on: str | None = None
) -> "Adopted":
    """Fill in the form that lets packs govern, from packaged ids and files; a profile brings its packs and settings."""
    from safety.adopting import adoption as filled_in  # noqa: PLC0415, keeps --help light
    from safety.cli.regulation import named  # noqa: PLC0415

    found = named(list(names))
    if len(found.profiles) > 1:
        fail("--pack takes one profile; name packs beside it", UNUSABLE_ARGUMENTS)
    texts = {text_sha(text): text for text in texts_of(names, found.profiles)}
    profile = found.profiles[0] if found.profiles else None
    return filled_in(trial, found.packs, profile, texts, governs, now, rules_on)


def text_sha(text: str) -> str:
    """The hash by which a text is found."""
    from hashlib import sha256  # noqa: PLC0415, keeps --help light

    return sha256(text.encode()).hexdigest()


def texts_of(names: Sequence[str], profiles: "Sequence[Profile]") -> list[str]:
    """The texts of what was named, and of the packs that profiles name."""
    from safety.packaged import pack_texts  # noqa: PLC0415, keeps --help light

    packaged = pack_texts()
    of_profiles = [packaged[pack] for profile in profiles for pack in profile.packs]
    return [
        text_of(Path(name), "the pack") if name.endswith(".toml") else packaged[name] for name in names
    ] + of_profiles


@regulation_app.command("adopt")
def adopt(
    *,
    trial: TrialOption,
    pack: Packs,
    rules_on: Annotated[
        str | None,
        typer.Option("--rules-on", help="Replay: the rules of this date for every fact, whatever its own date."),
    ] = None,
    by: ByOption = None,
    command_id: CommandId = None,
    into_demo: IntoDemo = False,
) -> None:
    """Let rule packs govern a trial: a safety officer signs for their text in their own printed name."""
    trial = code_of(trial, "--trial")
    with home(into_demo=into_demo) as opened:
        governs = governing(opened, trial)
        form = adoption(trial, pack, governs, opened.doors.clock(), rules_on)
        signed = form.model_copy(update={"printed_name": printed_name(opened, by)})
        do(opened, "trial.adopt_rule_pack", signed, by=by, command_id=command_id)
        say(f"Trial {trial} is governed by {', '.join(f'{one.id} {one.version}' for one in form.packs)} from here on.")


def in_words(row: dict[str, Any]) -> dict[str, Any]:
    """An obligation as people read it: its adverse event, and its due time to the minute."""
    due = row["unit"].replace("_", " ") if row["due_at"] is None else minute(row["due_at"])
    return row | {"concerning": f"{row['subject']}/{row['number']}", "due": due}


def print_obligations(found: dict[str, Any]) -> None:
    """Print the clocks as a table, and whose duties are still to be reviewed."""
    title = f"{found['trial']}: obligations, clocks as at {minute(found['at'])}"
    rows = [in_words(row) | {"timeliness": row["timeliness"].replace("_", " ")} for row in found["obligations"]]
    print_table(title, rows, OWED, "Nothing is owed. Packs govern a trial after `vigilog regulation adopt`.")
    if found["reviews_owed"]:
        say(f"Subjects whose duties are still to be reviewed under what governs now: {found['reviews_owed']}.")


def differences(found: dict[str, Any]) -> list[dict[str, Any]]:
    """The differences of a comparison as rows, each saying which kind it is."""
    rows = [{"difference": "only under it", **row} for row in found["only_under_it"]]
    rows += [{"difference": "not under it", **row} for row in found["not_under_it"]]
    for row in found["other_dates"]:
        rows.append({"difference": "other date", **row["under_it"], "now_due_at": row["now"]["due_at"]})
    return [{name: value for name, value in row.items() if name != "because"} for row in rows]


def print_comparison(found: dict[str, Any]) -> None:
    """Print how what was decided differs from what would have been due."""
    packs = ", ".join(f"{pack['id']} {pack['version']}" for pack in found["packs"])
    columns = {
        "difference": "Difference",
        "concerning": "AE",
        "obligation": "Obligation",
        "to": "To",
        "due": "Due",
        "late": "Late",
    }
    rows = [in_words(row) for row in differences(found)]
    print_table(f"{found['trial']} under {packs}", rows, columns, "Nothing would have been different.")
    print_blank()
    say(f"The same under both: {found['same']}.")
