"""Adverse events of one subject that may be one occurrence reported twice: few, scored, each with its reasons; a person decides."""

import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from itertools import combinations, groupby
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, func, select

from safety.aggregates.adverse_event import CRITERIA
from safety.projections.adverse_event import ADVERSE_EVENT
from safety.projections.at import At
from safety.projections.line_listing import of_sites
from safety.projections.taking import taken
from safety.values import DAY_SECONDS, span

Why = Literal[
    "same_term", "same_coded_term", "shared_words", "same_body_system",
    "same_day", "days_apart", "overlapping", "dates_may_meet", "same_criterion",
]  # fmt: skip
POINTS: Mapping[Why, int] = {
    "same_coded_term": 4,
    "same_term": 4,
    "shared_words": 3,
    "same_body_system": 1,
    "same_day": 4,
    "days_apart": 2,
    "overlapping": 2,
    "dates_may_meet": 1,
    "same_criterion": 1,
}
"""What each reason counts. Who reports twice rarely words or dates it the same, so no reason is needed and none is enough."""
ENOUGH = 5
"""Points from which a pair is suggested; it takes a reason of the term and one of the time."""
NEAR = 7
"""Days that two onsets of one occurrence may lie apart, as reports tell them."""
SHARED = 0.5
"""Part of the words of the shorter term that the other has to have too."""
HELD = 20_000
"""Dates and terms that are held once read: of a trial few are different."""
AE = ADVERSE_EVENT.table
COLUMNS = {
    "subject": AE.c.subject,
    "number": AE.c.number,
    "term": AE.c.term,
    "preferred_term": AE.c.preferred_term,
    "soc": func.coalesce(AE.c.body_system, AE.c.system_organ_class),
    "onset": AE.c.started_on,
    "end": AE.c.ended_on,
    **{name: AE.c[name] for name in CRITERIA},
}


class Reason(NamedTuple):
    """One thing that speaks for it, what it counts, and the number that it names, if any."""

    why: Why
    points: int
    number: int | None = None


class Likeness(NamedTuple):
    """How much speaks for two being one."""

    score: int
    reasons: tuple[Reason, ...]


def likeness(one: Mapping[str, Any], other: Mapping[str, Any]) -> Likeness | None:
    """Say what speaks for two adverse events of a subject being one; None where it is too little to bother anybody.

    Both as `line_listing` has them: `term`, `preferred_term`, `soc`, `onset`, `end`; `criteria`.
    """
    if (of_the_term := _of_the_term(one, other)) is None or (of_the_time := _of_the_time(one, other)) is None:
        return None
    found = (of_the_term, of_the_time, *_of_the_rest(one, other))
    score = sum(reason.points for reason in found)
    return Likeness(score, found) if score >= ENOUGH else None


def suggested(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Give the pairs of one subject's adverse events that are worth a look, the likeliest first: `one`, `other`, `score`, `reasons`."""
    pairs = ((one, other, likeness(one, other)) for one, other in combinations(rows, 2))
    found = [
        {
            "subject": one["subject"],
            "one": one["number"],
            "other": other["number"],
            "score": like.score,
            "reasons": like.reasons,
        }
        for one, other, like in pairs
        if like is not None
    ]
    return sorted(found, key=lambda pair: (-pair["score"], pair["subject"], pair["one"], pair["other"]))


def duplicates(connection: Connection, trial: str, at: At, *, sites: AbstractSet[str] | None) -> list[dict[str, Any]]:
    """List the pairs of a trial that may be one occurrence; with `sites`, of their subjects alone.

    Only what stands is compared: the nullified and the merged are decided already. Two subjects are never compared:
    what one site holds would tell another of it.
    """
    wanted = [AE.c.trial == trial, at.stands(AE), at.happened(AE.c.onset_low), AE.c.nullified == 0]
    wanted.append(AE.c.merged_into.is_(None))
    if sites is not None:
        wanted.append(of_sites(trial, at, sites))
    ask = select(*(column.label(name) for name, column in COLUMNS.items())).where(*wanted)
    names, plain = tuple(COLUMNS), len(COLUMNS) - len(CRITERIA)
    rows = (
        dict(zip(names, row, strict=True)) | {"criteria": _ticked(row[plain:])}
        for row in taken(connection.execute(ask.order_by(AE.c.subject, AE.c.number)))
    )
    by_subject = groupby(rows, key=lambda row: row["subject"])
    found = [pair for _, of_one in by_subject for pair in suggested(list(of_one))]
    return sorted(found, key=lambda pair: (-pair["score"], pair["subject"], pair["one"], pair["other"]))


def reason(why: Why, number: int | None = None) -> Reason:
    """Give a reason with its points."""
    return Reason(why, POINTS[why], number)


def _of_the_term(one: Mapping[str, Any], other: Mapping[str, Any]) -> Reason | None:
    if one["preferred_term"] and _plain(one["preferred_term"]) == _plain(other["preferred_term"]):
        return reason("same_coded_term")
    if one["term"] and _plain(one["term"]) == _plain(other["term"]):
        return reason("same_term")
    if _share_words(one["term"], other["term"]):
        return reason("shared_words")
    return reason("same_body_system") if one["soc"] and one["soc"] == other["soc"] else None


def _of_the_time(one: Mapping[str, Any], other: Mapping[str, Any]) -> Reason | None:
    if one["onset"] is None or other["onset"] is None:
        return reason("dates_may_meet")
    (low, high), (other_low, other_high) = _span(one["onset"]), _span(other["onset"])
    day, other_day = low // DAY_SECONDS, other_low // DAY_SECONDS
    if day != high // DAY_SECONDS or other_day != other_high // DAY_SECONDS:
        return reason("dates_may_meet") if max(low, other_low) <= min(high, other_high) else None
    if day == other_day:
        return reason("same_day")
    if abs(day - other_day) <= NEAR:
        return reason("days_apart", abs(day - other_day))
    return reason("overlapping") if _lasts_into(one, other_low) or _lasts_into(other, low) else None


def _lasts_into(row: Mapping[str, Any], second: int) -> bool:
    """Say whether an adverse event that has an end was still going on at a moment after it began."""
    return row["end"] is not None and _span(row["onset"])[0] <= second <= _span(row["end"])[1]


def _of_the_rest(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[Reason]:
    if set(one["criteria"]) & set(other["criteria"]):
        yield reason("same_criterion")


_span = lru_cache(maxsize=HELD)(span)


def _ticked(answers: Sequence[str | None]) -> list[str]:
    """Name the criteria that are answered with Y, in their order."""
    return [name for name, answer in zip(CRITERIA, answers, strict=True) if answer == "Y"] if "Y" in answers else []


@lru_cache(maxsize=HELD)
def _plain(text: str | None) -> str:
    return " ".join((text or "").casefold().split())


def _share_words(one: str | None, other: str | None) -> bool:
    """Say whether two terms have half of the words of the shorter one in common; of Chinese, pairs of characters are words."""
    mine, theirs = _words_of(one), _words_of(other)
    fewer = min(len(mine), len(theirs))
    return fewer > 0 and len(mine & theirs) >= SHARED * fewer


@lru_cache(maxsize=HELD)
def _words_of(text: str | None) -> frozenset[str]:
    found: set[str] = set()
    for run in re.findall(r"[a-z0-9]{3,}|[\u4e00-\u9fff]+", _plain(text)):
        found |= {run} if run.isascii() else {run[at : at + 2] for at in range(max(1, len(run) - 1))}
    return frozenset(found)
