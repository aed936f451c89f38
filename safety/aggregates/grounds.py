"""What the record itself says of an adverse event's exposure and expectedness: dose dates, and the listing in force at onset."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from safety.aggregates.dose import Doses
from safety.aggregates.trial import ReferenceSafetyInformationIssued
from safety.values import PartialDate

WORST = {"serious": 0, "life_threatening": 1, "fatal": 2}


class Grounds(NamedTuple):
    """Exposed at onset; expected, and by which version of the reference safety information."""

    exposed: bool = True
    expected: bool = False
    by: str | None = None


def exposed(onset: str | None, doses: Doses) -> bool:
    """Say whether a dose was given before onset: only where every dose surely came after it, none was.

    No onset, no dose on record yet and a dose without a date decide nothing, and what is undecidable counts as exposed.
    """
    given = [said.get("started_on") for said in doses.by_number.values()]
    if onset is None or not given or None in given:
        return True
    return any(PartialDate(start).compare(PartialDate(onset)) != "after" for start in given if start is not None)


def in_force(
    issued: Iterable[ReferenceSafetyInformationIssued], onset: PartialDate
) -> list[ReferenceSafetyInformationIssued] | None:
    """Give the versions that were in force on any day the onset may mean; None where on one of them none was."""
    versions = sorted(issued, key=lambda version: version.in_force_from)
    before = [version for version in versions if version.in_force_from <= onset.earliest]
    during = [version for version in versions if onset.earliest < version.in_force_from <= onset.latest]
    return [before[-1], *during] if before else None


def lists(version: ReferenceSafetyInformationIssued, term: str, worst: int) -> bool:
    """Say whether a version lists a term as severe as this: more severe than listed is unexpected (ICH E2A II.C)."""
    named = term.casefold()
    return any(
        reaction.preferred_term.casefold() == named and WORST[reaction.worst_listed] >= worst
        for reaction in version.listed
    )


def grounds(
    particulars: Mapping[str, Any],
    states: Mapping[str, bool | None],
    doses: Doses,
    issued: Iterable[ReferenceSafetyInformationIssued],
) -> Grounds:
    """Find the grounds of an adverse event: its particulars, what is said of it, the doses, and what was issued.

    It is expected only where its coded term is listed by every version that may have been in force at onset (CTFG RSI Q&A
    2017: at onset, and approved); a version of a later day changes nothing for it.
    """
    onset, term = particulars.get("started_on"), particulars.get("preferred_term")
    was_exposed = exposed(onset, doses)
    versions = None if onset is None or term is None else in_force(issued, PartialDate(onset))
    worst = 2 if states["fatal"] else int(bool(states["life_threatening"]))
    if not versions or not all(lists(version, term or "", worst) for version in versions):
        return Grounds(was_exposed)
    return Grounds(was_exposed, expected=True, by=versions[-1].version)
