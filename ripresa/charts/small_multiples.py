"""Small multiples: one small line an area, all on one scale, the reference in grey."""

import plotly.graph_objects as go

from ripresa.charts import theme as look
from ripresa.charts.scales import compute_ticks
from ripresa.filters import View
from ripresa.narrative.figure_text import build_figure_text, build_hover_text
from ripresa.narrative.phrases import format_data_label
from ripresa.observations import boundaries
from ripresa.observations.rows import (
    get_area_rows,
    get_decimal_year,
    get_reference_rows,
    is_provisional,
    to_records,
    unique_in_order,
    with_values,
)
from ripresa.observations.series import build_series, split_segments

PANEL_HEIGHT, PANEL_TITLE_HEIGHT, BOTTOM_MARGIN = (
    66,
    34,
    28,
)  # pixels of a panel, of its title, under the last row
MAX_PANELS = 30


def build_small_multiples(rows, view: View, theme: str = "light", columns: int = 3) -> go.Figure:
    """One panel an area, in the order of the rows, all with the same axes. rows: as for trend.lines, with Italy or the EU as the grey line."""
    found, colours = to_records(rows, view.lang), look.get_palette(theme)
    own, against = with_values(get_area_rows(found, view)), with_values(get_reference_rows(found, view))
    codes = unique_in_order(own, "geo")[:MAX_PANELS]
    figure_text = build_figure_text(found, view, "multiples")
    if not codes:
        return look.build_empty_figure(view, theme, figure_text)
    against = [row for row in against if row["geo"] == against[0]["geo"]]
    own = [row for row in own if row["geo"] in codes]
    grid = compute_ticks(
        min(row["value"] for row in own + against), max(row["value"] for row in own + against), 8
    )
    room = (grid[-1] - grid[0]) * 0.06
    first, final = min(map(get_decimal_year, own + against)), max(map(get_decimal_year, own + against))
    depth = -(-len(codes) // columns)
    height = depth * (PANEL_HEIGHT + PANEL_TITLE_HEIGHT) + BOTTOM_MARGIN
    traces, axes, titles = [], {}, []
    for place, geo in enumerate(codes):
        rows_here = [row for row in own if row["geo"] == geo]
        column, line = place % columns, place // columns
        number = "" if place == 0 else str(place + 1)
        x0, x1 = column / columns + 0.012, (column + 1) / columns - 0.012
        top = 1 - (line * (PANEL_HEIGHT + PANEL_TITLE_HEIGHT) + PANEL_TITLE_HEIGHT) / height
        base = max(0, top - PANEL_HEIGHT / height)
        below = place + columns >= len(codes)
        axes[f"xaxis{number}"] = _build_time_axis(first, final, theme, number, x0, x1)
        axes[f"yaxis{number}"] = look.build_axis(
            theme,
            domain=[base, top],
            anchor=f"x{number}",
            range=[grid[0] - room, grid[-1] + room],
            tickvals=[grid[0], grid[-1]],
            automargin=column == 0,
            ticktext=look.format_tick_labels(
                [grid[0], grid[-1]], view.indicator.unit, view.indicator.decimals, view.lang
            ),
            showticklabels=column == 0,
            tickfont={"size": look.SMALL_SIZE - 1, "color": colours.secondary_text},
        )
        traces += (
            [_build_panel_trace(against, colours.muted, 1.4, number, view, colours, is_reference=True)]
            if against
            else []
        )
        traces.append(
            _build_panel_trace(
                rows_here, colours.qualitative[0], 2.4 if geo in view.geo else 1.9, number, view, colours
            )
        )
        last = max(rows_here, key=get_decimal_year)
        name = boundaries.NARROW_NAMES.get(last["geo_name"], last["geo_name"])
        titles.append(
            look.build_annotation(
                theme,
                f"<b>{name}</b><br>{format_data_label(last['value'], view)}",
                x=x0,
                y=top,
                xref="paper",
                yref="paper",
                xanchor="left",
                yanchor="bottom",
                align="left",
                font={
                    "size": look.SMALL_SIZE,
                    "color": colours.qualitative[0] if geo in view.geo else colours.text,
                },
            )
        )
        if below:
            titles += [
                look.build_annotation(
                    theme,
                    str(int(at)),
                    x=x,
                    y=base,
                    xref="paper",
                    yref="paper",
                    xanchor=side,
                    yanchor="top",
                    font={"size": look.SMALL_SIZE - 1, "color": colours.secondary_text},
                )
                for at, x, side in ((first, x0, "left"), (final, x1, "right"))
            ]
    key = (
        [
            look.build_annotation(
                theme,
                f"<span style='color:{colours.muted}'>━</span> {against[0]['geo_name']}",
                x=1,
                y=0,
                xref="paper",
                yref="paper",
                xanchor="right",
                yanchor="top",
                yshift=-10,
            )
        ]
        if against
        else []
    )
    return look.build_figure(
        traces,
        look.build_layout(
            theme,
            view.lang,
            height,
            figure_text=figure_text,
            annotations=titles + key,
            margin={"l": 8, "r": 10, "t": 0, "b": BOTTOM_MARGIN, "pad": 2},
            **axes,
        ),
    )


def _build_time_axis(first: float, last: float, theme: str, number: str, x0: float, x1: float) -> dict:
    room = (last - first) * 0.05 or 0.5
    return look.build_axis(
        theme,
        domain=[x0, x1],
        anchor=f"y{number}",
        range=[first - room, last + room],
        showgrid=False,
        showticklabels=False,
        automargin=False,
    )


def _build_panel_trace(
    rows: list[dict], colour: str, width: float, number: str, view: View, colours, is_reference: bool = False
) -> dict:
    """A panel's line with a hole between stretches that cannot be joined, a dot at its end."""
    x, y, text, size, fill = [], [], [], [], []
    for line in build_series(rows):
        for part in split_segments(line, rows, view.indicator.breaks):
            if x:
                x.append(x[-1])
                y.append(None)
                text.append("")
                size.append(0)
                fill.append(colour)
            for row in part:
                x.append(get_decimal_year(row))
                y.append(row["value"])
                text.append(build_hover_text(row, view))
                size.append(0 if is_reference else 6 if row is part[-1] or len(part) == 1 else 3)
                fill.append(colours.background if is_provisional(row) else colour)
    return {
        "type": "scatter",
        "mode": "lines" if is_reference else "lines+markers",
        "x": x,
        "y": y,
        "xaxis": f"x{number}",
        "yaxis": f"y{number}",
        "showlegend": False,
        "line": {"color": colour, "width": width},
        **(
            {"hoverinfo": "skip"}
            if is_reference
            else {
                "text": text,
                "hovertemplate": "%{text}<extra></extra>",
                "customdata": [[rows[0]["geo"]]] * len(x),
                "marker": {
                    "size": size,
                    "opacity": 1,
                    "color": fill,
                    "line": {"color": colour, "width": 1.4},
                },
            }
        ),
        **look.NO_SELECTION_DIMMING,
    }
