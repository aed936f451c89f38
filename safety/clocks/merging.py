"""What a merge makes of a duplicate's clocks: each goes over to the number that stays, never later; an unmerge gives it back."""

from collections.abc import Iterator, Mapping

from safety.aggregates.adverse_event import AdverseEvents, Merged, Unmerged
from safety.aggregates.deciding import Form, StreamState, fold
from safety.aggregates.obligation import Obligation, Obligations, Opened, Superseded


def merged_or_unmerged(happened: Form, before: StreamState, after: StreamState) -> Iterator[Form]:
    """Give what a merge, or its taking back, comes to for the clocks of both numbers; nothing of any other event."""
    if isinstance(happened, Merged):
        yield from _given_over(happened, after)
    elif isinstance(happened, Unmerged):
        into = before.slice(AdverseEvents).by_number[happened.number].merged_into
        if into is not None:
            yield from _given_back(happened, into, after)


def _given_over(merge: Merged, state: StreamState) -> Iterator[Form]:
    """Let the number that stays take each running clock: by one of its own that is due no later, else by one opened for it."""
    duplicates = list(state.slice(Obligations).of(merge.number).values())
    for one in duplicates:
        if not one.runs:
            continue
        events = list(_taken_over(one, merge.into, state.slice(Obligations).of(merge.into)))
        for event in events:
            state = fold(state, event)
        yield from events


def _taken_over(one: Obligation, into: int, stays: Mapping[str, Obligation]) -> Iterator[Form]:
    of_rule = [other for other in stays.values() if other.opened.rule == one.opened.rule]
    covers = next((other for other in of_rule if _counts(other) and not _later(other.opened, one.opened)), None)
    opened = one.opened
    if covers is None:
        moved = _again(opened, into, stays, merged_from=opened.number)
        yield moved
        yield from (_gives_way(other.opened, moved) for other in of_rule if other.runs)
        yield _gives_way(opened, moved)
    else:
        yield _gives_way(opened, covers.opened)


def _given_back(unmerge: Unmerged, into: int, state: StreamState) -> Iterator[Form]:
    """Open again what gave way to the other number, and let what was opened there for it give way in turn."""
    obligations = state.slice(Obligations)
    back: dict[str, Opened] = {}
    own = dict(obligations.of(unmerge.number))
    latest = {(one.opened.rule, one.opened.ordinal): one for one in own.values()}
    for one in latest.values():
        if one.state == "superseded" and one.gave_way_to is not None and one.gave_way_to.by_number == into:
            opened = back[one.gave_way_to.by] = _again(one.opened, unmerge.number, own)
            own[opened.obligation] = Obligation(opened)
            yield opened
    stays = dict(obligations.of(into))
    for name, other in list(stays.items()):
        if other.opened.merged_from == unmerge.number and other.runs and name in back:
            yield _gives_way(other.opened, back[name])
            for was in obligations.of(into).values():
                if was.gave_way_to is not None and was.gave_way_to.by == name and was.gave_way_to.by_number is None:
                    opened = _again(was.opened, into, stays)
                    stays[opened.obligation] = Obligation(opened)
                    yield opened


def _counts(one: Obligation) -> bool:
    """Say whether a clock runs, or its report was sent: what was struck through or gave way covers nothing."""
    return one.state not in {"superseded", "cancelled"}


def _later(one: Opened, other: Opened) -> bool:
    """Say whether a clock ends after another; one without a number is due at once."""
    if other.due_at is None:
        return one.due_at is not None
    return one.due_at is not None and one.due_at > other.due_at


def _again(opened: Opened, number: int, known: Mapping[str, Obligation], merged_from: int | None = None) -> Opened:
    """Open the same obligation under a number, as its next revision there: same Day 0, same due time, same grounds."""
    place = f"{opened.rule}/{opened.ordinal}"
    revisions = sum((one.opened.rule, one.opened.ordinal) == (opened.rule, opened.ordinal) for one in known.values())
    name = f"{place}.{revisions + 1}" if revisions else place
    return opened.model_copy(update={"number": number, "obligation": name, "merged_from": merged_from})


def _gives_way(opened: Opened, to: Opened) -> Superseded:
    by_number = None if to.number == opened.number else to.number
    return Superseded(
        trial=opened.trial,
        subject=opened.subject,
        number=opened.number,
        obligation=opened.obligation,
        by=to.obligation,
        by_number=by_number,
    )
