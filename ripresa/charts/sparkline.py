"""Small charts as SVG text: sparklines, strip plots and bars."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import cast

import pandas as pd

from ripresa.catalogue import Indicator
from ripresa.charts.theme import get_palette
from ripresa.i18n import is_missing, t
from ripresa.narrative.benchmark import MIN_STRIP_PLOT_AREAS
from ripresa.narrative.phrases import FormatContext, format_indicator_value, format_short_period
from ripresa.observations.rows import (
    Row,
    get_decimal_year,
    has_interval,
    is_old_vintage,
    is_provisional,
    with_values,
)
from ripresa.observations.series import build_series, split_segments

SPARKLINE_SIZE, STRIP_PLOT_SIZE, BAR_SIZE = (128, 40), (176, 30), (72, 10)  # width and height in pixels
CARD_SPARKLINE_SIZE = (220, 72)
MARGIN = 7
BASELINE_YEAR = "2019"  # last year before the closures
MIN_RELATIVE_RANGE = 0.2  # of the highest value, so that a nearly constant series has a nearly flat line


@dataclass(frozen=True)
class _LineScale:
    """The ranges of years and values of a sparkline, and the pixels they span."""

    width: int
    top: int
    bottom: int
    first_year: float
    last_year: float
    low: float
    high: float

    @classmethod
    def fit(cls, points: Sequence[tuple[float, float]], width: int, top: int, bottom: int) -> "_LineScale":
        """A scale for points (year, value) of several years."""
        years, values = [year for year, _ in points], [value for _, value in points]
        high = max(values)
        low = min(*values, high - abs(high) * MIN_RELATIVE_RANGE)
        return cls(width, top, bottom, min(years), max(years), low, high)

    def locate(self, point: tuple[float, float]) -> tuple[float, float]:
        """The pixel of a point."""
        year, value = point
        x_share = (year - self.first_year) / (self.last_year - self.first_year)
        y_share = (self.high - value) / ((self.high - self.low) or 1)
        return MARGIN + x_share * (self.width - 2 * MARGIN), self.top + y_share * (self.bottom - self.top)


def render_sparkline(
    history: Sequence[Row],
    current_row: Row,
    rows_with_benchmarks: Sequence[Row],
    indicator: Indicator,
    lang: str,
    theme: str,
) -> str:
    """A sparkline of one area, split where points are not comparable; "" for fewer than two periods.

    The level of 2019 is dotted, the point of `current_row` (an element of `history`) is larger and
    provisional points are hollow. rows_with_benchmarks: with the other areas, which define the periods of an
    edition.
    """
    rows = with_values(history)
    points = {id(row): (get_decimal_year(row), row["value"]) for row in rows}
    if len({year for year, _ in points.values()}) < 2 or is_old_vintage(current_row):
        return ""
    colours = get_palette(theme)
    width, height = SPARKLINE_SIZE
    scale = _LineScale.fit(list(points.values()), width, 4, height - 16)
    elements = []
    for row in rows:
        if row["period"] == BASELINE_YEAR and row["edition"] == current_row["edition"]:
            _, y = scale.locate(points[id(row)])
            elements.append(_render_baseline(y, width, colours.muted))
            break
    for series in build_series(rows):
        colour = colours.qualitative[0] if series.edition == current_row["edition"] else colours.muted
        for segment in split_segments(series, rows_with_benchmarks, indicator.breaks):
            if len(segment) > 1:
                pixels = [scale.locate(points[id(row)]) for row in segment]
                elements.append(_render_polyline(pixels, colour, 1.8))
            for row in segment:
                if row is current_row or row in (segment[0], segment[-1]):
                    fill = colours.background if is_provisional(row) else colour
                    radius = 3.4 if row is current_row else 1.8
                    elements.append(_render_circle(scale.locate(points[id(row)]), radius, fill, colour, 1.4))
    first, last = min(rows, key=get_decimal_year), max(rows, key=get_decimal_year)
    start, end = _format_end_period(first, lang), _format_end_period(last, lang)
    elements.append(_render_end_labels(start, end, width, height - 2))
    context = FormatContext(indicator, lang)
    description = t(
        "mark_spark",
        lang,
        first=format_indicator_value(first["value"], context),
        start=start,
        last=format_indicator_value(last["value"], context),
        end=end,
    )
    return _render_svg(SPARKLINE_SIZE, elements, description, colours.secondary_text)


def render_card_sparkline(rows: pd.DataFrame, indicator: Indicator, lang: str, theme: str) -> str:
    """The sparkline of a headline as an HTML figure; "" for fewer than two values.

    The level of 2019 is dotted, the first and last points have their years and are hollow if provisional.
    rows: period_start, value, status and flags in time order.
    """
    all_records = cast(list[Row], rows.to_dict("records"))
    records = [row for row in all_records if not is_missing(row["value"])]
    points = [
        (row["period_start"].year + (row["period_start"].month - 1) / 12, row["value"]) for row in records
    ]
    if len(points) < 2:
        return ""
    colours = get_palette(theme)
    line_colour = colours.qualitative[0]
    width, height = CARD_SPARKLINE_SIZE
    scale = _LineScale.fit(points, width, MARGIN, height - 16 - MARGIN)
    pixels = list(map(scale.locate, points))
    elements = [_render_polyline(pixels, line_colour, 2)]
    for (year, _), (_, y) in zip(points, pixels, strict=True):
        if int(year) == int(BASELINE_YEAR):
            elements.insert(0, _render_baseline(y, width, colours.secondary_text, 0.7))
            break
    for i, radius in ((0, 3), (-1, 4.5)):
        fill = colours.background if is_provisional(records[i]) else line_colour
        elements.append(_render_circle(pixels[i], radius, fill, line_colour, 1.5))
    start, end = int(points[0][0]), int(points[-1][0])
    elements.append(_render_end_labels(str(start), str(end), width, height - 3, MARGIN - 4))
    svg = _render_svg(CARD_SPARKLINE_SIZE, elements, "", colours.secondary_text, font_size=12)
    context = FormatContext(indicator, lang)
    description = t(
        "spark",
        lang,
        name=indicator.short[lang],
        start=start,
        end=end,
        first=format_indicator_value(points[0][1], context),
        last=format_indicator_value(points[-1][1], context),
    )
    return (
        f'<figure class="sparkline"><img width="{width}" height="{height}" alt="{escape(description)}" '
        f'src="data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}">'
        f"<figcaption>{escape(indicator.short[lang])}</figcaption></figure>"
    )


def render_strip_plot(
    row: Row,
    benchmarks: Sequence[Row],
    peers: Sequence[Row],
    indicator: Indicator,
    lang: str,
    theme: str,
) -> str:
    """A strip plot of a value among its peers; "" for fewer than MIN_STRIP_PLOT_AREAS peers with a value.

    A tick is a peer, the tall line the last (widest) benchmark, the dot the value with its 95% interval.
    """
    ranked_peers = with_values(peers)
    if len(ranked_peers) < MIN_STRIP_PLOT_AREAS:
        return ""
    colours = get_palette(theme)
    accent = colours.qualitative[0]
    width, height = STRIP_PLOT_SIZE
    values: list[float] = [other["value"] for other in (row, *benchmarks, *ranked_peers)]
    low, high = min(values), max(values)

    def x(value: float) -> float:
        clamped = min(max(value, low), high)  # an interval is cut at the ends of the scale
        return MARGIN + (clamped - low) / ((high - low) or 1) * (width - 2 * MARGIN)

    middle = 9
    ticks = "".join(f"M{x(peer['value']):.1f} {middle - 4}v8" for peer in ranked_peers)
    elements = [
        f'<path d="M{MARGIN} {middle}H{width - MARGIN}" stroke="{colours.grid}" stroke-width="1"/>',
        f'<path d="{ticks}" stroke="{colours.muted}" stroke-width="1.1"/>',
    ]
    if benchmarks:
        line = f"M{x(benchmarks[-1]['value']):.1f} {middle - 8}v16"
        elements.append(f'<path d="{line}" stroke="{colours.text}" stroke-width="2"/>')
    if has_interval(row):
        line = f"M{x(row['ci_low']):.1f} {middle}H{x(row['ci_high']):.1f}"
        elements.append(f'<path d="{line}" stroke="{accent}" stroke-width="3" opacity=".45"/>')
    fill = colours.background if is_provisional(row) else accent
    elements.append(_render_circle((x(row["value"]), middle), 4.6, fill, accent, 2))
    context = FormatContext(indicator, lang)
    lowest, highest, value = (format_indicator_value(number, context) for number in (low, high, row["value"]))
    elements.append(_render_end_labels(lowest, highest, width, height - 1))
    description = t("mark_strip", lang, value=value, low=lowest, high=highest, count=len(ranked_peers))
    return _render_svg(STRIP_PLOT_SIZE, elements, description, colours.secondary_text)


def render_bar(
    value: float | None,
    highest: float,
    lowest: float = 0.0,
    theme: str = "light",
    is_muted: bool = False,
) -> str:
    """A bar for a table cell on a scale that holds zero, `lowest` and `highest`; "" without a value.

    Hidden from screen readers: the cell holds the value as text.
    """
    if value is None or is_missing(value) or highest <= lowest:
        return ""
    colours = get_palette(theme)
    width, height = BAR_SIZE
    low, high = min(lowest, 0.0), max(highest, 0.0)
    zero, end = (width * (number - low) / (high - low) for number in (0.0, value))
    elements = [
        f'<rect x="{min(zero, end):.1f}" y="1" width="{max(abs(end - zero), 0.6):.1f}" '
        f'height="{height - 2}" fill="{colours.muted if is_muted else colours.bar}"/>'
    ]
    if low < 0:
        elements.append(f'<path d="M{zero:.1f} 0v{height}" stroke="{colours.border}" stroke-width="1"/>')
    return _render_svg(BAR_SIZE, elements, "", colours.secondary_text)


def _format_end_period(row: Row, lang: str) -> str:
    """The period under an end of a sparkline: a month as it is, of all else the year."""
    period: str = row["period"]
    return format_short_period(period, lang) if len(period) == len("2020-05") else period[:4]


def _render_baseline(y: float, width: int, colour: str, opacity: float = 1) -> str:
    line = f"M{MARGIN} {y:.1f}H{width - MARGIN}"
    return f'<path d="{line}" stroke="{colour}" stroke-dasharray="2 3" opacity="{opacity}"/>'


def _render_polyline(pixels: Iterable[tuple[float, float]], colour: str, stroke_width: float) -> str:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in pixels)
    return (
        f'<polyline points="{points}" fill="none" stroke="{colour}" '
        f'stroke-width="{stroke_width}" stroke-linejoin="round"/>'
    )


def _render_circle(
    pixel: tuple[float, float], radius: float, fill: str, stroke: str, stroke_width: float
) -> str:
    x, y = pixel
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{fill}" '
        f'stroke="{stroke}" stroke-width="{stroke_width}"/>'
    )


def _render_end_labels(left: str, right: str, width: int, y: int, margin: int = MARGIN - 5) -> str:
    return (
        f'<text x="{margin}" y="{y}">{escape(left)}</text>'
        f'<text x="{width - margin}" y="{y}" text-anchor="end">{escape(right)}</text>'
    )


def _render_svg(
    size: tuple[int, int], elements: Iterable[str], description: str, colour: str, font_size: float = 9.5
) -> str:
    """An inline SVG image with the description as its name, or hidden from screen readers without one."""
    width, height = size
    role = f'role="img" aria-label="{escape(description)}"' if description else 'aria-hidden="true"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" {role} '
        f'font-family="system-ui, sans-serif" font-size="{font_size}" fill="{colour}">'
        f"{''.join(elements)}</svg>"
    )
