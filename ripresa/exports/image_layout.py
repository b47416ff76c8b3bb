"""A figure for an image file, with title, subtitle, notes, source, data version and link.

The chart keeps its own size, because its labels are placed in pixels, and the image is scaled: `virtual`
pixels are those of the layout. The texts are above and below the chart, or on its left where a tall chart
in a wide image would become too small.
"""

import math
import re
from copy import deepcopy
from dataclasses import dataclass, replace
from html import escape
from typing import Any

import plotly.graph_objects as go

from ripresa.charts.text_width import measure_text
from ripresa.charts.theme import SMALL_SIZE, TICK_SIZE, TRANSPARENT, Palette, build_figure, get_palette
from ripresa.exports.export_table import ExportedTable
from ripresa.exports.seal import shorten_fingerprint
from ripresa.i18n import t
from ripresa.observations.boundaries import load_boundary_file

FONT_FAMILY = 'Arial, Helvetica, "Liberation Sans", Arimo, sans-serif'
LINE_FILL_SHARE = 0.97  # of the width, so that a slightly wider font still fits
LINE_HEIGHT = 1.3  # plotly's line height
MAX_STRETCH = 1.45  # how much a short chart may grow in height
MIN_SCALE_FACTOR = 0.9  # the text of a short chart is at most 1/0.9 of its size
SIDE_TEXT_SHARE = 0.34  # of the width, for texts on the left of the chart
# Texts are on the left only in an image so much wider than high, where the chart under stacked texts would
# shrink by more than MAX_STACKED_FACTOR and gains at least a tenth in size on the right.
MIN_ASPECT_RATIO, MAX_STACKED_FACTOR, MIN_SIDE_GAIN = 1.2, 1.12, 0.9
MIN_CHART_HEIGHT = 60
PADDING, GAP = 26, 12
TICK_LABEL_GAP = 8
LEGEND_ROW_HEIGHT, LEGEND_SYMBOL_WIDTH = 19, 44

Layout = dict[str, Any]  # a Plotly layout, trace or annotation as JSON


@dataclass(frozen=True)
class ImageSize:
    """An image's size in pixels before scale; height 0 is as tall as the chart needs."""

    width: int
    height: int
    scale: int
    title_font_size: int
    body_font_size: int
    small_font_size: int


IMAGE_SIZES = {
    "web": ImageSize(1200, 675, 2, 25, 15, 12),
    "square": ImageSize(1080, 1080, 2, 30, 18, 14),
    "print": ImageSize(1063, 0, 2, 24, 15, 12),
}


@dataclass(frozen=True)
class TextBlock:
    """Lines of text, already wrapped, in one style."""

    lines: tuple[str, ...]
    font_size: float
    bold: bool = False
    muted: bool = True
    space_before: float = 0

    @property
    def height(self) -> float:
        return self.space_before + len(self.lines) * LINE_HEIGHT * self.font_size


def build_image_figure(
    figure: go.Figure, export: ExportedTable, size: str = "web", theme: str = "light"
) -> go.Figure:
    """The figure with its texts, laid out for an image; render it at the width and height of its layout.

    `size` is one of IMAGE_SIZES, `theme` the one in which the figure was built.
    """
    spec = figure.to_plotly_json()
    layout = deepcopy(spec["layout"])
    layout.pop("meta", None)
    image = _choose_layout(layout, spec["data"], export, IMAGE_SIZES[size])
    colours = get_palette(theme)
    old_height = _get_plot_height(layout)
    new_height = image.height - image.margin["t"] - image.margin["b"]
    annotations = [
        _shift_annotation(annotation, new_height / old_height) for annotation in layout.get("annotations", ())
    ]
    for name in [name for name in layout if name.startswith("legend")]:
        y = _rescale_position(layout[name].get("y", 1), old_height / new_height)
        layout[name] = {**layout[name], "y": y}
    margin = {name: round(value, 1) for name, value in image.margin.items()}
    layout |= {
        "width": round(image.width),
        "height": round(image.height),
        "margin": margin | {"pad": layout["margin"].get("pad", 0)},
        "paper_bgcolor": colours.background,
        "plot_bgcolor": TRANSPARENT,
        "font": {**layout["font"], "family": FONT_FAMILY},
        "annotations": annotations + _build_annotations(image, colours),
    }
    return build_figure(spec["data"], layout)


def get_image_scale(figure: go.Figure, size: str) -> float:
    """The factor from virtual pixels to those of the image, rounded up: a browser drops a part of a pixel."""
    width: float = figure.layout.width
    return math.ceil(1e6 * IMAGE_SIZES[size].width * IMAGE_SIZES[size].scale / width) / 1e6


def embed_geojson(figure: go.Figure) -> go.Figure:
    """The figure with its boundaries as GeoJSON instead of a URL, for a renderer without a server."""
    for trace in figure.data:
        if trace.type == "choropleth" and isinstance(trace.geojson, str):
            trace.geojson = load_boundary_file(trace.geojson.rpartition("/")[2])
    return figure


def build_image_text(export: ExportedTable) -> dict[str, list[str]]:
    """The texts of the image by part: title, subtitle, notes, source, foot."""
    lang, text = export.view.lang, export.text
    foot = t(
        "image_footer",
        lang,
        version=export.version,
        fingerprint=shorten_fingerprint(export.seal["fingerprint"]),
        day=export.access_date.isoformat(),
    )
    return {
        "title": [text.title],
        "subtitle": [text.subtitle],
        "notes": list(text.notes),
        "source": [text.source],
        "foot": [f"{foot} · {export.short_link}"],
    }


# --- measuring ---


def wrap_text(text: str, max_width: float, size: float, bold: bool = False) -> list[str]:
    """The text in lines no wider than `max_width`; a word too long for a line, such as a URL, is broken."""
    lines = [""]
    for word in text.split():
        for part in _break_word(word, max_width, size, bold):
            joined = f"{lines[-1]} {part.text}" if lines[-1] and part.starts_word else lines[-1] + part.text
            if lines[-1] and measure_text(joined, size, bold) > max_width:
                lines.append(part.text)
            else:
                lines[-1] = joined
    return lines


def wrap_text_balanced(text: str, max_width: float, size: float, bold: bool = False) -> list[str]:
    """The text in as few lines as fit, of about the same length, so that no word is alone on the last."""
    lines = wrap_text(text, max_width, size, bold)
    for share in range(97, 50, -3):
        tighter = wrap_text(text, max_width * share / 100, size, bold)
        if len(tighter) > len(lines) or max(measure_text(line, size, bold) for line in tighter) > max_width:
            break
        lines = tighter
    return lines


@dataclass(frozen=True)
class _WordPart:
    text: str
    starts_word: bool


def _break_word(word: str, max_width: float, size: float, bold: bool) -> list[_WordPart]:
    """The parts of a word that fit, broken after a separator where there is one in the second half."""
    parts: list[_WordPart] = []
    rest = word
    while measure_text(rest, size, bold) > max_width and len(rest) > 1:
        cut = len(rest) - 1
        while cut > 1 and measure_text(rest[:cut], size, bold) > max_width:
            cut -= 1
        after_separator = max(rest.rfind(letter, 0, cut) for letter in "/?&=_-") + 1
        if after_separator > cut // 2:
            cut = after_separator
        parts.append(_WordPart(rest[:cut], not parts))
        rest = rest[cut:]
    return [*parts, _WordPart(rest, not parts)]


# --- layout ---

TextBlocks = tuple[tuple[TextBlock, ...], tuple[TextBlock, ...]]  # above and below the chart


@dataclass(frozen=True)
class _ImageLayout:
    """Size, margins and texts of the image, in virtual pixels."""

    width: float
    height: float
    margin: dict[str, float]
    header: tuple[TextBlock, ...]
    footer: tuple[TextBlock, ...]
    scale_factor: float


def _get_plot_height(layout: Layout) -> float:
    height: float = layout["height"] - layout["margin"]["t"] - layout["margin"]["b"]
    return height


def _choose_layout(
    layout: Layout, traces: list[Layout], export: ExportedTable, size: ImageSize
) -> _ImageLayout:
    """Texts above and below the chart, or on its left where the chart becomes clearly larger."""
    text_width, inner_height = size.width - 2 * PADDING, size.height - 2 * PADDING
    blocks = _build_text_blocks(export, size, text_width)
    text_height = sum(map(_sum_heights, blocks)) + 2 * GAP
    chart_height = layout["height"] + _measure_extra_legend_rows(layout, traces, text_width)
    if not size.height:
        height = text_height + 2 * PADDING + chart_height
        return _lay_out(layout, traces, (size.width, height), blocks, 1, is_side_by_side=False)
    factor = _compute_scale_factor(chart_height / max(inner_height - text_height, MIN_CHART_HEIGHT), size)
    side_factor = _compute_scale_factor(chart_height / inner_height, size)
    side_blocks = _build_text_blocks(export, size, size.width * SIDE_TEXT_SHARE)
    is_side_by_side = (
        size.width > MIN_ASPECT_RATIO * size.height
        and sum(map(_sum_heights, side_blocks)) + GAP <= inner_height
        and factor > MAX_STACKED_FACTOR
        and side_factor < MIN_SIDE_GAIN * factor
    )
    if is_side_by_side:
        factor, blocks = side_factor, side_blocks
    return _lay_out(
        layout,
        traces,
        (size.width * factor, size.height * factor),
        (_scale_blocks(blocks[0], factor), _scale_blocks(blocks[1], factor)),
        factor,
        is_side_by_side=is_side_by_side,
    )


def _compute_scale_factor(factor: float, size: ImageSize) -> float:
    """The next factor at which width and height are whole pixels in the image's proportion."""
    step = math.gcd(size.width, size.height)
    return math.ceil(max(factor, MIN_SCALE_FACTOR) * step) / step


def _build_text_blocks(export: ExportedTable, size: ImageSize, width: float) -> TextBlocks:
    """The texts above and below the chart, wrapped to `width`."""
    texts = build_image_text(export)
    width *= LINE_FILL_SHARE

    def wrap(name: str, font_size: int, space_before: float, muted: bool = True) -> TextBlock:
        lines = tuple(line for text in texts[name] for line in wrap_text(text, width, font_size))
        return TextBlock(lines, font_size, muted=muted, space_before=space_before)

    title_lines = wrap_text_balanced(texts["title"][0], width, size.title_font_size, bold=True)
    title = TextBlock(tuple(title_lines), size.title_font_size, bold=True, muted=False)
    footer = (
        wrap("notes", size.small_font_size, 0),
        wrap("source", size.small_font_size, 4, muted=False),
        wrap("foot", size.small_font_size, 2),
    )
    return (title, wrap("subtitle", size.body_font_size, 4)), tuple(block for block in footer if block.lines)


def _scale_blocks(blocks: tuple[TextBlock, ...], factor: float) -> tuple[TextBlock, ...]:
    return tuple(
        replace(block, font_size=block.font_size * factor, space_before=block.space_before * factor)
        for block in blocks
    )


def _sum_heights(blocks: tuple[TextBlock, ...]) -> float:
    return sum(block.height for block in blocks)


def _lay_out(
    layout: Layout,
    traces: list[Layout],
    size: tuple[float, float],
    blocks: TextBlocks,
    factor: float,
    *,
    is_side_by_side: bool,
) -> _ImageLayout:
    """Margins around the plot for the texts, the tick labels and further rows of the legend."""
    (width, height), padding, gap, margin = size, PADDING * factor, GAP * factor, layout["margin"]
    left, right = max(margin.get("l", 0), _measure_tick_labels(layout)), margin.get("r", 0)
    top, bottom = margin["t"], margin["b"]
    if is_side_by_side:
        left += width * SIDE_TEXT_SHARE + gap
    else:
        top += _sum_heights(blocks[0]) + gap
        bottom += _sum_heights(blocks[1]) + gap
    legend_height = _measure_extra_legend_rows(layout, traces, width - 2 * padding - left - right)
    if _is_legend_above(layout):
        top += legend_height
    else:
        bottom += legend_height
    spare = max(height - 2 * padding - top - bottom - MAX_STRETCH * _get_plot_height(layout), 0)
    return _ImageLayout(
        width,
        height,
        {
            "l": padding + left,
            "r": padding + right,
            "t": padding + top + spare / 2,
            "b": padding + bottom + spare / 2,
        },
        *blocks,
        factor,
    )


def _measure_tick_labels(layout: Layout) -> float:
    """The width of the labels on the left of the plot."""
    widths = [0.0]
    for name, axis in layout.items():
        is_visible = (
            name.startswith("yaxis") and axis.get("visible", True) and axis.get("showticklabels", True)
        )
        if is_visible and axis.get("ticktext"):
            size = axis.get("tickfont", {}).get("size", TICK_SIZE)
            widths += [
                measure_text(re.sub("</?[bi]>", "", line), size, "<b>" in text)
                for text in axis["ticktext"]
                for line in text.split("<br>")
            ]
    return max(widths) + TICK_LABEL_GAP if any(widths) else 0


def _is_legend_above(layout: Layout) -> bool:
    return bool(layout.get("showlegend", False) and layout.get("legend", {}).get("y", 1) >= 0.5)


def _measure_extra_legend_rows(layout: Layout, traces: list[Layout], width: float) -> float:
    """The height of a legend beyond the one row that the chart has room for."""
    if not layout.get("showlegend"):
        return 0
    size = layout.get("legend", {}).get("font", {}).get("size", SMALL_SIZE)
    extra_rows, row_width = 0, 0.0
    for trace in traces:
        if trace.get("showlegend") and trace.get("name"):
            entry_width = measure_text(trace["name"], size) + LEGEND_SYMBOL_WIDTH
            if row_width and row_width + entry_width > width:
                extra_rows, row_width = extra_rows + 1, 0
            row_width += entry_width
    return extra_rows * LEGEND_ROW_HEIGHT


def _rescale_position(y: float, ratio: float) -> float:
    """A position in fractions of the plot height; outside the plot its distance in pixels stays the same."""
    if y < 0:
        y *= ratio
    elif y > 1:
        y = 1 + (y - 1) * ratio
    return round(y, 4)


def _shift_annotation(annotation: Layout, stretch: float) -> Layout:
    """An annotation whose distance in pixels from the bottom or top edge, inside the plot, is stretched."""
    shift = annotation.get("yshift") or 0
    is_inside = (annotation.get("y") == 0 and shift > 0) or (annotation.get("y") == 1 and shift < 0)
    if annotation.get("yref") == "paper" and is_inside:
        return {**annotation, "yshift": round(shift * stretch)}
    return annotation


def _build_annotations(image: _ImageLayout, colours: Palette) -> list[Layout]:
    """The texts as annotations: the header from the top edge down, the footer from the bottom edge up."""
    padding, margin = PADDING * image.scale_factor, image.margin
    base = {
        "xref": "paper",
        "yref": "paper",
        "x": 0,
        "xanchor": "left",
        "align": "left",
        "showarrow": False,
        "borderpad": 0,
        "xshift": round(padding - margin["l"], 1),
    }
    annotations = []
    shift = margin["t"] - padding
    for block in image.header:
        position = {"y": 1, "yanchor": "top", "yshift": round(shift - block.space_before, 1)}
        annotations.append({**base, **position, **_style_text_block(block, colours)})
        shift -= block.height
    shift = padding - margin["b"]
    for block in reversed(image.footer):
        position = {"y": 0, "yanchor": "bottom", "yshift": round(shift, 1)}
        annotations.append({**base, **position, **_style_text_block(block, colours)})
        shift += block.height
    return annotations


def _style_text_block(block: TextBlock, colours: Palette) -> Layout:
    text = "<br>".join(escape(line, quote=False) for line in block.lines)
    return {
        "text": f"<b>{text}</b>" if block.bold else text,
        "font": {
            "size": round(block.font_size, 2),
            "color": colours.secondary_text if block.muted else colours.text,
            "family": FONT_FAMILY,
        },
    }
