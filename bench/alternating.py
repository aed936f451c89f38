"""How everything here is measured: two sides in turn in one run, medians of the rounds, and the ratio of the medians."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Measured:
    """A ratio and the two medians behind it, in the unit of what was measured."""

    name: str
    ours: float
    other: float
    rounds: int

    @property
    def ratio(self) -> float:
        """Ours over the other side."""
        return self.ours / self.other

    def __str__(self) -> str:
        """One line for the results."""
        return f"{self.name}: {self.ours:,.1f} / {self.other:,.1f} = {self.ratio:.2f} (medians of {self.rounds} rounds)"


def alternating(name: str, ours: Callable[[], float], other: Callable[[], float], rounds: int = 7) -> Measured:
    """Run both sides in turn, after one round that does not count, and compare the medians of what they return."""
    ours(), other()
    pairs = [(ours(), other()) for _ in range(rounds)]
    return Measured(
        name, statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs), rounds
    )


def per_second(count: int, work: Callable[[], object]) -> float:
    """How many of `count` things a second the work does."""
    begun = perf_counter()
    work()
    return count / (perf_counter() - begun)
