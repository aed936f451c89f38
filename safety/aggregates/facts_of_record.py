"""What each party came to know of an adverse event and when, kept as the record says it, and told as the evaluator's facts."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

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
from safety.aggregates.obligation import GroundsFound, Obligation, Submitted
from safety.regulation.counting import Causality
from safety.regulation.facts import Fact
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

    `corrects`: awareness and filing of the fact that it puts right. `obligation`: whose report was sent at that moment.
    """

    version: int
    at: datetime
    filed_at: datetime
    party: Party
    said: Mapping[Key, str | None]
    acts: tuple[str, ...] = ()
    takes_back: bool = False
    history: bool = False
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


def is_more(key: Key, value: str | None, causality: Causality) -> bool:
    """Say whether a correction's value makes more due than its absence: it then counts from the fact that it puts right."""
    if key[0] == "causality":
        return value not in causality.not_related
    return value == DIES.get(str(key[0]), "Y") and key[0] not in {"expected", "listed"}


def parted(told: Told, causality: Causality) -> Iterator[Told]:
    """Part a correction: what is more is said with the fact it puts right, what is less from its own filing on.

    So a correction has no Day 0 of its own, and takes no clock back.
    """
    if told.corrects is None:
        yield told
        return
    more = {key: value for key, value in told.said.items() if is_more(key, value, causality)}
    less = {key: value for key, value in told.said.items() if key not in more}
    at, filed_at = told.corrects
    if more:
        yield told._replace(said=more, at=at, filed_at=filed_at)
    if less:
        yield told._replace(said=less, at=told.filed_at)


def known_to(party: Party, told: Told) -> Iterator[Told]:
    """Give what a party knows of what was told: its own from its awareness on, the sponsor the site's from the filing on."""
    if told.party == party:
        yield told
    elif party == "sponsor":
        yield told._replace(at=told.filed_at, party="sponsor")


def answers(values: Iterable[str | None]) -> bool | None:
    """Read several answers as one: any Y, else any answer at all."""
    said = [value for value in values if value is not None]
    return ("Y" in said) if said else None


def states_of(said: Mapping[Key, str | None], causality: Causality) -> dict[str, bool | None]:
    """Read all that is said as the evaluator's states; None is not stated."""
    views = [{name: said.get((who, name)) for name in SERIOUSNESS} for who in ("investigator", "sponsor")]
    died = ["Y" for name, value in DIES.items() if said.get((name,)) == value]
    judged: dict[str | None, list[bool]] = {"investigator": [], "sponsor": []}
    for key, value in said.items():
        if key[0] == "causality" and value is not None:
            judged[key[1]].append(value in causality.related)
    assessed, listed, exposed = (said.get((name,)) for name in ("expected", "listed", "exposed"))
    return {
        "minimum_criteria": True if said.get(("described",)) or died else None,
        "serious": answers([*(value for view in views for value in view.values()), *died]),
        "fatal": answers([*(view["results_in_death"] for view in views), *died]),
        "life_threatening": answers(view["life_threatening"] for view in views),
        "related_investigator": any(judged["investigator"]) if judged["investigator"] else None,
        "related_sponsor": any(judged["sponsor"]) if judged["sponsor"] else None,
        "unexpected": assessed == "N" if assessed else (False if listed == "Y" else None),
        "exposed": None if exposed is None else exposed == "Y",
    }


def present(told: Iterable[Told], causality: Causality) -> dict[str, bool | None]:
    """Read all that was told by anybody, in the order of the stream, as the record stands now."""
    said: dict[Key, str | None] = {}
    for one in told:
        said |= one.said
    return states_of(said, causality)


DOWNGRADES = ("serious", "fatal", "life_threatening", "related_investigator", "related_sponsor", "unexpected")
MISSING_COUNTS = frozenset({"related_investigator", "related_sponsor", "unexpected"})
"""What counts as true while it is not stated, so that a first no takes something back."""


def is_less(was: Mapping[str, bool | None], now: Mapping[str, bool | None]) -> bool:
    """Say whether anything that makes reports due was taken back."""
    return any(
        now[name] is False and (was[name] or (was[name] is None and name in MISSING_COUNTS)) for name in DOWNGRADES
    )


def facts(
    told: Iterable[Told],
    causality: Causality,
    obligations: Mapping[str, Obligation],
    rules: frozenset[str],
    *,
    sponsor_investigator: bool,
    as_filed: bool = False,
) -> list[Fact]:
    """Turn what was told of one adverse event into the evaluator's facts, by party and in the order of their instants.

    `rules`: the ids of the packs that are asked; a report sent by another pack's rule is none of theirs. `as_filed`: in the
    order of the stream, each no earlier than the one before it.
    """
    parts = [part for one in told for part in ([one] if as_filed else parted(one, causality))]
    if as_filed:
        parts = list(in_stream_order(parts))
    if sponsor_investigator:
        return list(_one_view(parts, causality, obligations, rules))
    found: list[Fact] = []
    for party in ("site", "sponsor"):
        known = [seen for part in parts if part.obligation is None for seen in known_to(party, part)]
        known += [p for p in parts if p.obligation is not None and _owed_by(p.obligation, obligations) == party]
        found += _one_view(known, causality, obligations, rules)
    return found


def in_stream_order(parts: Iterable[Told]) -> Iterator[Told]:
    """Put off what was told with an earlier moment than what stands before it in the stream."""
    at = filed_at = datetime.min.replace(tzinfo=UTC)
    for told in parts:
        at, filed_at = max(at, told.at), max(filed_at, told.filed_at)
        yield told._replace(at=at, filed_at=filed_at)


def _owed_by(obligation: str, obligations: Mapping[str, Obligation]) -> Party:
    return obligations[obligation].opened.party


def _one_view(
    known: Iterable[Told], causality: Causality, obligations: Mapping[str, Obligation], rules: frozenset[str]
) -> Iterator[Fact]:
    stated_so_far: dict[Key, str | None] = {}
    was = states_of({}, causality)
    for told in sorted(known, key=lambda part: (part.at, part.version)):
        said: dict[str, Any] = dict.fromkeys(told.acts, True)
        party = told.party
        if told.obligation is not None:
            opened = obligations[told.obligation].opened
            party = opened.party
            said |= {"submitted": opened.rule} if opened.rule in rules else {}
        stated_so_far |= told.said
        now = states_of(stated_so_far, causality)
        said |= {name: value for name, value in now.items() if value is not was[name]}
        if told.takes_back and is_less(was, now):
            said["downgraded"] = True
        was = now
        if said:
            yield Fact(told.at, party, said, told.version)
