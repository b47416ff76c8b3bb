"""Charts of the digital diagnosis: score ranges, shares of levels, answers compared with official shares.

Suppressed values are hatched, with the reason, and never zero.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from ripresa.charts.scales import get_text_colour
from ripresa.charts.theme import (
    BODY_SIZE,
    SMALL_SIZE,
    Palette,
    Spec,
    build_annotation,
    build_axis,
    build_figure,
    build_layout,
    build_legend,
    get_palette,
    wrap_text,
)
from ripresa.i18n import format_interval, format_value, t
from ripresa.narrative.figure_text import FigureText

LEVEL_COLOUR_INDEXES = (1, 3, 4, 5)  # in the sequential palette, one for each level
ROW_HEIGHT, VERTICAL_MARGIN = 34, 70
MAX_LABEL_LENGTH = 26  # characters on one line
MIN_VALUE_WITH_LABEL = 7  # percent: narrower bars have no label

# category, value, ci_low, ci_high and reason, which is empty unless the value is suppressed
Cell = Mapping[str, Any]


def render_score_range(low: float, value: float, high: float, limits: Iterable[float]) -> str:
    """A score from 0 to 100 on a line with a band and the limits of the levels, as HTML without text."""
    ticks = "".join(f'<i class="limit" style="left:{limit}%"></i>' for limit in limits)
    band = f'<span class="band" style="left:{low:.1f}%;width:{high - low:.1f}%"></span>'
    dot = f'<span class="dot" style="left:{value:.1f}%"></span>'
    return f'<span class="mark" aria-hidden="true">{ticks}{band}{dot}</span>'


def build_level_chart(
    cells: Sequence[Cell], names: Mapping[str, str], theme: str, lang: str, figure_text: FigureText
) -> go.Figure:
    """One group of firms: the share at each level with its interval; names: of the levels by code."""
    colours = get_palette(theme)
    labels = [wrap_text(_format_category(cell["category"], names), MAX_LABEL_LENGTH) for cell in cells]
    bars: Spec = {
        "type": "bar",
        "orientation": "h",
        "y": labels,
        "x": [cell["value"] for cell in cells],
        "text": ["" if cell["reason"] else _format_percent(cell["value"], lang) for cell in cells],
        "textposition": "inside",
        "insidetextanchor": "start",
        "cliponaxis": False,
        "marker": {
            "color": colours.bar,
            "pattern": _build_pattern([_get_hatch(cell) for cell in cells], colours),
        },
        "textfont": {"color": get_text_colour(colours.bar), "size": BODY_SIZE},
        "error_x": _build_error_bars(cells, colours.text, 1.4),
        "hovertext": [_format_interval(cell, lang) or cell["reason"] for cell in cells],
        "hoverinfo": "text",
    }
    length = max([40, *(cell["ci_high"] or 0 for cell in cells)]) * 1.06
    suppressed = {label: cell["reason"] for label, cell in zip(labels, cells, strict=True) if cell["reason"]}
    return build_figure(
        [bars, *_build_suppressed_traces(suppressed, length, colours)],
        _build_layout(
            theme,
            lang,
            VERTICAL_MARGIN + (ROW_HEIGHT + 12) * len(cells),
            figure_text,
            barmode="overlay",
            bargap=0.28,
            xaxis=build_axis(theme, range=[0, length], ticksuffix="%", nticks=6),
            yaxis=build_axis(theme, autorange="reversed", showgrid=False),
        ),
    )


def build_group_chart(
    rows: Sequence[Mapping[str, Any]],
    names: Mapping[str, str],
    theme: str,
    lang: str,
    figure_text: FigureText,
) -> go.Figure:
    """The shares of the levels in several groups of firms, in a fixed order; rows: name, cells."""
    colours = get_palette(theme)
    categories = sorted(
        {cell["category"] for row in rows for cell in row["cells"] if not cell["reason"]},
        key=lambda code: (code.split("+")[0], len(code)),
    )
    labels = [wrap_text(row["name"], MAX_LABEL_LENGTH, 2) for row in rows]
    traces = [_build_category_trace(code, rows, labels, names, lang, colours) for code in categories]
    suppressed = {
        label: row["cells"][0]["reason"]
        for label, row in zip(labels, rows, strict=True)
        if all(cell["reason"] for cell in row["cells"])
    }
    for trace in _build_suppressed_traces(suppressed, 100, colours):
        traces.append(trace | {"name": t("withheld", lang), "showlegend": True})
    line_count = sum(label.count("<br>") + 1 for label in labels)
    return build_figure(
        traces,
        _build_layout(
            theme,
            lang,
            VERTICAL_MARGIN + 50 + 22 * len(rows) + 8 * line_count,
            figure_text,
            barmode="stack",
            bargap=0.22,
            showlegend=True,
            legend=build_legend(theme, y=-0.02, yanchor="top", traceorder="normal"),
            xaxis=build_axis(theme, range=[0, 100], visible=False),
            yaxis=build_axis(theme, autorange="reversed", showgrid=False, tickmode="array", tickvals=labels),
        ),
    )


def _build_category_trace(
    code: str,
    rows: Sequence[Mapping[str, Any]],
    labels: Sequence[str],
    names: Mapping[str, str],
    lang: str,
    colours: Palette,
) -> Spec:
    """One level in all groups; groups that have the level combined with another are empty."""
    category = _format_category(code, names)
    values: list[float | None] = []
    texts, hover_texts = [""] * len(rows), [""] * len(rows)
    for i, row in enumerate(rows):
        cell = next((cell for cell in row["cells"] if cell["category"] == code and not cell["reason"]), None)
        values.append(cell["value"] if cell else None)
        if cell:
            value, interval = _format_percent(cell["value"], lang), _format_interval(cell, lang)
            hover_texts[i] = f"{row['name']}: {category}, {value}<br>{interval}"
        if cell and cell["value"] >= MIN_VALUE_WITH_LABEL:
            texts[i] = _format_percent(cell["value"], lang, 0)
    colour = _get_level_colour(code, colours)
    return {
        "type": "bar",
        "orientation": "h",
        "y": labels,
        "x": values,
        "name": category,
        "marker": {
            "color": colour,
            "line": {"color": colours.background, "width": 1},
            "pattern": _build_pattern("/" if "+" in code else "", colours),
        },
        "text": texts,
        "textposition": "inside",
        "insidetextanchor": "middle",
        "textangle": 0,
        "textfont": {"color": get_text_colour(colour), "size": SMALL_SIZE},
        "constraintext": "none",
        "hoverinfo": "text",
        "hovertext": hover_texts,
    }


def build_official_comparison_chart(
    rows: Sequence[Cell], theme: str, lang: str, figure_text: FigureText
) -> go.Figure:
    """Shares of answers with the official shares; rows: cells with name and official, None without data."""
    colours = get_palette(theme)
    labels = [wrap_text(row["name"], MAX_LABEL_LENGTH, 5) for row in rows]
    labelled_rows = list(zip(labels, rows, strict=True))
    published = [(label, row) for label, row in labelled_rows if not row["reason"]]
    official = [(label, row) for label, row in labelled_rows if row["official"] is not None]
    suppressed = [(label, row) for label, row in labelled_rows if row["reason"]]
    answers: Spec = {
        "type": "scatter",
        "mode": "markers",
        "name": figure_text.population,
        "y": [label for label, _ in published],
        "x": [row["value"] for _, row in published],
        "marker": {"symbol": "circle", "size": 11, "color": colours.qualitative[0]},
        "hoverinfo": "text",
        "hovertext": [
            f"{_format_percent(row['value'], lang)}, {_format_interval(row, lang)}" for _, row in published
        ],
        "error_x": _build_error_bars([row for _, row in published], colours.qualitative[0], 1.6),
    }
    official_shares: Spec = {
        "type": "scatter",
        "mode": "markers",
        "name": t("beside_official", lang),
        "y": [label for label, _ in official],
        "x": [row["official"] for _, row in official],
        "hoverinfo": "text",
        "hovertext": [_format_percent(row["official"], lang) for _, row in official],
        "marker": {"symbol": "diamond", "size": 12, "color": colours.qualitative[1]},
    }
    reasons: Spec = {
        "type": "scatter",
        "mode": "text",
        "y": [label for label, _ in suppressed],
        "x": [_get_reason_position(row["official"]) for _, row in suppressed],
        "text": [row["reason"] for _, row in suppressed],
        "textposition": "middle right",
        "textfont": {"color": colours.secondary_text, "size": SMALL_SIZE},
        "showlegend": False,
        "hoverinfo": "skip",
    }
    return build_figure(
        [answers, official_shares, reasons] if suppressed else [answers, official_shares],
        _build_layout(
            theme,
            lang,
            VERTICAL_MARGIN + 30 + sum(26 + 16 * (label.count("<br>") + 1) for label in labels),
            figure_text,
            showlegend=True,
            legend=build_legend(theme, y=-0.05, yanchor="top"),
            xaxis=build_axis(theme, range=[0, 100], ticksuffix="%", nticks=6),
            yaxis=build_axis(theme, autorange="reversed", categoryorder="array", categoryarray=labels),
        ),
    )


def _build_layout(theme: str, lang: str, height: int, figure_text: FigureText, **options: object) -> Spec:
    """A layout that marks synthetic data inside the picture, which may be saved without its text."""
    annotations = []
    if figure_text.label:
        annotations.append(
            build_annotation(
                theme,
                f"<b>{figure_text.label}</b>",
                x=1.0,
                y=1,
                xref="paper",
                yref="paper",
                xanchor="right",
                yanchor="bottom",
                font={"size": BODY_SIZE, "color": get_palette(theme).text},
            )
        )
    margin = {"l": 8, "r": 14, "t": 26 if figure_text.label else 8, "b": 8, "pad": 4}
    return build_layout(
        theme, lang, height, figure_text=figure_text, annotations=annotations, margin=margin, **options
    )


def _build_suppressed_traces(reasons: Mapping[str, str], length: float, colours: Palette) -> list[Spec]:
    """Hatched bars with the reasons for suppression by label; none without reasons."""
    texts = list(reasons.values())
    trace: Spec = {
        "type": "bar",
        "orientation": "h",
        "y": list(reasons),
        "x": [length] * len(reasons),
        "text": texts,
        "textposition": "inside",
        "insidetextanchor": "start",
        "textangle": 0,
        "constraintext": "none",
        "marker": {
            "color": colours.surface,
            "pattern": {"shape": "x", "size": 6, "fgcolor": colours.no_data, "solidity": 0.2},
            "line": {"color": colours.no_data, "width": 1},
        },
        "textfont": {"color": colours.text, "size": SMALL_SIZE},
        "hovertext": texts,
        "hoverinfo": "text",
    }
    return [trace] if reasons else []


def _build_error_bars(cells: Sequence[Cell], colour: str, thickness: float) -> Spec:
    return {
        "type": "data",
        "symmetric": False,
        "color": colour,
        "thickness": thickness,
        "width": 5,
        "array": [_subtract(cell["ci_high"], cell["value"]) for cell in cells],
        "arrayminus": [_subtract(cell["value"], cell["ci_low"]) for cell in cells],
    }


def _build_pattern(shape: str | list[str], colours: Palette) -> Spec:
    """Hatch lines of combined levels, thin enough for the text on top."""
    return {
        "shape": shape,
        "size": 7,
        "solidity": 0.15,
        "fillmode": "overlay",
        "fgcolor": colours.background,
        "fgopacity": 0.6,
    }


def _get_hatch(cell: Cell) -> str:
    return "/" if "+" in cell["category"] else ""


def _format_percent(value: float, lang: str, decimals: int = 1) -> str:
    return format_value(value, "percent", decimals, lang)


def _format_interval(cell: Cell, lang: str) -> str:
    return format_interval(cell["ci_low"], cell["ci_high"], "percent", 1, lang)


def _format_category(category: str, names: Mapping[str, str]) -> str:
    return " + ".join(names[code] for code in category.split("+"))


def _get_level_colour(category: str, colours: Palette) -> str:
    """The colour of a level; combined levels have that of the lowest."""
    lowest = int(category.split("+")[0])
    return colours.sequential[LEVEL_COLOUR_INDEXES[lowest - 1]]


def _get_reason_position(official: float | None) -> float:
    """The start of the reason: to the right of the official share if that is in the first half."""
    return 1 if official is None or official > 50 else official + 3


def _subtract(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else round(a - b, 3)
