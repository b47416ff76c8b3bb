"""The sectors of one area as bars."""

import pandas as pd
import plotly.graph_objects as go

from ripresa.charts.bar import build_bar_traces, build_dot_trace, get_value_extent
from ripresa.charts.heatmap import select_sector_level
from ripresa.charts.row_axes import SECOND_AXIS_TRACE, build_row_axes
from ripresa.charts.theme import (
    Palette,
    build_empty_figure,
    build_figure,
    build_layout,
    get_palette,
    wrap_text,
)
from ripresa.filters import View
from ripresa.narrative.figure_text import build_figure_text
from ripresa.narrative.phrases import format_data_label
from ripresa.observations.rows import (
    Row,
    flag_other_editions,
    format_edition_mark,
    has_interval,
    is_other_edition,
    is_small_sample,
    to_records,
    with_values,
)

ROW_HEIGHT, TOP_MARGIN, BOTTOM_MARGIN = 34, 8, 30


def build_sector_bar_chart(rows: pd.DataFrame | list[Row], view: View, theme: str = "light") -> go.Figure:
    """One bar for each sector of one area: the total, then the highest value first, then other editions.

    rows: sector, sector_name, value, and optionally sector_kind, with which NACE sections are preferred, so
    that a sector and its parts are not in one chart.
    """
    colours = get_palette(theme)
    records = flag_other_editions(select_sector_level(to_records(rows, view.lang)))
    figure_text = build_figure_text(records, view, "sectors")
    ordered = sorted(
        with_values(records), key=lambda row: (row["sector"] != "all", is_other_edition(row), -row["value"])
    )
    if not ordered:
        return build_empty_figure(view, theme, figure_text)
    bars = list(enumerate(ordered))
    bar_colours = {row["sector"]: _get_colour(row, view, colours) for row in ordered}
    if any(map(has_interval, ordered)):
        traces = [build_dot_trace(bars, bar_colours, view, colours, "sector")]
    else:
        traces = build_bar_traces(bars, bar_colours, "sector", view, colours)
    return build_figure(
        [*traces, SECOND_AXIS_TRACE],
        build_layout(
            theme,
            view.lang,
            TOP_MARGIN + ROW_HEIGHT * len(ordered) + BOTTOM_MARGIN,
            figure_text=figure_text,
            barmode="overlay",
            margin={"l": 8, "r": 8, "t": TOP_MARGIN, "b": BOTTOM_MARGIN, "pad": 4},
            **build_row_axes(
                [_format_name(row, view) for row in ordered],
                [format_data_label(row["value"], view) for row in ordered],
                *get_value_extent(ordered),
                theme,
                view,
            ),
        ),
    )


def _format_name(row: Row, view: View) -> str:
    text = wrap_text(row["sector_name"], 22, 2) + format_edition_mark(row)
    if is_small_sample(row):
        text += " *"
    return f"<b>{text}</b>" if row["sector"] in ("all", view.sector) else text


def _get_colour(row: Row, view: View, colours: Palette) -> str:
    if row["sector"] == "all":
        return colours.border
    return colours.qualitative[0] if row["sector"] == view.sector else colours.bar
