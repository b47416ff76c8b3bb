"""The style of all figures: palettes, layout, axes, legends, annotations and the Plotly configuration."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import ceil

import plotly.graph_objects as go

from ripresa.charts.text_width import estimate_text_width
from ripresa.filters import View
from ripresa.narrative.figure_text import FigureText
from ripresa.narrative.phrases import format_plain_number

FONT_FAMILY = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'
BODY_SIZE, TICK_SIZE, SMALL_SIZE = 13, 12, 11
TRANSPARENT = "rgba(0,0,0,0)"
SEPARATORS = {"it": ",.", "en": ".,"}
# Symbols distinguish areas in greyscale too.
MARKER_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "triangle-down")
LINE_DASHES = ("solid", "dash", "dot", "dashdot")  # one for each edition

Spec = dict[str, object]  # a part of a figure as plotly.js reads it: a trace, an axis, a layout

# A click selects an area without dimming the others.
NO_SELECTION_DIMMING: Spec = {
    "selected": {"marker": {"opacity": 1}},
    "unselected": {"marker": {"opacity": 1}},
}


@dataclass(frozen=True)
class Palette:
    """The colours of a theme; the first four fields are tested for contrast and colour blindness."""

    qualitative: tuple[str, ...]
    sequential: tuple[str, ...]
    diverging: tuple[str, ...]
    no_data: str
    border: str
    background: str
    text: str
    secondary_text: str
    grid: str
    muted: str
    bar: str
    surface: str


PALETTES = {
    "light": Palette(
        qualitative=("#3448BA", "#D97D39", "#2C9A88", "#52102C", "#5E5B00", "#9588E9"),
        sequential=("#E3EDF7", "#BCD3EA", "#8DB4DA", "#5A92C6", "#2F6FAD", "#154C86", "#0A2C55"),
        diverging=("#7A2E04", "#B85A1B", "#E39B5E", "#F3EDE6", "#8FB8DE", "#3F7FBF", "#103F7A"),
        no_data="#C8C2B8",
        border="#6B7280",
        background="#FFFFFF",
        text="#1B2430",
        secondary_text="#4B5563",
        grid="#E2E5EA",
        muted="#A3ABB8",
        bar="#5A92C6",
        surface="#F1F2F4",
    ),
    "dark": Palette(
        qualitative=("#72F1B8", "#A466DE", "#F4F046", "#CB6186", "#E7A1CD", "#74972B"),
        sequential=("#16324F", "#1D4E7A", "#2A6CA6", "#478CC6", "#77AEDD", "#ABCFED", "#E3F0FB"),
        diverging=("#FFB071", "#D97A35", "#8F4A1A", "#3A3F47", "#1F5C94", "#4C96D7", "#9CCBF5"),
        no_data="#5A544C",
        border="#8A93A0",
        background="#0E1117",
        text="#F1F3F5",
        secondary_text="#C2C8D0",
        grid="#2B313C",
        muted="#6C7684",
        bar="#478CC6",
        surface="#1A1F29",
    ),
}


def get_palette(theme: str) -> Palette:
    """The colours of `theme`: "light" or "dark"."""
    return PALETTES[theme]


def build_layout(
    theme: str, lang: str, height: int, figure_text: FigureText | None = None, **options: object
) -> Spec:
    """The layout of a figure, its text in `meta`; `options` override or extend it."""
    colours = get_palette(theme)
    meta = {"meta": asdict(figure_text)} if figure_text else {}
    return {
        "template": {},  # plotly's default adds 7 kB to each figure
        "height": height,
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8, "pad": 4},
        "paper_bgcolor": TRANSPARENT,
        "plot_bgcolor": TRANSPARENT,
        "font": {"family": FONT_FAMILY, "size": BODY_SIZE, "color": colours.text},
        "separators": SEPARATORS[lang],
        "showlegend": False,
        "hovermode": "closest",
        "dragmode": False,
        "hoverlabel": {
            "align": "left",
            "bgcolor": colours.background,
            "bordercolor": colours.border,
            "font": {"family": FONT_FAMILY, "size": BODY_SIZE, "color": colours.text},
            "namelength": -1,
        },
        "modebar": {
            "bgcolor": TRANSPARENT,
            "color": colours.muted,
            "activecolor": colours.text,
            "orientation": "h",
        },
        **meta,
        **options,
    }


def build_axis(theme: str, **options: object) -> Spec:
    """An axis with a light grid that makes room for its labels and does not zoom."""
    colours = get_palette(theme)
    return {
        "automargin": True,
        "fixedrange": True,
        "showline": False,
        "ticks": "",
        "zeroline": False,
        "gridcolor": colours.grid,
        "tickfont": {"size": TICK_SIZE, "color": colours.secondary_text},
        **options,
    }


def build_legend(theme: str, **options: object) -> Spec:
    """A horizontal legend whose entries are not switches."""
    return {
        "orientation": "h",
        "x": 0,
        "xanchor": "left",
        "bgcolor": TRANSPARENT,
        "font": {"size": SMALL_SIZE, "color": get_palette(theme).secondary_text},
        "itemclick": False,
        "itemdoubleclick": False,
        "tracegroupgap": 4,
        **options,
    }


def estimate_legend_height(entries: Sequence[Spec], width: int = 460) -> int:
    """The approximate height in pixels of a legend under a figure `width` pixels wide; 0 without entries.

    The columns of a Plotly legend are as wide as its longest name.
    """
    if not entries:
        return 0
    column_width = 44 + max(estimate_text_width(str(entry["name"]), SMALL_SIZE) for entry in entries)
    return 5 + 19 * ceil(len(entries) / max(width // column_width, 1))


def build_annotation(theme: str, text: str, **options: object) -> Spec:
    """A text on the figure, without an arrow."""
    return {
        "text": text,
        "showarrow": False,
        "font": {"size": SMALL_SIZE, "color": get_palette(theme).secondary_text},
        **options,
    }


def build_figure(traces: Sequence[Spec], layout: Spec) -> go.Figure:
    """A Plotly figure of plain dicts; they are not validated, which is slow: a test validates all kinds."""
    return go.Figure({"data": list(traces), "layout": layout}, _validate=False)


def set_figure_text(figure: go.Figure, text: FigureText) -> None:
    """Replaces the text in the `meta` of a figure's layout."""
    figure.layout.meta = asdict(text)


def get_figure_text(figure: go.Figure) -> FigureText:
    """The text in the `meta` of a figure's layout."""
    meta = figure.layout.meta
    return FigureText(**{**meta, "notes": tuple(meta["notes"])})


def build_empty_figure(view: View, theme: str, figure_text: FigureText) -> go.Figure:
    """A figure that contains only its headline, for filters without data."""
    headline = build_annotation(theme, figure_text.title, x=0.5, y=0.5, xref="paper", yref="paper")
    hidden = {"visible": False, "fixedrange": True}
    layout = build_layout(
        theme, view.lang, 120, figure_text=figure_text, annotations=[headline], xaxis=hidden, yaxis=hidden
    )
    return build_figure([], layout)


def format_tick_labels(ticks: Sequence[float], view: View) -> list[str]:
    """The labels of an axis: with a percent sign, without other units, which are in the subtitle."""
    indicator = view.indicator
    sign = "%" if indicator.unit.startswith("percent") else ""
    decimals = 0 if all(float(tick).is_integer() for tick in ticks) else max(indicator.decimals, 1)
    return [format_plain_number(tick, view, decimals) + sign for tick in ticks]


def build_value_axis(
    theme: str, view: View, ticks: Sequence[float], padding: float, **options: object
) -> Spec:
    """An axis of values with labelled ticks; `padding` extends it at both ends by a share of its length."""
    margin = (ticks[-1] - ticks[0]) * padding
    return build_axis(
        theme,
        **{
            "range": [ticks[0] - margin, ticks[-1] + margin],
            "tickvals": ticks,
            "ticktext": format_tick_labels(ticks, view),
            **options,
        },
    )


def wrap_text(text: str, width: int, lines: int = 3) -> str:
    """Wraps a text at spaces with <br>; an ellipsis replaces what exceeds `lines`."""
    rows = [""]
    for word in text.split():
        if rows[-1] and len(rows[-1]) + 1 + len(word) > width:
            rows.append(word)
        else:
            rows[-1] = f"{rows[-1]} {word}".strip()
    if len(rows) > lines:
        rows = [*rows[: lines - 1], rows[lines - 1] + "…"]
    return "<br>".join(rows)


MODEBAR_LABELS = {
    "it": {
        "Download plot as a PNG": "Scaricate l'immagine",
        "Download plot": "Scaricate l'immagine",
        "Zoom": "Ingrandite",
        "Pan": "Spostate",
        "Zoom in": "Ingrandite",
        "Zoom out": "Riducete",
        "Autoscale": "Scala automatica",
        "Reset axes": "Riportate alla vista iniziale",
        "Reset": "Riportate alla vista iniziale",
        "Reset view": "Riportate alla vista iniziale",
        "Produced with Plotly.js": "Fatto con Plotly.js",
        "Preparing image - this may take a few seconds": "Preparo l'immagine: qualche secondo",
        "Image download succeeded": "Immagine pronta",
        "Sorry, there was a problem downloading your image!": "L'immagine non è riuscita",
    }
}


def build_config(lang: str) -> Spec:
    """The configuration of plotly.js: translated buttons and no requests to other sites."""
    return {
        "displaylogo": False,
        "scrollZoom": False,
        "doubleClick": False,
        "showTips": False,
        "plotlyServerURL": "",  # without it, a button uploads the chart to Plotly
        "modeBarButtonsToRemove": [
            "sendChartToCloud",
            "zoom2d",
            "pan2d",
            "select2d",
            "lasso2d",
            "zoomIn2d",
            "zoomOut2d",
            "autoScale2d",
            "resetScale2d",
        ],
        "toImageButtonOptions": {"format": "svg", "scale": 2},
        "topojsonURL": "/app/static/topojson/",
        "locale": lang,
        "locales": {"it": {"dictionary": MODEBAR_LABELS["it"], "format": {"decimal": ",", "thousands": "."}}},
    }
