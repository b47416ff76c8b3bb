"""A figure with its words inside the image: title, subtitle, notes, source, data version and link, wrapped to the image and never clipped.

The chart is laid out at its own size, because its labels are placed in pixels, and the whole is scaled: `virtual` pixels are those of the layout.
Words stand above and below the chart, or beside it where a tall chart in a wide image would become too small.
"""

import json
import math
import unicodedata
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from html import escape

import plotly.graph_objects as go

from ripresa import settings
from ripresa.charts import theme as look
from ripresa.exports import seal as fingerprint
from ripresa.exports.export_table import Export
from ripresa.i18n import t

FONT = 'Arial, Helvetica, "Liberation Sans", Arimo, sans-serif'
WIDTHS = dict(
    zip(
        map(chr, range(32, 127)),
        map(
            int,
            (  # hundredths of the size, of Arial and its metric twins
                "28 28 35 56 56 89 67 19 33 33 39 58 28 33 28 28 56 56 56 56 56 56 56 56 56 56 28 28 58 58 58 56 102 67 67 72 72 67 61 78 72 28 50 67 56 83 72 78 67 78 72 67 61 72 67 94 67 67 61 "
                "28 28 28 47 56 33 56 56 50 56 56 28 56 56 22 22 50 22 83 56 56 56 56 33 50 28 56 50 72 50 50 50 33 26 33 58"
            ).split(),
        ),
    )
)
WIDTHS |= {"—": 100, "…": 100, "·": 28, "’": 22, "º": 37, "“": 33, "”": 33}
BOLD, SLACK = 1.08, 0.97  # bold is wider; lines are filled to 97% so that a slightly wider font still fits
LINE = 1.3  # plotly's line height
STRETCH, SMALLEST = (
    1.45,
    0.9,
)  # a short chart grows to 1.45 of its height and to 1/0.9 of its text, no further
ASIDE = 0.34  # of the width, for words beside the chart
EDGE, GAP = 26, 12
KEYS = 19  # pixels of one row of a legend


@dataclass(frozen=True)
class Size:
    """An image's size in pixels before scale; height 0 is as tall as the chart needs."""

    width: int
    height: int
    scale: int
    title: int
    body: int
    small: int


SIZES = {
    "web": Size(1200, 675, 2, 25, 15, 12),
    "square": Size(1080, 1080, 2, 30, 18, 14),
    "print": Size(1063, 0, 2, 24, 15, 12),
}


@dataclass(frozen=True)
class Block:
    """Words of one look: lines already wrapped."""

    lines: tuple[str, ...]
    size: float
    bold: bool = False
    soft: bool = True
    before: float = 0

    @property
    def height(self) -> float:
        return self.before + len(self.lines) * LINE * self.size


def prepared(figure: go.Figure, export: Export, size: str = "web", theme: str = "light") -> go.Figure:
    """The figure as it is printed: `size` is one of SIZES, `theme` the one the figure was drawn in. Render it at its layout's width and height."""
    drawn, frame = figure.to_plotly_json(), SIZES[size]
    layout = deepcopy(drawn["layout"])
    layout.pop("meta", None)
    plan = _plan(layout, drawn["data"], export, frame)
    colours = look.palette(theme)
    natural = layout["height"] - layout["margin"]["t"] - layout["margin"]["b"]
    inner = plan.height - plan.margin["t"] - plan.margin["b"]
    annotations = [_moved(note, inner / natural) for note in layout.get("annotations", ())]
    for name in [name for name in layout if name.startswith("legend")]:
        layout[name] = {**layout[name], "y": _outside(layout[name].get("y", 1), natural, inner)}
    layout |= {
        "width": round(plan.width),
        "height": round(plan.height),
        "margin": {name: round(value, 1) for name, value in plan.margin.items()}
        | {"pad": layout["margin"].get("pad", 0)},
        "paper_bgcolor": colours.page,
        "plot_bgcolor": look.CLEAR,
        "font": {**layout["font"], "family": FONT},
        "annotations": annotations + _notes(plan, colours),
    }
    return look.figure(drawn["data"], layout)


def scale(figure: go.Figure, size: str) -> float:
    """What to multiply a prepared figure's pixels by to get the image's: a hair more, since a browser drops what is not a whole pixel."""
    return math.ceil(1e6 * SIZES[size].width * SIZES[size].scale / figure.layout.width) / 1e6


def inline(figure: go.Figure) -> go.Figure:
    """The figure with its boundaries inside, for a renderer that has no server to ask."""
    for trace in figure.data:
        if trace.type == "choropleth" and isinstance(trace.geojson, str):
            trace.geojson = _boundaries(trace.geojson.rpartition("/")[2])
    return figure


@cache
def _boundaries(name: str) -> dict:
    return json.loads((settings.BOUNDARIES / name).read_text(encoding="utf-8"))


def words(export: Export) -> dict[str, list[str]]:
    """What is written in the image: title, subtitle, notes, source, foot."""
    lang, meta = export.view.lang, export.meta
    foot = t(
        "image_footer",
        lang,
        version=export.version,
        fingerprint=fingerprint.short(export.seal["fingerprint"]),
        day=export.day.isoformat(),
    )
    return {
        "title": [meta["title"]],
        "subtitle": [meta["subtitle"]],
        "notes": list(meta["notes"]),
        "source": [meta["source"]],
        "foot": [f"{foot} · {export.short}"],
    }


# --- measuring ---


def width(text: str, size: float, bold: bool = False) -> float:
    """How many pixels a text takes in Arial."""
    plain = unicodedata.normalize("NFD", text)
    return (
        sum(WIDTHS.get(letter, 60) for letter in plain if not unicodedata.combining(letter))
        / 100
        * size
        * (BOLD if bold else 1)
    )


def wrapped(text: str, most: float, size: float, bold: bool = False) -> list[str]:
    """The text in lines no wider than `most`; a word too long for a line, such as an address, is broken."""
    lines = [""]
    for word in text.split():
        for part in _parts(word, most, size, bold):
            joined = f"{lines[-1]} {part.text}" if lines[-1] and part.first else lines[-1] + part.text
            if lines[-1] and width(joined, size, bold) > most:
                lines.append(part.text)
            else:
                lines[-1] = joined
    return lines


def balanced(text: str, most: float, size: float, bold: bool = False) -> list[str]:
    """The text in as few lines as fit, of about the same length: no word alone on the last."""
    lines = wrapped(text, most, size, bold)
    for share in range(97, 50, -3):
        tighter = wrapped(text, most * share / 100, size, bold)
        if len(tighter) > len(lines) or max(width(line, size, bold) for line in tighter) > most:
            break
        lines = tighter
    return lines


@dataclass(frozen=True)
class _Part:
    text: str
    first: bool


def _parts(word: str, most: float, size: float, bold: bool) -> list[_Part]:
    parts, rest = [], word
    while width(rest, size, bold) > most and len(rest) > 1:
        fits = next(
            (count for count in range(len(rest) - 1, 1, -1) if width(rest[:count], size, bold) <= most), 1
        )
        better = max((place + 1 for place, letter in enumerate(rest[:fits]) if letter in "/?&=_-"), default=0)
        cut = better if better > fits // 2 else fits
        parts.append(_Part(rest[:cut], not parts))
        rest = rest[cut:]
    return [*parts, _Part(rest, not parts)]


# --- arranging ---


@dataclass(frozen=True)
class _Plan:
    """Where everything goes, in virtual pixels."""

    width: float
    height: float
    margin: dict
    top: tuple[Block, ...]
    bottom: tuple[Block, ...]
    factor: float


def _plan(layout: dict, traces: list, export: Export, frame: Size) -> _Plan:
    stacked = _blocks(export, frame, frame.width - 2 * EDGE)
    chart = layout["height"] + _more_keys(layout, traces, frame.width - 2 * EDGE)
    if not frame.height:
        tall = sum(map(_height, stacked)) + 2 * EDGE + 2 * GAP + chart
        return _stack(layout, traces, frame.width, tall, stacked, 1)
    room = frame.height - sum(map(_height, stacked)) - 2 * EDGE - 2 * GAP
    factor = _whole(max(chart / max(room, 60), SMALLEST), frame)
    beside = _blocks(export, frame, frame.width * ASIDE)
    fits = sum(map(_height, beside)) + GAP <= frame.height - 2 * EDGE
    narrower = _whole(max(chart / (frame.height - 2 * EDGE), SMALLEST), frame)
    if frame.width > 1.2 * frame.height and fits and factor > 1.12 and narrower < 0.9 * factor:
        return _side(
            layout,
            traces,
            frame.width * narrower,
            frame.height * narrower,
            _scaled(beside, narrower),
            narrower,
        )
    return _stack(
        layout, traces, frame.width * factor, frame.height * factor, _scaled(stacked, factor), factor
    )


def _whole(factor: float, frame: Size) -> float:
    """The next factor at which width and height are whole pixels in the frame's own proportion."""
    step = math.gcd(frame.width, frame.height)
    return math.ceil(factor * step) / step


def _blocks(export: Export, frame: Size, most: float) -> tuple[tuple[Block, ...], tuple[Block, ...]]:
    """The words above and below, wrapped to `most` pixels."""
    said = words(export)

    def block(name: str, size: int, before: float, soft: bool = True) -> Block:
        return Block(
            tuple(line for text in said[name] for line in wrapped(text, most * SLACK, size)),
            size,
            soft=soft,
            before=before,
        )

    title = Block(
        tuple(balanced(said["title"][0], most * SLACK, frame.title, bold=True)),
        frame.title,
        bold=True,
        soft=False,
    )
    above = (title, block("subtitle", frame.body, 4))
    below = (
        block("notes", frame.small, 0),
        block("source", frame.small, 4, soft=False),
        block("foot", frame.small, 2),
    )
    return above, tuple(part for part in below if part.lines)


def _scaled(blocks: tuple[tuple[Block, ...], ...], factor: float) -> tuple[tuple[Block, ...], ...]:
    return tuple(
        tuple(
            Block(part.lines, part.size * factor, part.bold, part.soft, part.before * factor)
            for part in group
        )
        for group in blocks
    )


def _height(group: tuple[Block, ...]) -> float:
    return sum(part.height for part in group)


def _stack(layout: dict, traces: list, wide: float, tall: float, blocks, factor: float) -> _Plan:
    edge, gap, own = EDGE * factor, GAP * factor, layout["margin"]
    left = max(own.get("l", 0), _labels(layout))
    more = _more_keys(layout, traces, wide - 2 * edge - left - own.get("r", 0))
    over = _legend_above(layout)
    margin = {
        "l": edge + left,
        "r": edge + own.get("r", 0),
        "t": edge + _height(blocks[0]) + gap + own["t"] + more * over,
        "b": own["b"] + more * (not over) + gap + _height(blocks[1]) + edge,
    }
    return _Plan(wide, tall, _centred(margin, tall, layout), *blocks, factor)


def _side(layout: dict, traces: list, wide: float, tall: float, blocks, factor: float) -> _Plan:
    edge, own = EDGE * factor, layout["margin"]
    left = max(own.get("l", 0), _labels(layout)) + wide * ASIDE + GAP * factor
    more, over = _more_keys(layout, traces, wide - 2 * edge - left - own.get("r", 0)), _legend_above(layout)
    margin = {
        "l": edge + left,
        "r": edge + own.get("r", 0),
        "t": edge + own["t"] + more * over,
        "b": edge + own["b"] + more * (not over),
    }
    return _Plan(wide, tall, _centred(margin, tall, layout), *blocks, factor)


def _centred(margin: dict, tall: float, layout: dict) -> dict:
    """Margins that leave the plot no taller than STRETCH of its own height."""
    own = layout["margin"]
    spare = max(tall - margin["t"] - margin["b"] - STRETCH * (layout["height"] - own["t"] - own["b"]), 0)
    return margin | {"t": margin["t"] + spare / 2, "b": margin["b"] + spare / 2}


def _labels(layout: dict) -> float:
    """Room for the labels left of the plot."""
    widest = 0.0
    for name, axis in layout.items():
        if (
            name.startswith("yaxis")
            and axis.get("ticktext")
            and axis.get("visible", True)
            and axis.get("showticklabels", True)
        ):
            size = axis.get("tickfont", {}).get("size", look.TICK)
            widest = max(
                [
                    widest,
                    *(
                        width(
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


def _legend_above(layout: dict) -> bool:
    return layout.get("showlegend", False) and layout.get("legend", {}).get("y", 1) >= 0.5


def _more_keys(layout: dict, traces: list, room: float) -> float:
    """What a legend needs beyond the one row its chart foresees."""
    if not layout.get("showlegend"):
        return 0
    size = layout.get("legend", {}).get("font", {}).get("size", look.SMALL)
    rows, line = 1, 0.0
    for trace in traces:
        if trace.get("showlegend") and trace.get("name"):
            own = width(trace["name"], size) + 44
            rows, line = (rows + 1, own) if line and line + own > room else (rows, line + own)
    return (rows - 1) * KEYS


def _outside(y: float, natural: float, inner: float) -> float:
    """A place in fractions of the plot: outside it, pixels stay pixels."""
    return round(y * natural / inner if y < 0 else 1 + (y - 1) * natural / inner if y > 1 else y, 4)


def _moved(note: dict, stretch: float) -> dict:
    """An annotation placed in pixels from the plot's foot or head, at the new height."""
    inside = (
        note.get("yref") == "paper"
        and note.get("yshift")
        and (note.get("y") == 0 and note["yshift"] > 0 or note.get("y") == 1 and note["yshift"] < 0)
    )
    return {**note, "yshift": round(note["yshift"] * stretch)} if inside else note


def _notes(plan: _Plan, colours) -> list[dict]:
    """The words as annotations: the head from the top edge down, the foot from the bottom edge up."""
    edge, margin, drawn = EDGE * plan.factor, plan.margin, []
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
    for part in plan.top:
        drawn.append(
            {
                **base,
                "y": 1,
                "yanchor": "top",
                "yshift": round(place - part.before, 1),
                **_look(part, colours),
            }
        )
        place -= part.height
    place = edge - margin["b"]
    for part in reversed(plan.bottom):
        drawn.append({**base, "y": 0, "yanchor": "bottom", "yshift": round(place, 1), **_look(part, colours)})
        place += part.height
    return drawn


def _look(part: Block, colours) -> dict:
    text = "<br>".join(escape(line, quote=False) for line in part.lines)
    return {
        "text": f"<b>{text}</b>" if part.bold else text,
        "font": {
            "size": round(part.size, 2),
            "color": colours.soft if part.soft else colours.ink,
            "family": FONT,
        },
    }
