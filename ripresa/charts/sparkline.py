"""Small charts for the cells of a table, as SVG text: sparkline, strip plot and bar."""

from collections.abc import Sequence
from html import escape

from ripresa.catalogue import Indicator
from ripresa.charts.theme import get_palette
from ripresa.i18n import format_value, is_missing, t
from ripresa.narrative.benchmark import MIN_STRIP_PLOT_AREAS
from ripresa.narrative.phrases import format_short_period
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
MARGIN = 7
BASELINE_PERIOD = "2019"  # last year before the closures
MIN_RELATIVE_RANGE = 0.2  # of the highest value: a nearly constant series is drawn nearly flat


def render_sparkline(
    history: list[Row],
    current_row: Row,
    rows_with_benchmarks: list[Row],
    indicator: Indicator,
    lang: str,
    theme: str,
) -> str:
    """A sparkline of one area, broken where points cannot be joined; "" for fewer than two periods.

    The level of 2019 is dotted, the point of `current_row` (an element of `history`) is larger and provisional
    points are hollow. `rows_with_benchmarks` adds the other areas, which tell the periods an edition has.
    """
    points = with_values(history)
    years = [get_decimal_year(row) for row in points]
    if len(set(years)) < 2 or is_old_vintage(current_row):
        return ""
    colours = get_palette(theme)
    width, height = SPARKLINE_SIZE
    first_year, last_year = min(years), max(years)
    values: list[float] = [row["value"] for row in points]
    high = max(values)
    low = min(*values, high - abs(high) * MIN_RELATIVE_RANGE)

    def x(row: Row) -> float:
        return MARGIN + (get_decimal_year(row) - first_year) / (last_year - first_year) * (width - 2 * MARGIN)

    def y(value: float) -> float:
        return 4 + (high - value) / ((high - low) or 1) * (height - 20)

    elements = []
    for row in points:
        if row["period"] == BASELINE_PERIOD and row["edition"] == current_row["edition"]:
            line = f"M{MARGIN} {y(row['value']):.1f}H{width - MARGIN}"
            elements.append(f'<path d="{line}" stroke="{colours.muted}" stroke-dasharray="2 3"/>')
            break
    for series in build_series(points):
        colour = colours.qualitative[0] if series.edition == current_row["edition"] else colours.muted
        for segment in split_segments(series, rows_with_benchmarks, indicator.breaks):
            if len(segment) > 1:
                coordinates = " ".join(f"{x(row):.1f},{y(row['value']):.1f}" for row in segment)
                elements.append(
                    f'<polyline points="{coordinates}" fill="none" stroke="{colour}" '
                    'stroke-width="1.8" stroke-linejoin="round"/>'
                )
            for row in segment:
                if row is current_row or row in (segment[0], segment[-1]):
                    fill = colours.background if is_provisional(row) else colour
                    elements.append(
                        f'<circle cx="{x(row):.1f}" cy="{y(row["value"]):.1f}" '
                        f'r="{3.4 if row is current_row else 1.8}" fill="{fill}" '
                        f'stroke="{colour}" stroke-width="1.4"/>'
                    )
    first, last = min(points, key=get_decimal_year), max(points, key=get_decimal_year)
    start, end = _format_end_period(first, lang), _format_end_period(last, lang)
    elements += _render_end_labels(start, end, width, height - 2)
    description = t(
        "mark_spark",
        lang,
        first=format_value(first["value"], indicator.unit, indicator.decimals, lang),
        start=start,
        last=format_value(last["value"], indicator.unit, indicator.decimals, lang),
        end=end,
    )
    return _render_svg(SPARKLINE_SIZE, elements, description, colours.secondary_text)


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
    elements.append(
        f'<circle cx="{x(row["value"]):.1f}" cy="{middle}" r="4.6" '
        f'fill="{colours.background if is_provisional(row) else accent}" stroke="{accent}" stroke-width="2"/>'
    )
    lowest, highest, value = (
        format_value(number, indicator.unit, indicator.decimals, lang) for number in (low, high, row["value"])
    )
    elements += _render_end_labels(lowest, highest, width, height - 1)
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


def _render_end_labels(left: str, right: str, width: int, y: int) -> list[str]:
    return [
        f'<text x="{MARGIN - 5}" y="{y}">{escape(left)}</text>'
        f'<text x="{width - MARGIN + 5}" y="{y}" text-anchor="end">{escape(right)}</text>'
    ]


def _render_svg(size: tuple[int, int], elements: list[str], description: str, text_colour: str) -> str:
    """An inline SVG image named by `description`, or hidden from screen readers without one."""
    width, height = size
    role = f'role="img" aria-label="{escape(description)}"' if description else 'aria-hidden="true"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" {role} '
        f'font-family="system-ui, sans-serif" font-size="9.5" fill="{text_colour}">'
        f"{''.join(elements)}</svg>"
    )
