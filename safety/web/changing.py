"""How a form changes an adverse event that is on record: what it says anew, what would come of it, and who was there first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any

from fastapi import Response

from safety.aggregates.adverse_event import AdverseEvent, Corrected, FollowedUp, changed
from safety.aggregates.deciding import Refused
from safety.aggregates.relied_on import ChangedSince
from safety.projections.subjects import lacking
from safety.web.acting import back_to
from safety.web.as_read import Row, event_at, read_at, since
from safety.web.asking import Asked
from safety.web.filing_form import DATES, SIX, Typed, particulars, typed
from safety.web.judged import JUDGED
from safety.web.late import late
from safety.web.merging import Merged, as_typed, merged
from safety.web.pages.case import case_of
from safety.web.pages.filing import ASKED, after_dose
from safety.web.record_fields import RECORD_FIELDS
from safety.web.set_off import SetOff, set_off
from safety.web.signing import Meaning, NotSigned, Wanted, signature, wanted
from safety.web.words import N_

NOTHING_NEW = N_("You changed nothing, so there is nothing to save.")
MEANINGS: tuple[Meaning, ...] = ("assessment", "review")
UNTOUCHED = Merged((), (), ())


@dataclass
class Draft:
    """A form about an adverse event on its way: as typed, brought onto the record as it stands, and what would come of it."""

    case: Row
    now: AdverseEvent
    given: Typed
    merged: Merged = UNTOUCHED
    form: FollowedUp | Corrected | None = None
    effect: SetOff | None = None
    moved: list[Row] = field(default_factory=list)
    signing: Wanted | None = None

    @property
    def record(self) -> dict[str, Any]:
        """What the record would say."""
        after = self.now if self.form is None else changed(self.now, self.form)
        return dict(after.particulars)


@dataclass(frozen=True)
class Way:
    """One way to change an adverse event: its command and template, the fields it asks for, and how its form is filled in."""

    command: str
    template: str
    asks: Callable[[Asked, AdverseEvent], Sequence[str]]
    """Which fields the page has, of the record that it was filled in from."""
    fill: Callable[[Asked, Draft, dict[str, Any]], FollowedUp | Corrected | None]
    """Make the form of what was read; what is wrong is put into the draft's errors."""
    beside: Callable[[Asked, Row], dict[str, Any]] = lambda *_: {}
    """Give what else its page shows."""
    reasoned: bool = False
    """Whether it takes a reason, and a signature where what a party judges is changed."""


def opened(ask: Asked, way: Way, subject: str, number: str) -> Response:
    """Show the form, filled in with the record as it stands."""
    case = case_of(ask, subject, number)
    now = event_at(ask, case, ask.at.position)
    return page(ask, way, Draft(case, now, as_typed(now.particulars)), HTTPStatus.OK)


def sent(ask: Asked, way: Way, subject: str, number: str) -> Response:
    """Take the form: done once where nobody was there first; else shown on top of the record as it stands now."""
    case, position, pressed = case_of(ask, subject, number), read_at(ask), ask.text("do") == "file"
    base = event_at(ask, case, position)
    fault, unsigned = {}, ""
    if pressed:
        try:
            if done(ask, way, drafted(ask, way, case, base, base), position):
                return back_to(ask, case)
        except ChangedSince:
            ask.look_at(ask.trial)
            case = case_of(ask, subject, number)
        except NotSigned as missing:
            unsigned = str(missing)
        except Refused as refusal:
            fault = {"act": ask.words.refusal(refusal)}
    shown = drafted(ask, way, case, base, event_at(ask, case, ask.at.position))
    shown.moved = since(ask, case, position)
    shown.given.errors |= fault
    if signs(way, shown):
        shown.signing = wanted(ask, *MEANINGS, error=unsigned)
    return page(ask, way, shown, status_of(shown, pressed=pressed))


def status_of(shown: Draft, *, pressed: bool) -> HTTPStatus:
    """Say how a form is answered that was not done: 409 where somebody was there first, 422 where something is wrong."""
    if not pressed:
        return HTTPStatus.OK
    return HTTPStatus.CONFLICT if shown.moved else HTTPStatus.UNPROCESSABLE_ENTITY


def done(ask: Asked, way: Way, draft: Draft, position: int) -> bool:
    """Do what a draft says, unless something is wrong with it; raises NotSigned, Refused, and ChangedSince where overtaken."""
    if draft.form is None:
        return False
    signed = signature(ask, *MEANINGS) if signs(way, draft) else None
    reason = ask.text("why") if way.reasoned else None
    ask.do(way.command, draft.form, reason=reason, signature=signed, read_at=position)
    return True


def signs(way: Way, draft: Draft) -> bool:
    """Say whether a form is signed: a correction of what a party judges is."""
    return way.reasoned and any(name in JUDGED for name in draft.merged.changed)


def drafted(ask: Asked, way: Way, case: Row, base: AdverseEvent, now: AdverseEvent) -> Draft:
    """Read what was typed on the record `base`, bring it onto the record `now`, and fill in the form of what is new."""
    given = typed(ask)
    found = merged(given, as_typed(base.particulars), as_typed(now.particulars), way.asks(ask, base))
    draft = Draft(case, now, given, found)
    said = particulars(given, ask)
    given.errors = {name: text for name, text in given.errors.items() if touched(name, found.changed)}
    form = way.fill(ask, draft, said)
    if not found.changed:
        given.errors["act"] = ask.words(NOTHING_NEW)
    return draft if given.errors else replace(draft, form=form)


def touched(name: str, names: Sequence[str]) -> bool:
    """Say whether a fault is of what was changed: what the record contradicts by itself is a query, and blocks nothing."""
    of = {"off": tuple(DATES), "on": ("started_on",), "serious": ("serious", *SIX)}.get(name, (name,))
    return any(one in names for one in of)


def page(ask: Asked, way: Way, draft: Draft, status: HTTPStatus) -> Response:
    """Show the form with what it would set off, what came in between, and what was typed."""
    if draft.form is not None and not draft.now.nullified:
        try:
            draft.effect = set_off(ask, draft.form, draft.record, way.command)
        except Refused as refusal:
            draft.given.errors["act"] = ask.words.refusal(refusal)
    governs = ask.governs
    zone = "UTC" if governs is None else governs.site_zone(draft.case["site"])
    said = {
        "draft": draft,
        "given": draft.given,
        "case": draft.case,
        "subject": draft.case,
        "effect": draft.effect,
        "zone": zone,
    }
    lacks = lacking(draft.record)
    return ask.render(
        way.template, status, **said, **ASKED, **after_dose(draft.record.get("started_on"), draft.case["doses"]),
        governs=governs, terms=[], lacks=lacks, minimum=[], changing=lines(draft), names=RECORD_FIELDS,
        position=ask.at.position, asked=way.asks(ask, draft.now), late=lateness(ask, draft),
        **way.beside(ask, draft.case),
    )  # fmt: skip


def lateness(ask: Asked, draft: Draft) -> str:
    """Say how late a follow-up is; a correction is not of a moment."""
    return late(ask, draft.form) if isinstance(draft.form, FollowedUp) else ""


def lines(draft: Draft) -> list[tuple[str, Any, Any]]:
    """Give each field that the form changes, with the value on record and the new one."""
    if draft.form is None:
        return []
    before, after = draft.now.particulars, draft.record
    return [(name, before.get(name), after.get(name)) for name in draft.merged.changed]
