"""Ranked areas as bars, or as dots with error bars where intervals exist, with reference lines."""

from collections.abc import Iterable, Sequence

import pandas as pd
import plotly.graph_objects as go

from ripresa.charts.row_axes import SECOND_AXIS_TRACE, build_row_axes
from ripresa.charts.theme import (
    NO_SELECTION_DIMMING,
    TICK_SIZE,
    TRANSPARENT,
    Palette,
    Spec,
    build_annotation,
    build_empty_figure,
    build_figure,
    build_layout,
    get_palette,
    wrap_text,
)
from ripresa.charts.traces import HOVER_TEXT, build_error_bars
from ripresa.filters import View
from ripresa.i18n import format_period, t
from ripresa.narrative.figure_text import build_figure_text, build_hover_text
from ripresa.narrative.phrases import format_data_label, format_indicator_value
from ripresa.observations import boundaries
from ripresa.observations.rows import (
    Row,
    flag_other_editions,
    format_edition_mark,
    get_area_rows,
    get_highlighted_areas,
    get_reference_rows,
    get_values,
    has_interval,
    has_several,
    is_old_survey,
    is_other_edition,
    is_small_sample,
    to_records,
    with_values,
)

ROW_HEIGHT, TOP_MARGIN, BOTTOM_MARGIN = 26, 34, 30  # pixels
REFERENCE_LABEL_HEIGHT = 15
REFERENCE_DASHES = ("dot", "dash")
MAX_BARS, BARS_AT_EACH_END = 45, 12  # with more areas, only the ends and the highlighted areas have a bar


def build_bar_chart(
    rows: pd.DataFrame | list[Row], view: View, theme: str = "light", max_bars: int = MAX_BARS
) -> go.Figure:
    """One bar for each area, highest first; rows: those of a map with its reference rows.

    Areas of another edition follow, with hollow bars, and then those without a value. With more than
    `max_bars` areas only both ends and the highlighted areas have a bar, which a note explains.
    """
    records, colours = flag_other_editions(to_records(rows, view.lang)), get_palette(theme)
    ordered = _sort_rows(get_area_rows(records, view), view)
    if not with_values(ordered):
        return build_empty_figure(view, theme, build_figure_text(records, view, "bars"))
    visible_rows, note = _truncate_rows(ordered, view, max_bars)
    bars = [(i, row) for i, row in enumerate(visible_rows) if row and row["value"] is not None]
    bar_rows = [row for _, row in bars]
    references = with_values(get_reference_rows(records, view))[: len(REFERENCE_DASHES)]
    low, high = get_value_extent(bar_rows + references)
    bar_colours = {row["geo"]: _get_colour(row, view, colours) for row in bar_rows}
    if view.indicator.unit == "rank" or any(map(has_interval, bar_rows)):  # a rank is not a length
        traces = [build_dot_trace(bars, bar_colours, view, colours)]
    else:
        traces = build_bar_traces(bars, bar_colours, "geo", view, colours)
    top = TOP_MARGIN + REFERENCE_LABEL_HEIGHT * (len(references) - 1) if references else 8
    is_dated = has_several(with_values(records), "period")
    return build_figure(
        [*traces, SECOND_AXIS_TRACE],
        build_layout(
            theme,
            view.lang,
            top + ROW_HEIGHT * len(visible_rows) + BOTTOM_MARGIN,
            figure_text=build_figure_text(records, view, "bars", [note] if note else []),
            barmode="overlay",
            margin={"l": 8, "r": 8, "t": top, "b": BOTTOM_MARGIN, "pad": 4},
            shapes=_build_reference_lines(references, colours),
            annotations=_build_reference_labels(references, low, high, theme, view),
            **build_row_axes(
                [_format_name(row, is_dated, view) for row in visible_rows],
                [_format_value(row, view) for row in visible_rows],
                low,
                high,
                theme,
                view,
            ),
        ),
    )


def get_value_extent(rows: Iterable[Row]) -> tuple[float, float]:
    """The lowest and highest end of values and intervals, with zero included, where bars start."""
    values = get_values(rows)
    return min(0, *values), max(0, *values)


def build_bar_traces(
    bars: Iterable[tuple[int, Row]], bar_colours: dict[str, str], column: str, view: View, colours: Palette
) -> list[Spec]:
    """Bars as one trace for each colour and hatch pattern, hollow where the edition is another.

    bars: row number from the top and row. bar_colours: a colour for each code in `column`, "geo" or "sector".
    """
    groups: dict[tuple[str, bool, str], list[tuple[int, Row]]] = {}
    for i, row in bars:
        key = (bar_colours[row[column]], is_other_edition(row), _get_hatch(row))
        groups.setdefault(key, []).append((i, row))
    traces: list[Spec] = []
    for (colour, is_hollow, hatch), group in groups.items():
        marker: Spec = {"color": colour}
        if hatch:
            pattern = {"fgcolor": colours.background, "size": 6, "solidity": 0.35, "fillmode": "overlay"}
            marker["pattern"] = {"shape": hatch, **pattern}
        if is_hollow:
            marker |= {"color": TRANSPARENT, "line": {"color": colour, "width": 1.5}}
        trace = {
            "type": "bar",
            "orientation": "h",
            "y": [i for i, _ in group],
            "x": [row["value"] for _, row in group],
            "width": 0.72,
            "customdata": [[row[column]] for _, row in group],
            "hovertext": [_build_hover_text(row, column, view) for _, row in group],
            "hovertemplate": "%{hovertext}<extra></extra>",
            "showlegend": False,
            "marker": marker,
            **NO_SELECTION_DIMMING,
        }
        traces.append(trace)
    return traces


def build_dot_trace(
    bars: Sequence[tuple[int, Row]],
    bar_colours: dict[str, str],
    view: View,
    colours: Palette,
    column: str = "geo",
) -> Spec:
    """Dots with error bars, hollow for small samples; hollow diamonds for another edition."""
    rows = [row for _, row in bars]
    dot_colours = [bar_colours[row[column]] for row in rows]
    return {
        "type": "scatter",
        "mode": "markers",
        "y": [i for i, _ in bars],
        "x": [row["value"] for row in rows],
        "customdata": [[row[column]] for row in rows],
        "text": [_build_hover_text(row, column, view) for row in rows],
        **HOVER_TEXT,
        "showlegend": False,
        "marker": {
            "size": 10,
            "symbol": ["diamond" if is_other_edition(row) else "circle" for row in rows],
            "color": [
                colours.background if is_small_sample(row) or is_other_edition(row) else colour
                for row, colour in zip(rows, dot_colours, strict=True)
            ],
            "line": {"width": 2, "color": dot_colours},
        },
        "error_x": build_error_bars(rows, colours.border),
        **NO_SELECTION_DIMMING,
    }


def _get_hatch(row: Row) -> str:
    if is_small_sample(row):
        return "/"
    return "\\" if is_old_survey(row) else ""


def _build_hover_text(row: Row, column: str, view: View) -> str:
    name = f"{row['sector_name']}, {row['geo_name']}" if column == "sector" else ""
    return build_hover_text(row, view, name)


def _sort_rows(rows: list[Row], view: View) -> list[Row]:
    """The best value first, other editions after, and areas without a value last."""
    ordered = sorted(with_values(rows), key=lambda row: (-row["value"], row["geo_name"]))
    if view.indicator.unit == "rank":
        ordered.reverse()
    ordered.sort(key=is_other_edition)
    without_value = [row for row in rows if row["value"] is None]
    return ordered + sorted(without_value, key=lambda row: str(row["geo_name"]))


def _truncate_rows(rows: list[Row], view: View, max_rows: int) -> tuple[Sequence[Row | None], str]:
    """The visible rows, with None where others are hidden, and the note about these."""
    if len(rows) <= max_rows:
        return rows, ""
    last_hidden = len(rows) - BARS_AT_EACH_END - 1
    visible: list[Row | None] = []
    for i, row in enumerate(rows):
        is_at_end = i < BARS_AT_EACH_END or i > last_hidden
        if is_at_end or row["geo"] in get_highlighted_areas(view):
            visible.append(row)
        elif visible[-1] is not None:
            visible.append(None)
    return visible, t(
        "note_hidden",
        view.lang,
        shown=len(visible) - visible.count(None),
        count=len(rows),
        top=BARS_AT_EACH_END,
        bottom=BARS_AT_EACH_END,
    )


def _get_colour(row: Row, view: View, colours: Palette) -> str:
    if row["geo"] in get_highlighted_areas(view):
        return colours.qualitative[0]
    return colours.muted if view.geo else colours.bar


def _format_name(row: Row | None, is_dated: bool, view: View) -> str:
    if row is None:
        return "⋯"
    name: str = row["geo_name"]
    text = wrap_text(boundaries.NARROW_NAMES.get(name, name), 20, 2)
    if is_dated and row["value"] is not None and len(row["period"]) == len("2020"):
        text += f" ({format_period(row['period'], view.lang)})"
    text += format_edition_mark(row)
    if is_small_sample(row):
        text += " *"
    return f"<b>{text}</b>" if row["geo"] in get_highlighted_areas(view) else text


def _format_value(row: Row | None, view: View) -> str:
    if row is None:
        return ""
    text = format_data_label(row["value"], view)
    return f"<b>{text}</b>" if row["geo"] in get_highlighted_areas(view) else text


def _build_reference_lines(references: Sequence[Row], colours: Palette) -> list[Spec]:
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
        for row, dash in zip(references, REFERENCE_DASHES, strict=False)
    ]


def _build_reference_labels(
    references: Sequence[Row], low: float, high: float, theme: str, view: View
) -> list[Spec]:
    labels = []
    for i, row in enumerate(references):
        position = (row["value"] - low) / ((high - low) or 1)
        value = format_indicator_value(row["value"], view)
        label = build_annotation(
            theme,
            f"{row['geo_name']}{format_edition_mark(row)} {value}",
            x=row["value"],
            y=1,
            yref="paper",
            yanchor="bottom",
            yshift=2 + REFERENCE_LABEL_HEIGHT * i,
            xanchor="left" if position < 0.3 else "right" if position > 0.7 else "center",
            font={"size": TICK_SIZE, "color": get_palette(theme).text},
        )
        labels.append(label)
    return labels
