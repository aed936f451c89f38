"""Exact statistics of proportions, by scipy: intervals by Clopper and Pearson, tests by Fisher."""

from functools import lru_cache

from scipy.special import betaincinv

CONFIDENCE = 0.95


@lru_cache(maxsize=4_096)
def interval(events: int, of: int) -> tuple[float, float] | None:
    """Exact two-sided 95 % interval of a proportion (Clopper and Pearson 1934), six decimals; None of nobody."""
    if of == 0:
        return None
    tail = (1 - CONFIDENCE) / 2
    low = 0.0 if events == 0 else float(betaincinv(events, of - events + 1, tail))
    high = 1.0 if events == of else float(betaincinv(events + 1, of - events, 1 - tail))
    return round(low, 6), round(high, 6)


def fisher(one: tuple[int, int], other: tuple[int, int]) -> float | None:
    """Two-sided p of Fisher's exact test for two groups, each (subjects with, subjects in all); None with an empty group."""
    if one[1] == 0 or other[1] == 0:
        return None
    from numpy import array  # noqa: PLC0415, the same
    from scipy.stats import fisher_exact  # noqa: PLC0415, costs 50 MB, and only tables with a comparison need it

    table = array([[one[0], one[1] - one[0]], [other[0], other[1] - other[0]]])
    return float(fisher_exact(table).pvalue)
