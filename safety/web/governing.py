"""Which rule packs govern a trial at the moment that is looked at, under which settings, and who signed for them."""

from safety.aggregates.rule_pack import Adopted, Governing, RulePacks
from safety.web.asking import Asked
from safety.web.streams import events_of, state_of


def governing_packs(ask: Asked, trial: str) -> tuple[Governing, ...]:
    """Give what of each adoption governs at the moment."""
    return state_of(ask, f"{trial}/trial").slice(RulePacks).governing


def adoptions(ask: Asked) -> list[tuple[int, Adopted]]:
    """Give every adoption of the trial up to the moment, with its position, the latest first."""
    told = events_of(ask, f"{ask.trial}/trial")
    return [(one.position, one.event) for one in told if isinstance(one.event, Adopted)][::-1]
