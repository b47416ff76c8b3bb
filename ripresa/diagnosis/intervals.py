"""Intervals for shares and medians of a few dozen answers. Sources: Wilson (1927) and Newcombe (1998) as in Brown, Cai, DasGupta (2001)."""

from math import ceil, sqrt

from scipy.stats import binom

Z_95 = 1.96  # 95%


def wilson_interval(x: int, n: int) -> tuple[float, float]:
    """The 95% interval of x out of n, as shares: centre (p + z2/2n)/(1 + z2/n), half-width z sqrt(p(1-p)/n + z2/4n2)/(1 + z2/n)."""
    p, scale = x / n, 1 + Z_95**2 / n
    centre = (p + Z_95**2 / (2 * n)) / scale
    half = Z_95 * sqrt(p * (1 - p) / n + Z_95**2 / (4 * n**2)) / scale
    return max(0.0, centre - half), min(1.0, centre + half)


def newcombe_interval(x: int, n: int, y: int, m: int) -> tuple[float, float]:
    """Newcombe's 95% interval of x/n - y/m; when it holds 0 there is no clear difference."""
    p, q = x / n, y / m
    (low_p, high_p), (low_q, high_q) = wilson_interval(x, n), wilson_interval(y, m)
    return p - q - sqrt((p - low_p) ** 2 + (high_q - q) ** 2), p - q + sqrt(
        (high_p - p) ** 2 + (q - low_q) ** 2
    )


def quantile(values: list[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed."""
    return sorted(values)[max(0, ceil(share * len(values)) - 1)]


def median_interval(values: list[float]) -> tuple[float, float]:
    """The order-statistic 95% interval of the median: the ranks come from a binomial of one half."""
    ordered, n = sorted(values), len(values)
    low = int(binom.ppf(0.025, n, 0.5))
    return ordered[max(0, low - 1)], ordered[min(n - 1, n - low)]
