"""What may be said of two figures: which is higher, or that they cannot be told apart."""

from math import sqrt

from ripresa.observations.rows import has_interval


def classify_difference(a: dict, b: dict) -> str:
    """ "higher", "lower" or "indistinct" where intervals allow a statement about a against b; "" where there is none to judge by.

    With two intervals, the interval of the difference (Newcombe 1998, which keeps each side's own width); with one, whether it holds the other
    value. A part compared with its whole is treated as independent of it, which errs on the side of "indistinct".
    """
    if has_interval(a) and has_interval(b):
        difference = a["value"] - b["value"]
        low = difference - sqrt((a["value"] - a["ci_low"]) ** 2 + (b["ci_high"] - b["value"]) ** 2)
        high = difference + sqrt((a["ci_high"] - a["value"]) ** 2 + (b["value"] - b["ci_low"]) ** 2)
        return "higher" if low > 0 else "lower" if high < 0 else "indistinct"
    if has_interval(a):
        return (
            "higher" if a["ci_low"] > b["value"] else "lower" if a["ci_high"] < b["value"] else "indistinct"
        )
    if has_interval(b):
        return {"higher": "lower", "lower": "higher"}.get(word := classify_difference(b, a), word)
    return ""
