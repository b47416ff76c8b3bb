"""The axes of charts with one row for each area or sector: bars, dots and dumbbells."""

from collections.abc import Sequence

from ripresa.charts.scales import compute_ticks
from ripresa.charts.theme import TICK_SIZE, Spec, build_axis, format_tick_labels, get_palette
from ripresa.filters import View

MAX_TICKS, MAX_LONG_TICKS = 6, 4
MAX_SHORT_TICK_LENGTH = 5  # characters; longer labels overlap on a phone

# Plotly renders an axis only if a trace uses it.
SECOND_AXIS_TRACE: Spec = {
    "type": "scatter",
    "x": [None],
    "y": [None],
    "yaxis": "y2",
    "hoverinfo": "skip",
    "showlegend": False,
}


def build_row_axes(
    names: Sequence[str], values: Sequence[str], low: float, high: float, theme: str, view: View
) -> dict[str, Spec]:
    """A value axis from `low` to `high` and zero, and the two axes of build_label_axes."""
    ticks = compute_ticks(low, high, MAX_TICKS)
    if any(len(label) > MAX_SHORT_TICK_LENGTH for label in format_tick_labels(ticks, view)):
        ticks = compute_ticks(low, high, MAX_LONG_TICKS)
    ticks = [tick for tick in ticks if low <= tick <= high or tick == 0]
    padding = 0.015 * (high - low)
    value_axis = build_axis(
        theme,
        range=[low - padding if low < 0 else 0, high + padding],
        tickvals=ticks,
        ticktext=format_tick_labels(ticks, view),
        zeroline=True,
        zerolinecolor=get_palette(theme).border,
        zerolinewidth=1,
    )
    return {"xaxis": value_axis, **build_label_axes(names, values, theme)}


def build_label_axes(
    names: Sequence[str], values: Sequence[str], theme: str, **name_options: object
) -> dict[str, Spec]:
    """Names to the left and values in a column to the right, where no bar or line crosses them.

    name_options: further options of the axis of names.
    """
    rows: Spec = {
        "range": [len(names) - 0.4, -0.6],
        "tickvals": list(range(len(names))),
        "showgrid": False,
        "tickfont": {"size": TICK_SIZE, "color": get_palette(theme).text},
    }
    return {
        "yaxis": build_axis(theme, **rows | name_options, ticktext=names),
        "yaxis2": build_axis(theme, **rows, ticktext=values, overlaying="y", side="right"),
    }
