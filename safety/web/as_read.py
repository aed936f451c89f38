"""The record of an adverse event as a form read it and as it stands, and every change that came in between."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from safety.aggregates.adverse_event import AdverseEvent, AdverseEvents
from safety.aggregates.deciding import NOTHING, StreamState, fold
from safety.journal import Recorded, decode
from safety.journal.states import folded
from safety.projections.changes import changes
from safety.values import FieldClass
from safety.web.addresses import POSITION_DIGITS, whole
from safety.web.asking import Asked, Unclear
from safety.web.case_record import Entry, record_of
from safety.web.record_fields import TEXTS
from safety.web.words import N_

Row = dict[str, Any]
NOWHERE = N_("This form does not say from which state of the record it was filled in; open it again.")
SENT = {"obligation.submitted": "report", "message.sent": "message"}


class Sent(NamedTuple):
    """When an adverse event was last told to somebody outside, and what the record says since that it did not say then."""

    kind: str
    entry: Entry
    rows: list[Row]


def read_at(ask: Asked) -> int:
    """Give the position that a form was filled in from; raises Unclear where it says none."""
    said = whole(ask.text("read_at"), POSITION_DIGITS)
    if said is None:
        raise Unclear(ask.words(NOWHERE))
    return min(said, ask.at.position)


def read_at_if_said(ask: Asked) -> int | None:
    """Give the position that a form was filled in from where it says one: a judgement stands beside others and replaces none."""
    return read_at(ask) if ask.text("read_at") else None


def event_at(ask: Asked, case: Row, position: int) -> AdverseEvent:
    """Give an adverse event as it stood at a position; one that was not yet reported says nothing."""
    rows = (row for row in ask.home.journal.stream(stream_of(ask, case)) if row.position <= position)
    return event_in(folded(rows), case["number"])


def event_in(state: StreamState, number: int) -> AdverseEvent:
    """Find an adverse event in the state of its stream."""
    return state.slice(AdverseEvents).by_number.get(number, AdverseEvent({}))


def stream_of(ask: Asked, case: Row) -> str:
    """Name the stream of the subject of a case."""
    return f"{ask.trial}/subject/{case['subject']}"


def since(ask: Asked, case: Row, position: int) -> list[Row]:
    """List the changes of an adverse event and of its subject beyond a position, as `changes` tells them, narrative included.

    Free text is left out for whom it is not.
    """
    with ask.reading() as connection:
        found = changes(connection, ask.trial, ask.at, after=position, subject=case["subject"], sites=ask.sites)
    mine = [row for row in found if row["record"] == "subject" or concerns(row, case["number"])]
    if FieldClass.TEXT not in ask.grant.fields:
        return [row for row in mine if row["field"] not in TEXTS]
    return sorted([*mine, *narrated(ask, case, position)], key=lambda row: row["position"])


def concerns(row: Row, number: int) -> bool:
    """Say whether a change is one of an adverse event or of what somebody judged of it."""
    return row["record"] in {"adverse_event", "assessment"} and row["number"] == number


def narrated(ask: Asked, case: Row, position: int) -> Iterator[Row]:
    """Give the changes of the narrative, which stands in no table."""
    state = NOTHING
    for row in ask.home.journal.stream(stream_of(ask, case)):
        if row.position > ask.at.position:
            return
        recorded = decode(row)
        old = event_in(state, case["number"]).particulars.get("narrative")
        state = fold(state, recorded.event)
        new = event_in(state, case["number"]).particulars.get("narrative")
        if row.position > position and old != new:
            yield narrative(recorded, case, old, new)


def narrative(recorded: Recorded, case: Row, old: str | None, new: str | None) -> Row:
    """Write a change of the narrative as `changes` writes others."""
    meta = recorded.about()
    said = {"by": meta.by, "role": meta.role, "recorded_at": recorded.recorded_at, "reason": meta.reason}
    of = {"record": "adverse_event", "subject": case["subject"], "number": case["number"], "whose": ()}
    change = {"field": "narrative", "old": old, "new": new, "opens": False}
    return {**of, **change, **said, "position": recorded.position, "topic": recorded.topic}


def last_sent(ask: Asked, case: Row) -> Sent | None:
    """Find the last report of an adverse event that was sent, else the last message about it, and what changed since."""
    entries = record_of(ask, case)
    for topic, kind in SENT.items():
        told = [one for one in entries if one.event.TOPIC.startswith(topic)]
        if told:
            return Sent(kind, told[-1], since(ask, case, told[-1].position))
    return None
