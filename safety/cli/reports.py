"""The commands of periodic safety reports: rendered at a lock point, listed as they were issued, and what is due."""

import json
import re
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from zoneinfo import ZoneInfo

import typer

from safety.cli.asking import Asked, AsOf, answer, caught_up, day, ends, governing, instant, moment_of
from safety.cli.door import MACHINE_REFUSED, UNUSABLE_ARGUMENTS, IntoDemo, TrialOption, code_of, fail, home, say
from safety.cli.printing import Format, FormatOption, print_table, show
from safety.cli.shown import minute

if TYPE_CHECKING:
    from safety.aggregates.periodic_report import PeriodicReport
    from safety.aggregates.trial import Definition
    from safety.home import Home
    from safety.projections.at import At
    from safety.regulation.periodic import Kind
    from safety.reports.document import Lock
    from safety.reports.rendering import Rendered

app = typer.Typer()
report_app = typer.Typer(help="Periodic safety reports: render, list, and see what is due.", no_args_is_help=True)
app.add_typer(report_app, name="report")

KindOption = Annotated[
    Literal["dsur", "china_annual", "dsmb"], typer.Option("--kind", help="Which report; the DSUR if left out.")
]
LISTED = {
    "kind": "Report",
    "ends_on": "Period to",
    "state": "State",
    "due_on": "Due",
    "issued": "Issued",
    "position": "Position",
    "html_sha256": "SHA-256 of the page",
}
DUE = {
    "kind": "Report",
    "ends_on": "Period to",
    "due_on": "Due",
    "state": "State",
    "punctuality": "In time",
    "citation": "By",
    "sure": "Dates",
}


class ReportFormat(StrEnum):
    """How a report is written: a page, plain text, or its figures as one JSON document."""

    HTML = "html"
    TEXT = "text"
    JSON = "json"


@report_app.command()
def periodic(
    *,
    trial: TrialOption,
    lock: Annotated[
        str,
        typer.Option("--lock", help="The lock point: a date (its end), a time with zone, or a position of the log."),
    ],
    kind: KindOption = "dsur",
    form: Annotated[ReportFormat, typer.Option("--format", help="html, text or json.")] = ReportFormat.TEXT,
    issued: Annotated[
        bool, typer.Option("--issued", help="The very bytes that were issued, as the log keeps them: html or text.")
    ] = False,
    output: Annotated[Path | None, typer.Option("--output", help="Write it to this file.")] = None,
    into_demo: IntoDemo = False,
) -> None:
    """Render a periodic report from what the log held at its lock point; nothing is recorded."""
    trial = code_of(trial, "--trial")
    if issued:
        with home(into_demo=into_demo, reads_only=True) as opened:
            kept = kept_text(opened, trial, kind, lock, form)
        write(kept, output)
        return
    with home(into_demo=into_demo, reads_only=True) as opened:
        from safety.reports.rendering import render  # noqa: PLC0415, keeps --help light

        asked = lock_of(opened, trial, governing(opened, trial), lock, kind)
        with caught_up(opened).connect() as connection:
            rendered = render(connection, trial, asked)
    if asked.provisional:
        say("Careful: the lock point has not passed; what is recorded until then changes this report.")
    write(text_of(rendered, form), output)


def text_of(rendered: "Rendered", form: ReportFormat) -> str:
    """Give a report in the asked form."""
    if form is ReportFormat.JSON:
        return json.dumps(rendered.document, ensure_ascii=False, indent=2) + "\n"
    return rendered.html if form is ReportFormat.HTML else rendered.text


def kept_text(opened: "Home", trial: str, kind: str, lock: str, form: ReportFormat) -> str:
    """Give an issued report as the log keeps it; refuses one that is not issued."""
    from safety.aggregates.periodic_report import Issued, ReportNotIssued, stream_of  # noqa: PLC0415, keeps --help light
    from safety.journal import decode  # noqa: PLC0415

    if form is ReportFormat.JSON:
        fail("--issued: the log keeps html and text; take one of them with --format", UNUSABLE_ARGUMENTS)
    last = day(lock, "--lock").isoformat()
    for row in opened.journal.stream(stream_of(trial, kind, last)):
        event = decode(row).event
        if isinstance(event, Issued):
            return event.html if form is ReportFormat.HTML else event.text
    raise ReportNotIssued(trial=trial, kind=kind, period=last)


def write(text: str, output: Path | None) -> None:
    """Write a report to a file, byte by byte, or to standard output."""
    if output is None:
        typer.echo(text.encode(), nl=False)
        return
    try:
        output.write_bytes(text.encode())
    except OSError as fault:
        fail(f"{output} cannot be written: {fault.strerror}; name another --output", MACHINE_REFUSED)
    say(f"Written to {output}.")


def lock_of(opened: "Home", trial: str, governs: "Definition", text: str, kind: "Kind") -> "Lock":
    """Turn --lock into the period it ends and positions of the log; one that was issued keeps those it has."""
    from safety.regulation.periodic import INSTANT, period_ending  # noqa: PLC0415, keeps --help light
    from safety.reports.document import Lock  # noqa: PLC0415
    from safety.reports.issuing import locked  # noqa: PLC0415

    now = opened.doors.clock()
    if re.fullmatch(r"[^T ]{10}", text):
        last = day(text, "--lock")
        ends(last, governs.zone, "--lock")
        known = report_of(opened, trial, kind, text)
        if known.issued and known.owed is not None:
            return Lock(known.owed, known.position, known.since_position)
        period = known.owed or period_ending(governs.periodic, kind, governs.zone, last)
        return locked(opened.journal, period, governs.zone, provisional=now < period.locked_at)
    moment = last_moment(opened, text)
    last = moment.astimezone(ZoneInfo(governs.zone)).date()
    ending = period_ending(governs.periodic, kind, governs.zone, last)
    period = ending.model_copy(update={"locked_at": moment + INSTANT, "due_on": None, "due_at": None})
    return locked(opened.journal, period, governs.zone, provisional=now <= moment)


def last_moment(opened: "Home", text: str) -> datetime:
    """Give the last moment that counts: as it is typed, or when the log took a position."""
    from safety.values import moment  # noqa: PLC0415, keeps --help light

    if not re.fullmatch(r"\d{1,18}", text, re.ASCII):
        return instant(text, "--lock")
    recorded_at = opened.journal.recorded_at(int(text))
    if recorded_at is None:
        fail(
            f"--lock {text}: the log has positions 1 to {opened.journal.head().position}; take one", UNUSABLE_ARGUMENTS
        )
    return moment(recorded_at)


def report_of(opened: "Home", trial: str, kind: str, name: str) -> "PeriodicReport":
    """Give what a report has come to: the period as it was opened, the positions that it was issued from."""
    from safety.aggregates.periodic_report import PeriodicReport, stream_of  # noqa: PLC0415, keeps --help light
    from safety.journal.states import folded  # noqa: PLC0415

    return folded(opened.journal.stream(stream_of(trial, kind, name))).slice(PeriodicReport)


@report_app.command("issue")
def issue_reports(*, into_demo: IntoDemo = False) -> None:
    """Issue now what fell due in all trials; the scheduler does the same by itself, and neither does it twice."""
    with home(into_demo=into_demo) as opened:
        from safety.reports.issuing import issue_all  # noqa: PLC0415, keeps --help light

        count = issue_all(opened.desk, opened.views, opened.doors.clock())
        say("No report is due." if count == 0 else f"Reports issued: {count}.")


@report_app.command("list")
def list_reports(
    *, trial: TrialOption, as_of: AsOf = None, form: FormatOption = Format.TABLE, into_demo: IntoDemo = False
) -> None:
    """The reports that were opened and issued, and to whom they went."""

    def ask(connection: Any, trial: str, at: "At") -> Any:  # noqa: ANN401, a connection and the view's document
        from safety.projections.periodic_report import periodic_reports  # noqa: PLC0415, keeps --help light

        rows = periodic_reports(connection, trial, at)
        reports = [
            {**row["owed"].model_dump(mode="json"), **{k: v for k, v in row.items() if k != "owed"}} for row in rows
        ]
        return {"trial": trial, "position": at.position, "reports": reports}

    found = answer(trial, Asked(as_of), ask, into_demo=into_demo)
    rows = [
        row | {"state": state(row), "issued": row["issued_at"] and minute(row["issued_at"])} for row in found["reports"]
    ]
    empty = "No report was opened yet; see `vigilog report due` for what is ahead."
    show(found, rows, form, lambda: print_table(f"{found['trial']}: periodic reports", rows, LISTED, empty))


def state(row: dict[str, Any]) -> str:
    """Say what a listed report has come to."""
    if row["submitted"]:
        return f"submitted to {', '.join(row['submitted'])}"
    return "issued" if row["issued_at"] else "opened"


@report_app.command("due")
def due_reports(
    *,
    trial: TrialOption,
    at: Annotated[
        str | None,
        typer.Option("--at", help="As it stands at the end of a date or at a time with zone; now if left out."),
    ] = None,
    form: FormatOption = Format.TABLE,
    into_demo: IntoDemo = False,
) -> None:
    """What is owed by when: every report up to the next of each kind, and whether it is in time."""
    trial = code_of(trial, "--trial")
    with home(into_demo=into_demo, reads_only=True) as opened:
        from safety.reports.due import due  # noqa: PLC0415, keeps --help light
        from safety.values import iso  # noqa: PLC0415

        zone = governing(opened, trial).zone
        moment = opened.doors.clock() if at is None else moment_of(at, zone, "--at")
        with caught_up(opened).connect() as connection:
            now = opened.views.now(connection)
            rows = due(connection, trial, now, opened.journal, moment)
    looked_at = iso(moment)
    found = {"trial": trial, "position": now.position, "at": looked_at, "due": rows}
    shown = [row | {"sure": "stated" if row["sure"] else "UNSURE"} for row in rows]
    empty = f"Trial {trial} states no dates for periodic reports; add a [periodic] table to its file."
    title = f"{trial}: periodic reports at {minute(looked_at)}"
    show(found, rows, form, lambda: print_table(title, shown, DUE, empty))
