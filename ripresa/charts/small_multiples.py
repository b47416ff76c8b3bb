"""Small multiples: one small line an area, all on one scale, the reference in grey."""

import plotly.graph_objects as go

from ripresa.charts import theme as look
from ripresa.charts.scales import ticks
from ripresa.filters import View
from ripresa.narrative.figure_text import frame, hover
from ripresa.narrative.phrases import compact
from ripresa.observations import boundaries
from ripresa.observations.rows import first_each, is_provisional, peers, records, references, valued, year
from ripresa.observations.series import segments, series

PANEL, HEAD, FOOT = 66, 34, 28  # pixels of a panel, of its title, under the last row
MOST = 30


def small(rows, view: View, theme: str = "light", columns: int = 3) -> go.Figure:
    """One panel an area, in the order of the rows, all with the same axes. rows: as for trend.lines, with Italy or the EU as the grey line."""
    found, colours = records(rows, view.lang), look.palette(theme)
    own, against = valued(peers(found, view)), valued(references(found, view))
    codes = first_each(own, "geo")[:MOST]
    meta = frame(found, view, "multiples")
    if not codes:
        return look.empty(view, theme, meta)
    against = [row for row in against if row["geo"] == against[0]["geo"]]
    own = [row for row in own if row["geo"] in codes]
    grid = ticks(min(row["value"] for row in own + against), max(row["value"] for row in own + against), 8)
    room = (grid[-1] - grid[0]) * 0.06
    first, final = min(map(year, own + against)), max(map(year, own + against))
    depth = -(-len(codes) // columns)
    height = depth * (PANEL + HEAD) + FOOT
    traces, axes, titles = [], {}, []
    for place, geo in enumerate(codes):
        rows_here = [row for row in own if row["geo"] == geo]
        column, line = place % columns, place // columns
        number = "" if place == 0 else str(place + 1)
        x0, x1 = column / columns + 0.012, (column + 1) / columns - 0.012
        top = 1 - (line * (PANEL + HEAD) + HEAD) / height
        base = max(0, top - PANEL / height)
        below = place + columns >= len(codes)
        axes[f"xaxis{number}"] = _time(first, final, theme, number, x0, x1)
        axes[f"yaxis{number}"] = look.axis(
            theme,
            domain=[base, top],
            anchor=f"x{number}",
            range=[grid[0] - room, grid[-1] + room],
            tickvals=[grid[0], grid[-1]],
            automargin=column == 0,
            ticktext=look.tick_labels(
                [grid[0], grid[-1]], view.indicator.unit, view.indicator.decimals, view.lang
            ),
            showticklabels=column == 0,
            tickfont={"size": look.SMALL - 1, "color": colours.soft},
        )
        traces += [_path(against, colours.mute, 1.4, number, view, colours, silent=True)] if against else []
        traces.append(
            _path(rows_here, colours.qualitative[0], 2.4 if geo in view.geo else 1.9, number, view, colours)
        )
        last = max(rows_here, key=year)
        name = boundaries.NARROW.get(last["geo_name"], last["geo_name"])
        titles.append(
            look.note(
                theme,
                f"<b>{name}</b><br>{compact(last['value'], view)}",
                x=x0,
                y=top,
                xref="paper",
                yref="paper",
                xanchor="left",
                yanchor="bottom",
                align="left",
                font={
                    "size": look.SMALL,
                    "color": colours.qualitative[0] if geo in view.geo else colours.ink,
                },
            )
        )
        if below:
            titles += [
                look.note(
                    theme,
                    str(int(at)),
                    x=x,
                    y=base,
                    xref="paper",
                    yref="paper",
                    xanchor=side,
                    yanchor="top",
                    font={"size": look.SMALL - 1, "color": colours.soft},
                )
                for at, x, side in ((first, x0, "left"), (final, x1, "right"))
            ]
    key = (
        [
            look.note(
                theme,
                f"<span style='color:{colours.mute}'>━</span> {against[0]['geo_name']}",
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
    return look.figure(
        traces,
        look.layout(
            theme,
            view.lang,
            height,
            meta=meta,
            annotations=titles + key,
            margin={"l": 8, "r": 10, "t": 0, "b": FOOT, "pad": 2},
            **axes,
        ),
    )


def _time(first: float, last: float, theme: str, number: str, x0: float, x1: float) -> dict:
    room = (last - first) * 0.05 or 0.5
    return look.axis(
        theme,
        domain=[x0, x1],
        anchor=f"y{number}",
        range=[first - room, last + room],
        showgrid=False,
        showticklabels=False,
        automargin=False,
    )


def _path(
    rows: list[dict], colour: str, width: float, number: str, view: View, colours, silent: bool = False
) -> dict:
    """A panel's line with a hole between stretches that cannot be joined, a dot at its end."""
    x, y, text, size, fill = [], [], [], [], []
    for line in series(rows):
        for part in segments(line, rows, view.indicator.breaks):
            if x:
                x.append(x[-1])
                y.append(None)
                text.append("")
                size.append(0)
                fill.append(colour)
            for row in part:
                x.append(year(row))
                y.append(row["value"])
                text.append(hover(row, view))
                size.append(0 if silent else 6 if row is part[-1] or len(part) == 1 else 3)
                fill.append(colours.page if is_provisional(row) else colour)
    return {
        "type": "scatter",
        "mode": "lines" if silent else "lines+markers",
        "x": x,
        "y": y,
        "xaxis": f"x{number}",
        "yaxis": f"y{number}",
        "showlegend": False,
        "line": {"color": colour, "width": width},
        **(
            {"hoverinfo": "skip"}
            if silent
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
        **look.NO_DIMMING,
    }
