"""Intervals for shares and medians of a few dozen answers.

Source: Wilson (1927), as in Brown, Cai and DasGupta (2001).
"""

from collections.abc import Sequence
from math import ceil, sqrt

from scipy.stats import binom

Z_95 = 1.96  # quantile of the normal distribution for 95% intervals


def wilson_interval(x: int, n: int) -> tuple[float, float]:
    """The 95% interval of x out of n, as shares.

    Centre (p + z2/2n)/(1 + z2/n), half-width z sqrt(p(1-p)/n + z2/4n2)/(1 + z2/n).
    """
    p, scale = x / n, 1 + Z_95**2 / n
    centre = (p + Z_95**2 / (2 * n)) / scale
    half_width = Z_95 * sqrt(p * (1 - p) / n + Z_95**2 / (4 * n**2)) / scale
    return max(0.0, centre - half_width), min(1.0, centre + half_width)


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed."""
    return sorted(values)[max(0, ceil(share * len(values)) - 1)]


def median_interval(values: Sequence[float]) -> tuple[float, float]:
    """The order-statistic 95% interval of the median: its ranks follow from a binomial with p = 1/2."""
    ordered, n = sorted(values), len(values)
    low_rank = int(binom.ppf(0.025, n, 0.5))
    return ordered[max(0, low_rank - 1)], ordered[min(n - 1, n - low_rank)]
