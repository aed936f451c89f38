"""The facts of an adverse event as the record has them: what each party knows since when, and what nobody has stated."""

from typing import Annotated, Any

import typer

from safety.cli.asking import AsOf, governing, position_of
from safety.cli.door import REFUSED, IntoDemo, TrialOption, adverse_event_of, code_of, fail, home
from safety.cli.printing import Format, FormatOption, print_table, show
from safety.cli.regulation import regulation_app
from safety.cli.shown import as_asked, minute

app = typer.Typer()
COLUMNS = {
    "party": "Party",
    "fact": "Fact",
    "value": "Stated",
    "since": "Since",
    "version": "Version",
    "meaning": "Meaning",
}


@regulation_app.command("facts")
def facts(
    about: Annotated[str, typer.Argument(metavar="SUBJECT/AE", help="Subject and number of the adverse event: S01/1.")],
    *,
    trial: TrialOption,
    as_of: AsOf = None,
    form: FormatOption = Format.TABLE,
    into_demo: IntoDemo = False,
) -> None:
    """What each party knows of an adverse event, as the rules are asked: every fact, and those that nobody has stated."""
    trial = code_of(trial, "--trial")
    subject, number = adverse_event_of(about)
    found = asked(trial, subject, number, as_of, into_demo=into_demo)
    rows = [
        row
        | {
            "value": "not stated" if row["value"] is None else row["value"],
            "since": row["since"] and minute(row["since"]),
        }
        for row in found["facts"]
    ]
    title = f"{trial}: what is known of {subject}/{number}; {as_asked(found)}"
    show(found, found["facts"], form, lambda: print_table(title, rows, COLUMNS, "Nothing is known."))


def asked(trial: str, subject: str, number: int, as_of: str | None, *, into_demo: bool) -> dict[str, Any]:
    """Fold the subject's stream up to a position and tell what it has come to."""
    with home(into_demo=into_demo, reads_only=True) as opened:
        from safety.aggregates.facts_of_record import FactsOfRecord  # noqa: PLC0415, keeps --help light
        from safety.clocks import known  # noqa: PLC0415
        from safety.journal.states import folded  # noqa: PLC0415
        from safety.values import iso  # noqa: PLC0415

        governs = governing(opened, trial)
        position = position_of(opened, as_of, governs.zone)
        rows = (row for row in opened.journal.stream(f"{trial}/subject/{subject}") if row.position <= position)
        told = folded(rows).slice(FactsOfRecord).of(number)
        if not told:
            fail(f"nothing is told of adverse event {number} of subject {subject}; see `vigilog listing`", REFUSED)
        both = governs.sponsor_investigator
        found = [one._asdict() for one in known(told, governs.causality, sponsor_investigator=both)]
        for one in found:
            one["since"] = one["since"] and iso(one["since"])
        return {"trial": trial, "subject": subject, "number": number, "position": position, "facts": found}
