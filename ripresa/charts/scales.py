"""Numbers made round for readers: axis ticks, and the classes of a map."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor, log10

from ripresa.charts.theme import Palette
from ripresa.i18n import round_half_up

ROUND_STEPS = (1, 2, 2.5, 5, 10)
SIGNED_UNITS = ("points", "percent_change")


def generate_round_steps(smallest: float) -> list[float]:
    """Round steps from about `smallest` upwards: 0.1, 0.2, 0.25, 0.5, 1, ..."""
    power = floor(log10(smallest))
    return [
        _round_float(step * 10.0**exponent)
        for exponent in range(power, power + 4)
        for step in ROUND_STEPS[:-1]
    ]


def compute_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """At most `most` round numbers that cover low to high."""
    if high <= low:
        high = low + (abs(low) or 1)
    for step in generate_round_steps((high - low) / most / 10):
        found = [
            _round_float(step * i) for i in range(floor(low / step + 1e-9), ceil(high / step - 1e-9) + 1)
        ]
        if len(found) <= most:
            return found
    return [low, high]


@dataclass(frozen=True)
class ThresholdScale:
    """Classes of a map: the limits between them and a colour each; a value printed as a limit belongs to the class above."""

    thresholds: tuple[float, ...]
    colours: tuple[str, ...]
    decimals: int

    def get_class_index(self, value: float) -> int:
        """Which class a value falls in as it is printed, from 0: two equal figures never have two colours."""
        return bisect_right(self.thresholds, round_half_up(value, self.decimals))

    def get_colour(self, value: float) -> str:
        """The colour of a value."""
        return self.colours[self.get_class_index(value)]

    def to_colorscale(self) -> list[list]:
        """Steps, not a ramp: each class one flat colour."""
        n = len(self.colours)
        return [
            [place, colour]
            for i, colour in enumerate(self.colours)
            for place in (round(i / n, 4), round((i + 1) / n, 4))
        ]


def build_threshold_scale(
    values: Iterable[float], unit: str, decimals: int, palette: Palette
) -> ThresholdScale:
    """Five to seven classes with round limits: equal steps, or equal counts where equal steps would put half the areas in one class.

    Units that are differences take the diverging palette, centred on zero.
    """
    values = sorted(round_half_up(value, decimals) for value in values)
    if not values or values[0] == values[-1]:
        return ThresholdScale(
            (),
            (
                palette.sequential[3]
                if unit not in SIGNED_UNITS
                else _get_diverging_half(palette, values[0] if values else 0, 1)[0],
            ),
            decimals,
        )
    if unit in SIGNED_UNITS and values[0] < 0 < values[-1]:
        return _build_diverging_scale(values, decimals, palette)
    limits = _compute_equal_intervals(values, decimals)
    if len(values) >= 10 and _get_largest_class_share(values, limits) > 0.5:
        limits = _compute_quantiles(values, decimals)
    n = len(limits) + 1
    return ThresholdScale(
        limits,
        _get_diverging_half(palette, values[-1] if values[0] >= 0 else values[0], n)
        if unit in SIGNED_UNITS
        else _pick_sequential_colours(palette.sequential, n),
        decimals,
    )


def _compute_equal_intervals(values: list[float], decimals: int) -> tuple[float, ...]:
    """Limits every round step that gives five to seven classes; else with the thin ends opened; else the most classes there can be."""
    low, high = values[0], values[-1]
    choices = [
        [
            _round_float(step * i)
            for i in range(floor(low / step + 1e-9) + 1, ceil(high / step - 1e-9) + 1)
            if low < step * i <= high
        ]
        for step in generate_round_steps((high - low) / 100)
        if step >= 10.0**-decimals
    ]
    opened = [_drop_sparse_end_classes(limits, values) for limits in choices]
    good = [limits for limits in [*choices, *opened] if 4 <= len(limits) <= 6]
    return tuple(
        good[0] if good else max((limits for limits in opened if len(limits) <= 6), key=len, default=())
    )


def _drop_sparse_end_classes(limits: list[float], values: list[float]) -> tuple[float, ...]:
    """Seven or eight limits become six: the end classes with fewest areas open outwards."""
    while 6 < len(limits) <= 8:
        below, above = bisect_left(values, limits[1]), len(values) - bisect_left(values, limits[-2])
        limits = limits[1:] if below <= above else limits[:-1]
    return tuple(limits)


def _compute_quantiles(values: list[float], decimals: int) -> tuple[float, ...]:
    spread = values[round(len(values) * 0.8)] - values[round(len(values) * 0.2)] or values[-1] - values[0]
    unit = max(
        10.0**-decimals, next(step for step in generate_round_steps(spread / 100) if step * 10 >= spread)
    )
    cuts = (values[round(len(values) * i / 5)] for i in range(1, 5))
    rounded = sorted({_round_float(round(cut / unit) * unit) for cut in cuts})
    return tuple(cut for cut in rounded if values[0] < cut <= values[-1])


def _get_largest_class_share(values: list[float], limits: tuple[float, ...]) -> float:
    counts = [0] * (len(limits) + 1)
    for value in values:
        counts[bisect_right(limits, value)] += 1
    return max(counts) / len(values)


def _build_diverging_scale(values: list[float], decimals: int, palette: Palette) -> ThresholdScale:
    sizes = sorted(map(abs, values))
    reach = (
        sizes[round((len(sizes) - 1) * 0.8)] or sizes[-1]
    )  # the open ends take what is further out, so one extreme does not pale the rest
    unit = next(
        step for step in generate_round_steps(reach / 100) if step * 5 >= reach
    )  # limits at 1, 3 and 5 units either side
    limits = [_round_float(unit * i) for i in (-5, -3, -1, 1, 3, 5)]
    first, last = bisect_right(limits, values[0]), bisect_right(limits, values[-1])
    first, last = min(first, 3), max(last, 3)
    return ThresholdScale(tuple(limits[first:last]), palette.diverging[first : last + 1], decimals)


def _get_diverging_half(palette: Palette, sign: float, n: int) -> tuple[str, ...]:
    """One side of the diverging palette in n shades, deepest furthest from zero."""
    half = palette.diverging[4:] if sign > 0 else palette.diverging[:3]
    anchors = [palette.diverging[3], *half] if sign > 0 else [*half, palette.diverging[3]]
    places = (
        [1 + 2 * i / max(n - 1, 1) for i in range(n)]
        if sign > 0
        else [2 * i / max(n - 1, 1) for i in range(n)]
    )
    if n > 3:  # from the deepest to a tint that still differs from the page
        places = [2.8 * i / (n - 1) + 0.2 * (sign > 0) for i in range(n)]
    return tuple(_interpolate_colour(anchors, place) for place in places)


def _pick_sequential_colours(colours: tuple[str, ...], n: int) -> tuple[str, ...]:
    if n == 1:
        return (colours[3],)
    if n == 2:
        return (colours[1], colours[5])
    return tuple(colours[round(i * (len(colours) - 1) / (n - 1))] for i in range(n))


def _interpolate_colour(anchors: list[str], place: float) -> str:
    i = min(int(place), len(anchors) - 2)
    share = place - i
    pairs = zip(_parse_rgb(anchors[i]), _parse_rgb(anchors[i + 1]))
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in pairs)


def _parse_rgb(colour: str) -> tuple[int, int, int]:
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))


def get_text_colour(colour: str) -> str:
    """Near-black or white, whichever reads better on `colour`."""
    return max(("#06090D", "#FFFFFF"), key=lambda ink: compute_contrast(ink, colour))


def compute_contrast(one: str, other: str) -> float:
    """WCAG contrast of two colours, from 1 to 21."""
    light, dark = sorted((_compute_luminance(one), _compute_luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _compute_luminance(colour: str) -> float:
    red, green, blue = (
        c / 255 / 12.92 if c / 255 <= 0.03928 else ((c / 255 + 0.055) / 1.055) ** 2.4
        for c in _parse_rgb(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _round_float(value: float) -> float:
    return round(value, 10) + 0.0
