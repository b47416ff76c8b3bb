"""Areas in order: bars, or dots with whiskers where intervals are known, against the line of what they are compared with."""

import plotly.graph_objects as go

from ripresa.charts import theme as look
from ripresa.charts.scales import compute_ticks
from ripresa.filters import View
from ripresa.i18n import format_period, t
from ripresa.narrative.figure_text import build_figure_text, build_hover_text
from ripresa.narrative.phrases import format_data_label, format_indicator_value
from ripresa.observations import boundaries
from ripresa.observations.rows import (
    flag_other_editions,
    format_edition_mark,
    get_area_rows,
    get_highlighted_areas,
    get_reference_rows,
    has_interval,
    is_old_survey,
    is_other_edition,
    is_small_sample,
    to_records,
    with_values,
)

ROW_HEIGHT, TOP_MARGIN, BOTTOM_MARGIN = 26, 34, 30  # pixels
MAX_BARS, BARS_AT_EACH_END = 45, 12  # beyond MOST areas only the ENDS at either end and the chosen are drawn


def build_bar_chart(rows, view: View, theme: str = "light", max_bars: int = MAX_BARS) -> go.Figure:
    """One bar an area, highest first. rows: those of a map, with the reference rows (rows.together) for the dotted line.

    Areas of another edition come after the others, hollow; those without a value stay at the end, without a bar. With more than `most` areas only both ends and the chosen are drawn, and a note says so.
    """
    found, colours = flag_other_editions(to_records(rows, view.lang)), look.get_palette(theme)
    own = get_area_rows(found, view)
    ordered = sorted(with_values(own), key=lambda row: (-row["value"], row["geo_name"]))
    if view.indicator.unit == "rank":
        ordered.reverse()
    ordered.sort(key=is_other_edition)
    if not ordered:
        return look.build_empty_figure(view, theme, build_figure_text(found, view, "bars"))
    missing = sorted((row for row in own if row["value"] is None), key=lambda row: row["geo_name"])
    lines, hidden = _truncate_rows(ordered + missing, view, max_bars)
    figure_text = build_figure_text(found, view, "bars", [hidden] if hidden else [])
    drawn = [(place, row) for place, row in enumerate(lines) if row and row["value"] is not None]
    against = with_values(get_reference_rows(found, view))[:2]
    low, high = get_value_extent([row for _, row in drawn] + against)
    paint = {row["geo"]: _get_colour(row, view, colours) for _, row in drawn}
    as_dots = view.indicator.unit == "rank" or any(
        has_interval(row) for _, row in drawn
    )  # a place has no length
    traces = (
        [build_dot_trace(drawn, paint, view, colours)]
        if as_dots
        else build_bar_traces(drawn, paint, "geo", view, colours)
    )
    head = TOP_MARGIN + 15 * (len(against) - 1) if against else 8
    return look.build_figure(
        [*traces, SECOND_AXIS_TRACE],
        look.build_layout(
            theme,
            view.lang,
            head + ROW_HEIGHT * len(lines) + BOTTOM_MARGIN,
            figure_text=figure_text,
            barmode="overlay",
            margin={"l": 8, "r": 8, "t": head, "b": BOTTOM_MARGIN, "pad": 4},
            shapes=_build_reference_lines(against, colours),
            annotations=_build_reference_labels(against, low, high, theme, view),
            **build_axes(
                [_format_label(row, found, view) for row in lines],
                [_format_value(row, view) for row in lines],
                low,
                high,
                theme,
                view,
            ),
        ),
    )


SECOND_AXIS_TRACE = {
    "type": "scatter",
    "x": [None],
    "y": [None],
    "yaxis": "y2",
    "hoverinfo": "skip",
    "showlegend": False,
}  # an axis is drawn only if a trace uses it


def build_axes(names: list[str], values: list[str], low: float, high: float, theme: str, view: View) -> dict:
    """Names to the left, values in a column to the right where no bar or line can strike them through, a quiet scale below."""
    colours, unit, decimals, lang = (
        look.get_palette(theme),
        view.indicator.unit,
        view.indicator.decimals,
        view.lang,
    )
    grid = compute_ticks(low, high, 6)
    if any(len(label) > 5 for label in look.format_tick_labels(grid, unit, decimals, lang)):
        grid = compute_ticks(low, high, 4)  # long labels touch on a phone
    grid = [at for at in grid if low <= at <= high or at == 0]
    room = 0.015 * (high - low)
    return {
        "xaxis": look.build_axis(
            theme,
            range=[low - room if low < 0 else 0, high + room],
            tickvals=grid,
            ticktext=look.format_tick_labels(grid, unit, decimals, lang),
            zeroline=True,
            zerolinecolor=colours.border,
            zerolinewidth=1,
        ),
        **build_label_axes(names, values, theme),
    }


def build_label_axes(names: list[str], values: list[str], theme: str, **more) -> dict:
    """Two axes of one row each: names to the left, texts to the right; both take the room they need. `more` goes to the names."""
    along = {
        "range": [len(names) - 0.4, -0.6],
        "tickvals": list(range(len(names))),
        "showgrid": False,
        "tickfont": {"size": look.TICK_SIZE, "color": look.get_palette(theme).text},
    }
    return {
        "yaxis": look.build_axis(theme, **along | more, ticktext=names),
        "yaxis2": look.build_axis(theme, **along, ticktext=values, overlaying="y", side="right"),
    }


def get_value_extent(rows: list[dict]) -> tuple[float, float]:
    """Lowest and highest end of values and intervals, zero included: bars start there."""
    ends = [
        value for row in rows for value in (row["value"], row["ci_low"], row["ci_high"]) if value is not None
    ]
    return min(0, *ends), max(0, *ends)


def build_bar_traces(drawn: list[tuple[int, dict]], paint: dict, key: str, view: View, colours) -> list[dict]:
    """Bars as one trace a colour and hatch, hollow where the edition is another; paint: a colour for each value of the column `key`."""
    groups: dict[tuple, list] = {}
    for place, row in drawn:
        groups.setdefault(
            (
                paint[row[key]],
                is_other_edition(row),
                "/" if is_small_sample(row) else "\\" if is_old_survey(row) else "",
            ),
            [],
        ).append((place, row))
    pattern = {"fgcolor": colours.background, "size": 6, "solidity": 0.35, "fillmode": "overlay"}
    return [
        {
            "type": "bar",
            "orientation": "h",
            "y": [place for place, _ in group],
            "x": [row["value"] for _, row in group],
            "width": 0.72,
            "customdata": [[row[key]] for _, row in group],
            "hovertext": [build_hover_text(row, view, _get_hover_name(row, key)) for _, row in group],
            "hovertemplate": "%{hovertext}<extra></extra>",
            "showlegend": False,
            "marker": {
                "color": colour,
                **({"pattern": {"shape": hatch, **pattern}} if hatch else {}),
                **({"color": look.TRANSPARENT, "line": {"color": colour, "width": 1.5}} if apart else {}),
            },
            **look.NO_SELECTION_DIMMING,
        }
        for (colour, apart, hatch), group in groups.items()
    ]


def build_dot_trace(
    drawn: list[tuple[int, dict]], paint: dict, view: View, colours, key: str = "geo"
) -> dict:
    """Dots with whiskers; hollow where the base is small, hollow diamonds where the edition is another."""
    rows = [row for _, row in drawn]
    fill = [paint[row[key]] for row in rows]
    return {
        "type": "scatter",
        "mode": "markers",
        "y": [place for place, _ in drawn],
        "x": [row["value"] for row in rows],
        "customdata": [[row[key]] for row in rows],
        "text": [build_hover_text(row, view, _get_hover_name(row, key)) for row in rows],
        "hovertemplate": "%{text}<extra></extra>",
        "showlegend": False,
        "marker": {
            "size": 10,
            "symbol": ["diamond" if is_other_edition(row) else "circle" for row in rows],
            "color": [
                colours.background if is_small_sample(row) or is_other_edition(row) else colour
                for row, colour in zip(rows, fill)
            ],
            "line": {"width": 2, "color": fill},
        },
        "error_x": build_error_bars(rows, colours.border),
        **look.NO_SELECTION_DIMMING,
    }


def build_error_bars(rows: list[dict], colour: str) -> dict:
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


def _get_hover_name(row: dict, key: str) -> str:
    return f"{row['sector_name']}, {row['geo_name']}" if key == "sector" else ""


def _truncate_rows(lines: list[dict], view: View, most: int) -> tuple[list[dict | None], str]:
    """The rows to draw, None where others are left out, and the note that says so."""
    if len(lines) <= most:
        return lines, ""
    visible_indexes = [
        place
        for place, row in enumerate(lines)
        if place < BARS_AT_EACH_END
        or place >= len(lines) - BARS_AT_EACH_END
        or row["geo"] in get_highlighted_areas(view)
    ]
    drawn: list[dict | None] = []
    for before, place in zip([-1, *visible_indexes], visible_indexes):
        drawn += [None] * (place > before + 1) + [lines[place]]
    return drawn, t(
        "note_hidden",
        view.lang,
        shown=len(visible_indexes),
        count=len(lines),
        top=BARS_AT_EACH_END,
        bottom=BARS_AT_EACH_END,
    )


def _get_colour(row: dict, view: View, colours) -> str:
    if row["geo"] in get_highlighted_areas(view):
        return colours.qualitative[0]
    return colours.muted if view.geo else colours.bar


def _format_label(row: dict | None, found: list[dict], view: View) -> str:
    if row is None:
        return "⋯"
    years = {other["period"] for other in with_values(found)}
    text = look.wrap_text(boundaries.NARROW_NAMES.get(row["geo_name"], row["geo_name"]), 20, 2)
    if len(years) > 1 and row["value"] is not None:
        text += f" ({format_period(row['period'], view.lang)})" if len(row["period"]) == 4 else ""
    text += format_edition_mark(row) + (" *" if is_small_sample(row) else "")
    return f"<b>{text}</b>" if row["geo"] in get_highlighted_areas(view) else text


def _format_value(row: dict | None, view: View) -> str:
    if row is None:
        return ""
    text = format_data_label(row["value"], view)
    return f"<b>{text}</b>" if row["geo"] in get_highlighted_areas(view) else text


def _build_reference_lines(against: list[dict], colours) -> list[dict]:
    return [
        {
            "type": "line",
            "x0": row["value"],
            "x1": row["value"],
            "y0": 0,
            "y1": 1,
            "yref": "paper",
            "layer": "above",
            "line": {"color": colours.text, "width": 1.5, "dash": dash},
        }
        for row, dash in zip(against, ("dot", "dash"))
    ]


def _build_reference_labels(
    against: list[dict], low: float, high: float, theme: str, view: View
) -> list[dict]:
    labels = []
    for place, row in enumerate(against):
        share = (row["value"] - low) / ((high - low) or 1)
        labels.append(
            look.build_annotation(
                theme,
                f"{row['geo_name']}{format_edition_mark(row)} {format_indicator_value(row['value'], view)}",
                x=row["value"],
                y=1,
                yref="paper",
                yanchor="bottom",
                yshift=2 + 15 * place,
                xanchor="left" if share < 0.3 else "right" if share > 0.7 else "center",
                font={"size": look.TICK_SIZE, "color": look.get_palette(theme).text},
            )
        )
    return labels
