"""Named dots, for surveys of which only some countries' figures were published. Never in order of value: that would rank what happened to be quoted."""

import unicodedata

import plotly.graph_objects as go

from ripresa.charts import theme as look
from ripresa.charts.bar import SECOND_AXIS_TRACE, build_error_bars, build_label_axes
from ripresa.charts.scales import compute_ticks
from ripresa.filters import View
from ripresa.narrative.figure_text import build_figure_text, build_hover_text
from ripresa.narrative.phrases import format_indicator_value, format_short_period
from ripresa.observations.rows import (
    AMOUNT_UNITS,
    get_decimal_year,
    get_highlighted_areas,
    has_interval,
    is_reference,
    to_records,
    unique_in_order,
    with_values,
)
from ripresa.observations.series import build_series, split_segments

ROW_HEIGHT, BOTTOM_MARGIN = 30, 34


def build_dot_plot(rows, view: View, theme: str = "light") -> go.Figure:
    """One row an area in alphabetical order, groups last; the newest figure full, earlier ones small and joined within an edition only.

    rows: one or several periods of each area (geo, geo_name, period, period_start, edition, value).
    """
    found, colours = to_records(rows, view.lang), look.get_palette(theme)
    known = [
        row
        for row in with_values(found)
        if view.indicator.unit not in AMOUNT_UNITS or not is_reference(row, view)
    ]
    figure_text = build_figure_text(found, view, "dots")
    if not known:
        return look.build_empty_figure(view, theme, figure_text)
    order = sorted(unique_in_order(known, "geo"), key=lambda geo: _get_sort_key(geo, known, view))
    places = {geo: place for place, geo in enumerate(order)}
    newest = [max((row for row in known if row["geo"] == geo), key=get_decimal_year) for geo in order]
    earlier = [row for row in known if not any(row is last for last in newest)]
    editions = {
        edition: look.MARKER_SYMBOLS[i % len(look.MARKER_SYMBOLS)]
        for i, edition in enumerate(unique_in_order(sorted(known, key=get_decimal_year), "edition"))
    }
    dated = len({row["period"] for row in newest}) > 1 or bool(earlier)
    values = [
        value for row in known for value in (row["value"], row["ci_low"], row["ci_high"]) if value is not None
    ]
    grid = compute_ticks(min(0, *values), max(values), 5)
    labels = [_format_label(row, dated, view) for row in newest]
    keys = _build_legend_entries(known, editions, colours)
    head = 26 if keys else 8
    traces = [
        _build_connector_trace(known, places, view, colours),
        _build_marker_trace(earlier, places, editions, 7, view, colours),
        _build_marker_trace(newest, places, editions, 12, view, colours),
        *keys,
        SECOND_AXIS_TRACE,
    ]
    return look.build_figure(
        [trace for trace in traces if trace],
        look.build_layout(
            theme,
            view.lang,
            head + ROW_HEIGHT * len(order) + BOTTOM_MARGIN,
            figure_text=figure_text,
            showlegend=bool(keys),
            legend=look.build_legend(theme, y=1, yanchor="bottom"),
            margin={"l": 8, "r": 8, "t": head, "b": BOTTOM_MARGIN, "pad": 4},
            xaxis=look.build_axis(
                theme,
                range=_pad_range(grid),
                tickvals=grid,
                ticktext=look.format_tick_labels(
                    grid, view.indicator.unit, view.indicator.decimals, view.lang
                ),
                zeroline=grid[0] < 0,
                zerolinecolor=colours.border,
            ),
            **build_label_axes(
                [_format_name(row, view) for row in newest], labels, theme, showgrid=True, griddash="dot"
            ),
        ),
    )


def _get_sort_key(geo: str, known: list[dict], view: View) -> tuple:
    row = next(row for row in known if row["geo"] == geo)
    plain = unicodedata.normalize("NFKD", row["geo_name"])
    return is_reference(row, view), "".join(
        letter for letter in plain if not unicodedata.combining(letter)
    ).casefold()


def _format_name(row: dict, view: View) -> str:
    text = look.wrap_text(row["geo_name"], 18, 2)
    return (
        f"<b>{text}</b>"
        if row["geo"] in get_highlighted_areas(view)
        else f"<i>{text}</i>"
        if is_reference(row, view)
        else text
    )


def _format_label(row: dict, dated: bool, view: View) -> str:
    return f"<b>{format_indicator_value(row['value'], view)}</b>" + (
        f" {format_short_period(row['period'], view.lang)}" if dated else ""
    )


def _pad_range(grid: list[float]) -> list[float]:
    room = (grid[-1] - grid[0]) * 0.03
    return [grid[0] - room, grid[-1] + room]


def _build_connector_trace(known: list[dict], places: dict, view: View, colours) -> dict | None:
    x, y = [], []
    for line in build_series(known):
        for part in split_segments(line, list(line.points), view.indicator.breaks):
            if len(part) > 1:
                x += [row["value"] for row in part] + [None]
                y += [places[line.geo]] * len(part) + [None]
    return (
        {
            "type": "scatter",
            "mode": "lines",
            "x": x,
            "y": y,
            "line": {"color": colours.muted, "width": 1.6},
            "hoverinfo": "skip",
            "showlegend": False,
        }
        if x
        else None
    )


def _build_marker_trace(
    rows: list[dict], places: dict, editions: dict, size: int, view: View, colours
) -> dict | None:
    if not rows:
        return None
    ink = [
        colours.qualitative[0]
        if row["geo"] in get_highlighted_areas(view)
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
        "text": [
            build_hover_text(row, view) + f"<br>{row.get('edition_name') or row['edition']}" for row in rows
        ],
        "hovertemplate": "%{text}<extra></extra>",
        "showlegend": False,
        "marker": {
            "size": size,
            "symbol": [editions[row["edition"]] for row in rows],
            "color": [
                colours.background if is_reference(row, view) or size < 10 else colour
                for row, colour in zip(rows, ink)
            ],
            "line": {"color": ink, "width": 1.8},
        },
        **look.NO_SELECTION_DIMMING,
    }
    if not any(map(has_interval, rows)):
        return trace
    return {**trace, "error_x": build_error_bars(rows, colours.border)}


def _build_legend_entries(known: list[dict], editions: dict, colours) -> list[dict]:
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
            "marker": {"symbol": symbol, "size": 9, "color": colours.secondary_text},
        }
        for edition, symbol in editions.items()
    ]
