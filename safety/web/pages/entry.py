"""One entry of the log, whole: what it says field by field, who decided it and why, its signature, digests and leaf."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, get_args

from fastapi import Response
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from safety.aggregates.deciding import Form
from safety.aggregates.trial import Definition
from safety.journal import Stored, decode
from safety.journal.row import leaf
from safety.projections.worklist import cases_of
from safety.values import FieldClass
from safety.web.addresses import POSITION_DIGITS, whole
from safety.web.asking import Ask, Asked, NotThere
from safety.web.declaring import Pages
from safety.web.record_fields import NAMES
from safety.web.signing import signature_of
from safety.web.streams import rows_of
from safety.web.whose import check_shown

pages = Pages()

Spoken = Callable[[str], str]


class Line(NamedTuple):
    """One field of an event: its name in words, its variable, its value, and whether it is sealed and for whom."""

    name: str
    wire: str
    value: str
    sealed: FieldClass | None
    shown: bool


@pages.shows("/log/{position}", "history.read")
def show_entry(ask: Ask, position: str) -> Response:
    """Show one entry of the log, to whom its trial and its subject may be shown."""
    row = row_at(ask, position)
    check_shown(ask, row, "history.read")
    recorded = decode(row)
    beside = [one.position for one in rows_of(ask, row.stream)]
    place = beside.index(row.position)
    return ask.render(
        "history/entry.html.j2",
        row=row,
        about=recorded.about(),
        lines=list(lines(ask, recorded.event, lambda name: ask.words.gettext(NAMES.get(name, name)))),
        signed=signature_of(ask, row.position),
        leaf=leaf(row),
        earlier=beside[place - 1] if place else None,
        later=beside[place + 1] if place + 1 < len(beside) else None,
        case=case_of_entry(recorded.event),
    )


def row_at(ask: Asked, position: str) -> Stored:
    """Give the row at a position; raises NotThere."""
    if at := whole(position, POSITION_DIGITS):
        for row in ask.home.journal.page(at - 1, at, 1):
            return row
    raise NotThere


def lines(ask: Asked, event: Form, spoken: Spoken = str) -> Iterator[Line]:
    """Give the fields that an event says something in; what is sealed is shown to whom its class is granted.

    `spoken` names what stands inside a value; inside a trial's definition the names are those of its file.
    """
    for name, described in type(event).model_fields.items():
        value = event.__dict__[name]
        if value is None or value == ():
            continue
        mark = class_of(described)
        shown = mark is None or mark in ask.grant.fields
        clear = said(value, str if isinstance(value, Definition) else spoken) if shown else ""
        text = NAMES[name]
        yield Line(ask.words.gettext(text), described.alias or name, clear, mark, shown)


def class_of(described: FieldInfo) -> FieldClass | None:
    """Give the class under which a field is sealed; None where it is not."""
    inner = [mark for part in get_args(described.annotation) for mark in getattr(part, "__metadata__", ())]
    return next((mark for mark in (*described.metadata, *inner) if isinstance(mark, FieldClass)), None)


def said(value: Any, spoken: Spoken) -> str:  # noqa: ANN401, whatever a field holds
    """Write a value as the log has it; what has parts of its own inside another stands in brackets."""
    if isinstance(value, BaseModel):
        return "; ".join(f"{spoken(name)}: {inside(one, spoken)}" for name, one in value if one is not None)
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {inside(one, spoken)}" for name, one in value.items())
    if isinstance(value, tuple):
        return "; ".join(said(one, spoken) for one in value)
    return str(to_jsonable_python(value))


def inside(value: Any, spoken: Spoken) -> str:  # noqa: ANN401, whatever a field holds
    """Write a value that stands inside another."""
    whole_of = said(value, spoken)
    return f"({whole_of})" if isinstance(value, BaseModel | Mapping | tuple) else whole_of


def case_of_entry(event: Form) -> tuple[str, int] | None:
    """Give the case that an event is about, by subject and number; of an alert the first that it concerns."""
    held = event.__dict__
    if concerning := cases_of(held.get("concerning", ())):
        return concerning[0]
    about_case = event.TOPIC.startswith(("adverse_event.", "obligation.")) and held.get("number") is not None
    return (held["subject"], held["number"]) if about_case else None
