"""Figures of the digital diagnosis: a score with its range, levels of firms with their intervals, answers beside official shares.

A withheld figure is drawn as withheld: hatched, with the reason, never as zero.
"""

from ripresa.charts import theme as look
from ripresa.charts.scales import get_text_colour
from ripresa.i18n import format_interval, format_value, t
from ripresa.narrative.figure_text import FigureText

LEVEL_COLOUR_INDEXES = (1, 3, 4, 5)  # of the sequential palette: one a level
ROW_HEIGHT, VERTICAL_MARGIN = 34, 70
MAX_LABEL_LENGTH = 26  # characters of a name on one line


def render_score_range(low: float, value: float, high: float, limits: list[int]) -> str:
    """A score from 0 to 100 on a line with the limits of the levels: a dot, and a band for what is not known. HTML; the numbers stand beside it."""
    ticks = "".join(f'<i class="limit" style="left:{limit}%"></i>' for limit in limits)
    return (
        f'<span class="mark" aria-hidden="true">{ticks}<span class="band" style="left:{low:.1f}%;width:{high - low:.1f}%"></span>'
        f'<span class="dot" style="left:{value:.1f}%"></span></span>'
    )


def build_level_chart(
    cells: list[dict], names: dict[str, str], theme: str, lang: str, figure_text: FigureText
):
    """One group of firms: the share at each level, with its 95% interval. cells: category, value, ci_low, ci_high, reason ("" when shown)."""
    colours = look.get_palette(theme)
    labels = [look.wrap_text(_format_category(cell["category"], names), MAX_LABEL_LENGTH) for cell in cells]
    shown = [cell["value"] for cell in cells]
    words = [format_value(cell["value"], "percent", 1, lang) if not cell["reason"] else "" for cell in cells]
    traces = [
        {
            "type": "bar",
            "orientation": "h",
            "y": labels,
            "x": shown,
            "text": words,
            "textposition": "inside",
            "insidetextanchor": "start",
            "cliponaxis": False,
            "marker": {
                "color": colours.bar,
                "pattern": {
                    "shape": ["/" if "+" in cell["category"] else "" for cell in cells],
                    **_build_pattern(colours),
                },
            },
            "textfont": {"color": get_text_colour(colours.bar), "size": look.BODY_SIZE},
            "error_x": {
                "type": "data",
                "symmetric": False,
                "color": colours.text,
                "thickness": 1.4,
                "width": 5,
                "array": [_subtract(cell["ci_high"], cell["value"]) for cell in cells],
                "arrayminus": [_subtract(cell["value"], cell["ci_low"]) for cell in cells],
            },
            "hovertext": [
                format_interval(cell["ci_low"], cell["ci_high"], "percent", 1, lang) or cell["reason"]
                for cell in cells
            ],
            "hoverinfo": "text",
        }
    ]
    top = max([cell["ci_high"] or 0 for cell in cells] + [40]) * 1.06
    gone = [i for i, cell in enumerate(cells) if cell["reason"]]
    if gone:
        traces.append(
            _build_suppressed_trace(
                [labels[i] for i in gone], [top] * len(gone), [cells[i]["reason"] for i in gone], colours
            )
        )
    layout = look.build_layout(
        theme,
        lang,
        VERTICAL_MARGIN + (ROW_HEIGHT + 12) * len(cells),
        barmode="overlay",
        bargap=0.28,
        figure_text=figure_text,
        annotations=_build_sample_label(figure_text, theme),
        margin={"l": 8, "r": 14, "t": 26 if figure_text.label else 8, "b": 8, "pad": 4},
        xaxis=look.build_axis(theme, range=[0, top], ticksuffix="%", nticks=6),
        yaxis=look.build_axis(theme, autorange="reversed", showgrid=False),
    )
    return look.build_figure(traces, layout)


def build_group_chart(
    rows: list[dict], names: dict[str, str], theme: str, lang: str, figure_text: FigureText
):
    """Groups of firms under one another, in a fixed order that is no ranking: the shares of their levels. rows: name, cells as in `levels`."""
    colours = look.get_palette(theme)
    categories = sorted(
        {cell["category"] for row in rows for cell in row["cells"] if not cell["reason"]},
        key=lambda code: (code.split("+")[0], len(code)),
    )
    labels = [look.wrap_text(row["name"], MAX_LABEL_LENGTH, 2) for row in rows]
    traces = []
    for code in categories:
        own = [
            next((cell for cell in row["cells"] if cell["category"] == code and not cell["reason"]), None)
            for row in rows
        ]
        values = [cell["value"] if cell else None for cell in own]
        colour = _get_level_colour(code, colours)
        traces.append(
            {
                "type": "bar",
                "orientation": "h",
                "y": labels,
                "x": values,
                "name": _format_category(code, names),
                "marker": {
                    "color": colour,
                    "line": {"color": colours.background, "width": 1},
                    "pattern": {"shape": "/" if "+" in code else "", **_build_pattern(colours)},
                },
                "text": [
                    format_value(v, "percent", 0, lang) if v is not None and v >= 7 else "" for v in values
                ],
                "textposition": "inside",
                "insidetextanchor": "middle",
                "textangle": 0,
                "textfont": {"color": get_text_colour(colour), "size": look.SMALL_SIZE},
                "constraintext": "none",
                "hoverinfo": "text",
                "hovertext": [
                    f"{row['name']}: {_format_category(code, names)}, {format_value(cell['value'], 'percent', 1, lang)}<br>{format_interval(cell['ci_low'], cell['ci_high'], 'percent', 1, lang)}"
                    if cell
                    else ""
                    for row, cell in zip(rows, own, strict=True)
                ],
            }
        )
    gone = [i for i, row in enumerate(rows) if all(cell["reason"] for cell in row["cells"])]
    if gone:
        traces.append(
            _build_suppressed_trace(
                [labels[i] for i in gone],
                [100] * len(gone),
                [rows[i]["cells"][0]["reason"] for i in gone],
                colours,
            )
            | {"name": t("withheld", lang), "showlegend": True}
        )
    lines = sum(max(1, label.count("<br>") + 1) for label in labels)
    layout = look.build_layout(
        theme,
        lang,
        VERTICAL_MARGIN + 50 + 22 * len(rows) + 8 * lines,
        barmode="stack",
        bargap=0.22,
        figure_text=figure_text,
        annotations=_build_sample_label(figure_text, theme, 1.0),
        showlegend=True,
        margin={"l": 8, "r": 14, "t": 26 if figure_text.label else 8, "b": 8, "pad": 4},
        legend=look.build_legend(theme, y=-0.02, yanchor="top", traceorder="normal"),
        xaxis=look.build_axis(theme, range=[0, 100], visible=False),
        yaxis=look.build_axis(theme, autorange="reversed", showgrid=False, tickmode="array", tickvals=labels),
    )
    return look.build_figure(traces, layout)


def build_official_comparison_chart(rows: list[dict], theme: str, lang: str, figure_text: FigureText):
    """Firms that took the diagnosis beside the official share. rows: name, value, ci_low, ci_high, reason, official (None: not loaded)."""
    colours = look.get_palette(theme)
    labels = [look.wrap_text(row["name"], MAX_LABEL_LENGTH, 5) for row in rows]
    shown = [i for i, row in enumerate(rows) if not row["reason"]]
    there = [i for i, row in enumerate(rows) if row["official"] is not None]
    traces = [
        {
            "type": "scatter",
            "mode": "markers",
            "name": figure_text.population,
            "y": [labels[i] for i in shown],
            "x": [rows[i]["value"] for i in shown],
            "marker": {"symbol": "circle", "size": 11, "color": colours.qualitative[0]},
            "hoverinfo": "text",
            "hovertext": [
                f"{format_value(rows[i]['value'], 'percent', 1, lang)}, {format_interval(rows[i]['ci_low'], rows[i]['ci_high'], 'percent', 1, lang)}"
                for i in shown
            ],
            "error_x": {
                "type": "data",
                "symmetric": False,
                "color": colours.qualitative[0],
                "thickness": 1.6,
                "width": 5,
                "array": [_subtract(rows[i]["ci_high"], rows[i]["value"]) for i in shown],
                "arrayminus": [_subtract(rows[i]["value"], rows[i]["ci_low"]) for i in shown],
            },
        },
        {
            "type": "scatter",
            "mode": "markers",
            "name": t("beside_official", lang),
            "y": [labels[i] for i in there],
            "x": [rows[i]["official"] for i in there],
            "hoverinfo": "text",
            "hovertext": [format_value(rows[i]["official"], "percent", 1, lang) for i in there],
            "marker": {"symbol": "diamond", "size": 12, "color": colours.qualitative[1]},
        },
    ]
    gone = [i for i, row in enumerate(rows) if row["reason"]]
    if gone:
        traces.append(
            {
                "type": "scatter",
                "mode": "text",
                "y": [labels[i] for i in gone],
                "x": [_get_reason_position(rows[i]["official"]) for i in gone],
                "text": [rows[i]["reason"] for i in gone],
                "textposition": "middle right",
                "textfont": {"color": colours.secondary_text, "size": look.SMALL_SIZE},
                "showlegend": False,
                "hoverinfo": "skip",
            }
        )
    layout = look.build_layout(
        theme,
        lang,
        VERTICAL_MARGIN + 30 + sum(26 + 16 * (label.count("<br>") + 1) for label in labels),
        showlegend=True,
        figure_text=figure_text,
        annotations=_build_sample_label(figure_text, theme),
        margin={"l": 8, "r": 14, "t": 26 if figure_text.label else 8, "b": 8, "pad": 4},
        legend=look.build_legend(theme, y=-0.05, yanchor="top"),
        xaxis=look.build_axis(theme, range=[0, 100], ticksuffix="%", nticks=6),
        yaxis=look.build_axis(theme, autorange="reversed", categoryorder="array", categoryarray=labels),
    )
    return look.build_figure(traces, layout)


def _build_suppressed_trace(labels: list[str], lengths: list[float], reasons: list[str], colours) -> dict:
    return {
        "type": "bar",
        "orientation": "h",
        "y": labels,
        "x": lengths,
        "text": reasons,
        "textposition": "inside",
        "insidetextanchor": "start",
        "textangle": 0,
        "constraintext": "none",
        "marker": {
            "color": colours.surface,
            "pattern": {"shape": "x", "size": 6, "fgcolor": colours.no_data, "solidity": 0.2},
            "line": {"color": colours.no_data, "width": 1},
        },
        "textfont": {"color": colours.text, "size": look.SMALL_SIZE},
        "hovertext": reasons,
        "hoverinfo": "text",
    }


def _build_pattern(colours) -> dict:
    """Levels shown together: faint lines over their colour, so that the figure on it can be read."""
    return {
        "size": 7,
        "solidity": 0.15,
        "fillmode": "overlay",
        "fgcolor": colours.background,
        "fgopacity": 0.6,
    }


def _build_sample_label(figure_text: FigureText, theme: str, x: float = 1.0) -> list[dict]:
    """An invented sample says so inside the picture too, where it is saved alone."""
    if not figure_text.label:
        return []
    return [
        look.build_annotation(
            theme,
            f"<b>{figure_text.label}</b>",
            x=x,
            y=1,
            xref="paper",
            yref="paper",
            xanchor="right",
            yanchor="bottom",
            font={"size": look.BODY_SIZE, "color": look.get_palette(theme).text},
        )
    ]


def _format_category(category: str, names: dict[str, str]) -> str:
    return " + ".join(names[code] for code in category.split("+"))


def _get_level_colour(category: str, colours) -> str:
    """The colour of a level; levels shown together take the lower one's, hatched."""
    return colours.sequential[LEVEL_COLOUR_INDEXES[int(category.split("+")[0]) - 1]]


def _get_reason_position(official: float | None) -> float:
    """Where a reason begins: past the official share's mark when that stands in the first half."""
    return 1 if official is None or official > 50 else official + 3


def _subtract(a, b):
    return None if a is None or b is None else round(a - b, 3)
