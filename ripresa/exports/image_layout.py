"""A figure with its words inside the image: title, subtitle, notes, source, data version and link, wrapped to the image and never clipped.

The chart is laid out at its own size, because its labels are placed in pixels, and the whole is scaled: `virtual` pixels are those of the layout.
Words stand above and below the chart, or beside it where a tall chart in a wide image would become too small.
"""

import json
import math
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from html import escape

import plotly.graph_objects as go

from ripresa import settings
from ripresa.charts import theme as look
from ripresa.charts.text_width import measure_text
from ripresa.exports import seal as fingerprint
from ripresa.exports.export_table import ExportedTable
from ripresa.i18n import t

FONT_FAMILY = 'Arial, Helvetica, "Liberation Sans", Arimo, sans-serif'
LINE_FILL_SHARE = 0.97  # of a line is filled, so that a slightly wider font still fits
LINE_HEIGHT = 1.3  # plotly's line height
MAX_STRETCH, MIN_SCALE_FACTOR = (
    1.45,
    0.9,
)  # a short chart grows to 1.45 of its height and to 1/0.9 of its text, no further
SIDE_TEXT_SHARE = 0.34  # of the width, for words beside the chart
PADDING, GAP = 26, 12
LEGEND_ROW_HEIGHT = 19  # pixels of one row of a legend


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
    """Words of one look: lines already wrapped."""

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
    """The figure as it is printed: `size` is one of SIZES, `theme` the one the figure was drawn in. Render it at its layout's width and height."""
    drawn, frame = figure.to_plotly_json(), IMAGE_SIZES[size]
    layout = deepcopy(drawn["layout"])
    layout.pop("meta", None)
    plan = _choose_layout(layout, drawn["data"], export, frame)
    colours = look.get_palette(theme)
    natural = layout["height"] - layout["margin"]["t"] - layout["margin"]["b"]
    inner = plan.height - plan.margin["t"] - plan.margin["b"]
    annotations = [_shift_annotation(note, inner / natural) for note in layout.get("annotations", ())]
    for name in [name for name in layout if name.startswith("legend")]:
        layout[name] = {**layout[name], "y": _rescale_position(layout[name].get("y", 1), natural, inner)}
    layout |= {
        "width": round(plan.width),
        "height": round(plan.height),
        "margin": {name: round(value, 1) for name, value in plan.margin.items()}
        | {"pad": layout["margin"].get("pad", 0)},
        "paper_bgcolor": colours.background,
        "plot_bgcolor": look.TRANSPARENT,
        "font": {**layout["font"], "family": FONT_FAMILY},
        "annotations": annotations + _build_annotations(plan, colours),
    }
    return look.build_figure(drawn["data"], layout)


def get_image_scale(figure: go.Figure, size: str) -> float:
    """What to multiply a prepared figure's pixels by to get the image's: a hair more, since a browser drops what is not a whole pixel."""
    return math.ceil(1e6 * IMAGE_SIZES[size].width * IMAGE_SIZES[size].scale / figure.layout.width) / 1e6


def embed_geojson(figure: go.Figure) -> go.Figure:
    """The figure with its boundaries inside, for a renderer that has no server to ask."""
    for trace in figure.data:
        if trace.type == "choropleth" and isinstance(trace.geojson, str):
            trace.geojson = _load_boundaries(trace.geojson.rpartition("/")[2])
    return figure


@cache
def _load_boundaries(name: str) -> dict:
    return json.loads((settings.BOUNDARIES / name).read_text(encoding="utf-8"))


def build_image_text(export: ExportedTable) -> dict[str, list[str]]:
    """What is written in the image: title, subtitle, notes, source, foot."""
    lang, text = export.view.lang, export.text
    foot = t(
        "image_footer",
        lang,
        version=export.version,
        fingerprint=fingerprint.shorten_fingerprint(export.seal["fingerprint"]),
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
    """The text in lines no wider than `most`; a word too long for a line, such as an address, is broken."""
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
    """The text in as few lines as fit, of about the same length: no word alone on the last."""
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


def _break_word(word: str, most: float, size: float, bold: bool) -> list[_WordPart]:
    parts, rest = [], word
    while measure_text(rest, size, bold) > most and len(rest) > 1:
        fits = next(
            (
                count
                for count in range(len(rest) - 1, 1, -1)
                if measure_text(rest[:count], size, bold) <= most
            ),
            1,
        )
        better = max((place + 1 for place, letter in enumerate(rest[:fits]) if letter in "/?&=_-"), default=0)
        cut = better if better > fits // 2 else fits
        parts.append(_WordPart(rest[:cut], not parts))
        rest = rest[cut:]
    return [*parts, _WordPart(rest, not parts)]


# --- arranging ---


@dataclass(frozen=True)
class _ImageLayout:
    """Where everything goes, in virtual pixels."""

    width: float
    height: float
    margin: dict
    header: tuple[TextBlock, ...]
    footer: tuple[TextBlock, ...]
    scale_factor: float


def _choose_layout(layout: dict, traces: list, export: ExportedTable, frame: ImageSize) -> _ImageLayout:
    stacked = _build_text_blocks(export, frame, frame.width - 2 * PADDING)
    chart = layout["height"] + _measure_extra_legend_rows(layout, traces, frame.width - 2 * PADDING)
    if not frame.height:
        tall = sum(map(_sum_heights, stacked)) + 2 * PADDING + 2 * GAP + chart
        return _lay_out_stacked(layout, traces, frame.width, tall, stacked, 1)
    room = frame.height - sum(map(_sum_heights, stacked)) - 2 * PADDING - 2 * GAP
    factor = _round_up_factor(max(chart / max(room, 60), MIN_SCALE_FACTOR), frame)
    beside = _build_text_blocks(export, frame, frame.width * SIDE_TEXT_SHARE)
    fits = sum(map(_sum_heights, beside)) + GAP <= frame.height - 2 * PADDING
    narrower = _round_up_factor(max(chart / (frame.height - 2 * PADDING), MIN_SCALE_FACTOR), frame)
    if frame.width > 1.2 * frame.height and fits and factor > 1.12 and narrower < 0.9 * factor:
        return _lay_out_side_by_side(
            layout,
            traces,
            frame.width * narrower,
            frame.height * narrower,
            _scale_blocks(beside, narrower),
            narrower,
        )
    return _lay_out_stacked(
        layout, traces, frame.width * factor, frame.height * factor, _scale_blocks(stacked, factor), factor
    )


def _round_up_factor(factor: float, frame: ImageSize) -> float:
    """The next factor at which width and height are whole pixels in the frame's own proportion."""
    step = math.gcd(frame.width, frame.height)
    return math.ceil(factor * step) / step


def _build_text_blocks(
    export: ExportedTable, frame: ImageSize, most: float
) -> tuple[tuple[TextBlock, ...], tuple[TextBlock, ...]]:
    """The words above and below, wrapped to `most` pixels."""
    said = build_image_text(export)

    def block(name: str, size: int, before: float, soft: bool = True) -> TextBlock:
        return TextBlock(
            tuple(line for text in said[name] for line in wrap_text(text, most * LINE_FILL_SHARE, size)),
            size,
            muted=soft,
            space_before=before,
        )

    title = TextBlock(
        tuple(wrap_text_balanced(said["title"][0], most * LINE_FILL_SHARE, frame.title_font_size, bold=True)),
        frame.title_font_size,
        bold=True,
        muted=False,
    )
    above = (title, block("subtitle", frame.body_font_size, 4))
    below = (
        block("notes", frame.small_font_size, 0),
        block("source", frame.small_font_size, 4, soft=False),
        block("foot", frame.small_font_size, 2),
    )
    return above, tuple(part for part in below if part.lines)


def _scale_blocks(
    blocks: tuple[tuple[TextBlock, ...], ...], factor: float
) -> tuple[tuple[TextBlock, ...], ...]:
    return tuple(
        tuple(
            TextBlock(part.lines, part.font_size * factor, part.bold, part.muted, part.space_before * factor)
            for part in group
        )
        for group in blocks
    )


def _sum_heights(group: tuple[TextBlock, ...]) -> float:
    return sum(part.height for part in group)


def _lay_out_stacked(
    layout: dict, traces: list, wide: float, tall: float, blocks, factor: float
) -> _ImageLayout:
    edge, gap, own = PADDING * factor, GAP * factor, layout["margin"]
    left = max(own.get("l", 0), _measure_tick_labels(layout))
    more = _measure_extra_legend_rows(layout, traces, wide - 2 * edge - left - own.get("r", 0))
    over = _is_legend_above(layout)
    margin = {
        "l": edge + left,
        "r": edge + own.get("r", 0),
        "t": edge + _sum_heights(blocks[0]) + gap + own["t"] + more * over,
        "b": own["b"] + more * (not over) + gap + _sum_heights(blocks[1]) + edge,
    }
    return _ImageLayout(wide, tall, _center_plot(margin, tall, layout), *blocks, factor)


def _lay_out_side_by_side(
    layout: dict, traces: list, wide: float, tall: float, blocks, factor: float
) -> _ImageLayout:
    edge, own = PADDING * factor, layout["margin"]
    left = max(own.get("l", 0), _measure_tick_labels(layout)) + wide * SIDE_TEXT_SHARE + GAP * factor
    more, over = (
        _measure_extra_legend_rows(layout, traces, wide - 2 * edge - left - own.get("r", 0)),
        _is_legend_above(layout),
    )
    margin = {
        "l": edge + left,
        "r": edge + own.get("r", 0),
        "t": edge + own["t"] + more * over,
        "b": edge + own["b"] + more * (not over),
    }
    return _ImageLayout(wide, tall, _center_plot(margin, tall, layout), *blocks, factor)


def _center_plot(margin: dict, tall: float, layout: dict) -> dict:
    """Margins that leave the plot no taller than STRETCH of its own height."""
    own = layout["margin"]
    spare = max(tall - margin["t"] - margin["b"] - MAX_STRETCH * (layout["height"] - own["t"] - own["b"]), 0)
    return margin | {"t": margin["t"] + spare / 2, "b": margin["b"] + spare / 2}


def _measure_tick_labels(layout: dict) -> float:
    """Room for the labels left of the plot."""
    widest = 0.0
    for name, axis in layout.items():
        if (
            name.startswith("yaxis")
            and axis.get("ticktext")
            and axis.get("visible", True)
            and axis.get("showticklabels", True)
        ):
            size = axis.get("tickfont", {}).get("size", look.TICK_SIZE)
            widest = max(
                [
                    widest,
                    *(
                        measure_text(
                            line.replace("<b>", "")
                            .replace("</b>", "")
                            .replace("<i>", "")
                            .replace("</i>", ""),
                            size,
                            "<b>" in text,
                        )
                        for text in axis["ticktext"]
                        for line in text.split("<br>")
                    ),
                ]
            )
    return widest + 8 if widest else 0


def _is_legend_above(layout: dict) -> bool:
    return layout.get("showlegend", False) and layout.get("legend", {}).get("y", 1) >= 0.5


def _measure_extra_legend_rows(layout: dict, traces: list, room: float) -> float:
    """What a legend needs beyond the one row its chart foresees."""
    if not layout.get("showlegend"):
        return 0
    size = layout.get("legend", {}).get("font", {}).get("size", look.SMALL_SIZE)
    rows, line = 1, 0.0
    for trace in traces:
        if trace.get("showlegend") and trace.get("name"):
            own = measure_text(trace["name"], size) + 44
            rows, line = (rows + 1, own) if line and line + own > room else (rows, line + own)
    return (rows - 1) * LEGEND_ROW_HEIGHT


def _rescale_position(y: float, natural: float, inner: float) -> float:
    """A place in fractions of the plot: outside it, pixels stay pixels."""
    return round(y * natural / inner if y < 0 else 1 + (y - 1) * natural / inner if y > 1 else y, 4)


def _shift_annotation(note: dict, stretch: float) -> dict:
    """An annotation placed in pixels from the plot's foot or head, at the new height."""
    inside = (
        note.get("yref") == "paper"
        and note.get("yshift")
        and (note.get("y") == 0 and note["yshift"] > 0 or note.get("y") == 1 and note["yshift"] < 0)
    )
    return {**note, "yshift": round(note["yshift"] * stretch)} if inside else note


def _build_annotations(plan: _ImageLayout, colours) -> list[dict]:
    """The words as annotations: the head from the top edge down, the foot from the bottom edge up."""
    edge, margin, drawn = PADDING * plan.scale_factor, plan.margin, []
    base = {
        "xref": "paper",
        "yref": "paper",
        "x": 0,
        "xanchor": "left",
        "align": "left",
        "showarrow": False,
        "borderpad": 0,
        "xshift": round(edge - margin["l"], 1),
    }
    place = margin["t"] - edge
    for part in plan.header:
        drawn.append(
            {
                **base,
                "y": 1,
                "yanchor": "top",
                "yshift": round(place - part.space_before, 1),
                **_style_text_block(part, colours),
            }
        )
        place -= part.height
    place = edge - margin["b"]
    for part in reversed(plan.footer):
        drawn.append(
            {
                **base,
                "y": 0,
                "yanchor": "bottom",
                "yshift": round(place, 1),
                **_style_text_block(part, colours),
            }
        )
        place += part.height
    return drawn


def _style_text_block(part: TextBlock, colours) -> dict:
    text = "<br>".join(escape(line, quote=False) for line in part.lines)
    return {
        "text": f"<b>{text}</b>" if part.bold else text,
        "font": {
            "size": round(part.font_size, 2),
            "color": colours.secondary_text if part.muted else colours.text,
            "family": FONT_FAMILY,
        },
    }
