"""Numbers made round for readers: axis ticks, and the classes of a map."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor, log10

from ripresa.charts.theme import Palette
from ripresa.i18n import rounded

STEPS = (1, 2, 2.5, 5, 10)
SIGNED_UNITS = ("points", "percent_change")


def steps(smallest: float) -> list[float]:
    """Round steps from about `smallest` upwards: 0.1, 0.2, 0.25, 0.5, 1, ..."""
    power = floor(log10(smallest))
    return [_clean(step * 10.0**exponent) for exponent in range(power, power + 4) for step in STEPS[:-1]]


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """At most `most` round numbers that cover low to high."""
    if high <= low:
        high = low + (abs(low) or 1)
    for step in steps((high - low) / most / 10):
        found = [_clean(step * i) for i in range(floor(low / step + 1e-9), ceil(high / step - 1e-9) + 1)]
        if len(found) <= most:
            return found
    return [low, high]


@dataclass(frozen=True)
class Classes:
    """Classes of a map: the limits between them and a colour each; a value printed as a limit belongs to the class above."""

    limits: tuple[float, ...]
    colours: tuple[str, ...]
    decimals: int

    def index(self, value: float) -> int:
        """Which class a value falls in as it is printed, from 0: two equal figures never have two colours."""
        return bisect_right(self.limits, rounded(value, self.decimals))

    def colour(self, value: float) -> str:
        """The colour of a value."""
        return self.colours[self.index(value)]

    def colorscale(self) -> list[list]:
        """Steps, not a ramp: each class one flat colour."""
        n = len(self.colours)
        return [
            [place, colour]
            for i, colour in enumerate(self.colours)
            for place in (round(i / n, 4), round((i + 1) / n, 4))
        ]


def classes(values: Iterable[float], unit: str, decimals: int, palette: Palette) -> Classes:
    """Five to seven classes with round limits: equal steps, or equal counts where equal steps would put half the areas in one class.

    Units that are differences take the diverging palette, centred on zero.
    """
    values = sorted(rounded(value, decimals) for value in values)
    if not values or values[0] == values[-1]:
        return Classes(
            (),
            (
                palette.sequential[3]
                if unit not in SIGNED_UNITS
                else _side(palette, values[0] if values else 0, 1)[0],
            ),
            decimals,
        )
    if unit in SIGNED_UNITS and values[0] < 0 < values[-1]:
        return _around_zero(values, decimals, palette)
    limits = _equal_steps(values, decimals)
    if len(values) >= 10 and _fullest(values, limits) > 0.5:
        limits = _equal_counts(values, decimals)
    n = len(limits) + 1
    return Classes(
        limits,
        _side(palette, values[-1] if values[0] >= 0 else values[0], n)
        if unit in SIGNED_UNITS
        else _spread(palette.sequential, n),
        decimals,
    )


def _equal_steps(values: list[float], decimals: int) -> tuple[float, ...]:
    """Limits every round step that gives five to seven classes; else with the thin ends opened; else the most classes there can be."""
    low, high = values[0], values[-1]
    choices = [
        [
            _clean(step * i)
            for i in range(floor(low / step + 1e-9) + 1, ceil(high / step - 1e-9) + 1)
            if low < step * i <= high
        ]
        for step in steps((high - low) / 100)
        if step >= 10.0**-decimals
    ]
    opened = [_without_thin_ends(limits, values) for limits in choices]
    good = [limits for limits in [*choices, *opened] if 4 <= len(limits) <= 6]
    return tuple(
        good[0] if good else max((limits for limits in opened if len(limits) <= 6), key=len, default=())
    )


def _without_thin_ends(limits: list[float], values: list[float]) -> tuple[float, ...]:
    """Seven or eight limits become six: the end classes with fewest areas open outwards."""
    while 6 < len(limits) <= 8:
        below, above = bisect_left(values, limits[1]), len(values) - bisect_left(values, limits[-2])
        limits = limits[1:] if below <= above else limits[:-1]
    return tuple(limits)


def _equal_counts(values: list[float], decimals: int) -> tuple[float, ...]:
    spread = values[round(len(values) * 0.8)] - values[round(len(values) * 0.2)] or values[-1] - values[0]
    unit = max(10.0**-decimals, next(step for step in steps(spread / 100) if step * 10 >= spread))
    cuts = (values[round(len(values) * i / 5)] for i in range(1, 5))
    rounded = sorted({_clean(round(cut / unit) * unit) for cut in cuts})
    return tuple(cut for cut in rounded if values[0] < cut <= values[-1])


def _fullest(values: list[float], limits: tuple[float, ...]) -> float:
    counts = [0] * (len(limits) + 1)
    for value in values:
        counts[bisect_right(limits, value)] += 1
    return max(counts) / len(values)


def _around_zero(values: list[float], decimals: int, palette: Palette) -> Classes:
    sizes = sorted(map(abs, values))
    reach = (
        sizes[round((len(sizes) - 1) * 0.8)] or sizes[-1]
    )  # the open ends take what is further out, so one extreme does not pale the rest
    unit = next(
        step for step in steps(reach / 100) if step * 5 >= reach
    )  # limits at 1, 3 and 5 units either side
    limits = [_clean(unit * i) for i in (-5, -3, -1, 1, 3, 5)]
    first, last = bisect_right(limits, values[0]), bisect_right(limits, values[-1])
    first, last = min(first, 3), max(last, 3)
    return Classes(tuple(limits[first:last]), palette.diverging[first : last + 1], decimals)


def _side(palette: Palette, sign: float, n: int) -> tuple[str, ...]:
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
    return tuple(_between(anchors, place) for place in places)


def _spread(colours: tuple[str, ...], n: int) -> tuple[str, ...]:
    if n == 1:
        return (colours[3],)
    if n == 2:
        return (colours[1], colours[5])
    return tuple(colours[round(i * (len(colours) - 1) / (n - 1))] for i in range(n))


def _between(anchors: list[str], place: float) -> str:
    i = min(int(place), len(anchors) - 2)
    share = place - i
    pairs = zip(_rgb(anchors[i]), _rgb(anchors[i + 1]))
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in pairs)


def _rgb(colour: str) -> tuple[int, int, int]:
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))


def text_on(colour: str) -> str:
    """Near-black or white, whichever reads better on `colour`."""
    return max(("#06090D", "#FFFFFF"), key=lambda ink: contrast(ink, colour))


def contrast(one: str, other: str) -> float:
    """WCAG contrast of two colours, from 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (
        c / 255 / 12.92 if c / 255 <= 0.03928 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in _rgb(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _clean(value: float) -> float:
    return round(value, 10) + 0.0
