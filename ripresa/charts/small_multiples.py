"""Small multiples: a small line chart for each area on one scale, with a reference area in grey."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import pandas as pd
import plotly.graph_objects as go

from ripresa.charts.scales import compute_ticks
from ripresa.charts.theme import (
    NO_SELECTION_DIMMING,
    SMALL_SIZE,
    Palette,
    Spec,
    build_annotation,
    build_axis,
    build_empty_figure,
    build_figure,
    build_layout,
    build_value_axis,
    get_palette,
)
from ripresa.charts.traces import HOVER_TEXT, build_time_coordinates, join_segments
from ripresa.filters import View
from ripresa.narrative.figure_text import build_figure_text, build_hover_text
from ripresa.narrative.phrases import format_data_label
from ripresa.observations import boundaries
from ripresa.observations.rows import (
    Row,
    get_area_rows,
    get_decimal_year,
    get_reference_rows,
    is_provisional,
    to_records,
    unique_in_order,
    with_values,
)
from ripresa.observations.series import build_series, split_segments

PANEL_HEIGHT, PANEL_TITLE_HEIGHT, BOTTOM_MARGIN = 66, 34, 28  # pixels
HALF_PANEL_GAP = 0.012  # of the figure's width
VALUE_PADDING = 0.06
MAX_PANELS = 30


@dataclass(frozen=True)
class _Panel:
    """The place of a panel: its number, its column and its edges as shares of the figure's size."""

    number: int
    column: int
    left: float
    right: float
    bottom: float
    top: float
    is_last_in_column: bool

    @property
    def axis_suffix(self) -> str:
        """Plotly's axes are x, x2, x3, ..."""
        return str(self.number) if self.number > 1 else ""


def build_small_multiples(
    rows: pd.DataFrame | list[Row], view: View, theme: str = "light", columns: int = 3
) -> go.Figure:
    """One panel for each area, in order; rows: those of a line chart with its reference area."""
    records = to_records(rows, view.lang)
    area_rows = with_values(get_area_rows(records, view))
    references = with_values(get_reference_rows(records, view))
    codes = unique_in_order(area_rows, "geo")[:MAX_PANELS]
    figure_text = build_figure_text(records, view, "multiples")
    if not codes:
        return build_empty_figure(view, theme, figure_text)
    colours = get_palette(theme)
    references = [row for row in references if row["geo"] == references[0]["geo"]]
    area_rows = [row for row in area_rows if row["geo"] in codes]
    values = [row["value"] for row in area_rows + references]
    years = list(map(get_decimal_year, area_rows + references))
    ticks = compute_ticks(min(values), max(values), 8)
    height = ceil(len(codes) / columns) * (PANEL_HEIGHT + PANEL_TITLE_HEIGHT) + BOTTOM_MARGIN
    traces: list[Spec] = []
    axes: Spec = {}
    annotations: list[Spec] = []
    for i, geo in enumerate(codes):
        panel = _place_panel(i, len(codes), columns, height)
        panel_rows = [row for row in area_rows if row["geo"] == geo]
        is_selected = geo in view.geo
        axes |= _build_panel_axes(panel, min(years), max(years), ticks, view, theme)
        if references:
            traces.append(_build_reference_trace(references, panel, view, colours))
        traces.append(_build_panel_trace(panel_rows, panel, is_selected, view, colours))
        annotations.append(_build_panel_title(panel_rows, panel, is_selected, view, theme))
        if panel.is_last_in_column:
            annotations += _build_year_labels(panel, min(years), max(years), theme)
    if references:
        annotations.append(_build_reference_key(references[0], theme))
    return build_figure(
        traces,
        build_layout(
            theme,
            view.lang,
            height,
            figure_text=figure_text,
            annotations=annotations,
            margin={"l": 8, "r": 10, "t": 0, "b": BOTTOM_MARGIN, "pad": 2},
            **axes,
        ),
    )


def _place_panel(i: int, count: int, columns: int, height: int) -> _Panel:
    line, column = divmod(i, columns)
    top = 1 - (line * (PANEL_HEIGHT + PANEL_TITLE_HEIGHT) + PANEL_TITLE_HEIGHT) / height
    return _Panel(
        i + 1,
        column,
        column / columns + HALF_PANEL_GAP,
        (column + 1) / columns - HALF_PANEL_GAP,
        max(0, top - PANEL_HEIGHT / height),
        top,
        is_last_in_column=i + columns >= count,
    )


def _build_panel_axes(
    panel: _Panel, first_year: float, last_year: float, ticks: Sequence[float], view: View, theme: str
) -> Spec:
    """Both axes; only the panels of the first column have value labels."""
    padding = (last_year - first_year) * 0.05 or 0.5
    time_axis = build_axis(
        theme,
        domain=[panel.left, panel.right],
        anchor=f"y{panel.axis_suffix}",
        range=[first_year - padding, last_year + padding],
        showgrid=False,
        showticklabels=False,
        automargin=False,
    )
    value_axis = build_value_axis(
        theme,
        view,
        [ticks[0], ticks[-1]],
        VALUE_PADDING,
        domain=[panel.bottom, panel.top],
        anchor=f"x{panel.axis_suffix}",
        automargin=panel.column == 0,
        showticklabels=panel.column == 0,
        tickfont={"size": SMALL_SIZE - 1, "color": get_palette(theme).secondary_text},
    )
    return {f"xaxis{panel.axis_suffix}": time_axis, f"yaxis{panel.axis_suffix}": value_axis}


def _build_reference_trace(rows: list[Row], panel: _Panel, view: View, colours: Palette) -> Spec:
    points = join_segments(_split_rows(rows, view), None)
    return {
        **_build_base_trace(points, panel, colours.muted, 1.4),
        "mode": "lines",
        "hoverinfo": "skip",
    }


def _build_panel_trace(
    rows: list[Row], panel: _Panel, is_selected: bool, view: View, colours: Palette
) -> Spec:
    """The line of an area, with a larger point at the end of each segment."""
    segments = _split_rows(rows, view)
    points = join_segments(segments, None)
    colour = colours.qualitative[0]
    return {
        **_build_base_trace(points, panel, colour, 2.4 if is_selected else 1.9),
        "mode": "lines+markers",
        "text": [build_hover_text(row, view) if row else "" for row in points],
        **HOVER_TEXT,
        "customdata": [[rows[0]["geo"]]] * len(points),
        "marker": {
            "size": join_segments([[3] * (len(segment) - 1) + [6] for segment in segments], 0),
            "opacity": 1,
            "color": [colours.background if row and is_provisional(row) else colour for row in points],
            "line": {"color": colour, "width": 1.4},
        },
    }


def _split_rows(rows: list[Row], view: View) -> list[list[Row | None]]:
    return [
        list(segment)
        for series in build_series(rows)
        for segment in split_segments(series, rows, view.indicator.breaks)
    ]


def _build_base_trace(points: Sequence[Row | None], panel: _Panel, colour: str, width: float) -> Spec:
    return {
        "type": "scatter",
        **build_time_coordinates(points),
        "xaxis": f"x{panel.axis_suffix}",
        "yaxis": f"y{panel.axis_suffix}",
        "showlegend": False,
        "line": {"color": colour, "width": width},
        **NO_SELECTION_DIMMING,
    }


def _build_panel_title(rows: list[Row], panel: _Panel, is_selected: bool, view: View, theme: str) -> Spec:
    """The name of the area and its last value."""
    colours = get_palette(theme)
    last = max(rows, key=get_decimal_year)
    name = boundaries.NARROW_NAMES.get(last["geo_name"], last["geo_name"])
    return build_annotation(
        theme,
        f"<b>{name}</b><br>{format_data_label(last['value'], view)}",
        x=panel.left,
        y=panel.top,
        xref="paper",
        yref="paper",
        xanchor="left",
        yanchor="bottom",
        align="left",
        font={"size": SMALL_SIZE, "color": colours.qualitative[0] if is_selected else colours.text},
    )


def _build_year_labels(panel: _Panel, first_year: float, last_year: float, theme: str) -> list[Spec]:
    return [
        build_annotation(
            theme,
            str(int(year)),
            x=x,
            y=panel.bottom,
            xref="paper",
            yref="paper",
            xanchor=anchor,
            yanchor="top",
            font={"size": SMALL_SIZE - 1, "color": get_palette(theme).secondary_text},
        )
        for year, x, anchor in ((first_year, panel.left, "left"), (last_year, panel.right, "right"))
    ]


def _build_reference_key(row: Row, theme: str) -> Spec:
    """The legend of the grey line."""
    return build_annotation(
        theme,
        f"<span style='color:{get_palette(theme).muted}'>━</span> {row['geo_name']}",
        x=1,
        y=0,
        xref="paper",
        yref="paper",
        xanchor="right",
        yanchor="top",
        yshift=-10,
    )
