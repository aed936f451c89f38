"""The evaluator: rule packs and facts over time in, obligations with their reasons out; pure and deterministic."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import MappingProxyType

from safety.regulation.conditions import close_matches, shortly
from safety.regulation.course import Course
from safety.regulation.dates import local_date
from safety.regulation.due import Because, Due, HeldBack
from safety.regulation.facts import SUBMITTED, Fact, InvalidFacts
from safety.regulation.pack import Pack, refuse_contradicting
from safety.regulation.rule import Rule
from safety.regulation.steps import Setting, Step, steps
from safety.values import Party, zone_name

__all__ = ["Because", "Due", "Evaluation", "HeldBack", "evaluate"]

NOTHING: Mapping[str, bool | None] = MappingProxyType({})
FIRST = datetime.min.replace(tzinfo=UTC)
PARTIES: tuple[tuple[Party, ...], ...] = (("site",), ("sponsor",))
BOTH: tuple[tuple[Party, ...], ...] = (("site", "sponsor"),)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What the facts have come to.

    `obligations`: those without a due time first, then by due time. `held_back`: what the last step leaves held back.
    `notes`: what the facts said that changed nothing.
    """

    obligations: tuple[Due, ...]
    held_back: tuple[HeldBack, ...]
    notes: tuple[str, ...] = ()

    def earliest(self) -> Mapping[str, Due]:
        """By recipient, the open obligation that is due first."""
        found: dict[str, Due] = {}
        for due in self.obligations:
            for recipient in due.to if due.state == "open" else ():
                found.setdefault(recipient, due)
        return found


def evaluate(
    packs: Sequence[Pack],
    facts: Sequence[Fact],
    *,
    zone: str,
    site_zone: str | None = None,
    sponsor_investigator: bool = False,
    configuration: Mapping[str, bool | None] = NOTHING,
    rules_on: date | None = None,
    authority_zone: bool = False,
) -> Evaluation:
    """Say what the facts make due under each pack.

    `zone`: where Day 0 is read (IANA); `site_zone`: of the site's own clocks, where the site is elsewhere: Day 0 is the date
    at the place of awareness. `sponsor_investigator`: site and sponsor are one, so what either knows both know
    (21 CFR 312.3). `configuration`: what the trial says of itself; what a pack asks and nobody says counts as true and is told
    as UNSURE. `rules_on`: apply the rules of this date to all. `authority_zone`: also reckon in each authority's zone.

    Raises:
        InvalidPack: two packs of one id and version with different texts.
        InvalidFacts: a submission that names no rule of the packs; an unknown zone.
        Unreckonable: a due date beyond the year 9999.

    """
    refuse_contradicting(packs)
    packs = tuple({(pack.id, pack.version): pack for pack in packs}.values())
    _refuse_unknown(packs, facts, zone, *(() if site_zone is None else (site_zone,)))
    obligations: list[Due] = []
    held_back: list[HeldBack] = []
    notes: list[str] = []
    for pack in packs:
        one = sponsor_investigator or pack.sponsor_investigator
        for parties in BOTH if one else PARTIES:
            there = site_zone if parties == ("site",) and site_zone is not None else zone
            setting = Setting(there, configuration, one, rules_on, authority_zone)
            course = _course(pack, facts, parties, setting)
            obligations += course.obligations()
            held_back += course.held_back()
            notes += course.notes
    return Evaluation(tuple(sorted(obligations, key=_order)), tuple(held_back), tuple(notes))


def _course(pack: Pack, facts: Sequence[Fact], parties: Sequence[Party], setting: Setting) -> Course:
    taken = steps(fact for fact in facts if fact.party in parties)
    rules = [rule for rule in pack.rules if rule.party in parties]
    course = Course(pack, rules if setting.rules_on else _ever_in_force(pack, rules, taken, setting.zone), setting)
    for step in taken:
        course.take(step)
    return course


def _ever_in_force(pack: Pack, rules: Sequence[Rule], taken: Sequence[Step], zone: str) -> Sequence[Rule]:
    """The rules that govern a clock which one of the steps could start; clocks start at steps only."""
    if not taken:
        return ()
    # Clocks that are put back at midnight give a later instant an earlier date.
    dates = [local_date(step.at, zone) for step in taken]
    first, last = min(dates), max(dates)
    return [
        rule
        for rule in rules
        if (rule.effective_from or first) <= last
        and first <= (rule.effective_to or last)
        and pack.effective_from <= last
        and first <= (pack.effective_to or last)
    ]


def _order(due: Due) -> tuple[object, ...]:
    return due.due_at is not None, due.due_at or FIRST, due.rule.id, due.day0, due.pack.id, due.ordinal


def _refuse_unknown(packs: Sequence[Pack], facts: Sequence[Fact], *zones: str) -> None:
    rules = {rule.id for pack in packs for rule in pack.rules}
    faults = [
        f"facts[{place}].{SUBMITTED}: there is no rule {shortly(sent)}; {close_matches(sent, rules)}"
        for place, sent in (
            (place, str(fact.said[SUBMITTED])) for place, fact in enumerate(facts) if SUBMITTED in fact.said
        )
        if sent not in rules
    ]
    try:
        for zone in zones:
            zone_name(zone)
    except ValueError as fault:
        faults.append(f"zone: {fault}")
    if faults:
        raise InvalidFacts(faults)
