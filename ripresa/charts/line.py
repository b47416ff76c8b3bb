"""Lines over time: one an area and edition, cut at breaks, open at gaps, hollow where provisional."""

from itertools import chain

import pandas as pd
import plotly.graph_objects as go

from ripresa.charts import theme as look
from ripresa.charts.label_placement import place_labels, spread_labels
from ripresa.charts.line_styles import assign_styles as looks_of
from ripresa.charts.scales import compute_contrast, compute_ticks
from ripresa.charts.text_width import estimate_text_width
from ripresa.filters import View
from ripresa.i18n import t
from ripresa.narrative.figure_text import build_figure_text, build_hover_text
from ripresa.narrative.phrases import format_data_label, format_short_period
from ripresa.observations.rows import (
    get_decimal_year,
    has_interval,
    is_old_vintage,
    is_provisional,
    to_records,
    with_values,
)
from ripresa.observations.series import Series, build_series, locate_breaks, rank_editions, split_segments

PLOT_HEIGHT, TOP_MARGIN, BOTTOM_MARGIN = 400, 26, 34
DASH_SYMBOLS = dict(zip(look.LINE_DASHES, "━╍┉┅"))  # a dash as it stands before a name


def has_line(rows: pd.DataFrame) -> bool:
    """Whether any area has two periods that may be joined."""
    return bool(len(rows)) and int(rows.groupby(["geo", "edition"])["period"].nunique().max()) > 1


def build_line_chart(
    rows, view: View, theme: str = "light", value_range: tuple = (), styled_areas: tuple[str, ...] = ()
) -> go.Figure:
    """One line an area and edition. rows: all periods of some areas (geo, edition, period, period_start, value, ci_low, ci_high, status, flags).

    span: lowest and highest value of another figure beside this one, so that both share a scale. asked: the areas asked for, those chosen if not said, so that
    each looks the same in both.
    """
    found, colours = to_records(rows, view.lang), look.get_palette(theme)
    known = with_values(found)
    figure_text = build_figure_text(found, view, "lines")
    if not known:
        return look.build_empty_figure(view, theme, figure_text)
    all_lines = [line for line in build_series(found) if with_values(list(line.points))]
    looks = {
        geo: (colours.qualitative[i], look.MARKER_SYMBOLS[i])
        for geo, i in looks_of(known, styled_areas or view.geo).items()
    }
    dashes = {
        edition: look.LINE_DASHES[i % len(look.LINE_DASHES)] for i, edition in enumerate(rank_editions(known))
    }
    grid = compute_ticks(*_compute_value_extent(known, value_range, view))
    places = [get_decimal_year(row) for row in known]
    cuts = locate_breaks(view.indicator.breaks, known)
    top = TOP_MARGIN + 13 * max(len(cuts) - 1, 0)
    plot = PLOT_HEIGHT - top - BOTTOM_MARGIN
    stretches = [split_segments(line, known, view.indicator.breaks) for line in all_lines]
    ends = _build_end_labels(all_lines, [*chain(*stretches)], looks, dashes, view, theme, grid, plot)
    traces = []
    for line, parts in sorted(
        zip(all_lines, stretches), key=lambda pair: pair[0].geo in looks
    ):  # the named last, over the grey
        colour, symbol = looks.get(line.geo, (colours.muted, "circle"))
        if line.geo in looks:
            traces += [
                _build_interval_band(part, colour)
                for part in parts
                if len(part) > 1 and all(map(has_interval, part))
            ]
        traces.append(
            _build_line_trace(
                line, parts, colour, symbol, dashes[line.edition], line.geo in looks, view, colours
            )
        )
    keys = _build_legend_entries(known, dashes, view, colours)
    foot = BOTTOM_MARGIN + look.estimate_legend_height(keys)
    right = (
        max(
            [
                estimate_text_width(label["text"], look.TICK_SIZE)
                for label in ends
                if label.get("xref") == "paper"
            ],
            default=0,
        )
        + 14
    )
    return look.build_figure(
        traces + keys,
        look.build_layout(
            theme,
            view.lang,
            PLOT_HEIGHT - BOTTOM_MARGIN + foot,
            figure_text=figure_text,
            showlegend=bool(keys),
            legend=look.build_legend(theme, y=-BOTTOM_MARGIN / plot, yanchor="top"),
            margin={"l": 8, "r": max(right, 12), "t": top, "b": foot, "pad": 4},
            shapes=[
                {
                    "type": "line",
                    "x0": cut,
                    "x1": cut,
                    "y0": 0,
                    "y1": 1,
                    "yref": "paper",
                    "line": {"color": colours.border, "width": 1.2, "dash": "dot"},
                }
                for cut in cuts
            ],
            annotations=ends
            + [
                _build_break_label(place, cut, min(places), max(places), view, theme)
                for place, cut in enumerate(cuts)
            ],
            xaxis=look.build_axis(
                theme,
                range=[*_pad_time_range(places)],
                showgrid=False,
                tickangle=0,
                **build_time_ticks(known, view.lang),
            ),
            yaxis=look.build_axis(
                theme,
                range=_pad_range(grid),
                tickvals=grid,
                zeroline=grid[0] < 0 < grid[-1],
                zerolinecolor=colours.border,
                ticktext=look.format_tick_labels(
                    grid, view.indicator.unit, view.indicator.decimals, view.lang
                ),
            ),
        ),
    )


def get_value_extent(rows, view: View) -> tuple[float, float]:
    """Lowest and highest value drawn, for figures that must share a scale."""
    return _compute_value_extent(with_values(to_records(rows, view.lang)), (), view)


def build_time_ticks(known: list[dict], lang: str, most: int = 6) -> dict:
    """Where an axis of time says when: years, or months where all is within a year and a half."""
    places = sorted({get_decimal_year(row): row for row in known}.items())
    first, last = places[0][0], places[-1][0]
    if last - first > 1.5 or all(len(str(row["period"])) == 4 for _, row in places):
        years = range(int(first) + (first % 1 > 0.05), int(last) + 1)
        step = next(step for step in (1, 2, 3, 5, 10, 20) if len(years) / step <= most + 1)
        shown = [at for at in years if (years[-1] - at) % step == 0]
        return {"tickvals": shown, "ticktext": [str(at) for at in shown]}
    kept = places[:: max(1, -(-len(places) // most))]
    return {
        "tickvals": [at for at, _ in kept],
        "ticktext": [format_short_period(row["period"], lang).replace(" ", "<br>") for _, row in kept],
    }


def _build_line_trace(
    line: Series,
    parts: list[list[dict]],
    colour: str,
    symbol: str,
    dash: str,
    named: bool,
    view: View,
    colours,
) -> dict:
    """One trace: its stretches with a hole between them."""
    x, y, text, fill, size, codes = [], [], [], [], [], []
    for part in parts:
        if x:
            x.append(x[-1])
            y.append(None)
            text.append("")
            fill.append(colour)
            size.append(0)
            codes.append([line.geo])
        for row in part:
            x.append(get_decimal_year(row))
            y.append(row["value"])
            text.append(f"{build_hover_text(row, view)}<br>{line.edition_name}")
            fill.append(colours.background if is_provisional(row) or is_old_vintage(row) else colour)
            size.append(8 if named else 4 if len(part) == 1 else 0)
            codes.append([line.geo])
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": x,
        "y": y,
        "text": text,
        "hovertemplate": "%{text}<extra></extra>",
        "connectgaps": False,
        "name": line.name,
        "showlegend": False,
        "customdata": codes,
        "line": {"color": colour, "width": 2.4 if named else 1, "dash": dash},
        "marker": {
            "symbol": symbol,
            "size": size,
            "opacity": 1,
            "color": fill,
            "line": {"color": colour, "width": 1.8 if named else 1},
        },
        **_build_error_bars(parts, colour),
        **look.NO_SELECTION_DIMMING,
    }


def _build_interval_band(part: list[dict], colour: str) -> dict:
    """The interval of a stretch as a pale band behind its line."""
    x = [get_decimal_year(row) for row in part]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x + x[::-1],
        "y": [row["ci_high"] for row in part] + [row["ci_low"] for row in part[::-1]],
        "fill": "toself",
        "fillcolor": colour,
        "opacity": 0.18,
        "line": {"width": 0},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _build_error_bars(parts: list[list[dict]], colour: str) -> dict:
    """Whiskers for the points that stand alone or whose neighbours have no interval."""
    alone = [bool(len(part) == 1 or not all(map(has_interval, part))) for part in parts for _ in part]
    rows = [row for part in parts for row in part]
    if not any(has_interval(row) and single for row, single in zip(rows, alone)):
        return {}
    up, down = [], []
    for i, part in enumerate(parts):
        if i:
            up.append(0)
            down.append(0)
        single = len(part) == 1 or not all(map(has_interval, part))
        up += [row["ci_high"] - row["value"] if single and has_interval(row) else 0 for row in part]
        down += [row["value"] - row["ci_low"] if single and has_interval(row) else 0 for row in part]
    return {
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": up,
            "arrayminus": down,
            "color": colour,
            "thickness": 1.2,
            "width": 3,
        }
    }


def _compute_value_extent(known: list[dict], span: tuple, view: View) -> tuple[float, float]:
    values = [
        value for row in known for value in (row["value"], row["ci_low"], row["ci_high"]) if value is not None
    ] + list(span)
    low, high = min(values), max(values)
    if view.indicator.unit == "percent" or low >= 0 and low < 0.4 * high:
        low = (
            min(low, 0) if low < 0.5 * high else low
        )  # zero shows when it is near enough not to flatten the lines
    return low, high


def _pad_range(grid: list[float]) -> list[float]:
    room = (grid[-1] - grid[0]) * 0.04
    return [grid[0] - room, grid[-1] + room]


def _build_end_labels(
    all_lines: list[Series],
    drawn: list[list[dict]],
    looks: dict,
    dashes: dict,
    view: View,
    theme: str,
    grid: list[float],
    plot: int,
) -> list[dict]:
    """Names at the ends of the lines, moved apart where they would cover one another; of an area's editions the newest, and those that run beside it.
    drawn: the stretches of every line, which a name within the plot does not cover."""
    points = {
        geo: [found for line in all_lines if line.geo == geo and (found := with_values(list(line.points)))]
        for geo in looks
    }
    newest = {
        geo: max(lines, key=lambda line: get_decimal_year(line[-1])) for geo, lines in points.items() if lines
    }
    ends = [
        line[-1]
        for geo, lines in points.items()
        for line in lines
        if line is newest[geo] or get_decimal_year(line[-1]) >= get_decimal_year(newest[geo][0])
    ]
    low, high = _pad_range(grid)
    right = max(map(get_decimal_year, ends), default=0)
    with_value = len(newest) <= 4
    labels, early = [], []
    for row in ends:
        geo = row["geo"]
        name = (
            row["geo_name"]
            if [end["geo"] for end in ends].count(geo) == 1
            else f"{DASH_SYMBOLS[dashes[row['edition']]]} {row['geo_name']}"
        )
        if [(end["geo"], get_decimal_year(end)) for end in ends].count((geo, get_decimal_year(row))) > 1:
            name += f", {row.get('edition_name') or row['edition']}"
        value = f"<b>{format_data_label(row['value'], view)}</b>" if with_value else ""
        base = {
            "align": "left",
            "xanchor": "left",
            "yanchor": "middle",
            "xshift": 9,
            "font": {"size": look.TICK_SIZE, "color": _get_label_colour(looks[geo][0], theme)},
        }
        if get_decimal_year(row) == right:
            text = look.wrap_text(name, 13, 4) + ("<br>" + value if value else "")
            labels.append(
                [
                    (row["value"] - low) / (high - low) * plot,
                    7.5 * (text.count("<br>") + 1),
                    text,
                    base | {"y": row["value"]},
                ]
            )
        else:
            early.append((row, f"{name} {value}".strip(), base))
    start, end = _pad_time_range(list(map(get_decimal_year, chain(*drawn))))

    def at(row: dict) -> tuple[float, float]:
        return (get_decimal_year(row) - start) / (end - start), (row["value"] - low) / (high - low) * plot

    level = [label[0] for label in labels]
    spread_labels(labels, plot)
    places = place_labels(
        [(*at(row), text) for row, text, _ in early],
        [list(map(at, part)) for part in drawn],
        [(up, half, text) for up, half, text, _ in labels],
        plot,
    )
    return (
        [
            look.build_annotation(
                theme, text, x=get_decimal_year(row), y=row["value"], borderpad=0, **base | place
            )
            for (row, text, base), place in zip(early, places)
        ]  # a line that stops early is named where it stops
        + [
            look.build_annotation(theme, text, x=1, xref="paper", yshift=round(up - own), **base)
            for (up, _, text, base), own in zip(labels, level)
        ]
    )


def _pad_time_range(places: list[float]) -> tuple[float, float]:
    """The ends of the axis of time: the first and last moment and a little room."""
    margin = (max(places) - min(places)) * 0.03 or 0.5
    return min(places) - margin, max(places) + margin


def _get_label_colour(colour: str, theme: str) -> str:
    """The line's colour as text: as it is where it has contrast enough, else the ink."""
    colours = look.get_palette(theme)
    return colour if compute_contrast(colour, colours.background) >= 4.5 else colours.text


def _build_break_label(place: int, cut: float, left: float, right: float, view: View, theme: str) -> dict:
    late = (cut - left) / ((right - left) or 1) > 0.7
    return look.build_annotation(
        theme,
        t("break", view.lang),
        x=cut,
        y=1,
        yref="paper",
        yanchor="bottom",
        yshift=13 * place,
        xanchor="right" if late else "left",
    )


def _build_legend_entries(known: list[dict], dashes: dict, view: View, colours) -> list[dict]:
    """Legend entries for what is not said at the end of a line: editions and provisional points."""
    names = {row["edition"]: row.get("edition_name") or row["edition"] for row in known}
    base = {"type": "scatter", "x": [None], "y": [None], "hoverinfo": "skip", "showlegend": True}
    keys = (
        [
            {
                **base,
                "mode": "lines",
                "name": names[edition],
                "line": {"color": colours.secondary_text, "width": 2, "dash": dash},
            }
            for edition, dash in dashes.items()
        ]
        if len(dashes) > 1
        else []
    )
    hollow = {"size": 8, "color": colours.background, "line": {"color": colours.secondary_text, "width": 1.8}}
    if any(map(is_provisional, known)):
        keys.append({**base, "mode": "markers", "name": t("provisional", view.lang), "marker": hollow})
    if any(map(is_old_vintage, known)):
        keys.append(
            {
                **base,
                "mode": "markers",
                "name": t("old_vintage", view.lang),
                "marker": {**hollow, "symbol": "square"},
            }
        )
    return keys
