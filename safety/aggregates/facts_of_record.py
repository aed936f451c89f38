"""What each party came to know of an adverse event and when, kept beside the adverse event itself as the record says it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from safety.aggregates.adverse_event import (
    CRITERIA,
    CausalityAssessed,
    Corrected,
    ExpectednessAssessed,
    FollowedUp,
    Nullified,
    Reported,
    SeriousnessAssessed,
)
from safety.aggregates.deciding import Form, heeds
from safety.aggregates.obligation import GroundsFound, Submitted
from safety.values import Awareness, Party

Key = tuple[str | None, ...]
"""What is said: `(investigator, serious)`, `(causality, sponsor, product, method)`, `(expected,)`, `(exposed,)`, `(listed,)`."""
SERIOUSNESS = ("serious", *CRITERIA)
DIES = {"outcome": "FATAL", "grade": "5"}
"""What says of an adverse event that it resulted in death beside AESDTH: AEOUT, and grade 5 (CTCAE)."""
DESCRIBED = ("term", "narrative", "low_level_term", "preferred_term", "outcome")
"""An event or outcome, the fourth of the minimum criteria (ICH E2A III.B.3): only whether it is stated matters.

The other three are met by every report here: a subject by code, an account that files, and the trial's product.
"""


class Told(NamedTuple):
    """One event as a party told it: when it became aware, when it reached the desk, and what was said.

    `filed`: a person filed it, neither an import nor the record itself. `corrects`: awareness and filing of the fact that it
    puts right. `obligation`: whose report was sent at that moment.
    """

    version: int
    at: datetime
    filed_at: datetime
    party: Party
    said: Mapping[Key, str | None]
    acts: tuple[str, ...] = ()
    takes_back: bool = False
    history: bool = False
    filed: bool = False
    corrects: tuple[datetime, datetime] | None = None
    obligation: str | None = None


@dataclass(frozen=True, slots=True)
class FactsOfRecord:
    """What was told of each adverse event of one subject, by number, in the order of the stream."""

    by_number: Mapping[int, tuple[Told, ...]] = field(default_factory=dict)

    def of(self, number: int) -> tuple[Told, ...]:
        """Give what was told of one adverse event."""
        return self.by_number.get(number, ())


def particulars(happened: Form, names: Iterable[str]) -> dict[Key, str | None]:
    """Say what a report, follow-up or correction says, in the fields named."""
    values = happened.__dict__
    said: dict[Key, str | None] = {("investigator", name): values[name] for name in names if name in SERIOUSNESS}
    said |= {(name,): values[name] for name in names if name in DIES}
    if "causality" in names:
        said["causality", "investigator", None, None] = values["causality"]
    if any(values[name] is not None for name in DESCRIBED):
        said["described",] = "Y"
    return said


def stated(happened: Form) -> dict[Key, str | None]:
    """Say what a report or follow-up states; what it leaves open says nothing."""
    values = happened.__dict__
    return particulars(happened, [name for name in happened.__pydantic_fields_set__ if values[name] is not None])


def put_right(happened: Corrected) -> dict[Key, str | None]:
    """Say what the variables that a correction names hold from then on, or that they hold nothing."""
    named = set(happened.variables)
    return particulars(happened, [n for n, f in type(happened).model_fields.items() if (f.alias or n) in named])


def seriousness(happened: SeriousnessAssessed) -> dict[Key, str | None]:
    """Say one party's view: every criterion anew, and AESER where it is stated or the view is the sponsor's."""
    values = happened.__dict__
    names = SERIOUSNESS if happened.assessor == "sponsor" or values["serious"] is not None else CRITERIA
    return {(happened.assessor, name): values[name] for name in names}


def said_by(happened: Form) -> dict[Key, str | None] | None:
    """Say what an event says in the evaluator's matters; None of an event that says nothing there."""
    match happened:
        case Reported() | FollowedUp():
            return stated(happened)
        case Corrected():
            return put_right(happened)
        case SeriousnessAssessed():
            return seriousness(happened)
        case CausalityAssessed():
            return {("causality", happened.assessor, happened.product, happened.method): happened.causality}
        case ExpectednessAssessed():
            return {("expected",): happened.expected}
        case GroundsFound():
            return {("exposed",): happened.exposed, ("listed",): happened.expected}
        case Nullified():
            return {}
        case _:
            return None


ACTS: Mapping[type[Form], tuple[str, ...]] = {FollowedUp: ("new_information",), Nullified: ("nullified",)}


def corrected_fact(known: tuple[Told, ...], said: Mapping[Key, str | None]) -> tuple[datetime, datetime] | None:
    """Find the fact that a correction puts right: the last that said the same, else the first of all."""
    same = (told for told in reversed(known) if said.keys() & told.said.keys())
    found = next(same, known[0] if known else None)
    return None if found is None else (found.at, found.filed_at)


@heeds(FactsOfRecord, "adverse_event", "obligation")
def heed(state: FactsOfRecord, happened: Form, version: int) -> FactsOfRecord:
    """Take what an event tells; events of before there was an awareness of their own tell nothing that has a moment."""
    if isinstance(happened, Submitted):
        return sent(state, happened, version)
    aware: Awareness | None = happened.__dict__.get("aware")
    said = None if aware is None else said_by(happened)
    if aware is None or said is None:
        return state
    number: int = happened.__dict__["number"]
    known = state.of(number)
    told = Told(
        version,
        aware.at,
        aware.filed_at or aware.at,
        aware.party,
        said,
        ACTS.get(type(happened), ()),
        takes_back=happened.__dict__.get("takes_back") is not None,
        history=aware.basis == "history",
        filed=aware.basis in {"stated", "filed"} and not isinstance(happened, GroundsFound),
        corrects=corrected_fact(known, said) if isinstance(happened, Corrected) else None,
    )
    return FactsOfRecord({**state.by_number, number: (*known, told)})


def sent(state: FactsOfRecord, happened: Submitted, version: int) -> FactsOfRecord:
    """Take the first sending of an obligation's report: what follows counts from that one (EU CTR Art. 42(2)(b))."""
    known = state.of(happened.number)
    if any(told.obligation == happened.obligation for told in known):
        return state
    at = happened.sent_at
    told = Told(version, at, at, "sponsor", {}, obligation=happened.obligation)
    return FactsOfRecord({**state.by_number, happened.number: (*known, told)})
