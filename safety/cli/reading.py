"""The commands that read: every one of them now, as the log stood, as a party knew it, or by when it had happened."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from safety.cli.asking import Asked, AsOf, ByDate, HappenedBy, KnownTo, answer, caught_up
from safety.cli.door import UNUSABLE_ARGUMENTS, IntoDemo, TrialOption, code_of, fail, home
from safety.cli.printing import Format, FormatOption, print_table, show

if TYPE_CHECKING:
    from safety.projections.at import At

app = typer.Typer()
REPORT_PARTS = 4
"""How many parts the stream of a periodic report has: T1/report/DSUR/2018-10-31."""


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
    from safety.cli.counts import flat, print_incidence  # noqa: PLC0415, keeps --help light
    from safety.projections.incidence import incidence as view  # noqa: PLC0415

    asked = Asked(as_of, known_to, by_date, happened_by)
    ask = partial(view, by=by, window=window, compare=compare)
    found = answer(trial, asked, ask, into_demo=into_demo) | asked.narrows
    show(found, flat(found), form, lambda: print_incidence(found))


@app.command()
def listing(
    *,
    trial: TrialOption,
    serious: Annotated[
        bool,
        typer.Option(
            "--serious",
            help="Only serious ones, in the reading of duties: AESER, a criterion, a suspected transmission of an infection, or the sponsor's view.",
        ),
    ] = False,
    related: Annotated[bool, typer.Option("--related", help="Only related ones, by the trial's rule.")] = False,
    as_of: AsOf = None,
    known_to: KnownTo = None,
    by_date: ByDate = None,
    happened_by: HappenedBy = None,
    form: FormatOption = Format.TABLE,
    into_demo: IntoDemo = False,
) -> None:
    """Line listing of adverse events."""
    from safety.cli.shown import as_asked, listed  # noqa: PLC0415, keeps --help light
    from safety.projections.line_listing import line_listing  # noqa: PLC0415

    asked = Asked(as_of, known_to, by_date, happened_by)
    ask = partial(line_listing, serious=serious, related=related)
    found = answer(trial, asked, ask, into_demo=into_demo) | asked.narrows
    empty = "No adverse event fits. File one with `vigilog do adverse_event.report`, or import a folder."
    title = f"{found['trial']}: adverse events; {as_asked(found)}"
    show(found, found["rows"], form, lambda: print_table(title, *listed(found["rows"]), empty))


@app.command()
def queries(
    *, trial: TrialOption, as_of: AsOf = None, form: FormatOption = Format.TABLE, into_demo: IntoDemo = False
) -> None:
    """Contradictions of the record that a person should look at; they are kept as given until somebody corrects them."""
    from safety.cli.shown import QUERIES, as_asked  # noqa: PLC0415, keeps --help light

    def ask(connection: Any, trial: str, at: "At") -> Any:  # noqa: ANN401, a connection and the view's document
        from safety.projections.open_queries import open_queries  # noqa: PLC0415, keeps --help light

        return {"trial": trial, "position": at.position, "queries": open_queries(connection, trial, at)}

    found = answer(trial, Asked(as_of), ask, into_demo=into_demo)
    rows = found["queries"]
    title = f"{found['trial']}: open queries ({len(rows)}); {as_asked(found)}"
    show(found, rows, form, lambda: print_table(title, rows, QUERIES, "No open queries."))


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
    from safety.cli.shown import TIMELINE, as_asked  # noqa: PLC0415, keeps --help light

    asked, subject = Asked(as_of, known_to, by_date, happened_by), code_of(subject, "the subject")

    def ask(connection: Any, trial: str, at: "At") -> Any:  # noqa: ANN401, a connection and the view's document
        from safety.projections.subject_timeline import subject_timeline  # noqa: PLC0415, keeps --help light

        rows = subject_timeline(connection, trial, subject, at)
        return {"trial": trial, "subject": subject, "position": at.position, "rows": rows}

    found = answer(trial, asked, ask, into_demo=into_demo) | asked.narrows
    empty = f"Nothing is recorded of subject {subject}; see `vigilog listing` for the subjects there are."
    title = f"{found['trial']}: subject {subject}; {as_asked(found)}"
    show(found, found["rows"], form, lambda: print_table(title, found["rows"], TIMELINE, empty))


def stream_of(named: str) -> str:
    """Bring what a person typed to a stream's name, or to a subject's code: `t1/Subject/s01`, `s01`."""
    parts = named.split("/")
    if len(parts) == 1:
        return code_of(named, "history")
    if len(parts) == REPORT_PARTS and parts[1].lower() == "report":
        trial, _, kind, period = (code_of(part, "history") for part in parts)
        return f"{trial}/report/{kind}/{period}"
    if len(parts) not in {2, 3}:
        fail("history takes a stream such as T1/subject/S01, or a subject's code", UNUSABLE_ARGUMENTS)
    trial, kind, *code = parts
    of = [] if not code else [code_of(code[0], "history")]
    return "/".join(["-" if trial == "-" else code_of(trial, "history"), kind.lower(), *of])


# A stream of the log itself begins with a hyphen: -/account/OPERATOR is no option.
@app.command(context_settings={"ignore_unknown_options": True})
def history(
    stream: Annotated[str, typer.Argument(help="A stream such as T1/subject/S01, or a subject's code.")],
    *,
    form: FormatOption = Format.TABLE,
    into_demo: IntoDemo = False,
) -> None:
    """Who recorded what, when, in words: the audit trail of one stream."""
    from safety.cli.shown import AUDIT, with_minutes  # noqa: PLC0415, keeps --help light

    stream = stream_of(stream)
    with home(into_demo=into_demo, reads_only=True) as opened:
        from safety.projections.audit_trail import history as view  # noqa: PLC0415, keeps --help light

        with caught_up(opened).connect() as connection:
            now = opened.views.now(connection)
            events = view(connection, stream, now)
    empty = f"Nothing is recorded under {stream}; name a stream such as T1/subject/S01, or a subject's code."
    rows = with_minutes(events, "recorded_at")
    found = {"stream": stream, "position": now.position, "events": events}
    show(found, events, form, lambda: print_table(f"History of {stream}", rows, AUDIT, empty))
