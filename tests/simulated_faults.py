"""What goes wrong in one simulated run: drawn from its seed, so that runs differ in kind and one run repeats itself."""

import random
from typing import Literal, NamedTuple

CALM_AT = 80.0
"""Seconds from the start after which nothing new goes wrong: what is owed then must be paid."""

Hurt = Literal["dies before", "dies after", "refused", "unconfirmed"]
Mischief = Literal["refused", "later", "hangs", "slow", "unanswered", "dies before", "dies after"]
HURTS: tuple[Hurt, ...] = ("dies before", "dies after", "refused", "unconfirmed")
MISCHIEFS: tuple[Mischief, ...] = ("refused", "later", "hangs", "slow", "unanswered", "dies before", "dies after")

FEW, SOME, MANY = 0.005, 0.02, 0.06
HOUR, DAY = 3_600.0, 86_400.0
SKEW = 1.0
"""Seconds that the clocks of two processes are at most wrong, either way."""


class Plan(NamedTuple):
    """How likely each fault is, and when what happens once happens; all moments are seconds from the start.

    `brokered`: dispatchers ring through a broker for workers; else each process handles what it composes. `hurt` strikes an
    await of the code, `mischief` a try of a channel, `astray` a message to or from the broker, `unheard` a ring at a
    commit, which else is heard within `hears` seconds. `only`: the one await, of all or of workers alone,
    at which the one crash of the run strikes. `jumps` are (moment, seconds) of the wall
    clock, `skew` is how far the clocks of processes lie apart, `awaits` how long what blocks takes at most, before and after; `outage` a time in which a channel refuses everything, `bounces` whose address.
    """

    brokered: bool
    hurts: tuple[Hurt, ...] = ()
    hurt: float = 0.0
    mischiefs: tuple[Mischief, ...] = ()
    mischief: float = 0.0
    astray: float = 0.0
    unheard: float = 0.0
    hears: float = 6.0
    awaits: float = 0.02
    only: int | None = None
    only_workers: bool = False
    jumps: tuple[tuple[float, float], ...] = ()
    wipes: tuple[float, ...] = ()
    skew: float = 0.0
    outage: tuple[float, float] = (0.0, 0.0)
    webhook: bool = False
    bounces: str | None = None
    dispatchers: int = 2
    sweeper: bool = True
    staffed: bool = False


def drawn(seed: int) -> Plan:
    """Draw a plan: every fourth run has one crash and nothing else, the others some kinds of faults, seldom or often."""
    draw = random.Random(f"plan {seed}")
    brokered, webhook = draw.random() < 0.5, draw.random() < 0.3
    if seed % 4 == 0:
        return Plan(brokered, only=draw.randrange(1, 120), webhook=webhook, unheard=draw.choice((0.0, 0.5, 1.0)))
    began = draw.uniform(0, 50)
    return Plan(
        brokered,
        hurts=_some(draw, HURTS),
        hurt=draw.choice((0.0, FEW, SOME, MANY)),
        mischiefs=_some(draw, MISCHIEFS),
        mischief=draw.choice((0.0, 0.1, 0.3, 0.6)),
        astray=draw.choice((0.0, 0.1, 0.5)),
        unheard=draw.choice((0.0, 0.3, 1.0)),
        jumps=tuple((draw.uniform(0, CALM_AT), draw.choice((HOUR, -HOUR, DAY, -DAY))) for _ in range(draw.choice((0, 0, 0, 1, 2)))),
        wipes=tuple(draw.uniform(0, CALM_AT) for _ in range(draw.choice((0, 0, 1)))),
        skew=draw.choice((0.0, 0.0, SKEW)),
        outage=(began, began + draw.choice((0.0, 0.0, 40.0))),
        webhook=webhook,
        bounces=draw.choice((None, None, None, None, "CHEN")),
    )  # fmt: skip


def staffed(seed: int) -> Plan:
    """Draw the same plan for a run in which the staff comes and goes, and something waits for the digest."""
    return drawn(seed)._replace(staffed=True)


def _some(draw: random.Random, kinds: tuple[Hurt, ...] | tuple[Mischief, ...]) -> tuple:  # type: ignore[type-arg]  # of the kind that came in
    return tuple(draw.sample(kinds, draw.randint(1, len(kinds))))
