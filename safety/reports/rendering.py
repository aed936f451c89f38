"""A report's document as a page that needs nothing else, and as plain text: the same document gives the same bytes."""

from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from safety.projections import Connection
from safety.reports.document import Clock, Lock, document
from safety.reports.plain import pairs, paragraph, table

MEASURES = {
    "teae": "Any",
    "related": "Related",
    "serious": "Serious",
    "related_serious": "Related and serious",
    "fatal": "Fatal",
    "related_fatal": "Related and fatal",
}


class Rendered(NamedTuple):
    """A report in all its forms."""

    document: dict[str, Any]
    html: str
    text: str

    @property
    def html_sha256(self) -> str:
        """Name the page's bytes."""
        return sha256(self.html.encode()).hexdigest()

    @property
    def text_sha256(self) -> str:
        """Name the text's bytes."""
        return sha256(self.text.encode()).hexdigest()


@cache
def templates() -> Environment:
    """The templates beside this file: a name that is not given is an error, not a blank; every value of a page is escaped."""
    found = Environment(
        loader=PackageLoader("safety.reports"),
        undefined=StrictUndefined,
        autoescape=select_autoescape(enabled_extensions=("html.j2",)),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters |= {
        "paragraph": paragraph,
        "table": lambda rows, head: table(head, rows),
        "pairs": pairs,
        "share": share,
        "span": span,
        "subjects_events": subjects_events,
        "cases": cases,
        "amounts": amounts,
        "minute": minute,
        "breakable": breakable,
    }
    found.globals |= {"MEASURES": MEASURES}
    return found


def render(connection: Connection, trial: str, lock: Lock, clocks: Sequence[Clock] | None = None) -> Rendered:
    """Render a report from the views as of its lock point. Raises NotOnRecord."""
    found = printable(document(connection, trial, lock, clocks))
    page = templates().get_template("periodic.html.j2").render(at=found)
    text = templates().get_template("periodic.txt.j2").render(at=found)
    return Rendered(found, page, text)


def printable(value: Any) -> Any:  # noqa: ANN401, any part of a document
    """Replace in every text what no page and no terminal can show, such as an escape or a line end, by a blank."""
    if isinstance(value, dict):
        return {name: printable(part) for name, part in value.items()}
    if isinstance(value, list):
        return [printable(part) for part in value]
    if isinstance(value, str) and not value.isprintable():
        return "".join(c if c.isprintable() else " " for c in value)
    return value


def share(measure: dict[str, Any]) -> str:
    """Write a proportion as people read it, to one decimal."""
    return "" if measure["proportion"] is None else f"{100 * measure['proportion']:.1f} %"


def span(measure: dict[str, Any]) -> str:
    """Write an interval as people read it."""
    ends = measure["ci95"]
    return "" if ends is None else f"{100 * ends[0]:.1f} to {100 * ends[1]:.1f} %"


def subjects_events(count: dict[str, int]) -> str:
    """Write a count of subjects with their events behind it."""
    return "0" if not count["events"] else f"{count['subjects']} ({count['events']})"


def cases(named: list[dict[str, Any]]) -> str:
    """Name adverse events by number and preferred term."""
    return "; ".join(f"AE {case['number']} {case['term']}" for case in named)


def amounts(arm: dict[str, Any]) -> str:
    """Write what the doses of an arm add up to."""
    told = [f"{each['treatment']} {each['amount']} {each['unit']}" for each in arm["amounts"]]
    if arm["total_cells"] is not None:
        told.append(f"{arm['total_cells']} cells in all")
    if arm["without_amount"]:
        told.append(f"{arm['without_amount']} doses without an amount")
    return "; ".join(told)


def breakable(text: str) -> Markup:
    """Let a page break a coded value such as RECOVERED/RESOLVED behind its slash."""
    return Markup("/<wbr/>").join(text.split("/"))


def minute(moment: str | None) -> str:
    """Write an instant to the minute, in UTC."""
    return "" if moment is None else f"{moment[:10]} {moment[11:16]} UTC"
