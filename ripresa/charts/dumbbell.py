"""Women-led beside men-led firms: two dots a row and the line between them."""

import plotly.graph_objects as go

from ripresa.charts import theme as look
from ripresa.charts.bar import SECOND_AXIS_TRACE, build_error_bars, build_label_axes
from ripresa.charts.scales import compute_ticks
from ripresa.filters import View
from ripresa.narrative.figure_text import build_figure_text, build_hover_text
from ripresa.narrative.headlines import pair_by_gender
from ripresa.narrative.phrases import format_difference, format_indicator_value
from ripresa.narrative.significance import classify_difference
from ripresa.observations.rows import get_highlighted_areas, has_interval, to_records

ROW_HEIGHT, TOP_MARGIN, BOTTOM_MARGIN = 38, 30, 56


def build_dumbbell_chart(rows, view: View, theme: str = "light") -> go.Figure:
    """One row an area (or sector, size, period) that has both. rows: gender "female" and "male" with value, ci_low, ci_high. Order as given."""
    found, colours = to_records(rows, view.lang), look.get_palette(theme)
    both = pair_by_gender(found, view)
    figure_text = build_figure_text(found, view, "gaps")
    if not both:
        return look.build_empty_figure(view, theme, figure_text)
    values = [
        value
        for *_, women, men in both
        for row in (women, men)
        for value in (row["value"], row["ci_low"], row["ci_high"])
        if value is not None
    ]
    grid = compute_ticks(min(0, *values), max(values), 5)
    places = range(len(both))
    joins = {
        "type": "scatter",
        "mode": "lines",
        "x": [x for *_, women, men in both for x in (women["value"], men["value"], None)],
        "y": [y for place in places for y in (place, place, None)],
        "line": {"color": colours.muted, "width": 4},
        "hoverinfo": "skip",
        "showlegend": False,
    }
    women = {
        **_build_marker_trace([pair[2] for pair in both], colours.qualitative[0], "circle", view, colours),
        "legendrank": 1,
    }
    men = {
        **_build_marker_trace([pair[3] for pair in both], colours.qualitative[1], "square", view, colours),
        "legendrank": 2,
    }
    return look.build_figure(
        [joins, men, women, SECOND_AXIS_TRACE],
        look.build_layout(
            theme,
            view.lang,
            TOP_MARGIN + ROW_HEIGHT * len(both) + BOTTOM_MARGIN,
            figure_text=figure_text,
            showlegend=True,
            legend=look.build_legend(
                theme, y=1, yanchor="bottom", font={"size": look.TICK_SIZE, "color": colours.text}
            ),
            margin={"l": 8, "r": 8, "t": TOP_MARGIN, "b": BOTTOM_MARGIN - 26, "pad": 4},
            xaxis=look.build_axis(
                theme,
                range=[grid[0], grid[-1]],
                tickvals=grid,
                ticktext=look.format_tick_labels(
                    grid, view.indicator.unit, view.indicator.decimals, view.lang
                ),
            ),
            **build_label_axes(
                [
                    f"<b>{look.wrap_text(name, 18, 2)}</b>"
                    if code in get_highlighted_areas(view)
                    else look.wrap_text(name, 18, 2)
                    for code, name, *_ in both
                ],
                [_format_gap(women, men, view) for *_, women, men in both],
                theme,
            ),
        ),
    )


def _build_marker_trace(rows: list[dict], colour: str, symbol: str, view: View, colours) -> dict:
    trace = {
        "type": "scatter",
        "mode": "markers",
        "x": [row["value"] for row in rows],
        "y": list(range(len(rows))),
        "name": rows[0]["gender_name"],
        "text": [
            build_hover_text(row, view, f"{row['geo_name']}, {row['gender_name'].lower()}") for row in rows
        ],
        "hovertemplate": "%{text}<extra></extra>",
        "customdata": [[row["geo"]] for row in rows],
        "showlegend": True,
        "marker": {
            "symbol": symbol,
            "size": 12,
            "color": colour,
            "line": {"color": colours.background, "width": 1},
        },
        **look.NO_SELECTION_DIMMING,
    }
    if not any(map(has_interval, rows)):
        return trace
    return {**trace, "error_x": build_error_bars(rows, colour)}


def _format_gap(women: dict, men: dict, view: View) -> str:
    """The distance at the end of the row; "≈" where the two cannot be told apart."""
    same = classify_difference(women, men) == "indistinct" or format_indicator_value(
        women["value"], view
    ) == format_indicator_value(men["value"], view)
    return (
        "≈"
        if same
        else ("+" if women["value"] > men["value"] else "−")
        + format_difference(women["value"], men["value"], view)
    )
