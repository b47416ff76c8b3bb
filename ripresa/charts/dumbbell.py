"""Women-led beside men-led firms: two dots a row and the line between them."""

import plotly.graph_objects as go

from ripresa.charts import theme as look
from ripresa.charts.bar import COLUMN, columns, whiskers
from ripresa.charts.scales import ticks
from ripresa.filters import View
from ripresa.narrative.figure_text import frame, hover
from ripresa.narrative.headlines import pairs
from ripresa.narrative.phrases import difference, show
from ripresa.narrative.significance import verdict
from ripresa.observations.rows import focus, has_interval, records

ROW, HEAD, FOOT = 38, 30, 56


def gaps(rows, view: View, theme: str = "light") -> go.Figure:
    """One row an area (or sector, size, period) that has both. rows: gender "female" and "male" with value, ci_low, ci_high. Order as given."""
    found, colours = records(rows, view.lang), look.palette(theme)
    both = pairs(found, view)
    meta = frame(found, view, "gaps")
    if not both:
        return look.empty(view, theme, meta)
    values = [
        value
        for *_, women, men in both
        for row in (women, men)
        for value in (row["value"], row["ci_low"], row["ci_high"])
        if value is not None
    ]
    grid = ticks(min(0, *values), max(values), 5)
    places = range(len(both))
    joins = {
        "type": "scatter",
        "mode": "lines",
        "x": [x for *_, women, men in both for x in (women["value"], men["value"], None)],
        "y": [y for place in places for y in (place, place, None)],
        "line": {"color": colours.mute, "width": 4},
        "hoverinfo": "skip",
        "showlegend": False,
    }
    women = {
        **_dots([pair[2] for pair in both], colours.qualitative[0], "circle", view, colours),
        "legendrank": 1,
    }
    men = {
        **_dots([pair[3] for pair in both], colours.qualitative[1], "square", view, colours),
        "legendrank": 2,
    }
    return look.figure(
        [joins, men, women, COLUMN],
        look.layout(
            theme,
            view.lang,
            HEAD + ROW * len(both) + FOOT,
            meta=meta,
            showlegend=True,
            legend=look.legend(theme, y=1, yanchor="bottom", font={"size": look.TICK, "color": colours.ink}),
            margin={"l": 8, "r": 8, "t": HEAD, "b": FOOT - 26, "pad": 4},
            xaxis=look.axis(
                theme,
                range=[grid[0], grid[-1]],
                tickvals=grid,
                ticktext=look.tick_labels(grid, view.indicator.unit, view.indicator.decimals, view.lang),
            ),
            **columns(
                [
                    f"<b>{look.wrap(name, 18, 2)}</b>" if code in focus(view) else look.wrap(name, 18, 2)
                    for code, name, *_ in both
                ],
                [_difference(women, men, view) for *_, women, men in both],
                theme,
            ),
        ),
    )


def _dots(rows: list[dict], colour: str, symbol: str, view: View, colours) -> dict:
    trace = {
        "type": "scatter",
        "mode": "markers",
        "x": [row["value"] for row in rows],
        "y": list(range(len(rows))),
        "name": rows[0]["gender_name"],
        "text": [hover(row, view, f"{row['geo_name']}, {row['gender_name'].lower()}") for row in rows],
        "hovertemplate": "%{text}<extra></extra>",
        "customdata": [[row["geo"]] for row in rows],
        "showlegend": True,
        "marker": {
            "symbol": symbol,
            "size": 12,
            "color": colour,
            "line": {"color": colours.page, "width": 1},
        },
        **look.NO_DIMMING,
    }
    if not any(map(has_interval, rows)):
        return trace
    return {**trace, "error_x": whiskers(rows, colour)}


def _difference(women: dict, men: dict, view: View) -> str:
    """The distance at the end of the row; "≈" where the two cannot be told apart."""
    same = verdict(women, men) == "indistinct" or show(women["value"], view) == show(men["value"], view)
    return (
        "≈"
        if same
        else ("+" if women["value"] > men["value"] else "−") + difference(women["value"], men["value"], view)
    )
