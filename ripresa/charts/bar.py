"""Areas in order: bars, or dots with whiskers where intervals are known, against the line of what they are compared with."""

import plotly.graph_objects as go

from ripresa.charts import theme as look
from ripresa.charts.scales import ticks
from ripresa.filters import View
from ripresa.i18n import period_text, t
from ripresa.narrative.figure_text import frame, hover
from ripresa.narrative.phrases import compact, show
from ripresa.observations import boundaries
from ripresa.observations.rows import (
    focus,
    has_interval,
    is_apart,
    is_old,
    is_small,
    peers,
    records,
    references,
    set_apart,
    sign,
    valued,
)

ROW, HEAD, FOOT = 26, 34, 30  # pixels
MOST, ENDS = 45, 12  # beyond MOST areas only the ENDS at either end and the chosen are drawn


def bars(rows, view: View, theme: str = "light", most: int = MOST) -> go.Figure:
    """One bar an area, highest first. rows: those of a map, with the reference rows (rows.together) for the dotted line.

    Areas of another edition come after the others, hollow; those without a value stay at the end, without a bar. With more than `most` areas only both ends and the chosen are drawn, and a note says so.
    """
    found, colours = set_apart(records(rows, view.lang)), look.palette(theme)
    own = peers(found, view)
    ordered = sorted(valued(own), key=lambda row: (-row["value"], row["geo_name"]))
    if view.indicator.unit == "rank":
        ordered.reverse()
    ordered.sort(key=is_apart)
    if not ordered:
        return look.empty(view, theme, frame(found, view, "bars"))
    missing = sorted((row for row in own if row["value"] is None), key=lambda row: row["geo_name"])
    lines, hidden = _cut(ordered + missing, view, most)
    meta = frame(found, view, "bars", notes=[hidden] if hidden else [])
    drawn = [(place, row) for place, row in enumerate(lines) if row and row["value"] is not None]
    against = valued(references(found, view))[:2]
    low, high = reach([row for _, row in drawn] + against)
    paint = {row["geo"]: _colour(row, view, colours) for _, row in drawn}
    as_dots = view.indicator.unit == "rank" or any(
        has_interval(row) for _, row in drawn
    )  # a place has no length
    traces = [dots(drawn, paint, view, colours)] if as_dots else solid(drawn, paint, "geo", view, colours)
    head = HEAD + 15 * (len(against) - 1) if against else 8
    return look.figure(
        [*traces, COLUMN],
        look.layout(
            theme,
            view.lang,
            head + ROW * len(lines) + FOOT,
            meta=meta,
            barmode="overlay",
            margin={"l": 8, "r": 8, "t": head, "b": FOOT, "pad": 4},
            shapes=_reference_lines(against, colours),
            annotations=_reference_labels(against, low, high, theme, view),
            **axes(
                [_label(row, found, view) for row in lines],
                [_value(row, view) for row in lines],
                low,
                high,
                theme,
                view,
            ),
        ),
    )


COLUMN = {
    "type": "scatter",
    "x": [None],
    "y": [None],
    "yaxis": "y2",
    "hoverinfo": "skip",
    "showlegend": False,
}  # an axis is drawn only if a trace uses it


def axes(names: list[str], values: list[str], low: float, high: float, theme: str, view: View) -> dict:
    """Names to the left, values in a column to the right where no bar or line can strike them through, a quiet scale below."""
    colours, unit, decimals, lang = (
        look.palette(theme),
        view.indicator.unit,
        view.indicator.decimals,
        view.lang,
    )
    grid = ticks(low, high, 6)
    if any(len(label) > 5 for label in look.tick_labels(grid, unit, decimals, lang)):
        grid = ticks(low, high, 4)  # long labels touch on a phone
    grid = [at for at in grid if low <= at <= high or at == 0]
    room = 0.015 * (high - low)
    return {
        "xaxis": look.axis(
            theme,
            range=[low - room if low < 0 else 0, high + room],
            tickvals=grid,
            ticktext=look.tick_labels(grid, unit, decimals, lang),
            zeroline=True,
            zerolinecolor=colours.border,
            zerolinewidth=1,
        ),
        **columns(names, values, theme),
    }


def columns(names: list[str], values: list[str], theme: str, **more) -> dict:
    """Two axes of one row each: names to the left, texts to the right; both take the room they need. `more` goes to the names."""
    along = {
        "range": [len(names) - 0.4, -0.6],
        "tickvals": list(range(len(names))),
        "showgrid": False,
        "tickfont": {"size": look.TICK, "color": look.palette(theme).ink},
    }
    return {
        "yaxis": look.axis(theme, **along | more, ticktext=names),
        "yaxis2": look.axis(theme, **along, ticktext=values, overlaying="y", side="right"),
    }


def reach(rows: list[dict]) -> tuple[float, float]:
    """Lowest and highest end of values and intervals, zero included: bars start there."""
    ends = [
        value for row in rows for value in (row["value"], row["ci_low"], row["ci_high"]) if value is not None
    ]
    return min(0, *ends), max(0, *ends)


def solid(drawn: list[tuple[int, dict]], paint: dict, key: str, view: View, colours) -> list[dict]:
    """Bars as one trace a colour and hatch, hollow where the edition is another; paint: a colour for each value of the column `key`."""
    groups: dict[tuple, list] = {}
    for place, row in drawn:
        groups.setdefault(
            (paint[row[key]], is_apart(row), "/" if is_small(row) else "\\" if is_old(row) else ""), []
        ).append((place, row))
    pattern = {"fgcolor": colours.page, "size": 6, "solidity": 0.35, "fillmode": "overlay"}
    return [
        {
            "type": "bar",
            "orientation": "h",
            "y": [place for place, _ in group],
            "x": [row["value"] for _, row in group],
            "width": 0.72,
            "customdata": [[row[key]] for _, row in group],
            "hovertext": [hover(row, view, _said(row, key)) for _, row in group],
            "hovertemplate": "%{hovertext}<extra></extra>",
            "showlegend": False,
            "marker": {
                "color": colour,
                **({"pattern": {"shape": hatch, **pattern}} if hatch else {}),
                **({"color": look.CLEAR, "line": {"color": colour, "width": 1.5}} if apart else {}),
            },
            **look.NO_DIMMING,
        }
        for (colour, apart, hatch), group in groups.items()
    ]


def dots(drawn: list[tuple[int, dict]], paint: dict, view: View, colours, key: str = "geo") -> dict:
    """Dots with whiskers; hollow where the base is small, hollow diamonds where the edition is another."""
    rows = [row for _, row in drawn]
    fill = [paint[row[key]] for row in rows]
    return {
        "type": "scatter",
        "mode": "markers",
        "y": [place for place, _ in drawn],
        "x": [row["value"] for row in rows],
        "customdata": [[row[key]] for row in rows],
        "text": [hover(row, view, _said(row, key)) for row in rows],
        "hovertemplate": "%{text}<extra></extra>",
        "showlegend": False,
        "marker": {
            "size": 10,
            "symbol": ["diamond" if is_apart(row) else "circle" for row in rows],
            "color": [
                colours.page if is_small(row) or is_apart(row) else colour for row, colour in zip(rows, fill)
            ],
            "line": {"width": 2, "color": fill},
        },
        "error_x": whiskers(rows, colours.border),
        **look.NO_DIMMING,
    }


def whiskers(rows: list[dict], colour: str) -> dict:
    """The intervals of rows as error bars; none where a row has no interval."""
    return {
        "type": "data",
        "symmetric": False,
        "color": colour,
        "thickness": 1.4,
        "width": 0,
        "array": [row["ci_high"] - row["value"] if has_interval(row) else 0 for row in rows],
        "arrayminus": [row["value"] - row["ci_low"] if has_interval(row) else 0 for row in rows],
    }


def _said(row: dict, key: str) -> str:
    return f"{row['sector_name']}, {row['geo_name']}" if key == "sector" else ""


def _cut(lines: list[dict], view: View, most: int) -> tuple[list[dict | None], str]:
    """The rows to draw, None where others are left out, and the note that says so."""
    if len(lines) <= most:
        return lines, ""
    kept = [
        place
        for place, row in enumerate(lines)
        if place < ENDS or place >= len(lines) - ENDS or row["geo"] in focus(view)
    ]
    drawn: list[dict | None] = []
    for before, place in zip([-1, *kept], kept):
        drawn += [None] * (place > before + 1) + [lines[place]]
    return drawn, t("note_hidden", view.lang, shown=len(kept), count=len(lines), top=ENDS, bottom=ENDS)


def _colour(row: dict, view: View, colours) -> str:
    if row["geo"] in focus(view):
        return colours.qualitative[0]
    return colours.mute if view.geo else colours.bar


def _label(row: dict | None, found: list[dict], view: View) -> str:
    if row is None:
        return "⋯"
    years = {other["period"] for other in valued(found)}
    text = look.wrap(boundaries.NARROW.get(row["geo_name"], row["geo_name"]), 20, 2)
    if len(years) > 1 and row["value"] is not None:
        text += f" ({period_text(row['period'], view.lang)})" if len(row["period"]) == 4 else ""
    text += sign(row) + (" *" if is_small(row) else "")
    return f"<b>{text}</b>" if row["geo"] in focus(view) else text


def _value(row: dict | None, view: View) -> str:
    if row is None:
        return ""
    text = compact(row["value"], view)
    return f"<b>{text}</b>" if row["geo"] in focus(view) else text


def _reference_lines(against: list[dict], colours) -> list[dict]:
    return [
        {
            "type": "line",
            "x0": row["value"],
            "x1": row["value"],
            "y0": 0,
            "y1": 1,
            "yref": "paper",
            "layer": "above",
            "line": {"color": colours.ink, "width": 1.5, "dash": dash},
        }
        for row, dash in zip(against, ("dot", "dash"))
    ]


def _reference_labels(against: list[dict], low: float, high: float, theme: str, view: View) -> list[dict]:
    labels = []
    for place, row in enumerate(against):
        share = (row["value"] - low) / ((high - low) or 1)
        labels.append(
            look.note(
                theme,
                f"{row['geo_name']}{sign(row)} {show(row['value'], view)}",
                x=row["value"],
                y=1,
                yref="paper",
                yanchor="bottom",
                yshift=2 + 15 * place,
                xanchor="left" if share < 0.3 else "right" if share > 0.7 else "center",
                font={"size": look.TICK, "color": look.palette(theme).ink},
            )
        )
    return labels
