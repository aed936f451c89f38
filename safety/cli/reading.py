"""The commands that read: every one of them now, as the log stood, as a party knew it, or by when it had happened."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from safety.cli.door import (
    UNUSABLE_ARGUMENTS,
    Format,
    FormatOption,
    IntoDemo,
    TrialOption,
    fail,
    home,
    print_table,
    show,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from safety.home import Home
    from safety.projections.at import At
    from safety.values import Party

app = typer.Typer()

AsOf = Annotated[
    str | None, typer.Option("--as-of", help="What the log held: a position, a date (its end), or a time with zone.")
]
KnownTo = Annotated[str | None, typer.Option("--known-to", help="What a party was aware of: site or sponsor.")]
ByDate = Annotated[str | None, typer.Option("--by-date", help="With --known-to: by the end of this date.")]
HappenedBy = Annotated[str | None, typer.Option("--happened-by", help="What had happened by the end of this date.")]


@dataclass(frozen=True)
class Asked:
    """The three axes of time as they were typed."""

    as_of: str | None = None
    known_to: str | None = None
    by_date: str | None = None
    happened_by: str | None = None


def day(text: str, option: str) -> date:
    """Read a date of the command line."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        fail(f"{option} takes a date such as 2018-05-31", UNUSABLE_ARGUMENTS)


def zone_of(opened: "Home", trial: str) -> str:
    """The zone in which a trial's bare dates end; refuses a trial that does not exist."""
    from safety.aggregates.trial import Trial, UnknownTrial  # noqa: PLC0415, keeps --help light
    from safety.journal.states import folded  # noqa: PLC0415

    definition = folded(opened.journal.stream(f"{trial}/trial")).slice(Trial).definition
    if definition is None:
        raise UnknownTrial(trial=trial)
    return definition.zone


def position_of(opened: "Home", text: str | None, zone: str) -> int:
    """Turn --as-of into a position of the log: a position as it is, a bare date as its end in the trial's zone."""
    from safety.values import end_of_day, microseconds  # noqa: PLC0415, keeps --help light

    head = opened.journal.head().position
    if text is None:
        return head
    if text.isdigit():
        if int(text) > head:
            fail(f"--as-of {text}: the log ends at position {head}", UNUSABLE_ARGUMENTS)
        return int(text)
    try:
        moment = end_of_day(date.fromisoformat(text), zone) if len(text) == len("2018-05-31") else None
        moment = moment or datetime.fromisoformat(text)
    except ValueError:
        fail("--as-of takes a position, a date such as 2018-05-31, or a time with its zone", UNUSABLE_ARGUMENTS)
    if moment.tzinfo is None:
        fail("--as-of: give the time its zone, such as 2018-05-31T12:00+08:00", UNUSABLE_ARGUMENTS)
    return opened.journal.position_at(microseconds(moment.astimezone(UTC)))


def moment_of(asked: Asked, zone: str) -> datetime:
    """The instant by which a party has to have known."""
    from safety.values import end_of_day  # noqa: PLC0415, keeps --help light

    if asked.by_date is None:
        fail("--known-to needs --by-date, the date by whose end the party was aware", UNUSABLE_ARGUMENTS)
    return end_of_day(day(asked.by_date, "--by-date"), zone)


@contextmanager
def read_at(opened: "Home", trial: str, asked: Asked) -> Iterator[tuple["Connection", "At"]]:
    """Open the views for one question, with all three axes of time settled."""
    from safety.projections.at import At  # noqa: PLC0415, keeps --help light
    from safety.values import DAY_SECONDS, seconds  # noqa: PLC0415

    zone = zone_of(opened, trial)
    position = position_of(opened, asked.as_of, zone)
    until = None
    if asked.happened_by is not None:
        until = seconds(day(asked.happened_by, "--happened-by")) + DAY_SECONDS - 1
    if asked.known_to is None:
        views = opened.views
        views.catch_up(opened.journal)
    else:
        views = known_views(opened, trial, asked, position, zone)
    with views.connect() as connection:
        yield connection, At(position, until)


def known_views(opened: "Home", trial: str, asked: Asked, position: int, zone: str) -> Any:  # noqa: ANN401, Views
    """Fold, in memory, only what a party was aware of by a date."""
    from safety.aggregates.trial import Trial  # noqa: PLC0415, keeps --help light
    from safety.journal.states import folded  # noqa: PLC0415
    from safety.projections.known_to import fold_known  # noqa: PLC0415

    parties: dict[str, Party] = {"site": "site", "sponsor": "sponsor"}
    party = parties.get((asked.known_to or "").lower())
    if party is None:
        fail("--known-to takes site or sponsor", UNUSABLE_ARGUMENTS)
    definition = folded(opened.journal.stream(f"{trial}/trial")).slice(Trial).definition
    both = definition is not None and definition.sponsor_investigator
    return fold_known(opened.journal, trial, party, moment_of(asked, zone), position, sponsor_investigator=both)


def answer(trial: str, asked: Asked, ask: Callable[["Connection", str, "At"], Any], *, into_demo: bool) -> Any:  # noqa: ANN401, whatever the view answers
    """Ask one view one question."""
    with (
        home(into_demo=into_demo, reads_only=True) as opened,
        read_at(opened, trial.upper(), asked) as (connection, at),
    ):
        return ask(connection, trial.upper(), at)


@app.command()
def incidence(
    *,
    trial: TrialOption,
    by: Annotated[
        Literal["arm", "soc", "pt", "grade"], typer.Option("--by", help="Also by system organ class, term or grade.")
    ] = "arm",
    window: Annotated[
        Literal["all", "primary"], typer.Option("--window", help="The whole record, or the primary outcome's window.")
    ] = "all",
    compare: Annotated[
        str | None, typer.Option("--compare", help="An arm to compare the others with (Fisher's exact test).")
    ] = None,
    as_of: AsOf = None,
    known_to: KnownTo = None,
    by_date: ByDate = None,
    happened_by: HappenedBy = None,
    form: FormatOption = Format.TABLE,
    into_demo: IntoDemo = False,
) -> None:
    """Incidence of related and serious adverse events, each proportion with its exact 95 % interval."""
    from safety.cli.shown import incidence_rows, print_incidence  # noqa: PLC0415, keeps --help light

    asked = Asked(as_of, known_to, by_date, happened_by)

    def ask(connection: "Connection", trial: str, at: "At") -> Any:  # noqa: ANN401, the view's document
        from safety.projections.incidence import incidence as view  # noqa: PLC0415, keeps --help light

        return view(connection, trial, at, by=by, window=window, compare=compare)

    found = answer(trial, asked, ask, into_demo=into_demo)
    show(found, incidence_rows(found), form, lambda: print_incidence(found))


@app.command()
def listing(
    *,
    trial: TrialOption,
    serious: Annotated[bool, typer.Option("--serious", help="Only serious ones, in the reading of duties.")] = False,
    related: Annotated[bool, typer.Option("--related", help="Only related ones, by the trial's rule.")] = False,
    as_of: AsOf = None,
    known_to: KnownTo = None,
    by_date: ByDate = None,
    happened_by: HappenedBy = None,
    form: FormatOption = Format.TABLE,
    into_demo: IntoDemo = False,
) -> None:
    """Line listing of adverse events."""
    from safety.cli.shown import LISTING  # noqa: PLC0415, keeps --help light

    asked = Asked(as_of, known_to, by_date, happened_by)

    def ask(connection: "Connection", trial: str, at: "At") -> Any:  # noqa: ANN401, the view's document
        from safety.projections.line_listing import line_listing  # noqa: PLC0415, keeps --help light

        return line_listing(connection, trial, at, serious=serious, related=related)

    found = answer(trial, asked, ask, into_demo=into_demo)
    empty = "No adverse event fits. File one with `vigilog do adverse_event.report`, or import a folder."
    rows = found["rows"]
    show(found, rows, form, lambda: print_table(f"{trial.upper()}: adverse events", rows, LISTING, empty))


@app.command()
def alerts(
    *, trial: TrialOption, as_of: AsOf = None, form: FormatOption = Format.TABLE, into_demo: IntoDemo = False
) -> None:
    """What is owed to whom: alerts owed, sent, acknowledged."""
    from safety.cli.shown import ALERTS, with_minutes  # noqa: PLC0415, keeps --help light

    def ask(connection: "Connection", trial: str, at: "At") -> Any:  # noqa: ANN401, the view's document
        from safety.projections.inbox import inbox  # noqa: PLC0415, keeps --help light

        return inbox(connection, trial, at)

    found = answer(trial, Asked(as_of), ask, into_demo=into_demo)
    rows = found["alerts"]
    show(
        found,
        rows,
        form,
        lambda: print_table(
            f"{trial.upper()}: alerts", with_minutes(rows, "raised_at"), ALERTS, "No alert was ever owed."
        ),
    )


@app.command()
def queries(
    *, trial: TrialOption, as_of: AsOf = None, form: FormatOption = Format.TABLE, into_demo: IntoDemo = False
) -> None:
    """Contradictions of the record that a person should look at; they are kept as given until somebody corrects them."""
    from safety.cli.shown import QUERIES  # noqa: PLC0415, keeps --help light

    def ask(connection: "Connection", trial: str, at: "At") -> Any:  # noqa: ANN401, the view's rows
        from safety.projections.open_queries import open_queries  # noqa: PLC0415, keeps --help light

        return open_queries(connection, trial, at)

    rows = answer(trial, Asked(as_of), ask, into_demo=into_demo)
    show({"queries": rows}, rows, form, lambda: print_table("Open queries", rows, QUERIES, "No open queries."))


@app.command()
def timeline(
    subject: Annotated[str, typer.Argument(help="Code of the subject.")],
    *,
    trial: TrialOption,
    as_of: AsOf = None,
    known_to: KnownTo = None,
    by_date: ByDate = None,
    happened_by: HappenedBy = None,
    form: FormatOption = Format.TABLE,
    into_demo: IntoDemo = False,
) -> None:
    """One subject's doses and adverse events in the order in which they happened."""
    from safety.cli.shown import TIMELINE  # noqa: PLC0415, keeps --help light

    asked = Asked(as_of, known_to, by_date, happened_by)

    def ask(connection: "Connection", trial: str, at: "At") -> Any:  # noqa: ANN401, the view's rows
        from safety.projections.subject_timeline import subject_timeline  # noqa: PLC0415, keeps --help light

        return subject_timeline(connection, trial, subject.upper(), at)

    rows = answer(trial, asked, ask, into_demo=into_demo)
    empty = f"Nothing is recorded of subject {subject.upper()}; see `vigilog listing` for the subjects there are."
    show({"rows": rows}, rows, form, lambda: print_table(f"Subject {subject.upper()}", rows, TIMELINE, empty))


def streams(connection: "Connection", named: str, at: "At") -> list[str]:
    """The streams a person may mean: the one that is named, or a subject's in every trial."""
    from safety.projections.trials import trials  # noqa: PLC0415, keeps --help light

    if "/" in named:
        return [named]
    return [f"{trial['trial']}/subject/{named.upper()}" for trial in trials(connection, at)]


@app.command()
def history(
    stream: Annotated[str, typer.Argument(help="A stream such as T1/subject/S01, or a subject's code.")],
    *,
    form: FormatOption = Format.TABLE,
    into_demo: IntoDemo = False,
) -> None:
    """Who recorded what, when, in words: the audit trail of one stream."""
    from safety.cli.shown import AUDIT, with_minutes  # noqa: PLC0415, keeps --help light

    with home(into_demo=into_demo, reads_only=True) as opened:
        from safety.projections.audit_trail import history as view  # noqa: PLC0415, keeps --help light

        opened.views.catch_up(opened.journal)
        with opened.views.connect() as connection:
            now = opened.views.now(connection)
            rows = [row for name in streams(connection, stream, now) for row in view(connection, name, now)]
    empty = f"Nothing is recorded under {stream}; name a stream such as T1/subject/S01, or a subject's code."
    show(
        {"stream": stream, "events": rows},
        rows,
        form,
        lambda: print_table(f"History of {stream}", with_minutes(rows, "recorded_at"), AUDIT, empty),
    )
