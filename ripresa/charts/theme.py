"""The look of every figure: two palettes, one frame, the words of the chart's own buttons."""

from dataclasses import asdict, dataclass
from typing import Any

import plotly.graph_objects as go

from ripresa.charts.text_width import estimate_text_width
from ripresa.filters import View
from ripresa.i18n import format_number
from ripresa.narrative.figure_text import FigureText

FONT_FAMILY = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'
BODY_SIZE, TICK_SIZE, SMALL_SIZE = 13, 12, 11
TRANSPARENT = "rgba(0,0,0,0)"
SEPARATORS = {"it": ",.", "en": ".,"}
MARKER_SYMBOLS = (
    "circle",
    "square",
    "diamond",
    "triangle-up",
    "cross",
    "triangle-down",
)  # beside colour, for greyscale
LINE_DASHES = ("solid", "dash", "dot", "dashdot")  # one an edition
NO_SELECTION_DIMMING = {
    "selected": {"marker": {"opacity": 1}},
    "unselected": {"marker": {"opacity": 1}},
}  # a click chooses, it does not fade the rest


@dataclass(frozen=True)
class Palette:
    """Colours of one theme; the first four are those measured for contrast and for colour-blind readers."""

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
    theme: str, lang: str, height: int, figure_text: FigureText | None = None, **options: Any
) -> dict[str, Any]:
    """The layout of every figure: transparent, system fonts, the language's separators; the text in meta."""
    colours = get_palette(theme)
    meta = {"meta": asdict(figure_text)} if figure_text else {}
    return {
        "template": {},  # an empty one: the library's default weighs 7 kB a figure
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


def build_axis(theme: str, **more) -> dict:
    """An axis that grows to hold its labels, does not zoom under a finger, and has a quiet grid."""
    colours = get_palette(theme)
    return {
        "automargin": True,
        "fixedrange": True,
        "showline": False,
        "ticks": "",
        "zeroline": False,
        "gridcolor": colours.grid,
        "tickfont": {"size": TICK_SIZE, "color": colours.secondary_text},
        **more,
    }


def build_legend(theme: str, **more) -> dict:
    """A horizontal legend that explains and is not a set of switches."""
    return {
        "orientation": "h",
        "x": 0,
        "xanchor": "left",
        "bgcolor": TRANSPARENT,
        "font": {"size": SMALL_SIZE, "color": get_palette(theme).secondary_text},
        "itemclick": False,
        "itemdoubleclick": False,
        "tracegroupgap": 4,
        **more,
    }


def estimate_legend_height(keys: list[dict], width: int = 460) -> int:
    """About how many pixels a legend takes under a figure on half a page: its columns are as wide as its longest name."""
    column = 44 + max((estimate_text_width(key["name"], SMALL_SIZE) for key in keys), default=0)
    return 19 * -(-len(keys) // max(width // column, 1)) + 5 * bool(keys)


def build_annotation(theme: str, text: str, **more) -> dict:
    """Text on the figure."""
    return {
        "text": text,
        "showarrow": False,
        "font": {"size": SMALL_SIZE, "color": get_palette(theme).secondary_text},
        **more,
    }


def build_figure(traces: list[dict], layout: dict) -> go.Figure:
    """A Plotly figure of plain dicts, not validated, which is slow: a test validates every kind of figure."""
    return go.Figure({"data": traces, "layout": layout}, _validate=False)


def set_figure_text(figure: go.Figure, text: FigureText) -> None:
    """Replaces the text of a figure, kept in Plotly's layout.meta."""
    figure.layout.meta = asdict(text)


def get_figure_text(figure: go.Figure) -> FigureText:
    """The text a figure was built with."""
    meta = figure.layout.meta
    return FigureText(**{**meta, "notes": tuple(meta["notes"])})


def build_empty_figure(view: View, theme: str, figure_text: FigureText) -> go.Figure:
    """A figure of its headline alone, for a choice without data."""
    headline = build_annotation(theme, figure_text.title, x=0.5, y=0.5, xref="paper", yref="paper")
    hidden = {"visible": False, "fixedrange": True}
    layout = build_layout(
        theme, view.lang, 120, figure_text=figure_text, annotations=[headline], xaxis=hidden, yaxis=hidden
    )
    return build_figure([], layout)


def format_tick_labels(ticks: list[float], unit: str, decimals: int, lang: str) -> list[str]:
    """Short labels of an axis: the percent sign stays, other units are in the subtitle."""
    sign = "%" if unit.startswith("percent") else ""
    signed = unit in ("points", "percent_change")
    needed = 0 if all(float(tick).is_integer() for tick in ticks) else max(decimals, 1)
    return [format_number(tick, lang, needed, signed=signed) + sign for tick in ticks]


def wrap_text(text: str, width: int, lines: int = 3) -> str:
    """`text` broken at spaces for a narrow screen; what does not fit ends in an ellipsis."""
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


def build_config(lang: str) -> dict:
    """The chart's own settings: buttons in the language, image saved by the browser, no address outside this site. Each figure adds the name of its image."""
    return {
        "displaylogo": False,
        "scrollZoom": False,
        "doubleClick": False,
        "showTips": False,
        "plotlyServerURL": "",  # the library's "share" button would upload the chart to its makers
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
