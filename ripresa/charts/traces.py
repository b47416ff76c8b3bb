"""Parts of traces that several kinds of figures share."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from ripresa.charts.theme import Spec
from ripresa.observations.rows import Row, get_decimal_year, has_interval

T = TypeVar("T")

NO_HOVER: Spec = {"hoverinfo": "skip", "showlegend": False}
HOVER_TEXT: Spec = {"hovertemplate": "%{text}<extra></extra>"}


def join_segments(segments: Iterable[Sequence[T]], gap: T) -> list[T]:
    """The items of all segments with `gap` between two segments, where a line is interrupted."""
    items: list[T] = []
    for segment in segments:
        items += [gap, *segment] if items else segment
    return items


def build_time_coordinates(points: Sequence[Row | None]) -> Spec:
    """x and y of a line over time; an interruption (None) repeats the last x, without a y."""
    years: list[float] = []
    for row in points:
        years.append(get_decimal_year(row) if row else years[-1])
    return {"x": years, "y": [row["value"] if row else None for row in points]}


def build_error_bars(rows: Iterable[Row], colour: str, thickness: float = 1.4, width: int = 0) -> Spec:
    """The confidence intervals of rows as error bars, of length 0 where a row has no interval."""
    lengths = [
        (row["ci_high"] - row["value"], row["value"] - row["ci_low"]) if has_interval(row) else (0, 0)
        for row in rows
    ]
    return {
        "type": "data",
        "symmetric": False,
        "array": [up for up, _ in lengths],
        "arrayminus": [down for _, down in lengths],
        "color": colour,
        "thickness": thickness,
        "width": width,
    }


def build_text_traces(labels: Iterable[tuple[float, float, str, str]], trace: Spec, size: int) -> list[Spec]:
    """Texts in the plot, one trace for each colour, because colours of texts are not a list in plotly.js.

    labels: x, y, text, colour; trace: the fields that all traces share, among them the names of the axes.
    """
    groups: dict[str, list[tuple[float, float, str]]] = {}
    for x, y, text, colour in labels:
        groups.setdefault(colour, []).append((x, y, text))
    x_name, y_name = ("lon", "lat") if trace["type"] == "scattergeo" else ("x", "y")
    return [
        {
            **trace,
            **NO_HOVER,
            "mode": "text",
            x_name: [x for x, _, _ in group],
            y_name: [y for _, y, _ in group],
            "text": [text for _, _, text in group],
            "textfont": {"size": size, "color": colour},
            "selected": {"textfont": {"color": colour}},
            "unselected": {"textfont": {"color": colour}},
        }
        for colour, group in groups.items()
    ]
