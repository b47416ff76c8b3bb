"""The tiny line on a headline card: 2019, the worst year, the latest."""

import plotly.graph_objects as go

from ripresa.charts import theme as look
from ripresa.filters import View
from ripresa.narrative.figure_text import build_figure_text, build_hover_text
from ripresa.narrative.phrases import format_short_period
from ripresa.observations.rows import get_decimal_year, is_provisional, to_records, with_values
from ripresa.observations.series import build_series, split_segments

HEIGHT = 84
BASE = 2019  # last year before the closures


def spark(rows, view: View, theme: str = "light") -> go.Figure:
    """One area's figures as a small line: the level of 2019 dotted, the worst point since and the latest marked with their year.

    rows: all periods of one area in one edition; of several, the edition with the newest figure is drawn.
    """
    found, colours = to_records(rows, view.lang), look.get_palette(theme)
    if not with_values(found):
        return look.build_empty_figure(view, theme, build_figure_text(found, view, "spark"))
    line = max(
        (line for line in build_series(found) if with_values(list(line.points))),
        key=lambda line: (get_decimal_year(with_values(list(line.points))[-1]), len(line.points)),
    )
    points = with_values(list(line.points))
    meta = build_figure_text(list(line.points), view, "spark")
    base = next((row for row in points if int(get_decimal_year(row)) == BASE), None)
    marked = {id(row): row for row in (base, _worst(points, view), points[-1]) if row}
    x, y = [], []
    for part in split_segments(line, points, view.indicator.breaks):
        x += [get_decimal_year(row) for row in part] + [None]
        y += [row["value"] for row in part] + [None]
    low, high = min(row["value"] for row in points), max(row["value"] for row in points)
    room = (high - low) * 0.45 or abs(high) * 0.2 or 1
    first, last = get_decimal_year(points[0]), get_decimal_year(points[-1])
    wide = (last - first) * 0.09 or 0.5
    ends = list(marked.values())
    traces = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": x,
            "y": y,
            "line": {"color": colours.qualitative[0], "width": 2.2},
            "hoverinfo": "skip",
            "showlegend": False,
        },
        {
            "type": "scatter",
            "mode": "markers",
            "x": [get_decimal_year(row) for row in points],
            "y": [row["value"] for row in points],
            "text": [build_hover_text(row, view) for row in points],
            "hovertemplate": "%{text}<extra></extra>",
            "showlegend": False,
            "marker": {
                "opacity": 1,
                "size": [8 if id(row) in marked else 4 for row in points],
                "color": [
                    colours.background if is_provisional(row) else colours.qualitative[0] for row in points
                ],
                "line": {"color": colours.qualitative[0], "width": 1.6},
            },
        },
    ]
    shapes = (
        [
            {
                "type": "line",
                "x0": first,
                "x1": last,
                "y0": base["value"],
                "y1": base["value"],
                "line": {"color": colours.muted, "width": 1.2, "dash": "dot"},
            }
        ]
        if base
        else []
    )
    names = [
        look.build_annotation(
            theme,
            format_short_period(row["period"], view.lang),
            x=get_decimal_year(row),
            y=row["value"],
            yanchor="top" if row["value"] <= (low + high) / 2 else "bottom",
            yshift=-6 if row["value"] <= (low + high) / 2 else 6,
            xanchor="left"
            if get_decimal_year(row) == first
            else "right"
            if get_decimal_year(row) == last
            else "center",
            xshift=-4 if get_decimal_year(row) == first else 4 if get_decimal_year(row) == last else 0,
        )
        for row in ends
    ]
    hidden = {"visible": False, "fixedrange": True}
    return look.build_figure(
        traces,
        look.build_layout(
            theme,
            view.lang,
            HEIGHT,
            meta=meta,
            shapes=shapes,
            annotations=names,
            margin={"l": 4, "r": 4, "t": 2, "b": 2, "pad": 0},
            xaxis={**hidden, "range": [first - wide, last + wide]},
            yaxis={**hidden, "range": [low - room, high + room]},
        ),
    )


def _worst(points: list[dict], view: View) -> dict | None:
    """The worst point since 2020, where the indicator has a good side."""
    after = [row for row in points if get_decimal_year(row) >= BASE + 1]
    if not after or view.indicator.desired_direction == "neither":
        return None
    return (max if view.indicator.desired_direction == "lower" else min)(after, key=lambda row: row["value"])
