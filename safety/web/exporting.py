"""What is on a screen as a file of comma-separated values that no spreadsheet takes for a formula."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO

from fastapi.responses import StreamingResponse

from safety.spreadsheets import harmless
from safety.web.asking import Asked

AT_ONCE = 500
"""Rows that are written at once."""

Value = str | int | float | None


def cell(value: Value) -> str | int | float:
    """Give a value as a cell holds it: text that a spreadsheet would run is made text by an apostrophe; numbers stay numbers."""
    if value is None:
        return ""
    return harmless(value) if isinstance(value, str) else value


def about(ask: Asked, title: str) -> Iterator[list[str]]:
    """Say of what the rows are: which screen of which trial, as of which moment, for whom; and what a reader must know of the data."""
    words, when = ask.words, f"{ask.show.moment(ask.stamped, seconds=True)} {ask.show.zone(ask.stamped)}"
    sites = words("all") if ask.sites is None else ", ".join(sorted(ask.sites))
    query = ask.request.query_params.items()
    told = [
        (title, ask.trial),
        (words("As of"), when),
        (words("Log position"), str(ask.at.position)),
        (words("Sites"), sites),
        (words("Exported by"), ask.account),
        (words("Narrowed by"), "; ".join(f"{name}={value}" for name, value in query if name != "as_of" and value)),
        (words("Note"), ask.governs.provenance if ask.governs else None),
    ]
    for name, value in told:
        if value:
            yield [f"# {name}", value]


def written(rows: Iterable[Sequence[Value]]) -> Iterator[str]:
    """Write rows as they are asked for."""
    buffer = StringIO()
    writer = csv.writer(buffer)
    # Without the mark a spreadsheet reads Chinese in the code page of its machine.
    buffer.write("\ufeff")
    for count, row in enumerate(rows, start=1):
        writer.writerow([cell(value) for value in row])
        if count % AT_ONCE == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def exported(
    ask: Asked, name: str, title: str, heads: Sequence[str], rows: Iterable[Sequence[Value]]
) -> StreamingResponse:
    """Answer with a file: what it is of, its heads, its rows."""
    every: Iterator[Sequence[Value]] = iter([*about(ask, title), list(heads)])
    whole = (row for part in (every, rows) for row in part)
    file = f"{ask.trial}-{name}-{ask.at.position}.csv"
    told = {"Content-Disposition": f'attachment; filename="{file}"', "Vary": "Cookie, Accept-Language"}
    return StreamingResponse(written(whole), media_type="text/csv; charset=utf-8", headers=told)
