"""The comparison of two estimates: which one is higher, or that the difference is not significant."""

from math import sqrt

from ripresa.observations.rows import Row, has_interval

INVERSE_OUTCOMES = {"higher": "lower", "lower": "higher", "indistinct": "indistinct"}


def classify_difference(a: Row, b: Row) -> str:
    """ "higher", "lower" or "indistinct" for a compared with b, or "" if neither has an interval.

    Two intervals give the interval of the difference by the square-and-add method (Newcombe 1998), which
    keeps the asymmetry of each interval. With one interval, the other value is compared with its ends. A part
    compared with its total is treated as independent of it, which favours "indistinct".
    """
    if has_interval(a) and has_interval(b):
        difference = a["value"] - b["value"]
        low = difference - sqrt((a["value"] - a["ci_low"]) ** 2 + (b["ci_high"] - b["value"]) ** 2)
        high = difference + sqrt((a["ci_high"] - a["value"]) ** 2 + (b["value"] - b["ci_low"]) ** 2)
    elif has_interval(a):
        low, high = a["ci_low"] - b["value"], a["ci_high"] - b["value"]
    elif has_interval(b):
        return INVERSE_OUTCOMES[classify_difference(b, a)]
    else:
        return ""
    return "higher" if low > 0 else "lower" if high < 0 else "indistinct"
