"""Which rule packs govern a trial at the moment that is looked at, under which settings, and who signed for them."""

from safety.aggregates.rule_pack import Adopted, Governing, RulePacks
from safety.journal import decode
from safety.journal.states import folded
from safety.web.asking import Asked


def governing_packs(ask: Asked, trial: str) -> tuple[Governing, ...]:
    """Give what of each adoption governs at the moment."""
    rows = (row for row in ask.home.journal.stream(f"{trial}/trial") if row.position <= ask.at.position)
    return folded(rows).slice(RulePacks).governing


def adoptions(ask: Asked) -> list[tuple[int, Adopted]]:
    """Give every adoption of the trial up to the moment, with its position, the latest first."""
    found = []
    for row in ask.home.journal.stream(f"{ask.trial}/trial"):
        event = decode(row).event
        if row.position <= ask.at.position and isinstance(event, Adopted):
            found.append((row.position, event))
    return found[::-1]
