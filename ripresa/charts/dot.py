"""Named dots, for surveys of which only some countries' figures were published. Never in order of value: that would rank what happened to be quoted."""

import unicodedata

import plotly.graph_objects as go

from ripresa.charts import theme as look
from ripresa.charts.bar import COLUMN, columns, whiskers
from ripresa.charts.scales import ticks
from ripresa.filters import View
from ripresa.narrative.figure_text import frame, hover
from ripresa.narrative.phrases import short_period, show
from ripresa.observations.rows import (
    AMOUNTS,
    first_each,
    focus,
    has_interval,
    is_reference,
    records,
    valued,
    year,
)
from ripresa.observations.series import segments, series

ROW, FOOT = 30, 34


def named(rows, view: View, theme: str = "light") -> go.Figure:
    """One row an area in alphabetical order, groups last; the newest figure full, earlier ones small and joined within an edition only.

    rows: one or several periods of each area (geo, geo_name, period, period_start, edition, value).
    """
    found, colours = records(rows, view.lang), look.palette(theme)
    known = [
        row for row in valued(found) if view.indicator.unit not in AMOUNTS or not is_reference(row, view)
    ]
    meta = frame(found, view, "dots")
    if not known:
        return look.empty(view, theme, meta)
    order = sorted(first_each(known, "geo"), key=lambda geo: _alphabetical(geo, known, view))
    places = {geo: place for place, geo in enumerate(order)}
    newest = [max((row for row in known if row["geo"] == geo), key=year) for geo in order]
    earlier = [row for row in known if not any(row is last for last in newest)]
    editions = {
        edition: look.SYMBOLS[i % len(look.SYMBOLS)]
        for i, edition in enumerate(first_each(sorted(known, key=year), "edition"))
    }
    dated = len({row["period"] for row in newest}) > 1 or bool(earlier)
    values = [
        value for row in known for value in (row["value"], row["ci_low"], row["ci_high"]) if value is not None
    ]
    grid = ticks(min(0, *values), max(values), 5)
    labels = [_label(row, dated, view) for row in newest]
    keys = _keys(known, editions, colours)
    head = 26 if keys else 8
    traces = [
        _joins(known, places, view, colours),
        _marks(earlier, places, editions, 7, view, colours),
        _marks(newest, places, editions, 12, view, colours),
        *keys,
        COLUMN,
    ]
    return look.figure(
        [trace for trace in traces if trace],
        look.layout(
            theme,
            view.lang,
            head + ROW * len(order) + FOOT,
            meta=meta,
            showlegend=bool(keys),
            legend=look.legend(theme, y=1, yanchor="bottom"),
            margin={"l": 8, "r": 8, "t": head, "b": FOOT, "pad": 4},
            xaxis=look.axis(
                theme,
                range=_room(grid),
                tickvals=grid,
                ticktext=look.tick_labels(grid, view.indicator.unit, view.indicator.decimals, view.lang),
                zeroline=grid[0] < 0,
                zerolinecolor=colours.border,
            ),
            **columns([_name(row, view) for row in newest], labels, theme, showgrid=True, griddash="dot"),
        ),
    )


def _alphabetical(geo: str, known: list[dict], view: View) -> tuple:
    row = next(row for row in known if row["geo"] == geo)
    plain = unicodedata.normalize("NFKD", row["geo_name"])
    return is_reference(row, view), "".join(
        letter for letter in plain if not unicodedata.combining(letter)
    ).casefold()


def _name(row: dict, view: View) -> str:
    text = look.wrap(row["geo_name"], 18, 2)
    return (
        f"<b>{text}</b>"
        if row["geo"] in focus(view)
        else f"<i>{text}</i>"
        if is_reference(row, view)
        else text
    )


def _label(row: dict, dated: bool, view: View) -> str:
    return f"<b>{show(row['value'], view)}</b>" + (
        f" {short_period(row['period'], view.lang)}" if dated else ""
    )


def _room(grid: list[float]) -> list[float]:
    room = (grid[-1] - grid[0]) * 0.03
    return [grid[0] - room, grid[-1] + room]


def _joins(known: list[dict], places: dict, view: View, colours) -> dict | None:
    x, y = [], []
    for line in series(known):
        for part in segments(line, list(line.points), view.indicator.breaks):
            if len(part) > 1:
                x += [row["value"] for row in part] + [None]
                y += [places[line.geo]] * len(part) + [None]
    return (
        {
            "type": "scatter",
            "mode": "lines",
            "x": x,
            "y": y,
            "line": {"color": colours.mute, "width": 1.6},
            "hoverinfo": "skip",
            "showlegend": False,
        }
        if x
        else None
    )


def _marks(rows: list[dict], places: dict, editions: dict, size: int, view: View, colours) -> dict | None:
    if not rows:
        return None
    ink = [
        colours.qualitative[0]
        if row["geo"] in focus(view)
        else colours.border
        if is_reference(row, view)
        else colours.bar
        for row in rows
    ]
    trace = {
        "type": "scatter",
        "mode": "markers",
        "x": [row["value"] for row in rows],
        "y": [places[row["geo"]] for row in rows],
        "customdata": [[row["geo"]] for row in rows],
        "text": [hover(row, view) + f"<br>{row.get('edition_name') or row['edition']}" for row in rows],
        "hovertemplate": "%{text}<extra></extra>",
        "showlegend": False,
        "marker": {
            "size": size,
            "symbol": [editions[row["edition"]] for row in rows],
            "color": [
                colours.page if is_reference(row, view) or size < 10 else colour
                for row, colour in zip(rows, ink)
            ],
            "line": {"color": ink, "width": 1.8},
        },
        **look.NO_DIMMING,
    }
    if not any(map(has_interval, rows)):
        return trace
    return {**trace, "error_x": whiskers(rows, colours.border)}


def _keys(known: list[dict], editions: dict, colours) -> list[dict]:
    if len(editions) < 2:
        return []
    names = {row["edition"]: row.get("edition_name") or row["edition"] for row in known}
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": [None],
            "y": [None],
            "name": names[edition],
            "showlegend": True,
            "hoverinfo": "skip",
            "marker": {"symbol": symbol, "size": 9, "color": colours.soft},
        }
        for edition, symbol in editions.items()
    ]
