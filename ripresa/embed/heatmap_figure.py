"""The heatmap of an embed: a table of areas by sectors, each value on the colour of its class."""

from ripresa.charts import theme
from ripresa.charts.heatmap import HeatmapGrid, format_cell
from ripresa.charts.scales import build_threshold_scale
from ripresa.charts.text_width import measure_text
from ripresa.embed.figure import (
    CONTENT_WIDTH,
    FONT_WIDTH_FACTOR,
    RenderedFigure,
    count_lines,
    describe_markers,
)
from ripresa.embed.map_figure import KEY_HEIGHT, build_class_legend
from ripresa.embed.row_figures import NOTE_FONT_SIZE, NOTE_LINE_HEIGHT
from ripresa.filters import View
from ripresa.i18n import MISSING_TEXT
from ripresa.observations.rows import get_highlighted_areas
from ripresa.templating import render_template

ROW_HEIGHT = 24  # pixels of a row of the table and of the row of its head
FONT_SIZE, MAX_HEAD_HEIGHT = 12, 132  # pixels; the names of the sectors are vertical, at most 11 em


def render_heatmap(grid: HeatmapGrid, view: View) -> RenderedFigure:
    """The grid as a table with the legend of its classes."""
    scale = build_threshold_scale(grid.values, view.indicator.unit, grid.decimals, theme.get_palette("light"))
    highlighted = get_highlighted_areas(view)
    rows = []
    for (geo, name), cells in zip(grid.areas.items(), grid.cells, strict=True):
        texts = [
            (scale.get_class_index(row["value"]), format_cell(row, grid.decimals, view)) if row else None
            for row in cells
        ]
        rows.append({"name": name, "cells": texts, "is_highlighted": geo in highlighted})
    note = describe_markers([row for cells in grid.cells for row in cells if row], view)
    html = render_template(
        "embed/heatmap.html",
        sectors=list(grid.sectors.values()),
        rows=rows,
        missing=MISSING_TEXT,
        classes=build_class_legend(scale, view),
        note=note,
    )
    name_widths = [
        min(MAX_HEAD_HEIGHT, FONT_WIDTH_FACTOR * measure_text(name, FONT_SIZE))
        for name in grid.sectors.values()
    ]
    height = ROW_HEIGHT * (len(rows) + 1) + max(name_widths, default=0) + KEY_HEIGHT
    if note:
        height += NOTE_LINE_HEIGHT * count_lines(note, NOTE_FONT_SIZE, CONTENT_WIDTH)
    return RenderedFigure(html, height)
