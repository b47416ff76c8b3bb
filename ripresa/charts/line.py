"""Lines over time: one an area and edition, cut at breaks, open at gaps, hollow where provisional."""

from itertools import chain

import pandas as pd
import plotly.graph_objects as go

from ripresa.charts import theme as look
from ripresa.charts.label_placement import apart, beside
from ripresa.charts.line_styles import looks as looks_of
from ripresa.charts.scales import contrast, ticks
from ripresa.filters import View
from ripresa.i18n import t
from ripresa.narrative.figure_text import frame, hover
from ripresa.narrative.phrases import compact, short_period
from ripresa.observations.rows import has_interval, is_provisional, no_direction, records, valued, year
from ripresa.observations.series import Series, break_years, editions, segments, series

HEIGHT, TOP, FOOT = 400, 26, 34
STROKES = dict(zip(look.DASHES, "━╍┉┅"))  # a dash as it stands before a name


def has_line(rows: pd.DataFrame) -> bool:
    """Whether any area has two periods that may be joined."""
    return bool(len(rows)) and int(rows.groupby(["geo", "edition"])["period"].nunique().max()) > 1


def lines(rows, view: View, theme: str = "light", span: tuple = (), asked: tuple[str, ...] = ()) -> go.Figure:
    """One line an area and edition. rows: all periods of some areas (geo, edition, period, period_start, value, ci_low, ci_high, status, flags).

    span: lowest and highest value of another figure beside this one, so that both share a scale. asked: the areas asked for, those chosen if not said, so that
    each looks the same in both.
    """
    found, colours = records(rows, view.lang), look.palette(theme)
    known = valued(found)
    meta = frame(found, view, "lines")
    if not known:
        return look.empty(view, theme, meta)
    all_lines = [line for line in series(found) if valued(list(line.points))]
    looks = {
        geo: (colours.qualitative[i], look.SYMBOLS[i])
        for geo, i in looks_of(known, asked or view.geo).items()
    }
    dashes = {edition: look.DASHES[i % len(look.DASHES)] for i, edition in enumerate(editions(known))}
    grid = ticks(*_reach(known, span, view))
    places = [year(row) for row in known]
    cuts = break_years(view.indicator.breaks, known)
    top = TOP + 13 * max(len(cuts) - 1, 0)
    plot = HEIGHT - top - FOOT
    stretches = [segments(line, known, view.indicator.breaks) for line in all_lines]
    ends = _end_labels(all_lines, [*chain(*stretches)], looks, dashes, view, theme, grid, plot)
    traces = []
    for line, parts in sorted(
        zip(all_lines, stretches), key=lambda pair: pair[0].geo in looks
    ):  # the named last, over the grey
        colour, symbol = looks.get(line.geo, (colours.mute, "circle"))
        if line.geo in looks:
            traces += [
                _band(part, colour) for part in parts if len(part) > 1 and all(map(has_interval, part))
            ]
        traces.append(
            _line(line, parts, colour, symbol, dashes[line.edition], line.geo in looks, view, colours)
        )
    keys = _keys(known, dashes, view, colours)
    foot = FOOT + look.legend_height(keys)
    right = (
        max([look.text_width(label["text"]) for label in ends if label.get("xref") == "paper"], default=0)
        + 14
    )
    return look.figure(
        traces + keys,
        look.layout(
            theme,
            view.lang,
            HEIGHT - FOOT + foot,
            meta=meta,
            showlegend=bool(keys),
            legend=look.legend(theme, y=-FOOT / plot, yanchor="top"),
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
                _break_label(place, cut, min(places), max(places), view, theme)
                for place, cut in enumerate(cuts)
            ],
            xaxis=look.axis(
                theme, range=[*_span(places)], showgrid=False, tickangle=0, **time_ticks(known, view.lang)
            ),
            yaxis=look.axis(
                theme,
                range=_with_room(grid),
                tickvals=grid,
                zeroline=grid[0] < 0 < grid[-1],
                zerolinecolor=colours.border,
                ticktext=look.tick_labels(grid, view.indicator.unit, view.indicator.decimals, view.lang),
            ),
        ),
    )


def reach(rows, view: View) -> tuple[float, float]:
    """Lowest and highest value drawn, for figures that must share a scale."""
    return _reach(valued(records(rows, view.lang)), (), view)


def time_ticks(known: list[dict], lang: str, most: int = 6) -> dict:
    """Where an axis of time says when: years, or months where all is within a year and a half."""
    places = sorted({year(row): row for row in known}.items())
    first, last = places[0][0], places[-1][0]
    if last - first > 1.5 or all(len(str(row["period"])) == 4 for _, row in places):
        years = range(int(first) + (first % 1 > 0.05), int(last) + 1)
        step = next(step for step in (1, 2, 3, 5, 10, 20) if len(years) / step <= most + 1)
        shown = [at for at in years if (years[-1] - at) % step == 0]
        return {"tickvals": shown, "ticktext": [str(at) for at in shown]}
    kept = places[:: max(1, -(-len(places) // most))]
    return {
        "tickvals": [at for at, _ in kept],
        "ticktext": [short_period(row["period"], lang).replace(" ", "<br>") for _, row in kept],
    }


def _line(
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
            x.append(year(row))
            y.append(row["value"])
            text.append(f"{hover(row, view)}<br>{line.edition_name}")
            fill.append(colours.page if is_provisional(row) or no_direction(row) else colour)
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
        **_bars_of(parts, colour),
        **look.NO_DIMMING,
    }


def _band(part: list[dict], colour: str) -> dict:
    """The interval of a stretch as a pale band behind its line."""
    x = [year(row) for row in part]
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


def _bars_of(parts: list[list[dict]], colour: str) -> dict:
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


def _reach(known: list[dict], span: tuple, view: View) -> tuple[float, float]:
    values = [
        value for row in known for value in (row["value"], row["ci_low"], row["ci_high"]) if value is not None
    ] + list(span)
    low, high = min(values), max(values)
    if view.indicator.unit == "percent" or low >= 0 and low < 0.4 * high:
        low = (
            min(low, 0) if low < 0.5 * high else low
        )  # zero shows when it is near enough not to flatten the lines
    return low, high


def _with_room(grid: list[float]) -> list[float]:
    room = (grid[-1] - grid[0]) * 0.04
    return [grid[0] - room, grid[-1] + room]


def _end_labels(
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
        geo: [found for line in all_lines if line.geo == geo and (found := valued(list(line.points)))]
        for geo in looks
    }
    newest = {geo: max(lines, key=lambda line: year(line[-1])) for geo, lines in points.items() if lines}
    ends = [
        line[-1]
        for geo, lines in points.items()
        for line in lines
        if line is newest[geo] or year(line[-1]) >= year(newest[geo][0])
    ]
    low, high = _with_room(grid)
    right = max(map(year, ends), default=0)
    with_value = len(newest) <= 4
    labels, early = [], []
    for row in ends:
        geo = row["geo"]
        name = (
            row["geo_name"]
            if [end["geo"] for end in ends].count(geo) == 1
            else f"{STROKES[dashes[row['edition']]]} {row['geo_name']}"
        )
        if [(end["geo"], year(end)) for end in ends].count((geo, year(row))) > 1:
            name += f", {row.get('edition_name') or row['edition']}"
        value = f"<b>{compact(row['value'], view)}</b>" if with_value else ""
        base = {
            "align": "left",
            "xanchor": "left",
            "yanchor": "middle",
            "xshift": 9,
            "font": {"size": look.TICK, "color": _readable(looks[geo][0], theme)},
        }
        if year(row) == right:
            text = look.wrap(name, 13, 4) + ("<br>" + value if value else "")
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
    start, end = _span(list(map(year, chain(*drawn))))

    def at(row: dict) -> tuple[float, float]:
        return (year(row) - start) / (end - start), (row["value"] - low) / (high - low) * plot

    level = [label[0] for label in labels]
    apart(labels, plot)
    places = beside(
        [(*at(row), text) for row, text, _ in early],
        [list(map(at, part)) for part in drawn],
        [(up, half, text) for up, half, text, _ in labels],
        plot,
    )
    return (
        [
            look.note(theme, text, x=year(row), y=row["value"], borderpad=0, **base | place)
            for (row, text, base), place in zip(early, places)
        ]  # a line that stops early is named where it stops
        + [
            look.note(theme, text, x=1, xref="paper", yshift=round(up - own), **base)
            for (up, _, text, base), own in zip(labels, level)
        ]
    )


def _span(places: list[float]) -> tuple[float, float]:
    """The ends of the axis of time: the first and last moment and a little room."""
    margin = (max(places) - min(places)) * 0.03 or 0.5
    return min(places) - margin, max(places) + margin


def _readable(colour: str, theme: str) -> str:
    """The line's colour as text: as it is where it has contrast enough, else the ink."""
    colours = look.palette(theme)
    return colour if contrast(colour, colours.page) >= 4.5 else colours.ink


def _break_label(place: int, cut: float, left: float, right: float, view: View, theme: str) -> dict:
    late = (cut - left) / ((right - left) or 1) > 0.7
    return look.note(
        theme,
        t("break", view.lang),
        x=cut,
        y=1,
        yref="paper",
        yanchor="bottom",
        yshift=13 * place,
        xanchor="right" if late else "left",
    )


def _keys(known: list[dict], dashes: dict, view: View, colours) -> list[dict]:
    """Legend entries for what is not said at the end of a line: editions and provisional points."""
    names = {row["edition"]: row.get("edition_name") or row["edition"] for row in known}
    base = {"type": "scatter", "x": [None], "y": [None], "hoverinfo": "skip", "showlegend": True}
    keys = (
        [
            {
                **base,
                "mode": "lines",
                "name": names[edition],
                "line": {"color": colours.soft, "width": 2, "dash": dash},
            }
            for edition, dash in dashes.items()
        ]
        if len(dashes) > 1
        else []
    )
    hollow = {"size": 8, "color": colours.page, "line": {"color": colours.soft, "width": 1.8}}
    if any(map(is_provisional, known)):
        keys.append({**base, "mode": "markers", "name": t("provisional", view.lang), "marker": hollow})
    if any(map(no_direction, known)):
        keys.append(
            {
                **base,
                "mode": "markers",
                "name": t("old_vintage", view.lang),
                "marker": {**hollow, "symbol": "square"},
            }
        )
    return keys
