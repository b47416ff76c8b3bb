"""Dumbbell charts: women-led and men-led firms as two points in a row, with a line between them."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from ripresa.charts.row_axes import SECOND_AXIS_TRACE, build_label_axes
from ripresa.charts.scales import compute_ticks
from ripresa.charts.theme import (
    NO_SELECTION_DIMMING,
    TICK_SIZE,
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
from ripresa.narrative.headlines import GenderPair, pair_by_gender
from ripresa.narrative.phrases import format_difference, format_indicator_value
from ripresa.narrative.significance import classify_difference
from ripresa.observations.rows import Row, get_highlighted_areas, get_values, has_interval, to_records

ROW_HEIGHT, TOP_MARGIN, BOTTOM_MARGIN = 38, 30, 56


def build_dumbbell_chart(rows: pd.DataFrame | list[Row], view: View, theme: str = "light") -> go.Figure:
    """One row for each area (or sector, size, period) that has both genders, in the order of the rows.

    rows: gender "female" and "male" with value, ci_low, ci_high.
    """
    records, colours = to_records(rows, view.lang), get_palette(theme)
    pairs = pair_by_gender(records, view)
    figure_text = build_figure_text(records, view, "gaps")
    if not pairs:
        return build_empty_figure(view, theme, figure_text)
    women_rows, men_rows = [women for *_, women, _ in pairs], [men for *_, men in pairs]
    values = get_values(women_rows + men_rows)
    ticks = compute_ticks(min(0, *values), max(values), 5)
    connectors: Spec = {
        "type": "scatter",
        "mode": "lines",
        "x": [x for *_, women, men in pairs for x in (women["value"], men["value"], None)],
        "y": [y for i in range(len(pairs)) for y in (i, i, None)],
        "line": {"color": colours.muted, "width": 4},
        **NO_HOVER,
    }
    women_trace = _build_marker_trace(women_rows, colours.qualitative[0], "circle", view, colours)
    men_trace = _build_marker_trace(men_rows, colours.qualitative[1], "square", view, colours)
    return build_figure(
        [connectors, men_trace | {"legendrank": 2}, women_trace | {"legendrank": 1}, SECOND_AXIS_TRACE],
        build_layout(
            theme,
            view.lang,
            TOP_MARGIN + ROW_HEIGHT * len(pairs) + BOTTOM_MARGIN,
            figure_text=figure_text,
            showlegend=True,
            legend=build_legend(
                theme,
                y=1,
                yanchor="bottom",
                font={"size": TICK_SIZE, "color": colours.text},
            ),
            margin={"l": 8, "r": 8, "t": TOP_MARGIN, "b": BOTTOM_MARGIN - 26, "pad": 4},
            xaxis=build_value_axis(theme, view, ticks, padding=0),
            **build_label_axes(
                [_format_name(pair, view) for pair in pairs],
                [_format_gap(women, men, view) for *_, women, men in pairs],
                theme,
            ),
        ),
    )


def _build_marker_trace(rows: Sequence[Row], colour: str, symbol: str, view: View, colours: Palette) -> Spec:
    """The points of one gender, with error bars if any row has an interval."""
    trace: Spec = {
        "type": "scatter",
        "mode": "markers",
        "x": [row["value"] for row in rows],
        "y": list(range(len(rows))),
        "name": rows[0]["gender_name"],
        "text": [
            build_hover_text(row, view, f"{row['geo_name']}, {row['gender_name'].lower()}") for row in rows
        ],
        **HOVER_TEXT,
        "customdata": [[row["geo"]] for row in rows],
        "showlegend": True,
        "marker": {
            "symbol": symbol,
            "size": 12,
            "color": colour,
            "line": {"color": colours.background, "width": 1},
        },
        **NO_SELECTION_DIMMING,
    }
    if any(map(has_interval, rows)):
        trace["error_x"] = build_error_bars(rows, colour)
    return trace


def _format_name(pair: GenderPair, view: View) -> str:
    code, name, *_ = pair
    text = wrap_text(name, 18, 2)
    return f"<b>{text}</b>" if code in get_highlighted_areas(view) else text


def _format_gap(women: Row, men: Row, view: View) -> str:
    """The difference at the end of the row; "≈" if it is not significant or not visible after rounding."""
    is_printed_equal = format_indicator_value(women["value"], view) == format_indicator_value(
        men["value"], view
    )
    if is_printed_equal or classify_difference(women, men) == "indistinct":
        return "≈"
    sign = "+" if women["value"] > men["value"] else "−"
    return sign + format_difference(women["value"], men["value"], view)
