"""Scales with round numbers: axis ticks and the classes of maps; and the contrast of text on a colour."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor, log10

from ripresa.charts.theme import Palette
from ripresa.i18n import SIGNED_UNITS, round_half_up

ROUND_STEPS = (1, 2, 2.5, 5)
DARK_INK, LIGHT_INK = "#06090D", "#FFFFFF"
MIN_VALUES_FOR_QUANTILES = 10
DIVERGING_LIMITS = (-5, -3, -1, 1, 3, 5)  # in units of the scale


def generate_round_steps(smallest: float) -> list[float]:
    """Round steps over four powers of ten, beginning at or below `smallest`: 0.1, 0.2, 0.25, 0.5, 1, ..."""
    power = floor(log10(smallest))
    return [
        _round_float(step * 10.0**exponent) for exponent in range(power, power + 4) for step in ROUND_STEPS
    ]


def compute_ticks(low: float, high: float, max_ticks: int = 6) -> list[float]:
    """At most `max_ticks` round numbers that span low to high."""
    if high <= low:
        high = low + (abs(low) or 1)
    for step in generate_round_steps((high - low) / max_ticks / 10):
        multiples = range(floor(low / step + 1e-9), ceil(high / step - 1e-9) + 1)
        if len(multiples) <= max_ticks:
            return [_round_float(step * i) for i in multiples]
    return [low, high]


@dataclass(frozen=True)
class ThresholdScale:
    """Classes of values: the thresholds, each the lowest value of its class, and a colour for each class."""

    thresholds: tuple[float, ...]
    colours: tuple[str, ...]
    decimals: int

    def get_class_index(self, value: float) -> int:
        """The class of a value after rounding, from 0: values that print alike have the same colour."""
        return bisect_right(self.thresholds, round_half_up(value, self.decimals))

    def get_colour(self, value: float) -> str:
        """The colour of a value."""
        return self.colours[self.get_class_index(value)]

    def to_colorscale(self) -> list[list[object]]:
        """Plotly's colorscale with a step for each class instead of a gradient."""
        n = len(self.colours)
        return [[round(edge / n, 4), colour] for i, colour in enumerate(self.colours) for edge in (i, i + 1)]


def build_threshold_scale(
    values: Iterable[float], unit: str, decimals: int, palette: Palette
) -> ThresholdScale:
    """Five to seven classes with round thresholds.

    Classes are equal intervals, or quantiles if one interval would hold more than half of the values.
    Differences have the diverging palette, centred on zero.
    """
    ordered = sorted(round_half_up(value, decimals) for value in values) or [0.0]
    low, high = ordered[0], ordered[-1]
    is_signed = unit in SIGNED_UNITS
    if is_signed and low < 0 < high:
        return _build_diverging_scale(ordered, decimals, palette)
    thresholds: tuple[float, ...] = ()
    if low < high:
        thresholds = _compute_equal_intervals(ordered, decimals)
        is_uneven = _get_largest_class_share(ordered, thresholds) > 0.5
        if len(ordered) >= MIN_VALUES_FOR_QUANTILES and is_uneven:
            thresholds = _compute_quantiles(ordered, decimals)
    n = len(thresholds) + 1
    if is_signed:
        is_positive = low >= 0 and high > 0
        return ThresholdScale(thresholds, _get_diverging_half(palette, is_positive, n), decimals)
    return ThresholdScale(thresholds, _pick_sequential_colours(palette.sequential, n), decimals)


def _compute_equal_intervals(values: Sequence[float], decimals: int) -> tuple[float, ...]:
    """The multiples of a round step that form five to seven classes, or as many as possible up to seven.

    If no step does, the end classes with fewest values are merged.
    """
    low, high = values[0], values[-1]
    candidates = []
    for step in generate_round_steps((high - low) / 100):
        if step >= 10.0**-decimals:
            multiples = range(floor(low / step + 1e-9) + 1, ceil(high / step - 1e-9) + 1)
            candidates.append([_round_float(step * i) for i in multiples if low < step * i <= high])
    merged = [_drop_sparse_end_classes(thresholds, values) for thresholds in candidates]
    for thresholds in (*candidates, *merged):
        if 4 <= len(thresholds) <= 6:
            return tuple(thresholds)
    longest = max((thresholds for thresholds in merged if len(thresholds) <= 6), key=len, default=[])
    return tuple(longest)


def _drop_sparse_end_classes(thresholds: list[float], values: Sequence[float]) -> list[float]:
    """Reduces seven or eight thresholds to six: the end classes with fewest values are merged."""
    while 6 < len(thresholds) <= 8:
        below = bisect_left(values, thresholds[1])
        above = len(values) - bisect_left(values, thresholds[-2])
        thresholds = thresholds[1:] if below <= above else thresholds[:-1]
    return thresholds


def _compute_quantiles(values: Sequence[float], decimals: int) -> tuple[float, ...]:
    """Rounded quintiles."""
    n = len(values)
    spread = values[round(n * 0.8)] - values[round(n * 0.2)] or values[-1] - values[0]
    step = next(step for step in generate_round_steps(spread / 100) if step * 10 >= spread)
    unit = max(10.0**-decimals, step)
    rounded = {_round_float(round(values[round(n * i / 5)] / unit) * unit) for i in range(1, 5)}
    return tuple(threshold for threshold in sorted(rounded) if values[0] < threshold <= values[-1])


def _get_largest_class_share(values: Sequence[float], thresholds: Sequence[float]) -> float:
    edges = [0, *(bisect_left(values, threshold) for threshold in thresholds), len(values)]
    return max(end - start for start, end in pairwise(edges)) / len(values)


def _build_diverging_scale(values: Sequence[float], decimals: int, palette: Palette) -> ThresholdScale:
    """Thresholds at 1, 3 and 5 units on both sides of zero; classes without values at the ends are dropped.

    The unit depends on the 80th percentile, so that one extreme does not make the other areas pale.
    """
    sizes = sorted(map(abs, values))
    typical_size = sizes[round((len(sizes) - 1) * 0.8)] or sizes[-1]
    unit = next(step for step in generate_round_steps(typical_size / 100) if step * 5 >= typical_size)
    thresholds = [_round_float(unit * i) for i in DIVERGING_LIMITS]
    first = min(bisect_right(thresholds, values[0]), 3)
    last = max(bisect_right(thresholds, values[-1]), 3)
    return ThresholdScale(tuple(thresholds[first:last]), palette.diverging[first : last + 1], decimals)


def _get_diverging_half(palette: Palette, is_positive: bool, n: int) -> tuple[str, ...]:
    """One half of the diverging palette in n shades, the darkest for the values furthest from zero."""
    anchors = palette.diverging[3:] if is_positive else palette.diverging[:4]
    if n > 3:  # the palest shade must differ from the background
        start, length = (0.2 if is_positive else 0.0), 2.8
    else:
        start, length = (1.0 if is_positive else 0.0), 2.0
    return tuple(_interpolate_colour(anchors, length * i / max(n - 1, 1) + start) for i in range(n))


def _pick_sequential_colours(colours: tuple[str, ...], n: int) -> tuple[str, ...]:
    if n <= 2:
        return (colours[3],) if n == 1 else (colours[1], colours[5])
    return tuple(colours[round(i * (len(colours) - 1) / (n - 1))] for i in range(n))


def _interpolate_colour(anchors: Sequence[str], position: float) -> str:
    """The colour at a position between two anchors, which are at 0, 1, 2, ..."""
    i = min(int(position), len(anchors) - 2)
    share = position - i
    pairs = zip(_parse_rgb(anchors[i]), _parse_rgb(anchors[i + 1]), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in pairs)


def _parse_rgb(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def get_text_colour(colour: str) -> str:
    """Near-black or white, whichever has more contrast with `colour`."""
    return max((DARK_INK, LIGHT_INK), key=lambda ink: compute_contrast(ink, colour))


def compute_contrast(a: str, b: str) -> float:
    """The WCAG 2.1 contrast ratio of two colours, from 1 to 21."""
    dark, light = sorted((_compute_luminance(a), _compute_luminance(b)))
    return (light + 0.05) / (dark + 0.05)


def _compute_luminance(colour: str) -> float:
    """The relative luminance of WCAG 2.1."""
    shares = [channel / 255 for channel in _parse_rgb(colour)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _round_float(value: float) -> float:
    return round(value, 10) + 0.0
