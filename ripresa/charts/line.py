"""Line charts: one line for each area and edition, split at breaks and gaps, hollow where provisional."""

from collections.abc import Iterable, Sequence
from itertools import cycle

import pandas as pd
import plotly.graph_objects as go

from ripresa.charts.line_labels import Line, PlotArea, build_end_labels
from ripresa.charts.line_styles import assign_styles
from ripresa.charts.scales import compute_ticks
from ripresa.charts.text_width import estimate_text_width
from ripresa.charts.theme import (
    LINE_DASHES,
    MARKER_SYMBOLS,
    NO_SELECTION_DIMMING,
    TICK_SIZE,
    Palette,
    Spec,
    build_annotation,
    build_axis,
    build_empty_figure,
    build_figure,
    build_layout,
    build_legend,
    build_value_axis,
    estimate_legend_height,
    get_palette,
)
from ripresa.charts.traces import (
    HOVER_TEXT,
    NO_HOVER,
    build_error_bars,
    build_time_coordinates,
    join_segments,
)
from ripresa.filters import View
from ripresa.i18n import t
from ripresa.narrative.figure_text import build_figure_text, build_hover_text
from ripresa.narrative.phrases import format_short_period
from ripresa.observations.rows import (
    Row,
    get_decimal_year,
    get_values,
    has_interval,
    is_old_vintage,
    is_provisional,
    to_records,
    with_values,
)
from ripresa.observations.series import Segment, build_series, locate_breaks, rank_editions, split_segments

PLOT_HEIGHT, TOP_MARGIN, BOTTOM_MARGIN, BREAK_LABEL_HEIGHT = 400, 26, 34, 13
VALUE_PADDING = 0.04
TICK_STEPS = (1, 2, 3, 5, 10, 20)  # years
MAX_YEARS_OF_MONTH_TICKS = 1.5


def has_line(rows: pd.DataFrame) -> bool:
    """Whether any area has two periods in one edition."""
    return bool(len(rows)) and int(rows.groupby(["geo", "edition"])["period"].nunique().max()) > 1


def build_line_chart(
    rows: pd.DataFrame | list[Row],
    view: View,
    theme: str = "light",
    value_range: Sequence[float] = (),
    styled_areas: Sequence[str] = (),
) -> go.Figure:
    """One line for each area and edition.

    rows: all periods of some areas (geo, edition, period, period_start, value, ci_low, ci_high, status, ...).
    value_range: the extent of an adjacent figure with the same scale. styled_areas: the areas of all adjacent
    figures, so that each has one style; by default those of the view.
    """
    records = to_records(rows, view.lang)
    rows_with_values = with_values(records)
    figure_text = build_figure_text(records, view, "lines")
    if not rows_with_values:
        return build_empty_figure(view, theme, figure_text)
    colours = get_palette(theme)
    dashes = dict(zip(rank_editions(rows_with_values), cycle(LINE_DASHES), strict=False))
    styles = assign_styles(rows_with_values, styled_areas or view.geo)
    lines = _build_lines(records, styles, dashes, view, colours)
    ticks = compute_ticks(*_compute_axis_extent(rows_with_values, value_range, view))
    breaks = locate_breaks(view.indicator.breaks, rows_with_values)
    top = TOP_MARGIN + BREAK_LABEL_HEIGHT * max(len(breaks) - 1, 0)
    plot = _build_plot_area(rows_with_values, ticks, PLOT_HEIGHT - top - BOTTOM_MARGIN)
    labelled_lines = [line for geo in styles for line in lines if line.series.geo == geo]
    labels = build_end_labels(labelled_lines, lines, plot, view, theme)
    legend_entries = _build_legend_entries(rows_with_values, dashes, view, colours)
    bottom = BOTTOM_MARGIN + estimate_legend_height(legend_entries)
    lines.sort(key=lambda line: line.has_label)  # labelled lines are above grey ones
    return build_figure(
        [trace for line in lines for trace in _build_line_traces(line, view, colours)] + legend_entries,
        build_layout(
            theme,
            view.lang,
            PLOT_HEIGHT - BOTTOM_MARGIN + bottom,
            figure_text=figure_text,
            showlegend=bool(legend_entries),
            legend=build_legend(theme, y=-BOTTOM_MARGIN / plot.height, yanchor="top"),
            margin={"l": 8, "r": _compute_right_margin(labels), "t": top, "b": bottom, "pad": 4},
            shapes=[_build_break_line(year, colours) for year in breaks],
            annotations=labels + _build_break_labels(breaks, rows_with_values, view, theme),
            xaxis=build_axis(
                theme,
                range=[plot.first_year, plot.last_year],
                showgrid=False,
                tickangle=0,
                **build_time_ticks(rows_with_values, view.lang),
            ),
            yaxis=build_value_axis(
                theme,
                view,
                ticks,
                VALUE_PADDING,
                zeroline=ticks[0] < 0 < ticks[-1],
                zerolinecolor=colours.border,
            ),
        ),
    )


def get_value_extent(rows: pd.DataFrame | list[Row], view: View) -> tuple[float, float]:
    """The lowest and highest value on the axis, for figures that have the same scale."""
    return _compute_axis_extent(with_values(to_records(rows, view.lang)), (), view)


def build_time_ticks(rows: Iterable[Row], lang: str, max_ticks: int = 6) -> Spec:
    """tickvals and ticktext of a time axis: years, or months if the rows span at most a year and a half."""
    rows_by_year = dict(sorted({get_decimal_year(row): row for row in rows}.items()))
    locations = list(rows_by_year)
    first, last = locations[0], locations[-1]
    if last - first > MAX_YEARS_OF_MONTH_TICKS or all(
        len(str(row["period"])) == 4 for row in rows_by_year.values()
    ):
        years = range(int(first) + (first % 1 > 0.05), int(last) + 1)
        step = next(step for step in TICK_STEPS if len(years) / step <= max_ticks + 1)
        ticks = [year for year in years if (years[-1] - year) % step == 0]
        return {"tickvals": ticks, "ticktext": list(map(str, ticks))}
    month_ticks = locations[:: max(1, -(-len(locations) // max_ticks))]
    periods = [format_short_period(rows_by_year[year]["period"], lang) for year in month_ticks]
    return {"tickvals": month_ticks, "ticktext": [period.replace(" ", "<br>") for period in periods]}


def _build_plot_area(rows: list[Row], ticks: Sequence[float], height: int) -> PlotArea:
    years = list(map(get_decimal_year, rows))
    margin = (max(years) - min(years)) * 0.03 or 0.5
    padding = (ticks[-1] - ticks[0]) * VALUE_PADDING
    return PlotArea(min(years) - margin, max(years) + margin, ticks[0] - padding, ticks[-1] + padding, height)


def _build_lines(
    rows: list[Row], styles: dict[str, int], dashes: dict[str, str], view: View, colours: Palette
) -> list[Line]:
    """The lines that have points, in the order of the rows."""
    lines = []
    for series in build_series(rows):
        if segments := split_segments(series, with_values(rows), view.indicator.breaks):
            style = styles.get(series.geo)
            colour = colours.muted if style is None else colours.qualitative[style]
            symbol = "circle" if style is None else MARKER_SYMBOLS[style]
            dash = dashes[series.edition]
            lines.append(Line(series, segments, colour, symbol, dash, style is not None))
    return lines


def _build_line_traces(line: Line, view: View, colours: Palette) -> list[Spec]:
    """The line with its points, after the interval bands of a labelled line."""
    points = join_segments(line.segments, None)
    sizes = [[_get_point_size(line, segment)] * len(segment) for segment in line.segments]
    is_hollow = [row is not None and (is_provisional(row) or is_old_vintage(row)) for row in points]
    trace: Spec = {
        "type": "scatter",
        "mode": "lines+markers",
        **build_time_coordinates(points),
        **HOVER_TEXT,
        "text": [
            f"{build_hover_text(row, view)}<br>{line.series.edition_name}" if row else "" for row in points
        ],
        "connectgaps": False,
        "name": line.series.name,
        "showlegend": False,
        "customdata": [[line.series.geo]] * len(points),
        "line": {"color": line.colour, "width": 2.4 if line.has_label else 1, "dash": line.dash},
        "marker": {
            "symbol": line.symbol,
            "size": join_segments(sizes, 0),
            "opacity": 1,
            "color": [colours.background if hollow else line.colour for hollow in is_hollow],
            "line": {"color": line.colour, "width": 1.8 if line.has_label else 1},
        },
        **_build_line_error_bars(line.segments, line.colour),
        **NO_SELECTION_DIMMING,
    }
    bands = [_build_interval_band(segment, line.colour) for segment in line.segments if _has_band(segment)]
    return [*bands, trace] if line.has_label else [trace]


def _get_point_size(line: Line, segment: Segment) -> int:
    if line.has_label:
        return 8
    return 4 if len(segment) == 1 else 0


def _has_band(segment: Segment) -> bool:
    """Whether the intervals of a segment form a band."""
    return len(segment) > 1 and all(map(has_interval, segment))


def _build_interval_band(segment: Segment, colour: str) -> Spec:
    """The intervals of a segment as a pale band behind its line."""
    years = list(map(get_decimal_year, segment))
    return {
        "type": "scatter",
        "mode": "lines",
        "x": years + years[::-1],
        "y": [row["ci_high"] for row in segment] + [row["ci_low"] for row in segment[::-1]],
        "fill": "toself",
        "fillcolor": colour,
        "opacity": 0.18,
        "line": {"width": 0},
        **NO_HOVER,
    }


def _build_line_error_bars(segments: Iterable[Segment], colour: str) -> Spec:
    """Error bars for the points outside a band."""
    no_interval: Row = {}
    rows = join_segments(
        ([no_interval] * len(segment) if _has_band(segment) else segment for segment in segments), no_interval
    )
    if not any(map(has_interval, rows)):
        return {}
    return {"error_y": build_error_bars(rows, colour, thickness=1.2, width=3)}


def _compute_axis_extent(rows: list[Row], value_range: Sequence[float], view: View) -> tuple[float, float]:
    """The lowest and highest value, with zero included unless that would flatten the lines."""
    values = [*get_values(rows), *value_range]
    low, high = min(values), max(values)
    may_include_zero = view.indicator.unit == "percent" or 0 <= low < 0.4 * high
    return (min(low, 0) if may_include_zero and low < 0.5 * high else low), high


def _compute_right_margin(labels: Iterable[Spec]) -> int:
    """The space for the labels to the right of the plot."""
    texts = [str(label["text"]) for label in labels if label.get("xref") == "paper"]
    return 14 + max((estimate_text_width(text, TICK_SIZE) for text in texts), default=0)


def _build_break_line(year: float, colours: Palette) -> Spec:
    return {
        "type": "line",
        "x0": year,
        "x1": year,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "line": {"color": colours.border, "width": 1.2, "dash": "dot"},
    }


def _build_break_labels(breaks: Sequence[float], rows: list[Row], view: View, theme: str) -> list[Spec]:
    years = list(map(get_decimal_year, rows))
    first_year, length = min(years), (max(years) - min(years)) or 1
    return [
        build_annotation(
            theme,
            t("break", view.lang),
            x=year,
            y=1,
            yref="paper",
            yanchor="bottom",
            yshift=BREAK_LABEL_HEIGHT * i,
            xanchor="right" if (year - first_year) / length > 0.7 else "left",
        )
        for i, year in enumerate(breaks)
    ]


def _build_legend_entries(
    rows: list[Row], dashes: dict[str, str], view: View, colours: Palette
) -> list[Spec]:
    """Legend entries for editions, provisional points and old vintages."""
    names = {row["edition"]: row.get("edition_name") or row["edition"] for row in rows}
    base: Spec = {"type": "scatter", "x": [None], "y": [None], "hoverinfo": "skip", "showlegend": True}
    entries: list[Spec] = []
    if len(dashes) > 1:
        for edition, dash in dashes.items():
            line = {"color": colours.secondary_text, "width": 2, "dash": dash}
            entries.append({**base, "mode": "lines", "name": names[edition], "line": line})
    hollow: Spec = {
        "size": 8,
        "color": colours.background,
        "line": {"color": colours.secondary_text, "width": 1.8},
    }
    for has_property, key, marker in (
        (is_provisional, "provisional", hollow),
        (is_old_vintage, "old_vintage", {**hollow, "symbol": "square"}),
    ):
        if any(map(has_property, rows)):
            entries.append({**base, "mode": "markers", "name": t(key, view.lang), "marker": marker})
    return entries
