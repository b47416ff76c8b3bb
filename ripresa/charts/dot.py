"""Dot plots, for surveys that published the values of only some areas.

Areas are in alphabetical order: an order by value would rank an incomplete set.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from itertools import cycle

import pandas as pd
import plotly.graph_objects as go

from ripresa.charts.row_axes import SECOND_AXIS_TRACE, build_label_axes
from ripresa.charts.scales import compute_ticks
from ripresa.charts.theme import (
    MARKER_SYMBOLS,
    NO_SELECTION_DIMMING,
    Palette,
    Spec,
    build_empty_figure,
    build_figure,
    build_layout,
    build_legend,
    build_value_axis,
    get_palette,
    wrap_text,
)
from ripresa.charts.traces import HOVER_TEXT, NO_HOVER, build_error_bars
from ripresa.filters import View
from ripresa.narrative.figure_text import build_figure_text, build_hover_text
from ripresa.narrative.phrases import format_indicator_value, format_short_period
from ripresa.observations.rows import (
    AMOUNT_UNITS,
    Row,
    get_decimal_year,
    get_highlighted_areas,
    get_values,
    has_interval,
    has_several,
    is_reference,
    to_records,
    unique_in_order,
    with_values,
)
from ripresa.observations.series import build_series, split_segments

ROW_HEIGHT, BOTTOM_MARGIN = 30, 34
NEWEST_SIZE, EARLIER_SIZE = 12, 7


def build_dot_plot(rows: pd.DataFrame | list[Row], view: View, theme: str = "light") -> go.Figure:
    """One row for each area, reference areas last; earlier values are smaller, and joined within an edition.

    rows: one or several periods of each area (geo, geo_name, period, period_start, edition, value).
    """
    records, colours = to_records(rows, view.lang), get_palette(theme)
    rows_with_values = [
        row
        for row in with_values(records)
        if view.indicator.unit not in AMOUNT_UNITS or not is_reference(row, view)
    ]
    figure_text = build_figure_text(records, view, "dots")
    if not rows_with_values:
        return build_empty_figure(view, theme, figure_text)
    newest = _select_newest_rows(rows_with_values, view)
    earlier = [row for row in rows_with_values if not any(row is newest_row for newest_row in newest)]
    numbers = {row["geo"]: i for i, row in enumerate(newest)}
    editions = unique_in_order(sorted(rows_with_values, key=get_decimal_year), "edition")
    symbols = dict(zip(editions, cycle(MARKER_SYMBOLS), strict=False))
    values = get_values(rows_with_values)
    ticks = compute_ticks(min(0, *values), max(values), 5)
    legend_entries = _build_legend_entries(rows_with_values, symbols, colours)
    top = 26 if legend_entries else 8
    traces = [
        _build_connector_trace(rows_with_values, numbers, view, colours),
        _build_marker_trace(earlier, numbers, symbols, EARLIER_SIZE, view, colours),
        _build_marker_trace(newest, numbers, symbols, NEWEST_SIZE, view, colours),
    ]
    is_dated = has_several(newest, "period") or bool(earlier)
    return build_figure(
        [*(trace for trace in traces if trace["x"]), *legend_entries, SECOND_AXIS_TRACE],
        build_layout(
            theme,
            view.lang,
            top + ROW_HEIGHT * len(newest) + BOTTOM_MARGIN,
            figure_text=figure_text,
            showlegend=bool(legend_entries),
            legend=build_legend(theme, y=1, yanchor="bottom"),
            margin={"l": 8, "r": 8, "t": top, "b": BOTTOM_MARGIN, "pad": 4},
            xaxis=build_value_axis(
                theme, view, ticks, 0.03, zeroline=ticks[0] < 0, zerolinecolor=colours.border
            ),
            **build_label_axes(
                [_format_name(row, view) for row in newest],
                [_format_label(row, is_dated, view) for row in newest],
                theme,
                showgrid=True,
                griddash="dot",
            ),
        ),
    )


def _select_newest_rows(rows: list[Row], view: View) -> list[Row]:
    """The newest row of each area in alphabetical order without regard to accents, reference rows last."""
    newest: dict[str, Row] = {}
    for row in rows:
        current = newest.setdefault(row["geo"], row)
        if get_decimal_year(row) > get_decimal_year(current):
            newest[row["geo"]] = row

    def get_sort_key(row: Row) -> tuple[bool, str]:
        letters = unicodedata.normalize("NFKD", row["geo_name"])
        plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
        return is_reference(row, view), plain.casefold()

    return sorted(newest.values(), key=get_sort_key)


def _format_name(row: Row, view: View) -> str:
    text = wrap_text(row["geo_name"], 18, 2)
    if row["geo"] in get_highlighted_areas(view):
        return f"<b>{text}</b>"
    return f"<i>{text}</i>" if is_reference(row, view) else text


def _format_label(row: Row, is_dated: bool, view: View) -> str:
    value = f"<b>{format_indicator_value(row['value'], view)}</b>"
    return f"{value} {format_short_period(row['period'], view.lang)}" if is_dated else value


def _build_connector_trace(
    rows: Sequence[Row], numbers: Mapping[str, int], view: View, colours: Palette
) -> Spec:
    """Lines between the values of one area and edition."""
    x: list[float | None] = []
    y: list[int | None] = []
    for series in build_series(rows):
        for segment in split_segments(series, series.points, view.indicator.breaks):
            if len(segment) > 1:
                x += [*(row["value"] for row in segment), None]
                y += [*[numbers[series.geo]] * len(segment), None]
    line = {"color": colours.muted, "width": 1.6}
    return {"type": "scatter", "mode": "lines", "x": x, "y": y, "line": line, **NO_HOVER}


def _build_marker_trace(
    rows: Sequence[Row],
    numbers: Mapping[str, int],
    symbols: Mapping[str, str],
    size: int,
    view: View,
    colours: Palette,
) -> Spec:
    """Dots, with error bars if any row has an interval; hollow for earlier values and reference rows."""
    outlines = [_get_colour(row, view, colours) for row in rows]
    trace: Spec = {
        "type": "scatter",
        "mode": "markers",
        "x": [row["value"] for row in rows],
        "y": [numbers[row["geo"]] for row in rows],
        "customdata": [[row["geo"]] for row in rows],
        "text": [
            f"{build_hover_text(row, view)}<br>{row.get('edition_name') or row['edition']}" for row in rows
        ],
        **HOVER_TEXT,
        "showlegend": False,
        "marker": {
            "size": size,
            "symbol": [symbols[row["edition"]] for row in rows],
            "color": [
                colours.background if is_reference(row, view) or size == EARLIER_SIZE else colour
                for row, colour in zip(rows, outlines, strict=True)
            ],
            "line": {"color": outlines, "width": 1.8},
        },
        **NO_SELECTION_DIMMING,
    }
    if any(map(has_interval, rows)):
        trace["error_x"] = build_error_bars(rows, colours.border)
    return trace


def _get_colour(row: Row, view: View, colours: Palette) -> str:
    if row["geo"] in get_highlighted_areas(view):
        return colours.qualitative[0]
    return colours.border if is_reference(row, view) else colours.bar


def _build_legend_entries(rows: Sequence[Row], symbols: Mapping[str, str], colours: Palette) -> list[Spec]:
    """The symbols of the editions, if there are several."""
    if len(symbols) < 2:
        return []
    names = {row["edition"]: row.get("edition_name") or row["edition"] for row in rows}
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": [None],
            "y": [None],
            "name": names[edition],
            "showlegend": True,
            "hoverinfo": "skip",
            "marker": {"symbol": symbol, "size": 9, "color": colours.secondary_text},
        }
        for edition, symbol in symbols.items()
    ]
